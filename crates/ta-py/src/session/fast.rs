//! Bars as arrays of the caller, answered into arrays of the caller.

use numpy::{PyArray1, PyArray2, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;

use super::given::{Given, Many};
use super::outputs::spread;
use super::{Session, bars};
use crate::errors::{Class, Refusal, kind_of};

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
            let mut out = out.try_readwrite().map_err(|_| shared())?;
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

fn one<'py>(
    session: &Session,
    py: Python<'py>,
    values: &Bound<'py, PyArray1<f64>>,
    out: &Bound<'py, PyArray1<f64>>,
    symbol: Option<&str>,
) -> PyResult<()> {
    let shape = &session.shape;
    let feed = shape.feed(symbol)?;
    let given = values.try_readonly().map_err(|_| shared())?;
    let mut out = out.try_readwrite().map_err(|_| shared())?;
    let (Ok(given), Ok(out)) = (given.as_slice(), out.as_slice_mut()) else { return Err(apart().into()) };
    if out.len() != session.names.len() {
        return Err(uneven(&[out.len()], &[session.names.len()]).into());
    }
    let [ts, values @ ..] = given else { return Err(bars::uneven(shape, 0).into()) };
    if values.len() != shape.fields.len() {
        return Err(bars::uneven(shape, given.len()).into());
    }
    let ts = bars::whole(*ts).ok_or_else(|| {
        let message = format!("`ts` is {ts} (accepted: whole milliseconds since 1970)");
        Refusal::new(Class::Data, message).with("column", "ts")
    })?;
    if session.one(py, feed, ts, values, |answer| out.copy_from_slice(answer))?.is_none() {
        out.fill(f64::NAN);
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

fn shared() -> Refusal {
    let message = "`values` and `out` share memory, or one is read-only or in use by another call";
    Refusal::new(Class::Shape, format!("{message} (accepted: writable memory of its own for `out`)"))
}

fn apart() -> Refusal {
    Refusal::new(Class::Shape, "an array does not lie in one piece (accepted: contiguous arrays)")
}
