//! An exact decimal number that may be missing.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign};
use std::str::FromStr;

use num_traits::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal as Exact, MathematicalOps};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Scalar, ScalarKind};
use crate::node::DecimalNode;
use crate::registry::{Binding, KernelDef};

/// An exact decimal with up to 28 significant digits, or the missing value.
///
/// Every operation is closed: overflow, division by zero and arguments outside a function's domain give the missing
/// value, and so does any operation on it. Nothing panics. Trailing zeros carry no meaning: `1.50` equals `1.5` and
/// both print as `1.5`.
///
/// ```
/// use ta_kernel_api::{Decimal, Scalar};
///
/// let tick: Decimal = "0.1".parse().unwrap();
/// assert_eq!((tick + tick + tick).to_string(), "0.3");
/// assert!((tick / Decimal::ZERO).is_missing());
/// ```
#[derive(Clone, Copy, Default)]
pub struct Decimal(Option<Exact>);

impl Decimal {
    /// The number, or `None` when missing.
    pub fn value(self) -> Option<Exact> {
        self.0
    }

    fn lift2(self, rhs: Self, op: impl FnOnce(Exact, Exact) -> Option<Exact>) -> Self {
        match (self.0, rhs.0) {
            (Some(a), Some(b)) => Self(op(a, b).map(one_zero)),
            _ => Self(None),
        }
    }
}

impl From<Exact> for Decimal {
    fn from(value: Exact) -> Self {
        Self(Some(one_zero(value)))
    }
}

/// Nought without a sign. A negative one equals it, but has no square root and does not survive being written as text.
fn one_zero(mut value: Exact) -> Exact {
    if value.is_zero() {
        value.set_sign_positive(true);
    }
    value
}

macro_rules! operator {
    ($($op:ident $method:ident $assign:ident $assign_method:ident $checked:ident;)*) => {$(
        impl $op for Decimal {
            type Output = Self;
            fn $method(self, rhs: Self) -> Self {
                self.lift2(rhs, Exact::$checked)
            }
        }
        impl $assign for Decimal {
            fn $assign_method(&mut self, rhs: Self) {
                *self = $op::$method(*self, rhs);
            }
        }
    )*};
}

operator! {
    Add add AddAssign add_assign checked_add;
    Sub sub SubAssign sub_assign checked_sub;
    Mul mul MulAssign mul_assign checked_mul;
    Div div DivAssign div_assign checked_div;
    Rem rem RemAssign rem_assign checked_rem;
}

impl Neg for Decimal {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.map(|value| one_zero(-value)))
    }
}

/// Missing equals nothing, itself included, as NaN does. Use [`Scalar::same`] to compare answers.
impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        matches!((self.0, other.0), (Some(a), Some(b)) if a == b)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.0?.cmp(&other.0?))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => fmt::Display::fmt(&value.normalize(), f),
            None => f.pad("missing"),
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Decimal {
    type Err = rust_decimal::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let value = Exact::from_str(text).or_else(|err| Exact::from_scientific(text).map_err(|_| err))?;
        Ok(value.into())
    }
}

/// Text keeps the exact digits and the scale, in JSON and in `MessagePack` alike; missing is nil.
impl Serialize for Decimal {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        match self.0 {
            Some(value) => serializer.collect_str(&value),
            None => serializer.serialize_none(),
        }
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map_or(Ok(Self(None)), |text| text.parse().map_err(de::Error::custom))
    }
}

impl Scalar for Decimal {
    const KIND: ScalarKind = ScalarKind::Decimal;
    const MISSING: Self = Self(None);
    const ZERO: Self = Self(Some(Exact::ZERO));
    const ONE: Self = Self(Some(Exact::ONE));

    type Divisor = Self;
    type Node = dyn DecimalNode;

