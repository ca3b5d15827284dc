//! The answers of kernels with several outputs: named tuples.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use ta_kernel_api::spec::KernelSpec;
use ta_runtime::catalog::python;

/// A class `Result` under the function, so that answers can be pickled: `ta.macd.Result(macd, signal, histogram)`.
pub(super) fn class(py: Python<'_>, spec: &KernelSpec, home: &str) -> PyResult<Py<PyType>> {
    let names: Vec<String> = spec.outputs.iter().map(|output| python::name(output.name)).collect();
    let how = PyDict::new(py);
    how.set_item("module", home)?;
    let class = py
        .import(intern!(py, "collections"))?
        .getattr(intern!(py, "namedtuple"))?
        .call((python::result_name(spec), names), Some(&how))?;
    class.setattr("__qualname__", format!("{}.Result", python::name(spec.id)))?;
    let outputs = spec.outputs.iter().map(|output| format!("{}: {}", python::name(output.name), output.doc));
    class.setattr(
        "__doc__",
        format!("What `{}` answers.\n\n{}", spec.id, outputs.collect::<Vec<_>>().join("\n")),
    )?;
    Ok(class.cast_into::<PyType>()?.unbind())
}
