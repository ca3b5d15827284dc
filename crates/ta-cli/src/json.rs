//! A row as a JSON object.

use std::fmt::Write;

use ta_runtime::dataset::time;

/// An object that is written member by member, in the order in which they are given.
#[derive(Debug, Default)]
pub(crate) struct Object(String);

impl Object {
    /// A member in quotes.
    #[must_use]
    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, &serde_json::Value::from(value).to_string())
    }

    /// A time as text.
    #[must_use]
    pub(crate) fn time(self, name: &str, ts: i64) -> Self {
        self.raw(name, &format!("\"{}\"", time::iso(ts)))
    }

    /// Members whose values are written as they are, such as numbers; `None` is `null`.
    #[must_use]
    pub(crate) fn columns<'a>(self, columns: impl Iterator<Item = (&'a str, Option<String>)>) -> Self {
        columns.fold(self, |object, (name, value)| object.raw(name, value.as_deref().unwrap_or("null")))
    }

    /// A member whose value is JSON already.
    #[must_use]
    pub(crate) fn raw(mut self, name: &str, value: &str) -> Self {
        let lead = if self.0.is_empty() { '{' } else { ',' };
        // Writing to a string does not fail.
        let _ = write!(self.0, "{lead}{}:{value}", serde_json::Value::from(name));
        self
    }

    /// The whole object.
    pub(crate) fn end(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }
}
