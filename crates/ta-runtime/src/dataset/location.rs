//! A place in the data.

use std::fmt;

use super::time::iso;
use crate::error::printable;

/// A place in the data, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Location {
    /// The line of the file, counted from one.
    pub line: Option<u64>,
    /// The row among those that were given, counted from zero.
    pub row: Option<usize>,
    /// The time of that row.
    pub ts: Option<i64>,
    /// The name of the column.
    pub column: Option<String>,
}

impl Location {
    pub(crate) fn line(line: u64) -> Self {
        Self { line: Some(line), ..Self::default() }
    }

    pub(crate) fn row(row: usize, ts: i64) -> Self {
        Self { row: Some(row), ts: Some(ts), ..Self::default() }
    }

    pub(crate) fn ts(ts: i64) -> Self {
        Self { ts: Some(ts), ..Self::default() }
    }

    pub(crate) fn column(self, name: &str) -> Self {
        Self { column: Some(name.to_owned()), ..self }
    }
}

/// `line 12, 2000-03-01T00:00:00Z, column ...`, with the row where there is no line.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lead = "";
        let mut part = |part: fmt::Arguments<'_>| {
            let result = write!(f, "{lead}{part}");
            lead = ", ";
            result
        };
        match (self.line, self.row) {
            (Some(line), _) => part(format_args!("line {line}"))?,
            (None, Some(row)) => part(format_args!("row {row}"))?,
            (None, None) => {}
        }
        if let Some(ts) = self.ts {
            part(format_args!("{}", iso(ts)))?;
        }
        if let Some(column) = &self.column {
            part(format_args!("column `{}`", printable(column.clone())))?;
        }
        Ok(())
    }
}
