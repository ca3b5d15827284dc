//! Rolling linearly weighted mean.

use serde::{Deserialize, Serialize};

use super::fold::{Fold, Rolling, Window};
use crate::scalar::Scalar;
use crate::state::State;

/// The sum of the distances from the base, and the sum of all the sums on the way to it.
///
/// In the older part, which grows backwards, that weighs the newest value most, in the newer part the oldest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ramp;

/// A rolling weighted sum; its windows answer [`weighted_mean`](Window::weighted_mean).
pub type RollingRamp<S> = Rolling<S, Ramp>;

impl<S: Scalar> Fold<S> for Ramp {
    type Part = (S, S);

    #[inline]
    fn base(x: S) -> S {
        if x.is_finite() { x } else { S::ZERO }
    }
    #[inline]
    fn empty(_: S) -> (S, S) {
        (S::ZERO, S::ZERO)
    }
    #[inline]
    fn prepend(x: S, part: (S, S), base: S) -> (S, S) {
        Self::append(part, x, base)
    }
    #[inline]
    fn append((sum, ramp): (S, S), x: S, base: S) -> (S, S) {
        let sum = sum + (x - base);
        (sum, ramp + sum)
    }
}

/// The weights `1, 2, ..., period` from the oldest value to the newest. Kept in a state, they need not be worked out at every step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Weights<S: Scalar> {
    /// `period + 1`
    above: S,
    /// `period` and `period + 1`: divided by both, twice a weighted sum is the mean.
    divisors: [S::Divisor; 2],
}

impl<S: Scalar> State for Weights<S> {
    fn fits(&self, fresh: &Self) -> bool {
        self == fresh
    }
}

impl<S: Scalar> Weights<S> {
    /// The weights for a window of `period` values.
    #[inline]
    pub fn new(period: usize) -> Self {
        let above = period + 1;
        Self { above: S::from_count(above), divisors: [S::divisor(period), S::divisor(above)] }
    }
}

impl<S: Scalar> Window<S, Ramp> {
    /// The weighted mean. Exact for a flat window.
    #[inline]
    pub fn weighted_mean(self, weights: &Weights<S>) -> S {
        // The newer values weigh `period + 1` minus their weight in the reversed ramp.
        let total = self.older.1 + (weights.above * self.newer.0 - self.newer.1);
        self.base + (total + total).div_by(weights.divisors[0]).div_by(weights.divisors[1])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::window::testing::{self, close};

    fn means(period: usize, xs: &[f64]) -> Vec<Option<f64>> {
        let weights = Weights::new(period);
        testing::both_forms(period, xs, |window: Window<f64, Ramp>| window.weighted_mean(&weights))
    }

    fn naive(window: &[f64]) -> f64 {
        let weights = window.len() * (window.len() + 1) / 2;
        window.iter().zip(1..).map(|(x, weight)| x * f64::from(weight)).sum::<f64>() / weights as f64
    }

    proptest! {
        #[test]
        fn both_forms_give_the_weighted_mean_of_each_window(period in 1usize..40, xs in testing::series()) {
            for (mean, naive) in means(period, &xs).into_iter().zip(testing::windows(period, &xs, naive)) {
                prop_assert!(close(mean, naive, 1e3));
            }
        }
    }

    #[test]
    fn flat_input_has_exactly_its_own_mean() {
        for period in [1, 3, 7, 10, 49] {
            assert!(means(period, &[0.1; 200])[period - 1..].iter().all(|&mean| mean == Some(0.1)));
        }
    }

    #[test]
    fn nothing_is_left_of_large_values_that_have_gone() {
        let (xs, quiet) = testing::drop_of_fifteen_digits();
        for period in [1, 4, 20, 33] {
            let after = &means(period, &xs)[quiet..];
            let naive = testing::windows(period, &xs[quiet..], naive);
            assert!(naive.iter().zip(after).skip(period - 1).all(|(&naive, &mean)| close(mean, naive, 1e-3)));
        }
    }
}