    fn is_missing(self) -> bool {
        self.0.is_none()
    }
    fn is_finite(self) -> bool {
        self.0.is_some()
    }
    fn from_f64(value: f64) -> Self {
        Self(Exact::from_f64(value).map(one_zero))
    }
    fn from_i64(value: i64) -> Self {
        Self(Some(Exact::from(value)))
    }
    fn to_f64(self) -> f64 {
        self.0.and_then(|value| value.to_f64()).unwrap_or(f64::NAN)
    }
    fn parse(text: &str) -> Option<Self> {
        // `1_000` is not the usual way.
        if text.contains('_') { None } else { text.parse().ok() }
    }
    fn abs(self) -> Self {
        Self(self.0.map(|value| value.abs()))
    }
    fn sqrt(self) -> Self {
        Self(self.0.and_then(|value| value.sqrt()))
    }
    fn powf(self, exponent: Self) -> Self {
        self.lift2(exponent, |base, exponent| match exponent.to_i64().filter(|_| exponent.is_integer()) {
            Some(whole) if whole < 0 && base.is_zero() => None,
            Some(whole) => base.checked_powi(whole),
            None if base.is_sign_negative() || (base.is_zero() && exponent.is_sign_negative()) => None,
            None => base.checked_powd(exponent),
        })
    }
    fn checked_div(self, rhs: Self) -> Self {
        self / rhs
    }
    fn divisor(n: usize) -> Self {
        Self::from_count(n)
    }
    fn div_by(self, divisor: Self) -> Self {
        self / divisor
    }
    fn same(self, other: Self) -> bool {
        self.0 == other.0
    }
    fn binding(def: &KernelDef) -> Option<&Binding<Self>> {
        def.decimal.as_ref()
    }
    fn load_node<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<Self::Node>, D::Error> {
        Box::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_decimal() -> impl Strategy<Value = Decimal> {
        prop_oneof![
            Just(Decimal::MISSING),
            Just(Decimal::ZERO),
            Just(Decimal::from(Exact::MAX)),
            Just(Decimal::from(Exact::MIN)),
            (any::<i64>(), 0u32..=28).prop_map(|(m, scale)| Decimal::from(Exact::new(m, scale))),
        ]
    }

    proptest! {
        #[test]
        fn no_operation_panics_and_missing_spreads(a in any_decimal(), b in any_decimal()) {
            for out in [a + b, a - b, a * b, a / b, a % b, a.powf(b)] {
                prop_assert!(out.is_missing() || !(a.is_missing() || b.is_missing()));
            }
            prop_assert_eq!((-a).is_missing(), a.is_missing());
            prop_assert!(a.sqrt().is_missing() || a >= Decimal::ZERO);
        }

        #[test]
        fn saving_keeps_every_digit(a in any_decimal()) {
            let bytes = rmp_serde::to_vec(&a).unwrap();
            let back: Decimal = rmp_serde::from_slice(&bytes).unwrap();
            prop_assert!(back.same(a));
            prop_assert_eq!(back.value().map(|v| v.scale()), a.value().map(|v| v.scale()));
        }
    }

    #[test]
    fn what_has_no_answer_is_missing() {
        let max = Decimal::from(Exact::MAX);
        let nought_to_minus_one = Decimal::ZERO.powf(-Decimal::ONE);
        let one_over_nought = Decimal::ONE / Decimal::ZERO;
        for missing in
            [max + Decimal::ONE, max * max, one_over_nought, nought_to_minus_one, (-Decimal::ONE).sqrt()]
        {
            assert!(missing.is_missing());
        }
    }

    #[test]
    fn nought_has_no_sign() {
        let zero = Decimal::ZERO;
        for zero in [-zero, zero * -Decimal::ONE, Decimal::from_f64(-0.0), "-0.0".parse().unwrap()] {
            assert!(zero.same(Decimal::ZERO) && zero.sqrt().same(Decimal::ZERO));
            assert!(!rmp_serde::to_vec(&zero).unwrap().contains(&b'-'));
        }
    }

    #[test]
    fn only_plain_numbers_are_read() {
        for bad in ["", "nan", "inf", "1_000", "1,5", "1e99", "0x10"] {
            assert!(Decimal::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn powers_outside_their_domain_are_missing() {
        let pow = |base: &str, exponent: &str| {
            base.parse::<Decimal>().unwrap().powf(exponent.parse::<Decimal>().unwrap()).to_string()
        };
        for (base, exponent) in [("-2", "0.5"), ("0", "-1"), ("0", "-0.5"), ("10", "1e20"), ("10", "40")] {
            assert_eq!(pow(base, exponent), "missing", "{base} ** {exponent}");
        }
        assert_eq!(
            (pow("-2", "3"), pow("2", "-2"), pow("0", "0.5")),
            ("-8".into(), "0.25".into(), "0".into())
        );
    }

    #[test]
    fn trailing_zeros_are_not_printed() {
        assert_eq!("1.500".parse::<Decimal>().unwrap().to_string(), "1.5");
        assert_eq!("1e-3".parse::<Decimal>().unwrap().to_string(), "0.001");
    }
}
