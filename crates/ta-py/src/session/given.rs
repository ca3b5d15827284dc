//! What a session is handed: one bar, or many rows of one symbol or of several.

use std::borrow::Cow;

use numpy::{PyArray2, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::bars;
use super::shape::Shape;
use crate::data::frame::{BySymbol, Frame};
use crate::data::symbols::Symbols;
use crate::data::{Given as Kind, classify};
use crate::errors::{Class, Refusal, kind_of};
use crate::eval::tables::{Lent, Part, Table};

/// What a session is handed.
pub(super) enum Given<'py> {
    /// A bar: its feed and its time; its values are where the caller wanted them.
    Bar(usize, i64),
    Many(Many<'py>),
}

/// Many rows, and how they came.
pub(super) enum Many<'py> {
    /// The rows of one feed in a frame.
    Frame(usize, Table<'py>),
    /// A frame for each of some symbols, under what the dict called them.
    Frames(Vec<(Bound<'py, PyAny>, usize, Table<'py>)>),
    /// A frame with the rows of several: for each feed its rows.
    Mixed(Table<'py>, Vec<(usize, Vec<usize>)>),
    /// Bars one by one.
    Bars(Columns, Vec<(usize, Vec<usize>)>),
    /// A matrix with a row for each bar.
    Matrix(Columns, usize),
}

/// Rows as columns of our own, in the order of the session's fields.
pub(super) struct Columns {
    ts: Vec<i64>,
    values: Vec<Vec<f64>>,
}

impl<'py> Given<'py> {
    /// Reads what was handed over. The values of a single bar are put into `values`.
    pub(super) fn read(
        shape: &Shape,
        object: &Bound<'py, PyAny>,
        symbol: Option<&str>,
        values: &mut Vec<f64>,
    ) -> PyResult<Self> {
        let one = |values: &mut Vec<f64>| {
            bars::read(shape, object, symbol, values).map(|(feed, ts)| Self::Bar(feed, ts))
        };
        if let Ok(dict) = object.cast::<PyDict>() {
            if bars::is_bar(dict) {
                return one(values);
            }
        } else if object.is_instance_of::<PyTuple>() {
            return one(values);
        } else if let Ok(list) = object.cast::<PyList>() {
            return match list.iter().next() {
                Some(first) if bars::is_single(&first) && !first.is_none() && is_moment(&first) => {
                    one(values)
                }
                _ => Ok(Self::Many(list_of(shape, list, symbol)?)),
            };
        } else if let Ok(array) = object.cast::<PyUntypedArray>() {
            return match array.ndim() {
                1 => one(values),
                2 => Ok(Self::Many(matrix(shape, array, symbol)?)),
                dimensions => {
                    let message = format!(
                        "an array has {dimensions} dimensions (accepted: one for a bar, two for many)"
                    );
                    Err(Refusal::new(Class::Shape, message).with("given", dimensions).into())
                }
            };
        }
        match classify(object)? {
            Kind::Frame(frame) => Ok(Self::Many(Many::of_frame(shape, frame, symbol)?)),
            Kind::PolarsExpr => Err(no_rows(object).into()),
            Kind::Other if is_moment(object) => Err(no_rows(object).into()),
            Kind::Column(_) | Kind::Other => one(values),
        }
    }
}

fn no_rows(object: &Bound<'_, PyAny>) -> Refusal {
    let accepted = "a bar, a list of bars, a matrix, a frame, or a dict of frames";
    let message = format!("rows are of type `{}` (accepted: {accepted})", kind_of(object));
    Refusal::new(Class::Argument, message).with("given", kind_of(object)).with("accepted", accepted)
}

/// Whether an object can be a time, or any other plain value, and not a bar with attributes.
fn is_moment(object: &Bound<'_, PyAny>) -> bool {
    let py = object.py();
    object.is_none()
        || object.is_instance_of::<PyString>()
        || object.extract::<f64>().is_ok()
        || object.hasattr(intern!(py, "isoformat")).unwrap_or(false)
        || object.hasattr(intern!(py, "dtype")).unwrap_or(false)
}

impl<'py> Many<'py> {
    fn of_frame(shape: &Shape, frame: Frame<'py>, symbol: Option<&str>) -> PyResult<Self> {
        if let Some(frames) = frame.by_symbol()? {
            if let Some(symbol) = symbol {
                let message = "frames come with their symbols (accepted: one frame with `symbol=`)";
                return Err(Refusal::new(Class::Argument, message).with("given", symbol).into());
            }
            return Self::of_frames(shape, frames);
        }
        let named = frame.names()?.contains(&shape.by);
        match symbol {
            None if named => {
                let symbols = Symbols::read(&frame, &shape.by)?;
                let feeds: Vec<usize> =
                    symbols.names.iter().map(|name| shape.feed(Some(name))).collect::<Result<_, _>>()?;
                let fields: Vec<&'static str> = shape.fields.clone();
                let table = Table::read(frame, &fields, true)?;
                table.check_symbols(&symbols, &shape.by)?;
                Ok(Self::Mixed(table, feeds.into_iter().zip(symbols.rows).collect()))
            }
            _ => {
                let feed = shape.feed(symbol)?;
                Ok(Self::Frame(feed, Table::read(frame, &shape.feeds[feed].fields, true)?))
            }
        }
    }

    fn of_frames(shape: &Shape, frames: BySymbol<'py>) -> PyResult<Self> {
        let mut tables = Vec::with_capacity(frames.len());
        for (symbol, frame) in frames {
            let name = symbol.str()?;
            let feed = shape.feed(Some(name.to_str()?))?;
            tables.push((symbol, feed, Table::read(frame, &shape.feeds[feed].fields, true)?));
        }
        Ok(Self::Frames(tables))
    }

    /// The engine that answers a matrix.
    pub(super) fn own(&self, shape: &Shape) -> Option<usize> {
        match self {
            Self::Matrix(_, feed) => shape.feeds[*feed].own,
            _ => None,
        }
    }

    /// The values, to be read by other threads.
    pub(super) fn lent(&self, shape: &Shape) -> Vec<Lent<'_>> {
        match self {
            Self::Frame(_, table) | Self::Mixed(table, _) => vec![table.lent()],
            Self::Frames(tables) => tables.iter().map(|(.., table)| table.lent()).collect(),
            Self::Bars(columns, _) | Self::Matrix(columns, _) => vec![columns.lent(shape)],
        }
    }

    /// The rows of each feed.
    pub(super) fn parts<'a>(&'a self, shape: &Shape, lent: &'a [Lent<'a>]) -> Vec<(usize, Part<'a>)> {
        let part = |feed: usize, table: &'a Lent<'a>, rows: Option<&'a [usize]>| {
            (feed, Part { key: shape.feeds[feed].key.clone(), table, rows })
        };
        match self {
            Self::Frame(feed, _) | Self::Matrix(_, feed) => vec![part(*feed, &lent[0], None)],
            Self::Frames(tables) => {
                tables.iter().zip(lent).map(|((_, feed, _), table)| part(*feed, table, None)).collect()
            }
            Self::Mixed(_, feeds) | Self::Bars(_, feeds) => {
                feeds.iter().map(|(feed, rows)| part(*feed, &lent[0], Some(rows))).collect()
            }
        }
    }
}

