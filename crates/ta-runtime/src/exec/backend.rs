//! What every way of running a plan can do.

use std::fmt;
use std::ops::Range;

use ta_kernel_api::Scalar;

use super::{Bar, Binding, Envelope, Live, Mode, Position, Rerun, Revision, Row, Settings, Shadow};
use crate::Error;
use crate::dataset::{Dataset, Partition, PartitionKey};
use crate::plan::Plan;

/// A way of running plans. All of them give the same answers to the same rows, bit for bit, and refuse the same rows.
///
/// [`Rerun`](super::Rerun) keeps the rows and computes all of them again, over whole columns, whenever some are added.
/// [`Live`](super::Live) goes on from a state. [`Shadow`](super::Shadow) does what `Live` does and has a share of its answers
/// computed as `Rerun` would.
pub trait ExecutionBackend<S: Scalar>: fmt::Debug + Send {
    /// Runs a plan over the rows of `base`, reading the other partitions that it names, and keeps nothing.
    ///
    /// # Errors
    /// Rows the plan reads that the dataset neither has nor can put together; a plan in another scalar; a field that is no column;
    /// and under the policy `error` the first row in which a field or an input of a kernel is missing.
    fn evaluate(
        plan: &Plan,
        dataset: &Dataset<S>,
        base: &PartitionKey,
        settings: &Settings,
    ) -> Result<Envelope<S>, Error>
    where
        Self: Sized;

    /// As [`evaluate`](Self::evaluate), to go on from there.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    fn initialize(
        plan: &Plan,
        dataset: &Dataset<S>,
        base: &PartitionKey,
        settings: &Settings,
    ) -> Result<(Self, Envelope<S>), Error>
    where
        Self: Sized;

    /// Goes on from what [`snapshot`](Self::snapshot) gave. The plan must be equal to the one it was made of.
    ///
    /// # Errors
    /// With [`Error::is_snapshot`], bytes that are not a whole and sound snapshot of this plan and this way of running it.
    fn restore(plan: &Plan, bytes: &[u8], settings: &Settings) -> Result<Self, Error>
    where
        Self: Sized;

    /// Which way this is.
    fn mode(&self) -> Mode;

    /// Which partitions feed the plan, and the fields it reads of each.
    fn binding(&self) -> &Binding;

    /// How far it has come; `None` before the first row.
    fn position(&self) -> Option<Position>;

    /// The time of the last row of a partition that was taken in; `None` before the first, and of one that the plan does not read.
    fn last(&self, key: &PartitionKey) -> Option<i64>;

    /// Takes in closed rows of any partitions that feed the plan and answers those of its own. They may come in any order; all are
    /// taken in or none.
    ///
    /// # Errors
    /// A row that the plan does not read, or without its fields; two rows of one partition at the same time; a row that comes too
    /// late, for which [`Error::is_stale`] holds; and under the policy `error` a missing field or input of a kernel.
    fn step(&mut self, bars: &[Bar<S>]) -> Result<Envelope<S>, Error>;

    /// Whether [`replay`](Self::replay) would take in the rows of a dataset, but for what the policy `error` refuses: for callers that
    /// have something to do in between, such as storing the rows.
    ///
    /// # Errors
    /// As [`replay`](Self::replay).
    fn admit(&self, dataset: &Dataset<S>) -> Result<(), Error>;

    /// What would be answered to a bar of the plan's own rows that is still forming; nothing is remembered.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    fn peek(&self, bar: &Bar<S>) -> Result<Row<'_, S>, Error>;

    /// Takes in the rows of all partitions of a dataset that feed the plan and answers those of its own.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    fn replay(&mut self, dataset: &Dataset<S>) -> Result<Envelope<S>, Error>;

    /// Puts other rows in the place of those of a span of time, as if they had been these from the start, and says what changed.
    ///
    /// # Errors
    /// In this order: a partition that the plan does not read; a field that is no column; rows outside of the span; a span that begins
    /// before the rows that are kept; and under the policy `error` a row that is refused. All is as it was then.
    fn revise(
        &mut self,
        key: &PartitionKey,
        times: Range<i64>,
        rows: &Partition<S>,
    ) -> Result<Revision<S>, Error>;

    /// All that is needed to go on elsewhere, as bytes.
    ///
    /// # Errors
    /// When a kernel cannot save its state.
    fn snapshot(&self) -> Result<Vec<u8>, Error>;
}

/// A plan at work, whichever way.
pub type Backend<S> = Box<dyn ExecutionBackend<S>>;

/// A plan at work in the way the settings say, and the answer to its history.
///
/// # Errors
/// As [`ExecutionBackend::initialize`].
pub fn initialize<S: Scalar>(
    plan: &Plan,
    dataset: &Dataset<S>,
    base: &PartitionKey,
    settings: &Settings,
) -> Result<(Backend<S>, Envelope<S>), Error> {
    fn begin<S: Scalar, B: ExecutionBackend<S> + 'static>(
        plan: &Plan,
        dataset: &Dataset<S>,
        base: &PartitionKey,
        settings: &Settings,
    ) -> Result<(Backend<S>, Envelope<S>), Error> {
        let (backend, envelope) = B::initialize(plan, dataset, base, settings)?;
        Ok((Box::new(backend), envelope))
    }
    match settings.mode() {
        Mode::Batch => begin::<S, Rerun<S>>(plan, dataset, base, settings),
        Mode::Incremental => begin::<S, Live<S>>(plan, dataset, base, settings),
        Mode::Shadow => begin::<S, Shadow<S>>(plan, dataset, base, settings),
    }
}

/// A plan at work in the way the settings say, as it was when the snapshot was made.
///
/// # Errors
/// As [`ExecutionBackend::restore`].
pub fn restore<S: Scalar>(plan: &Plan, bytes: &[u8], settings: &Settings) -> Result<Backend<S>, Error> {
    Ok(match settings.mode() {
        Mode::Batch => Box::new(Rerun::restore(plan, bytes, settings)?),
        Mode::Incremental => Box::new(Live::restore(plan, bytes, settings)?),
        Mode::Shadow => Box::new(Shadow::restore(plan, bytes, settings)?),
    })
}
