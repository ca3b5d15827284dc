//! Using memory for one row: for good, or for the moment.

use std::ops::DerefMut;

use ta_kernel_api::Scalar;
use ta_kernel_api::missing::MissingInput;

use super::super::program::Lost;
use super::{Ago, Memory, Tally, Total};

/// What a step needs of memory.
pub(crate) trait Recall<S: Scalar> {
    /// A row through a kernel, by node and gate.
    fn call(&mut self, at: (usize, usize), row: &mut [S], inputs: &[usize], first: usize)
    -> Result<(), Lost>;
    /// Takes in a value and gives an earlier one.
    fn history(&mut self, ring: usize, value: S) -> S;
    fn ago(&mut self, ago: usize) -> impl DerefMut<Target = Ago<S>>;
    fn tally(&mut self, tally: usize) -> impl DerefMut<Target = Tally<S>>;
    fn total(&mut self, total: usize) -> impl DerefMut<Target = Total<S>>;
}

impl<S: Scalar> Recall<S> for Memory<S> {
    #[inline]
    fn call(
        &mut self,
        at: (usize, usize),
        row: &mut [S],
        inputs: &[usize],
        first: usize,
    ) -> Result<(), Lost> {
        // Two calls, as the usual one answers in a register and not in memory.
        if self.gates[at.1].pass(row, inputs, first) {
            return Ok(());
        }
        watched(self, at, row, inputs, first)
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
fn watched<S: Scalar>(
    memory: &mut Memory<S>,
    (at, gate): (usize, usize),
    row: &mut [S],
    inputs: &[usize],
    first: usize,
) -> Result<(), Lost> {
    memory.gates[gate].step_in(row, inputs, first).map_err(|missing| lost(at, missing))
}

fn lost(step: usize, missing: MissingInput) -> Lost {
    Lost::Input { step, input: missing.input }
}

/// Memory that is looked at and stays as it is. Each step may use its own once.
#[derive(Debug)]
pub(crate) struct Glance<'a, S: Scalar>(pub(crate) &'a Memory<S>);

impl<S: Scalar> Recall<S> for Glance<'_, S> {
    fn call(
        &mut self,
        (at, gate): (usize, usize),
        row: &mut [S],
        inputs: &[usize],
        first: usize,
    ) -> Result<(), Lost> {
        self.0.gates[gate].peek_in(row, inputs, first).map_err(|missing| lost(at, missing))
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
