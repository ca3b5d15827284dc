//! The columns of frames that a plan reads, and the partitions made of them.

use std::borrow::Cow;

use pyo3::PyResult;
use smallvec::SmallVec;
use ta_runtime::dataset::{Partition, PartitionKey};
use ta_runtime::expr::Reach;
use ta_runtime::plan::{Age, Op, Plan, Rows};

use super::refuse::of_data;
use crate::data::frame::Frame;
use crate::data::symbols::Symbols;
use crate::data::{Chunk, Like, Wanted, infinite};
use crate::errors::{Class, Refusal};

/// What a plan reads of a frame.
pub(crate) struct Table<'py> {
    pub(crate) frame: Frame<'py>,
    pub(crate) rows: usize,
    pub(crate) like: Like<'py>,
    columns: Vec<(&'static str, SmallVec<[Chunk<'py>; 1]>)>,
    times: Option<SmallVec<[Chunk<'py>; 1]>>,
}

impl<'py> Table<'py> {
    /// Reads the fields that the plan needs of the rows of a symbol, or of all symbols, and the times where there are any.
    pub(crate) fn of_plan(plan: &Plan, frame: Frame<'py>, symbol: Option<&str>) -> PyResult<Self> {
        Self::read(frame, &fields(plan, symbol), needs_time(plan))
    }

    /// Reads these fields, and the times. Rows are counted where there are none and none are needed.
    pub(crate) fn read(frame: Frame<'py>, fields: &[&'static str], timed: bool) -> PyResult<Self> {
        let mut like: Option<Like<'py>> = None;
        let mut columns = Vec::new();
        let mut first: Option<(&'static str, usize)> = None;
        let mut check = |name: &'static str, rows: usize| match first {
            Some((before, others)) if others != rows => {
                let message =
                    format!("`{name}` has {rows} rows and `{before}` has {others} (accepted: as many)");
                Err(Refusal::new(Class::Shape, message).with("column", name).with("given", rows))
            }
            _ => {
                first = Some((name, rows));
                Ok(())
            }
        };
        for &field in fields {
            let column = frame.role(field, Wanted { name: field, time: false })?;
            check(field, column.rows())?;
            if let Some(like) = &like
                && !like.fits(&column.like)?
            {
                let message =
                    format!("`{field}` and other columns have different indexes (align them first)");
                return Err(Refusal::new(Class::Shape, message).with("column", field).into());
            }
            // Labels win over plain arrays.
            like = Some(like.filter(|like| !like.is_plain()).unwrap_or(column.like));
            columns.push((field, column.chunks));
        }
        let times = match frame.role("ts", Wanted { name: "ts", time: true }) {
            Ok(column) => {
                check("ts", column.rows())?;
                Some(column.chunks)
            }
            Err(error) if timed => return Err(error),
            // Rows are counted where nothing depends on their times.
            Err(_) => None,
        };
        let rows = match first {
            Some((_, rows)) => rows,
            None => frame.rows()?,
        };
        let like = match like {
            Some(like) => like,
            None => frame.like()?,
        };
        Ok(Self { frame, rows, like, columns, times })
    }

    /// Refuses a column of symbols that is not as long as the others.
    pub(crate) fn check_symbols(&self, symbols: &Symbols, column: &str) -> Result<(), Refusal> {
        let counted: usize = symbols.rows.iter().map(Vec::len).sum();
        if counted == self.rows {
            return Ok(());
        }
        let message = format!(
            "`{column}` has {counted} rows and the other columns have {} (accepted: as many)",
            self.rows
        );
        Err(Refusal::new(Class::Shape, message).with("column", column).with("given", counted))
    }

    /// The values, to be read by other threads.
    pub(crate) fn lent(&self) -> Lent<'_> {
        let columns = self.columns.iter().map(|(name, chunks)| (*name, whole(chunks)));
        Lent { columns: columns.collect(), times: self.times.as_deref().map(whole), rows: self.rows }
    }
}

/// A column in one piece.
fn whole<'a>(chunks: &'a [Chunk<'_>]) -> Cow<'a, [f64]> {
    match chunks {
        [one] => Cow::Borrowed(one.values()),
        several => several.iter().flat_map(Chunk::values).copied().collect(),
    }
}

/// The values of a table as they came; what may not be among them is refused where they become a partition.
pub(crate) struct Lent<'a> {
    pub(crate) columns: Vec<(&'static str, Cow<'a, [f64]>)>,
    pub(crate) times: Option<Cow<'a, [f64]>>,
    pub(crate) rows: usize,
}

