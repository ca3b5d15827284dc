//! A plan row by row, with a state that goes on.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ta_kernel_api::missing::MissingInput;
use ta_kernel_api::{Missing, Scalar};

use super::clocks::Clocks;
use super::columns::{Columns, Going, Way};
use super::inputs::Inputs;
use super::memory::Memory;
use super::program::Lost;
use super::schedule::Schedule;
use super::{Bar, Binding, Envelope, Layout, Mode, Program};
use crate::dataset::{Dataset, Location, Partition, PartitionKey, list, time};
use crate::error::{Error, Kind};
use crate::expr::ValueKind;
use crate::plan::Plan;

/// Rows that go through the plan together. Enough to make calls cheap, few enough for the columns to stay in cache.
const CHUNK: usize = 1024;

/// A plan at work, row by row.
///
/// A refused row leaves the session as it was.
#[derive(Debug, Clone)]
pub struct Session<S: Scalar> {
    program: Arc<Program<S>>,
    state: State<S>,
    /// The state once more where a row may be refused: half-way through it some nodes are ahead of others, and this one is
    /// where they go back to.
    twin: Option<State<S>>,
}

/// All that changes from row to row.
#[derive(Debug, Clone)]
pub(crate) struct State<S: Scalar> {
    pub(crate) memory: Memory<S>,
    /// The value of each slot in the last row of its clock.
    pub(crate) values: Vec<S>,
    pub(crate) clocks: Clocks,
}

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The time of the last row.
    pub ts: i64,
    /// How many rows there were.
    pub rows: u64,
}

/// The outputs of one row.
#[derive(Debug, Clone)]
pub struct Row<'a, S: Scalar> {
    plan: &'a Plan,
    position: Position,
    values: Cow<'a, [S]>,
}

impl<S: Scalar> Session<S> {
    /// A session over the rows of one partition that has taken in its history, and the answer to it.
    ///
    /// # Errors
    /// As [`evaluate`](super::evaluate).
    pub fn initialize(plan: &Plan, history: Option<&Partition<S>>) -> Result<(Self, Envelope<S>), Error> {
        let mut session = Self::fresh(plan, Binding::alone(plan)?)?;
        let envelope = match history {
            Some(rows) => session.replay(rows)?,
            None => Envelope::empty(&session.program, Mode::Incremental, 0),
        };
        Ok((session, envelope))
    }

    /// A session over the rows of `base` that has taken in the history of all partitions it reads, and the answer to it.
    ///
    /// # Errors
    /// As [`evaluate_in`](super::evaluate_in).
    pub fn initialize_in(
        plan: &Plan,
        dataset: &Dataset<S>,
        base: &PartitionKey,
    ) -> Result<(Self, Envelope<S>), Error> {
        let loaded: Vec<PartitionKey> = dataset.keys().into_iter().cloned().collect();
        let mut session = Self::fresh(plan, Binding::new(plan, base, &loaded)?)?;
        let envelope = session.replay_in(dataset)?;
        Ok((session, envelope))
    }

    /// A session before its first row.
    ///
    /// # Errors
    /// A plan in another scalar.
    pub fn fresh(plan: &Plan, binding: Binding) -> Result<Self, Error> {
        let program = Program::new(plan, binding)?;
        let clocks = Clocks::new(program.binding.root.len());
        let state = State { memory: program.memory()?, values: program.start(), clocks };
        Ok(Self { program: Arc::new(program), twin: twin(plan, &state), state })
    }

    /// What it remembers.
    pub(crate) fn state(&self) -> &State<S> {
        &self.state
    }

    pub(crate) fn program(&self) -> &Program<S> {
        &self.program
    }

    pub(crate) fn shared_program(&self) -> Arc<Program<S>> {
        Arc::clone(&self.program)
    }

    /// The same plan with this to remember.
    pub(crate) fn with_state(self, state: State<S>) -> Self {
        Self { twin: twin(&self.program.plan, &state), state, program: self.program }
    }

    /// The plan it runs.
    pub fn plan(&self) -> &Plan {
        &self.program.plan
    }

    /// Which partitions feed it.
    pub fn binding(&self) -> &Binding {
        &self.program.binding
    }

