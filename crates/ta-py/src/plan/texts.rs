//! What callers give as expressions, and the choices of a plan.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMapping, PySequence, PyString};
use ta_kernel_api::Missing;
use ta_runtime::plan::PlanOptions;

use crate::errors::{Class, Refusal, kind_of};
use crate::expr::Expr;
use crate::registry::source;

/// Texts, each with a name for its only output or without.
pub(crate) struct Texts(Vec<(Option<String>, String)>);

impl Texts {
    /// Those of a text or an `Expr`, a list of them, or a dict from names to them.
    pub(crate) fn of(exprs: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(named) = exprs.cast::<PyMapping>() {
            let items = named.items()?;
            let each = items.iter().map(|item| {
                let (name, text) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
                let given = name.cast::<PyString>().map_err(|_| {
                    let message =
                        format!("an expression has a name of type `{}` (accepted: str)", kind_of(&name));
                    Refusal::new(Class::Argument, message).with("given", kind_of(&name))
                })?;
                Ok((Some(given.to_str()?.to_owned()), text_of(&text)?))
            });
            return Ok(Self(each.collect::<PyResult<_>>()?));
        }
        let text = exprs.is_instance_of::<PyString>() || exprs.is_instance_of::<PyBytes>();
        if let (false, Ok(exprs)) = (text, exprs.cast::<PySequence>()) {
            let each = exprs.try_iter()?.map(|text| Ok((None, text_of(&text?)?)));
            return Ok(Self(each.collect::<PyResult<_>>()?));
        }
        Ok(Self(vec![(None, text_of(exprs)?)]))
    }

    /// As the runtime takes them.
    pub(crate) fn borrowed(&self) -> Vec<(Option<&str>, &str)> {
        self.0.iter().map(|(name, text)| (name.as_deref(), text.as_str())).collect()
    }
}

fn text_of(given: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(text.to_str()?.to_owned());
    }
    if let Ok(expr) = given.cast::<Expr>() {
        return Ok(expr.get().fragment.to_string());
    }
    let message = format!(
        "an expression is of type `{}` (accepted: a text or an `Expr`, a list of them, or a dict from names to them)",
        kind_of(given)
    );
    Err(Refusal::new(Class::Argument, message).with("given", kind_of(given)).into())
}

/// The choices of a plan, each as a word or not made.
pub(crate) fn options(missing: Option<&str>, of: Option<&str>) -> Result<PlanOptions, Refusal> {
    let mut options = PlanOptions::default();
    if let Some(word) = missing {
        options.missing = policy(word)?;
    }
    if let Some(name) = of {
        options.schema = source(name)?;
    }
    Ok(options)
}

/// What happens at rows with a missing input.
pub(crate) fn policy(word: &str) -> Result<Missing, Refusal> {
    word.parse::<Missing>().map_err(|error| {
        let names: Vec<String> = Missing::ALL.iter().map(|policy| policy.name().to_owned()).collect();
        Refusal::new(Class::Parameter, error.to_string())
            .with("parameter", "missing")
            .with("given", word)
            .with("accepted", names)
    })
}