impl Lent<'_> {
    /// The first column in which there is an infinite value, as it is refused.
    pub(crate) fn infinite(&self) -> Option<Refusal> {
        self.columns.iter().find_map(|(name, values)| infinite(name, [&**values]))
    }
}

/// Some rows of a table under a key.
pub(crate) struct Part<'a> {
    pub(crate) key: PartitionKey,
    pub(crate) table: &'a Lent<'a>,
    /// All of them without.
    pub(crate) rows: Option<&'a [usize]>,
}

impl Part<'_> {
    /// The rows, checked. `several` says that there are other parts, of which a refusal has to tell this one.
    pub(crate) fn partition(&self, several: bool) -> Result<Partition<f64>, Refusal> {
        let Lent { columns, times, rows } = self.table;
        let count = self.rows.map_or(*rows, <[usize]>::len);
        let times = match times {
            Some(times) => milliseconds(&picked(times, self.rows), |row| self.row(row))?,
            None => (0..count as i64).collect(),
        };
        let columns: Vec<_> =
            columns.iter().map(|(name, values)| (*name, picked(values, self.rows))).collect();
        let columns: Vec<(&str, &[f64])> = columns.iter().map(|(name, values)| (*name, &**values)).collect();
        Partition::from_columns(self.key.source, &times, &columns)
            .map_err(|error| of_data(&error, self, several))
    }

    /// The number of a row in its table.
    pub(crate) fn row(&self, row: usize) -> usize {
        self.rows.map_or(row, |rows| rows.get(row).copied().unwrap_or(row))
    }

    /// Whether the rows have times of their own.
    pub(crate) fn is_timed(&self) -> bool {
        self.table.times.is_some()
    }
}

/// Some of these values; in place when they stand side by side.
fn picked<'v, T: Copy>(values: &'v [T], rows: Option<&[usize]>) -> Cow<'v, [T]> {
    match rows {
        None => Cow::Borrowed(values),
        Some([]) => Cow::Borrowed(&[]),
        Some(rows) if side_by_side(rows) => Cow::Borrowed(&values[rows[0]..=rows[rows.len() - 1]]),
        Some(rows) => rows.iter().map(|&row| values[row]).collect(),
    }
}

/// Whether rows, which rise, have no other ones between them.
pub(crate) fn side_by_side(rows: &[usize]) -> bool {
    rows.windows(2).all(|pair| pair[0] + 1 == pair[1])
}

/// The fields a plan reads of a symbol in its own source.
pub(crate) fn fields(plan: &Plan, symbol: Option<&str>) -> Vec<&'static str> {
    let own = |name: &str| {
        let read = plan.requirements().iter().filter(|need| need.field() == name);
        let source = read.map(ta_runtime::plan::Requirement::source);
        source
            .filter(|source| source.source.is_none_or(|source| source == plan.schema()))
            .any(|source| symbol.is_none() || source.symbol.is_none() || source.symbol.as_deref() == symbol)
    };
    plan.schema().fields.iter().map(|field| field.name).filter(|name| own(name)).collect()
}

/// Whether rows without times cannot be computed with.
fn needs_time(plan: &Plan) -> bool {
    let clock = |rows: &Rows| match rows {
        Rows::Source(source) => !source.is_base(),
        Rows::Every { every, .. } => matches!(every, Reach::Time(_)),
    };
    let node = |op: &Op| match op {
        Op::Field { name } => &**name == "ts",
        Op::Ago { .. } | Op::Align { age: Age::Within(_) } => true,
        Op::Aggregate { window, .. } => matches!(window, Some(Reach::Time(_))),
        _ => false,
    };
    plan.clocks().iter().any(clock) || plan.nodes().iter().any(|at| node(at.op()))
}

/// Times as whole milliseconds; `row` is the number that the caller knows a row by.
pub(crate) fn milliseconds(times: &[f64], row: impl Fn(usize) -> usize) -> Result<Vec<i64>, Refusal> {
    let whole: Vec<i64> = times.iter().map(|&time| time as i64).collect();
    match whole.iter().zip(times).position(|(&whole, &time)| whole as f64 != time) {
        None => Ok(whole),
        Some(at) => {
            let (time, row) = (times[at], row(at));
            let message = format!(
                "`ts` is {time} in row {row} (accepted: whole milliseconds since 1970, dates, times)"
            );
            Err(Refusal::new(Class::Data, message).with("column", "ts").with("row", row))
        }
    }
}
