//! Reading rows from files: CSV and JSON lines, and with the feature `readers` also Parquet and Arrow IPC (Feather), and text
//! packed with gzip.
//!
//! What a file holds is seen from how it begins; its name does not matter. All formats mean the same: a table gives the same rows,
//! bit for bit, in whichever it is written.
//!
//! ```
//! use ta_runtime::dataset::read::{self, Options};
//!
//! let csv = "Date,Close\n2000-03-01,130.31\n2000-03-02,\n";
//! let json = "{\"Date\": 951868800000, \"Close\": 130.31}\n{\"Date\": 951955200000, \"Close\": null}\n";
//! for text in [csv, json] {
//!     let bars = read::reader::<f64>(text.as_bytes(), &Options::default())?.partition;
//!     assert_eq!(bars.ts(), [951_868_800_000, 951_955_200_000]);
//!     assert_eq!(bars.column("close").unwrap()[0], 130.31);
//!     assert!(bars.column("close").unwrap()[1].is_nan());
//! }
//! # Ok::<(), ta_runtime::Error>(())
//! ```
//!
//! # Columns
//!
//! One column is the time: `ts`, `timestamp`, `time`, `date`, `datetime` or `open_time`, or else the only one whose type is a time. Fields of
//! the schema are found by their names. In both, case, spaces, `_` and `-` do not count. Other columns keep their names; one that
//! holds something else than finite numbers, such as a symbol, is left out with a [`Notice`]. [`Options::columns`] overrules all of that.
//! An empty cell, null, NaN and the words `nan` and `null` are missing; infinities are refused.
//!
//! # Times
//!
//! Text is ISO-8601 or an integer; integers count [`Options::epoch`]. What says no zone is in [`Options::zone`], and a date alone is the start
//! of its day there. Nothing is guessed from the size of a number, and nothing is rounded to milliseconds.
//!
//! # Untrusted files
//!
//! Damaged files are refused. No memory is taken because a file claims to need it, but packed formats and repeated values can hold far
//! more than the file's size: set [`Options::limit`] for files from strangers.

#[cfg(feature = "readers")]
mod batches;
mod cell;
mod csv;
mod format;
#[cfg(feature = "readers")]
mod guard;
#[cfg(feature = "readers")]
mod gzip;
#[cfg(feature = "readers")]
mod ipc;
mod jsonl;
mod line;
mod names;
mod object;
#[cfg(feature = "readers")]
mod parquet;
mod table;
mod zone;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ta_kernel_api::Scalar;

use self::format::Format;
use self::table::Table;
use super::time::Epoch;
use super::{Location, OHLCV, Partition, SourceSchema};
use crate::error::{Error, Kind};

pub use self::line::Line;
pub use self::zone::{UnknownZone, Zone};

/// How a file is to be understood.
///
/// ```
/// use ta_runtime::dataset::read::{self, Options};
/// use ta_runtime::dataset::time::Epoch;
///
/// let options = Options {
///     epoch: Epoch::Seconds,
///     columns: vec![("t".into(), "ts".into()), ("Adj Close".into(), "close".into())],
///     zone: "-05:00".parse()?,
///     ..Options::default()
/// };
/// let bars = read::reader::<f64>("t,Close,Adj Close\n951868800,130.31,4.07\n".as_bytes(), &options)?.partition;
/// assert_eq!(bars.names(), ["close"]);
/// assert_eq!(bars.column("close"), Some(&[4.07][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    /// What kind of source it is.
    pub schema: &'static SourceSchema,
    /// What columns mean that their names do not say: a column exactly as the file writes it, then the field, another name, or `ts` for
    /// the time. A column that would have had that name by itself is left out.
    pub columns: Vec<(String, String)>,
    /// What a time written as an integer counts.
    pub epoch: Epoch,
    /// Where a time is that says no zone.
    pub zone: Zone,
    /// How many rows there may be; a file with more is refused.
    pub limit: Option<usize>,
}

/// Bars, with integer times in milliseconds and other times in UTC.
impl Default for Options {
    fn default() -> Self {
        Self {
            schema: &OHLCV,
            columns: Vec::new(),
            epoch: Epoch::default(),
            zone: Zone::default(),
            limit: None,
        }
    }
}

