//! A plan over whole columns.

use ta_kernel_api::Scalar;
use ta_kernel_api::missing::{self, MissingInput};

use super::clocks::Clocks;
use super::columns::{Columns, Going, Way};
use super::inputs::Inputs;
use super::memory::Memory;
use super::schedule::Schedule;
use super::watch::Watch;
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
    let program = Program::new(plan, Binding::of(plan, dataset, base)?)?;
    run(&program, &Inputs::of_dataset(&program, dataset)?)
}

/// Where a run has come to.
#[derive(Debug, Clone)]
pub(crate) struct Reached<S> {
    /// How many rows of each feed there were.
    pub(crate) rows: Vec<usize>,
    pub(crate) clocks: Clocks,
    /// The value of each slot in the last row of its clock.
    pub(crate) values: Vec<S>,
}

impl<S: Scalar> Reached<S> {
    /// Before the first row.
    pub(crate) fn nothing(program: &Program<S>) -> Self {
        let (rows, clocks) = (vec![0; program.binding.feeds.len()], Clocks::new(program.binding.root.len()));
        Self { rows, clocks, values: program.start() }
    }
}

/// Computes the outputs over whole columns.
pub(crate) fn run<S: Scalar>(program: &Program<S>, inputs: &Inputs<'_, S>) -> Result<Envelope<S>, Error> {
    run_after(program, inputs, &Reached::nothing(program)).map(|(envelope, _)| envelope)
}

/// Computes the outputs over whole columns, and where that comes to. Rows that have been answered before are in the columns, but not
/// counted in the status of the nodes nor in errors.
pub(crate) fn run_after<S: Scalar>(
    program: &Program<S>,
    inputs: &Inputs<'_, S>,
    answered: &Reached<S>,
) -> Result<(Envelope<S>, Reached<S>), Error> {
    let (plan, watch) = (&program.plan, Watch::start());
    let mut envelope = Envelope::empty(program, Mode::Batch, 0);
    let mut reached = Reached::nothing(program);
    let schedule = Schedule::new(&program.binding, &mut reached.clocks, &inputs.ts);
    let mut columns = Columns::new(program, Vec::new());
    let offsets: Vec<isize> = answered.clocks.hands.iter().map(|hand| -(hand.rows as isize)).collect();
    let mut going = Going {
        memory: &mut program.memory()?,
        values: &mut reached.values,
        status: &mut envelope.nodes,
        run: &program.all(),
        offsets: &offsets,
    };
    columns.run::<Afresh>(program, &schedule, &inputs.fields, &mut going).map_err(|refusal| {
        let numbers: Vec<isize> = answered.rows.iter().map(|&rows| -(rows as isize)).collect();
        inputs.refuse(program, &schedule, &numbers, refusal)
    })?;
    for (at, output) in envelope.outputs.iter_mut().enumerate() {
        let slot = plan.outputs()[at].slot();
        let again = plan.outputs()[at + 1..].iter().any(|later| later.slot() == slot);
        output.values = columns.take(slot.index(), again);
    }
    envelope.ts = schedule.clocks[0].ts.to_vec();
    reached.rows = inputs.rows();
    envelope.close(program, &reached.rows, watch);
    Ok((envelope, reached))
}

/// Every node from the state before the first row.
enum Afresh {}

impl<S: Scalar> Way<S> for Afresh {
    const AFRESH: bool = true;

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
