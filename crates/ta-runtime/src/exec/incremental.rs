//! A plan row by row, with a state that goes on.

use std::borrow::Cow;
use std::sync::Arc;

use ta_kernel_api::{Missing, Scalar};

use super::inputs::Inputs;
use super::row::{Position, Row};
use super::state::{Play, State, Stops};
use super::watch::Watch;
use super::{Bar, Binding, Envelope, Layout, Mode, Program};
use crate::dataset::{Dataset, Location, Partition, PartitionKey};
use crate::error::Error;
use crate::plan::Plan;

/// A plan at work, row by row.
///
/// A refused row leaves the session as it was.
#[derive(Debug, Clone)]
pub struct Session<S: Scalar> {
    /// The state once more where a row may be refused: half-way through it some nodes are ahead of others, and this one is
    /// where they go back to.
    twin: Option<Box<State<S>>>,
    state: State<S>,
    /// The fields of the plan's own rows.
    layout: Layout,
    program: Arc<Program<S>>,
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
        let mut session = Self::fresh(plan, Binding::of(plan, dataset, base)?)?;
        let envelope = session.replay_in(dataset)?;
        Ok((session, envelope))
    }

    /// A session before its first row.
    ///
    /// # Errors
    /// A plan in another scalar.
    pub fn fresh(plan: &Plan, binding: Binding) -> Result<Self, Error> {
        let program = Program::new(plan, binding)?;
        let (layout, state) = (program.binding.feeds[program.binding.own()].clone(), State::fresh(&program)?);
        Ok(Self { program: Arc::new(program), layout, twin: twin(plan, &state), state })
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

    /// Remembers this from now on.
    pub(crate) fn set_state(&mut self, state: State<S>) {
        self.twin = twin(&self.program.plan, &state);
        self.state = state;
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
        &self.layout
    }

    /// How far it has come; `None` before the first row.
    pub fn position(&self) -> Option<Position> {
        self.state.clocks.position()
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
            return Err(self.program.binding.other_fields(bar));
        }
        let position = Position { ts: bar.ts(), rows: self.take(bar)? };
        Ok(Row { plan: &self.program.plan, position, values: Cow::Borrowed(&self.state.values) })
    }

    /// Takes in a row of any partition that feeds the plan. Nothing is answered; the plan's own rows that follow read it.
    ///
    /// # Errors
    /// As [`step`](Self::step). A row that a row of another partition would have read, had it come in time, is stale too.
    pub fn observe(&mut self, bar: &Bar<S>) -> Result<(), Error> {
        self.program.binding.owns(bar)?;
        self.take(bar)?;
        Ok(())
    }

    /// Takes in a row with the layout of its feed, and answers how many rows of it that are.
    #[inline]
    fn take(&mut self, bar: &Bar<S>) -> Result<u64, Error> {
        let route = &self.program.routes[bar.layout().feed()];
        if route.plain
            && let Some(rows) = self.state.pass(route, bar)
        {
            return Ok(rows);
        }
        self.examine(bar)
    }

    /// Takes in a row that more than its time decides about, or says what is wrong with it.
    #[inline(never)]
    fn examine(&mut self, bar: &Bar<S>) -> Result<u64, Error> {
        let feed = bar.layout().feed();
        self.state
            .clocks
            .admit(&self.program.binding, feed, bar.ts())
            .map_err(|err| err.in_data(Location::ts(bar.ts())))?;
        let result = self.state.step(&self.program, bar);
        let result = match (&mut self.twin, result) {
            (Some(twin), Ok(())) => twin.step(&self.program, bar),
            (Some(twin), Err(lost)) => {
                self.state.clone_from(twin);
                Err(lost)
            }
            (None, result) => result,
        };
        result.map_err(|lost| self.program.refuse(lost, Location::ts(bar.ts())))?;
        Ok(self.state.clocks.hands[self.program.routes[feed].clock].rows)
    }

    /// Forgets all that was computed from the rows of a partition, as after a break in its data; it warms up again. What does not depend
    /// on it goes on, and no row is taken in twice: the position is kept.
    ///
    /// # Errors
    /// A partition that the plan does not read.
    pub fn reset(&mut self, key: &PartitionKey) -> Result<(), Error> {
        let feed = self.program.binding.feed(key)?;
        self.state.reset(&self.program, feed)?;
        self.twin = twin(&self.program.plan, &self.state);
        Ok(())
    }

    /// What [`step`](Self::step) would answer to a bar that is still forming; nothing is remembered.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn peek(&self, bar: &Bar<S>) -> Result<Row<'_, S>, Error> {
        if bar.layout() != self.layout() {
            return Err(self.program.binding.other_fields(bar));
        }
        let feed = bar.layout().feed();
        self.state
            .clocks
            .admit(&self.program.binding, feed, bar.ts())
            .map_err(|err| err.in_data(Location::ts(bar.ts())))?;
        let peeked = self.state.peek(&self.program, bar);
        let (clocks, values) = peeked.map_err(|lost| self.program.refuse(lost, Location::ts(bar.ts())))?;
        let hand = &clocks.hands[0];
        let position = Position { ts: hand.ts, rows: hand.rows };
        Ok(Row { plan: &self.program.plan, position, values: Cow::Owned(values) })
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
        let inputs = Inputs::of_dataset(&self.program, dataset)?;
        self.run(&inputs)
    }

    fn run(&mut self, inputs: &Inputs<'_, S>) -> Result<Envelope<S>, Error> {
        self.state.clocks.admit_all(&self.program.binding, &inputs.ts)?;
        let own = self.program.binding.own();
        let watch = Watch::start();
        let mut envelope = Envelope::empty(&self.program, Mode::Incremental, inputs.ts[own].len());
        let (start, run) = (vec![0; inputs.ts.len()], self.program.all());
        let play = Play { run: &run, from: start.clone(), first: start, stops: Stops::Never };
        let replayed = self.state.replay(&self.program, inputs, play, &mut envelope, &mut |_, _| {});
        if let Err(err) = replayed {
            if let Some(twin) = &self.twin {
                self.state.clone_from(twin);
            }
            return Err(err);
        }
        self.twin = twin(&self.program.plan, &self.state);
        envelope.close(&self.program, &inputs.rows(), watch);
        Ok(envelope)
    }
}

/// The state once more, under the policy that refuses rows.
fn twin<S: Scalar>(plan: &Plan, state: &State<S>) -> Option<Box<State<S>>> {
    (plan.missing() == Missing::Error).then(|| Box::new(state.clone()))
}
