//! All rows again, whenever some are added.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use ta_kernel_api::Scalar;

use super::batch::{Reached, run_after};
use super::fault::{caught, finished};
use super::inputs::Inputs;
use super::revision::{Change, Revision, differences};
use super::tapes::Tapes;
use super::watch::Watch;
use super::{Bar, Binding, Envelope, ExecutionBackend, Mode, Position, Program, Row, Settings, evaluate_in};
use crate::dataset::{Dataset, Location, Partition, PartitionKey};
use crate::error::{Error, Kind};
use crate::plan::Plan;

/// A plan that keeps its rows and computes over all of them again whenever some are added: the plainest way there is, to compare others
/// with, or for chunks that are long against the history.
#[derive(Debug, Clone)]
pub struct Rerun<S: Scalar> {
    program: Arc<Program<S>>,
    tapes: Tapes<S>,
    reached: Reached<S>,
}

impl<S: Scalar> Rerun<S> {
    /// Before the first row.
    pub(crate) fn fresh(plan: &Plan, binding: Binding) -> Result<Self, Error> {
        let program = Program::new(plan, binding)?;
        let (tapes, reached) = (Tapes::new(&program.binding), Reached::nothing(&program));
        Ok(Self { program: Arc::new(program), tapes, reached })
    }

    pub(crate) fn program(&self) -> &Program<S> {
        &self.program
    }

    pub(crate) fn tapes(&self) -> &Tapes<S> {
        &self.tapes
    }

    fn add(&mut self, inputs: &Inputs<'_, S>) -> Result<Envelope<S>, Error> {
        let watch = Watch::start();
        self.reached.clocks.admit_all(&self.program.binding, &inputs.ts)?;
        self.tapes.extend(inputs);
        let made = caught(|| run_after(&self.program, &self.tapes.inputs(), &self.reached));
        if !matches!(made, Ok(Ok(_))) {
            self.tapes.truncate(&self.reached.rows);
        }
        let (mut envelope, reached) = finished(made)?;
        let answered = self.position().map_or(0, |position| position.rows as usize);
        envelope.ts.drain(..answered);
        envelope.outputs.iter_mut().for_each(|output| drop(output.values.drain(..answered)));
        envelope.close(&self.program, &inputs.rows(), watch);
        self.reached = reached;
        Ok(envelope)
    }
}

impl<S: Scalar> ExecutionBackend<S> for Rerun<S> {
    fn evaluate(
        plan: &Plan,
        dataset: &Dataset<S>,
        base: &PartitionKey,
        _: &Settings,
    ) -> Result<Envelope<S>, Error> {
        evaluate_in(plan, dataset, base)
    }

    fn initialize(
        plan: &Plan,
        dataset: &Dataset<S>,
        base: &PartitionKey,
        _: &Settings,
    ) -> Result<(Self, Envelope<S>), Error> {
        let mut rerun = Self::fresh(plan, Binding::of(plan, dataset, base)?)?;
        let envelope = rerun.replay(dataset)?;
        Ok((rerun, envelope))
    }

    fn restore(plan: &Plan, bytes: &[u8], _: &Settings) -> Result<Self, Error> {
        crate::state::rows::restore(plan, bytes)
    }

    fn mode(&self) -> Mode {
        Mode::Batch
    }

    fn binding(&self) -> &Binding {
        &self.program.binding
    }

    fn position(&self) -> Option<Position> {
        self.reached.clocks.position()
    }

    fn last(&self, key: &PartitionKey) -> Option<i64> {
        self.reached.clocks.last_of(&self.program.binding, key)
    }

    fn step(&mut self, bars: &[Bar<S>]) -> Result<Envelope<S>, Error> {
        let taken = Tapes::of(self.binding(), bars)?;
        self.add(&taken.inputs())
    }

    fn admit(&self, dataset: &Dataset<S>) -> Result<(), Error> {
        let inputs = Inputs::of_dataset(&self.program, dataset)?;
        self.reached.clocks.admit_all(&self.program.binding, &inputs.ts)
    }

    fn peek(&self, bar: &Bar<S>) -> Result<Row<'_, S>, Error> {
        let binding = &self.program.binding;
        if bar.layout() != &binding.feeds[binding.own()] {
            return Err(binding.other_fields(bar));
        }
        let at = |err: Error| err.in_data(Location::ts(bar.ts()));
        self.reached.clocks.admit(binding, binding.own(), bar.ts()).map_err(at)?;
        let mut tapes = self.tapes.clone();
        tapes.push(bar);
        let (_, reached) = run_after(&self.program, &tapes.inputs(), &self.reached).map_err(at)?;
        let position = reached.clocks.position();
        let position = position.ok_or_else(|| at(Error::new(Kind::Data, "there is no row yet")))?;
        Ok(Row { plan: &self.program.plan, position, values: Cow::Owned(reached.values) })
    }

    fn replay(&mut self, dataset: &Dataset<S>) -> Result<Envelope<S>, Error> {
        let program = Arc::clone(&self.program);
        self.add(&Inputs::of_dataset(&program, dataset)?)
    }

    fn revise(
        &mut self,
        key: &PartitionKey,
        times: Range<i64>,
        rows: &Partition<S>,
    ) -> Result<Revision<S>, Error> {
        let watch = Watch::start();
        let change = Change::new(&self.program, &self.tapes, key, times, rows)?;
        let outputs = change.outputs(&self.program);
        if change.span.is_none() {
            return Ok(Revision::nothing(outputs, watch));
        }
        let start = Reached::nothing(&self.program);
        let (old, _) = run_after(&self.program, &self.tapes.inputs(), &start)?;
        let gone = change.make(&mut self.tapes);
        let made = caught(|| run_after(&self.program, &self.tapes.inputs(), &start));
        if !matches!(made, Ok(Ok(_))) {
            change.undo(&mut self.tapes, &gone);
        }
        let (new, reached) = finished(made)?;
        self.reached = reached;
        Ok(Revision {
            changed: differences(&outputs, &old, &new),
            outputs,
            replayed: self.tapes.len(),
            kept: 0,
            touched: self.program.steps.len(),
            elapsed: watch.elapsed(),
        })
    }

    fn snapshot(&self) -> Result<Vec<u8>, Error> {
        crate::state::rows::save(self)
    }
}
