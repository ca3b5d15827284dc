//! Rolling sum (`sum`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::RollingSum;

/// The sum of the last `period` values.
///
/// Sums of whole numbers are exact, and the sum of equal values is the value times the period. Constant time per bar.
///
/// # Reference
/// TA-Lib `SUM`.
#[kernel(id = "sum", family = "statistics", since = "0.1", inputs(source = close), outputs(sum))]
pub struct Sum {
    /// Bars in the sum.
    #[param(default = 30, min = 1, max = 100_000)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Sum {
    type State = RollingSum<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period - 1]
    }

    fn init(&self) -> RollingSum<S> {
        RollingSum::new(self.period)
    }

    #[inline]
    fn step(&self, state: &mut RollingSum<S>, [x]: [S; 1]) -> [S; 1] {
        [state.push(x).map_or(S::MISSING, |window| window.sum(S::from_count(self.period)))]
    }

    fn batch(&self, [source]: [&[S]; 1], out: [&mut [S]; 1]) {
        let period = S::from_count(self.period);
        RollingSum::batch(self.period, source, out, |window| [window.sum(period)]);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn sum_of_the_last_two() {
        // 1 + 2 = 3, 2 - 6 = -4, -6 + 4 = -2
        let [sum] = run(&Sum { period: 2 }, [&[1.0, 2.0, -6.0, 4.0]]);
        assert_rows!(sum, [_, 3.0, -4.0, -2.0]);
    }
}
