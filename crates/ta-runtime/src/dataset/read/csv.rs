//! Rows from comma-separated text. The first line names the columns.

use std::io::Read;

use csv::{ByteRecord, ErrorKind, ReaderBuilder, Trim};
use ta_kernel_api::Scalar;

use super::cell::shown;
use super::{Options, Reading, Table, names, unreadable};
use crate::dataset::Location;
use crate::error::{Error, Kind};

pub(super) fn read<S: Scalar>(input: impl Read, options: &Options) -> Result<Reading<S>, Error> {
    // The added line end lets every record end in one, so that its first line is known.
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(input.chain(&b"\n"[..]));
    let mut next = |record: &mut ByteRecord| -> Result<Option<u64>, Error> {
        while reader.read_byte_record(record).map_err(failed)? {
            if !(record.len() == 1 && record[0].is_empty()) {
                let inner = record.as_slice().split(|&byte| byte == b'\n').skip(1).count() as u64;
                return Ok(Some(reader.position().line().saturating_sub(1 + inner)));
            }
        }
        Ok(None)
    };

    let mut record = ByteRecord::new();
    let Some(line) = next(&mut record)? else {
        return Err(
            Error::new(Kind::Data, "there is no header").with_help("a first line that names the columns")
        );
    };
    let (header, mut table) =
        Header::read(&record, options).map_err(|err| err.in_data(Location::line(line)))?;
    while let Some(line) = next(&mut record)? {
        if record.len() != header.columns.len() {
            let message = format!("{} cells under a header of {}", record.len(), header.columns.len());
            return Err(table.first_fault(Error::new(Kind::Data, message).in_data(Location::line(line))));
        }
        table.begin(line, &header.time_name, &record[header.time])?;
        for (cell, column) in record.iter().zip(&header.columns) {
            if let Some(column) = *column {
                table.set(column, cell)?;
            }
        }
    }
    table.finish()
}

fn failed(err: csv::Error) -> Error {
    let message = err.to_string();
    match err.into_kind() {
        ErrorKind::Io(err) => unreadable(&err),
        _ => Error::new(Kind::Data, message),
    }
}

/// The first line.
struct Header {
    time: usize,
    time_name: String,
    /// For each cell of a row its column in the table, unless it is the time or left out.
    columns: Vec<Option<usize>>,
}

