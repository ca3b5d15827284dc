//! How plans are run, as said by the program or else by the environment.

use std::str::FromStr;

use super::{Checkpoints, Mode};
use crate::error::{Error, Kind};

/// How plans are run.
///
/// ```
/// use ta_runtime::exec::{Mode, Settings};
///
/// let env = |name: &str| (name == "TA_EXECUTION_MODE").then(|| "incremental".to_owned());
/// assert_eq!(Settings::new(None, None, env)?.mode(), Mode::Incremental);
/// // What the program says wins.
/// assert_eq!(Settings::new(Some(Mode::Batch), None, env)?.mode(), Mode::Batch);
///
/// let wrong = |_: &str| Some("fast".to_owned());
/// let err = Settings::new(None, None, wrong).unwrap_err();
/// assert!(err.to_string().starts_with("`TA_EXECUTION_MODE` is `fast`"));
/// # Ok::<(), ta_runtime::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    mode: Mode,
    rate: f64,
    checkpoints: Checkpoints,
}

impl Default for Settings {
    /// Over whole columns.
    fn default() -> Self {
        Self { mode: Mode::Batch, rate: 1.0, checkpoints: Checkpoints::default() }
    }
}

impl Settings {
    /// These choices, and where one is not made, what the environment says: `TA_EXECUTION_MODE` (`batch`, `incremental` or
    /// `shadow`), `TA_PARITY_SHADOW` (`true` makes incremental runs shadow runs) and `TA_PARITY_SAMPLE_RATE` (which share of them
    /// is checked, from 0 to 1). Batch, and all of them, where nothing is said.
    ///
    /// # Errors
    /// A value that is none, wherever it is from.
    pub fn new(
        mode: Option<Mode>,
        rate: Option<f64>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let mode = if let Some(mode) = mode {
            mode
        } else {
            let mode = said("TA_EXECUTION_MODE", &environment)?.unwrap_or(Mode::Batch);
            match said("TA_PARITY_SHADOW", &environment)? {
                Some(true) if mode == Mode::Incremental => Mode::Shadow,
                _ => mode,
            }
        };
        let rate = match rate {
            Some(rate) => rate,
            None => said("TA_PARITY_SAMPLE_RATE", &environment)?.unwrap_or(1.0),
        };
        if !(0.0..=1.0).contains(&rate) {
            let error = Error::new(Kind::Argument, format!("sample rate is {rate}"));
            return Err(error.with_help("a share from 0 to 1"));
        }
        Ok(Self { mode, rate, checkpoints: Checkpoints::default() })
    }

    /// As [`new`](Self::new), from the environment of the process.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_process(mode: Option<Mode>, rate: Option<f64>) -> Result<Self, Error> {
        Self::new(mode, rate, |name| std::env::var(name).ok())
    }

    /// The same, with so much kept to go back to.
    #[must_use]
    pub fn with_checkpoints(self, checkpoints: Checkpoints) -> Self {
        Self { checkpoints, ..self }
    }

    /// What a plan that goes on keeps to go back to.
    pub fn checkpoints(&self) -> Checkpoints {
        self.checkpoints
    }

    /// How plans are run.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether the n-th run is among those that are checked. They are spread evenly.
    pub(crate) fn samples(&self, run: u64) -> bool {
        let until = |run: u64| (run as f64 * self.rate).floor();
        until(run.saturating_add(1)) > until(run)
    }
}

/// What the environment says under a name.
fn said<T: FromStr<Err: std::fmt::Display>>(
    name: &str,
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<Option<T>, Error> {
    let Some(text) = environment(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|err: T::Err| {
        Error::new(Kind::Argument, format!("`{name}` is `{text}`")).with_help(err.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_runs_is_checked_and_evenly() {
        for (rate, expected) in [(0.0, 0), (0.25, 25), (1.0, 100), (0.3, 30)] {
            let settings = Settings { mode: Mode::Shadow, rate, ..Settings::default() };
            assert_eq!((0..100).filter(|&run| settings.samples(run)).count(), expected);
        }
    }

    #[test]
    fn a_bad_value_is_an_error() {
        for (name, value) in [
            ("TA_EXECUTION_MODE", "both"),
            ("TA_PARITY_SHADOW", "yes"),
            ("TA_PARITY_SAMPLE_RATE", "some"),
            ("TA_PARITY_SAMPLE_RATE", "1.5"),
            ("TA_PARITY_SAMPLE_RATE", "NaN"),
        ] {
            assert!(
                Settings::new(None, None, |asked| (asked == name).then(|| value.to_owned())).is_err(),
                "{name}"
            );
        }
        let shadow = |name: &str| match name {
            "TA_EXECUTION_MODE" => Some("incremental".to_owned()),
            "TA_PARITY_SHADOW" => Some("true".to_owned()),
            _ => None,
        };
        assert_eq!(Settings::new(None, None, shadow).unwrap().mode(), Mode::Shadow);
        assert_eq!(Settings::new(Some(Mode::Incremental), None, shadow).unwrap().mode(), Mode::Incremental);
    }
}
