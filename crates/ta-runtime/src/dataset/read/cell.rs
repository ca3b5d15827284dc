//! One cell: a number, a time, or neither.

use ta_kernel_api::Scalar;

use super::Options;
use crate::dataset::time::{self, Epoch};
use crate::error::{Error, Kind};

/// A time, and whether it was written as an integer that would be a usual count of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    pub(super) ts: i64,
    pub(super) like_seconds: bool,
}

impl Time {
    /// A time in a zone that is known, as milliseconds since the epoch.
    #[cfg(feature = "readers")]
    pub(super) fn instant(ts: i64) -> Option<Self> {
        time::in_range(ts).then_some(Self { ts, like_seconds: false })
    }

    /// What clocks show in the zone of the options, as milliseconds since their own midnight of 1970; it has to be exactly one time.
    #[cfg(feature = "readers")]
    pub(super) fn local(shown: i64, options: &Options) -> Option<Self> {
        Self::instant(time::local(shown, options.zone.time_zone(), false)?)
    }

    /// The start of a day in the zone of the options.
    #[cfg(feature = "readers")]
    pub(super) fn day(shown: i64, options: &Options) -> Option<Self> {
        Self::instant(time::local(shown, options.zone.time_zone(), true)?)
    }

    /// So many of a unit since the epoch, when that is a whole number of milliseconds.
    pub(super) fn count(count: i64, unit: Epoch) -> Option<Self> {
        let ts = unit.milliseconds(count).filter(|&ts| time::in_range(ts))?;
        Some(Self { ts, like_seconds: (100_000_000..10_000_000_000).contains(&count) })
    }

    /// A time as text.
    pub(super) fn text(cell: &[u8], options: &Options) -> Option<Self> {
        let text = str::from_utf8(cell).ok()?.trim_ascii();
        match text.parse() {
            Ok(count) => Self::count(count, options.epoch),
            Err(_) => Some(Self { ts: time::iso_in(text, options.zone.time_zone())?, like_seconds: false }),
        }
    }
}

/// A number as text; nothing and words for it are missing.
pub(super) fn number<S: Scalar>(cell: &[u8]) -> Option<S> {
    let text = str::from_utf8(cell).ok()?.trim_ascii();
    if text.is_empty() || text.eq_ignore_ascii_case("nan") || text.eq_ignore_ascii_case("null") {
        return Some(S::MISSING);
    }
    S::parse(text)
}

/// The refusal of a cell that is no number.
pub(super) fn no_number(shown: &str) -> Error {
    let help =
        "accepted: a finite number such as `12.5` or `1e-3`; nothing, `nan` or `null` where it is missing";
    Error::new(Kind::Data, format!("{shown} is not a number")).with_help(help)
}

/// The refusal of a cell that is no time.
pub(super) fn no_time(shown: &str, options: &Options) -> Error {
    let mut accepted = format!("accepted: {}", time::ACCEPTED);
    if options.zone != super::Zone::UTC {
        accepted = accepted.replacen("UTC", &options.zone.to_string(), 1);
        accepted.push_str("; a local time that clocks skip or show twice says its offset");
    }
    Error::new(Kind::Data, format!("{shown} is not a time")).with_help(accepted)
}

/// The beginning of a cell, safe to print.
pub(super) fn shown(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    let head: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(40).is_some() { "…" } else { "" };
    format!("`{head}{more}`")
}
