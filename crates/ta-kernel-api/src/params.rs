//! Parameter values, and the one place where they are checked.
//!
//! Expressions, JSON, Python and Rust callers all end here, so every front end refuses the same value in the same words.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::registry::KernelDef;
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
        if let Some(check) = self.check {
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
    fn to_value(&self) -> ParamValue;
    /// From a value that has been checked against the field's declaration.
    fn from_value(value: &ParamValue) -> Self;
}

macro_rules! field {
    ($type:ty, $variant:ident, $zero:expr) => {
        impl ParamField for $type {
            fn to_value(&self) -> ParamValue {
                ParamValue::$variant((*self).try_into().unwrap_or_default())
            }
            fn from_value(value: &ParamValue) -> Self {
                match value {
                    ParamValue::$variant(value) => (*value).try_into().unwrap_or_default(),
                    _ => $zero,
                }
            }
        }
    };
}

field!(usize, Int, 0);
field!(i64, Int, 0);
field!(f64, Real, 0.0);
field!(bool, Flag, false);

/// A fieldless enum that can be a parameter; implemented by `#[choices]`.
pub trait Choices: Sized + Copy + 'static {
    /// The accepted words, in the order of the variants.
    const NAMES: &'static [&'static str];
    /// The word for this variant.
    fn name(self) -> &'static str;
}
