//! Single bars as Python has them: dicts, named tuples, objects with attributes, and plain sequences in the order of the session's fields.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use ta_kernel_api::near_names;
use ta_runtime::dataset::{naming, time};

use super::shape::Shape;
use crate::errors::{Class, Refusal, kind_of, listed};

const NUMBERS: &str = "a number, None or NaN for missing";

/// How a bar holds its values.
enum Holds<'a, 'py> {
    Keys(&'a Bound<'py, PyDict>),
    Attributes(&'a Bound<'py, PyAny>),
}

/// Whether a dict is a bar and not a frame: its values are single ones.
pub(super) fn is_bar(dict: &Bound<'_, PyDict>) -> bool {
    dict.iter().next().is_some_and(|(_, value)| is_single(&value))
}

/// Whether an object is one value.
pub(super) fn is_single(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyFloat>()
        || value.is_instance_of::<PyInt>()
        || value.is_instance_of::<PyString>()
        || value.is_none()
        || (!value.hasattr("__len__").unwrap_or(true) && !value.hasattr("__arrow_c_stream__").unwrap_or(true))
        || value.getattr("ndim").is_ok_and(|ndim| ndim.extract::<usize>().is_ok_and(|ndim| ndim == 0))
}

/// Reads a bar: the feed it is of and its time; `values` gets its fields in the order of the session. `symbol` is what the call says.
pub(super) fn read(
    shape: &Shape,
    bar: &Bound<'_, PyAny>,
    symbol: Option<&str>,
    values: &mut Vec<f64>,
) -> PyResult<(usize, i64)> {
    values.clear();
    if let Ok(dict) = bar.cast::<PyDict>() {
        return named(shape, &Holds::Keys(dict), symbol, values);
    }
    if bar.is_exact_instance_of::<PyTuple>() || bar.is_instance_of::<PyList>() {
        return in_order(shape, bar, symbol, values);
    }
    if bar.hasattr(intern!(bar.py(), "keys"))? {
        // A series of pandas, and whatever else has names for its values.
        let dict = bar.py().get_type::<PyDict>().call1((bar,))?.cast_into::<PyDict>()?;
        return named(shape, &Holds::Keys(&dict), symbol, values);
    }
    let named_tuple = bar.hasattr(intern!(bar.py(), "_fields"))?;
    if !named_tuple && (bar.is_instance_of::<PyTuple>() || bar.hasattr(intern!(bar.py(), "ndim"))?) {
        return in_order(shape, bar, symbol, values);
    }
    named(shape, &Holds::Attributes(bar), symbol, values)
}

fn named(
    shape: &Shape,
    bar: &Holds<'_, '_>,
    symbol: Option<&str>,
    values: &mut Vec<f64>,
) -> PyResult<(usize, i64)> {
    let feed = match (symbol, bar.symbol(&shape.by_name)?) {
        (None, None) => shape.feed(None)?,
        (Some(symbol), None) => shape.feed(Some(symbol))?,
        (said, Some(own)) => {
            let own = own.str()?;
            let own = own.to_str()?;
            if let Some(said) = said.filter(|said| *said != own) {
                let message =
                    format!("the bar is of `{own}`, and `symbol` is `{said}` (accepted: one of them)");
                return Err(Refusal::new(Class::Argument, message).with("given", own).into());
            }
            shape.feed(Some(own))?
        }
    };
    let ts = bar.field(shape, 0)?;
    let ts = moment(&ts.ok_or_else(|| bar.lacks("ts", shape))?)?;
    for at in 0..shape.fields.len() {
        let field = shape.fields[at];
        let value = match bar.field(shape, at + 1)? {
            Some(value) => number(&value, field)?,
            None if shape.feeds[feed].fields.contains(&field) => return Err(bar.lacks(field, shape).into()),
            None => f64::NAN,
        };
        values.push(value);
    }
    Ok((feed, ts))
}

fn in_order(
    shape: &Shape,
    bar: &Bound<'_, PyAny>,
    symbol: Option<&str>,
    values: &mut Vec<f64>,
) -> PyResult<(usize, i64)> {
    let feed = shape.feed(symbol)?;
    let mut ts = None;
    for (at, item) in bar.try_iter()?.enumerate() {
        let item = item?;
        match at.checked_sub(1) {
            None => ts = Some(moment(&item)?),
            Some(at) if at < shape.fields.len() => values.push(number(&item, shape.fields[at])?),
            Some(_) => values.push(f64::NAN),
        }
    }
    match ts {
        Some(ts) if values.len() == shape.fields.len() => Ok((feed, ts)),
        _ => Err(uneven(shape, values.len() + usize::from(ts.is_some())).into()),
    }
}

/// Why so many values are no bar.
pub(super) fn uneven(shape: &Shape, given: usize) -> Refusal {
    let fields: Vec<&str> = std::iter::once("ts").chain(shape.fields.iter().copied()).collect();
    let message = format!("a bar has {given} values (accepted: {}, in this order)", listed(&fields));
    Refusal::new(Class::Shape, message)
        .with("given", given)
        .with("accepted", fields.into_iter().map(str::to_owned).collect::<Vec<_>>())
}

