//! A session with the rows it has taken in, so that history can be corrected.

use std::ops::Range;

use ta_kernel_api::Scalar;

use super::fault::{caught, finished};
use super::inputs::Inputs;
use super::revision::{Change, Revision, differences};
use super::state::{Play, State, Stops};
use super::tapes::Tapes;
use super::watch::Watch;
use super::{
    Bar, Binding, Checkpoints, Envelope, ExecutionBackend, Mode, Position, Row, Session, Settings, batch,
};
use crate::dataset::{Dataset, Location, Partition, PartitionKey};
use crate::error::{Error, Kind};
use crate::plan::Plan;

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
        let session = Session::fresh(plan, Binding::of(plan, dataset, base)?)?;
        let mut live = Self::resume(session, options);
        let envelope = live.replay(dataset)?;
        Ok((live, envelope))
    }

    /// Goes on with a session, say a restored one. Rows that it has taken in before cannot be corrected.
    pub fn resume(session: Session<S>, options: Checkpoints) -> Self {
        let tapes = Tapes::new(session.binding());
        let first = Checkpoint { state: session.state().clone(), rows: tapes.rows() };
        Self { session, tapes, checkpoints: vec![first], options: options.sound() }
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
    pub fn replay(&mut self, dataset: &Dataset<S>) -> Result<Envelope<S>, Error> {
        let program = self.session.shared_program();
        self.add(&Inputs::of_dataset(&program, dataset)?)
    }

    fn add(&mut self, inputs: &Inputs<'_, S>) -> Result<Envelope<S>, Error> {
        let (program, watch) = (self.session.shared_program(), Watch::start());
        self.session.state().clocks.admit_all(&program.binding, &inputs.ts)?;
        let before = self.tapes.rows();
        self.tapes.extend(inputs);
        let (run, stops) = (program.all(), Stops::Every(self.options.every));
        let play = Play { run: &run, from: before.clone(), first: before.clone(), stops };
        let played = caught(|| self.play(self.session.state().clone(), play));
        if !matches!(played, Ok(Ok(_))) {
            self.tapes.truncate(&before);
        }
        let Played { state, mut envelope, checkpoints } = finished(played)?;
        self.session.set_state(state);
        self.keep(checkpoints);
        envelope.close(&program, &inputs.rows(), watch);
        envelope.meta.checkpoints = self.checkpoints.len();
        Ok(envelope)
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
        let taken = Tapes::of(self.session.binding(), bars)?;
        self.add(&taken.inputs())
    }

    /// The outputs of all rows that are kept, computed over whole columns: the same as was answered.
    ///
    /// # Errors
    /// As [`evaluate`](super::evaluate).
    pub fn evaluate(&self) -> Result<Envelope<S>, Error> {
        let (program, inputs, watch) = (self.session.program(), self.tapes.inputs(), Watch::start());
        let first = &self.checkpoints[0].state;
        if first.clocks.is_new() {
            return batch::run(program, &inputs);
        }
        let (run, start) = (program.all(), vec![0; inputs.ts.len()]);
        let play = Play { run: &run, from: start.clone(), first: start, stops: Stops::Never };
        let mut envelope = self.play(first.clone(), play)?.envelope;
        envelope.close(program, &inputs.rows(), watch);
        Ok(envelope)
    }

    /// Forgets all that was computed from the rows of a partition; see [`Session::reset`]. Rows that came before can no longer be
    /// corrected.
    ///
    /// # Errors
    /// As [`Session::reset`].
    pub fn reset(&mut self, key: &PartitionKey) -> Result<(), Error> {
        self.session.reset(key)?;
        let state = self.session.state().clone();
        self.checkpoints = vec![Checkpoint { state, rows: self.tapes.rows() }];
        self.forget(0);
        Ok(())
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
        self.session.binding().owns(bar)?;
        self.change(&Change::bar(&self.tapes, bar))
    }

    /// Puts other rows in the place of those of a span of time: corrects, inserts or removes history. Everything from there on that
    /// depends on them is computed again, from the nearest state that was kept, as if the rows had been these from the start.
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
        let change = Change::new(self.session.program(), &self.tapes, key, times, rows)?;
        self.change(&change)
    }

    fn change(&mut self, change: &Change<'_, S>) -> Result<Revision<S>, Error> {
        let (program, watch) = (self.session.shared_program(), Watch::start());
        let outputs = change.outputs(&program);
        let Some((first, last)) = change.span else { return Ok(Revision::nothing(outputs, watch)) };
        let event = |ts: i64| (program.binding.feeds[change.feed].key().known(ts), change.feed);
        let before = |checkpoint: &Checkpoint<S>| {
            checkpoint.rows[change.feed] <= change.rows.start
                && checkpoint.state.clocks.last(&program.binding).is_none_or(|last| last < event(first))
        };
        let Some(nearest) = self.checkpoints.iter().rposition(before) else {
            let error = Error::new(Kind::Stale, "the rows of that time are no longer kept".to_owned());
            let help = "history can be corrected from where a session was restored or reset, as far back as rows are kept";
            return Err(error.with_help(help).in_data(Location::ts(first)));
        };
        let from_feed = program.downstream(change.feed);
        // What does not depend on the rows is as it was, in the states that are kept too. They are passed at the same times again,
        // unless so many rows come or go that this would leave them too far apart.
        let part = from_feed.contains(&false) && change.rows.len() + change.ts.len() <= self.options.every;
        let run = if part { program.upstream(from_feed) } else { program.all() };
        let passed: Vec<_> = self.checkpoints[nearest + 1..]
            .iter()
            .filter(|later| part && later.state.clocks.last(&program.binding) >= Some(event(last)))
            .collect();
        let stops =
            passed.iter().map(|later| later.rows.iter().sum::<usize>() + change.ts.len() - change.rows.len());
        let stops: Vec<usize> = stops.collect();
        let stops = if part { Stops::At(&stops) } else { Stops::Every(self.options.every) };

        let Checkpoint { state, rows } = self.checkpoints[nearest].clone();
        let first = vec![0; rows.len()];
        let play = |stops| Play { run: &run, from: rows.clone(), first: first.clone(), stops };
        let old = self.play(state.clone(), play(Stops::Never))?;
        let gone = change.make(&mut self.tapes);
        let played = caught(|| self.play(state, play(stops)));
        if !matches!(played, Ok(Ok(_))) {
            change.undo(&mut self.tapes, &gone);
        }
        let mut new = finished(played)?;
        new.state.adopt(&program, self.session.state(), |at| !run[at]);
        for (new, old) in new.checkpoints.iter_mut().zip(&passed) {
            new.state.adopt(&program, &old.state, |at| !run[at]);
        }
        let kept = rows.iter().sum();
        let revision = Revision {
            changed: differences(&outputs, &old.envelope, &new.envelope),
            outputs,
            replayed: self.tapes.len() - kept,
            kept,
            touched: run.iter().filter(|run| **run).count(),
            elapsed: watch.elapsed(),
        };
        self.session.set_state(new.state);
        self.checkpoints.truncate(nearest + 1);
        self.keep(new.checkpoints);
        Ok(revision)
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
        let most = self.tapes.len().saturating_sub(self.options.rows);
        if let Some(first) = self.checkpoints.iter().position(|kept| kept.rows.iter().sum::<usize>() >= most)
        {
            self.forget(first);
        }
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

    /// Gives up the rows before a checkpoint, and the ones before it.
    fn forget(&mut self, checkpoint: usize) {
        self.checkpoints.drain(..checkpoint);
        let gone = self.checkpoints[0].rows.clone();
        self.tapes.forget(&gone);
        for kept in &mut self.checkpoints {
            kept.rows.iter_mut().zip(&gone).for_each(|(rows, gone)| *rows -= gone);
        }
    }

    /// Plays the tapes on from a state.
    fn play(&self, mut state: State<S>, play: Play<'_>) -> Result<Played<S>, Error> {
        let (program, stops) = (self.session.program(), play.stops);
        let mut envelope = Envelope::empty(program, Mode::Incremental, 0);
        let mut checkpoints = Vec::new();
        state.replay(program, &self.tapes.inputs(), play, &mut envelope, &mut |state, rows| {
            if stops.has(rows.iter().sum()) {
                checkpoints.push(Checkpoint { state: state.clone(), rows: rows.to_vec() });
            }
        })?;
        Ok(Played { state, envelope, checkpoints })
    }
}

