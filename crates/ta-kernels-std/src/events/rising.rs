//! Rising (`rising`).

use ta_kernel_api::prelude::*;

use super::runs::{self, Run};

/// Whether the source has been rising for `period` bars: each of the last `period` values is strictly greater than the one before it.
///
/// Constant time and memory per bar.
///
/// # Reference
/// Pine Script `ta.rising` asks less: that the newest value alone is strictly greater than all of the `period` before it.
#[kernel(id = "rising", family = "events", since = "0.1", inputs(source = close), outputs(rising: bool))]
pub struct Rising {
    /// Changes to look at.
    #[param(default = 1, min = 1, max = 100_000)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Rising {
    type State = Run<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period]
    }

    fn init(&self) -> Run<S> {
        Run::new()
    }

    #[inline]
    fn step(&self, state: &mut Run<S>, [x]: [S; 1]) -> [S; 1] {
        [S::from_truth(state.push(x, self.period, |before, x| x > before))]
    }

    fn batch(&self, [source]: [&[S]; 1], [rising]: [&mut [S]; 1]) {
        runs::batch(source, self.period, rising, |before, x| x > before);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn every_change_counts() {
        let [rising] = run(&Rising { period: 2 }, [&[1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 9.0]]);
        assert_rows!(rising, [_, _, 1.0, 0.0, 0.0, 1.0, 1.0]);
    }
}