/// What was read.
#[derive(Debug, Clone)]
pub struct Reading<S> {
    /// The rows.
    pub partition: Partition<S>,
    /// What looks wrong without being impossible, in the order in which it was seen.
    pub notices: Vec<Notice>,
}

/// Something that looks wrong without being impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Where it is: the line of a text, the row of any other file.
    pub location: Location,
    /// What is odd about it.
    pub message: String,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.location != Location::default() {
            write!(f, "{}: ", self.location)?;
        }
        f.write_str(&self.message)
    }
}

/// Reads a file.
///
/// # Errors
/// A file that cannot be opened; then as [`reader`].
///
/// ```no_run
/// use ta_runtime::dataset::read::{self, Options};
///
/// let bars = read::file::<f64>("bars.parquet", &Options::default())?.partition;
/// # Ok::<(), ta_runtime::Error>(())
/// ```
pub fn file<S: Scalar>(path: impl AsRef<Path>, options: &Options) -> Result<Reading<S>, Error> {
    let mut file = File::open(path).map_err(|err| unreadable(&err))?;
    let head = Head::read(&mut file)?;
    #[cfg(feature = "readers")]
    match head.format {
        Format::Parquet => return parquet::read(file, options),
        Format::ArrowFile => return ipc::read_file(&file, options),
        _ => {}
    }
    head.rest(file, options)
}

/// Reads everything that a source gives. Text and Arrow streams are read as they come; Parquet and
/// Arrow files, which begin at their end, are held in memory.
///
/// # Errors
/// A source that fails. A format this was built without, or that nobody here can read. A header without exactly one time; a column in
/// [`Options::columns`] that is not there. Then the first row that is wrong: more cells than columns, a cell of a field
/// that is no time or no number, or what [`Partition::append`] refuses. The error has the line or the row, and the column.
pub fn reader<S: Scalar>(mut input: impl Read, options: &Options) -> Result<Reading<S>, Error> {
    let head = Head::read(&mut input)?;
    head.rest(input, options)
}

/// The beginning of a source, read to see what it is.
struct Head {
    bytes: Vec<u8>,
    format: Format,
}

impl Head {
    fn read(input: &mut impl Read) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        input.take(format::HEAD).read_to_end(&mut bytes).map_err(|err| unreadable(&err))?;
        let format = Format::of(&bytes);
        Ok(Self { bytes, format })
    }

    /// Reads this beginning and all that follows.
    fn rest<S: Scalar>(self, rest: impl Read, options: &Options) -> Result<Reading<S>, Error> {
        let input = self.bytes.chain(rest);
        match self.format {
            Format::Csv => csv::read(input, options),
            Format::JsonLines => jsonl::read(input, options),
            #[cfg(feature = "readers")]
            Format::Parquet => parquet::read(whole(input)?, options),
            #[cfg(feature = "readers")]
            Format::ArrowFile => ipc::read_file(&whole(input)?, options),
            #[cfg(feature = "readers")]
            Format::ArrowStream => ipc::read_stream(input, options),
            #[cfg(feature = "readers")]
            Format::Gzip => gzip::read(input, options),
            other => Err(unsupported(other)),
        }
    }
}

/// All that a source gives, for formats that begin at their end.
#[cfg(feature = "readers")]
fn whole(mut input: impl Read) -> Result<bytes::Bytes, Error> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(|err| unreadable(&err))?;
    Ok(bytes.into())
}

/// The refusal of a format that cannot be read.
fn unsupported(format: Format) -> Error {
    let help = if cfg!(feature = "readers") {
        "CSV, JSON lines, Parquet, Arrow IPC, and CSV or JSON lines in gzip"
    } else {
        "CSV or JSON lines; Parquet, Arrow IPC and gzip with the feature `readers`"
    };
    Error::new(Kind::Unsupported, format!("this is {}, which is not read", format.name())).with_help(help)
}

/// A source that fails; bytes that cannot be unpacked are a fault of the data.
fn unreadable(err: &io::Error) -> Error {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    let damaged = matches!(err.kind(), InvalidData | InvalidInput | UnexpectedEof);
    Error::new(if damaged { Kind::Data } else { Kind::Io }, err.to_string())
}

#[cfg(all(test, feature = "readers"))]
mod tests;
