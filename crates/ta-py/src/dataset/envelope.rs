//! Answers of jobs: what was computed, whether it could be, and how.

use std::fmt::Write;

use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use ta_runtime::Error;
use ta_runtime::exec::Envelope;
use ta_runtime::expr::ValueKind;

/// The answer to a job that was carried out; its columns are arrays over the memory in which they were computed.
pub(super) fn of(py: Python<'_>, envelope: Envelope<f64>) -> PyResult<Bound<'_, PyDict>> {
    let answer = PyDict::new(py);
    answer.set_item("status", "ok")?;
    answer.set_item("ts", envelope.ts.into_pyarray(py))?;
    let (outputs, kinds) = (PyDict::new(py), PyDict::new(py));
    for output in envelope.outputs {
        let kind = match output.kind {
            ValueKind::Number => "number",
            ValueKind::Bool => "bool",
        };
        kinds.set_item(&output.name, kind)?;
        outputs.set_item(&output.name, output.values.into_pyarray(py))?;
    }
    answer.set_item("outputs", outputs)?;
    answer.set_item("kinds", kinds)?;
    let mut nodes = Vec::with_capacity(envelope.nodes.len());
    for node in envelope.nodes {
        let one = PyDict::new(py);
        one.set_item("node", node.label)?;
        one.set_item("first", node.first)?;
        one.set_item("last", node.last)?;
        nodes.push(one);
    }
    answer.set_item("nodes", nodes)?;
    answer.set_item("errors", Vec::<String>::new())?;
    let (meta, metadata) = (envelope.meta, PyDict::new(py));
    metadata.set_item("mode", meta.mode.name())?;
    metadata.set_item("scalar", meta.scalar.name())?;
    metadata.set_item("missing", meta.missing.name())?;
    metadata.set_item("rows", meta.rows)?;
    metadata.set_item("events", meta.events)?;
    let mut fingerprint = String::with_capacity(64);
    for byte in meta.fingerprint {
        // Writing into a text does not fail.
        let _ = write!(fingerprint, "{byte:02x}");
    }
    metadata.set_item("fingerprint", fingerprint)?;
    metadata.set_item("nodes", meta.nodes)?;
    metadata.set_item("shared", meta.shared)?;
    metadata.set_item("touched", meta.touched)?;
    metadata.set_item("checkpoints", meta.checkpoints)?;
    metadata.set_item("elapsed", meta.elapsed.map(|elapsed| elapsed.as_secs_f64()))?;
    let parity = meta.parity.map(|parity| {
        let one = PyDict::new(py);
        one.set_item("compared", parity.compared)?;
        one.set_item("differing", parity.differing)?;
        one.set_item("differences", parity.differences)?;
        Ok::<_, PyErr>(one)
    });
    metadata.set_item("parity", parity.transpose()?)?;
    answer.set_item("metadata", metadata)?;
    Ok(answer)
}

/// The answer to a job that could not be.
pub(super) fn refused<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyDict>> {
    let answer = PyDict::new(py);
    answer.set_item("status", "error")?;
    answer.set_item("ts", Vec::<i64>::new().into_pyarray(py))?;
    answer.set_item("outputs", PyDict::new(py))?;
    answer.set_item("kinds", PyDict::new(py))?;
    answer.set_item("nodes", Vec::<String>::new())?;
    let why = PyDict::new(py);
    why.set_item("kind", error.kind())?;
    why.set_item("message", error.to_string())?;
    why.set_item("help", error.help())?;
    let location = error.location().cloned().unwrap_or_default();
    why.set_item("row", location.row)?;
    why.set_item("ts", location.ts)?;
    why.set_item("column", location.column)?;
    answer.set_item("errors", vec![why])?;
    answer.set_item("metadata", PyDict::new(py))?;
    Ok(answer)
}
