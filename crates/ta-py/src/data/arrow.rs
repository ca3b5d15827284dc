//! Columns over the Arrow C data interface: PyArrow, Polars, and whatever else speaks it.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, TimeUnit};
use pyo3::prelude::*;
use pyo3_arrow::PyArray;
use pyo3_arrow::input::AnyArray;
use ta_runtime::expr::ValueKind;

use super::{Chunk, Label, Library, Wanted, wrong_kind};
use crate::errors::{Class, Refusal};

/// The pieces of anything that offers an Arrow array or a stream of them; empty ones are left out.
pub(super) fn read<'py>(object: &Bound<'py, PyAny>, wanted: Wanted) -> PyResult<Vec<Chunk<'py>>> {
    chunks(object.extract::<AnyArray>()?, wanted)
}

/// The pieces of an array or a stream.
pub(super) fn chunks<'py>(given: AnyArray, wanted: Wanted) -> PyResult<Vec<Chunk<'py>>> {
    let mut chunks = Vec::new();
    for array in given.into_reader()? {
        let array = array.map_err(|error| unreadable(&error, wanted))?;
        if !array.is_empty() {
            chunks.push(chunk(&array, wanted)?);
        }
    }
    Ok(chunks)
}

/// One piece: where it lies when it is `double` without nulls, converted otherwise.
pub(super) fn chunk<'py>(array: &ArrayRef, wanted: Wanted) -> Result<Chunk<'py>, Refusal> {
    let number = |data: &DataType| data.is_numeric() || matches!(data, DataType::Boolean | DataType::Null);
    let doubles = match array.data_type() {
        DataType::Float64 => Arc::clone(array),
        data if number(data) => {
            cast(array, &DataType::Float64).map_err(|error| unreadable(&error, wanted))?
        }
        DataType::Dictionary(_, data) if number(data) => {
            cast(array, &DataType::Float64).map_err(|error| unreadable(&error, wanted))?
        }
        data @ (DataType::Timestamp(..) | DataType::Date32 | DataType::Date64) if wanted.time => {
            // The stored clock is UTC whether or not a zone is named beside it.
            let unit = match data {
                DataType::Timestamp(unit, Some(_)) => cast(array, &DataType::Timestamp(*unit, None)),
                _ => Ok(Arc::clone(array)),
            };
            let times =
                unit.and_then(|array| cast(&array, &DataType::Timestamp(TimeUnit::Millisecond, None)));
            let times = times.map_err(|error| unreadable(&error, wanted))?;
            let times = times.as_primitive::<TimestampMillisecondType>();
            Arc::new(times.unary::<_, Float64Type>(|ms| ms as f64)) as ArrayRef
        }
        data => return Err(wrong_kind(wanted, &format!("values of type `{data}`"))),
    };
    let doubles = doubles.as_primitive::<Float64Type>();
    Ok(match doubles.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => Chunk::Arrow(doubles.values().clone()),
        Some(_) => Chunk::Made(doubles.iter().map(|value| value.unwrap_or(f64::NAN)).collect()),
    })
}

fn unreadable(error: &ArrowError, wanted: Wanted) -> Refusal {
    Refusal::new(Class::Data, format!("`{}` cannot be read: {error}", wanted.name))
        .with("column", wanted.name)
}

/// An Arrow array over the memory of these values, under the name of the output.
pub(super) fn array(values: Vec<f64>, label: Label<'_>) -> PyArray {
    let array = self::values(values, label.kind);
    let field = Field::new(label.name, array.data_type().clone(), true);
    PyArray::new(array, Arc::new(field))
}

/// An Arrow array over the memory of these values, with a null where one is missing.
pub(crate) fn values(values: Vec<f64>, kind: ValueKind) -> ArrayRef {
    let missing = values.iter().any(|value| value.is_nan());
    let nulls = missing
        .then(|| NullBuffer::new(BooleanBuffer::collect_bool(values.len(), |row| !values[row].is_nan())));
    match kind {
        ValueKind::Number => Arc::new(Float64Array::new(ScalarBuffer::from(values), nulls)),
        ValueKind::Bool => {
            let truth = BooleanBuffer::collect_bool(values.len(), |row| values[row] == 1.0);
            Arc::new(BooleanArray::new(truth, nulls))
        }
    }
}

pub(super) fn give<'py>(py: Python<'py>, values: Vec<f64>, label: Label<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(array(values, label).into_pyobject(py)?.into_any())
}

pub(super) fn give_pyarrow<'py>(
    py: Python<'py>,
    values: Vec<f64>,
    label: Label<'_>,
    chunked: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let array = give(py, values, label)?;
    let array = Library::PyArrow.get(py, "array")?.call1((array,))?;
    if chunked {
        return Library::PyArrow.get(py, "chunked_array")?.call1((vec![array],));
    }
    Ok(array)
}
