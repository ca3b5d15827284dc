//! What a correction of history changed.

use std::ops::Range;
use std::time::Duration;

use ta_kernel_api::Scalar;

use super::tapes::{Tape, Tapes};
use super::watch::Watch;
use super::{Bar, Envelope, Program};
use crate::dataset::{Location, Partition, PartitionKey, time};
use crate::error::{Error, Kind};
use crate::plan::PlanOutput;

/// What a correction did.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision<S> {
    /// The outputs that depend on the partition that was corrected, by their places in the plan. All others are as they were.
    pub outputs: Vec<usize>,
    /// The rows in which one of these is another one now, in the order of time.
    pub changed: Vec<ChangedRow<S>>,
    /// How many rows of all partitions were taken in again.
    pub replayed: usize,
    /// How many rows of all partitions there were before the state that was gone back to.
    pub kept: usize,
    /// How many nodes of the plan were computed again.
    pub touched: usize,
    /// How long it took, where there is a clock.
    pub elapsed: Option<Duration>,
}

/// A row whose answer is another one now.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedRow<S> {
    /// The time of the row.
    pub ts: i64,
    /// The values of [`Revision::outputs`] as they were; `None` for a row that was not there.
    pub before: Option<Vec<S>>,
    /// The values as they are; `None` for a row that is gone.
    pub after: Option<Vec<S>>,
}

impl<S> Revision<S> {
    /// Of a correction without rows.
    pub(crate) fn nothing(outputs: Vec<usize>, watch: Watch) -> Self {
        let elapsed = watch.elapsed();
        Self { outputs, changed: Vec::new(), replayed: 0, kept: 0, touched: 0, elapsed }
    }
}

/// Other rows in the place of some of a feed.
#[derive(Debug, Clone)]
pub(crate) struct Change<'a, S> {
    pub(crate) feed: usize,
    /// The rows that go.
    pub(crate) rows: Range<usize>,
    /// The rows that come.
    pub(crate) ts: &'a [i64],
    pub(crate) fields: Vec<&'a [S]>,
    /// The time of the first and of the last of both.
    pub(crate) span: Option<(i64, i64)>,
}

impl<'a, S: Scalar> Change<'a, S> {
    /// The rows of a partition in the place of those of a span of time.
    pub(crate) fn new(
        program: &Program<S>,
        tapes: &Tapes<S>,
        key: &PartitionKey,
        times: Range<i64>,
        rows: &'a Partition<S>,
    ) -> Result<Self, Error> {
        let feed = program.binding.feed(key)?;
        let fields = program.columns(feed, rows)?;
        if let Some((row, ts)) = rows.ts().iter().enumerate().find(|(_, ts)| !times.contains(ts)) {
            let message = format!("row is outside of {} to {}", time::iso(times.start), time::iso(times.end));
            return Err(Error::new(Kind::Data, message).in_data(Location::row(row, *ts)));
        }
        Ok(Self::between(tapes, feed, times, rows.ts(), fields))
    }

    /// One row in its place.
    pub(crate) fn bar(tapes: &Tapes<S>, bar: &'a Bar<S>) -> Self {
        let fields = bar.values().iter().map(std::slice::from_ref).collect();
        let times = bar.ts()..bar.ts().saturating_add(1);
        Self::between(tapes, bar.layout().feed(), times, bar.times(), fields)
    }

    fn between(
        tapes: &Tapes<S>,
        feed: usize,
        times: Range<i64>,
        ts: &'a [i64],
        fields: Vec<&'a [S]>,
    ) -> Self {
        let held = &tapes.feed(feed).ts;
        let at = |ts: i64| held.partition_point(|&held| held < ts);
        let rows = at(times.start)..at(times.end).max(at(times.start));
        let gone = &held[rows.clone()];
        let first = gone.first().into_iter().chain(ts.first()).min();
        let last = gone.last().into_iter().chain(ts.last()).max();
        Self { feed, rows, ts, fields, span: first.copied().zip(last.copied()) }
    }

    /// Makes it, and gives what makes it undone.
    pub(crate) fn make(&self, tapes: &mut Tapes<S>) -> Tape<S> {
        tapes.splice(self.feed, self.rows.clone(), self.ts, &self.fields)
    }

    /// Makes it undone.
    pub(crate) fn undo(&self, tapes: &mut Tapes<S>, gone: &Tape<S>) {
        let there = self.rows.start..self.rows.start + self.ts.len();
        tapes.splice(self.feed, there, &gone.ts, &gone.columns());
    }

    /// The outputs that may be others for it.
    pub(crate) fn outputs(&self, program: &Program<S>) -> Vec<usize> {
        let from_feed = program.downstream(self.feed);
        let slots = program.plan.outputs().iter().map(PlanOutput::slot).enumerate();
        slots.filter(|(_, slot)| from_feed[program.plan.node_of(*slot)]).map(|(at, _)| at).collect()
    }
}

/// The rows of two runs in which the outputs differ.
pub(crate) fn differences<S: Scalar>(
    outputs: &[usize],
    old: &Envelope<S>,
    new: &Envelope<S>,
) -> Vec<ChangedRow<S>> {
    let values = |envelope: &Envelope<S>, row: usize| -> Vec<S> {
        outputs.iter().map(|&output| envelope.outputs[output].values[row]).collect()
    };
    let mut changed = Vec::new();
    let (mut at, mut now) = (0, 0);
    loop {
        let (is_old, is_new, ts) = match (old.ts.get(at), new.ts.get(now)) {
            (Some(&old), Some(&new)) => (old <= new, new <= old, old.min(new)),
            (Some(&old), None) => (true, false, old),
            (None, Some(&new)) => (false, true, new),
            (None, None) => return changed,
        };
        let same = |&output: &usize| old.outputs[output].values[at].same(new.outputs[output].values[now]);
        if !(is_old && is_new && outputs.iter().all(same)) {
            let before = is_old.then(|| values(old, at));
            let after = is_new.then(|| values(new, now));
            changed.push(ChangedRow { ts, before, after });
        }
        at += usize::from(is_old);
        now += usize::from(is_new);
    }
}
