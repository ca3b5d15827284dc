//! Arrays of NumPy.

use numpy::{PyArray1, PyArrayDescrMethods, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::intern;
use pyo3::prelude::*;

use super::{Chunk, Wanted, time, wrong_kind};
use crate::errors::{Class, Refusal};
use crate::memory::room;

/// Reads an array where it lies when it is contiguous `float64`, converted otherwise.
pub(super) fn read<'py>(array: &Bound<'py, PyAny>, wanted: Wanted) -> PyResult<Chunk<'py>> {
    if let Ok(array) = array.cast_exact::<PyArray1<f64>>() {
        return lend(array, wanted);
    }
    let array = array.cast::<PyUntypedArray>()?;
    if array.ndim() != 1 {
        let shape: Vec<_> = array.shape().iter().map(usize::to_string).collect();
        let shape = format!("({})", shape.join(", "));
        let message = format!(
            "`{}` has {} dimensions, shape {shape} (accepted: one; pass a column, such as `array[:, 0]`)",
            wanted.name,
            array.ndim(),
        );
        return Err(Refusal::new(Class::Shape, message)
            .with("column", wanted.name)
            .with("given", shape)
            .into());
    }
    let py = array.py();
    let plain = match array.dtype().kind() {
        b'f' | b'i' | b'u' | b'b' => array.call_method1(intern!(py, "astype"), (intern!(py, "float64"),))?,
        b'M' if wanted.time => time::from_numpy(array)?,
        _ => return Err(wrong_kind(wanted, &format!("values of dtype `{}`", array.dtype())).into()),
    };
    // A masked array says in its mask what is missing.
    let plain = match plain.getattr_opt(intern!(py, "filled"))? {
        Some(filled) => filled.call1((f64::NAN,))?,
        None => plain,
    };
    // Other subclasses may mean their own by slicing and arithmetic; the values are all that is read here.
    let plain = py.import(intern!(py, "numpy"))?.call_method1(intern!(py, "asarray"), (plain,))?;
    lend(plain.cast::<PyArray1<f64>>()?, wanted)
}

/// The array itself, or its values one after the other when they lie apart.
fn lend<'py>(array: &Bound<'py, PyArray1<f64>>, wanted: Wanted) -> PyResult<Chunk<'py>> {
    if !array.is_aligned() {
        let copy = array.call_method0(intern!(array.py(), "copy"))?;
        return lend(copy.cast::<PyArray1<f64>>()?, wanted);
    }
    let borrowed = array.try_readonly().map_err(|_| {
        let message = format!("`{}` is being written to by another call", wanted.name);
        Refusal::new(Class::Shape, message).with("column", wanted.name)
    })?;
    if borrowed.as_slice().is_ok() {
        return Ok(Chunk::Numpy(borrowed));
    }
    room(borrowed.len())?;
    Ok(Chunk::Made(borrowed.as_array().iter().copied().collect()))
}

/// An array over the memory of these values.
pub(super) fn give(py: Python<'_>, values: Vec<f64>) -> Bound<'_, PyAny> {
    PyArray1::from_vec(py, values).into_any()
}

/// A new array to compute into.
pub(crate) fn zeros(py: Python<'_>, rows: usize) -> PyResult<Bound<'_, PyArray1<f64>>> {
    room(rows)?;
    Ok(PyArray1::zeros(py, rows, false))
}

/// The values of an array from [`zeros`] that nobody else has yet.
pub(crate) fn fresh<'a>(array: &'a mut Bound<'_, PyArray1<f64>>) -> &'a mut [f64] {
    // SAFETY: the array is contiguous, and the only reference to it is borrowed mutably.
    #[allow(
        unsafe_code,
        reason = "keeping a record of who borrows it costs more than small arrays take to compute"
    )]
    let values = unsafe { array.as_slice_mut() };
    values.unwrap_or_default()
}
