//! What type checkers and editors read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ta_kernel_api::spec::{Domain, KernelSpec};
use ta_kernel_api::{KernelDef, Registry};

use super::{docstring, literal, name, result_name};

/// The stub of one module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stub {
    /// The vendor whose kernels it holds; `None` for those without.
    pub vendor: Option<&'static str>,
    /// Its text.
    pub text: String,
}

/// The functions of all kernels of a registry as stubs, one for each vendor and one for the kernels without. They use the names of
/// `types`, the module that `ta_py` calls `ta_py._types`.
pub fn stubs(registry: &Registry, types: &str) -> Vec<Stub> {
    let mut vendors: BTreeMap<Option<&'static str>, Vec<&'static KernelDef>> = BTreeMap::new();
    for def in registry.iter() {
        vendors.entry(def.spec.id.split_once("::").map(|(vendor, _)| vendor)).or_default().push(def);
    }
    let text = |defs: Vec<&'static KernelDef>| {
        let mut text = format!(
            "from typing import Any, Generic, Literal, NamedTuple, TypeVar, overload\n\n\
             import pandas as pd\nimport polars as pl\n\
             from {types} import Array, Buffer, Buffers, Column, Expr, Labelled, Missing, Values\n\n_T = TypeVar(\"_T\")\n"
        );
        for def in defs {
            function(&mut text, def);
        }
        text
    };
    vendors.into_iter().map(|(vendor, defs)| Stub { vendor, text: text(defs) }).collect()
}

fn function(text: &mut String, def: &KernelDef) {
    let spec = &def.spec;
    let several = spec.outputs.len() > 1;
    if several {
        let _ = write!(text, "\nclass {}(NamedTuple, Generic[_T]):\n", result_name(spec));
        for output in spec.outputs {
            let _ = writeln!(text, "    {}: _T", name(output.name));
        }
    }
    let answer =
        |kind: &str| if several { format!("{}[{kind}]", result_name(spec)) } else { kind.to_owned() };
    // What a kind of column is answered with; a labelled one takes plain ones along.
    let columns = |own: &str, other: &str| -> Vec<String> {
        let typed = |(index, input): (usize, &ta_kernel_api::spec::InputSpec)| {
            let kind = if index == 0 { own } else { other };
            let number = if input.field.is_none() && index > 0 { " | float" } else { "" };
            format!("{}: {kind}{number}", name(input.name))
        };
        spec.inputs.iter().enumerate().map(typed).collect()
    };
    let with_params = |mut typed: Vec<String>| {
        typed.extend(params(spec));
        typed.push("*".to_owned());
        typed
    };
    let frame = |kind: &str| {
        let mut typed = with_params(vec![format!("frame: {kind}"), "/".to_owned()]);
        typed.extend(spec.inputs.iter().map(|input| {
            let open = if input.field.is_some() { " = ..." } else { "" };
            format!("{}: str | Column | float{open}", name(input.name))
        }));
        typed
    };
    let whatever = || {
        let typed = spec.inputs.iter().enumerate();
        typed
            .map(|(index, input)| {
                format!("{}: Any{}", name(input.name), if index == 0 { "" } else { " = ..." })
            })
            .collect()
    };
    // Frames come before series, as checkers find in a frame of pandas whatever they look for. PyArrow has no stubs, so its answers are
    // not known.
    let mut calls = vec![
        (with_params(columns("Values", "Values")), answer("Array")),
        (frame("pl.DataFrame"), answer("pl.Series")),
        (frame("dict[str, Any]"), answer("Any")),
        (frame("pd.DataFrame"), answer("pd.Series[Any]")),
        (with_params(columns("Labelled", "Column")), answer("Labelled")),
    ];
    let lazy = (with_params(columns("pl.Expr", "pl.Expr | str")), "pl.Expr".to_owned());
    if !declares(spec, "out") {
        for (typed, _) in &mut calls {
            typed.push("out: None = ...".to_owned());
        }
        let out = if several { "Buffers" } else { "Buffer" };
        let mut typed = with_params(whatever());
        typed.push(format!("out: {out}"));
        calls.push((typed, out.to_owned()));
    }
    calls.push(lazy);
    if !declares(spec, "missing") {
        for (typed, _) in &mut calls {
            typed.push("missing: Missing = ...".to_owned());
        }
    }
    calls.extend(without_data(spec).map(|typed| (typed, "Expr".to_owned())));
    for (index, (typed, answer)) in calls.into_iter().enumerate() {
        let _ = write!(text, "\n@overload\ndef {}({}) -> {answer}:", name(spec.id), typed.join(", "));
        if index == 0 {
            let _ = write!(text, "\n    \"\"\"{}\n    \"\"\"\n", quoted(&docstring(def)));
        } else {
            text.push_str(" ...");
        }
    }
    text.push('\n');
}

/// The arguments of calls that are expressions: with their inputs, and with parameters alone.
fn without_data(spec: &KernelSpec) -> impl Iterator<Item = Vec<String>> {
    // What must be given is not optional, and neither is what comes before it.
    let given = spec.inputs.iter().rposition(|input| input.field.is_none()).map_or(0, |at| at + 1);
    let mut inputs = Vec::new();
    for (at, input) in spec.inputs.iter().enumerate() {
        let open = if at < given { "" } else { " = ..." };
        inputs.push(format!("{}: Expr | float{open}", name(input.name)));
    }
    // Where constants may come first, they are for the parameters.
    let alone = (given == 0 && !spec.params.is_empty()).then(|| params(spec));
    if let (0, Some(first), Some(input)) = (given, inputs.first_mut(), spec.inputs.first()) {
        *first = format!("{}: Expr = ...", name(input.name));
    }
    inputs.extend(params(spec));
    [Some(inputs), alone].into_iter().flatten()
}

fn params(spec: &KernelSpec) -> Vec<String> {
    let typed = spec.params.iter().map(|param| {
        let kind = match param.domain {
            Domain::Int { .. } => "int".to_owned(),
            Domain::Real { .. } => "float".to_owned(),
            Domain::Flag { .. } => "bool".to_owned(),
            Domain::Choice { names, .. } => {
                let words: Vec<_> = names.iter().map(|word| format!("\"{word}\"")).collect();
                format!("Literal[{}]", words.join(", "))
            }
        };
        format!("{}: {kind} = {}", name(param.name), literal(&param.domain.default()))
    });
    typed.collect()
}

/// Whether a kernel uses the name of an option itself.
fn declares(spec: &KernelSpec, option: &str) -> bool {
    spec.inputs.iter().any(|input| input.name == option)
        || spec.params.iter().any(|param| param.name == option)
}

/// A docstring inside a function.
fn quoted(doc: &str) -> String {
    let lines = doc.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    let indent = |line: &str| if line.is_empty() { String::new() } else { format!("    {line}") };
    let mut indented = lines.lines().map(indent);
    let first = indented.next().unwrap_or_default().trim_start().to_owned();
    std::iter::once(first).chain(indented).collect::<Vec<_>>().join("\n")
}
