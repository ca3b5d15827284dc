//! `ta revise`.

use std::io::{self, Write};
use std::process::ExitCode;

use ta_kernel_api::{Decimal, Registry, Scalar, ScalarKind};
use ta_runtime::dataset::time;
use ta_runtime::exec::{ChangedRow, Checkpoints, Live};
use ta_runtime::plan::Plan;

use crate::args::{Revise, RowFormat};
use crate::json::Object;
use crate::sources::{self, Sources};
use crate::{Failure, Outcome, data, number, show};

pub(crate) fn run(registry: &Registry, args: &Revise) -> Outcome {
    let sources = Sources::find(&args.data)?;
    let plan = args.plan.plan(registry, sources.base().source, &[])?;
    match plan.scalar() {
        ScalarKind::F64 => revise::<f64>(&plan, &sources, args),
        ScalarKind::Decimal => revise::<Decimal>(&plan, &sources, args),
    }
}

fn revise<S: Scalar>(plan: &Plan, sources: &Sources, args: &Revise) -> Outcome {
    let base = sources.base();
    let (key, file) = sources::split(&args.with)?;
    let key = key.map_or_else(|| Ok(base.clone()), |key| sources::meant(&key, &sources.keys()))?;
    let history = sources.read::<S>(&sources.feeds(plan, std::slice::from_ref(base))?)?;
    let rows = data::read::<S>(&file, key.source, &args.data.keys.times)?;
    let span = args.from.or(rows.ts().first().copied()).zip(args.until.or(rows.last_ts().map(|ts| ts + 1)));
    let Some((from, until)) = span else {
        return Err(Failure(format!(
            "{}: there are no rows (say which are gone: --from, --until)",
            file.display()
        )));
    };
    if until <= from {
        let [from, until] = [from, until].map(time::iso);
        return Err(Failure(format!("the span from {from} ends at {until}, before it begins")));
    }
    let mut live = Live::initialize(plan, &history, base, Checkpoints::default())?.0;
    let in_file = |error: ta_runtime::Error| Failure(format!("{}: {error}", file.display()));
    let revision = live.revise(&key, from..until, &rows).map_err(in_file)?;

    let changes: Vec<_> =
        revision.changed.iter().flat_map(|row| changes(plan, &revision.outputs, row)).collect();
    show::print(|out| match args.format {
        RowFormat::Table => table(out, &changes),
        RowFormat::Csv => show::csv(
            out,
            std::iter::once(HEADER.map(str::to_owned).to_vec()).chain(changes.iter().map(Change::cells)),
        ),
        RowFormat::Jsonl => changes.iter().try_for_each(|change| writeln!(out, "{}", change.json())),
    })?;
    show::note(&format!(
        "{} rows of the outputs changed; {} of {} rows were replayed",
        revision.changed.len(),
        revision.replayed,
        revision.replayed + revision.kept,
    ));
    Ok(ExitCode::SUCCESS)
}

const HEADER: [&str; 4] = ["ts", "output", "before", "after"];

/// An output of a row that is another one now.
struct Change<'a> {
    ts: i64,
    output: &'a str,
    before: Option<String>,
    after: Option<String>,
}

/// The outputs of a row that changed; all of them where the row itself came or went.
fn changes<'a, S: Scalar>(plan: &'a Plan, outputs: &[usize], row: &ChangedRow<S>) -> Vec<Change<'a>> {
    let same = |at: usize| match (&row.before, &row.after) {
        (Some(before), Some(after)) => before[at].same(after[at]),
        _ => false,
    };
    let differing = outputs.iter().enumerate().filter(|(at, _)| !same(*at));
    differing
        .map(|(at, &output)| {
            let output = &plan.outputs()[output];
            let text = |values: &Option<Vec<S>>| number::text(values.as_ref()?[at], output.kind());
            Change { ts: row.ts, output: output.name(), before: text(&row.before), after: text(&row.after) }
        })
        .collect()
}

impl Change<'_> {
    fn cells(&self) -> Vec<String> {
        let [before, after] = [&self.before, &self.after].map(|value| value.clone().unwrap_or_default());
        vec![time::iso(self.ts).to_string(), self.output.to_owned(), before, after]
    }

    fn json(&self) -> String {
        let values = [("before", self.before.clone()), ("after", self.after.clone())];
        Object::default().time("ts", self.ts).text("output", self.output).columns(values.into_iter()).end()
    }
}

fn table(out: &mut dyn Write, changes: &[Change<'_>]) -> io::Result<()> {
    let mut table = show::table(HEADER);
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(comfy_table::CellAlignment::Right);
    }
    table.add_rows(changes.iter().map(Change::cells));
    writeln!(out, "{table}")
}
