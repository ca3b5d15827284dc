//! `ta eval`.

use std::io::{self, Write};
use std::ops::Range;
use std::process::ExitCode;

use ta_kernel_api::{Decimal, Registry, Scalar, ScalarKind};
use ta_runtime::dataset::{Partition, time};
use ta_runtime::exec::{Mode, Session, evaluate};
use ta_runtime::expr::ValueKind;
use ta_runtime::plan::Plan;

use crate::args::{Eval, RowFormat};
use crate::{Failure, Outcome, data, number, show};

/// How many rows a table shows unless told otherwise.
const TABLE_ROWS: usize = 20;

pub(crate) fn run(registry: &Registry, args: &Eval) -> Outcome {
    let plan = args.plan.plan(registry)?;
    match plan.scalar() {
        ScalarKind::F64 => eval::<f64>(&plan, args),
        ScalarKind::Decimal => eval::<Decimal>(&plan, args),
    }
}

/// A column of the result.
struct Column<S> {
    name: String,
    kind: ValueKind,
    values: Vec<S>,
}

impl<S: Scalar> Column<S> {
    fn text(&self, row: usize) -> Option<String> {
        number::text(self.values[row], self.kind)
    }
}

fn eval<S: Scalar>(plan: &Plan, args: &Eval) -> Outcome {
    let bars = data::read::<S>(&args.data, args.epoch)?;
    let columns = match args.mode {
        Mode::Batch => batch(plan, &bars)?,
        Mode::Incremental => steps(plan, &bars)?,
    };
    let tail = args.tail.unwrap_or(if args.format == RowFormat::Table { TABLE_ROWS } else { usize::MAX });
    let rows = bars.len().saturating_sub(tail)..bars.len();
    show::print(|out| match args.format {
        RowFormat::Table => table(out, bars.ts(), &columns, rows.clone()),
        RowFormat::Csv => csv(out, bars.ts(), &columns, rows.clone()),
        RowFormat::Jsonl => json_lines(out, bars.ts(), &columns, rows.clone()),
    })?;
    if args.format == RowFormat::Table && args.tail.is_none() && rows.start > 0 {
        show::note(&format!("the last {} of {} rows; --tail N shows more", rows.len(), bars.len()));
    }
    Ok(ExitCode::SUCCESS)
}

fn batch<S: Scalar>(plan: &Plan, bars: &Partition<S>) -> Result<Vec<Column<S>>, Failure> {
    let outputs = evaluate(plan, bars)?.outputs;
    Ok(outputs
        .into_iter()
        .map(|output| Column { name: output.name, kind: output.kind, values: output.values })
        .collect())
}

/// One bar after the other, as a live feed would bring them.
fn steps<S: Scalar>(plan: &Plan, bars: &Partition<S>) -> Result<Vec<Column<S>>, Failure> {
    let mut session = Session::<S>::initialize(plan, None)?.0;
    let layout = session.layout().clone();
    let fields: Vec<&[S]> = layout.names().iter().map(|name| column(bars, name)).collect::<Result<_, _>>()?;
    let mut columns: Vec<Column<S>> = plan
        .outputs()
        .iter()
        .map(|output| Column {
            name: output.name().to_owned(),
            kind: output.kind(),
            values: Vec::with_capacity(bars.len()),
        })
        .collect();
    let progress = show::progress(bars.len() as u64, "stepping", false);
    for (row, &ts) in bars.ts().iter().enumerate() {
        let values: Vec<S> = fields.iter().map(|field| field[row]).collect();
        let bar = layout.bar(ts, &values)?;
        let answer = session.step(&bar)?;
        for (at, column) in columns.iter_mut().enumerate() {
            column.values.push(answer.get(at).unwrap_or(S::MISSING));
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(columns)
}

fn column<'a, S: Scalar>(bars: &'a Partition<S>, name: &str) -> Result<&'a [S], Failure> {
    bars.column(name).ok_or_else(|| {
        let names: Vec<_> = bars.names().iter().map(|name| format!("`{name}`")).collect();
        Failure(format!("the data have no column `{name}` (there are {})", names.join(", ")))
    })
}

fn table<S: Scalar>(
    out: &mut dyn Write,
    ts: &[i64],
    columns: &[Column<S>],
    rows: Range<usize>,
) -> io::Result<()> {
    let mut table =
        show::table(std::iter::once("ts").chain(columns.iter().map(|column| column.name.as_str())));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(comfy_table::CellAlignment::Right);
    }
    for row in rows {
        let cells = columns.iter().map(|column| column.text(row).unwrap_or_default());
        table.add_row(std::iter::once(time::iso(ts[row]).to_string()).chain(cells));
    }
    writeln!(out, "{table}")
}

fn csv<S: Scalar>(
    out: &mut dyn Write,
    ts: &[i64],
    columns: &[Column<S>],
    rows: Range<usize>,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let mut write = |row: Vec<String>| {
        writer.write_record(row).map_err(|error| match error.into_kind() {
            // As it is, so that a reader that has gone away is known as such.
            csv::ErrorKind::Io(error) => error,
            other => io::Error::other(format!("{other:?}")),
        })
    };
    write(
        std::iter::once("ts")
            .chain(columns.iter().map(|column| column.name.as_str()))
            .map(str::to_owned)
            .collect(),
    )?;
    for row in rows {
        let cells = columns.iter().map(|column| column.text(row).unwrap_or_default());
        write(std::iter::once(time::iso(ts[row]).to_string()).chain(cells).collect())?;
    }
    writer.flush()
}

fn json_lines<S: Scalar>(
    out: &mut dyn Write,
    ts: &[i64],
    columns: &[Column<S>],
    rows: Range<usize>,
) -> io::Result<()> {
    for row in rows {
        let cells = columns.iter().map(|column| (column.name.as_str(), column.text(row)));
        writeln!(out, "{}", number::json_row(ts[row], false, cells))?;
    }
    Ok(())
}