    /// The fields it reads of each of the plan's own rows.
    pub fn layout(&self) -> &Layout {
        &self.program.binding.feeds[self.program.binding.own()]
    }

    /// How far it has come; `None` before the first row.
    pub fn position(&self) -> Option<Position> {
        self.state.position()
    }

    /// The outputs of the last row it has taken in.
    pub fn last(&self) -> Option<Row<'_, S>> {
        let position = self.position()?;
        Some(Row { plan: &self.program.plan, position, values: Cow::Borrowed(&self.state.values) })
    }

    /// Takes in a closed bar of the plan's own rows.
    ///
    /// # Errors
    /// In this order: a bar of other fields than the plan reads; a bar at or before the [`position`](Self::position), for which
    /// [`Error::is_stale`] holds; and under the policy `error` a missing field or input of a kernel.
    pub fn step(&mut self, bar: &Bar<S>) -> Result<Row<'_, S>, Error> {
        if bar.layout() != self.layout() {
            return Err(self.other_fields(bar));
        }
        self.take(bar)?;
        let hand = &self.state.clocks.hands[0];
        let position = Position { ts: hand.ts, rows: hand.rows };
        Ok(Row { plan: &self.program.plan, position, values: Cow::Borrowed(&self.state.values) })
    }

    /// Takes in a row of any partition that feeds the plan. Nothing is answered; the plan's own rows that follow read it.
    ///
    /// # Errors
    /// As [`step`](Self::step). A row that a row of another partition would have read, had it come in time, is stale too.
    pub fn observe(&mut self, bar: &Bar<S>) -> Result<(), Error> {
        self.owns(bar)?;
        self.take(bar)
    }

    /// Whether this is a row of a feed, with its fields.
    pub(crate) fn owns(&self, bar: &Bar<S>) -> Result<(), Error> {
        match self.program.binding.feeds.get(bar.layout().feed()) {
            Some(layout) if layout == bar.layout() => Ok(()),
            _ => Err(self.other_fields(bar)),
        }
    }

    fn take(&mut self, bar: &Bar<S>) -> Result<(), Error> {
        let feed = bar.layout().feed();
        self.state.admit(&self.program, feed, bar.ts()).map_err(|err| err.in_data(Location::ts(bar.ts())))?;
        let result = self.state.step(&self.program, bar);
        let result = match (&mut self.twin, result) {
            (Some(twin), Ok(())) => twin.step(&self.program, bar),
            (Some(twin), Err(lost)) => {
                self.state = twin.clone();
                Err(lost)
            }
            (None, result) => result,
        };
        result.map_err(|lost| self.program.refuse(lost, Location::ts(bar.ts())))
    }

    /// What [`step`](Self::step) would answer to a bar that is still forming; nothing is remembered.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn peek(&self, bar: &Bar<S>) -> Result<Row<'_, S>, Error> {
        if bar.layout() != self.layout() {
            return Err(self.other_fields(bar));
        }
        let feed = bar.layout().feed();
        self.state.admit(&self.program, feed, bar.ts()).map_err(|err| err.in_data(Location::ts(bar.ts())))?;
        let mut state = self.state.clone();
        state.step(&self.program, bar).map_err(|lost| self.program.refuse(lost, Location::ts(bar.ts())))?;
        let hand = &state.clocks.hands[0];
        let position = Position { ts: hand.ts, rows: hand.rows };
        Ok(Row { plan: &self.program.plan, position, values: Cow::Owned(state.values) })
    }

    /// Takes in many closed bars of the plan's own rows, as so many calls of [`step`](Self::step) would, and answers all their
    /// outputs.
    ///
    /// # Errors
    /// In this order: a field that is no column; a first row at or before the [`position`](Self::position); and under the policy
    /// `error` the first row in which a field or an input of a kernel is missing. No row has been taken in then.
    pub fn replay(&mut self, rows: &Partition<S>) -> Result<Envelope<S>, Error> {
        let own = self.layout().key();
        let inputs = Inputs::of(&self.program, |key| (key == own).then_some(rows))?;
        self.run(&inputs)
    }

    /// Takes in the rows of all partitions of a dataset that feed the plan, in the order in which they are known, and answers the
    /// outputs of the plan's own.
    ///
    /// # Errors
    /// As [`replay`](Self::replay).
    pub fn replay_in(&mut self, dataset: &Dataset<S>) -> Result<Envelope<S>, Error> {
        let inputs = Inputs::of(&self.program, |key| dataset.partition(key).ok().map(|rows| &**rows))?;
        self.run(&inputs)
    }

    /// Whether the first rows of these can be taken in now.
    pub(crate) fn admit_all(&self, inputs: &Inputs<'_, S>) -> Result<(), Error> {
        for (feed, ts) in inputs.ts.iter().enumerate() {
            if let Some(&first) = ts.first() {
                let admitted = self.state.admit(&self.program, feed, first);
                admitted.map_err(|err| err.in_data(Location::row(0, first)))?;
            }
        }
        Ok(())
    }

    fn run(&mut self, inputs: &Inputs<'_, S>) -> Result<Envelope<S>, Error> {
        self.admit_all(inputs)?;
        let own = self.program.binding.own();
        let mut envelope = Envelope::empty(&self.program, Mode::Incremental, inputs.ts[own].len());
        let start = vec![0; inputs.ts.len()];
        let replayed =
            self.state.replay(&self.program, inputs, start, usize::MAX, &mut envelope, &mut |_, _| {});
        if let Err(err) = replayed {
            if let Some(twin) = &self.twin {
                self.state = twin.clone();
            }
            return Err(err);
        }
        self.twin = twin(&self.program.plan, &self.state);
        envelope.meta.rows = envelope.ts.len();
        Ok(envelope)
    }

    fn other_fields(&self, bar: &Bar<S>) -> Error {
        let feeds = &self.program.binding.feeds;
        let (given, read) = if let Some(feed) = feeds.iter().find(|feed| feed.key() == bar.layout().key()) {
            (format!("bar has the fields {}", list(bar.layout().names())), list(feed.names()))
        } else {
            let keys: Vec<String> = feeds.iter().map(|feed| feed.key().to_string()).collect();
            (format!("bar is one of `{}`", bar.layout().key()), list(&keys))
        };
        let error = Error::new(Kind::Data, given).with_help(format!("the plan reads {read}"));
        error.in_data(Location::ts(bar.ts()))
    }
}