/// Bars one by one, in any order; those of one symbol are sorted by time.
fn list_of<'py>(shape: &Shape, list: &Bound<'py, PyList>, symbol: Option<&str>) -> PyResult<Many<'py>> {
    let mut columns = Columns::with_room(shape, list.len());
    let mut feeds: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut values = Vec::with_capacity(shape.fields.len());
    for (row, bar) in list.iter().enumerate() {
        let read = bars::read(shape, &bar, symbol, &mut values);
        let (feed, ts) = read.map_err(|error| in_row(&bar, error, row))?;
        columns.push(ts, &values);
        match feeds.iter_mut().find(|(of, _)| *of == feed) {
            Some((_, rows)) => rows.push(row),
            None => feeds.push((feed, vec![row])),
        }
    }
    for (_, rows) in &mut feeds {
        rows.sort_by_key(|&row| columns.ts[row]);
    }
    Ok(Many::Bars(columns, feeds))
}

/// An exception of ours with the row it is about.
fn in_row(bar: &Bound<'_, PyAny>, error: PyErr, row: usize) -> PyErr {
    let value = error.value(bar.py());
    // Exceptions of others are left as they are.
    if value.hasattr("near").unwrap_or(false) {
        let _ = value.setattr("row", row);
        if let Ok(message) = value.str() {
            let _ = value.setattr("args", (format!("row {row}: {message}"),));
        }
    }
    error
}

fn matrix<'py>(
    shape: &Shape,
    array: &Bound<'py, PyUntypedArray>,
    symbol: Option<&str>,
) -> PyResult<Many<'py>> {
    let feed = shape.feed(symbol)?;
    let width = array.shape()[1];
    if width != shape.fields.len() + 1 {
        return Err(bars::uneven(shape, width).into());
    }
    let array = if let Ok(array) = array.cast::<PyArray2<f64>>() {
        array.clone()
    } else {
        let plain = array.call_method1(intern!(array.py(), "astype"), ("float64",)).map_err(|_| {
            let message = format!("a matrix holds values of dtype `{}` (accepted: numbers)", array.dtype());
            Refusal::new(Class::Argument, message)
        })?;
        plain.cast_into::<PyArray2<f64>>()?
    };
    let array = array.try_readonly().map_err(|_| {
        Refusal::new(
            Class::Shape,
            "the matrix is being written to by another call (accepted: one of its own)",
        )
    })?;
    let array = array.as_array();
    let mut columns = Columns::with_room(shape, array.nrows());
    for (row, &ts) in array.column(0).iter().enumerate() {
        let ts = bars::whole(ts).ok_or_else(|| {
            let message = format!("row {row}: `ts` is {ts} (accepted: whole milliseconds since 1970)");
            Refusal::new(Class::Data, message).with("column", "ts").with("row", row)
        })?;
        columns.ts.push(ts);
    }
    for (at, values) in columns.values.iter_mut().enumerate() {
        values.extend(array.column(at + 1));
    }
    Ok(Many::Matrix(columns, feed))
}

impl Columns {
    fn with_room(shape: &Shape, rows: usize) -> Self {
        let values = shape.fields.iter().map(|_| Vec::with_capacity(rows)).collect();
        Self { ts: Vec::with_capacity(rows), values }
    }

    fn push(&mut self, ts: i64, values: &[f64]) {
        self.ts.push(ts);
        self.values.iter_mut().zip(values).for_each(|(column, value)| column.push(*value));
    }

    pub(super) fn rows(&self) -> usize {
        self.ts.len()
    }

    fn lent(&self, shape: &Shape) -> Lent<'_> {
        let columns = shape.fields.iter().zip(&self.values);
        Lent {
            columns: columns.map(|(name, values)| (*name, Cow::Borrowed(&values[..]))).collect(),
            times: Some(self.ts.iter().map(|&ts| ts as f64).collect()),
            rows: self.ts.len(),
        }
    }
}
