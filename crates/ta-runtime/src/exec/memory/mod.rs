//! What a plan remembers between two rows.

mod ago;
mod recall;
mod ring;
mod tally;
mod total;

use ta_kernel_api::Scalar;
use ta_kernel_api::missing::Gate;

pub(crate) use ago::Ago;
pub(crate) use recall::{Glance, Recall};
pub(crate) use ring::Ring;
pub(crate) use tally::{Tally, Wanted};
pub(crate) use total::Total;

use super::program::{Step, Work};
use crate::error::{Error, Kind};
use crate::plan::{Op, Plan};

/// All memory of a running plan, each kind in the order of the steps that use it.
#[derive(Debug, Clone)]
pub(crate) struct Memory<S: Scalar> {
    /// For each `x[n]` the last values.
    pub(crate) rings: Box<[Ring<S>]>,
    /// For each `x.24h_ago` the values of that time.
    pub(crate) agos: Box<[Ago<S>]>,
    /// For each aggregate the rows in its window.
    pub(crate) tallies: Box<[Tally<S>]>,
    /// For each downsampled value the rows that are not yet one.
    pub(crate) totals: Box<[Total<S>]>,
    /// Kernels behind their gates.
    pub(crate) gates: Box<[Gate<S>]>,
}

impl<S: Scalar> Memory<S> {
    /// The memory before the first row.
    pub(crate) fn fresh(plan: &Plan, steps: &[Step<S>]) -> Result<Self, Error> {
        let (mut gates, mut rings, mut agos) = (Vec::new(), Vec::new(), Vec::new());
        let (mut tallies, mut totals) = (Vec::new(), Vec::new());
        for (step, node) in steps.iter().zip(plan.nodes()) {
            match (&step.work, node.op()) {
                (Work::Call { .. }, Op::Call { def, params }) => {
                    let node = def.bind::<S>(params);
                    let node = node.map_err(|err| Error::new(Kind::Unsupported, err.to_string()))?;
                    gates.push(Gate::new(node, plan.missing()));
                }
                (Work::History { bars, .. }, _) => rings.push(Ring::new(*bars)),
                (Work::Ago { .. }, _) => agos.push(Ago::new()),
                (Work::Aggregate { .. }, _) => tallies.push(Tally::new()),
                (Work::Downsample { .. }, _) => totals.push(Total::new()),
                _ => {}
            }
        }
        Ok(Self {
            gates: gates.into(),
            rings: rings.into(),
            agos: agos.into(),
            tallies: tallies.into(),
            totals: totals.into(),
        })
    }

    /// Takes over what one step remembers.
    pub(crate) fn adopt(&mut self, other: &Self, work: &Work<S>) {
        match *work {
            Work::Call { gate, .. } => self.gates[gate].clone_from(&other.gates[gate]),
            Work::History { ring, .. } => self.rings[ring].clone_from(&other.rings[ring]),
            Work::Ago { ago, .. } => self.agos[ago].clone_from(&other.agos[ago]),
            Work::Aggregate { tally, .. } => self.tallies[tally].clone_from(&other.tallies[tally]),
            Work::Downsample { total, .. } => self.totals[total].clone_from(&other.totals[total]),
            _ => {}
        }
    }
}
