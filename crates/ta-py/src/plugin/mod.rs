//! Kernels as plugins of Polars, which calls them from its own threads and without the interpreter.
//!
//! Polars loads the library of the wheel and finds functions by their names: one that computes, and one that says what will come of it. Both
//! are told in pickled arguments which kernel is meant. [`abi`] has the layouts and who frees what; here all is safe Rust.

mod abi;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, StructArray};
use arrow_schema::{DataType, Field, Fields};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Deserialize;
use smallvec::{SmallVec, smallvec};
use ta_kernel_api::spec::OutputKind;
use ta_kernel_api::{KernelDef, Missing, ParamValue, Params};

use crate::compute::{self, Pieces};
use crate::data::{self, Chunk, Wanted};
use crate::errors::{Class, Refusal};
use crate::registry::registry;

/// The name of both functions, behind what Polars puts before it.
const FUNCTION: &str = "ta_kernel";

/// Which kernel is meant, as it was pickled by [`expression`].
#[derive(Deserialize)]
struct Call {
    kernel: String,
    missing: String,
    params: BTreeMap<String, Value>,
}

/// The value of a parameter.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Flag(bool),
    Int(i64),
    Real(f64),
    Choice(String),
}

impl Call {
    fn read(pickled: &[u8]) -> Result<(&'static KernelDef, Params, Missing), Refusal> {
        let call: Self = serde_pickle::from_slice(pickled, serde_pickle::DeOptions::new())
            .map_err(|error| Refusal::new(Class::Internal, format!("a call cannot be read: {error}")))?;
        let refused = |error: ta_kernel_api::Error| Refusal::new(Class::Parameter, error.to_string());
        let def = registry()?.get(&call.kernel).map_err(refused)?;
        let given = call.params.iter().map(|(name, value)| {
            let value = match value {
                Value::Flag(value) => ParamValue::Flag(*value),
                Value::Int(value) => ParamValue::Int(*value),
                Value::Real(value) => ParamValue::Real(*value),
                Value::Choice(word) => ParamValue::Choice(word.clone()),
            };
            (name.as_str(), value)
        });
        Ok((def, def.params(given).map_err(refused)?, crate::plan::policy(&call.missing)?))
    }
}

/// The expression of Polars that computes a kernel over others, which are its inputs in declared order.
pub(crate) fn expression<'py>(
    py: Python<'py>,
    library: &str,
    def: &'static KernelDef,
    params: &[(&'static str, ParamValue)],
    missing: Missing,
    inputs: Vec<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let named = PyDict::new(py);
    for (name, value) in params {
        match value {
            ParamValue::Int(value) => named.set_item(name, value)?,
            ParamValue::Real(value) => named.set_item(name, value)?,
            ParamValue::Flag(value) => named.set_item(name, value)?,
            ParamValue::Choice(word) => named.set_item(name, word)?,
        }
    }
    let call = PyDict::new(py);
    call.set_item("kernel", def.spec.id)?;
    call.set_item("missing", missing.name())?;
    call.set_item("params", named)?;
    let how = PyDict::new(py);
    how.set_item("plugin_path", py.import(library)?.getattr(intern!(py, "__file__"))?)?;
    how.set_item("function_name", FUNCTION)?;
    how.set_item("args", inputs)?;
    how.set_item("kwargs", call)?;
    py.import("polars.plugins")?.call_method("register_plugin_function", (), Some(&how))
}

/// What comes of a call over columns of which the first has this name.
fn field(pickled: &[u8], name: &str) -> Result<Field, Refusal> {
    let (def, ..) = Call::read(pickled)?;
    let kind = match def.spec.outputs {
        [output] => data_type(output.kind),
        _ => DataType::Struct(fields(def)),
    };
    Ok(Field::new(name, kind, true))
}

fn fields(def: &KernelDef) -> Fields {
    def.spec.outputs.iter().map(|output| Field::new(output.name, data_type(output.kind), true)).collect()
}

fn data_type(kind: OutputKind) -> DataType {
    match kind {
        OutputKind::Number => DataType::Float64,
        OutputKind::Bool => DataType::Boolean,
    }
}

/// The column that a call makes of columns in pieces.
fn compute(pickled: &[u8], columns: &[Vec<ArrayRef>]) -> Result<ArrayRef, Refusal> {
    let (def, params, missing) = Call::read(pickled)?;
    let spec = &def.spec;
    if columns.len() != spec.inputs.len() {
        let message = format!("`{}` has {} inputs, {} given", spec.id, spec.inputs.len(), columns.len());
        return Err(Refusal::new(Class::Internal, message));
    }
    let mut inputs: Vec<SmallVec<[Chunk<'_>; 1]>> = Vec::with_capacity(columns.len());
    for (input, column) in spec.inputs.iter().zip(columns) {
        inputs.push(data::of_arrow(column, Wanted { name: input.name, time: input.field == Some("ts") })?);
    }
    let lengths: Vec<usize> =
        inputs.iter().map(|column| column.iter().map(|chunk| chunk.values().len()).sum()).collect();
    // A literal comes as one row, which stands for as many as the others have.
    let rows = lengths.iter().copied().find(|&length| length != 1).unwrap_or(1);
    for (at, &length) in lengths.iter().enumerate() {
        if length == rows {
            continue;
        }
        let value = inputs[at].first().and_then(|chunk| chunk.values().first().copied());
        let Some(value) = value.filter(|_| length == 1) else {
            let name = spec.inputs[at].name;
            let message =
                format!("`{name}` has {length} rows, another input has {rows} (accepted: as many, or one)");
            return Err(Refusal::new(Class::Shape, message).with("column", name));
        };
        inputs[at] = smallvec![Chunk::Made(vec![value; rows])];
    }
    let node = def.bind::<f64>(&params).map_err(|error| Refusal::new(Class::Argument, error.to_string()))?;
    let pieces: Vec<Pieces<'_>> =
        inputs.iter().map(|column| column.iter().map(Chunk::values).collect()).collect();
    let mut made: Vec<Vec<f64>> = spec.outputs.iter().map(|_| vec![0.0; rows]).collect();
    let mut outputs: Vec<&mut [f64]> = made.iter_mut().map(Vec::as_mut_slice).collect();
    compute::columns(node, Some(missing), &pieces, &mut outputs).map_err(|lost| compute::lost(spec, lost))?;
    let mut arrays: Vec<ArrayRef> = made
        .into_iter()
        .zip(spec.outputs)
        .map(|(values, output)| data::arrow::values(values, output.kind.into()))
        .collect();
    if let Some(only) = arrays.pop_if(|_| spec.outputs.len() == 1) {
        return Ok(only);
    }
    let made = StructArray::try_new(fields(def), arrays, None);
    Ok(Arc::new(made.map_err(|error| Refusal::new(Class::Internal, error.to_string()))?))
}
