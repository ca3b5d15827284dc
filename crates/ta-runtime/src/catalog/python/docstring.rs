//! What `help` shows.

use std::fmt::Write as _;

use ta_kernel_api::KernelDef;
use ta_kernel_api::spec::{KernelSpec, MissingInputs, OutputKind, Warmup};

use super::{literal, name, result_name};

/// The documentation of a kernel as a docstring in NumPy's layout: what it means, what it takes, what it answers, what missing data do,
/// and an example.
pub fn docstring(def: &KernelDef) -> String {
    let spec = &def.spec;
    let mut text = String::new();
    let (body, sections) = split(spec.doc);
    let _ = writeln!(text, "{body}");
    heading(&mut text, "Parameters");
    for (index, input) in spec.inputs.iter().enumerate() {
        let or_frame = if index == 0 { " or frame" } else { "" };
        let _ = writeln!(text, "{} : series{or_frame}", name(input.name));
        let meaning = match input.field {
            Some("ts") => "Times: milliseconds since 1970, or dates and times of any library.".to_owned(),
            Some(field) => format!("One value per bar; a frame gives its column `{field}`."),
            None => "One value per bar, or a number; with a frame, the name of a column.".to_owned(),
        };
        let _ = writeln!(text, "    {meaning}");
    }
    for param in spec.params {
        let _ = writeln!(
            text,
            "{} : {}, default {}",
            name(param.name),
            param.domain,
            literal(&param.domain.default())
        );
        indented(&mut text, param.doc);
    }
    let _ = writeln!(text, "missing : `skip`, `hold`, `restart` or `error`, default \"skip\"");
    let _ = writeln!(text, "    What happens at a row where an input is missing.");
    let _ = writeln!(text, "out : array or tuple of arrays, optional");
    let _ = writeln!(text, "    Contiguous float64 arrays to write into, one per output; they are returned.");

    heading(&mut text, "Returns");
    if spec.outputs.len() > 1 {
        let _ = writeln!(text, "{}", result_name(spec));
        let _ = writeln!(text, "    A named tuple of series like the input:");
    }
    for output in spec.outputs {
        let doc = if output.doc.is_empty() { spec.summary() } else { output.doc };
        let kind = match output.kind {
            OutputKind::Number => "series",
            OutputKind::Bool => "series of booleans; in NumPy 1.0, 0.0 and NaN",
        };
        let _ = writeln!(text, "{} : {kind}", name(output.name));
        indented(&mut text, doc);
    }

    heading(&mut text, "Missing data");
    let _ = writeln!(text, "{}", missing(def));
    for (title, body) in sections {
        heading(&mut text, title);
        let _ = writeln!(text, "{}", body.trim());
    }
    heading(&mut text, "Examples");
    for example in examples(spec) {
        let _ = writeln!(text, ">>> {example}");
    }
    text.truncate(text.trim_end().len());
    text
}

fn heading(text: &mut String, title: &str) {
    let _ = write!(text, "\n{title}\n{}\n", "-".repeat(title.len()));
}

fn indented(text: &mut String, doc: &str) {
    for line in doc.lines() {
        let _ = writeln!(text, "    {line}");
    }
}

/// The text before the first heading, and each heading with its text.
fn split(doc: &str) -> (&str, Vec<(&str, &str)>) {
    let mut parts = doc.split("\n# ");
    let body = parts.next().unwrap_or_default().trim();
    (body, parts.filter_map(|part| part.split_once('\n')).collect())
}

fn missing(def: &KernelDef) -> String {
    let spec = &def.spec;
    let lookback = def.timing::<f64>(&def.defaults()).map(|timing| timing.lookback).unwrap_or_default();
    let first = match (spec.warmup, &lookback[..]) {
        (Warmup::Data, _) => "When the first value comes depends on the data.".to_owned(),
        (_, []) => String::new(),
        (_, [rows, rest @ ..]) if rest.iter().all(|other| other == rows) => match rows {
            0 => "Every row has a value.".to_owned(),
            1 => "At the defaults the first row has no value.".to_owned(),
            rows => format!("At the defaults the first {rows} rows have no value."),
        },
        (_, several) => {
            let each =
                several.iter().zip(spec.outputs).map(|(rows, output)| format!("{rows} in `{}`", output.name));
            format!("Rows without a value at the defaults: {}.", each.collect::<Vec<_>>().join(", "))
        }
    };
    let gaps = match spec.missing {
        MissingInputs::Policy => {
            "A row with a missing input (NaN, null, None) has no value and changes nothing that follows; `missing` says otherwise."
        }
        MissingInputs::Pass => {
            "Missing inputs (NaN, null, None) are what this kernel is about; it is handed them."
        }
    };
    format!("{first} {gaps}").trim().to_owned()
}

/// Calls with a frame of bars, and with columns of it.
fn examples(spec: &KernelSpec) -> Vec<String> {
    let home = match spec.id.split_once("::") {
        Some((vendor, _)) => format!("ta.{}.", name(vendor)),
        None => "ta.".to_owned(),
    };
    let spare = ["close", "open", "high", "low"];
    let columns = spec.inputs.iter().enumerate().map(|(index, input)| {
        let field = input.field.unwrap_or(spare[index % spare.len()]);
        format!("bars[\"{field}\"]")
    });
    let first = spec.params.first();
    let param = first.map(|param| format!("{}={}", name(param.name), literal(&param.domain.default())));
    let with = columns.chain(param).collect::<Vec<_>>().join(", ");
    let mut examples = vec![format!("{home}{}({with})", name(spec.id))];
    if spec.inputs.iter().all(|input| input.field.is_some()) {
        examples.push(format!("{home}{}(bars)", name(spec.id)));
    }
    if let [_, output, ..] = spec.outputs {
        let call = examples.pop().unwrap_or_default();
        examples.extend([call.clone(), format!("{call}.{}", name(output.name))]);
    }
    examples
}
