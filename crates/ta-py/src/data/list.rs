//! Lists and tuples of numbers, `None` or NaN for missing.

use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyString};

use super::{Chunk, Wanted};
use crate::errors::{Class, Refusal, kind_of};

pub(super) fn read<'py>(list: &Bound<'py, PyAny>, wanted: Wanted) -> PyResult<Chunk<'py>> {
    let mut values = Vec::with_capacity(list.len()?);
    for (row, item) in list.try_iter()?.enumerate() {
        let item = item?;
        values.push(if let Ok(value) = item.cast_exact::<PyFloat>() {
            value.value()
        } else if item.is_none() {
            f64::NAN
        } else {
            let number = if item.is_instance_of::<PyString>() { None } else { item.extract::<f64>().ok() };
            number.ok_or_else(|| refused(&item, row, wanted))?
        });
    }
    Ok(Chunk::Made(values))
}

fn refused(item: &Bound<'_, PyAny>, row: usize, wanted: Wanted) -> Refusal {
    let kind = kind_of(item);
    let message =
        format!("`{}` holds an object of type `{kind}` in row {row} (accepted: numbers, None)", wanted.name);
    Refusal::new(Class::Argument, message)
        .with("column", wanted.name)
        .with("row", row)
        .with("given", kind)
        .with("accepted", "numbers, None")
}
