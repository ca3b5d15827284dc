//! Rows one after the other, and a share of them over whole columns too.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use ta_kernel_api::Scalar;

use super::{
    Bar, Binding, Envelope, ExecutionBackend, Live, Mode, Position, Revision, Row, Session, Settings,
    evaluate_in, parity,
};
use crate::Error;
use crate::dataset::{Dataset, Partition, PartitionKey};
use crate::plan::Plan;

/// A live plan of whose answers a share is computed once more, over whole columns.
///
/// Where the two differ, the answer stays the first one; the differences are counted and described in
/// [`Meta::parity`](super::Meta::parity), and reported through `tracing`. A check costs a run over all rows that are kept, which
/// [`Checkpoints::rows`](super::Checkpoints::rows) bounds.
#[derive(Debug, Clone)]
pub struct Shadow<S: Scalar> {
    live: Live<S>,
    settings: Settings,
    /// How many answers were given.
    answers: u64,
}

impl<S: Scalar> Shadow<S> {
    fn new(live: Live<S>, settings: &Settings) -> Self {
        Self { live, settings: *settings, answers: 0 }
    }

    /// The plan that serves.
    pub fn live(&self) -> &Live<S> {
        &self.live
    }

    /// Forgets all that was computed from the rows of a partition; see [`Live::reset`].
    ///
    /// # Errors
    /// As [`Live::reset`].
    pub fn reset(&mut self, key: &PartitionKey) -> Result<(), Error> {
        self.live.reset(key)
    }

    /// The answer, checked if it is its turn.
    fn checked(&mut self, mut envelope: Envelope<S>) -> Result<Envelope<S>, Error> {
        envelope.meta.mode = Mode::Shadow;
        let turn = self.settings.samples(self.answers);
        self.answers += 1;
        if turn {
            envelope.meta.parity = Some(parity::compare(&envelope, &self.live.evaluate()?));
        }
        Ok(envelope)
    }
}

impl<S: Scalar> ExecutionBackend<S> for Shadow<S> {
    fn evaluate(
        plan: &Plan,
        dataset: &Dataset<S>,
        base: &PartitionKey,
        settings: &Settings,
    ) -> Result<Envelope<S>, Error> {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let (_, mut envelope) = Session::initialize_in(plan, dataset, base)?;
        envelope.meta.mode = Mode::Shadow;
        if settings.samples(RUNS.fetch_add(1, Ordering::Relaxed)) {
            let expected = evaluate_in(plan, dataset, base)?;
            envelope.meta.parity = Some(parity::compare(&envelope, &expected));
        }
        Ok(envelope)
    }

    fn initialize(
        plan: &Plan,
        dataset: &Dataset<S>,
        base: &PartitionKey,
        settings: &Settings,
    ) -> Result<(Self, Envelope<S>), Error> {
        let (live, envelope) = Live::initialize(plan, dataset, base, settings.checkpoints())?;
        let mut shadow = Self::new(live, settings);
        let envelope = shadow.checked(envelope)?;
        Ok((shadow, envelope))
    }

    fn restore(plan: &Plan, bytes: &[u8], settings: &Settings) -> Result<Self, Error> {
        let live = Live::resume(Session::restore(plan, bytes)?, settings.checkpoints());
        Ok(Self::new(live, settings))
    }

    fn mode(&self) -> Mode {
        Mode::Shadow
    }

    fn binding(&self) -> &Binding {
        self.live.session().binding()
    }

    fn position(&self) -> Option<Position> {
        self.live.session().position()
    }

    fn last(&self, key: &PartitionKey) -> Option<i64> {
        self.live.last(key)
    }

    fn step(&mut self, bars: &[Bar<S>]) -> Result<Envelope<S>, Error> {
        let envelope = self.live.take(bars)?;
        self.checked(envelope)
    }

    fn admit(&self, dataset: &Dataset<S>) -> Result<(), Error> {
        self.live.admit(dataset)
    }

    fn peek(&self, bar: &Bar<S>) -> Result<Row<'_, S>, Error> {
        self.live.peek(bar)
    }

    fn replay(&mut self, dataset: &Dataset<S>) -> Result<Envelope<S>, Error> {
        let envelope = self.live.replay(dataset)?;
        self.checked(envelope)
    }

    fn revise(
        &mut self,
        key: &PartitionKey,
        times: Range<i64>,
        rows: &Partition<S>,
    ) -> Result<Revision<S>, Error> {
        self.live.revise(key, times, rows)
    }

    fn snapshot(&self) -> Result<Vec<u8>, Error> {
        self.live.session().snapshot()
    }
}
