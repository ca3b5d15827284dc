//! One JSON object as text: its members as they are written.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::error::{Error, Kind};

/// The members of an object, repeated names included.
pub(super) fn members(line: &[u8]) -> Result<Vec<(String, &RawValue)>, Error> {
    // Some programs begin what they write with a byte order mark.
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    serde_json::from_slice(line).map(|Members(members)| members).map_err(|err| {
        let message = err.to_string().replacen(" at line 1 column ", " at byte ", 1);
        let text = str::from_utf8(line).unwrap_or_default();
        let word = ["NaN", "nan", "Infinity"].into_iter().find(|word| text.contains(word));
        Error::new(Kind::Data, message).with_help(match word {
            Some(word) => format!("`{word}` is no JSON; a missing value is `null`"),
            None => "one JSON object on each line".to_owned(),
        })
    })
}

/// A value as text, without the quotes of a string.
pub(super) fn text(value: &RawValue) -> Cow<'_, str> {
    match value.get().strip_prefix('"') {
        Some(_) => serde_json::from_str(value.get()).map_or(Cow::Borrowed(value.get()), Cow::Owned),
        None => Cow::Borrowed(value.get()),
    }
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object such as {\"ts\": \"2026-01-05T14:30:00Z\", \"close\": 1.5}")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
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
