//! Structures of Rust as dicts and lists, by way of JSON.

use pyo3::intern;
use pyo3::prelude::*;
use serde::Serialize;

use crate::errors::{Class, Refusal};

/// The dict or list that a structure is in JSON.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(value)
        .map_err(|error| Refusal::new(Class::Internal, format!("cannot be written as JSON: {error}")))?;
    py.import(intern!(py, "json"))?.call_method1(intern!(py, "loads"), (text,))
}
