//! Weighted moving average (`wma`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::{RollingRamp, Weights};

/// Weighted moving average: the mean of the last `period` values, weighted `1, 2, ..., period` from the oldest to the newest.
///
/// The average of equal values is exactly that value. Constant time per bar.
///
/// # Reference
/// TA-Lib `WMA`.
#[kernel(id = "wma", family = "overlap", since = "0.1", inputs(source = close), outputs(wma), plot(overlay))]
pub struct Wma {
    /// Bars in the average.
    #[param(default = 30, min = 1, max = 100_000)]
    pub period: usize,
}

/// What a [`Wma`] remembers between two bars.
#[state]
pub struct WmaState<S> {
    window: RollingRamp<S>,
    weights: Weights<S>,
}

impl<S: Scalar> Kernel<S, 1, 1> for Wma {
    type State = WmaState<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period - 1]
    }

    fn init(&self) -> WmaState<S> {
        WmaState { window: RollingRamp::new(self.period), weights: Weights::new(self.period) }
    }

    #[inline]
    fn step(&self, state: &mut WmaState<S>, [x]: [S; 1]) -> [S; 1] {
        [state.window.push(x).map_or(S::MISSING, |window| window.weighted_mean(&state.weights))]
    }

    fn batch(&self, [source]: [&[S]; 1], out: [&mut [S]; 1]) {
        let weights = Weights::new(self.period);
        RollingRamp::batch(self.period, source, out, |window| [window.weighted_mean(&weights)]);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn the_newest_value_weighs_most() {
        // (1*6 + 2*3 + 3*4) / 6 = 4, (1*3 + 2*4 + 3*9) / 6 = 38 / 6
        let [wma] = run(&Wma { period: 3 }, [&[6.0, 3.0, 4.0, 9.0]]);
        assert_rows!(wma, [_, _, 4.0, 38.0 / 6.0]);
    }
}
