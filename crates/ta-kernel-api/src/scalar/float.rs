//! `f64` as a scalar.

use serde::{Deserialize, Deserializer};

use super::{Scalar, ScalarKind};
use crate::node::F64Node;
use crate::registry::{Binding, KernelDef};

impl Scalar for f64 {
    const KIND: ScalarKind = ScalarKind::F64;
    /// The one bit pattern that every output uses.
    const MISSING: Self = f64::from_bits(0x7ff8_0000_0000_0000);
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    type Divisor = f64;
    type Node = dyn F64Node;

    #[inline]
    fn is_missing(self) -> bool {
        self.is_nan()
    }
    #[inline]
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
    fn all_finite(values: &[Self]) -> bool {
        // A finite sum has none but finite numbers in it; the sum of such may be too large, which is rare. Sixteen sums need not wait
        // for each other.
        let (blocks, rest) = values.as_chunks::<16>();
        let sums = blocks.iter().fold([0.0; 16], |mut sums, block| {
            for (sum, value) in sums.iter_mut().zip(block) {
                *sum += value;
            }
            sums
        });
        let all = |values: &[f64]| values.iter().all(|value| value.is_finite());
        all(rest) && (all(&sums) || all(values))
    }
    fn from_f64(value: f64) -> Self {
        value.finite()
    }
    #[inline]
    fn from_i64(value: i64) -> Self {
        value as f64
    }
    #[inline]
    fn from_count(n: usize) -> Self {
        n as f64
    }
    #[inline]
    fn to_f64(self) -> f64 {
        self
    }
    fn parse(text: &str) -> Option<Self> {
        let number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
        text.parse::<f64>().ok().filter(|value| number && value.is_finite())
    }
    #[inline]
    fn abs(self) -> Self {
        f64::abs(self)
    }
    #[inline]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    fn powf(self, exponent: Self) -> Self {
        Scalar::finite(f64::powf(self, exponent))
    }
    #[inline]
    fn checked_div(self, rhs: Self) -> Self {
        if rhs == 0.0 { Self::MISSING } else { self / rhs }
    }
    fn divisor(n: usize) -> f64 {
        1.0 / n as f64
    }
    #[inline]
    fn div_by(self, divisor: f64) -> Self {
        self * divisor
    }
    #[inline]
    fn same(self, other: Self) -> bool {
        self.to_bits() == other.to_bits() || (self.is_nan() && other.is_nan())
    }
    fn binding(def: &KernelDef) -> Option<&Binding<Self>> {
        def.f64.as_ref()
    }
    fn load_node<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<Self::Node>, D::Error> {
        Box::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_numbers_are_read() {
        for bad in ["nan", "inf", "-inf", "+inf", "1e999", "", "1,5", "infinity", "-nan"] {
            assert_eq!(<f64 as Scalar>::parse(bad), None, "{bad}");
        }
        assert_eq!(<f64 as Scalar>::parse("-1.5e-3"), Some(-0.0015));
    }

    #[test]
    fn all_are_finite_when_each_is() {
        for length in [0, 1, 15, 16, 17, 64, 100] {
            let mut values = vec![f64::MAX; length];
            assert!(f64::all_finite(&values), "a sum may be too large");
            for at in 0..length {
                for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                    values[at] = bad;
                    assert!(!f64::all_finite(&values), "{bad} at {at} of {length}");
                    // Together they are no number.
                    values[length - 1 - at] = -bad;
                    assert!(!f64::all_finite(&values), "{bad} at {at} of {length}, and its opposite");
                    values.fill(f64::MAX);
                }
            }
        }
    }

    #[test]
    fn minus_zero_is_not_the_same_answer_as_zero() {
        assert!(!0.0.same(-0.0));
        assert!(f64::MISSING.same(-f64::NAN));
    }
}
