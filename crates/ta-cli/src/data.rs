//! Files of rows.

use std::path::Path;

use ta_kernel_api::Scalar;
use ta_runtime::dataset::{Partition, SourceSchema, read};

use crate::args::TimeArgs;
use crate::{Failure, show};

/// Reads a file of rows, and warns of what looks wrong in it.
pub(crate) fn read<S: Scalar>(
    path: &Path,
    schema: &'static SourceSchema,
    times: &TimeArgs,
) -> Result<Partition<S>, Failure> {
    let in_file = |message: String| Failure(format!("{}: {message}", path.display()));
    let options =
        read::Options { schema, epoch: times.epoch, zone: times.zone.clone(), ..read::Options::default() };
    let busy = show::busy("reading");
    let read = read::file::<S>(path, &options);
    busy.finish_and_clear();
    let read::Reading { partition, notices } = read.map_err(|error| in_file(error.to_string()))?;
    for notice in &notices {
        show::warning(&format!("{}: {notice}", path.display()));
    }
    Ok(partition)
}
