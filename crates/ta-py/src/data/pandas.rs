//! Series and indexes of pandas, whichever way they store their values.

use numpy::{PyArray1, PyArrayDescr};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use ta_runtime::expr::ValueKind;

use super::{Chunk, Column, Label, Library, Wanted, arrow, numpy as arrays, time, wrong_kind};

/// How a series stores its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Storage {
    /// In an array of NumPy.
    Numpy,
    /// In an array of NumPy and a mask: `Float64`, `Int64` and their like.
    Masked,
    /// In Arrow: `double[pyarrow]` and its like.
    Arrow,
}

/// A series of which results take the index and the storage.
#[derive(Debug)]
pub(crate) struct Like<'py> {
    index: Bound<'py, PyAny>,
    storage: Storage,
}

pub(super) fn read<'py>(series: &Bound<'py, PyAny>, wanted: Wanted) -> PyResult<Column<'py>> {
    let py = series.py();
    let dtype = series.getattr(intern!(py, "dtype"))?;
    let (chunks, storage) = if dtype.is_instance_of::<PyArrayDescr>() {
        (vec![arrays::read(&series.call_method0(intern!(py, "to_numpy"))?, wanted)?], Storage::Numpy)
    } else if dtype.is_instance(&Library::Pandas.get(py, "ArrowDtype")?)? {
        let array = series.getattr(intern!(py, "array"))?.call_method0(intern!(py, "__arrow_array__"))?;
        (arrow::read(&array, wanted)?, Storage::Arrow)
    } else {
        read_extension(series, &dtype, wanted)?
    };
    let index = series.getattr(intern!(py, "index"))?;
    Ok(Column::new(chunks, super::Like::Pandas(Like { index, storage })))
}

/// An index as a column: its values without labels of their own.
pub(super) fn read_index<'py>(index: &Bound<'py, PyAny>, wanted: Wanted) -> PyResult<Chunk<'py>> {
    let py = index.py();
    let zoned = index.getattr_opt(intern!(py, "tz"))?.is_some_and(|zone| !zone.is_none());
    let plain = if zoned { time::without_zone(index)? } else { index.clone() };
    arrays::read(&plain.call_method0(intern!(py, "to_numpy"))?, wanted)
}

fn read_extension<'py>(
    series: &Bound<'py, PyAny>,
    dtype: &Bound<'py, PyAny>,
    wanted: Wanted,
) -> PyResult<(Vec<Chunk<'py>>, Storage)> {
    let py = series.py();
    let is = |name: &str| Library::Pandas.get(py, name).and_then(|class| dtype.is_instance(&class));
    if wanted.time && is("DatetimeTZDtype")? {
        let plain = time::without_zone(&series.getattr(intern!(py, "dt"))?)?;
        return Ok((
            vec![arrays::read(&plain.call_method0(intern!(py, "to_numpy"))?, wanted)?],
            Storage::Numpy,
        ));
    }
    let number =
        matches!(dtype.getattr(intern!(py, "kind"))?.extract::<String>()?.as_str(), "f" | "i" | "u" | "b");
    if !number {
        return Err(wrong_kind(wanted, &format!("values of dtype `{dtype}`")).into());
    }
    // Both kinds of missing become NaN here.
    let how = PyDict::new(py);
    how.set_item("dtype", "float64")?;
    how.set_item("na_value", f64::NAN)?;
    let values = series.call_method(intern!(py, "to_numpy"), (), Some(&how))?;
    let storage = if is("SparseDtype")? { Storage::Numpy } else { Storage::Masked };
    Ok((vec![arrays::read(&values, wanted)?], storage))
}

impl<'py> Like<'py> {
    /// The index of a frame, for values as arrays of NumPy.
    pub(super) fn of_frame(frame: &Bound<'py, PyAny>) -> PyResult<Self> {
        Ok(Self { index: frame.getattr(intern!(frame.py(), "index"))?, storage: Storage::Numpy })
    }

    /// A series over the memory of these values, with the index of the one that was given.
    pub(super) fn give(
        &self,
        py: Python<'py>,
        values: Vec<f64>,
        label: Label<'_>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let values = match (self.storage, label.kind) {
            (Storage::Arrow, _) => {
                let array = arrow::give_pyarrow(py, values, label, false)?;
                Library::Pandas.get(py, "arrays")?.getattr("ArrowExtensionArray")?.call1((array,))?
            }
            (Storage::Numpy, ValueKind::Number) => arrays::give(py, values),
            (_, kind) => {
                // Booleans of NumPy know nothing missing, so those of pandas are given.
                let mask: Vec<bool> = values.iter().map(|value| value.is_nan()).collect();
                let mask = PyArray1::from_vec(py, mask);
                let arrays_of_pandas = Library::Pandas.get(py, "arrays")?;
                match kind {
                    ValueKind::Number => {
                        let class = arrays_of_pandas.getattr("FloatingArray")?;
                        class.call1((arrays::give(py, values), mask))?
                    }
                    ValueKind::Bool => {
                        let truth: Vec<bool> = values.iter().map(|&value| value == 1.0).collect();
                        let class = arrays_of_pandas.getattr("BooleanArray")?;
                        class.call1((PyArray1::from_vec(py, truth), mask))?
                    }
                }
            }
        };
        let how = PyDict::new(py);
        how.set_item("index", &self.index)?;
        how.set_item("name", label.name)?;
        // The memory was made for this series.
        how.set_item("copy", false)?;
        Library::Pandas.get(py, "Series")?.call((values,), Some(&how))
    }

    pub(super) fn same_index(&self, other: &Self) -> PyResult<bool> {
        if self.index.is(&other.index) {
            return Ok(true);
        }
        self.index.call_method1(intern!(self.index.py(), "equals"), (&other.index,))?.extract()
    }
}
