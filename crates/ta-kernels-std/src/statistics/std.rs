//! Rolling standard deviation (`std`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::{RollingMoments, Scale};

use super::variance::above_ddof;

/// The standard deviation of the last `period` values: the square root of their variance.
///
/// Never negative; exactly zero when all values are equal. Constant time per bar.
///
/// # Reference
/// TA-Lib `STDDEV` (with one deviation) for `ddof = 0`; pandas and R take `ddof = 1`.
#[kernel(
    id = "std",
    family = "statistics",
    since = "0.1",
    aliases("stddev"),
    inputs(source = close),
    outputs(std),
    check = Std::check
)]
pub struct Std {
    /// Bars to look at.
    #[param(default = 5, min = 1, max = 100_000)]
    pub period: usize,
    /// What is taken from the period for the divisor: 0 for the deviation of the values themselves, 1 for an estimate from a sample.
    #[param(default = 0, min = 0, max = 99_999)]
    pub ddof: usize,
}

impl Std {
    fn check(&self) -> Result<(), String> {
        above_ddof(self.period, self.ddof)
    }
}

/// What a [`Std`] remembers between two bars.
#[state]
pub struct StdState<S> {
    window: RollingMoments<S>,
    scale: Scale<S>,
}

impl<S: Scalar> Kernel<S, 1, 1> for Std {
    type State = StdState<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period - 1]
    }

    fn init(&self) -> StdState<S> {
        StdState { window: RollingMoments::new(self.period), scale: Scale::new(self.period, self.ddof) }
    }

    #[inline]
    fn step(&self, state: &mut StdState<S>, [x]: [S; 1]) -> [S; 1] {
        [state.window.push(x).map_or(S::MISSING, |window| window.variance(&state.scale).sqrt())]
    }

    fn batch(&self, [source]: [&[S]; 1], out: [&mut [S]; 1]) {
        let scale = Scale::new(self.period, self.ddof);
        RollingMoments::batch(self.period, source, out, |window| [window.variance(&scale).sqrt()]);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn root_of_the_mean_squared_distance_from_the_mean() {
        // mean 3: (1 + 1) / 2 = 1; mean 7: (9 + 9) / 2 = 9
        let [std] = run(&Std { period: 2, ddof: 0 }, [&[2.0, 4.0, 10.0]]);
        assert_rows!(std, [_, 1.0, 3.0]);
    }

    #[test]
    fn equal_values_do_not_deviate() {
        let [std] = run(&Std { period: 3, ddof: 1 }, [&[9e9, 0.1, 0.1, 0.1]]);
        assert_eq!(std[3], 0.0);
    }
}
