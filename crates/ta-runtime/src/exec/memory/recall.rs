//! Using memory for one row: for good, or for the moment.

use std::ops::DerefMut;

use ta_kernel_api::Scalar;
use ta_kernel_api::missing::{Gate, MissingInput};

use super::super::program::Lost;
use super::super::route::{Call, Calls};
use super::{Ago, Memory, Tally, Total};

/// What a step needs of memory.
pub(crate) trait Recall<S: Scalar> {
    /// A row through kernels, one after the other.
    fn calls(&mut self, calls: &Calls, row: &mut [S]) -> Result<(), Lost>;
    /// Takes in a value and gives an earlier one.
    fn history(&mut self, ring: usize, value: S) -> S;
    fn ago(&mut self, ago: usize) -> impl DerefMut<Target = Ago<S>>;
    fn tally(&mut self, tally: usize) -> impl DerefMut<Target = Tally<S>>;
    fn total(&mut self, total: usize) -> impl DerefMut<Target = Total<S>>;
}

impl<S: Scalar> Recall<S> for Memory<S> {
    #[inline]
    fn calls(&mut self, calls: &Calls, row: &mut [S]) -> Result<(), Lost> {
        for (call, gate) in calls.each.iter().zip(&mut self.gates[calls.gates.clone()]) {
            // Two calls, as the usual one answers in a register and not in memory.
            if !gate.pass(row, &call.inputs, call.first) {
                watched(gate, call, row)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn history(&mut self, ring: usize, value: S) -> S {
        self.rings[ring].push(value)
    }

    fn ago(&mut self, ago: usize) -> impl DerefMut<Target = Ago<S>> {
        &mut self.agos[ago]
    }

    fn tally(&mut self, tally: usize) -> impl DerefMut<Target = Tally<S>> {
        &mut self.tallies[tally]
    }

    fn total(&mut self, total: usize) -> impl DerefMut<Target = Total<S>> {
        &mut self.totals[total]
    }
}

/// A kernel's step where the policy has to look at the row.
#[cold]
#[inline(never)]
fn watched<S: Scalar>(gate: &mut Gate<S>, call: &Call, row: &mut [S]) -> Result<(), Lost> {
    gate.step_in(row, &call.inputs, call.first).map_err(|missing| lost(call, missing))
}

fn lost(call: &Call, missing: MissingInput) -> Lost {
    Lost::Input { step: call.at, input: missing.input }
}

/// Memory that is looked at and stays as it is. Each step may use its own once.
#[derive(Debug)]
pub(crate) struct Glance<'a, S: Scalar>(pub(crate) &'a Memory<S>);

impl<S: Scalar> Recall<S> for Glance<'_, S> {
    fn calls(&mut self, calls: &Calls, row: &mut [S]) -> Result<(), Lost> {
        calls.each.iter().zip(&self.0.gates[calls.gates.clone()]).try_for_each(|(call, gate)| {
            let peeked = gate.peek_in(row, &call.inputs, call.first);
            peeked.map_err(|missing| lost(call, missing))
        })
    }

    fn history(&mut self, ring: usize, _: S) -> S {
        self.0.rings[ring].peek()
    }

    fn ago(&mut self, ago: usize) -> impl DerefMut<Target = Ago<S>> {
        Box::new(self.0.agos[ago].clone())
    }

    fn tally(&mut self, tally: usize) -> impl DerefMut<Target = Tally<S>> {
        Box::new(self.0.tallies[tally].clone())
    }

    fn total(&mut self, total: usize) -> impl DerefMut<Target = Total<S>> {
        Box::new(self.0.totals[total].clone())
    }
}
