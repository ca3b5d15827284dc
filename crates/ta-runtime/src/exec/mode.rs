//! The ways to run a plan.

use std::fmt;
use std::str::FromStr;

/// How a plan is run. The answers are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Over whole columns.
    #[default]
    Batch,
    /// Row by row, with a state that goes on.
    Incremental,
    /// Row by row, and a sample of the runs over whole columns too, to compare.
    Shadow,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::Batch, Self::Incremental, Self::Shadow];

    /// The name used in text and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Incremental => "incremental",
            Self::Shadow => "shadow",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that names no mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownMode(String);

impl fmt::Display for UnknownMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown execution mode `{}` (accepted: `batch`, `incremental`, `shadow`)", self.0)
    }
}

impl std::error::Error for UnknownMode {}

impl FromStr for Mode {
    type Err = UnknownMode;
    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        Self::ALL.into_iter().find(|mode| mode.name() == text).ok_or_else(|| UnknownMode(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_read_by_its_name() {
        for mode in Mode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
        assert_eq!(
            "fast".parse::<Mode>().unwrap_err().to_string(),
            "unknown execution mode `fast` (accepted: `batch`, `incremental`, `shadow`)"
        );
    }
}
