//! Series of Polars; they come in over the Arrow interface, see [`arrow`](super::arrow).

use pyo3::prelude::*;
use ta_kernel_api::spec::OutputSpec;

use super::{Library, arrow};

/// A series over the memory of these values, under the name of the output.
pub(super) fn give<'py>(
    py: Python<'py>,
    values: Vec<f64>,
    output: &OutputSpec,
) -> PyResult<Bound<'py, PyAny>> {
    let array = arrow::give(py, values, output)?;
    Library::Polars.get(py, "Series")?.call1((output.name, array))
}
