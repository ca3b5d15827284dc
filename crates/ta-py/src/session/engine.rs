//! One plan at work over the rows of one symbol, in the way that was asked for.

use std::ops::Range;

use serde_json::{Value, json};
use ta_runtime::Error;
use ta_runtime::dataset::{Dataset, Partition, PartitionKey};
use ta_runtime::exec::{
    Bar, Binding, Envelope, ExecutionBackend, Live, Mode, Position, Rerun, Revision, Row, Settings, Shadow,
};
use ta_runtime::plan::Plan;

/// A plan at work.
#[derive(Debug, Clone)]
pub(super) enum Engine {
    Rerun(Box<Rerun<f64>>),
    Live(Box<Live<f64>>),
    Shadow(Box<Shadow<f64>>),
}

impl Engine {
    pub(super) fn begin(
        plan: &Plan,
        data: &Dataset<f64>,
        base: &PartitionKey,
        settings: &Settings,
    ) -> Result<(Self, Envelope<f64>), Error> {
        fn of<B: ExecutionBackend<f64>>(
            plan: &Plan,
            data: &Dataset<f64>,
            base: &PartitionKey,
            settings: &Settings,
        ) -> Result<(Box<B>, Envelope<f64>), Error> {
            let (backend, envelope) = B::initialize(plan, data, base, settings)?;
            Ok((Box::new(backend), envelope))
        }
        Ok(match settings.mode() {
            Mode::Batch => {
                of(plan, data, base, settings).map(|(rerun, answer)| (Self::Rerun(rerun), answer))?
            }
            Mode::Incremental => {
                of(plan, data, base, settings).map(|(live, answer)| (Self::Live(live), answer))?
            }
            Mode::Shadow => {
                of(plan, data, base, settings).map(|(shadow, answer)| (Self::Shadow(shadow), answer))?
            }
        })
    }

    pub(super) fn restore(plan: &Plan, bytes: &[u8], settings: &Settings) -> Result<Self, Error> {
        Ok(match settings.mode() {
            Mode::Batch => Self::Rerun(Box::new(Rerun::restore(plan, bytes, settings)?)),
            Mode::Incremental => {
                Self::Live(Box::new(<Live<f64> as ExecutionBackend<f64>>::restore(plan, bytes, settings)?))
            }
            Mode::Shadow => Self::Shadow(Box::new(Shadow::restore(plan, bytes, settings)?)),
        })
    }

    fn backend(&self) -> &dyn ExecutionBackend<f64> {
        match self {
            Self::Rerun(rerun) => &**rerun,
            Self::Live(live) => &**live,
            Self::Shadow(shadow) => &**shadow,
        }
    }

    fn backend_mut(&mut self) -> &mut dyn ExecutionBackend<f64> {
        match self {
            Self::Rerun(rerun) => &mut **rerun,
            Self::Live(live) => &mut **live,
            Self::Shadow(shadow) => &mut **shadow,
        }
    }

    pub(super) fn binding(&self) -> &Binding {
        self.backend().binding()
    }

    /// The rows it answers.
    pub(super) fn key(&self) -> Option<&PartitionKey> {
        self.binding().feeds().last().map(ta_runtime::exec::Layout::key)
    }

    pub(super) fn position(&self) -> Option<Position> {
        self.backend().position()
    }

    /// The time of the last row of a partition that was taken in.
    pub(super) fn last(&self, key: &PartitionKey) -> Option<i64> {
        self.backend().last(key)
    }

    /// Takes in a bar of its own rows; `out` gets the outputs.
    #[inline]
    pub(super) fn step(&mut self, bar: &Bar<f64>, out: &mut [f64]) -> Result<Option<Envelope<f64>>, Error> {
        if let Self::Live(live) = self {
            put(&live.step(bar)?, out);
            return Ok(None);
        }
        let envelope = self.backend_mut().step(std::slice::from_ref(bar))?;
        for (out, output) in out.iter_mut().zip(&envelope.outputs) {
            *out = output.values.last().copied().unwrap_or(f64::NAN);
        }
        Ok(Some(envelope))
    }

    /// Takes in a bar that others read.
    pub(super) fn observe(&mut self, bar: &Bar<f64>) -> Result<Option<Envelope<f64>>, Error> {
        match self {
            Self::Live(live) => live.observe(bar).map(|()| None),
            _ => self.backend_mut().step(std::slice::from_ref(bar)).map(Some),
        }
    }

    /// What the outputs would be after a bar that is still forming.
    pub(super) fn peek(&self, bar: &Bar<f64>, out: &mut [f64]) -> Result<(), Error> {
        put(&self.backend().peek(bar)?, out);
        Ok(())
    }

    pub(super) fn admit(&self, data: &Dataset<f64>) -> Result<(), Error> {
        self.backend().admit(data)
    }

    pub(super) fn replay(&mut self, data: &Dataset<f64>) -> Result<Envelope<f64>, Error> {
        self.backend_mut().replay(data)
    }

    pub(super) fn revise(
        &mut self,
        key: &PartitionKey,
        times: Range<i64>,
        rows: &Partition<f64>,
    ) -> Result<Revision<f64>, Error> {
        self.backend_mut().revise(key, times, rows)
    }

    pub(super) fn snapshot(&self) -> Result<Vec<u8>, Error> {
        self.backend().snapshot()
    }

    /// Forgets what was computed from the rows of a partition; `false` where no state goes on that could forget.
    pub(super) fn reset(&mut self, key: &PartitionKey) -> Result<bool, Error> {
        match self {
            Self::Rerun(_) => Ok(false),
            Self::Live(live) => live.reset(key).map(|()| true),
            Self::Shadow(shadow) => shadow.reset(key).map(|()| true),
        }
    }

    /// What it remembers, to be read.
    pub(super) fn inspect(&self) -> Value {
        match self {
            // It remembers rows, and where they end.
            Self::Rerun(_) => json!({ "position": self.position(), "nodes": [] }),
            Self::Live(live) => live.session().inspect(),
            Self::Shadow(shadow) => shadow.live().session().inspect(),
        }
    }
}

fn put(row: &Row<'_, f64>, out: &mut [f64]) {
    for (out, (_, _, value)) in out.iter_mut().zip(row.iter()) {
        *out = value;
    }
}
