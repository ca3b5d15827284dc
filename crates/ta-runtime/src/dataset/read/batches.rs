//! Rows from Arrow's record batches, which is what Parquet and Arrow IPC are read into.

use std::fmt::Display;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Schema, TimeUnit};
use ta_kernel_api::{Scalar, ScalarKind};

use super::cell::{self, Time};
use super::table::{Cells, Table};
use super::{Options, Reading, names};
use crate::dataset::Location;
use crate::dataset::time::Epoch;
use crate::error::{Error, Kind};

/// The batches read so far.
pub(super) struct Batches<'a, S> {
    options: &'a Options,
    time: usize,
    time_name: String,
    /// Where in a batch each column of the table is.
    columns: Vec<usize>,
    table: Table<'a, S>,
}

impl<'a, S: Scalar> Batches<'a, S> {
    /// None yet, of this schema.
    pub(super) fn new(schema: &Schema, options: &'a Options) -> Result<Self, Error> {
        let fields = schema.fields();
        let given: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
        names::check_mapped(&given, options)?;
        let typed: Vec<usize> = (0..fields.len()).filter(|&at| is_time(fields[at].data_type())).collect();
        let time = names::time(&given, &typed, options)?;
        if !holds_times(fields[time].data_type()) {
            let help = "accepted: timestamps, dates, integers, or text";
            return Err(holds_other(given[time], fields[time].data_type(), "times").with_help(help));
        }
        let (mut kept, mut columns, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        for (at, field) in fields.iter().enumerate().filter(|&(at, _)| at != time) {
            let Some(name) = names::column(field.name(), options) else { continue };
            if holds_numbers(field.data_type()) {
                kept.push(name);
                columns.push(at);
            } else if options.schema.field(&name).is_some() {
                let help = "accepted: integers, floats, decimals, or text";
                return Err(holds_other(field.name(), field.data_type(), "numbers").with_help(help));
            } else {
                let (name, kind) = (cell::shown(name.as_bytes()), field.data_type());
                left_out.push(format!("column {name} is left out, as {} is no number", shown(kind)));
            }
        }
        let mut table = Table::new(kept, options)?;
        for message in left_out {
            table.notice(Location::default(), message);
        }
        Ok(Self { options, time, time_name: given[time].to_owned(), columns, table })
    }

    /// The columns that are needed, after which batches are expected to hold these alone.
    #[must_use]
    pub(super) fn project(&mut self) -> Vec<usize> {
        let mut wanted: Vec<usize> = self.columns.iter().copied().chain([self.time]).collect();
        wanted.sort_unstable();
        let rank = |at: usize| wanted.partition_point(|&other| other < at);
        self.time = rank(self.time);
        for column in &mut self.columns {
            *column = rank(*column);
        }
        wanted
    }

    /// Adds the rows of a batch.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let absent = || Error::new(Kind::Data, "a batch does not have the columns of its schema");
        let arrays = batch.columns();
        let times = arrays.get(self.time).and_then(|array| times(array, self.options)).ok_or_else(absent)?;
        let mut columns = Vec::with_capacity(self.columns.len());
        for (column, &at) in self.columns.iter().enumerate() {
            columns.push(if self.table.is_left_out(column) {
                Cells { values: Vec::new(), bad: None }
            } else {
                arrays.get(at).and_then(|array| numbers(array)).ok_or_else(absent)?
            });
        }
        self.table.extend(times, columns, &self.time_name)
    }

    pub(super) fn finish(self) -> Result<Reading<S>, Error> {
        self.table.finish()
    }
}

fn holds_other(name: &str, kind: &DataType, wanted: &str) -> Error {
    let message = format!("it holds {}, not {wanted}", shown(kind));
    Error::new(Kind::Data, message).in_data(Location::default().column(name))
}

fn shown(value: &impl Display) -> String {
    cell::shown(value.to_string().as_bytes())
}

fn is_time(kind: &DataType) -> bool {
    use DataType::{Date32, Date64, Timestamp};
    matches!(kind, Date32 | Date64 | Timestamp(..))
}

fn is_text(kind: &DataType) -> bool {
    use DataType::{LargeUtf8, Utf8, Utf8View};
    matches!(kind, Utf8 | LargeUtf8 | Utf8View)
}

