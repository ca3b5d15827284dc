//! Bars from comma-separated text.
//!
//! The first line names the columns. One of them is the time; all others hold numbers.
//!
//! ```
//! use ta_runtime::dataset::csv::{self, Options};
//!
//! let text = "Date,Close\n2000-03-01,130.31\n2000-03-02,\n";
//! let bars = csv::read::<f64>(text.as_bytes(), &Options::default())?.partition;
//! assert_eq!(bars.ts(), [951_868_800_000, 951_955_200_000]);
//! assert!(bars.column("close").unwrap()[1].is_nan());
//! # Ok::<(), ta_runtime::Error>(())
//! ```

use std::fmt;
use std::io::Read;

use csv::{ByteRecord, ReaderBuilder, Trim};
use ta_kernel_api::Scalar;

use super::partition::list;
use super::time::{self, Epoch, iso};
use super::{Location, OHLCV, Partition, SourceSchema};
use crate::error::{Error, Kind};

/// How the text is to be understood.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What kind of source it is.
    pub schema: &'static SourceSchema,
    /// What a time written as an integer counts.
    pub epoch: Epoch,
}

/// Bars, with integer times in milliseconds.
impl Default for Options {
    fn default() -> Self {
        Self { schema: &OHLCV, epoch: Epoch::default() }
    }
}

/// What was read.
#[derive(Debug, Clone)]
pub struct Csv<S> {
    /// The rows.
    pub partition: Partition<S>,
    /// What looks wrong without being impossible, in the order of the lines.
    pub notices: Vec<Notice>,
}

/// Something that looks wrong without being impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The line, counted from one.
    pub line: u64,
    /// The time of the row.
    pub ts: i64,
    /// What is odd about it.
    pub message: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: {}", self.line, iso(self.ts), self.message)
    }
}

/// The names of a time column, in any case.
const TIME: [&str; 5] = ["ts", "timestamp", "time", "date", "datetime"];

