//! Bars as arrays of the caller, answered into arrays of the caller.

use numpy::PY_ARRAY_API;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;

use super::given::{Given, Many};
use super::outputs::spread;
use super::{Session, bars};
use crate::errors::{Class, Refusal, kind_of};

/// Values of a bar for which no memory is asked.
const FEW: usize = 32;

/// Takes in the bars of an array and writes their outputs into another.
pub(super) fn step_into<'py>(
    session: &Session,
    py: Python<'py>,
    values: &Bound<'py, PyAny>,
    out: &Bound<'py, PyAny>,
    symbol: Option<&str>,
) -> PyResult<()> {
    if let (Ok(values), Ok(out)) = (values.cast::<PyArray1<f64>>(), out.cast::<PyArray1<f64>>()) {
        return one(session, py, values, out, symbol);
    }
    match (values.cast::<PyUntypedArray>(), out.cast::<PyArray2<f64>>()) {
        (Ok(given), Ok(out)) if given.ndim() == 2 => {
            let Given::Many(many @ Many::Matrix(..)) =
                Given::read(&session.shape, values, symbol, &mut Vec::new())?
            else {
                return Err(wrong(values, out).into());
            };
            let width = session.names.len();
            if out.shape() != [given.shape()[0], width] {
                return Err(uneven(out.shape(), &[given.shape()[0], width]).into());
            }
            let mut out = out.try_readwrite().map_err(|_| kept())?;
            let Ok(slice) = out.as_slice_mut() else { return Err(apart().into()) };
            let answers = session.take(py, &many)?;
            slice.fill(f64::NAN);
            if let Some(envelope) = many.own(&session.shape).and_then(|own| answers.get(own)?.as_ref()) {
                spread(&envelope.outputs, slice);
            }
            Ok(())
        }
        _ => Err(wrong(values, out).into()),
    }
}

/// A bar. Looking up who else has borrowed an array would cost more than all the rest, so values are copied, and the outputs are written
/// while the interpreter is held.
fn one<'py>(
    session: &Session,
    py: Python<'py>,
    values: &Bound<'py, PyArray1<f64>>,
    out: &Bound<'py, PyArray1<f64>>,
    symbol: Option<&str>,
) -> PyResult<()> {
    let shape = &session.shape;
    let feed = shape.feed(symbol)?;
    let mut few = [0.0; FEW];
    let mut many = Vec::new();
    let given = if values.len() <= FEW {
        &mut few[..values.len()]
    } else {
        many.resize(values.len(), 0.0);
        &mut many[..]
    };
    read(values, given)?;
    check(out, session.names.len())?;
    let [ts, values @ ..] = &*given else { return Err(bars::uneven(shape, 0).into()) };
    if values.len() != shape.fields.len() {
        return Err(bars::uneven(shape, given.len()).into());
    }
    let ts = bars::whole(*ts).ok_or_else(|| {
        let message = format!("`ts` is {ts} (accepted: whole milliseconds since 1970)");
        Refusal::new(Class::Data, message).with("column", "ts")
    })?;
    let answered = session.one(py, feed, ts, values, |answer| write(out, answer))?;
    answered.unwrap_or_else(|| write(out, &vec![f64::NAN; session.names.len()]))?;
    Ok(())
}

/// The values of an array.
fn read(array: &Bound<'_, PyArray1<f64>>, into: &mut [f64]) -> Result<(), Refusal> {
    if !array.is_c_contiguous() || !array.is_aligned() || array.len() != into.len() {
        return Err(apart());
    }
    // SAFETY: the array is alive, aligned, contiguous and as long; the interpreter is held, so it is not resized meanwhile.
    #[allow(unsafe_code, reason = "a borrow would cost more than a step")]
    unsafe {
        std::ptr::copy_nonoverlapping(array.data(), into.as_mut_ptr(), into.len());
    }
    Ok(())
}

/// Whether so many values can be written into an array.
fn check(array: &Bound<'_, PyArray1<f64>>, values: usize) -> Result<(), Refusal> {
    if array.len() != values {
        return Err(uneven(&[array.len()], &[values]));
    }
    if !array.is_c_contiguous() || !array.is_aligned() {
        return Err(apart());
    }
    // SAFETY: the array is alive, and the name ends with a nought.
    #[allow(unsafe_code, reason = "a borrow would cost more than a step")]
    let fault = unsafe {
        PY_ARRAY_API.PyArray_FailUnlessWriteable(array.py(), array.as_array_ptr(), c"out".as_ptr())
    };
    if fault == 0 {
        return Ok(());
    }
    // What NumPy says of it is said here.
    drop(PyErr::take(array.py()));
    Err(kept())
}

/// Writes into an array; it is looked at again, as others may have run since.
fn write(array: &Bound<'_, PyArray1<f64>>, values: &[f64]) -> Result<(), Refusal> {
    check(array, values.len())?;
    // SAFETY: the array is alive, aligned, contiguous, writable and as long; the interpreter is held, so it is not resized meanwhile.
    #[allow(unsafe_code, reason = "a borrow would cost more than a step")]
    unsafe {
        std::ptr::copy_nonoverlapping(values.as_ptr(), array.data(), values.len());
    }
    Ok(())
}

fn wrong(values: &Bound<'_, PyAny>, out: &Bound<'_, PyAny>) -> Refusal {
    let accepted = "two arrays of float64 with one dimension, or two with two";
    let message = format!(
        "`values` is of type `{}` and `out` of `{}` (accepted: {accepted})",
        kind_of(values),
        kind_of(out)
    );
    Refusal::new(Class::Argument, message).with("accepted", accepted)
}

fn uneven(given: &[usize], wanted: &[usize]) -> Refusal {
    let message = format!("`out` has the shape {given:?} (accepted: {wanted:?})");
    Refusal::new(Class::Shape, message).with("column", "out")
}

fn kept() -> Refusal {
    let message = "`out` is read-only, or in use by another call (accepted: a writable array of its own)";
    Refusal::new(Class::Shape, message).with("column", "out")
}

fn apart() -> Refusal {
    Refusal::new(Class::Shape, "an array does not lie in one piece (accepted: contiguous arrays)")
}
