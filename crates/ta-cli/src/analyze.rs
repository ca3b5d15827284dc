//! `ta analyze`.

use std::io::{self, Write};
use std::process::ExitCode;

use ta_kernel_api::Registry;
use ta_runtime::dataset::OHLCV;
use ta_runtime::editor::{Facts, analyze};

use crate::args::{Analyze, TextFormat};
use crate::plan::named;
use crate::{Outcome, show};

pub(crate) fn run(registry: &Registry, args: &Analyze) -> Outcome {
    let analysis = analyze(registry, &named(&args.texts.expressions), &args.texts.choices.options(&OHLCV));
    match (args.format, &analysis.facts) {
        (TextFormat::Json, _) => {
            let analysis = serde_json::to_string_pretty(&analysis)?;
            show::print(|out| writeln!(out, "{analysis}"))?;
        }
        (TextFormat::Text, Some(facts)) => show::print(|out| text(out, facts))?,
        (TextFormat::Text, None) => args.texts.complain(registry),
    }
    Ok(if analysis.valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(out: &mut dyn Write, facts: &Facts) -> io::Result<()> {
    writeln!(out, "{}\n\n{} nodes, {} shared", facts.text, facts.nodes, facts.shared)?;
    writeln!(out, "fingerprint {}\n", facts.fingerprint)?;
    let mut columns = show::table(["column", "type", "first row", "stable from row"]);
    for column in &facts.outputs {
        columns.add_row([
            column.name.clone(),
            column.kind.to_owned(),
            column.lookback.to_string(),
            rows(column.stabilisation),
        ]);
    }
    let mut needs = show::table(["rows", "field", "rows before", "rows before, stable", "ms before"]);
    for need in &facts.requirements {
        needs.add_row([
            need.source.clone(),
            need.field.clone(),
            need.lookback.to_string(),
            rows(need.stabilisation),
            need.span.to_string(),
        ]);
    }
    writeln!(out, "{columns}\n\n{needs}")?;
    if !facts.kernels.is_empty() {
        let mut kernels = show::table(["kernel", "rows before", "rows before, stable"]);
        for call in &facts.kernels {
            let lookback = call.lookback.iter().max().copied().unwrap_or_default();
            kernels.add_row([call.text.clone(), lookback.to_string(), rows(call.stabilisation)]);
        }
        writeln!(out, "\n{kernels}")?;
    }
    Ok(())
}

/// A count of rows; a kernel that never forgets its start has none.
fn rows(count: Option<usize>) -> String {
    count.map_or_else(|| "never".to_owned(), |count| count.to_string())
}
