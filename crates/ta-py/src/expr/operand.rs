//! What stands beside an operator or in the brackets of a call.

use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyString};
use ta_runtime::expr::Fragment;

use super::{Expr, unwritable};
use crate::errors::{Class, Refusal, kind_of};

/// An expression, or a number or bool as one.
pub(crate) fn operand(value: &Bound<'_, PyAny>, beside: &str) -> Result<Fragment, Refusal> {
    if let Ok(expr) = value.cast::<Expr>() {
        return Ok(expr.get().fragment.clone());
    }
    constant(value)?.ok_or_else(|| {
        let kind = kind_of(value);
        let message = format!(
            "an operand of `{beside}` is of type `{kind}` (accepted: an expression, a number, a bool)"
        );
        Refusal::new(Class::Argument, message).with("given", kind)
    })
}

/// An argument of a call, where a text is a word of the language.
pub(crate) fn argument(value: &Bound<'_, PyAny>) -> PyResult<Fragment> {
    if let Ok(word) = value.cast::<PyString>() {
        let word = word.to_str()?;
        return Ok(Fragment::word(word).ok_or_else(|| unwritable(word))?);
    }
    if let Ok(expr) = value.cast::<Expr>() {
        return Ok(expr.get().fragment.clone());
    }
    let refused = || {
        let kind = kind_of(value);
        let message =
            format!("an argument is of type `{kind}` (accepted: an expression, a number, a bool, a word)");
        Refusal::new(Class::Argument, message).with("given", kind)
    };
    Ok(constant(value)?.ok_or_else(refused)?)
}

/// A number or a bool of Python or NumPy; `None` for anything else.
fn constant(value: &Bound<'_, PyAny>) -> Result<Option<Fragment>, Refusal> {
    if let (false, Ok(truth)) = (value.is_instance_of::<PyFloat>(), value.extract::<bool>()) {
        return Ok(Some(Fragment::truth(truth)));
    }
    let scalar = value.is_instance_of::<PyFloat>()
        || value.is_instance_of::<PyInt>()
        || !value.hasattr("__len__").unwrap_or(true);
    let number = if scalar { value.extract::<f64>() } else { return Ok(None) };
    let number = match number {
        Ok(number) => number,
        // A whole number beyond all others.
        Err(_) if value.is_instance_of::<PyInt>() => f64::INFINITY,
        Err(_) => return Ok(None),
    };
    Fragment::number(number).map(Some).ok_or_else(|| {
        let message = format!("{number} is no number of an expression (accepted: finite numbers)");
        Refusal::new(Class::Data, message).with("given", number.to_string())
    })
}
