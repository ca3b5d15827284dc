//! How long a bar lasts.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// How long a bar lasts: so many seconds, minutes, hours, days, weeks or calendar months, in UTC.
///
/// Bars of fixed length begin at multiples of it since 1970-01-01, weeks on Monday, months on their first day. One length has one
/// value: `60m` is `1h`, `7d` begins elsewhere than `1w` and is not.
///
/// ```
/// use ta_runtime::dataset::Timeframe;
///
/// let hour: Timeframe = "60m".parse()?;
/// assert_eq!(hour.to_string(), "1h");
/// assert_eq!((hour.start_of(7_199_999), hour.end_of(7_199_999)), (3_600_000, 7_200_000));
/// # Ok::<(), ta_runtime::dataset::UnknownTimeframe>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timeframe(Length);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Length {
    /// Milliseconds, bars counted from the epoch.
    Fixed(i64),
    Weeks(i64),
    Months(i64),
}

/// What a [`Timeframe`] is read from, in words.
pub const ACCEPTED: &str =
    "a number and a unit: `ms`, `s`, `m`, `h`, `d`, `w` or `M` for a calendar month, as in `5m` or `1d`";

const UNITS: [(&str, i64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
const WEEK: i64 = 7 * 86_400_000;
/// The first Monday is the fifth day of 1970.
const MONDAY: i64 = 4 * 86_400_000;
/// Longer ones serve no one, and sums with them stay in range.
const LONGEST: i64 = 100 * 366 * 86_400_000;

impl Timeframe {
    /// A fixed length in milliseconds; `None` when it is not from 1 up to a hundred years.
    pub fn milliseconds(length: i64) -> Option<Self> {
        (1..=LONGEST).contains(&length).then_some(Self(Length::Fixed(length)))
    }

    /// Where the bar that holds this time begins.
    pub fn start_of(self, ts: i64) -> i64 {
        match self.0 {
            Length::Fixed(length) => ts.saturating_sub(ts.rem_euclid(length)),
            Length::Weeks(weeks) => ts.saturating_sub((ts.saturating_sub(MONDAY)).rem_euclid(weeks * WEEK)),
            Length::Months(months) => month(ts).map_or(ts, |at| first_of(at.div_euclid(months) * months)),
        }
    }

    /// Where the bar that holds this time ends, which is where the next one begins.
    pub fn end_of(self, ts: i64) -> i64 {
        match self.0 {
            Length::Fixed(length) => self.start_of(ts).saturating_add(length),
            Length::Weeks(weeks) => self.start_of(ts).saturating_add(weeks * WEEK),
            Length::Months(months) => {
                month(ts).map_or(i64::MAX, |at| first_of((at.div_euclid(months) + 1) * months))
            }
        }
    }

    /// The time so much earlier: `1M` before the 31st of March is the last day of February.
    pub fn before(self, ts: i64) -> i64 {
        match self.0 {
            Length::Fixed(length) => ts.saturating_sub(length),
            Length::Weeks(weeks) => ts.saturating_sub(weeks * WEEK),
            Length::Months(months) => Timestamp::from_millisecond(ts)
                .and_then(|ts| ts.to_zoned(TimeZone::UTC).checked_sub(months.months()))
                .map_or(i64::MIN, |ts| ts.timestamp().as_millisecond()),
        }
    }

    /// Whether bars of `self` can be put together from whole bars of `other`.
    pub fn is_multiple_of(self, other: Self) -> bool {
        match (self.0, other.0) {
            (Length::Fixed(long), Length::Fixed(short)) => long % short == 0,
            (Length::Weeks(_) | Length::Months(_), Length::Fixed(short)) => 86_400_000 % short == 0,
            (Length::Weeks(long), Length::Weeks(short)) | (Length::Months(long), Length::Months(short)) => {
                long % short == 0
            }
            _ => false,
        }
    }

    /// About how many milliseconds it lasts, to compare with others; a month counts as 30 days.
    pub fn approximate(self) -> i64 {
        match self.0 {
            Length::Fixed(length) => length,
            Length::Weeks(weeks) => weeks * WEEK,
            Length::Months(months) => months * 30 * 86_400_000,
        }
    }
}

/// Months since January 1970.
fn month(ts: i64) -> Option<i64> {
    let date = Timestamp::from_millisecond(ts).ok()?.to_zoned(TimeZone::UTC).date();
    Some((i64::from(date.year()) - 1970) * 12 + i64::from(date.month()) - 1)
}

/// Where a month begins; the ends of time where the calendar has no such year.
fn first_of(month: i64) -> i64 {
    let beyond = if month < 0 { i64::MIN } else { i64::MAX };
    let year = i16::try_from(1970 + month.div_euclid(12));
    let date = year.ok().and_then(|year| Date::new(year, month.rem_euclid(12) as i8 + 1, 1).ok());
    let ts = date.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
    ts.map_or(beyond, |ts| ts.timestamp().as_millisecond())
}

impl fmt::Display for Timeframe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Length::Weeks(weeks) => f.pad(&format!("{weeks}w")),
            Length::Months(months) => f.pad(&format!("{months}M")),
            Length::Fixed(length) => {
                // The last unit divides everything.
                let whole = UNITS.iter().find(|(_, unit)| length % unit == 0).copied();
                let (name, unit) = whole.unwrap_or(("ms", 1));
                f.pad(&format!("{}{name}", length / unit))
            }
        }
    }
}

