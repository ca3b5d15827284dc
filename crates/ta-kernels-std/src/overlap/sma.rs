//! Simple moving average (`sma`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::RollingSum;

/// Simple moving average: the plain mean of the last `period` values.
///
/// `sma = (x[0] + x[1] + ... + x[period - 1]) / period`, where `x[i]` is the value `i` bars ago. The average of equal values is exactly
/// that value. Constant time per bar.
///
/// # Reference
/// TA-Lib `SMA`.
#[kernel(
    id = "sma",
    family = "overlap",
    since = "0.1",
    aliases("mean"),
    inputs(source = close),
    outputs(sma),
    plot(overlay)
)]
pub struct Sma {
    /// Bars in the average.
    #[param(default = 30, min = 1, max = 100_000)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Sma {
    type State = RollingSum<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period - 1]
    }

    fn init(&self) -> RollingSum<S> {
        RollingSum::new(self.period)
    }

    #[inline]
    fn step(&self, state: &mut RollingSum<S>, [x]: [S; 1]) -> [S; 1] {
        [state.push(x).map_or(S::MISSING, |window| window.mean(S::divisor(self.period)))]
    }

    fn batch(&self, [source]: [&[S]; 1], out: [&mut [S]; 1]) {
        let divisor = S::divisor(self.period);
        RollingSum::batch(self.period, source, out, |window| [window.mean(divisor)]);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn mean_of_the_last_three() {
        // (1 + 2 + 6) / 3 = 3, (2 + 6 + 4) / 3 = 4, (6 + 4 - 1) / 3 = 3
        let [sma] = run(&Sma { period: 3 }, [&[1.0, 2.0, 6.0, 4.0, -1.0]]);
        assert_rows!(sma, [_, _, 3.0, 4.0, 3.0]);
    }
}