impl<S: Scalar> State<S> {
    pub(crate) fn position(&self) -> Option<Position> {
        let hand = self.clocks.hands.first().filter(|hand| hand.rows > 0)?;
        Some(Position { ts: hand.ts, rows: hand.rows })
    }

    /// Whether a row of a feed can be taken in now.
    fn admit(&self, program: &Program<S>, feed: usize, ts: i64) -> Result<(), Error> {
        let binding = &program.binding;
        let hand = |feed: usize| binding.gearing.feeds[feed].first().map(|&clock| &self.clocks.hands[clock]);
        if let Some(hand) = hand(feed)
            && hand.rows > 0
            && ts <= hand.ts
        {
            let message = format!("row is not after {}, which has been taken in", time::iso(hand.ts));
            return Err(Error::new(Kind::Stale, message));
        }
        for &reader in &binding.readers[feed] {
            let known = binding.feeds[feed].key().known(ts);
            if let Some(hand) = hand(reader)
                && hand.rows > 0
                && (hand.known, reader) > (known, feed)
            {
                let [read, reader] = [feed, reader].map(|feed| binding.feeds[feed].key());
                let message = format!(
                    "row of `{read}` comes after the one of `{reader}` at {}, which would have read it",
                    time::iso(hand.ts)
                );
                return Err(Error::new(Kind::Stale, message));
            }
        }
        Ok(())
    }

    fn step(&mut self, program: &Program<S>, bar: &Bar<S>) -> Result<(), Lost> {
        let (feed, ts, fields) = (bar.layout().feed(), bar.ts(), bar.values());
        if program.plan.missing() == Missing::Error
            && let Some(field) = fields.iter().position(|value| value.is_missing())
        {
            return Err(Lost::Field { feed, field });
        }
        let at = (ts, bar.layout().key().known(ts));
        let (route, slots) = (&program.routes[feed], &program.fields[feed]);
        let Self { memory, values, clocks } = self;
        if route.even {
            let clock = program.binding.gearing.feeds[feed][0];
            clocks.tick(clock, at);
            put(slots, fields, values);
            return route.run(clocks, values, memory);
        }
        let own = program.binding.gearing.feeds[feed][0];
        clocks.event(&program.binding.gearing, feed, at, &mut |clocks, active| {
            if active.has(own) {
                put(slots, fields, values);
            }
            route.pass(clocks, active, values, memory)
        })
    }

