//! Rows from JSON lines: one object on each line.
//!
//! The first object names the columns. Fields of the schema may also come later, and what a line leaves out is missing.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use serde_json::value::RawValue;
use ta_kernel_api::Scalar;

use super::cell::shown;
use super::object::{members, text};
use super::{Options, Reading, Table, names, unreadable};
use crate::dataset::Location;
use crate::error::{Error, Kind};

pub(super) fn read<S: Scalar>(input: impl Read, options: &Options) -> Result<Reading<S>, Error> {
    let mut lines = Lines { input: BufReader::new(input), text: Vec::new(), number: 0 };
    // Whoever asked for this format saw the beginning of an object or of a list, so there is a first line.
    let mut columns: Option<Columns<'_, S>> = None;
    while let Some((line, text)) = lines.next()? {
        let members = members(text).map_err(|error| match &mut columns {
            Some(columns) => columns.table.first_fault(error.in_data(Location::line(line))),
            None => error.in_data(Location::line(line)),
        })?;
        let columns = match &mut columns {
            Some(columns) => columns,
            none => {
                none.insert(Columns::new(&members, options).map_err(|err| err.in_data(Location::line(line)))?)
            }
        };
        columns.row(line, &members)?;
    }
    match columns {
        Some(columns) => columns.finish(),
        None => Err(Error::new(Kind::Data, "there is no line").with_help("one JSON object on each line")),
    }
}

/// Lines that are not blank, with their numbers.
struct Lines<R> {
    input: R,
    text: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<(u64, &[u8])>, Error> {
        loop {
            self.text.clear();
            if self.input.read_until(b'\n', &mut self.text).map_err(|err| unreadable(&err))? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if !self.text.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some((self.number, self.text.trim_ascii())))
    }
}

/// What the keys mean, and the rows so far.
struct Columns<'a, S> {
    options: &'a Options,
    time_name: String,
    keys: HashMap<String, Key>,
    /// The keys in the order in which they came, for messages.
    given: Vec<String>,
    table: Table<'a, S>,
}

/// What a key means.
#[derive(Clone, Copy)]
struct Key {
    /// Its column in the table, unless it is the time or left out.
    column: Option<usize>,
    /// The line in which it stood last.
    line: u64,
}

impl<'a, S: Scalar> Columns<'a, S> {
    fn new(first: &[(String, &RawValue)], options: &'a Options) -> Result<Self, Error> {
        let given: Vec<String> = first.iter().map(|(name, _)| name.clone()).collect();
        let time = names::time(&given, &[], options)
            .or_else(|error| names::check_mapped(&given, options).and(Err(error)))?;
        let (mut kept, mut keys) = (Vec::new(), HashMap::new());
        for (at, name) in given.iter().enumerate() {
            let column = if at == time { None } else { names::column(name, options) };
            let column = column.map(|name| {
                kept.push(name);
                kept.len() - 1
            });
            keys.insert(name.clone(), Key { column, line: 0 });
        }
        let table = Table::new(kept, options)?;
        Ok(Self { options, time_name: given[time].clone(), keys, given, table })
    }

    fn row(&mut self, line: u64, members: &[(String, &RawValue)]) -> Result<(), Error> {
        let Some((_, time)) = members.iter().find(|(name, _)| *name == self.time_name) else {
            let error = Error::new(Kind::Data, format!("{} is left out", shown(self.time_name.as_bytes())));
            return Err(self.table.first_fault(error.in_data(Location::line(line))));
        };
        self.table.begin(line, &self.time_name, text(time).as_bytes())?;
        for (name, value) in members {
            let key = match self.keys.get_mut(name) {
                Some(key) => key,
                None => &mut self.late(line, name)?,
            };
            if key.line == line {
                let message = format!("{} is given twice", shown(name.as_bytes()));
                return Err(self.table.fault_of_last(Error::new(Kind::Data, message)));
            }
            key.line = line;
            if let Some(column) = key.column {
                self.table.set(column, text(value).as_bytes())?;
            }
        }
        Ok(())
    }

    /// A key that the first object does not have.
    fn late(&mut self, line: u64, name: &str) -> Result<Key, Error> {
        let mapped = self.options.columns.iter().any(|(from, _)| from == name);
        let field = names::column(name, self.options)
            .filter(|column| mapped || self.options.schema.field(column).is_some());
        let column = if let Some(field) = field {
            Some(self.table.add(&field).map_err(|err| err.in_data(Location::line(line)))?)
        } else {
            let name = shown(name.as_bytes());
            let message = format!("{name} is left out, as the first line does not have it");
            self.table.notice(Location::line(line), message);
            None
        };
        let key = Key { column, line: 0 };
        self.keys.insert(name.to_owned(), Key { line, ..key });
        self.given.push(name.to_owned());
        Ok(key)
    }