impl Header {
    fn read<'a, S: Scalar>(record: &ByteRecord, options: &'a Options) -> Result<(Self, Table<'a, S>), Error> {
        let mut given = Vec::with_capacity(record.len());
        for cell in record {
            given.push(str::from_utf8(cell).map_err(|_| {
                Error::new(Kind::Data, format!("header {} is not UTF-8", shown(cell)))
                    .with_help("text in UTF-8")
            })?);
        }
        names::check_mapped(&given, options)?;
        let time = names::time(&given, &[], options)?;
        let mut kept = Vec::new();
        let mut columns = Vec::with_capacity(given.len());
        for (at, name) in given.iter().enumerate() {
            let name = if at == time { None } else { names::column(name, options) };
            columns.push(name.map(|name| {
                kept.push(name);
                kept.len() - 1
            }));
        }
        Ok((Self { time, time_name: given[time].to_owned(), columns }, Table::new(kept, options)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ta_kernel_api::Decimal;

    use super::super::{Notice, reader as read};
    use super::*;
    use crate::dataset::Partition;
    use crate::dataset::time::{self, Epoch};

    fn bars(text: &str) -> Partition<f64> {
        read(text.as_bytes(), &Options::default()).unwrap().partition
    }

    fn refused(text: &str) -> String {
        let err = read::<f64>(text.as_bytes(), &Options::default()).unwrap_err();
        assert!(err.is_data());
        err.to_string()
    }

    #[test]
    fn columns_are_found_in_any_order_and_case() {
        let bars = bars("Close,DATE,Adj Close\n1,2000-03-01,2\n3,2000-03-02,4\n");
        assert_eq!(bars.names(), ["close", "Adj Close"]);
        assert_eq!(bars.column("close"), Some(&[1.0, 3.0][..]));
        assert_eq!(bars.column("Adj Close"), Some(&[2.0, 4.0][..]));
    }

    #[test]
    fn a_column_of_words_is_left_out_unless_it_is_a_field() {
        let read =
            read::<f64>("symbol,ts,close,note\nACME,1,2,7\nACME,2,3,late\n".as_bytes(), &Options::default())
                .unwrap();
        assert_eq!(read.partition.names(), ["close"]);
        let notices: Vec<_> = read.notices.iter().map(ToString::to_string).collect();
        assert_eq!(
            notices,
            [
                "line 2, 1970-01-01T00:00:00.001Z: column `symbol` is left out, as `ACME` is no number",
                "line 3, 1970-01-01T00:00:00.002Z: column `note` is left out, as `late` is no number",
            ]
        );
    }

    #[test]
    fn line_ends_blank_lines_quotes_and_a_byte_order_mark_do_not_matter() {
        let plain = bars("ts,close\n1,2\n2,3\n");
        for text in [
            "ts,close\r\n1,2\r\n2,3\r\n",
            "\u{feff}ts,close\n1,2\n\n2,3",
            "\n\"ts\", close \n1,\"2\"\n \r\n2,3\n\n",
        ] {
            assert_eq!(format!("{:?}", bars(text)), format!("{plain:?}"), "{text:?}");
        }
    }

    #[test]
    fn an_empty_cell_nan_and_null_are_missing() {
        let text = "ts,close\n1,\n2,nan\n3,NaN\n4,null\n5, \n";
        assert!(bars(text).column("close").unwrap().iter().all(|value| value.is_nan()));
        assert_eq!(bars(text).len(), 5);
    }

    #[test]
    fn decimals_keep_every_digit() {
        let text = "ts,close\n1,0.1000000000000000055511151231\n2,1e-3\n";
        let read = read::<Decimal>(text.as_bytes(), &Options::default()).unwrap();
        let close: Vec<_> = read.partition.column("close").unwrap().iter().map(Decimal::to_string).collect();
        assert_eq!(close, ["0.1000000000000000055511151231", "0.001"]);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_line_and_column() {
        let number = "(accepted: a finite number such as `12.5` or `1e-3`; nothing, `nan` or `null` where it is missing)";
        let time = format!("(accepted: {})", time::ACCEPTED);
        let times =
            "(one of `ts`, `timestamp`, `time`, `date`, `datetime`, `open_time`, or one mapped to `ts`)";
        for (text, message) in [
            ("", "there is no header (a first line that names the columns)".to_owned()),
            ("open,close\n", format!("line 1: no time column among `open`, `close` {times}")),
            ("Date,time\n", format!("line 1: more than one time column among `Date`, `time` {times}")),
            ("ts,\n", "line 1: column 1 has no name (each column has a name of its own)".to_owned()),
            (
                "\nts,Close,close\n",
                "line 2: column `close` is given twice (each column has a name of its own)".to_owned(),
            ),
            ("ts,close\n1,2\n2\n", "line 3: 1 cells under a header of 2".to_owned()),
            ("Date,close\nsoon,2\n", format!("line 2, column `Date`: `soon` is not a time {time}")),
            (
                "ts,close\n\n\n1,x\n",
                format!("line 4, 1970-01-01T00:00:00.001Z, column `close`: `x` is not a number {number}"),
            ),
            (
                "ts,close\n1,2\n2,inf\n",
                format!("line 3, 1970-01-01T00:00:00.002Z, column `close`: `inf` is not a number {number}"),
            ),
            (
                "ts,close\n1,2\n2,1e999\n",
                format!("line 3, 1970-01-01T00:00:00.002Z, column `close`: `1e999` is not a number {number}"),
            ),
            (
                "ts,close\r\n5,2\r\n5,2\r\n",
                "line 3, 1970-01-01T00:00:00.005Z: time is not after the 1970-01-01T00:00:00.005Z before it"
                    .to_owned(),
            ),
            (
                "ts,low,high\n5,2,1",
                "line 2, 1970-01-01T00:00:00.005Z, column `high`: `low` 2 is above `high` 1".to_owned(),
            ),
            (
                "ts,open\n1,\"2\n3\"\n",
                format!("line 2, 1970-01-01T00:00:00.001Z, column `open`: `2\\n3` is not a number {number}"),
            ),
        ] {
            assert_eq!(refused(text), message, "{text:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_refused() {
        let err = read::<f64>(&b"ts,close\n1,\xff\n"[..], &Options::default()).unwrap_err();
        assert!(err.to_string().contains("`\u{fffd}` is not a number"), "{err}");
        let err = read::<f64>(&b"ts,\xff\n"[..], &Options::default()).unwrap_err();
        assert_eq!(err.to_string(), "line 1: header `\u{fffd}` is not UTF-8 (text in UTF-8)");
    }

    #[test]
    fn odd_rows_are_reported_with_their_line_and_kept() {
        let text = "ts,open,low,close\n0,2,1,2\n\n86400000,2,1.5,1.25\n";
        let read = read::<f64>(text.as_bytes(), &Options::default()).unwrap();
        assert_eq!(read.partition.len(), 2);
        let notices: Vec<_> = read.notices.iter().map(Notice::to_string).collect();
        assert_eq!(notices, ["line 4, 1970-01-02T00:00:00Z: `low` 1.5 is above `close` 1.25"]);
    }

    #[test]
    fn integers_that_look_like_seconds_are_reported_and_read_as_said() {
        let text = "ts,close\n951868800,1\n";
        let read_as = |epoch| read::<f64>(text.as_bytes(), &Options { epoch, ..Options::default() }).unwrap();
        let read = read_as(Epoch::Milliseconds);
        assert_eq!(read.partition.ts(), [951_868_800]);
        assert_eq!(
            read.notices[0].to_string(),
            "line 2, 1970-01-12T00:24:28.800Z: times were read as milliseconds and lie in 1970 (they look like seconds; unit `s`)"
        );
        let read = read_as(Epoch::Seconds);
        assert_eq!((read.partition.ts(), read.notices.len()), (&[951_868_800_000][..], 0));
    }

    #[test]
    fn a_source_that_fails_is_no_fault_of_the_data() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("disk on fire"))
            }
        }
        let err = read::<f64>(Broken, &Options::default()).unwrap_err();
        assert!(err.is_io());
        assert!(err.to_string().contains("disk on fire"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<f64>(bytes.as_slice(), &Options::default());
        }

        #[test]
        fn no_rows_panic(rows in "(ts|high|low|[0-9.,\"\n\r -]){0,60}") {
            let text = format!("ts,high,low\n{rows}");
            let _ = read::<Decimal>(text.as_bytes(), &Options::default());
        }
    }
}
