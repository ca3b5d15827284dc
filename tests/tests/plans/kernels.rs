//! Kernels of forms that the standard ones do not have.

use ta_kernel_api::prelude::*;

/// The last value there was: sees the gaps.
#[kernel(
    id = "laws::filled",
    family = "test",
    since = "0.1",
    inputs(source = close),
    outputs(filled),
    missing = pass,
    warmup = data
)]
pub(crate) struct Filled {}

impl<S: Scalar> Kernel<S, 1, 1> for Filled {
    type State = Option<S>;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) -> Option<S> {
        None
    }
    fn step(&self, last: &mut Option<S>, [x]: [S; 1]) -> [S; 1] {
        if !x.is_missing() {
            *last = Some(x);
        }
        [last.unwrap_or(S::MISSING)]
    }
}

/// Runs of rising values: numbers and bools that come at times the data decide.
#[kernel(
    id = "laws::runs",
    family = "test",
    since = "0.1",
    inputs(high, source = close),
    outputs(
        /// How long the last run was that is over.
        length,
        /// The largest high of the run that goes on.
        top,
        /// Whether a run goes on.
        rising: bool,
    ),
    warmup = data
)]
pub(crate) struct Runs {
    /// Shorter ones do not count.
    #[param(default = 2, min = 1, max = 50)]
    pub(crate) least: usize,
    /// Whether equal values go on with a run.
    #[param(default = false)]
    pub(crate) ties: bool,
}

/// The last value, the run that goes on and its top, and the last one that is over.
type RunsState<S> = (Option<S>, usize, Option<S>, Option<usize>);

impl<S: Scalar> Kernel<S, 2, 3> for Runs {
    type State = RunsState<S>;
    fn lookback(&self) -> [usize; 3] {
        [0; 3]
    }
    fn init(&self) -> RunsState<S> {
        (None, 0, None, None)
    }
    fn step(&self, (last, run, top, over): &mut RunsState<S>, [high, x]: [S; 2]) -> [S; 3] {
        let goes_on = last.is_some_and(|last| x > last || (self.ties && x == last));
        if goes_on {
            *run += 1;
            *top = Some(top.map_or(high, |top| if high > top { high } else { top }));
        } else {
            if *run >= self.least {
                *over = Some(*run);
            }
            (*run, *top) = (0, None);
        }
        let known = last.replace(x).is_some();
        [
            over.map_or(S::MISSING, S::from_count),
            top.unwrap_or(S::MISSING),
            S::from_truth(known.then_some(goes_on)),
        ]
    }
}