fn holds_times(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => holds_times(values),
        _ => is_time(kind) || is_text(kind) || kind.is_integer(),
    }
}

fn holds_numbers(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => holds_numbers(values),
        _ => kind.is_numeric() || is_text(kind) || kind.is_null(),
    }
}

/// The cells of a column as times; `None` for a type that holds none.
fn times(array: &dyn Array, options: &Options) -> Option<Cells<Time>> {
    const DAY: i64 = 86_400_000;
    let null = || Err("`null`".to_owned());
    let count = |unit: Epoch, zoned: bool| {
        move |count: i64| {
            let ts = unit.milliseconds(count);
            let time =
                if zoned { ts.and_then(Time::instant) } else { ts.and_then(|ts| Time::local(ts, options)) };
            time.ok_or_else(|| format!("`{count} {unit}`"))
        }
    };
    let day = |ts: i64| {
        let time = if ts % DAY == 0 { Time::day(ts, options) } else { Time::local(ts, options) };
        time.ok_or_else(|| format!("`{ts} ms`"))
    };
    let text = |text: &str| Time::text(text.as_bytes(), options).ok_or_else(|| cell::shown(text.as_bytes()));
    Some(match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, zone) => {
            primitive::<TimestampSecondType, _>(array, null, count(Epoch::Seconds, zone.is_some()))
        }
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            primitive::<TimestampMillisecondType, _>(array, null, count(Epoch::Milliseconds, zone.is_some()))
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            primitive::<TimestampMicrosecondType, _>(array, null, count(Epoch::Microseconds, zone.is_some()))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
            primitive::<TimestampNanosecondType, _>(array, null, count(Epoch::Nanoseconds, zone.is_some()))
        }
        DataType::Date32 => primitive::<Date32Type, _>(array, null, |days| day(i64::from(days) * DAY)),
        DataType::Date64 => primitive::<Date64Type, _>(array, null, day),
        DataType::Dictionary(..) => dictionary(array, null, |values| times(values, options)),
        kind if is_text(kind) => strings(array, null, text),
        kind if kind.is_integer() => integers(array, null, |count| {
            let time = i64::try_from(count).ok().and_then(|count| Time::count(count, options.epoch));
            time.ok_or_else(|| shown(&count))
        }),
        _ => return None,
    })
}

/// The cells of a column as numbers; `None` for a type that holds none.
fn numbers<S: Scalar>(array: &dyn Array) -> Option<Cells<S>> {
    let null = || Ok(S::MISSING);
    let text = |text: &str| cell::number(text.as_bytes()).ok_or_else(|| cell::shown(text.as_bytes()));
    Some(match array.data_type() {
        DataType::Null => cells((0..array.len()).map(|_| null())),
        DataType::Float16 => primitive::<Float16Type, _>(array, null, |value| float(value.into(), value)),
        DataType::Float32 => primitive::<Float32Type, _>(array, null, |value| float(value.into(), value)),
        DataType::Float64 => primitive::<Float64Type, _>(array, null, |value| float(value, value)),
        &DataType::Decimal32(_, scale) => {
            primitive::<Decimal32Type, _>(array, null, |digits| decimal(&digits, scale))
        }
        &DataType::Decimal64(_, scale) => {
            primitive::<Decimal64Type, _>(array, null, |digits| decimal(&digits, scale))
        }
        &DataType::Decimal128(_, scale) => {
            primitive::<Decimal128Type, _>(array, null, |digits| decimal(&digits, scale))
        }
        &DataType::Decimal256(_, scale) => {
            primitive::<Decimal256Type, _>(array, null, |digits| decimal(&digits, scale))
        }
        DataType::Dictionary(..) => dictionary(array, null, numbers),
        kind if is_text(kind) => strings(array, null, text),
        kind if kind.is_integer() => integers(array, null, |value| match i64::try_from(value) {
            Ok(value) => Ok(S::from_i64(value)),
            Err(_) => S::parse(&value.to_string()).ok_or_else(|| shown(&value)),
        }),
        _ => return None,
    })
}

