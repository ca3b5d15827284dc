//! `ta check`.

use std::io::Write;
use std::process::ExitCode;

use serde_json::json;
use ta_kernel_api::Registry;
use ta_runtime::dataset::OHLCV;
use ta_runtime::plan::{Plan, Requirement};

use crate::args::{Check, TextArgs, TextFormat};
use crate::plan::{named, with_excerpt};
use crate::{Outcome, show};

impl TextArgs {
    /// The plan of the expressions over bars, or all that is wrong with them.
    fn diagnose(&self, registry: &Registry) -> Result<Plan, Vec<ta_runtime::Error>> {
        Plan::diagnose(registry, &named(&self.expressions), &self.choices.options(&OHLCV))
    }

    /// Says what is wrong with the expressions over bars.
    pub(crate) fn complain(&self, registry: &Registry) {
        for error in self.diagnose(registry).err().into_iter().flatten() {
            show::error(&with_excerpt(&error));
        }
    }
}

pub(crate) fn run(registry: &Registry, args: &Check) -> Outcome {
    let diagnosed = args.texts.diagnose(registry);
    match (&diagnosed, args.format) {
        (Ok(plan), TextFormat::Text) => show::print(|out| text(out, plan))?,
        (Err(_), TextFormat::Text) => args.texts.complain(registry),
        (diagnosed, TextFormat::Json) => {
            let answer = match diagnosed {
                Ok(plan) => valid_json(plan),
                Err(errors) => {
                    let errors: Vec<_> = errors.iter().map(error_json).collect();
                    json!({ "valid": false, "errors": errors })
                }
            };
            show::print(|out| writeln!(out, "{answer:#}"))?;
        }
    }
    Ok(if diagnosed.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(out: &mut dyn Write, plan: &Plan) -> std::io::Result<()> {
    writeln!(out, "valid: {} nodes for {} columns", plan.nodes().len(), plan.outputs().len())?;
    let mut columns = show::table(["column", "type", "first row", "stable from row"]);
    for output in plan.outputs() {
        columns.add_row([
            output.name().to_owned(),
            output.kind().name().to_owned(),
            output.lookback().to_string(),
            bars(output.stabilisation()),
        ]);
    }
    let mut fields = show::table(["field", "bars before", "bars before, stable"]);
    for field in plan.requirements() {
        fields.add_row([path(field), field.lookback().to_string(), bars(field.stabilisation())]);
    }
    writeln!(out, "\n{columns}\n\n{fields}")
}

/// A field as expressions write it, with the rows it is of where they are not the plan's own.
fn path(field: &Requirement) -> String {
    let source = field.source();
    if source.is_base() { field.field().to_owned() } else { format!("{source}.{}", field.field()) }
}

/// A count of bars; a kernel that never forgets its start has none.
fn bars(count: usize) -> String {
    if count == usize::MAX { "never".to_owned() } else { count.to_string() }
}

fn valid_json(plan: &Plan) -> serde_json::Value {
    let stable = |count: usize| (count != usize::MAX).then_some(count);
    let outputs: Vec<_> = plan
        .outputs()
        .iter()
        .map(|output| {
            json!({
                "name": output.name(),
                "type": output.kind().name(),
                "lookback": output.lookback(),
                "stabilisation": stable(output.stabilisation()),
            })
        })
        .collect();
    let requirements: Vec<_> = plan
        .requirements()
        .iter()
        .map(|field| {
            json!({
                "field": path(field),
                "lookback": field.lookback(),
                "stabilisation": stable(field.stabilisation()),
            })
        })
        .collect();
    json!({
        "valid": true,
        "nodes": plan.nodes().len(),
        "fingerprint": plan.fingerprint_hex(),
        "outputs": outputs,
        "requirements": requirements,
    })
}

fn error_json(error: &ta_runtime::Error) -> serde_json::Value {
    let span = error.span().map(|span| json!({ "start": span.start, "end": span.end }));
    json!({
        "message": error.message(),
        "help": error.help(),
        "name": error.expression_name(),
        "span": span,
    })
}
