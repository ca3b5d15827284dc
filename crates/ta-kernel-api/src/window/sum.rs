//! Rolling sum and mean.

use super::fold::{Fold, Rolling, Window};
use crate::scalar::Scalar;

/// The sum of the distances from the base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sum;

/// A rolling sum; its windows answer [`mean`](Window::mean) and [`sum`](Window::sum).
pub type RollingSum<S> = Rolling<S, Sum>;

impl<S: Scalar> Fold<S> for Sum {
    type Part = S;

    #[inline]
    fn base(x: S) -> S {
        if x.is_finite() { x } else { S::ZERO }
    }
    #[inline]
    fn empty(_: S) -> S {
        S::ZERO
    }
    #[inline]
    fn prepend(x: S, sum: S, base: S) -> S {
        sum + (x - base)
    }
    #[inline]
    fn append(sum: S, x: S, base: S) -> S {
        sum + (x - base)
    }
}

impl<S: Scalar> Window<S, Sum> {
    /// The mean, given the period as a divisor. Exact for a flat window.
    #[inline]
    pub fn mean(self, period: S::Divisor) -> S {
        self.base + (self.older + self.newer).div_by(period)
    }

    /// The sum, given the period. For a flat window it is the value times the period.
    #[inline]
    pub fn sum(self, period: S) -> S {
        self.base * period + (self.older + self.newer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scalar::Decimal;
    use crate::window::testing::{self, close};

    fn means(period: usize, xs: &[f64]) -> Vec<Option<f64>> {
        let divisor = f64::divisor(period);
        testing::both_forms(period, xs, |window: Window<f64, Sum>| window.mean(divisor))
    }

    proptest! {
        #[test]
        fn both_forms_give_the_mean_of_each_window(period in 1usize..40, xs in testing::series()) {
            let naive = testing::windows(period, &xs, |window| window.iter().sum::<f64>() / period as f64);
            for (mean, naive) in means(period, &xs).into_iter().zip(naive) {
                prop_assert!(close(mean, naive, 1e3));
            }
        }

        #[test]
        fn sums_of_whole_numbers_are_exact(period in 1usize..40, xs in prop::collection::vec(-1000i32..1000, 0..200)) {
            let xs: Vec<f64> = xs.into_iter().map(f64::from).collect();
            let sums = testing::both_forms(period, &xs, |window: Window<f64, Sum>| window.sum(period as f64));
            prop_assert_eq!(sums, testing::windows(period, &xs, |window| window.iter().sum()));
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
            let naive =
                testing::windows(period, &xs[quiet..], |window| window.iter().sum::<f64>() / period as f64);
            assert!(naive.iter().zip(after).skip(period - 1).all(|(&naive, &mean)| close(mean, naive, 1e-3)));
        }
    }

    #[test]
    fn what_is_not_finite_is_gone_with_its_window() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for (period, at) in [(1, 5), (3, 3), (3, 4), (3, 5), (4, 0), (4, 7)] {
                let mut xs: Vec<f64> = (0..20).map(f64::from).collect();
                xs[at] = bad;
                for (row, mean) in means(period, &xs).into_iter().enumerate().skip(period - 1) {
                    let window = row + 1 - period..=row;
                    let expected =
                        (!window.contains(&at)).then(|| window.sum::<usize>() as f64 / period as f64);
                    assert!(
                        close(mean.filter(|mean| mean.is_finite()), expected, 20.0),
                        "{bad} at {at}, row {row}: {mean:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn decimals_are_exact() {
        let mut sum = RollingSum::new(3);
        let tenth: Decimal = "0.1".parse().unwrap();
        let out = [1, 2, 3, 5]
            .map(|n| sum.push(tenth * Decimal::from_i64(n)).map(|w| w.sum(Decimal::from_i64(3)).to_string()));
        assert_eq!(out, [None, None, Some("0.6".to_owned()), Some("1".to_owned())]);
    }
}
