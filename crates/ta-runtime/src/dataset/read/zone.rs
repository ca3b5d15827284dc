//! Where a time is that says no zone.

use std::fmt;
use std::str::FromStr;

use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;
use ta_kernel_api::near_names;

use crate::dataset::partition::list;

/// A time zone: UTC, a fixed offset such as `-05:00`, or with the feature `readers` a name such as `America/New_York`.
///
/// ```
/// use ta_runtime::dataset::read::Zone;
///
/// assert_eq!("UTC".parse(), Ok(Zone::UTC));
/// assert_eq!("+05:30".parse::<Zone>().unwrap().to_string(), "+05:30");
/// assert!("Mars/Olympus".parse::<Zone>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(TimeZone::UTC);

    pub(crate) fn time_zone(&self) -> &TimeZone {
        &self.0
    }
}

/// UTC.
impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.iana_name(), self.0.to_fixed_offset()) {
            (Some(name), _) => f.pad(name),
            (None, Ok(offset)) => {
                let seconds = offset.seconds();
                let (minutes, rest) = (seconds.abs() / 60, seconds.abs() % 60);
                let sign = if seconds < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)?;
                if rest == 0 { Ok(()) } else { write!(f, ":{rest:02}") }
            }
            // There is no other way to make one.
            (None, Err(_)) => f.write_str("local time"),
        }
    }
}

/// A text that names no time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownZone {
    given: String,
    near: Vec<String>,
}

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown time zone `{}` (", self.given.escape_debug())?;
        if !self.near.is_empty() {
            write!(f, "close: {}; ", list(&self.near))?;
        }
        let names = if cfg!(feature = "readers") {
            "a name such as `America/New_York`"
        } else {
            "with the feature `readers` a name such as `America/New_York`"
        };
        write!(f, "accepted: `UTC`, an offset such as `-05:00`, {names})")
    }
}

impl std::error::Error for UnknownZone {}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<Self, UnknownZone> {
        static PARSER: DateTimeParser = DateTimeParser::new();
        if ["UTC", "Z"].iter().any(|utc| utc.eq_ignore_ascii_case(text)) {
            return Ok(Self::UTC);
        }
        let zone = PARSER.parse_time_zone(text).ok();
        // POSIX rules are zones too, but nobody means to write them.
        zone.filter(|zone| zone.iana_name().is_some() || zone.to_fixed_offset().is_ok()).map(Self).ok_or_else(
            || {
                let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
                let near = near_names(text, known.iter().map(String::as_str));
                UnknownZone { given: text.to_owned(), near: near.into_iter().map(str::to_owned).collect() }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_reads_back_from_what_it_prints() {
        let names: &[&str] =
            if cfg!(feature = "readers") { &["America/New_York", "Asia/Kolkata"] } else { &[] };
        for text in ["UTC", "+05:30", "-05:00", "+00:20:30"].iter().chain(names) {
            let zone: Zone = text.parse().unwrap();
            assert_eq!(zone.to_string(), *text);
            assert_eq!(zone.to_string().parse(), Ok(zone));
        }
    }

    #[test]
    fn what_is_no_zone_is_refused_with_near_names() {
        for text in ["", "05:00", "EST5EDT,M3.2.0,M11.1.0", "\u{1b}[2J", "+99:00"] {
            let said = text.parse::<Zone>().unwrap_err().to_string();
            assert!(said.contains("accepted: `UTC`, an offset such as `-05:00`"), "{said}");
            assert!(!said.contains('\u{1b}'));
        }
        if cfg!(feature = "readers") {
            let said = "America/NewYork".parse::<Zone>().unwrap_err().to_string();
            assert!(said.contains("close: `America/New_York`"), "{said}");
        }
    }
}
