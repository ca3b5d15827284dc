//! Parameter values, and the one place where they are checked.
//!
//! Expressions, JSON, Python and Rust callers all end here, so every front end refuses the same value in the same words.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::registry::{KernelDef, Rule};
use crate::spec::{Domain, ParamSpec};

/// The value of one parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamValue {
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// `true` or `false`.
    Flag(bool),
    /// A word.
    Choice(String),
}

impl fmt::Display for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value}"),
            Self::Flag(value) => write!(f, "{value}"),
            Self::Choice(value) => f.write_str(value),
        }
    }
}

impl From<i64> for ParamValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<f64> for ParamValue {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}
impl From<bool> for ParamValue {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}
impl From<&str> for ParamValue {
    fn from(value: &str) -> Self {
        Self::Choice(value.to_owned())
    }
}

/// The parameters of one kernel, complete, in declared order, each inside its domain.
///
/// Made by [`KernelDef::params`] only, so who holds one need not check again.
#[derive(Debug, Clone, PartialEq)]
pub struct Params(Vec<ParamValue>);

impl Params {
    /// For `#[kernel]`, whose structs are read back through [`KernelDef::params`] before use.
    #[doc(hidden)]
    pub fn unchecked(values: Vec<ParamValue>) -> Self {
        Self(values)
    }

    /// The values in declared order.
    pub fn values(&self) -> &[ParamValue] {
        &self.0
    }
}

impl KernelDef {
    /// The default parameters.
    pub fn defaults(&self) -> Params {
        Params(self.spec.params.iter().map(|param| param.domain.default()).collect())
    }

    /// Checks arguments given by name against the declaration; what is left out takes its default.
    ///
    /// A whole number is accepted for a real parameter, and a real without a fraction for a whole one.
    ///
    /// # Errors
    /// An unknown or repeated name, a value of the wrong type or outside its domain, or a broken rule between fields, whichever
    /// comes first in this order.
    pub fn params<'a>(
        &self,
        given: impl IntoIterator<Item = (&'a str, ParamValue)>,
    ) -> Result<Params, Error> {
        let mut values: Vec<Option<ParamValue>> = vec![None; self.spec.params.len()];
        for (name, value) in given {
            let Some(at) = self.spec.params.iter().position(|param| param.name == name) else {
                return Err(Error::unknown_param(&self.spec, name));
            };
            if values[at].is_some() {
                return Err(Error::repeated_param(&self.spec, name));
            }
            values[at] = Some(value);
        }
        let mut checked = Vec::with_capacity(values.len());
        for (param, value) in self.spec.params.iter().zip(values) {
            checked.push(match value {
                Some(value) => param.accept(&value).ok_or_else(|| Error::param(&self.spec, param, &value))?,
                None => param.domain.default(),
            });
        }
        let params = Params(checked);
        if let Some(Rule(check)) = &self.check {
            check(&params).map_err(|rule| Error::rule(&self.spec, &params, &rule))?;
        }
        Ok(params)
    }

    /// Parameters with their names, in declared order.
    pub fn named<'a>(&self, params: &'a Params) -> impl Iterator<Item = (&'static str, &'a ParamValue)> {
        self.spec.params.iter().map(|param| param.name).zip(params.values())
    }
}

impl ParamSpec {
    /// The value in the type of the domain, when it lies in it.
    fn accept(&self, value: &ParamValue) -> Option<ParamValue> {
        let value = match (self.domain, value) {
            (Domain::Int { .. }, &ParamValue::Real(real)) if real.fract() == 0.0 && real.abs() < 9e15 => {
                ParamValue::Int(real as i64)
            }
            (Domain::Real { .. }, &ParamValue::Int(int)) => ParamValue::Real(int as f64),
            _ => value.clone(),
        };
        let inside = match (self.domain, &value) {
            (Domain::Int { min, max, .. }, ParamValue::Int(int)) => (min..=max).contains(int),
            (Domain::Real { min, max, .. }, ParamValue::Real(real)) => (min..=max).contains(real),
            (Domain::Flag { .. }, ParamValue::Flag(_)) => true,
            (Domain::Choice { names, .. }, ParamValue::Choice(word)) => names.contains(&word.as_str()),
            _ => false,
        };
        inside.then_some(value)
    }
}

impl Domain {
    /// The value taken when the argument is left out.
    pub fn default(&self) -> ParamValue {
        match *self {
            Self::Int { default, .. } => default.into(),
            Self::Real { default, .. } => default.into(),
            Self::Flag { default } => default.into(),
            Self::Choice { default, .. } => default.into(),
        }
    }
}

/// A field type that can be a parameter; implemented for `usize`, `i64`, `f64`, `bool` and, by `#[choices]`, for fieldless enums.
#[doc(hidden)]
pub trait ParamField: Sized {
    /// The largest whole number the type holds on this target.
    const MOST: i64 = i64::MAX;
    fn to_value(&self) -> ParamValue;
    /// From a value that has been checked against the field's declaration.
    fn from_value(value: &ParamValue) -> Self;
}

/// The end of a domain, or the end of the field's type where that comes first: a domain never promises what a target with a
/// smaller `usize` cannot hold.
#[doc(hidden)]
pub const fn at_most<T: ParamField>(max: i64) -> i64 {
    if max < T::MOST { max } else { T::MOST }
}

impl ParamField for usize {
    const MOST: i64 = if usize::BITS < i64::BITS { usize::MAX as i64 } else { i64::MAX };

    fn to_value(&self) -> ParamValue {
        ParamValue::Int((*self).try_into().unwrap_or(i64::MAX))
    }
    fn from_value(value: &ParamValue) -> Self {
        match value {
            ParamValue::Int(value) => (*value).try_into().unwrap_or_default(),
            _ => 0,
        }
    }
}

macro_rules! field {
    ($type:ty, $variant:ident) => {
        impl ParamField for $type {
            fn to_value(&self) -> ParamValue {
                ParamValue::$variant(*self)
            }
            fn from_value(value: &ParamValue) -> Self {
                match value {
                    ParamValue::$variant(value) => *value,
                    _ => Self::default(),
                }
            }
        }
    };
}

field!(i64, Int);
field!(f64, Real);
field!(bool, Flag);

/// A fieldless enum that can be a parameter; implemented by `#[choices]`.
pub trait Choices: Sized + Copy + 'static {
    /// The accepted words, in the order of the variants.
    const NAMES: &'static [&'static str];
    /// The word for this variant.
    fn name(self) -> &'static str;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A count on a target of 32 bits.
    struct Count32;

    impl ParamField for Count32 {
        const MOST: i64 = u32::MAX as i64;
        fn to_value(&self) -> ParamValue {
            ParamValue::Int(0)
        }
        fn from_value(_: &ParamValue) -> Self {
            Self
        }
    }

    #[test]
    fn a_domain_ends_where_the_type_of_its_field_does() {
        assert_eq!(at_most::<Count32>(100), 100);
        assert_eq!(at_most::<Count32>(5_000_000_000), 4_294_967_295);
        assert_eq!(at_most::<i64>(i64::MAX), i64::MAX);
        // What lies beyond is refused like any other value outside the domain.
        let domain = Domain::Int { default: 1, min: 1, max: at_most::<Count32>(5_000_000_000) };
        let period = ParamSpec { name: "period", doc: "Bars.", domain };
        assert_eq!(period.accept(&5_000_000_000.into()), None);
        assert_eq!(domain.to_string(), "a whole number from 1 to 4294967295");
    }
}
