//! How hard the harness tries.

use std::fmt;

/// How many random cases each law is tried on, and where their random numbers start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Random cases per kernel, scalar and law, beside the fixed ones.
    pub cases: u32,
    /// Two walks with the same seed try the same cases.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { cases: 32, seed: 7 }
    }
}

impl Config {
    /// The default, changed by `TA_CONFORMANCE_CASES` and `TA_CONFORMANCE_SEED` where they are set.
    ///
    /// # Errors
    /// When one of them is set to something that is not a whole number.
    pub fn from_env() -> Result<Self, InvalidSetting> {
        let Self { cases, seed } = Self::default();
        Ok(Self { cases: read("TA_CONFORMANCE_CASES", cases)?, seed: read("TA_CONFORMANCE_SEED", seed)? })
    }
}

fn read<T: std::str::FromStr>(name: &'static str, default: T) -> Result<T, InvalidSetting> {
    let Some(value) = std::env::var_os(name) else { return Ok(default) };
    let value = value.to_string_lossy();
    value
        .parse()
        .map_err(|_| InvalidSetting(format!("{name} is `{value}` (accepted: a whole number from 0)")))
}

/// An environment variable that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSetting(String);

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidSetting {}
