//! A kernel's declaration as data: what `#[kernel]` read from the attribute, the fields and the doc comments.

use std::fmt;

use crate::scalar::ScalarKind;

/// Everything that is declared about a kernel.
#[derive(Debug, Clone, Copy)]
pub struct KernelSpec {
    /// The name under which it is called, `ema` or `vendor::name`; never changes its meaning.
    pub id: &'static str,
    /// Other names for the same kernel.
    pub aliases: &'static [&'static str],
    /// The group it is listed under, such as `overlap` or `momentum`.
    pub family: &'static str,
    /// The version of its crate that first had it.
    pub since: &'static str,
    /// Its documentation, in Markdown; the first line is the summary.
    pub doc: &'static str,
    /// Parameters in the order of positional arguments.
    pub params: &'static [ParamSpec],
    /// Inputs in the order of positional arguments.
    pub inputs: &'static [InputSpec],
    /// Outputs in the order they are computed.
    pub outputs: &'static [OutputSpec],
    /// The scalars it computes with.
    pub scalars: &'static [ScalarKind],
    /// How closely its batch form agrees with its step form.
    pub parity: Parity,
    /// Whether it is handed rows with missing inputs.
    pub missing: MissingInputs,
    /// How long it warms up.
    pub warmup: Warmup,
    /// Where a chart draws it.
    pub plot: Plot,
    /// The version of its saved state; a snapshot with another one is refused.
    pub state_version: u32,
    /// The crate that declares it.
    pub krate: &'static str,
    /// The version of that crate.
    pub krate_version: &'static str,
    /// The source file of the declaration.
    pub file: &'static str,
    /// The line of the declaration.
    pub line: u32,
}

impl KernelSpec {
    /// The first line of the documentation.
    pub fn summary(&self) -> &'static str {
        self.doc.lines().next().unwrap_or("")
    }
}

/// A parameter: a name, a meaning and a domain.
#[derive(Debug, Clone, Copy)]
pub struct ParamSpec {
    /// Its name, also as a keyword argument.
    pub name: &'static str,
    /// What it means, in Markdown.
    pub doc: &'static str,
    /// What it accepts, and its default.
    pub domain: Domain,
}

/// What a parameter accepts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Domain {
    /// A whole number from `min` to `max`.
    Int {
        /// Taken when the argument is left out.
        default: i64,
        /// The smallest accepted value.
        min: i64,
        /// The largest accepted value.
        max: i64,
    },
    /// A finite number from `min` to `max`.
    Real {
        /// Taken when the argument is left out.
        default: f64,
        /// The smallest accepted value.
        min: f64,
        /// The largest accepted value.
        max: f64,
    },
    /// `true` or `false`.
    Flag {
        /// Taken when the argument is left out.
        default: bool,
    },
    /// One of several words.
    Choice {
        /// Taken when the argument is left out.
        default: &'static str,
        /// The accepted words.
        names: &'static [&'static str],
    },
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int { min, max, .. } => write!(f, "a whole number from {min} to {max}"),
            Self::Real { min, max, .. } => write!(f, "a number from {min} to {max}"),
            Self::Flag { .. } => f.write_str("`true` or `false`"),
            Self::Choice { names, .. } => {
                f.write_str("one of ")?;
                for (i, name) in names.iter().enumerate() {
                    write!(f, "{}`{name}`", if i == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

/// An input series of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputSpec {
    /// Its name, also as a keyword argument.
    pub name: &'static str,
    /// The field that is read when the argument is left out, `close` or `ts`; without one the argument is required.
    pub field: Option<&'static str>,
}

/// An output series of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputSpec {
    /// Its name, as in `macd(12, 26, 9).signal`.
    pub name: &'static str,
    /// What it means, in Markdown; may be empty when the kernel has only one.
    pub doc: &'static str,
    /// Number or boolean.
    pub kind: OutputKind,
    /// Whether a chart draws it as bars from zero.
    pub histogram: bool,
}

/// Number or boolean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutputKind {
    /// A number.
    Number,
    /// One for true, zero for false, missing for unknown.
    Bool,
}

/// How closely the batch form of a kernel agrees with its step form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Parity {
    /// Bit for bit.
    Exact,
    /// Within so many units in the last place.
    Ulps {
        /// How many.
        ulps: u32,
        /// Why not exact.
        reason: &'static str,
    },
    /// Within a relative distance.
    Relative {
        /// Which.
        tolerance: f64,
        /// Why not exact.
        reason: &'static str,
    },
}

impl fmt::Display for Parity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Ulps { ulps, .. } => write!(f, "ulps({ulps})"),
            Self::Relative { tolerance, .. } => write!(f, "relative({tolerance})"),
        }
    }
}

/// Whether a kernel is handed rows with missing inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingInputs {
    /// Never: the plan's policy decides what happens at such a row.
    Policy,
    /// Always: the kernel is about missing values.
    Pass,
}

/// How long a kernel warms up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warmup {
    /// Exactly `lookback()` rows.
    Exact,
    /// At least `lookback()` rows; when the first value comes depends on the data.
    Data,
}

/// Where a chart draws a kernel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plot {
    /// On the price or in a pane of its own.
    pub place: Place,
    /// Horizontal lines, such as 30 and 70.
    pub levels: &'static [f64],
}

/// On the price or in a pane of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Over the price bars.
    Overlay,
    /// In a pane below.
    Pane,
}
