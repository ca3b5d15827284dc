//! Rolling mean and variance.

use serde::{Deserialize, Serialize};

use super::fold::{Fold, Rolling, Window};
use crate::scalar::Scalar;
use crate::state::State;

/// The sums of the distances from the base and of their squares.
///
/// The base is a value of the window, so its own distance from the mean is at most `sqrt(period)` standard deviations: taking the
/// mean's share out of the squares costs a factor of `period` in precision at worst, whatever the size of the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments;

/// A rolling variance; its windows answer [`mean`](Window::mean) and [`variance`](Window::variance).
pub type RollingMoments<S> = Rolling<S, Moments>;

impl<S: Scalar> Fold<S> for Moments {
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
    fn append((sum, squares): (S, S), x: S, base: S) -> (S, S) {
        let d = x - base;
        (sum + d, squares + d * d)
    }
}

impl<S: Scalar> Window<S, Moments> {
    /// The mean. Exact for a flat window.
    #[inline]
    pub fn mean(self, scale: &Scale<S>) -> S {
        self.base + (self.older.0 + self.newer.0).div_by(scale.divisor)
    }

    /// The sum of the squared distances from the mean over the degrees of freedom. Never negative, and exactly zero for a flat
    /// window.
    #[inline]
    pub fn variance(self, scale: &Scale<S>) -> S {
        let (sum, squares) = (self.older.0 + self.newer.0, self.older.1 + self.newer.1);
        let rest = scale.period * squares - sum * sum;
        // The missing value stays what it is: it is neither above nor below zero.
        (if rest < S::ZERO { S::ZERO } else { rest }).div_by(scale.divisor).div_by(scale.freedom)
    }
}

/// The numbers a mean and a variance are divided by. Kept in a state, they need not be worked out at every step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Scale<S: Scalar> {
    period: S,
    divisor: S::Divisor,
    freedom: S::Divisor,
}

impl<S: Scalar> State for Scale<S> {
    fn fits(&self, fresh: &Self) -> bool {
        self == fresh
    }
}

impl<S: Scalar> Scale<S> {
    /// For a window of `period` values, of which `ddof` do not count as degrees of freedom. Where none are left, there is no
    /// variance.
    #[inline]
    pub fn new(period: usize, ddof: usize) -> Self {
        let freedom = S::divisor(period.saturating_sub(ddof));
        Self { period: S::from_count(period), divisor: S::divisor(period), freedom }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::window::testing::{self, close};

    fn variances(period: usize, xs: &[f64]) -> Vec<Option<f64>> {
        let scale = Scale::new(period, 0);
        testing::both_forms(period, xs, |window: Window<f64, Moments>| window.variance(&scale))
    }

    fn naive(window: &[f64]) -> f64 {
        let mean = window.iter().sum::<f64>() / window.len() as f64;
        window.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / window.len() as f64
    }

    proptest! {
        #[test]
        fn both_forms_give_the_variance_of_each_window(period in 1usize..40, xs in testing::series()) {
            for (variance, naive) in variances(period, &xs).into_iter().zip(testing::windows(period, &xs, naive)) {
                prop_assert!(variance.is_none_or(|variance| variance >= 0.0));
                prop_assert!(close(variance, naive, naive.unwrap_or(0.0)));
            }
        }

        #[test]
        fn a_high_level_costs_no_precision(period in 1usize..40, xs in prop::collection::vec(0i32..100, 40..200)) {
            // Whole numbers on a level of 2^40 lose nothing when the level is subtracted.
            let low: Vec<f64> = xs.iter().copied().map(f64::from).collect();
            let high: Vec<f64> = low.iter().map(|x| x + 1_099_511_627_776.0).collect();
            prop_assert_eq!(variances(period, &low), variances(period, &high));
        }
    }

    #[test]
    fn flat_windows_have_exactly_no_variance() {
        let mut xs = vec![1e9, -3.7, 0.3];
        xs.extend([0.1; 200]);
        for period in [1, 3, 7, 10, 49] {
            assert!(variances(period, &xs)[2 + period..].iter().all(|&variance| variance == Some(0.0)));
        }
    }

    #[test]
    fn nothing_is_left_of_large_values_that_have_gone() {
        let (xs, quiet) = testing::drop_of_fifteen_digits();
        for period in [2, 4, 20, 33] {
            let after = &variances(period, &xs)[quiet..];
            let naive = testing::windows(period, &xs[quiet..], naive);
            assert!(naive.iter().zip(after).skip(period - 1).all(|(&naive, &got)| close(
                got,
                naive,
                naive.unwrap_or(0.0)
            )));
        }
    }
}
