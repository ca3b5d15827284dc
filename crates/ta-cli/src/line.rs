//! A line of a live feed.

use std::fmt;
use std::ops::Range;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use ta_kernel_api::Scalar;
use ta_runtime::dataset::SourceSchema;
use ta_runtime::dataset::time::{self, Epoch};

/// Counts that are a time of the last and the next decades in seconds, and one in the spring of 1970 in milliseconds.
const SECONDS: Range<i64> = 100_000_000..10_000_000_000;

/// A line before it is known which fields count.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) ts: i64,
    /// Whether the bar is still open.
    pub(crate) forming: bool,
    /// Which partition it is of, where it says so.
    pub(crate) partition: Option<String>,
    /// Whether the time looks as if it counted seconds.
    pub(crate) seconds: bool,
    /// All other members.
    members: Vec<(String, Box<RawValue>)>,
}

impl Line {
    /// Reads `{"ts": ..., "close": ...}`.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        // Some programs begin what they write with a byte order mark.
        let text = text.trim_start_matches('\u{feff}');
        let Members(all) = serde_json::from_str(text).map_err(|error| {
            let nan = ["NaN", "nan", "Infinity"].into_iter().find(|word| text.contains(word));
            let hint = nan.map(|word| format!(" (`{word}` is no JSON; a missing value is `null`)"));
            format!("{error}{}", hint.unwrap_or_default())
        })?;
        let (mut ts, mut forming, mut partition, mut members) = (None, false, None, Vec::new());
        for (name, value) in all {
            let wrong = |accepted: &str| format!("`{name}` is {value} (accepted: {accepted})");
            match name.as_str() {
                "ts" if ts.is_some() => return Err("`ts` is given twice".to_owned()),
                "ts" => {
                    let read = read_ts(value.get());
                    ts = Some(read.ok_or_else(|| wrong("ISO-8601 in quotes, or epoch milliseconds"))?);
                }
                "forming" => {
                    forming = serde_json::from_str(value.get()).map_err(|_| wrong("`true` or `false`"))?;
                }
                "partition" => {
                    let said = serde_json::from_str(value.get());
                    partition = said.map_err(|_| wrong("a key in quotes, such as \"SPY.1d\""))?;
                }
                _ => members.push((name, value)),
            }
        }
        let (ts, seconds) = ts.ok_or("`ts` is left out")?;
        Ok(Self { ts, forming, partition, seconds, members })
    }

    /// The fields that a source has; other members, such as a symbol, are left out. Numbers keep their exact digits; `null` is missing.
    pub(crate) fn fields<S: Scalar>(&self, schema: &SourceSchema) -> Result<Vec<(&str, S)>, String> {
        let fields = self.members.iter().filter(|(name, _)| schema.field(name).is_some());
        let number = |(name, value): &'_ (String, Box<RawValue>)| {
            read_number(value.get())
                .ok_or_else(|| format!("`{name}` is {value} (accepted: a number, also in quotes, or `null`)"))
        };
        fields.map(|member| Ok((member.0.as_str(), number(member)?))).collect()
    }
}

/// The time, and whether it looks like one in seconds.
fn read_ts(raw: &str) -> Option<(i64, bool)> {
    let text = serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned());
    let seconds = text.parse().is_ok_and(|count| SECONDS.contains(&count));
    Some((time::parse(&text, Epoch::Milliseconds)?, seconds))
}

fn read_number<S: Scalar>(raw: &str) -> Option<S> {
    let text = serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned());
    // The words that files may have, too.
    if text.eq_ignore_ascii_case("null") || text.eq_ignore_ascii_case("nan") {
        return Some(S::MISSING);
    }
    S::parse(&text)
}

/// The members of a JSON object as they are written, repeated names included.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object such as {\"ts\": \"2026-01-05T14:30:00Z\", \"close\": 1.5}")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::Decimal;
    use ta_runtime::dataset::OHLCV;

    use super::*;

    fn fields(text: &str) -> Result<Vec<(String, f64)>, String> {
        let line = Line::read(text)?;
        Ok(line.fields(&OHLCV)?.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    #[test]
    fn a_bar_has_a_time_and_the_fields_of_its_source() {
        let text = r#"{"ts": "2026-01-05T14:30:00Z", "close": 1.5, "volume": "2e3", "symbol": "ACME"}"#;
        let line = Line::read(text).unwrap();
        assert_eq!((line.ts, line.forming, line.partition), (1_767_623_400_000, false, None));
        assert_eq!(fields(text).unwrap(), [("close".to_owned(), 1.5), ("volume".to_owned(), 2000.0)]);
        let line = Line::read(r#"{"ts": 1767623400000, "forming": true, "partition": "SPY"}"#).unwrap();
        assert_eq!((line.forming, line.partition.as_deref(), line.seconds), (true, Some("SPY"), false));
        assert!(Line::read(r#"{"ts": 1767623400}"#).unwrap().seconds);
        for missing in ["null", "\"NaN\"", "\"null\""] {
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
        assert_eq!(said(r#"{"close": 1}"#), "`ts` is left out");
        assert_eq!(said(r#"{"ts": 0, "ts": 1}"#), "`ts` is given twice");
        assert_eq!(
            said(r#"{"ts": "noon"}"#),
            "`ts` is \"noon\" (accepted: ISO-8601 in quotes, or epoch milliseconds)"
        );
        assert_eq!(
            said(r#"{"ts": 0, "close": "inf"}"#),
            "`close` is \"inf\" (accepted: a number, also in quotes, or `null`)"
        );
        assert_eq!(said(r#"{"ts": 0, "forming": 1}"#), "`forming` is 1 (accepted: `true` or `false`)");
        assert!(said(r#"{"ts": 0, "partition": 1}"#).starts_with("`partition` is 1 (accepted: a key"));
        assert!(
            said(r#"{"ts": 0, "close": NaN}"#).ends_with("(`NaN` is no JSON; a missing value is `null`)")
        );
    }
}
