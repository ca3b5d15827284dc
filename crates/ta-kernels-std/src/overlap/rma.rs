//! Wilder's moving average (`rma`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::smooth::{Smoother, Smoothing};

use super::ema::Seed;

/// Wilder's moving average: each value moves the average by `1 / period` of its distance.
///
/// `rma = rma[1] + (x - rma[1]) / period`. The average of equal values is exactly that value. Constant time and memory per bar.
///
/// # Reference
/// J. Welles Wilder, "New Concepts in Technical Trading Systems" (1978); TA-Lib `RMA`. Also called the smoothed moving average.
#[kernel(id = "rma", family = "overlap", since = "0.1", inputs(source = close), outputs(rma), plot(overlay))]
pub struct Rma {
    /// Bars in the average.
    #[param(default = 30, min = 1, max = 100_000)]
    pub period: usize,
    /// What the average starts from: the `mean` of the first `period` values, or the `first` value alone.
    #[param(choice, default = Seed::Mean)]
    pub seed: Seed,
}

impl Rma {
    #[inline]
    fn rule<S: Scalar>(&self) -> Smoother<S> {
        self.seed.plant(Smoother::rma(self.period))
    }
}

impl<S: Scalar> Kernel<S, 1, 1> for Rma {
    type State = Smoothing<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.rule::<S>().seed() - 1]
    }

    fn stabilisation(&self) -> usize {
        self.rule::<S>().stabilisation()
    }

    fn init(&self) -> Smoothing<S> {
        self.rule().init()
    }

    #[inline]
    fn step(&self, state: &mut Smoothing<S>, [x]: [S; 1]) -> [S; 1] {
        [state.push(x).map_or(S::MISSING, |deviation| x - deviation)]
    }

    fn batch(&self, [source]: [&[S]; 1], [rma]: [&mut [S]; 1]) {
        self.rule().batch(source, rma);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn first_value_is_the_plain_mean_then_a_third_of_the_distance() {
        // (1 + 2 + 6) / 3 = 3, 3 + (9 - 3) / 3 = 5, 5 + (2 - 5) / 3 = 4
        let [rma] = run(&Rma { period: 3, ..Rma::default() }, [&[1.0, 2.0, 6.0, 9.0, 2.0]]);
        assert_rows!(rma, [_, _, 3.0, 5.0, 4.0]);
    }
}
