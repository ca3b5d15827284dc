//! Series of Polars; they come in over the Arrow interface, see [`arrow`](super::arrow).

use pyo3::prelude::*;

use super::{Label, Library, arrow};

/// A series over the memory of these values, under the name of the output.
pub(super) fn give<'py>(py: Python<'py>, values: Vec<f64>, label: Label<'_>) -> PyResult<Bound<'py, PyAny>> {
    let array = arrow::give(py, values, label)?;
    Library::Polars.get(py, "Series")?.call1((label.name, array))
}