impl<S: Scalar> ExecutionBackend<S> for Live<S> {
    fn evaluate(
        plan: &Plan,
        dataset: &Dataset<S>,
        base: &PartitionKey,
        _: &Settings,
    ) -> Result<Envelope<S>, Error> {
        Session::initialize_in(plan, dataset, base).map(|(_, envelope)| envelope)
    }

    fn initialize(
        plan: &Plan,
        dataset: &Dataset<S>,
        base: &PartitionKey,
        settings: &Settings,
    ) -> Result<(Self, Envelope<S>), Error> {
        Self::initialize(plan, dataset, base, settings.checkpoints())
    }

    fn restore(plan: &Plan, bytes: &[u8], settings: &Settings) -> Result<Self, Error> {
        Ok(Self::resume(Session::restore(plan, bytes)?, settings.checkpoints()))
    }

    fn mode(&self) -> Mode {
        Mode::Incremental
    }

    fn binding(&self) -> &Binding {
        self.session.binding()
    }

    fn position(&self) -> Option<Position> {
        self.session.position()
    }

    fn last(&self, key: &PartitionKey) -> Option<i64> {
        self.session.state().clocks.last_of(self.session.binding(), key)
    }

    fn step(&mut self, bars: &[Bar<S>]) -> Result<Envelope<S>, Error> {
        self.take(bars)
    }

    fn admit(&self, dataset: &Dataset<S>) -> Result<(), Error> {
        let inputs = Inputs::of_dataset(self.session.program(), dataset)?;
        self.session.state().clocks.admit_all(self.session.binding(), &inputs.ts)
    }

    fn peek(&self, bar: &Bar<S>) -> Result<Row<'_, S>, Error> {
        self.peek(bar)
    }

    fn replay(&mut self, dataset: &Dataset<S>) -> Result<Envelope<S>, Error> {
        self.replay(dataset)
    }

    fn revise(
        &mut self,
        key: &PartitionKey,
        times: Range<i64>,
        rows: &Partition<S>,
    ) -> Result<Revision<S>, Error> {
        self.revise(key, times, rows)
    }

    fn snapshot(&self) -> Result<Vec<u8>, Error> {
        self.session.snapshot()
    }
}

/// What came of playing tapes.
struct Played<S: Scalar> {
    state: State<S>,
    envelope: Envelope<S>,
    checkpoints: Vec<Checkpoint<S>>,
}