/// Reads columns with a header.
///
/// The time is the column `ts`, `timestamp`, `time`, `date` or `datetime`: ISO-8601, in UTC unless it says otherwise, or an
/// integer. Integers are milliseconds since the epoch unless the options say otherwise; nothing is guessed from their size.
/// Fields of the schema are found in any case, other columns keep their name as written; one of those that holds something else
/// than numbers, such as a symbol, is left out with a notice. A cell that is empty, `nan` or `null` is missing.
///
/// # Errors
/// Line by line: a header without a name for each column or without exactly one time; a row of another width; a cell of a
/// field that is no time or no number. Then what [`Partition::append`] refuses. The error has the line and the column.
pub fn read<S: Scalar>(input: impl Read, options: &Options) -> Result<Csv<S>, Error> {
    // The added line end lets every record end in one, so that its first line is known.
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(input.chain(&b"\n"[..]));
    let mut next = |record: &mut ByteRecord| -> Result<Option<u64>, Error> {
        while reader.read_byte_record(record).map_err(|err| Error::new(Kind::Io, err.to_string()))? {
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
    let header = Header::read(&record, line, options.schema)?;
    // `None` for a column that is left out.
    let mut columns: Vec<Option<Vec<S>>> = vec![Some(Vec::new()); header.names.len()];
    let (mut ts, mut lines, mut notices) = (Vec::new(), Vec::new(), Vec::new());
    let mut seconds = true;
    while let Some(line) = next(&mut record)? {
        if record.len() != header.width {
            let message = format!("{} cells under a header of {}", record.len(), header.width);
            return Err(Error::new(Kind::Data, message).in_data(Location::line(line)));
        }
        let cell = &record[header.time];
        let text = str::from_utf8(cell).unwrap_or_default();
        let time = time::parse(text, options.epoch).ok_or_else(|| {
            refuse(cell, "time", time::ACCEPTED).in_data(Location::line(line).column(&header.time_name))
        })?;
        seconds &= text.parse().is_ok_and(|count| (100_000_000..10_000_000_000_i64).contains(&count));
        let cells = record.iter().enumerate().filter(|&(at, _)| at != header.time).map(|(_, cell)| cell);
        for ((slot, name), cell) in columns.iter_mut().zip(&header.names).zip(cells) {
            let Some(column) = slot else { continue };
            match number(cell) {
                Some(value) => column.push(value),
                None if options.schema.field(name).is_none() => {
                    *slot = None;
                    let message = format!("column `{name}` is left out, as {} is no number", shown(cell));
                    notices.push(Notice { line, ts: time, message });
                }
                None => {
                    let location = Location { ts: Some(time), ..Location::line(line) };
                    return Err(refuse(cell, "number", NUMBER).in_data(location.column(name)));
                }
            }
        }
        ts.push(time);
        lines.push(line);
    }

    let columns: Vec<(&str, &[S])> = header
        .names
        .iter()
        .zip(&columns)
        .filter_map(|(name, column)| Some((name.as_str(), column.as_ref()?.as_slice())))
        .collect();
    let partition = Partition::from_columns(options.schema, &ts, &columns).map_err(|err| {
        let at = err.location().cloned().unwrap_or_default();
        let line = at.row.and_then(|row| lines.get(row)).copied().unwrap_or(line);
        err.in_data(Location { line: Some(line), ..at })
    })?;
    if let (Some(&line), Some(&ts), true) =
        (lines.first(), ts.first(), seconds && options.epoch == Epoch::Milliseconds)
    {
        let message =
            "times were read as milliseconds and lie in 1970 (they look like seconds; unit `s`)".to_owned();
        notices.push(Notice { line, ts, message });
    }
    notices.extend(partition.oddities().into_iter().map(|odd| Notice {
        line: lines[odd.row],
        ts: odd.ts,
        message: format!("`{}` {} is above `{}` {}", odd.low.0, odd.low.1, odd.high.0, odd.high.1),
    }));
    Ok(Csv { partition, notices })
}

/// The columns of a text.
struct Header {
    width: usize,
    time: usize,
    time_name: String,
    /// All others, in their order.
    names: Vec<String>,
}

impl Header {
    fn read(record: &ByteRecord, line: u64, schema: &SourceSchema) -> Result<Self, Error> {
        let refuse = |message: String, help: String| {
            Err(Error::new(Kind::Data, message).with_help(help).in_data(Location::line(line)))
        };
        let mut names = Vec::with_capacity(record.len());
        for cell in record {
            match str::from_utf8(cell) {
                Ok(name) => names.push(name),
                Err(_) => {
                    return refuse(
                        format!("header {} is not UTF-8", shown(cell)),
                        "text in UTF-8".to_owned(),
                    );
                }
            }
        }
        let is_time = |name: &str| TIME.iter().any(|time| time.eq_ignore_ascii_case(name));
        let times: Vec<usize> = (0..names.len()).filter(|&at| is_time(names[at])).collect();
        let &[time] = times.as_slice() else {
            let given: Vec<_> = record.iter().map(shown).collect();
            let count = if times.is_empty() { "no time column" } else { "more than one time column" };
            return refuse(format!("{count} among {}", given.join(", ")), format!("one of {}", list(&TIME)));
        };
        let time_name = names[time].to_owned();
        let field = |name: &str| {
            let field = schema.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
            field.map_or(name, |field| field.name).to_owned()
        };
        let names =
            names.iter().enumerate().filter(|&(at, _)| at != time).map(|(_, name)| field(name)).collect();
        Ok(Self { width: record.len(), time, time_name, names })
    }
}

const NUMBER: &str = "a finite number such as `12.5` or `1e-3`; nothing, `nan` or `null` where it is missing";

/// The number in a cell.
fn number<S: Scalar>(cell: &[u8]) -> Option<S> {
    let text = str::from_utf8(cell).ok()?;
    if text.is_empty() || text.eq_ignore_ascii_case("nan") || text.eq_ignore_ascii_case("null") {
        return Some(S::MISSING);
    }
    S::parse(text)
}

fn refuse(cell: &[u8], wanted: &str, accepted: &str) -> Error {
    Error::new(Kind::Data, format!("{} is not a {wanted}", shown(cell)))
        .with_help(format!("accepted: {accepted}"))
}

/// The beginning of a cell, safe to print.
fn shown(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    let head: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(40).is_some() { "…" } else { "" };
    format!("`{head}{more}`")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ta_kernel_api::Decimal;

    use super::*;

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
        let times = "(one of `ts`, `timestamp`, `time`, `date`, `datetime`)";
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
