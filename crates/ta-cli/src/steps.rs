//! Rows of files one after the other, as a live feed would bring them.

use ta_kernel_api::Scalar;
use ta_runtime::dataset::{Dataset, Location, Partition, PartitionKey};
use ta_runtime::exec::{Binding, Layout, Session};
use ta_runtime::plan::Plan;

use crate::eval::{Answer, Column};
use crate::{Failure, show};

/// The rows of a partition that feeds a plan, and how many of them have been taken in.
struct Feed<'a, S> {
    layout: Layout,
    ts: &'a [i64],
    fields: Vec<&'a [S]>,
    next: usize,
}

impl<S: Scalar> Feed<'_, S> {
    /// From when on the next row is known.
    fn known(&self) -> Option<i64> {
        Some(self.layout.key().known(*self.ts.get(self.next)?))
    }
}

/// Takes in all rows in the order in which they are known; of those known at once, in the order of the feeds.
pub(crate) fn run<S: Scalar>(
    plan: &Plan,
    data: &Dataset<S>,
    base: &PartitionKey,
) -> Result<Answer<S>, Failure> {
    let mut session = Session::<S>::fresh(plan, Binding::of(plan, data, base)?)?;
    let mut feeds = Vec::new();
    for layout in session.binding().feeds() {
        let rows = data.partition(layout.key())?;
        let fields = layout.names().iter().map(|name| column(rows, name)).collect::<Result<_, _>>()?;
        feeds.push(Feed { layout: layout.clone(), ts: rows.ts(), fields, next: 0 });
    }
    let rows: usize = feeds.iter().map(|feed| feed.ts.len()).sum();
    let mut answer = Answer::new(plan, base);
    let progress = show::progress(rows as u64, "stepping");
    while let Some((_, at)) =
        feeds.iter().enumerate().filter_map(|(at, feed)| Some((feed.known()?, at))).min()
    {
        let own = feeds[at].layout.key() == base;
        let feed = &mut feeds[at];
        let (row, ts) = (feed.next, feed.ts[feed.next]);
        let values: Vec<S> = feed.fields.iter().map(|field| field[row]).collect();
        let bar = feed.layout.bar(ts, &values)?;
        if own {
            let outputs = session.step(&bar).map_err(|error| in_row(row, &error))?;
            answer.ts.push(ts);
            for (column, (_, _, value)) in answer.columns.iter_mut().zip(outputs.iter()) {
                column.values.push(value);
            }
        } else {
            session.observe(&bar).map_err(|error| in_row(row, &error))?;
        }
        feed.next += 1;
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(answer)
}

fn column<'a, S: Scalar>(rows: &'a Partition<S>, name: &str) -> Result<&'a [S], Failure> {
    rows.column(name).ok_or_else(|| {
        let names: Vec<_> = rows.names().iter().map(|name| format!("`{name}`")).collect();
        Failure(format!("the data have no column `{name}` (there are {})", names.join(", ")))
    })
}

/// The error of a row with its number, which a session does not know.
fn in_row(row: usize, error: &ta_runtime::Error) -> Failure {
    let place = Location { row: Some(row), ..error.location().cloned().unwrap_or_default() };
    let help = error.help().map(|help| format!(" ({help})")).unwrap_or_default();
    Failure(format!("{place}: {}{help}", error.message()))
}

impl<S: Scalar> Answer<S> {
    /// The outputs of a plan before the first row.
    fn new(plan: &Plan, base: &PartitionKey) -> Self {
        let column = |output: &ta_runtime::plan::PlanOutput| Column {
            name: output.name().to_owned(),
            kind: output.kind(),
            values: Vec::new(),
        };
        Self {
            symbol: crate::eval::symbol(base),
            ts: Vec::new(),
            columns: plan.outputs().iter().map(column).collect(),
        }
    }
}
