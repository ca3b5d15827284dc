//! The numbers kernels compute with: `f64` and an exact, nullable decimal.
//!
//! Each has one missing value. Arithmetic with it yields it; so do, at the latest where a value leaves a
//! kernel, division by zero, overflow and arguments outside a function's domain. There is no infinity and
//! no second kind of NaN.

mod decimal;
mod float;

use std::fmt::{Debug, Display};

use num_traits::{NumAssignOps, NumOps};
use serde::de::DeserializeOwned;
use serde::{Deserializer, Serialize};

pub use decimal::Decimal;

use crate::node::Node;
use crate::registry::{Binding, KernelDef};
use crate::state::State;

/// Which scalar a kernel, a plan or a snapshot computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScalarKind {
    /// IEEE 754 double precision.
    F64,
    /// Exact decimal with up to 28 significant digits.
    Decimal,
}

impl ScalarKind {
    /// The name used in text, snapshots and command lines: `f64` or `decimal`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::Decimal => "decimal",
        }
    }
}

impl Display for ScalarKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f64 {}
    impl Sealed for super::Decimal {}
}

/// A number a kernel can compute with.
///
/// The operators never panic. For [`Decimal`] every single operation is closed: what has no answer is
/// [`MISSING`](Self::MISSING). For `f64` the operators are the machine's own, and infinities made on the way are turned
/// into the missing value where they leave the kernel ([`finite`](Self::finite)), so that inner loops stay fast.
///
/// Comparisons with the missing value are false, as with NaN.
pub trait Scalar:
    sealed::Sealed
    + Copy
    + Debug
    + Display
    + Default
    + PartialEq
    + PartialOrd
    + NumOps
    + NumAssignOps
    + std::ops::Neg<Output = Self>
    + Serialize
    + DeserializeOwned
    + State
    + Send
    + Sync
    + 'static
{
    /// Which scalar this is.
    const KIND: ScalarKind;
    /// The missing value.
    const MISSING: Self;
    /// Nought.
    const ZERO: Self;
    /// One; also the boolean `true`.
    const ONE: Self;

    /// Multiplication by a fixed factor `1 / n`, see [`Scalar::divisor`].
    type Divisor: State + Copy;
    /// The type-erased, serialisable node over this scalar.
    type Node: Node<Self> + Serialize + ?Sized;

    /// Whether this is the missing value.
    fn is_missing(self) -> bool;
    /// Whether this is a number: neither missing nor, in `f64`, infinite.
    fn is_finite(self) -> bool;
    /// Whether all of these are numbers, without looking at each by itself.
    fn all_finite(values: &[Self]) -> bool {
        values.iter().all(|value| value.is_finite())
    }
    /// This value, or the missing value when it is not finite.
    #[must_use]
    fn finite(self) -> Self {
        if self.is_finite() { self } else { Self::MISSING }
    }
    /// `value`, in decimals to about 16 significant digits; missing when it is not finite or out of range.
    fn from_f64(value: f64) -> Self;
    /// This integer, exactly where the scalar can hold it.
    fn from_i64(value: i64) -> Self;
    /// The nearest `f64`; NaN for the missing value.
    fn to_f64(self) -> f64;
    /// Reads a number written in the usual way (`12`, `-0.5`, `1e-3`); `None` for anything else, for what is out of range
    /// and for words such as `nan` or `inf`.
    fn parse(text: &str) -> Option<Self>;

    /// The absolute value.
    #[must_use]
    fn abs(self) -> Self;
    /// The square root; missing below zero.
    #[must_use]
    fn sqrt(self) -> Self;
    /// `self` to the power `exponent`; missing outside the domain.
    #[must_use]
    fn powf(self, exponent: Self) -> Self;
    /// `self / rhs`, missing when `rhs` is zero.
    #[must_use]
    fn checked_div(self, rhs: Self) -> Self;

    /// Prepares a division by the count `n` that is done many times.
    ///
    /// `f64` multiplies by the reciprocal (within one unit in the last place of the quotient); decimals divide.
    fn divisor(n: usize) -> Self::Divisor;
    /// Divides by a prepared count.
    #[must_use]
    fn div_by(self, divisor: Self::Divisor) -> Self;

    /// A count as a scalar.
    fn from_count(n: usize) -> Self {
        Self::from_i64(n as i64)
    }
    /// The larger of two values, the second when they are equal. Neither may be missing.
    #[must_use]
    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }
    /// The smaller of two values, the second when they are equal. Neither may be missing.
    #[must_use]
    fn min(self, other: Self) -> Self {
        if self < other { self } else { other }
    }
    /// A three-valued boolean as a number: `true` is one, `false` is zero, unknown is missing.
    fn from_truth(truth: Option<bool>) -> Self {
        match truth {
            Some(true) => Self::ONE,
            Some(false) => Self::ZERO,
            None => Self::MISSING,
        }
    }
    /// A boolean as a number: `true` is one, `false` is zero.
    fn from_bool(truth: bool) -> Self {
        if truth { Self::ONE } else { Self::ZERO }
    }
    /// The truth of a number that stands for a boolean: `None` when missing.
    fn truth(self) -> Option<bool> {
        (!self.is_missing()).then(|| self != Self::ZERO)
    }
    /// Whether two values are the same answer: bit for bit in `f64`, the same number in decimals, or both missing.
    fn same(self, other: Self) -> bool;

    /// The kernel over this scalar, when it computes with it.
    #[doc(hidden)]
    fn binding(def: &KernelDef) -> Option<&Binding<Self>>;

    /// Reads back a node of any linked kernel.
    #[doc(hidden)]
    fn load_node<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<Self::Node>, D::Error>;
}
