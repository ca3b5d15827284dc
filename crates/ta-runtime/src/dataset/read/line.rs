//! A line of a live feed.

use serde_json::value::RawValue;
use ta_kernel_api::Scalar;

use super::cell::{self, Time, shown};
use super::object::{members, text};
use super::{Location, Options, SourceSchema};
use crate::error::{Error, Kind};

/// A row as it comes over a wire: one JSON object with its time and some fields, before it is known which of them count.
///
/// `ts` is the time, in ISO-8601 or in milliseconds since the epoch. `forming` is `true` for a bar that is still open, and
/// `partition` says which rows this one is of; both may be left out.
///
/// ```
/// use ta_runtime::dataset::OHLCV;
/// use ta_runtime::dataset::read::Line;
///
/// let line = Line::read(r#"{"ts": "2026-01-05T14:30:00Z", "close": 1.5, "low": null, "symbol": "ACME"}"#)?;
/// assert_eq!((line.ts, line.forming, line.partition.as_deref()), (1_767_623_400_000, false, None));
/// let fields = line.fields::<f64>(&OHLCV)?;
/// assert_eq!(fields[0], ("close", 1.5));
/// assert!(fields[1].1.is_nan());
/// # Ok::<(), ta_runtime::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Line<'t> {
    /// The time, in milliseconds since the epoch.
    pub ts: i64,
    /// Whether the bar is still open.
    pub forming: bool,
    /// Which partition it is of, where it says so.
    pub partition: Option<String>,
    /// Whether the time is a number that would be a usual count of seconds. It was read as milliseconds all the same.
    pub like_seconds: bool,
    /// All other members.
    members: Vec<(String, &'t RawValue)>,
}

impl<'t> Line<'t> {
    /// Reads a line.
    ///
    /// # Errors
    /// With [`Error::is_data`]: what is no JSON object; a time that is left out or is none; a `forming` that is no bool, a
    /// `partition` that is no text; one of the three given twice.
    pub fn read(line: &'t str) -> Result<Self, Error> {
        let (mut ts, mut forming, mut partition, mut rest) = (None, None, None, Vec::new());
        for (name, value) in members(line.trim().as_bytes())? {
            let repeated = match name.as_str() {
                "ts" => ts.replace(time(value)?).is_some(),
                "forming" => forming.replace(said(&name, value, "`true` or `false`")?).is_some(),
                "partition" => {
                    partition.replace(said(&name, value, "a key in quotes, such as \"SPY.1d\"")?).is_some()
                }
                _ => {
                    rest.push((name, value));
                    continue;
                }
            };
            if repeated {
                return Err(Error::new(Kind::Data, format!("`{name}` is given twice")));
            }
        }
        let Time { ts, like_seconds } =
            ts.ok_or_else(|| Error::new(Kind::Data, "`ts` is left out").with_help("the time of the row"))?;
        Ok(Self { ts, forming: forming.unwrap_or(false), partition, like_seconds, members: rest })
    }

    /// The fields that a source has, in the order of the line; other members, such as a symbol, are left out. Decimals keep their exact
    /// digits. What is missing in a file is missing here: `null`, `nan` and nothing between quotes.
    ///
    /// # Errors
    /// With [`Error::is_data`]: a field that is no finite number.
    pub fn fields<S: Scalar>(&self, schema: &SourceSchema) -> Result<Vec<(&str, S)>, Error> {
        let fields = self.members.iter().filter(|(name, _)| schema.field(name).is_some());
        let number = |(name, value): &'_ (String, &RawValue)| {
            let text = text(value);
            cell::number(text.as_bytes()).ok_or_else(|| {
                cell::no_number(&shown(text.as_bytes())).in_data(Location::default().column(name))
            })
        };
        fields.map(|member| Ok((member.0.as_str(), number(member)?))).collect()
    }
}

fn time(value: &RawValue) -> Result<Time, Error> {
    let (text, options) = (text(value), Options::default());
    let time = Time::text(text.as_bytes(), &options);
    time.ok_or_else(|| {
        cell::no_time(&shown(text.as_bytes()), &options).in_data(Location::default().column("ts"))
    })
}

fn said<T: serde::de::DeserializeOwned>(name: &str, value: &RawValue, accepted: &str) -> Result<T, Error> {
    serde_json::from_str(value.get()).map_err(|_| {
        let message = format!("`{name}` is {}", shown(value.get().as_bytes()));
        Error::new(Kind::Data, message).with_help(format!("accepted: {accepted}"))
    })
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::Decimal;

    use super::*;
    use crate::dataset::OHLCV;

    fn fields(text: &str) -> Result<Vec<(String, f64)>, String> {
        let line = Line::read(text).map_err(|err| err.to_string())?;
        let fields = line.fields(&OHLCV).map_err(|err| err.to_string())?;
        Ok(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    #[test]
    fn a_row_has_a_time_and_the_fields_of_its_source() {
        let text = r#"{"ts": "2026-01-05T14:30:00Z", "close": 1.5, "volume": "2e3", "symbol": "ACME"}"#;
        let line = Line::read(text).unwrap();
        assert_eq!((line.ts, line.forming, line.partition), (1_767_623_400_000, false, None));
        assert_eq!(fields(text).unwrap(), [("close".to_owned(), 1.5), ("volume".to_owned(), 2000.0)]);
        let line = Line::read(r#"{"ts": 1767623400000, "forming": true, "partition": "SPY"}"#).unwrap();
        assert_eq!((line.forming, line.partition.as_deref(), line.like_seconds), (true, Some("SPY"), false));
        assert!(Line::read(r#"{"ts": 1767623400}"#).unwrap().like_seconds);
        for missing in ["null", "\"NaN\"", "\"null\"", "\"\""] {
            assert!(fields(&format!(r#"{{"ts": 0, "close": {missing}}}"#)).unwrap()[0].1.is_missing());
        }
    }

    #[test]
    fn decimals_keep_their_digits() {
        let line = Line::read(r#"{"ts": 0, "close": 0.1000000000000000055511151231}"#).unwrap();
        let fields = line.fields::<Decimal>(&OHLCV).unwrap();
        assert_eq!(fields[0].1.to_string(), "0.1000000000000000055511151231");
    }

    #[test]
    fn a_byte_order_mark_does_not_matter() {
        assert!(Line::read("\u{feff}{\"ts\": 0}").is_ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let said = |text| fields(text).unwrap_err();
        assert!(said("[1, 2]").contains("an object such as"));
        assert_eq!(said(r#"{"close": 1}"#), "`ts` is left out (the time of the row)");
        assert_eq!(said(r#"{"ts": 0, "ts": 1}"#), "`ts` is given twice");
        assert_eq!(said(r#"{"forming": true, "forming": true, "ts": 0}"#), "`forming` is given twice");
        assert!(said(r#"{"ts": "noon"}"#).starts_with("column `ts`: `noon` is not a time (accepted: "));
        assert!(
            said(r#"{"ts": 0, "close": "inf"}"#)
                .starts_with("column `close`: `inf` is not a number (accepted: ")
        );
        assert_eq!(said(r#"{"ts": 0, "forming": 1}"#), "`forming` is `1` (accepted: `true` or `false`)");
        assert!(said(r#"{"ts": 0, "partition": 1}"#).starts_with("`partition` is `1` (accepted: a key"));
        assert!(
            said(r#"{"ts": 0, "close": NaN}"#).ends_with("(`NaN` is no JSON; a missing value is `null`)")
        );
    }
}
