//! A kernel's page.

use std::fmt::Write as _;

use ta_kernel_api::KernelDef;
use ta_kernel_api::spec::{KernelSpec, MissingInputs, OutputKind, Parity, Place, Warmup};

use super::signature;

/// All that is declared about a kernel, as a page of Markdown: what it means, what it takes, what it answers, and how it behaves.
pub fn page(def: &KernelDef) -> String {
    let spec = &def.spec;
    let mut text = format!("# {}\n\n```text\n{}\n```\n\n{}\n", spec.id, signature(spec), body(spec.doc));
    if !spec.aliases.is_empty() {
        let aliases: Vec<_> = spec.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let _ = write!(text, "\nAlso called {}.\n", aliases.join(", "));
    }
    text.push_str("\n## Inputs\n\n| input | when left out |\n|---|---|\n");
    for input in spec.inputs {
        let field = input.field.map_or("must be given".to_owned(), |field| format!("`{field}`"));
        let _ = writeln!(text, "| `{}` | {field} |", input.name);
    }
    if !spec.params.is_empty() {
        text.push_str("\n## Parameters\n\n| parameter | meaning | default | accepted |\n|---|---|---|---|\n");
        for param in spec.params {
            let (doc, default) = (one_line(param.doc), param.domain.default());
            let _ = writeln!(text, "| `{}` | {doc} | {default} | {} |", param.name, param.domain);
        }
    }
    text.push_str("\n## Outputs\n\n| output | type | meaning |\n|---|---|---|\n");
    for output in spec.outputs {
        let kind = if output.kind == OutputKind::Bool { "boolean" } else { "number" };
        let doc = if output.doc.is_empty() { spec.summary() } else { output.doc };
        let _ = writeln!(text, "| `{}` | {kind} | {} |", output.name, one_line(doc));
    }
    text.push_str("\n## Properties\n\n| | |\n|---|---|\n");
    for (name, value) in properties(def) {
        let _ = writeln!(text, "| {name} | {value} |");
    }
    text
}

/// The documentation with its headings one level down, below the page's own.
fn body(doc: &str) -> String {
    let lines =
        doc.lines().map(|line| if line.starts_with('#') { format!("#{line}") } else { line.to_owned() });
    lines.collect::<Vec<_>>().join("\n")
}

fn one_line(doc: &str) -> String {
    doc.lines().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn properties(def: &KernelDef) -> Vec<(&'static str, String)> {
    let KernelSpec { family, since, scalars, parity, missing, warmup, plot, .. } = def.spec;
    let scalars: Vec<_> = scalars.iter().map(|scalar| format!("`{scalar}`")).collect();
    let defaults = def.bind::<f64>(&def.defaults());
    let mut properties =
        vec![("family", family.to_owned()), ("since", since.to_owned()), ("scalars", scalars.join(", "))];
    if let Ok(node) = defaults {
        let lookback: Vec<_> = node.lookback().iter().map(usize::to_string).collect();
        properties.push(("lookback at the defaults", lookback.join(", ")));
        let stabilisation = match node.stabilisation() {
            usize::MAX => "never: every bar since the start counts".to_owned(),
            bars => bars.to_string(),
        };
        properties.push(("stabilisation at the defaults", stabilisation));
        let batch = if node.batch_is_derived() { "derived from the step form" } else { "own" };
        properties.push(("batch form", batch.to_owned()));
    }
    properties.push(match parity {
        Parity::Exact => ("batch against steps", "equal bit for bit".to_owned()),
        Parity::Ulps { ulps, reason } => {
            ("batch against steps", format!("within {ulps} units in the last place: {reason}"))
        }
        Parity::Relative { tolerance, reason } => {
            ("batch against steps", format!("within {tolerance} relative: {reason}"))
        }
    });
    if missing == MissingInputs::Pass {
        properties.push(("missing inputs", "handed to the kernel".to_owned()));
    }
    if warmup == Warmup::Data {
        properties.push(("first value", "depends on the data; not before the lookback".to_owned()));
    }
    properties.push((
        "drawn",
        if plot.place == Place::Overlay { "over the price" } else { "in a pane" }.to_owned(),
    ));
    if !plot.levels.is_empty() {
        let levels: Vec<_> = plot.levels.iter().map(f64::to_string).collect();
        properties.push(("levels", levels.join(", ")));
    }
    properties
}
