//! Falling (`falling`).

use ta_kernel_api::prelude::*;

use super::runs::{self, Run};

/// Whether the source has been falling for `period` bars: each of the last `period` values is strictly less than the one before it.
///
/// Constant time and memory per bar.
///
/// # Reference
/// Pine Script `ta.falling` asks less: that the newest value alone is strictly less than all of the `period` before it.
#[kernel(id = "falling", family = "events", since = "0.1", inputs(source = close), outputs(falling: bool))]
pub struct Falling {
    /// Changes to look at.
    #[param(default = 1, min = 1, max = 100_000)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Falling {
    type State = Run<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period]
    }

    fn init(&self) -> Run<S> {
        Run::new()
    }

    #[inline]
    fn step(&self, state: &mut Run<S>, [x]: [S; 1]) -> [S; 1] {
        [S::from_truth(state.push(x, self.period, |before, x| x < before))]
    }

    fn batch(&self, [source]: [&[S]; 1], [falling]: [&mut [S]; 1]) {
        runs::batch(source, self.period, falling, |before, x| x < before);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn every_change_counts() {
        let [falling] = run(&Falling { period: 2 }, [&[9.0, 5.0, 4.0, 4.0, 3.0, 2.0, 1.0]]);
        assert_rows!(falling, [_, _, 1.0, 0.0, 0.0, 1.0, 1.0]);
    }
}
