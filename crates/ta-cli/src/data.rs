//! Files of bars.

use std::fs::File;
use std::path::Path;

use ta_kernel_api::Scalar;
use ta_runtime::dataset::{Partition, csv};

use crate::args::EpochArgs;
use crate::{Failure, show};

/// Reads a file of bars, and warns of what looks wrong in it.
pub(crate) fn read<S: Scalar>(path: &Path, epoch: EpochArgs) -> Result<Partition<S>, Failure> {
    let in_file = |message: String| Failure(format!("{}: {message}", path.display()));
    let file = File::open(path).map_err(|error| in_file(error.to_string()))?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let options = csv::Options { epoch: epoch.epoch, ..csv::Options::default() };
    let bar = show::progress(size, "reading", true);
    let read = csv::read::<S>(bar.wrap_read(file), &options);
    bar.finish_and_clear();
    let csv::Csv { partition, notices } = read.map_err(|error| in_file(error.to_string()))?;
    for notice in &notices {
        show::warning(&format!("{}: {notice}", path.display()));
    }
    Ok(partition)
}