/// A float: in decimals the shortest number that reads back as the same float.
fn float<S: Scalar>(value: f64, text: impl Display) -> Result<S, String> {
    let number = match S::KIND {
        _ if value.is_nan() => Some(S::MISSING),
        _ if value.is_infinite() => None,
        ScalarKind::F64 => Some(S::from_f64(value)),
        ScalarKind::Decimal => S::parse(&text.to_string()),
    };
    number.ok_or_else(|| shown(&value))
}

/// An integer with this many digits after the point, without rounding in decimals.
fn decimal<S: Scalar>(digits: &impl Display, scale: i8) -> Result<S, String> {
    let text = digits.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let after = usize::try_from(scale).unwrap_or(0);
    let zeros = usize::from(scale.unsigned_abs()) - after;
    let digits = format!("{digits:0>width$}{:0<zeros$}", "", width = after + 1);
    let (whole, part) = digits.split_at(digits.len() - after);
    let part = part.trim_end_matches('0');
    let text = if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") };
    let exact = |value: &S| S::KIND == ScalarKind::F64 || value.to_string() == text;
    S::parse(&text).filter(exact).ok_or_else(|| cell::shown(text.as_bytes()))
}

/// The cells up to the first one that is none.
fn cells<T>(rows: impl Iterator<Item = Result<T, String>>) -> Cells<T> {
    let mut values = Vec::with_capacity(rows.size_hint().0);
    for row in rows {
        match row {
            Ok(value) => values.push(value),
            Err(bad) => return Cells { values, bad: Some(bad) },
        }
    }
    Cells { values, bad: None }
}

fn primitive<A: ArrowPrimitiveType, T>(
    array: &dyn Array,
    null: impl Fn() -> Result<T, String>,
    read: impl Fn(A::Native) -> Result<T, String>,
) -> Cells<T> {
    cells(array.as_primitive::<A>().iter().map(|value| value.map_or_else(&null, &read)))
}

fn integers<T>(
    array: &dyn Array,
    null: impl Fn() -> Result<T, String>,
    read: impl Fn(i128) -> Result<T, String>,
) -> Cells<T> {
    match array.data_type() {
        DataType::Int8 => primitive::<Int8Type, _>(array, null, |value| read(value.into())),
        DataType::Int16 => primitive::<Int16Type, _>(array, null, |value| read(value.into())),
        DataType::Int32 => primitive::<Int32Type, _>(array, null, |value| read(value.into())),
        DataType::UInt8 => primitive::<UInt8Type, _>(array, null, |value| read(value.into())),
        DataType::UInt16 => primitive::<UInt16Type, _>(array, null, |value| read(value.into())),
        DataType::UInt32 => primitive::<UInt32Type, _>(array, null, |value| read(value.into())),
        DataType::UInt64 => primitive::<UInt64Type, _>(array, null, |value| read(value.into())),
        _ => primitive::<Int64Type, _>(array, null, |value| read(value.into())),
    }
}

fn strings<T>(
    array: &dyn Array,
    null: impl Fn() -> Result<T, String>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Cells<T> {
    match array.data_type() {
        DataType::LargeUtf8 => {
            cells(array.as_string::<i64>().iter().map(|text| text.map_or_else(&null, &read)))
        }
        DataType::Utf8View => cells(array.as_string_view().iter().map(|text| text.map_or_else(&null, &read))),
        _ => cells(array.as_string::<i32>().iter().map(|text| text.map_or_else(&null, &read))),
    }
}

/// Cells that stand in a list of their own.
fn dictionary<T>(
    array: &dyn Array,
    null: impl Fn() -> Result<T, String>,
    read: impl Fn(&dyn Array) -> Option<Cells<T>>,
) -> Cells<T> {
    let array = array.as_any_dictionary();
    let (keys, values) = (array.keys(), array.values());
    let value = |key: i128| {
        let key = usize::try_from(key).ok().filter(|&key| key < values.len()).ok_or_else(|| shown(&key))?;
        let one = read(&values.slice(key, 1)).unwrap_or(Cells { values: Vec::new(), bad: None });
        one.values.into_iter().next().ok_or(one.bad.unwrap_or_default())
    };
    integers(keys, null, value)
}
