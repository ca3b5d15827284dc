//! One value for many.

use ta_kernel_api::Scalar;

use super::Downsample;

impl Downsample {
    /// What stands for these values. Missing ones do not count; where all are, the answer is missing, and the count zero.
    ///
    /// A sum carries what each addition lost to rounding, so its error does not grow with the number of values. A mean lies between the
    /// smallest and the largest value.
    ///
    /// ```
    /// use ta_runtime::dataset::Downsample;
    ///
    /// assert_eq!(Downsample::Sum.over(&[1e16, 1.0, f64::NAN, -1e16]), 1.0);
    /// assert_eq!(Downsample::First.over(&[f64::NAN, 7.0, 8.0]), 7.0);
    /// ```
    pub fn over<S: Scalar>(self, values: &[S]) -> S {
        let mut present = values.iter().copied().filter(|value| !value.is_missing());
        let value = match self {
            Self::First => present.next(),
            Self::Last => present.next_back(),
            Self::Max => present.reduce(S::max),
            Self::Min => present.reduce(S::min),
            Self::Count => Some(S::from_count(present.count())),
            Self::Sum => Total::of(present).map(|total| total.sum),
            Self::Avg => Total::of(present).map(Total::mean),
        };
        value.map_or(S::MISSING, S::finite)
    }
}

/// What a sum and a mean need.
struct Total<S> {
    sum: S,
    count: usize,
    least: S,
    most: S,
}

impl<S: Scalar> Total<S> {
    /// `None` without values.
    fn of(mut values: impl Iterator<Item = S>) -> Option<Self> {
        let first = values.next()?;
        let (mut total, mut lost) = (Self { sum: first, count: 1, least: first, most: first }, S::ZERO);
        for value in values {
            let sum = total.sum + value;
            // The smaller one loses its last digits; taking the larger one from the sum shows what is left of it.
            let (large, small) =
                if total.sum.abs() >= value.abs() { (total.sum, value) } else { (value, total.sum) };
            lost += (large - sum) + small;
            total = Self {
                sum,
                count: total.count + 1,
                least: value.min(total.least),
                most: value.max(total.most),
            };
        }
        total.sum += lost;
        Some(total)
    }

    fn mean(self) -> S {
        let mean = self.sum.checked_div(S::from_count(self.count));
        if mean.is_finite() { mean.max(self.least).min(self.most) } else { S::MISSING }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ta_kernel_api::Decimal;

    use super::*;

    const NONE: f64 = f64::MISSING;

    #[test]
    fn missing_values_do_not_count() {
        for (rule, some, none) in [
            (Downsample::First, 4.0, NONE),
            (Downsample::Last, 3.0, NONE),
            (Downsample::Max, 5.0, NONE),
            (Downsample::Min, 3.0, NONE),
            (Downsample::Sum, 12.0, NONE),
            (Downsample::Avg, 4.0, NONE),
            (Downsample::Count, 3.0, 0.0),
        ] {
            assert!(rule.over(&[NONE, 4.0, NONE, 5.0, 3.0, NONE]).same(some), "{rule:?}");
            assert!(rule.over(&[NONE, NONE]).same(none) && rule.over::<f64>(&[]).same(none), "{rule:?}");
        }
    }

    #[test]
    fn what_is_beyond_the_range_is_missing() {
        for rule in [Downsample::Sum, Downsample::Avg] {
            assert!(rule.over(&[f64::MAX, f64::MAX]).same(NONE));
            let most: Decimal = "79228162514264337593543950335".parse().unwrap();
            assert!(rule.over(&[most, most]).is_missing());
        }
    }

    proptest! {
        #[test]
        fn sums_of_cents_are_those_of_decimals(cents in prop::collection::vec(-10_000_000_000_i64..10_000_000_000, 1..400)) {
            let decimals: Vec<Decimal> = cents.iter().map(|&cents| Decimal::from_i64(cents) / Decimal::from_i64(100)).collect();
            let floats: Vec<f64> = decimals.iter().map(|value| value.to_f64()).collect();
            let exact = Downsample::Sum.over(&decimals).to_f64();
            // Half a unit of each addend and of the sum.
            let bound = floats.iter().map(|value| value.abs()).sum::<f64>() * f64::EPSILON;
            prop_assert!((Downsample::Sum.over(&floats) - exact).abs() <= bound);
        }

        #[test]
        fn large_values_that_cancel_leave_nothing(small in prop::collection::vec(-1000_i32..1000, 0..50), large in 1e12_f64..1e18) {
            let sum: i32 = small.iter().sum();
            let mut values = vec![large];
            values.extend(small.into_iter().map(f64::from));
            values.push(-large);
            prop_assert_eq!(Downsample::Sum.over(&values), f64::from(sum));
        }

        #[test]
        fn the_mean_lies_between_and_of_equal_values_is_that_value(value in -1e9_f64..1e9, other in -1e9_f64..1e9, count in 1_usize..50) {
            let mut values = vec![value; count];
            prop_assert_eq!(Downsample::Avg.over(&values), value);
            values.push(other);
            let mean = Downsample::Avg.over(&values);
            prop_assert!(value.min(other) <= mean && mean <= value.max(other));
        }
    }
}
