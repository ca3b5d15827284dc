//! A plan over whole columns.

use ta_kernel_api::missing::{self, MissingInput};
use ta_kernel_api::{Missing, Scalar};

use super::columns::{Columns, Engine, Stretch};
use super::nodes::bind;
use super::{Envelope, Mode, Program};
use crate::Error;
use crate::dataset::{Location, Partition};
use crate::plan::Plan;

/// Computes a plan over all rows of a partition.
///
/// # Errors
/// In this order: a plan in another scalar; a field that is no column; and under the policy `error` the first row in which a field
/// or an input of a kernel is missing.
pub fn evaluate<S: Scalar>(plan: &Plan, rows: &Partition<S>) -> Result<Envelope<S>, Error> {
    let program = Program::new(plan)?;
    let stretch = Stretch { ts: rows.ts(), fields: program.columns(rows)?, offset: 0 };
    let mut engine = Afresh::<S> { nodes: bind::<S>(plan)?, policy: plan.missing() };
    let mut envelope = Envelope::empty(&program, Mode::Batch, 0);
    let mut columns = Columns::new(plan.slots(), Vec::new());
    columns
        .run(&program, &stretch, &mut engine, &mut envelope.nodes, &mut vec![S::MISSING; plan.slots()])
        .map_err(|refusal| {
            program.refuse(refusal.lost, Location::row(refusal.row, rows.ts()[refusal.row]))
        })?;
    for (at, output) in envelope.outputs.iter_mut().enumerate() {
        let slot = plan.outputs()[at].slot();
        let again = plan.outputs()[at + 1..].iter().any(|later| later.slot() == slot);
        output.values = columns.take(slot.index(), again);
    }
    envelope.ts = rows.ts().to_vec();
    envelope.meta.rows = rows.len();
    Ok(envelope)
}

/// Every node from the state before the first row.
struct Afresh<S: Scalar> {
    nodes: Vec<Box<S::Node>>,
    policy: Missing,
}

impl<S: Scalar> Engine<S> for Afresh<S> {
    fn call(&mut self, gate: usize, inputs: &[&[S]], outputs: &mut [&mut [S]]) -> Result<(), MissingInput> {
        let node = &*self.nodes[gate];
        missing::batch::<S>(node, self.policy, inputs, outputs).or_else(|lost| {
            let inputs: Vec<&[S]> = inputs.iter().map(|column| &column[..lost.row]).collect();
            let mut outputs: Vec<&mut [S]> =
                outputs.iter_mut().map(|column| &mut column[..lost.row]).collect();
            missing::batch::<S>(node, self.policy, &inputs, &mut outputs)?;
            Err(lost)
        })
    }

    fn history(&mut self, _ring: usize, bars: usize, x: &[S], out: &mut [S]) {
        let (early, late) = out.split_at_mut(bars.min(x.len()));
        early.fill(S::MISSING);
        late.copy_from_slice(&x[..late.len()]);
    }
}