/// A text that is no timeframe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTimeframe(String);

impl fmt::Display for UnknownTimeframe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no timeframe (accepted: {ACCEPTED}, up to a hundred years)", self.0)
    }
}

impl std::error::Error for UnknownTimeframe {}

impl FromStr for Timeframe {
    type Err = UnknownTimeframe;
    fn from_str(text: &str) -> Result<Self, UnknownTimeframe> {
        let unknown = || UnknownTimeframe(text.chars().take(40).collect());
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = text.split_at(digits);
        let count: i64 = count.parse().map_err(|_| unknown())?;
        let length = match unit {
            "w" if (1..=5200).contains(&count) => Length::Weeks(count),
            "M" if (1..=1200).contains(&count) => Length::Months(count),
            "w" | "M" => return Err(unknown()),
            _ => {
                let unit = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(unknown)?.1;
                let length = count.checked_mul(unit).and_then(Self::milliseconds);
                return length.ok_or_else(unknown);
            }
        };
        Ok(Self(length))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dataset::time::{Epoch, parse};

    fn at(text: &str) -> i64 {
        parse(text, Epoch::Milliseconds).unwrap()
    }

    fn timeframe(text: &str) -> Timeframe {
        text.parse().unwrap()
    }

    #[test]
    fn one_length_has_one_text() {
        for (text, expected) in [
            ("60s", "1m"),
            ("90m", "90m"),
            ("24h", "1d"),
            ("7d", "7d"),
            ("1w", "1w"),
            ("12M", "12M"),
            ("1500ms", "1500ms"),
        ] {
            assert_eq!(timeframe(text).to_string(), expected);
        }
        for text in
            ["", "m", "0m", "-1m", "1", "1x", "1.5h", "99999999999999999999d", "40000d", "1200000M", "5 m"]
        {
            let err = text.parse::<Timeframe>().unwrap_err();
            assert!(err.to_string().starts_with(&format!("`{text}` is no timeframe")), "{err}");
        }
    }

    #[test]
    fn bars_begin_where_the_calendar_says() {
        for (text, ts, start, end) in [
            ("1h", "2024-02-29T13:59:59.999", "2024-02-29T13:00", "2024-02-29T14:00"),
            ("1d", "1969-12-31T23:00", "1969-12-31", "1970-01-01"),
            ("1w", "2024-02-29", "2024-02-26", "2024-03-04"),
            ("1w", "1969-12-31", "1969-12-29", "1970-01-05"),
            ("1M", "2024-02-29T12:00", "2024-02-01", "2024-03-01"),
            ("3M", "2024-03-31", "2024-01-01", "2024-04-01"),
            ("12M", "1969-03-31", "1969-01-01", "1970-01-01"),
        ] {
            let timeframe = timeframe(text);
            assert_eq!(
                (timeframe.start_of(at(ts)), timeframe.end_of(at(ts))),
                (at(start), at(end)),
                "{text} {ts}"
            );
        }
        assert_eq!(timeframe("1M").before(at("2024-03-31")), at("2024-02-29"));
    }

    #[test]
    fn slow_bars_are_made_of_fast_ones() {
        for (slow, fast, fits) in [
            ("1h", "5m", true),
            ("1h", "7m", false),
            ("1d", "1h", true),
            ("1w", "1d", true),
            ("1w", "7d", false),
            ("1M", "1d", true),
            ("1M", "1w", false),
            ("12M", "3M", true),
            ("1h", "1d", false),
        ] {
            assert_eq!(timeframe(slow).is_multiple_of(timeframe(fast)), fits, "{slow} {fast}");
        }
    }

    proptest! {
        #[test]
        fn every_time_is_in_its_bar(count in 1_i64..100, unit in 0..7_usize, ts in -60_000_000_000_000_i64..250_000_000_000_000) {
            let timeframe = timeframe(&format!("{count}{}", ["ms", "s", "m", "h", "d", "w", "M"][unit]));
            let (start, end) = (timeframe.start_of(ts), timeframe.end_of(ts));
            prop_assert!(start <= ts && ts < end);
            prop_assert_eq!(timeframe.start_of(start), start);
            prop_assert_eq!(timeframe.end_of(end - 1), end);
            prop_assert_eq!(timeframe.to_string().parse::<Timeframe>(), Ok(timeframe));
        }
    }
}
