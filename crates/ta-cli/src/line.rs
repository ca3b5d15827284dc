//! A line of a live feed.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use ta_kernel_api::Scalar;
use ta_runtime::dataset::SourceSchema;
use ta_runtime::dataset::time::{self, Epoch};

/// One bar of a feed.
#[derive(Debug, PartialEq)]
pub(crate) struct Line<S> {
    pub(crate) ts: i64,
    /// Whether the bar is still open.
    pub(crate) forming: bool,
    /// The fields that the source has; others, such as a symbol, are left out.
    pub(crate) fields: Vec<(String, S)>,
}

impl<S: Scalar> Line<S> {
    /// Reads `{"ts": ..., "close": ...}`. Numbers keep their exact digits; `null` is missing.
    pub(crate) fn read(text: &str, schema: &SourceSchema) -> Result<Self, String> {
        // Some programs begin what they write with a byte order mark.
        let text = text.trim_start_matches('\u{feff}');
        let Members(members) = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let (mut ts, mut forming, mut fields) = (None, false, Vec::new());
        for (name, value) in members {
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
                _ if schema.field(&name).is_some() => {
                    let value = read_number(value.get())
                        .ok_or_else(|| wrong("a number, also in quotes, or `null`"))?;
                    fields.push((name, value));
                }
                _ => {}
            }
        }
        let ts = ts.ok_or("`ts` is left out")?;
        Ok(Self { ts, forming, fields })
    }
}

fn read_ts(raw: &str) -> Option<i64> {
    let text = serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned());
    time::parse(&text, Epoch::Milliseconds)
}

fn read_number<S: Scalar>(raw: &str) -> Option<S> {
    if raw == "null" {
        return Some(S::MISSING);
    }
    S::parse(&serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned()))
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

    fn read(text: &str) -> Result<Line<f64>, String> {
        Line::read(text, &OHLCV)
    }

    #[test]
    fn a_bar_has_a_time_and_the_fields_of_its_source() {
        let line = read(r#"{"ts": "2026-01-05T14:30:00Z", "close": 1.5, "volume": "2e3", "symbol": "ACME"}"#)
            .unwrap();
        let fields = vec![("close".to_owned(), 1.5), ("volume".to_owned(), 2000.0)];
        assert_eq!(line, Line { ts: 1_767_623_400_000, forming: false, fields });
        assert!(read(r#"{"ts": 1767623400000, "forming": true}"#).unwrap().forming);
        assert!(read(r#"{"ts": 0, "close": null}"#).unwrap().fields[0].1.is_missing());
    }

    #[test]
    fn decimals_keep_their_digits() {
        let line =
            Line::<Decimal>::read(r#"{"ts": 0, "close": 0.1000000000000000055511151231}"#, &OHLCV).unwrap();
        assert_eq!(line.fields[0].1.to_string(), "0.1000000000000000055511151231");
    }

    #[test]
    fn a_byte_order_mark_does_not_matter() {
        assert!(read("\u{feff}{\"ts\": 0}").is_ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let said = |text| read(text).unwrap_err();
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
    }
}
