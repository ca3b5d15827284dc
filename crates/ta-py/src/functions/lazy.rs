//! A kernel called with expressions of Polars: one more of them, computed when Polars does.

use pyo3::prelude::*;
use pyo3::types::PyString;
use ta_kernel_api::KernelDef;

use super::arguments::{Place, Placed, checked_params, no_column, number, open};
use crate::data::{Given, Library};
use crate::errors::{Class, Refusal};
use crate::plugin;

/// The expression over the inputs, of which a text names a column and a number stands for a column of it.
pub(super) fn of<'py>(
    py: Python<'py>,
    library: &str,
    def: &'static KernelDef,
    call: Placed<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let spec = &def.spec;
    if call.out.is_some() || call.frame.is_some() {
        let what = if call.out.is_some() { "an array to write into" } else { "a frame" };
        let message =
            format!("`{}` of an expression of polars and of {what} (accepted: one or the other)", spec.id);
        return Err(Refusal::new(Class::Argument, message).into());
    }
    checked_params(def, &call.params)?;
    let mut inputs = Vec::with_capacity(call.places.len());
    for (input, place) in spec.inputs.iter().zip(call.places) {
        inputs.push(match place {
            Place::Open => return Err(open(spec, input, false).into()),
            Place::Given(value, Given::PolarsExpr) => value,
            Place::Given(value, Given::Other) if value.is_instance_of::<PyString>() => {
                Library::Polars.get(py, "col")?.call1((value,))?
            }
            Place::Given(value, Given::Other) if input.field.is_none() && number(&value).is_some() => {
                Library::Polars.get(py, "lit")?.call1((number(&value),))?
            }
            Place::Given(value, _) => return Err(no_column(spec, input, &value).into()),
        });
    }
    plugin::expression(py, library, def, &call.params, call.missing, inputs)
}
