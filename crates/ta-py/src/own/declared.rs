//! What a class says about itself, as a declaration.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};
use ta_kernel_api::ScalarKind;
use ta_kernel_api::spec::{
    Domain, InputSpec, KernelSpec, MissingInputs, OutputKind, OutputSpec, ParamSpec, Parity, Place, Plot,
    Warmup,
};

use crate::errors::{Class, Refusal};

/// The fields that an input reads by its own name when it is left out.
const FIELDS: [&str; 6] = ["ts", "open", "high", "low", "close", "volume"];

/// What the decorator has read from the class.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Declaration<'py> {
    id: String,
    family: String,
    doc: String,
    version: u32,
    params: Vec<Param<'py>>,
    inputs: Vec<String>,
    outputs: Vec<Output>,
    data_warmup: bool,
    gaps: bool,
    tolerance: f64,
    reason: String,
    overlay: bool,
    levels: Vec<f64>,
    module: String,
    file: String,
    line: u32,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Param<'py> {
    name: String,
    doc: String,
    default: Bound<'py, PyAny>,
    min: Option<Bound<'py, PyAny>>,
    max: Option<Bound<'py, PyAny>>,
    choices: Option<Vec<String>>,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Output {
    name: String,
    doc: String,
    flag: bool,
}

impl Declaration<'_> {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The declaration, checked. Its texts are never freed.
    pub(super) fn spec(self) -> PyResult<KernelSpec> {
        let id = &self.id;
        let parts: Vec<&str> = id.split("::").collect();
        if !matches!(parts[..], [vendor, name] if is_name(vendor) && is_name(name)) {
            let message = format!(
                "id `{id}` is no name of a vendor and one of a kernel (accepted: lower case, as in `my::mean`)"
            );
            return Err(refused(message).into());
        }
        let names = self.params.iter().map(|param| &param.name).chain(&self.inputs);
        let mut seen: Vec<&String> = Vec::new();
        for name in names {
            if !is_name(name) || matches!(name.as_str(), "missing" | "out") {
                let accepted =
                    "lower case letters, digits and `_`; `missing` and `out` are options of every function";
                return Err(refused(format!("`{name}` of `{id}` is no name (accepted: {accepted})")).into());
            }
            if seen.contains(&name) {
                return Err(refused(format!("`{id}` has two inputs or parameters called `{name}`")).into());
            }
            seen.push(name);
        }
        if self.inputs.is_empty() || self.outputs.is_empty() {
            return Err(refused(format!(
                "`{id}` has no {}",
                if self.inputs.is_empty() { "inputs" } else { "outputs" }
            ))
            .into());
        }
        for (at, output) in self.outputs.iter().enumerate() {
            let again = self.outputs[..at].iter().any(|before| before.name == output.name);
            if again || !is_name(&output.name) {
                return Err(refused(format!(
                    "output `{}` of `{id}` is no name, or there twice",
                    output.name
                ))
                .into());
            }
        }
        if !(self.tolerance >= 0.0 && self.tolerance < 1.0) {
            return Err(refused(format!(
                "`tolerance` of `{id}` is {} (accepted: from 0 to 1)",
                self.tolerance
            ))
            .into());
        }
        let params = self.params.iter().map(|param| param.spec(id)).collect::<PyResult<Vec<_>>>()?;
        let inputs = self.inputs.into_iter().map(|name| {
            let field = FIELDS.into_iter().find(|field| *field == name);
            InputSpec { field: if name == "source" { Some("close") } else { field }, name: text(name) }
        });
        let outputs = self.outputs.into_iter().map(|output| OutputSpec {
            name: text(output.name),
            doc: text(output.doc),
            kind: if output.flag { OutputKind::Bool } else { OutputKind::Number },
            histogram: false,
        });
        let parity = if self.tolerance > 0.0 {
            Parity::Relative { tolerance: self.tolerance, reason: text(self.reason) }
        } else {
            Parity::Exact
        };
        let version = text(self.version.to_string());
        Ok(KernelSpec {
            aliases: &[],
            family: text(self.family),
            since: version,
            doc: text(self.doc),
            params: list(params),
            inputs: list(inputs.collect()),
            outputs: list(outputs.collect()),
            scalars: &[ScalarKind::F64],
            parity,
            missing: if self.gaps { MissingInputs::Pass } else { MissingInputs::Policy },
            warmup: if self.data_warmup { Warmup::Data } else { Warmup::Exact },
            plot: Plot {
                place: if self.overlay { Place::Overlay } else { Place::Pane },
                levels: list(self.levels),
            },
            state_version: self.version,
            krate: text(self.module),
            krate_version: version,
            file: text(self.file),
            line: self.line,
            id: text(self.id),
        })
    }
}

impl Param<'_> {
    fn spec(&self, id: &str) -> PyResult<ParamSpec> {
        let what = || format!("parameter `{}` of `{id}`", self.name);
        let limits = || {
            let pair = self.min.as_ref().zip(self.max.as_ref());
            pair.ok_or_else(|| refused(format!("{} is a number without `min` and `max`", what())))
        };
        let default = &self.default;
        let wrong = || {
            refused(format!("{}: `default`, `min` and `max` are not of one kind, or not in order", what()))
        };
        let domain = if let Ok(flag) = default.cast::<PyBool>() {
            Domain::Flag { default: flag.is_true() }
        } else if default.is_instance_of::<PyInt>() {
            let (min, max) = limits()?;
            let of = |value: &Bound<'_, PyAny>| value.extract::<i64>().map_err(|_| wrong());
            let (default, min, max) = (of(default)?, of(min)?, of(max)?);
            (min..=max).contains(&default).then_some(Domain::Int { default, min, max }).ok_or_else(wrong)?
        } else if default.is_instance_of::<PyFloat>() {
            let (min, max) = limits()?;
            let of = |value: &Bound<'_, PyAny>| {
                value.extract::<f64>().ok().filter(|value| value.is_finite()).ok_or_else(wrong)
            };
            let (default, min, max) = (of(default)?, of(min)?, of(max)?);
            (min..=max).contains(&default).then_some(Domain::Real { default, min, max }).ok_or_else(wrong)?
        } else if let (Ok(word), Some(choices)) = (default.cast::<PyString>(), &self.choices) {
            let word = word.to_str()?;
            let names: &'static [&'static str] =
                list(choices.iter().map(|choice| text(choice.clone())).collect());
            let found = names.iter().find(|name| **name == word);
            let default = found
                .ok_or_else(|| refused(format!("{} has the default `{word}`, which is no choice", what())))?;
            Domain::Choice { default, names }
        } else {
            let accepted = "an int, a float, a bool, or a str with `choices`";
            return Err(
                refused(format!("{} has the default {default} (accepted: {accepted})", what())).into()
            );
        };
        Ok(ParamSpec { name: text(self.name.clone()), doc: text(self.doc.clone()), domain })
    }
}

fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_lowercase())
        && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

pub(super) fn refused(message: String) -> Refusal {
    Refusal::new(Class::Argument, message)
}

fn text(text: String) -> &'static str {
    text.leak()
}

fn list<T>(items: Vec<T>) -> &'static [T] {
    items.leak()
}
