//! A plan over whole columns.

use ta_kernel_api::Scalar;
use ta_kernel_api::missing::{self, MissingInput};

use super::clocks::Clocks;
use super::columns::{Columns, Going, Way};
use super::inputs::Inputs;
use super::memory::Memory;
use super::schedule::Schedule;
use super::{Binding, Envelope, Mode, Program};
use crate::Error;
use crate::dataset::{Dataset, Partition, PartitionKey};
use crate::plan::Plan;

/// Computes a plan over all rows of a partition.
///
/// # Errors
/// In this order: a plan in another scalar, or one that reads other rows too; a field that is no column; and under the policy
/// `error` the first row in which a field or an input of a kernel is missing.
pub fn evaluate<S: Scalar>(plan: &Plan, rows: &Partition<S>) -> Result<Envelope<S>, Error> {
    let program = Program::new(plan, Binding::alone(plan)?)?;
    run(&program, &Inputs::of(&program, |_| Some(rows))?)
}

/// Computes a plan over all rows of one partition of a dataset, reading the others that the plan names.
///
/// # Errors
/// Rows the plan reads that the dataset neither has nor can put together; then as [`evaluate`].
pub fn evaluate_in<S: Scalar>(
    plan: &Plan,
    dataset: &Dataset<S>,
    base: &PartitionKey,
) -> Result<Envelope<S>, Error> {
    let loaded: Vec<PartitionKey> = dataset.keys().into_iter().cloned().collect();
    let program = Program::new(plan, Binding::new(plan, base, &loaded)?)?;
    run(&program, &Inputs::of(&program, |key| dataset.partition(key).ok().map(|rows| &**rows))?)
}

/// Computes the outputs over whole columns.
pub(crate) fn run<S: Scalar>(program: &Program<S>, inputs: &Inputs<'_, S>) -> Result<Envelope<S>, Error> {
    let plan = &program.plan;
    let mut envelope = Envelope::empty(program, Mode::Batch, 0);
    let mut clocks = Clocks::new(program.binding.root.len());
    let schedule = Schedule::new(&program.binding, &mut clocks, &inputs.ts);
    let mut columns = Columns::new(program, Vec::new());
    let mut going = Going {
        memory: &mut program.memory()?,
        values: &mut program.start(),
        status: &mut envelope.nodes,
        offsets: &vec![0; program.binding.root.len()],
    };
    columns
        .run::<Afresh>(program, &schedule, &inputs.fields, &mut going)
        .map_err(|refusal| inputs.refuse(program, &schedule, &vec![0; inputs.ts.len()], refusal))?;
    for (at, output) in envelope.outputs.iter_mut().enumerate() {
        let slot = plan.outputs()[at].slot();
        let again = plan.outputs()[at + 1..].iter().any(|later| later.slot() == slot);
        output.values = columns.take(slot.index(), again);
    }
    envelope.ts = schedule.clocks[0].ts.to_vec();
    envelope.meta.rows = envelope.ts.len();
    Ok(envelope)
}

/// Every node from the state before the first row.
enum Afresh {}

impl<S: Scalar> Way<S> for Afresh {
    fn call(
        memory: &mut Memory<S>,
        gate: usize,
        inputs: &[&[S]],
        outputs: &mut [&mut [S]],
    ) -> Result<(), MissingInput> {
        let gate = &memory.gates[gate];
        missing::batch::<S>(gate.node(), gate.policy(), inputs, outputs).or_else(|lost| {
            let inputs: Vec<&[S]> = inputs.iter().map(|column| &column[..lost.row]).collect();
            let mut outputs: Vec<&mut [S]> =
                outputs.iter_mut().map(|column| &mut column[..lost.row]).collect();
            missing::batch::<S>(gate.node(), gate.policy(), &inputs, &mut outputs)?;
            Err(lost)
        })
    }

    fn history(_: &mut Memory<S>, _: usize, bars: usize, x: &[S], out: &mut [S]) {
        let (early, late) = out.split_at_mut(bars.min(x.len()));
        early.fill(S::MISSING);
        late.copy_from_slice(&x[..late.len()]);
    }
}
