//! Rolling variance (`variance`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::{RollingMoments, Scale};

/// The variance of the last `period` values.
///
/// The sum of the squared distances from the mean, over `period - ddof`. Never negative; exactly zero when all values are equal. Constant time
/// per bar.
///
/// # Reference
/// TA-Lib `VAR` for `ddof = 0`.
#[kernel(
    id = "variance",
    family = "statistics",
    since = "0.1",
    aliases("var"),
    inputs(source = close),
    outputs(variance),
    check = Variance::check
)]
pub struct Variance {
    /// Bars to look at.
    #[param(default = 5, min = 1, max = 100_000)]
    pub period: usize,
    /// What is taken from the period for the divisor: 0 for the variance of the values themselves, 1 for an estimate from a sample.
    #[param(default = 0, min = 0, max = 99_999)]
    pub ddof: usize,
}

impl Variance {
    fn check(&self) -> Result<(), String> {
        above_ddof(self.period, self.ddof)
    }
}

/// The rule between the two parameters of `variance` and `std`.
pub(super) fn above_ddof(period: usize, ddof: usize) -> Result<(), String> {
    if period > ddof { Ok(()) } else { Err("`period` must be greater than `ddof`".to_owned()) }
}

/// What a [`Variance`] remembers between two bars.
#[state]
pub struct VarianceState<S> {
    window: RollingMoments<S>,
    scale: Scale<S>,
}

impl<S: Scalar> Kernel<S, 1, 1> for Variance {
    type State = VarianceState<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period - 1]
    }

    fn init(&self) -> VarianceState<S> {
        VarianceState { window: RollingMoments::new(self.period), scale: Scale::new(self.period, self.ddof) }
    }

    #[inline]
    fn step(&self, state: &mut VarianceState<S>, [x]: [S; 1]) -> [S; 1] {
        [state.window.push(x).map_or(S::MISSING, |window| window.variance(&state.scale))]
    }

    fn batch(&self, [source]: [&[S]; 1], out: [&mut [S]; 1]) {
        let scale = Scale::new(self.period, self.ddof);
        RollingMoments::batch(self.period, source, out, |window| [window.variance(&scale)]);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::Registry;
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn mean_squared_distance_from_the_mean() {
        // mean 4: (9 + 1 + 4) / 3; mean 5: (0 + 1 + 1) / 3
        let [variance] = run(&Variance { period: 3, ddof: 0 }, [&[1.0, 5.0, 6.0, 4.0]]);
        assert_rows!(variance, [_, _, 14.0 / 3.0, 2.0 / 3.0]);
    }

    #[test]
    fn estimated_from_a_sample() {
        // mean 4: (9 + 1 + 4) / 2 = 7
        let [variance] = run(&Variance { period: 3, ddof: 1 }, [&[1.0, 5.0, 6.0]]);
        assert_rows!(variance, [_, _, 7.0]);
    }

    #[test]
    fn a_divisor_of_nothing_is_refused() {
        let registry = Registry::builder().with(&VARIANCE).build().unwrap();
        let err = registry.get("var").unwrap().params([("ddof", 5.into())]).unwrap_err();
        assert_eq!(
            err.to_string(),
            "`variance` { period: 5, ddof: 5 }: `period` must be greater than `ddof`"
        );
    }
}