impl<'py> Holds<'_, 'py> {
    /// The symbol that the bar names.
    fn symbol(&self, by: &Py<PyString>) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(match self {
            Self::Keys(dict) => dict.get_item(by.bind(dict.py()))?,
            Self::Attributes(object) => object.getattr_opt(by.bind(object.py()))?,
        }
        .filter(|symbol| !symbol.is_none()))
    }

    /// The value of a field, nought being the time; its name may be spelt in another way.
    fn field(&self, shape: &Shape, at: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self {
            Self::Keys(dict) => {
                let name = shape.names[at].bind(dict.py());
                if let Some(value) = dict.get_item(name)? {
                    return Ok(Some(value));
                }
                let wanted = name.to_str()?;
                let mut found = Vec::new();
                for (key, value) in dict.iter() {
                    let plays = |key: &str| {
                        naming::same_word(key, wanted)
                            || (at == 0 && naming::TIME.iter().any(|time| naming::same_word(key, time)))
                    };
                    if key.cast::<PyString>().is_ok_and(|key| key.to_str().is_ok_and(plays)) {
                        found.push((key, value));
                    }
                }
                if let [(one, _), (other, _), ..] = &found[..] {
                    let message =
                        format!("`{one}` and `{other}` could both be `{wanted}` (accepted: one of them)");
                    return Err(Refusal::new(Class::UnknownColumn, message).with("given", wanted).into());
                }
                Ok(found.pop().map(|(_, value)| value))
            }
            Self::Attributes(object) => object.getattr_opt(shape.names[at].bind(object.py())),
        }
    }

    /// Why a bar without a field is refused.
    fn lacks(&self, field: &str, shape: &Shape) -> Refusal {
        let (names, kind) = match self {
            Self::Keys(dict) => {
                let names = dict.keys().iter().filter_map(|key| key.extract::<String>().ok());
                (names.collect::<Vec<_>>(), "dict".to_owned())
            }
            Self::Attributes(object) => (Vec::new(), kind_of(object)),
        };
        let near: Vec<String> =
            near_names(field, names.iter().map(String::as_str)).into_iter().map(str::to_owned).collect();
        let close = if near.is_empty() { String::new() } else { format!("close: {}; ", listed(&near)) };
        let reads: Vec<&str> = std::iter::once("ts").chain(shape.fields.iter().copied()).collect();
        let message =
            format!("a bar of type `{kind}` has no `{field}` ({close}the session reads {})", listed(&reads));
        Refusal::new(Class::UnknownColumn, message)
            .with("given", field)
            .with("column", field)
            .with("accepted", names)
            .with("near", near)
    }
}

/// A value as a number, NaN where it is missing.
#[inline]
pub(super) fn number(value: &Bound<'_, PyAny>, field: &str) -> Result<f64, Refusal> {
    if let Ok(float) = value.cast::<PyFloat>() {
        return Ok(float.value());
    }
    if value.is_none() {
        return Ok(f64::NAN);
    }
    let text = value.is_instance_of::<PyString>();
    match value.extract::<f64>() {
        Ok(number) if !text => Ok(number),
        _ => {
            let kind = kind_of(value);
            let message = format!("`{field}` is of type `{kind}` (accepted: {NUMBERS})");
            Err(Refusal::new(Class::Argument, message)
                .with("column", field)
                .with("given", kind)
                .with("accepted", NUMBERS))
        }
    }
}

/// A time in milliseconds since 1970, of a number, a text in ISO-8601, or a date or time of Python, NumPy or pandas.
pub(super) fn moment(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    if value.is_instance_of::<PyBool>() {
        return Err(no_time(value).into());
    }
    if value.is_instance_of::<PyInt>() {
        return value.extract::<i64>().map_err(|_| no_time(value).into());
    }
    if let Ok(float) = value.cast::<PyFloat>() {
        return whole(float.value()).ok_or_else(|| no_time(value).into());
    }
    let text = if let Ok(text) = value.cast::<PyString>() {
        text.clone()
    } else if let Some(isoformat) = value.getattr_opt(intern!(value.py(), "isoformat"))? {
        isoformat.call0()?.str()?
    } else if let Ok(whole) = value.extract::<i64>() {
        return Ok(whole);
    } else if value.hasattr(intern!(value.py(), "dtype"))? {
        value.str()?
    } else {
        return Err(no_time(value).into());
    };
    time::parse(text.to_str()?, time::Epoch::Milliseconds).ok_or_else(|| no_time(value).into())
}

/// A number as a time.
#[inline]
pub(super) fn whole(value: f64) -> Option<i64> {
    let ts = value as i64;
    (ts as f64 == value).then_some(ts)
}

fn no_time(value: &Bound<'_, PyAny>) -> Refusal {
    let given = value.str().map_or_else(|_| kind_of(value), |text| text.to_string());
    let accepted =
        "whole milliseconds since 1970, a text in ISO-8601, a date or time; nothing finer than a millisecond";
    Refusal::new(Class::Data, format!("`ts` is {given} (accepted: {accepted})"))
        .with("column", "ts")
        .with("given", given)
        .with("accepted", accepted)
}
