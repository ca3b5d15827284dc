//! Exponential moving average (`ema`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::smooth::{Smoother, Smoothing};

/// Exponential moving average: each value moves the average by `2 / (period + 1)` of its distance.
///
/// `ema = ema[1] + 2 / (period + 1) * (x - ema[1])`. The average of equal values is exactly that value. Constant time and memory per bar.
///
/// # Reference
/// TA-Lib `EMA`; its seed, the plain mean of the first `period` values, is the default one.
#[kernel(id = "ema", family = "overlap", since = "0.1", inputs(source = close), outputs(ema), plot(overlay))]
pub struct Ema {
    /// Bars in the average.
    #[param(default = 30, min = 1, max = 100_000)]
    pub period: usize,
    /// What the average starts from: the `mean` of the first `period` values, or the `first` value alone.
    #[param(choice, default = Seed::Mean)]
    pub seed: Seed,
}

/// What a recursive average starts from.
#[choices]
pub enum Seed {
    /// The plain mean of the first `period` values.
    Mean,
    /// The first value.
    First,
}

impl Seed {
    /// The same rule, started in this way.
    #[inline]
    pub(crate) fn plant<S: Scalar>(self, rule: Smoother<S>) -> Smoother<S> {
        if self == Self::First { rule.seeded_by(1) } else { rule }
    }
}

impl Ema {
    #[inline]
    fn rule<S: Scalar>(&self) -> Smoother<S> {
        self.seed.plant(Smoother::ema(self.period))
    }
}

impl<S: Scalar> Kernel<S, 1, 1> for Ema {
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

    fn batch(&self, [source]: [&[S]; 1], [ema]: [&mut [S]; 1]) {
        self.rule().batch(source, ema);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn first_value_is_the_plain_mean_then_half_the_distance() {
        // period 3 gives 2 / 4: (1 + 2 + 6) / 3 = 3, 3 + (5 - 3) / 2 = 4, 4 + (2 - 4) / 2 = 3
        let [ema] = run(&Ema { period: 3, ..Ema::default() }, [&[1.0, 2.0, 6.0, 5.0, 2.0]]);
        assert_rows!(ema, [_, _, 3.0, 4.0, 3.0]);
    }

    #[test]
    fn the_first_value_as_seed() {
        // 1, 1 + (2 - 1) / 2 = 1.5, 1.5 + (6 - 1.5) / 2 = 3.75
        let [ema] = run(&Ema { period: 3, seed: Seed::First }, [&[1.0, 2.0, 6.0]]);
        assert_rows!(ema, [1.0, 1.5, 3.75]);
    }
}
