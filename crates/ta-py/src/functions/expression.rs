//! A kernel called without data: an expression that stands for its values.
//!
//! Arguments are placed as the language places them: expressions fill the inputs, constants the parameters, and also an input that has no
//! field of its own. What can be known before the expression is compiled is checked here.

use numpy::PyUntypedArray;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyInt, PyString, PyTuple};
use ta_kernel_api::spec::{Domain, KernelSpec};
use ta_kernel_api::{KernelDef, ParamValue};
use ta_runtime::catalog::python;
use ta_runtime::expr::Fragment;

use super::arguments::{Target, checked_params, open, param_value, target, too_many, twice};
use crate::errors::{Class, Refusal, kind_of};
use crate::expr::{Expr, argument, operand};

/// Whether a call has no data: an expression among its arguments, or constants alone. An array to write into is no constant.
pub(super) fn is_meant(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> bool {
    let mut constant = true;
    let mut is_expression = |value: &Bound<'_, PyAny>| {
        constant = constant && is_constant(value);
        value.is_instance_of::<Expr>()
    };
    args.iter_borrowed().any(|value| is_expression(&value))
        || kwargs.into_iter().flatten().any(|(_, value)| is_expression(&value))
        || constant
}

/// Whether this is a number, a bool or a word. Nothing is read of data, which may be there to be read once.
fn is_constant(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyFloat>()
        || value.is_instance_of::<PyInt>()
        || value.is_instance_of::<PyString>()
        // The scalars of NumPy.
        || !value.is_instance_of::<PyUntypedArray>()
            && !value.hasattr(intern!(value.py(), "__len__")).unwrap_or(true) && value.extract::<f64>().is_ok()
}

/// The expression that a call without data is.
pub(super) fn of(
    def: &'static KernelDef,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<Expr> {
    let spec = &def.spec;
    let mut call =
        Call { spec, inputs: vec![false; spec.inputs.len()], params: Vec::new(), written: Vec::new() };
    let mut series = false;
    for value in args.iter().chain(kwargs.into_iter().flatten().map(|(_, value)| value)) {
        let expression = value.is_instance_of::<Expr>();
        series |= expression;
        if !expression && !value.is_none() && !is_constant(&value) {
            let kind = kind_of(&value);
            let message =
                format!("`{}` of an expression and of data, `{kind}` (accepted: one or the other)", spec.id);
            return Err(Refusal::new(Class::Argument, message).with("given", kind).into());
        }
    }
    for value in args {
        call.position(&value, args.len())?;
    }
    for (name, value) in kwargs.into_iter().flatten() {
        call.named(name.cast::<PyString>()?.to_str()?, &value)?;
    }
    checked_params(def, &call.params)?;
    if !series && !call.inputs.contains(&false) {
        return Err(call.refused("of numbers alone").into());
    }
    for (input, given) in spec.inputs.iter().zip(&call.inputs) {
        if !given && input.field.is_none() {
            return Err(open(spec, input, false).into());
        }
    }
    let text = Fragment::word(spec.id).and_then(|kernel| kernel.call(&call.written));
    Expr::of(text.ok_or_else(|| Refusal::new(Class::Internal, format!("`{}` is no word", spec.id)))?)
}

/// The arguments so far.
struct Call {
    spec: &'static KernelSpec,
    /// Which inputs have been given.
    inputs: Vec<bool>,
    params: Vec<(&'static str, ParamValue)>,
    written: Vec<(Option<&'static str>, Fragment)>,
}

impl Call {
    fn position(&mut self, value: &Bound<'_, PyAny>, count: usize) -> PyResult<()> {
        let Self { spec, inputs, params, .. } = self;
        let next = inputs.iter().position(|given| !given).filter(|_| params.is_empty());
        if value.is_instance_of::<Expr>() {
            let Some(next) = next else {
                let late = inputs.contains(&false);
                let what = if late {
                    "has an expression after its first parameter"
                } else {
                    "takes no more expressions"
                };
                return Err(self.refused(what).into());
            };
            inputs[next] = true;
        } else {
            // A number is for an input that must be given, as long as there is one.
            let word = value.is_instance_of::<PyString>();
            let required = |&at: &usize| !inputs[at] && spec.inputs[at].field.is_none();
            if let Some(at) = next.filter(|_| !word).and_then(|next| (next..inputs.len()).find(required)) {
                inputs[at] = true;
                self.written.push((None, operand(value, spec.id)?));
                return Ok(());
            }
            let Some(param) = spec.params.get(params.len()) else {
                return Err(too_many(spec, count).into());
            };
            if word && !matches!(param.domain, Domain::Choice { .. }) {
                let message = format!(
                    "parameter `{}` of `{}` is the text `{value}` (accepted: {}; a field is written `col.{value}`)",
                    param.name, spec.id, param.domain
                );
                return Err(Refusal::new(Class::Argument, message).with("parameter", param.name).into());
            }
            params.push((param.name, param_value(spec, param.name, value)?));
        }
        self.written.push((None, argument(value)?));
        Ok(())
    }

    fn named(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let spec = self.spec;
        match target(spec, name)? {
            Target::Input(at) => {
                if std::mem::replace(&mut self.inputs[at], true) {
                    return Err(twice(spec, name).into());
                }
                let name = spec.inputs[at].name;
                self.written.push((Some(name), operand(value, name)?));
            }
            Target::Param(at) => {
                let name = spec.params[at].name;
                if self.params.iter().any(|(given, _)| *given == name) {
                    return Err(twice(spec, name).into());
                }
                self.params.push((name, param_value(spec, name, value)?));
                self.written.push((Some(name), argument(value)?));
            }
            Target::Missing => {
                let message = format!(
                    "`missing` of `{}` in an expression (it is chosen for all of it: `compile(expr, missing=...)`)",
                    spec.id
                );
                return Err(Refusal::new(Class::Argument, message).with("parameter", "missing").into());
            }
            Target::Out => {
                let message = format!("`out` of `{}` without data (accepted: beside data)", spec.id);
                return Err(Refusal::new(Class::Argument, message).with("parameter", "out").into());
            }
        }
        Ok(())
    }

    fn refused(&self, what: &str) -> Refusal {
        let message = format!("`{}` {what} (it is `{}`)", self.spec.id, python::signature(self.spec));
        Refusal::new(Class::Argument, message)
    }
}
