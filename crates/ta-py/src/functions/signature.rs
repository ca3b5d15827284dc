//! Signatures as `inspect.signature` answers them.

use pyo3::IntoPyObjectExt;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyInt};
use ta_kernel_api::ParamValue;
use ta_kernel_api::spec::{Domain, KernelSpec};
use ta_runtime::catalog::python;

/// Inputs and parameters by position or by name, options by name alone.
pub(super) fn of<'py>(py: Python<'py>, spec: &KernelSpec) -> PyResult<Bound<'py, PyAny>> {
    let inspect = py.import(intern!(py, "inspect"))?;
    let parameter = inspect.getattr(intern!(py, "Parameter"))?;
    let positional = parameter.getattr(intern!(py, "POSITIONAL_OR_KEYWORD"))?;
    let keyword = parameter.getattr(intern!(py, "KEYWORD_ONLY"))?;
    let with = |name: String,
                kind: &Bound<'py, PyAny>,
                default: Option<Bound<'py, PyAny>>,
                annotation: Option<Bound<'py, PyAny>>| {
        let how = PyDict::new(py);
        if let Some(default) = default {
            how.set_item("default", default)?;
        }
        if let Some(annotation) = annotation {
            how.set_item("annotation", annotation)?;
        }
        parameter.call((name, kind), Some(&how))
    };
    let mut all = Vec::new();
    for input in spec.inputs {
        all.push(with(python::name(input.name), &positional, None, None)?);
    }
    for param in spec.params {
        let default = match param.domain.default() {
            ParamValue::Int(value) => value.into_bound_py_any(py)?,
            ParamValue::Real(value) => value.into_bound_py_any(py)?,
            ParamValue::Flag(value) => value.into_bound_py_any(py)?,
            ParamValue::Choice(value) => value.into_bound_py_any(py)?,
        };
        let annotation = annotation(py, &param.domain)?;
        all.push(with(python::name(param.name), &positional, Some(default), Some(annotation))?);
    }
    let taken = |name: &str| {
        spec.inputs.iter().any(|input| input.name == name)
            || spec.params.iter().any(|param| param.name == name)
    };
    for (name, default) in [("missing", "skip".into_bound_py_any(py)?), ("out", py.None().into_bound(py))] {
        if !taken(name) {
            all.push(with(name.to_owned(), &keyword, Some(default), None)?);
        }
    }
    inspect.getattr(intern!(py, "Signature"))?.call1((all,))
}

fn annotation<'py>(py: Python<'py>, domain: &Domain) -> PyResult<Bound<'py, PyAny>> {
    Ok(match domain {
        Domain::Int { .. } => py.get_type::<PyInt>().into_any(),
        Domain::Real { .. } => py.get_type::<PyFloat>().into_any(),
        Domain::Flag { .. } => py.get_type::<pyo3::types::PyBool>().into_any(),
        Domain::Choice { names, .. } => {
            let literal = py.import(intern!(py, "typing"))?.getattr(intern!(py, "Literal"))?;
            literal.get_item(pyo3::types::PyTuple::new(py, *names)?)?
        }
    })
}