    /// Takes in the rows of `inputs` from `done` on. After each part, of which none goes beyond a multiple of `every` rows of all
    /// feeds together, `part` hears how far it is.
    pub(crate) fn replay(
        &mut self,
        program: &Program<S>,
        inputs: &Inputs<'_, S>,
        mut done: Vec<usize>,
        every: usize,
        envelope: &mut Envelope<S>,
        part: &mut impl FnMut(&Self, &[usize]),
    ) -> Result<(), Error> {
        let mut spare = Vec::new();
        let mut offsets = vec![0; self.clocks.hands.len()];
        loop {
            let taken: usize = done.iter().sum();
            let next = inputs.after(&program.binding, &done, CHUNK.min(every - taken % every));
            if next == done {
                return Ok(());
            }
            let stretch = inputs.part(&done, &next);
            let schedule = Schedule::new(&program.binding, &mut self.clocks, &stretch.ts);
            let mut columns = Columns::new(program, spare);
            let mut going = Going {
                memory: &mut self.memory,
                values: &mut self.values,
                status: &mut envelope.nodes,
                offsets: &offsets,
            };
            columns
                .run::<Onward>(program, &schedule, &stretch.fields, &mut going)
                .map_err(|refusal| inputs.refuse(program, &schedule, &done, refusal))?;
            for (output, planned) in envelope.outputs.iter_mut().zip(program.plan.outputs()) {
                columns.append_to(planned.slot().index(), &mut output.values);
            }
            envelope.ts.extend_from_slice(&schedule.clocks[0].ts);
            for (offset, clock) in offsets.iter_mut().zip(&schedule.clocks) {
                *offset += clock.len();
            }
            spare = columns.into_spare();
            done = next;
            part(self, &done);
        }
    }
}

/// Puts the fields of a row into their slots.
#[inline]
fn put<S: Scalar>(slots: &[(usize, usize)], fields: &[S], values: &mut [S]) {
    for &(field, slot) in slots {
        values[slot] = fields[field];
    }
}

/// Every node from the state it has.
enum Onward {}

impl<S: Scalar> Way<S> for Onward {
    fn call(
        memory: &mut Memory<S>,
        gate: usize,
        inputs: &[&[S]],
        outputs: &mut [&mut [S]],
    ) -> Result<(), MissingInput> {
        memory.gates[gate].advance(inputs, outputs)
    }

    fn history(memory: &mut Memory<S>, ring: usize, _bars: usize, x: &[S], out: &mut [S]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = memory.rings[ring].push(x);
        }
    }
}

impl<'a, S: Scalar> Row<'a, S> {
    /// The time of the row.
    pub fn ts(&self) -> i64 {
        self.position.ts
    }

    /// The number of the row since the session began, counted from nought. The same row has the same number however often it is
    /// sent, so a repeat can be dropped.
    pub fn sequence(&self) -> u64 {
        self.position.rows.saturating_sub(1)
    }

    /// How many outputs there are.
    pub fn len(&self) -> usize {
        self.plan.outputs().len()
    }

    /// Whether the plan has no outputs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of an output by its place in the plan; `None` where there is no such output.
    pub fn get(&self, output: usize) -> Option<S> {
        self.plan.outputs().get(output).map(|output| self.values[output.slot().index()])
    }

    /// The outputs in the order of the plan: name, kind and value.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'a str, ValueKind, S)> {
        self.plan.outputs().iter().map(|output| {
            let value = self.values[output.slot().index()];
            (output.name(), output.kind(), value)
        })
    }
}

/// The state once more, under the policy that refuses rows.
fn twin<S: Scalar>(plan: &Plan, state: &State<S>) -> Option<State<S>> {
    (plan.missing() == Missing::Error).then(|| state.clone())
}
