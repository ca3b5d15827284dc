//! Rolling median (`median`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::{Middle, RollingMedian};

/// The median of the last `period` values: the one in the middle of their order, or the mean of the two in the middle.
///
/// Time per bar grows with the logarithm of the period.
///
/// # Reference
/// TA-Lib `MEDIAN` (Rust), pandas `rolling.median`.
#[kernel(id = "median", family = "statistics", since = "0.1", inputs(source = close), outputs(median), plot(overlay))]
pub struct Median {
    /// Bars to look at.
    #[param(default = 30, min = 1, max = 100_000)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Median {
    type State = RollingMedian<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period - 1]
    }

    fn init(&self) -> RollingMedian<S> {
        RollingMedian::new(self.period)
    }

    fn step(&self, state: &mut RollingMedian<S>, [x]: [S; 1]) -> [S; 1] {
        [state.push(x).map_or(S::MISSING, Middle::median)]
    }

    fn batch(&self, [source]: [&[S]; 1], [median]: [&mut [S]; 1]) {
        RollingMedian::batch(self.period, source, median, Middle::median);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn the_middle_one_of_three() {
        let [median] = run(&Median { period: 3 }, [&[9.0, 1.0, 5.0, 2.0, 7.0]]);
        assert_rows!(median, [_, _, 5.0, 2.0, 5.0]);
    }

    #[test]
    fn the_mean_of_the_two_in_the_middle() {
        // 1 2 5 9: 3.5; 1 2 5 7: 3.5; 2 5 7 8: 6
        let [median] = run(&Median { period: 4 }, [&[9.0, 1.0, 5.0, 2.0, 7.0, 8.0]]);
        assert_rows!(median, [_, _, _, 3.5, 3.5, 6.0]);
    }
}
