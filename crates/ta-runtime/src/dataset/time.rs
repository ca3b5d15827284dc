//! Times: milliseconds since 1970-01-01T00:00:00Z, from text and back.
//!
//! ```
//! use ta_runtime::dataset::time::{Epoch, iso, parse};
//!
//! let ts = parse("2000-03-01", Epoch::Milliseconds).unwrap();
//! assert_eq!(ts, 951_868_800_000);
//! assert_eq!(iso(ts + 83).to_string(), "2000-03-01T00:00:00.083Z");
//! ```

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What [`parse`] reads, in words.
pub const ACCEPTED: &str = "an ISO-8601 date or time, in UTC unless it says otherwise, or an integer since the epoch; \
                            nothing finer than a millisecond";

/// The unit in which an integer counts the time since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Epoch {
    /// Seconds.
    Seconds,
    /// Milliseconds, unless said otherwise.
    #[default]
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Nanoseconds.
    Nanoseconds,
}

impl Epoch {
    /// All units.
    pub const ALL: [Self; 4] = [Self::Seconds, Self::Milliseconds, Self::Microseconds, Self::Nanoseconds];

    /// The name used on command lines: `s`, `ms`, `us` or `ns`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Microseconds => "us",
            Self::Nanoseconds => "ns",
        }
    }

    /// This many of the unit in milliseconds, when that is a whole number.
    pub(crate) fn milliseconds(self, count: i64) -> Option<i64> {
        let whole = |per: i64| (count % per == 0).then_some(count / per);
        match self {
            Self::Seconds => count.checked_mul(1000),
            Self::Milliseconds => Some(count),
            Self::Microseconds => whole(1000),
            Self::Nanoseconds => whole(1_000_000),
        }
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that names no unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownUnit(String);

impl fmt::Display for UnknownUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown unit of time `{}` (accepted: `s`, `ms`, `us`, `ns`)", self.0)
    }
}

impl std::error::Error for UnknownUnit {}

impl FromStr for Epoch {
    type Err = UnknownUnit;
    fn from_str(text: &str) -> Result<Self, UnknownUnit> {
        Self::ALL.into_iter().find(|unit| unit.name() == text).ok_or_else(|| UnknownUnit(text.to_owned()))
    }
}

/// Reads a time: digits with an optional sign count the unit given, everything else is ISO-8601.
///
/// A time without a zone is UTC, a date alone is its midnight. `None` for anything else, and for what is finer than a
/// millisecond or outside the years -9999 to 9999.
pub fn parse(text: &str, unit: Epoch) -> Option<i64> {
    match text.parse() {
        Ok(count) => unit.milliseconds(count).filter(|&ts| in_range(ts)),
        Err(_) => iso_in(text, &TimeZone::UTC),
    }
}

/// Reads ISO-8601. What says no zone is in the one given, where it has to be exactly one time; a date alone is the start of its day.
pub(crate) fn iso_in(text: &str, zone: &TimeZone) -> Option<i64> {
    let clock = text.split_once(['T', 't', ' ']).map(|(_, clock)| clock);
    let time = match clock {
        Some(clock) if clock.contains(['Z', 'z', '+', '-', '[']) => text.parse::<Timestamp>().ok()?,
        Some(_) => zone.to_ambiguous_timestamp(text.parse().ok()?).unambiguous().ok()?,
        None => zone.to_timestamp(text.parse::<DateTime>().ok()?).ok()?,
    };
    (time.subsec_nanosecond() % 1_000_000 == 0).then(|| time.as_millisecond())
}

/// The time at which clocks in a zone show so many milliseconds since their own midnight of 1970. A day starts where clocks skip
/// its midnight or show it twice; any other time has to be exactly one.
#[cfg(feature = "readers")]
pub(crate) fn local(shown: i64, zone: &TimeZone, day: bool) -> Option<i64> {
    if *zone == TimeZone::UTC {
        return Some(shown);
    }
    let clock = TimeZone::UTC.to_datetime(Timestamp::from_millisecond(shown).ok()?);
    let time = if day { zone.to_timestamp(clock) } else { zone.to_ambiguous_timestamp(clock).unambiguous() };
    time.ok().map(Timestamp::as_millisecond)
}

/// Whether a time can be written with a year of four digits or its negative.
pub fn in_range(ts: i64) -> bool {
    Timestamp::from_millisecond(ts).is_ok()
}

/// A time as ISO-8601 in UTC: `2000-03-01T00:00:00Z`, with milliseconds only where there are any.
pub fn iso(ts: i64) -> impl fmt::Display + fmt::Debug {
    Iso(ts)
}

#[derive(Debug)]
struct Iso(i64);

impl fmt::Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static SECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(0));
        static MILLISECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        let printer = if self.0 % 1000 == 0 { &SECONDS } else { &MILLISECONDS };
        match Timestamp::from_duration(SignedDuration::from_millis(self.0)) {
            Ok(time) => f.write_str(&printer.timestamp_to_string(&time)),
            Err(_) => write!(f, "{} ms since the epoch", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARCH: i64 = 951_868_800_000;

    #[test]
    fn every_usual_way_of_writing_a_time_is_read() {
        for text in [
            "2000-03-01T00:00:00Z",
            "2000-03-01T00:00:00.000Z",
            "2000-03-01 00:00:00",
            "2000-03-01T00:00",
            "2000-03-01",
            "2000-03-01T01:00:00+01:00",
            "2000-02-29 19:00:00-05:00",
            "951868800000",
        ] {
            assert_eq!(parse(text, Epoch::Milliseconds), Some(MARCH), "{text}");
        }
    }

    #[test]
    fn integers_count_the_unit_that_was_said() {
        assert_eq!(parse("951868800", Epoch::Seconds), Some(MARCH));
        assert_eq!(parse("951868800", Epoch::Milliseconds), Some(951_868_800));
        assert_eq!(parse("951868800000000", Epoch::Microseconds), Some(MARCH));
        assert_eq!(parse("951868800000000000", Epoch::Nanoseconds), Some(MARCH));
        assert_eq!(parse("-1", Epoch::Seconds), Some(-1000));
    }

    #[test]
    fn what_is_not_a_whole_millisecond_in_range_is_refused() {
        for text in [
            "",
            "yesterday",
            "2000-13-01",
            "2000-02-30",
            "2000-03-01T25:00",
            "2000-03-01T00:00:00.0001Z",
            "951868800.5",
            "9223372036854775807",
            "9999-12-31T23:59:59-12:00",
            "99999999999999999999",
        ] {
            assert_eq!(parse(text, Epoch::Milliseconds), None, "{text}");
        }
        assert_eq!(parse("1", Epoch::Microseconds), None);
        assert_eq!(parse("9223372036854775807", Epoch::Seconds), None);
    }

    #[test]
    fn milliseconds_are_written_only_where_there_are_any() {
        assert_eq!(iso(MARCH).to_string(), "2000-03-01T00:00:00Z");
        assert_eq!(iso(MARCH + 500).to_string(), "2000-03-01T00:00:00.500Z");
        assert_eq!(iso(-1).to_string(), "1969-12-31T23:59:59.999Z");
        assert_eq!(iso(i64::MAX).to_string(), "9223372036854775807 ms since the epoch");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(ts in -377_705_023_201_000_i64..=253_402_207_200_999) {
            prop_assert!(in_range(ts));
            prop_assert_eq!(parse(&iso(ts).to_string(), Epoch::Milliseconds), Some(ts));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = parse(&text, Epoch::Milliseconds);
        }
    }
}
