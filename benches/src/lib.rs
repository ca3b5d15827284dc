//! What the benchmarks measure on: bars, kernels bound to their columns, and plans of any number of kernels.

mod plans;
mod walk;

use std::path::Path;

use ta_kernel_api::node::F64Node;
use ta_kernel_api::{KernelDef, Registry};
use ta_kernels_std as _;
use ta_runtime::dataset::{Partition, read};

pub use plans::{Bare, Kernels};
pub use walk::{MINUTE, walk};

/// The fields of a bar.
pub const FIELDS: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// The daily bars of the examples.
///
/// # Panics
/// When they are not where the repository has them.
pub fn bars() -> Partition<f64> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/AAPL.csv");
    read::file(path, &read::Options::default()).expect("the repository has examples/data/AAPL.csv").partition
}

/// Every linked kernel.
///
/// # Panics
/// When two kernels claim one name.
pub fn registry() -> Registry {
    Registry::linked().expect("no two linked kernels share a name")
}

/// A kernel at these parameters (defaults for the rest), and the columns it reads. A required input reads the close, the second
/// one the open.
///
/// # Panics
/// When the parameters are not accepted.
pub fn bound(
    def: &KernelDef,
    params: &[(&str, i64)],
    bars: &Partition<f64>,
) -> (Box<dyn F64Node>, Vec<Vec<f64>>) {
    let params = def
        .params(params.iter().map(|&(name, value)| (name, value.into())))
        .expect("parameters in the domain");
    let mut required = ["close", "open", "high"].into_iter();
    let columns = def.spec.inputs.iter().map(|input| match input.field.or_else(|| required.next()) {
        Some("ts") => bars.clock(),
        Some(field) => bars.column(field).expect("a field of OHLCV bars").to_vec(),
        None => panic!("`{}` has more required inputs than this knows columns for", def.spec.id),
    });
    (def.bind::<f64>(&params).expect("kernels compute in f64"), columns.collect())
}

/// The columns of bars, in the order of [`FIELDS`].
///
/// # Panics
/// When one is not there.
pub fn columns(bars: &Partition<f64>) -> [&[f64]; 5] {
    FIELDS.map(|name| bars.column(name).expect("a field of OHLCV bars"))
}

/// Runs the batch form over the columns.
pub fn batch(node: &dyn F64Node, columns: &[&[f64]], outputs: &mut [Vec<f64>]) {
    let mut outputs: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    node.batch(columns, &mut outputs);
}