    fn finish(self) -> Result<Reading<S>, Error> {
        names::check_mapped(&self.given, self.options)?;
        self.table.finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ta_kernel_api::Decimal;

    use super::super::{Notice, reader};
    use super::*;
    use crate::dataset::Partition;

    fn bars<S: Scalar>(text: &str) -> Partition<S> {
        reader(text.as_bytes(), &Options::default()).unwrap().partition
    }

    fn refused(text: &str) -> String {
        let err = reader::<f64>(text.as_bytes(), &Options::default()).unwrap_err();
        assert!(err.is_data());
        err.to_string()
    }

    #[test]
    fn keys_are_found_in_any_order_and_what_is_left_out_is_missing() {
        let bars = bars::<f64>(
            "{\"Close\": 1.5, \"time\": \"2000-03-01\", \"vwap\": 2}\n\n{\"time\": \"2000-03-02\", \"vwap\": null, \"Close\": \"2\"}\r\n{\"time\": 952041600000}",
        );
        assert_eq!(bars.names(), ["close", "vwap"]);
        assert_eq!(bars.ts(), [951_868_800_000, 951_955_200_000, 952_041_600_000]);
        assert_eq!(format!("{:?}", bars.column("close").unwrap()), "[1.5, 2.0, NaN]");
        assert_eq!(format!("{:?}", bars.column("vwap").unwrap()), "[2.0, NaN, NaN]");
    }

    #[test]
    fn fields_may_come_late_and_other_keys_are_reported_once() {
        let text =
            "{\"ts\":1,\"close\":1}\n{\"ts\":2,\"VOLUME\":7,\"note\":1}\n{\"ts\":3,\"note\":2,\"close\":3}\n";
        let read = reader::<f64>(text.as_bytes(), &Options::default()).unwrap();
        assert_eq!(read.partition.names(), ["close", "volume"]);
        assert_eq!(format!("{:?}", read.partition.column("volume").unwrap()), "[NaN, 7.0, NaN]");
        let notices: Vec<_> = read.notices.iter().map(Notice::to_string).collect();
        assert_eq!(notices, ["line 2: `note` is left out, as the first line does not have it"]);
    }

    #[test]
    fn decimals_keep_every_digit_in_quotes_and_without() {
        let bars = bars::<Decimal>(
            "{\"ts\":1,\"close\":0.1000000000000000055511151231}\n{\"ts\":2,\"close\":\"1e-3\"}",
        );
        let close: Vec<_> = bars.column("close").unwrap().iter().map(Decimal::to_string).collect();
        assert_eq!(close, ["0.1000000000000000055511151231", "0.001"]);
    }

    #[test]
    fn keys_and_strings_may_be_escaped() {
        let bars = bars::<f64>(r#"{"\u0074s": "2000\u002d03-01", "clos\u0065": "\u0031"}"#);
        assert_eq!(bars.column("close"), Some(&[1.0][..]));
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_line_and_field() {
        let number = "(accepted: a finite number such as `12.5` or `1e-3`; nothing, `nan` or `null` where it is missing)";
        for (text, message) in [
            (
                "[{\"ts\":1}]",
                "line 1: invalid type: sequence, expected an object such as {\"ts\": \"2026-01-05T14:30:00Z\", \"close\": 1.5} at byte 0 (one JSON object on each line)".to_owned(),
            ),
            (
                "{\"ts\":1}\n{\"ts\":2",
                "line 2: EOF while parsing an object at byte 7 (one JSON object on each line)".to_owned(),
            ),
            ("{\"ts\":1}\n\n{\"close\":2}", "line 3: `ts` is left out".to_owned()),
            (
                "{\"ts\":1,\"close\":2,\"close\":3}",
                "line 1: column `close` is given twice (each column has a name of its own)".to_owned(),
            ),
            (
                "{\"ts\":1}\n{\"ts\":2,\"close\":2,\"close\":3}",
                "line 2, 1970-01-01T00:00:00.002Z: `close` is given twice".to_owned(),
            ),
            (
                "{\"ts\":1}\n{\"ts\":2,\"close\":2,\"Close\":3}",
                "line 2: column `close` is given twice (each column has a name of its own)".to_owned(),
            ),
            (
                "{\"ts\":1,\"close\":true}",
                format!("line 1, 1970-01-01T00:00:00.001Z, column `close`: `true` is not a number {number}"),
            ),
            (
                "{\"ts\":1,\"close\":1e999}",
                format!("line 1, 1970-01-01T00:00:00.001Z, column `close`: `1e999` is not a number {number}"),
            ),
            (
                "{\"ts\":1,\"close\":1}\n{\"ts\":1,\"close\":\"x\"}",
                format!("line 2, 1970-01-01T00:00:00.001Z, column `close`: `x` is not a number {number}"),
            ),
            (
                "{\"ts\":1,\"close\":1}\n{\"ts\":1}\n{\"ts\":2,\"close\":\"x\"}",
                "line 2, 1970-01-01T00:00:00.001Z: time is not after the 1970-01-01T00:00:00.001Z before it".to_owned(),
            ),
        ] {
            assert_eq!(refused(text), message, "{text:?}");
        }
        assert!(
            refused("{\"ts\":null}").starts_with("line 1, column `ts`: `null` is not a time (accepted: ")
        );
    }

    proptest! {
        #[test]
        fn no_lines_panic(text in "(\\{|\\}|\"ts\":|\"close\":|\"low\":|\"high\":|[0-9]|,|\"a\"|null|\n|\\[|\\\\|é){0,60}") {
            let _ = reader::<Decimal>(format!("{{{text}").as_bytes(), &Options::default());
        }
    }
}
