//! A session with the rows it has taken in, so that history can be corrected.

use std::ops::Range;

use ta_kernel_api::Scalar;

use super::incremental::State;
use super::inputs::Inputs;
use super::revision::{Revision, differences};
use super::tapes::Tapes;
use super::{Bar, Binding, Envelope, Mode, Row, Session, batch};
use crate::dataset::{Dataset, Location, Partition, PartitionKey, list, time};
use crate::error::{Error, Kind};
use crate::plan::Plan;

/// How often a state is kept to go back to, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoints {
    /// Rows between two of them, at least one. A correction replays at most so many rows before the first that changes.
    pub every: usize,
    /// The most that are kept. Of more, every second of the older half is given up, so old ones are farther apart.
    pub most: usize,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self { every: 10_000, most: 64 }
    }
}

/// A plan at work that can go back: it keeps the rows it has taken in, and its state every so many rows.
///
/// ```
/// # ta_kernel_api::namespace!("doc");
/// # mod demo {
/// # use ta_kernel_api::prelude::*;
/// # /// The sum of all values.
/// # #[kernel(id = "doc::total", family = "test", since = "0.1", inputs(source = close), outputs(total))]
/// # pub struct Total {}
/// # impl<S: Scalar> Kernel<S, 1, 1> for Total {
/// #     type State = S;
/// #     fn lookback(&self) -> [usize; 1] { [0] }
/// #     fn init(&self) -> S { S::ZERO }
/// #     fn step(&self, total: &mut S, [x]: [S; 1]) -> [S; 1] { *total += x; [*total] }
/// # }
/// # }
/// use ta_kernel_api::Registry;
/// use ta_runtime::dataset::{Dataset, OHLCV, Partition, PartitionKey};
/// use ta_runtime::exec::{Checkpoints, Live};
/// use ta_runtime::plan::{Plan, PlanOptions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let plan = Plan::compile(&Registry::linked()?, &[(None, "doc::total()")], &PlanOptions::default())?;
/// let key: PartitionKey = "AAPL".parse()?;
/// let mut data = Dataset::new();
/// data.append(&key, &Partition::from_columns(&OHLCV, &[0, 1, 2], &[("close", &[1.0, 20.0, 3.0])])?)?;
/// let (mut live, answered) = Live::initialize(&plan, &data, &key, Checkpoints::default())?;
/// assert_eq!(answered.outputs[0].values, [1.0, 21.0, 24.0]);
///
/// // The second bar was wrong.
/// let right = Partition::from_columns(&OHLCV, &[1], &[("close", &[2.0])])?;
/// let revision = live.revise(&key, 1..2, &right)?;
/// let changed: Vec<_> = revision.changed.iter().map(|row| (row.ts, row.after.clone())).collect();
/// assert_eq!(changed, [(1, Some(vec![3.0])), (2, Some(vec![6.0]))]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Live<S: Scalar> {
    session: Session<S>,
    tapes: Tapes<S>,
    /// Oldest first; the first one is from before all rows that are kept.
    checkpoints: Vec<Checkpoint<S>>,
    options: Checkpoints,
}

/// A state to go back to.
#[derive(Debug, Clone)]
struct Checkpoint<S: Scalar> {
    state: State<S>,
    /// How many rows of each feed it has taken in.
    rows: Vec<usize>,
}

impl<S: Scalar> Live<S> {
    /// A plan over the rows of `base` that has taken in the history of all partitions it reads, and the answer to it.
    ///
    /// # Errors
    /// As [`evaluate_in`](super::evaluate_in).
    pub fn initialize(
        plan: &Plan,
        dataset: &Dataset<S>,
        base: &PartitionKey,
        options: Checkpoints,
    ) -> Result<(Self, Envelope<S>), Error> {
        let loaded: Vec<PartitionKey> = dataset.keys().into_iter().cloned().collect();
        let session = Session::fresh(plan, Binding::new(plan, base, &loaded)?)?;
        let mut live = Self::resume(session, options);
        let envelope = live.extend(dataset)?;
        Ok((live, envelope))
    }

    /// Goes on with a session, say a restored one. Rows that it has taken in before cannot be corrected.
    pub fn resume(session: Session<S>, options: Checkpoints) -> Self {
        let tapes = Tapes::new(session.binding());
        let first = Checkpoint { state: session.state().clone(), rows: tapes.rows() };
        let options = Checkpoints { every: options.every.max(1), most: options.most.max(2) };
        Self { session, tapes, checkpoints: vec![first], options }
    }

    /// The session as it is.
    pub fn session(&self) -> &Session<S> {
        &self.session
    }

    /// How many states there are to go back to.
    pub fn checkpoints(&self) -> usize {
        self.checkpoints.len()
    }

