//! `ta eval`.

use std::io::{self, Write};
use std::ops::Range;
use std::process::ExitCode;

use ta_kernel_api::{Decimal, Registry, Scalar, ScalarKind};
use ta_runtime::dataset::{PartitionKey, time};
use ta_runtime::exec::{Envelope, Mode, Output, Settings, execute_each};
use ta_runtime::expr::ValueKind;
use ta_runtime::plan::Plan;

use crate::args::{Eval, RowFormat};
use crate::json::Object;
use crate::sources::Sources;
use crate::{Failure, Outcome, number, show, steps};

/// How many rows a table shows unless told otherwise.
const TABLE_ROWS: usize = 20;

pub(crate) fn run(registry: &Registry, args: &Eval) -> Outcome {
    let sources = Sources::find(&args.data)?;
    let reserved: &[&str] = if args.per_symbol { &["ts", "forming", "symbol"] } else { &["ts", "forming"] };
    let plan = args.plan.plan(registry, sources.base().source, reserved)?;
    match plan.scalar() {
        ScalarKind::F64 => eval::<f64>(&plan, &sources, args),
        ScalarKind::Decimal => eval::<Decimal>(&plan, &sources, args),
    }
}

/// The outputs over the rows of one symbol.
pub(crate) struct Answer<S> {
    pub(crate) symbol: String,
    pub(crate) ts: Vec<i64>,
    pub(crate) columns: Vec<Column<S>>,
}

/// A column of the result.
pub(crate) struct Column<S> {
    pub(crate) name: String,
    pub(crate) kind: ValueKind,
    pub(crate) values: Vec<S>,
}

impl<S: Scalar> Column<S> {
    fn text(&self, row: usize) -> Option<String> {
        number::text(self.values[row], self.kind)
    }
}

/// A symbol as it is printed, with its exchange where it has one.
pub(crate) fn symbol(key: &PartitionKey) -> String {
    key.exchange.iter().map(|exchange| format!("{exchange}.")).chain([key.symbol.to_string()]).collect()
}

fn eval<S: Scalar>(plan: &Plan, sources: &Sources, args: &Eval) -> Outcome {
    let bases = if args.per_symbol { sources.symbols() } else { vec![sources.base().clone()] };
    let data = sources.read::<S>(&sources.feeds(plan, &bases)?)?;
    let settings = Settings::of_process(args.mode, None)?;
    let answers: Vec<Result<Answer<S>, Failure>> = match settings.mode() {
        Mode::Incremental => bases.iter().map(|base| steps::run(plan, &data, base)).collect(),
        Mode::Batch | Mode::Shadow => {
            let envelopes = execute_each(plan, &data, &bases, &settings).into_iter().zip(&bases);
            envelopes.map(|(envelope, base)| Ok(answer(envelope?, base))).collect()
        }
    };
    let named = |(answer, base): (Result<_, Failure>, &PartitionKey)| match answer {
        Err(Failure(message)) if bases.len() > 1 => Err(Failure(format!("{}: {message}", symbol(base)))),
        answer => answer,
    };
    let answers: Vec<Answer<S>> = answers.into_iter().zip(&bases).map(named).collect::<Result<_, _>>()?;

    let tail = args.tail.unwrap_or(if args.format == RowFormat::Table { TABLE_ROWS } else { usize::MAX });
    let printed = Printed { answers: &answers, tail, per_symbol: args.per_symbol };
    show::print(|out| match args.format {
        RowFormat::Table => printed.table(out),
        RowFormat::Csv => printed.csv(out),
        RowFormat::Jsonl => printed.json_lines(out),
    })?;
    let longest = answers.iter().map(|answer| answer.ts.len()).max().unwrap_or(0);
    if args.format == RowFormat::Table && args.tail.is_none() && longest > tail {
        let each = if bases.len() > 1 { " of each symbol" } else { "" };
        show::note(&format!("the last {tail} of {longest} rows{each}; --tail N shows more"));
    }
    Ok(ExitCode::SUCCESS)
}

/// What is printed of an envelope. Where the modes differ, a warning says.
fn answer<S: Scalar>(envelope: Envelope<S>, base: &PartitionKey) -> Answer<S> {
    if let Some(parity) = envelope.meta.parity.filter(|parity| parity.differing > 0) {
        let some = parity.differences.join("\n  ");
        show::warning(&format!(
            "{}: {} of {} values differ between the modes\n  {some}",
            symbol(base),
            parity.differing,
            parity.compared
        ));
    }
    let column = |output: Output<S>| Column { name: output.name, kind: output.kind, values: output.values };
    let columns = envelope.outputs.into_iter().map(column).collect();
    Answer { symbol: symbol(base), ts: envelope.ts, columns }
}

/// What is printed of the answers.
struct Printed<'a, S> {
    answers: &'a [Answer<S>],
    tail: usize,
    /// Whether each row says which symbol it is of.
    per_symbol: bool,
}

impl<'a, S: Scalar> Printed<'a, S> {
    /// The names of the columns.
    fn header(&self) -> Vec<String> {
        let columns = self.answers.iter().take(1).flat_map(|answer| &answer.columns);
        let lead = ["symbol", "ts"].into_iter().skip(usize::from(!self.per_symbol));
        lead.map(str::to_owned).chain(columns.map(|column| column.name.clone())).collect()
    }

    /// The rows of all symbols.
    fn rows(&self) -> impl Iterator<Item = (&'a Answer<S>, usize)> {
        self.answers.iter().flat_map(|answer| {
            let rows: Range<usize> = answer.ts.len().saturating_sub(self.tail)..answer.ts.len();
            rows.map(move |row| (answer, row))
        })
    }

    /// The cells of a row; what is missing is empty.
    fn cells(&self, answer: &Answer<S>, row: usize) -> Vec<String> {
        let lead = self.per_symbol.then(|| answer.symbol.clone()).into_iter();
        let columns = answer.columns.iter().map(|column| column.text(row).unwrap_or_default());
        lead.chain([time::iso(answer.ts[row]).to_string()]).chain(columns).collect()
    }

    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = show::table(self.header());
        for column in table.column_iter_mut().skip(1 + usize::from(self.per_symbol)) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
        for (answer, row) in self.rows() {
            table.add_row(self.cells(answer, row));
        }
        writeln!(out, "{table}")
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.rows().map(|(answer, row)| self.cells(answer, row));
        show::csv(out, std::iter::once(self.header()).chain(rows))
    }

    fn json_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        for (answer, row) in self.rows() {
            let mut object = Object::default();
            if self.per_symbol {
                object = object.text("symbol", &answer.symbol);
            }
            let cells = answer.columns.iter().map(|column| (column.name.as_str(), column.text(row)));
            writeln!(out, "{}", object.time("ts", answer.ts[row]).columns(cells).end())?;
        }
        Ok(())
    }
}
