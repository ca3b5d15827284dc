//! `ta preview`.

use std::io::{self, Write};
use std::process::ExitCode;

use ta_kernel_api::{Decimal, Registry, Scalar, ScalarKind};
use ta_runtime::dataset::time;
use ta_runtime::editor::{self, Cell, preview_in};
use ta_runtime::expr::ValueKind;
use ta_runtime::plan::Plan;

use crate::args::{Preview, TableFormat};
use crate::sources::Sources;
use crate::{Failure, Outcome, number, show};

/// How many rows a table shows unless told otherwise.
const TABLE_ROWS: usize = 20;

pub(crate) fn run(registry: &Registry, args: &Preview) -> Outcome {
    let sources = Sources::find(&args.data)?;
    let plan = args.plan.plan(registry, sources.base().source, &[])?;
    let preview = match plan.scalar() {
        ScalarKind::F64 => compute::<f64>(&plan, &sources, args),
        ScalarKind::Decimal => compute::<Decimal>(&plan, &sources, args),
    }?;
    match args.format {
        TableFormat::Table => show::print(|out| table(out, &preview))?,
        TableFormat::Json => {
            let preview = serde_json::to_string(&preview)?;
            show::print(|out| writeln!(out, "{preview}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn compute<S: Scalar>(plan: &Plan, sources: &Sources, args: &Preview) -> Result<editor::Preview, Failure> {
    let base = sources.base();
    let data = sources.read::<S>(&sources.feeds(plan, std::slice::from_ref(base))?)?;
    let tail = args.tail.or((args.format == TableFormat::Table).then_some(TABLE_ROWS));
    Ok(preview_in(plan, &data, base, tail)?)
}

fn table(out: &mut dyn Write, preview: &editor::Preview) -> io::Result<()> {
    let outputs = preview.outputs.iter().map(|series| (&series.name, &series.values));
    let indicators = preview.indicators.iter().map(|indicator| (&indicator.label, &indicator.values));
    let columns: Vec<_> = outputs.chain(indicators).collect();
    let mut table = show::table(std::iter::once("ts").chain(columns.iter().map(|(name, _)| name.as_str())));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(comfy_table::CellAlignment::Right);
    }
    for (row, &ts) in preview.ts.iter().enumerate() {
        let cells = columns.iter().map(|(_, values)| text(&values[row]));
        table.add_row(std::iter::once(time::iso(ts).to_string()).chain(cells));
    }
    writeln!(out, "{table}")
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Missing => String::new(),
        Cell::Truth(truth) => truth.to_string(),
        Cell::Number(value) => number::text(*value, ValueKind::Number).unwrap_or_default(),
        Cell::Exact(digits) => digits.clone(),
    }
}
