//! Kernels over whole columns that do not read each other, at the same time.

#[cfg(feature = "parallel")]
use rayon::prelude::*;
use ta_kernel_api::missing;
use ta_kernel_api::{Missing, Scalar};

use super::columns::{Column, Columns};
use super::memory::Memory;
use super::program::{Program, Work};
use super::schedule::{ClockRows, Schedule};

/// Fewer rows are computed before another thread has begun.
const FEWEST: usize = 16_384;

/// Whether it is worth it. A refused row would have to stop the others, so where rows can be refused it is not done. Nor is it where
/// this run is one of many already.
pub(super) fn worth<S: Scalar>(program: &Program<S>, schedule: &Schedule<'_>) -> bool {
    let rows = schedule.clocks.iter().map(ClockRows::len).max().unwrap_or(0);
    rows >= FEWEST && program.plan.missing() != Missing::Error && is_alone()
}

#[cfg(feature = "parallel")]
fn is_alone() -> bool {
    rayon::current_thread_index().is_none() && rayon::current_num_threads() > 1
}

/// There are no other threads.
#[cfg(not(feature = "parallel"))]
fn is_alone() -> bool {
    false
}

impl<S: Scalar> Columns<'_, S> {
    /// Computes a kernel, and all later ones whose inputs are there already, from their fresh states. Answers which these were.
    pub(super) fn together(
        &mut self,
        program: &Program<S>,
        at: usize,
        schedule: &Schedule<'_>,
        memory: &Memory<S>,
    ) -> Vec<usize> {
        let mut calls = Vec::new();
        for (at, step) in program.steps.iter().enumerate().skip(at) {
            if let Work::Call { gate, ref inputs, width } = step.work
                && !self.is_there(step.out)
                && inputs.iter().all(|&slot| self.is_there(slot))
            {
                let rows = schedule.clocks[step.clock].len();
                inputs.iter().for_each(|&slot| self.spread(slot, rows));
                let made: Vec<Vec<S>> = (0..width).map(|_| self.filled(rows)).collect();
                calls.push((at, gate, inputs, made));
            }
        }
        let columns = &*self;
        #[cfg(feature = "parallel")]
        let each = calls.par_iter_mut();
        #[cfg(not(feature = "parallel"))]
        let each = calls.iter_mut();
        each.for_each(|(_, gate, inputs, made)| {
            let gate = &memory.gates[*gate];
            let inputs: Vec<&[S]> = inputs.iter().map(|&slot| columns.slice(slot)).collect();
            let mut outputs: Vec<&mut [S]> = made.iter_mut().map(Vec::as_mut_slice).collect();
            // Only the policy `error` refuses anything.
            let _ = missing::batch::<S>(gate.node(), gate.policy(), &inputs, &mut outputs);
        });
        let mut done = Vec::with_capacity(calls.len());
        for (at, _, _, made) in calls {
            for (slot, made) in (program.steps[at].out..).zip(made) {
                self.slots[slot] = Column::Made(made);
            }
            done.push(at);
        }
        done
    }
}