    /// Takes in the rows of all partitions of a dataset that feed the plan and answers the outputs of its own.
    ///
    /// # Errors
    /// As [`Session::replay_in`].
    pub fn extend(&mut self, dataset: &Dataset<S>) -> Result<Envelope<S>, Error> {
        let program = self.session.shared_program();
        self.add(&Inputs::of(&program, |key| dataset.partition(key).ok().map(|rows| &**rows))?)
    }

    fn add(&mut self, inputs: &Inputs<'_, S>) -> Result<Envelope<S>, Error> {
        self.session.admit_all(inputs)?;
        let rows = self.tapes.rows();
        self.tapes.extend(inputs);
        match self.play(self.session.state().clone(), rows.clone()) {
            Ok(played) => {
                self.session = self.session.clone().with_state(played.state);
                self.keep(played.checkpoints);
                Ok(played.envelope)
            }
            Err(err) => {
                self.tapes.truncate(&rows);
                Err(err)
            }
        }
    }

    /// Takes in a closed bar of the plan's own rows.
    ///
    /// # Errors
    /// As [`Session::step`]. A bar that comes too late is stale; [`correct`](Self::correct) takes it.
    pub fn step(&mut self, bar: &Bar<S>) -> Result<Row<'_, S>, Error> {
        self.session.step(bar)?;
        self.took(bar);
        let row = self.session.last();
        row.ok_or_else(|| Error::new(Kind::Data, "there is no row yet"))
    }

    /// Takes in a row of any partition that feeds the plan.
    ///
    /// # Errors
    /// As [`Session::observe`].
    pub fn observe(&mut self, bar: &Bar<S>) -> Result<(), Error> {
        self.session.observe(bar)?;
        self.took(bar);
        Ok(())
    }

    /// Takes in rows of any partitions that feed the plan, in the order in which they are known, and answers the outputs of the plan's
    /// own. They may come in any order; all are taken in or none.
    ///
    /// # Errors
    /// As [`observe`](Self::observe); two rows of one partition at the same time.
    pub fn take(&mut self, bars: &[Bar<S>]) -> Result<Envelope<S>, Error> {
        let taken = taken(&self.session, bars)?;
        self.add(&taken.inputs())
    }

    /// The outputs of all rows that are kept, computed over whole columns. The same as was answered, unless the session was resumed.
    ///
    /// # Errors
    /// As [`evaluate`](super::evaluate).
    pub fn evaluate(&self) -> Result<Envelope<S>, Error> {
        batch::run(self.session.program(), &self.tapes.inputs())
    }

    /// What [`step`](Self::step) would answer to a bar that is still forming.
    ///
    /// # Errors
    /// As [`Session::peek`].
    pub fn peek(&self, bar: &Bar<S>) -> Result<Row<'_, S>, Error> {
        self.session.peek(bar)
    }

    /// Takes in a bar wherever it belongs: in place of the one of its time, or between those around it.
    ///
    /// # Errors
    /// As [`revise`](Self::revise).
    pub fn correct(&mut self, bar: &Bar<S>) -> Result<Revision<S>, Error> {
        let fields: Vec<&[S]> = bar.values().iter().map(std::slice::from_ref).collect();
        self.change(bar.layout().feed(), bar.ts()..bar.ts().saturating_add(1), &[bar.ts()], &fields)
    }

    /// Puts other rows in the place of those of a span of time: corrects, inserts or removes history. Everything from there on is
    /// computed again, from the nearest state that was kept, as if the rows had been these from the start.
    ///
    /// # Errors
    /// In this order: a partition that the plan does not read; a field that is no column; rows outside of the span; a span that begins
    /// before the rows that are kept; and under the policy `error` a row that is refused. All is as it was then.
    pub fn revise(
        &mut self,
        key: &PartitionKey,
        times: Range<i64>,
        rows: &Partition<S>,
    ) -> Result<Revision<S>, Error> {
        let feeds = self.session.binding().feeds();
        let feed = feeds.iter().position(|feed| feed.key() == key).ok_or_else(|| {
            let read: Vec<String> = feeds.iter().map(|feed| feed.key().to_string()).collect();
            Error::new(Kind::UnknownName, format!("plan does not read `{key}`"))
                .with_help(format!("it reads {}", list(&read)))
        })?;
        let fields = self.session.program().columns(feed, rows)?;
        if let Some((row, ts)) = rows.ts().iter().enumerate().find(|(_, ts)| !times.contains(ts)) {
            let message = format!("row is outside of {} to {}", time::iso(times.start), time::iso(times.end));
            return Err(Error::new(Kind::Data, message).in_data(Location::row(row, *ts)));
        }
        self.change(feed, times, rows.ts(), &fields)
    }

    fn change(
        &mut self,
        feed: usize,
        times: Range<i64>,
        ts: &[i64],
        fields: &[&[S]],
    ) -> Result<Revision<S>, Error> {
        let tape = self.tapes.feed(feed);
        let at = |ts: i64| tape.ts.partition_point(|&held| held < ts);
        let replaced = at(times.start)..at(times.end).max(at(times.start));
        let first = tape.ts[replaced.clone()].first().into_iter().chain(ts.first()).min();
        let Some(&first) = first else {
            return Ok(Revision { changed: Vec::new(), replayed: 0, kept: 0 });
        };
        let layout = &self.session.binding().feeds()[feed];
        let event = (layout.key().known(first), feed);
        let before = |checkpoint: &Checkpoint<S>| {
            checkpoint.rows[feed] <= replaced.start
                && self.last_event(checkpoint).is_none_or(|last| last < event)
        };
        let Some(nearest) = self.checkpoints.iter().rposition(before) else {
            let error = Error::new(Kind::Stale, "the rows of that time are no longer kept".to_owned());
            let help = "a session that was restored can be corrected from there on";
            return Err(error.with_help(help).in_data(Location::ts(first)));
        };
        let Checkpoint { state, rows } = self.checkpoints[nearest].clone();
        let old = self.play(state.clone(), rows.clone())?;
        let removed = self.tapes.splice(feed, replaced.clone(), ts, fields);
        let new = match self.play(state, rows.clone()) {
            Ok(new) => new,
            Err(err) => {
                let there = replaced.start..replaced.start + ts.len();
                self.tapes.splice(feed, there, &removed.ts, &removed.columns());
                return Err(err);
            }
        };
        let kept = rows.iter().sum();
        let changed = differences(&old.envelope, &new.envelope);
        let revision = Revision { changed, replayed: self.tapes.len() - kept, kept };
        self.session = self.session.clone().with_state(new.state);
        self.checkpoints.truncate(nearest + 1);
        self.keep(new.checkpoints);
        Ok(revision)
    }

    /// When the last row before a checkpoint was known, and of which feed it was.
    fn last_event(&self, checkpoint: &Checkpoint<S>) -> Option<(i64, usize)> {
        let feeds = self.session.binding().feeds().iter().enumerate();
        let last = feeds.filter_map(|(feed, layout)| {
            let row = checkpoint.rows[feed].checked_sub(1)?;
            Some((layout.key().known(self.tapes.feed(feed).ts[row]), feed))
        });
        last.max()
    }

    /// Notes a row that was taken in.
    fn took(&mut self, bar: &Bar<S>) {
        self.tapes.push(bar);
        if self.tapes.len().is_multiple_of(self.options.every) {
            let state = self.session.state().clone();
            self.keep(vec![Checkpoint { state, rows: self.tapes.rows() }]);
        }
    }

    fn keep(&mut self, checkpoints: Vec<Checkpoint<S>>) {
        self.checkpoints.extend(checkpoints);
        while self.checkpoints.len() > self.options.most {
            let older = self.checkpoints.len().div_ceil(2);
            let mut at = 0;
            // The first one is where all that is kept begins.
            self.checkpoints.retain(|_| {
                at += 1;
                at > older || at % 2 == 1
            });
        }
    }

    /// Plays the tapes on from a state that has taken in so many rows of each.
    fn play(&self, mut state: State<S>, rows: Vec<usize>) -> Result<Played<S>, Error> {
        let program = self.session.program();
        let inputs = self.tapes.inputs();
        let mut envelope = Envelope::empty(program, Mode::Incremental, 0);
        let mut checkpoints = Vec::new();
        state.replay(program, &inputs, rows, self.options.every, &mut envelope, &mut |state, rows| {
            if rows.iter().sum::<usize>().is_multiple_of(self.options.every) {
                checkpoints.push(Checkpoint { state: state.clone(), rows: rows.to_vec() });
            }
        })?;
        envelope.meta.rows = envelope.ts.len();
        Ok(Played { state, envelope, checkpoints })
    }
}

/// What came of playing tapes.
struct Played<S: Scalar> {
    state: State<S>,
    envelope: Envelope<S>,
    checkpoints: Vec<Checkpoint<S>>,
}

/// Rows in the order of time, by feed.
fn taken<S: Scalar>(session: &Session<S>, bars: &[Bar<S>]) -> Result<Tapes<S>, Error> {
    let mut sorted: Vec<&Bar<S>> = bars.iter().collect();
    sorted.sort_by_key(|bar| (bar.layout().feed(), bar.ts()));
    let mut tapes = Tapes::new(session.binding());
    for (at, bar) in sorted.iter().enumerate() {
        session.owns(bar)?;
        if sorted[..at]
            .last()
            .is_some_and(|last| (last.layout().feed(), last.ts()) == (bar.layout().feed(), bar.ts()))
        {
            let message = format!("two rows of `{}` at the same time", bar.layout().key());
            return Err(Error::new(Kind::Data, message).in_data(Location::ts(bar.ts())));
        }
        tapes.push(bar);
    }
    Ok(tapes)
}
