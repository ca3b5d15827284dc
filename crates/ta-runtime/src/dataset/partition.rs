//! Columns of one source in the order of time.

use std::ops::Range;

use ta_kernel_api::Scalar;

use super::schema::SourceSchema;
use super::{Location, time};
use crate::error::{Error, Kind};

/// Columns of one source in the order of time, all equally long.
///
/// Times strictly increase. Values are finite or missing, and fields that bound each other by the schema do so wherever both
/// are present. All of that is checked before anything is written, so a refused append leaves the partition as it was.
///
/// ```
/// use ta_runtime::dataset::{OHLCV, Partition};
///
/// let mut bars = Partition::new(&OHLCV, ["high", "low"])?;
/// bars.append(&[0, 60_000], &[("high", &[2.0, 3.0]), ("low", &[1.0, f64::NAN])])?;
/// let err = bars.append(&[60_000], &[("high", &[3.0]), ("low", &[2.0])]).unwrap_err();
/// assert!(err.is_data());
/// assert_eq!(bars.column("high"), Some(&[2.0, 3.0][..]));
/// # Ok::<(), ta_runtime::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Partition<S> {
    schema: &'static SourceSchema,
    ts: Vec<i64>,
    names: Vec<String>,
    columns: Vec<Vec<S>>,
}

/// Rows that are checked at once.
const BLOCK: usize = 1024;

/// A row in which a field lies above another that it should not be above.
#[derive(Debug, Clone, PartialEq)]
pub struct Oddity<S> {
    /// The row, counted from zero.
    pub row: usize,
    /// Its time.
    pub ts: i64,
    /// The field that should be the lower one, and its value.
    pub low: (&'static str, S),
    /// The field that should be the higher one, and its value.
    pub high: (&'static str, S),
}

impl<S: Scalar> Partition<S> {
    /// A partition without rows.
    ///
    /// # Errors
    /// A column name that is empty, `ts`, that of a derived field, or given twice.
    pub fn new<N: Into<String>>(
        schema: &'static SourceSchema,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, Error> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        for (at, name) in names.iter().enumerate() {
            let fault = if name.is_empty() {
                format!("column {} has no name", at + 1)
            } else if name == "ts" {
                "column `ts` is taken by the time of the rows".to_owned()
            } else if let Some(derived) = schema.derived(name) {
                format!("column `{name}` has the name of a derived field, `{}`", derived.expression)
            } else if names[..at].contains(name) {
                format!("column `{name}` is given twice")
            } else {
                continue;
            };
            return Err(Error::new(Kind::Data, fault).with_help("each column has a name of its own"));
        }
        let columns = vec![Vec::new(); names.len()];
        Ok(Self { schema, ts: Vec::new(), names, columns })
    }

    /// A partition of these columns.
    ///
    /// # Errors
    /// As [`new`](Self::new) and [`append`](Self::append).
    pub fn from_columns(
        schema: &'static SourceSchema,
        ts: &[i64],
        columns: &[(&str, &[S])],
    ) -> Result<Self, Error> {
        let mut partition = Self::new(schema, columns.iter().map(|(name, _)| *name))?;
        partition.append(ts, columns)?;
        Ok(partition)
    }

    /// Adds rows: their times and one column for each that the partition has, in any order.
    ///
    /// # Errors
    /// In this order: a column that is unknown, given twice or left out; columns that are not as long as the times; then row by
    /// row a time that is out of range or not after the one before it, a value that is infinite, and two fields of which one may not
    /// be above the other.
    pub fn append(&mut self, ts: &[i64], columns: &[(&str, &[S])]) -> Result<(), Error> {
        let columns = self.in_order(columns)?;
        let mut named = self.names.iter().zip(&columns);
        if let Some((name, column)) = named.find(|(_, column)| column.len() != ts.len()) {
            return Err(uneven(name, column.len(), ts.len()));
        }
        self.check(ts, &columns, self.last_ts())?;
        self.ts.extend_from_slice(ts);
        for (held, column) in self.columns.iter_mut().zip(columns) {
            held.extend(column.iter().map(|value| value.finite()));
        }
        Ok(())
    }

    /// Adds the rows of another partition of the same source and columns.
    ///
    /// # Errors
    /// Another kind of source, and what [`append`](Self::append) refuses.
    pub fn extend(&mut self, rows: &Self) -> Result<(), Error> {
        self.same_source(rows)?;
        self.append(&rows.ts, &rows.columns())
    }

    /// Adds a column, with one value for each row.
    ///
    /// # Errors
    /// A name as [`new`](Self::new) refuses it, and values as [`append`](Self::append) does.
    pub fn add_column(&mut self, name: &str, values: &[S]) -> Result<(), Error> {
        let mut columns = self.columns();
        columns.push((name, values));
        let wider = Self::new(self.schema, columns.iter().map(|(name, _)| *name))?;
        if values.len() != self.len() {
            return Err(uneven(name, values.len(), self.len()));
        }
        let columns: Vec<_> = columns.into_iter().map(|(_, column)| column).collect();
        wider.check(&self.ts, &columns, None)?;
        self.names = wider.names;
        self.columns.push(values.iter().map(|value| value.finite()).collect());
        Ok(())
    }

    /// Puts other rows in place of those with `times.start <= ts < times.end`: fewer, more or corrected ones. Answers where the new
    /// rows stand now.
    ///
    /// ```
    /// use ta_runtime::dataset::{OHLCV, Partition};
    ///
    /// let mut bars = Partition::from_columns(&OHLCV, &[10, 20, 30], &[("close", &[1.0, 2.0, 3.0])])?;
    /// let late = Partition::from_columns(&OHLCV, &[15, 20], &[("close", &[1.5, 2.5])])?;
    /// assert_eq!(bars.replace(15..21, &late)?, 1..3);
    /// assert_eq!(bars.ts(), [10, 15, 20, 30]);
    /// assert_eq!(bars.column("close"), Some(&[1.0, 1.5, 2.5, 3.0][..]));
    /// # Ok::<(), ta_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// In this order: times that end before they begin; another kind of source; a column that is unknown or left out; a row outside
    /// the times.
    pub fn replace(&mut self, times: Range<i64>, rows: &Self) -> Result<Range<usize>, Error> {
        let (from, until) = (time::iso(times.start), time::iso(times.end));
        if times.end < times.start {
            return Err(Error::new(
                Kind::Data,
                format!("the times from {from} end at {until}, before they begin"),
            ));
        }
        self.same_source(rows)?;
        let given = rows.columns();
        let columns = self.in_order(&given)?;
        if let Some(row) = rows.ts.iter().position(|ts| !times.contains(ts)) {
            let message = format!("time is not among those from {from} and before {until}");
            return Err(Error::new(Kind::Data, message).in_data(Location::row(row, rows.ts[row])));
        }
        // The rows are in order and within the times, their values were checked with them: nothing else can be wrong.
        let old = self.row_at_or_after(times.start)..self.row_at_or_after(times.end);
        for (held, column) in self.columns.iter_mut().zip(columns) {
            held.splice(old.clone(), column.iter().copied());
        }
        self.ts.splice(old.clone(), rows.ts.iter().copied());
        Ok(old.start..old.start + rows.len())
    }

    /// The given columns in the order of those held.
    fn in_order<'c>(&self, columns: &[(&str, &'c [S])]) -> Result<Vec<&'c [S]>, Error> {
        let mut ordered: Vec<Option<&[S]>> = vec![None; self.names.len()];
        for &(name, column) in columns {
            let Some(at) = self.names.iter().position(|known| known == name) else {
                return Err(self.shape(format!("there is no column `{name}`")));
            };
            if ordered[at].replace(column).is_some() {
                return Err(self.shape(format!("column `{name}` is given twice")));
            }
        }
        let named = self.names.iter().zip(ordered);
        named
            .map(|(name, column)| column.ok_or_else(|| self.shape(format!("column `{name}` is left out"))))
            .collect()
    }

    fn same_source(&self, rows: &Self) -> Result<(), Error> {
        if self.schema == rows.schema {
            return Ok(());
        }
        let message = format!("rows of `{}` given for rows of `{}`", rows.schema.name, self.schema.name);
        Err(Error::new(Kind::Data, message))
    }

    fn shape(&self, message: String) -> Error {
        Error::new(Kind::Data, message).with_help(format!("the columns are {}", list(&self.names)))
    }

    /// Whether these rows may follow one of the time `last`.
    fn check(&self, ts: &[i64], columns: &[&[S]], mut last: Option<i64>) -> Result<(), Error> {
        let rules = Rules::new(self.schema, &self.names);
        for start in (0..ts.len()).step_by(BLOCK) {
            let block = start..ts.len().min(start + BLOCK);
            // Nothing is wrong with most blocks, which takes a fraction of the time to see.
            if !(in_order(&ts[block.clone()], last) && rules.hold(columns, block.clone())) {
                for row in block.clone() {
                    let fault = check_time(ts[row], last)
                        .or_else(|| rules.check(&self.names, |column| columns[column][row]));
                    if let Some(fault) = fault {
                        return Err(fault.into_error(Location::row(row, ts[row])));
                    }
                    last = Some(ts[row]);
                }
            }
            last = Some(ts[block.end - 1]);
        }
        Ok(())
    }

    /// What kind of source this is.
    pub fn schema(&self) -> &'static SourceSchema {
        self.schema
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ts.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ts.is_empty()
    }

    /// The time of each row, in milliseconds since the epoch.
    pub fn ts(&self) -> &[i64] {
        &self.ts
    }

    /// The time of the last row.
    pub fn last_ts(&self) -> Option<i64> {
        self.ts.last().copied()
    }

    /// The first row at this time or later; one past the last row when there is none.
    pub fn row_at_or_after(&self, ts: i64) -> usize {
        self.ts.partition_point(|&at| at < ts)
    }

    /// The times as numbers, which is what an expression reads as `ts`.
    pub fn clock(&self) -> Vec<S> {
        self.ts.iter().map(|&ts| S::from_i64(ts)).collect()
    }

    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&[S]> {
        let at = self.names.iter().position(|known| known == name)?;
        Some(&self.columns[at])
    }

    /// All columns with their names, as [`from_columns`](Self::from_columns) takes them.
    pub fn columns(&self) -> Vec<(&str, &[S])> {
        self.names.iter().map(String::as_str).zip(self.columns.iter().map(Vec::as_slice)).collect()
    }

    /// A copy of some of the rows; rows that are not there are left out.
    #[must_use]
    pub fn slice(&self, rows: Range<usize>) -> Self {
        let end = rows.end.min(self.len());
        let rows = rows.start.min(end)..end;
        Self {
            schema: self.schema,
            ts: self.ts[rows.clone()].to_vec(),
            names: self.names.clone(),
            columns: self.columns.iter().map(|column| column[rows.clone()].to_vec()).collect(),
        }
    }

    /// These rows in place of its own, at these times; missing where there is none. The times increase and the rows are there.
    pub(super) fn gather(&self, ts: &[i64], rows: &[Option<usize>]) -> Self {
        let gather =
            |column: &Vec<S>| rows.iter().map(|row| row.map_or(S::MISSING, |row| column[row])).collect();
        Self {
            schema: self.schema,
            ts: ts.to_vec(),
            names: self.names.clone(),
            columns: self.columns.iter().map(gather).collect(),
        }
    }

    /// A copy of the rows with `times.start <= ts < times.end`.
    #[must_use]
    pub fn between(&self, times: Range<i64>) -> Self {
        self.slice(self.row_at_or_after(times.start)..self.row_at_or_after(times.end))
    }

    /// The rows in which a field lies above another that, by the schema, it should not be above.
    pub fn oddities(&self) -> Vec<Oddity<S>> {
        let pairs: Vec<_> = self
            .schema
            .expected
            .iter()
            .filter_map(|&(low, high)| Some(((low, self.column(low)?), (high, self.column(high)?))))
            .collect();
        let mut odd = Vec::new();
        for (row, &ts) in self.ts.iter().enumerate() {
            for &((low_name, low), (high_name, high)) in &pairs {
                if low[row] > high[row] {
                    odd.push(Oddity { row, ts, low: (low_name, low[row]), high: (high_name, high[row]) });
                }
            }
        }
        odd
    }
}

/// What is wrong with a row.
pub(crate) struct Fault {
    column: Option<String>,
    message: String,
    help: Option<String>,
}

impl Fault {
    pub(crate) fn into_error(self, location: Location) -> Error {
        let location = self.column.iter().fold(location, |location, name| location.column(name));
        Error::new(Kind::Data, self.message).with_help_if(self.help).in_data(location)
    }
}

/// Whether a row may follow the one before it.
pub(crate) fn check_time(now: i64, last: Option<i64>) -> Option<Fault> {
    let fault = |message: String| Some(Fault { column: None, message, help: None });
    match last {
        _ if !time::in_range(now) => fault("time is out of range".to_owned()),
        Some(last) if now <= last => fault(format!("time is not after the {} before it", time::iso(last))),
        _ => None,
    }
}

/// Whether these times, of which there are some, are in range and increase from one before them on.
fn in_order(ts: &[i64], last: Option<i64>) -> bool {
    let ends = check_time(ts[0], last).is_none() && time::in_range(ts[ts.len() - 1]);
    let rises = |(before, now)| before < now;
    ends && ts.iter().zip(&ts[1..]).fold(true, |all, pair| all & rises(pair))
}

/// What holds between the values of one row: all finite, and fields within their bounds.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// Positions of two columns of which the first is never above the second.
    ordered: Vec<(usize, usize)>,
}

impl Rules {
    /// The rules of a schema for the columns of these names.
    pub(crate) fn new<N: AsRef<str>>(schema: &SourceSchema, names: &[N]) -> Self {
        let find = |wanted: &str| names.iter().position(|name| name.as_ref() == wanted);
        let ordered =
            schema.ordered.iter().filter_map(|(low, high)| Some((find(low)?, find(high)?))).collect();
        Self { ordered }
    }

    /// Whether nothing is wrong with any of these rows.
    fn hold<S: Scalar>(&self, columns: &[&[S]], rows: Range<usize>) -> bool {
        let infinite = |value: &S| !value.is_finite() & !value.is_missing();
        let finite = |column: &&[S]| {
            let values = &column[rows.clone()];
            S::all_finite(values) || !values.iter().fold(false, |any, value| any | infinite(value))
        };
        let crossed = |(low, high)| low > high;
        let ordered = |&(low, high): &(usize, usize)| {
            let pairs = columns[low][rows.clone()].iter().zip(&columns[high][rows.clone()]);
            !pairs.fold(false, |any, pair| any | crossed(pair))
        };
        columns.iter().all(finite) && self.ordered.iter().all(ordered)
    }

    /// What is wrong with a row: the first infinite value in the order of the columns, then the first broken bound in the
    /// order of the schema.
    pub(crate) fn check<S: Scalar, N: AsRef<str>>(
        &self,
        names: &[N],
        value: impl Fn(usize) -> S,
    ) -> Option<Fault> {
        for (column, name) in names.iter().enumerate() {
            let given = value(column);
            if given.finite().is_missing() && !given.is_missing() {
                return Some(Fault {
                    column: Some(name.as_ref().to_owned()),
                    message: format!("value is {given}"),
                    help: Some("a finite number, or missing".to_owned()),
                });
            }
        }
        self.ordered.iter().find(|&&(low, high)| value(low) > value(high)).map(|&(low, high)| {
            let (low, high) = ((names[low].as_ref(), value(low)), (names[high].as_ref(), value(high)));
            Fault {
                column: Some(high.0.to_owned()),
                message: format!("`{}` {} is above `{}` {}", low.0, low.1, high.0, high.1),
                help: None,
            }
        })
    }
}

fn uneven(name: &str, values: usize, times: usize) -> Error {
    Error::new(Kind::Data, format!("{values} values for {times} times"))
        .with_help("one value for each time")
        .in_data(Location::default().column(name))
}

/// Names in backticks, or `none`.
pub(crate) fn list<N: AsRef<str>>(names: &[N]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ta_kernel_api::Decimal;

    use super::super::OHLCV;
    use super::*;

    fn bars() -> Partition<f64> {
        Partition::from_columns(&OHLCV, &[0, 1000], &[("high", &[2.0, 3.0]), ("low", &[1.0, 2.0])]).unwrap()
    }

    fn refused(ts: &[i64], columns: &[(&str, &[f64])]) -> String {
        let mut bars = bars();
        let before = format!("{bars:?}");
        let err = bars.append(ts, columns).unwrap_err();
        assert!(err.is_data());
        assert_eq!(format!("{bars:?}"), before);
        err.to_string()
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        for (ts, columns, message) in [
            (
                &[2000][..],
                &[("high", &[1.0][..]), ("lwo", &[1.0])][..],
                "there is no column `lwo` (the columns are `high`, `low`)",
            ),
            (
                &[2000],
                &[("high", &[1.0]), ("high", &[1.0])],
                "column `high` is given twice (the columns are `high`, `low`)",
            ),
            (&[2000], &[("low", &[1.0])], "column `high` is left out (the columns are `high`, `low`)"),
            (
                &[2000],
                &[("low", &[1.0, 1.0]), ("high", &[2.0])],
                "column `low`: 2 values for 1 times (one value for each time)",
            ),
            (
                &[2000, 2000],
                &[("low", &[1.0, 1.0]), ("high", &[2.0, 2.0])],
                "row 1, 1970-01-01T00:00:02Z: time is not after the 1970-01-01T00:00:02Z before it",
            ),
            (
                &[1000],
                &[("low", &[1.0]), ("high", &[2.0])],
                "row 0, 1970-01-01T00:00:01Z: time is not after the 1970-01-01T00:00:01Z before it",
            ),
            (
                &[i64::MAX],
                &[("low", &[1.0]), ("high", &[2.0])],
                "row 0, 9223372036854775807 ms since the epoch: time is out of range",
            ),
            (
                &[2000, 3000],
                &[("low", &[1.0, 1.0]), ("high", &[2.0, f64::INFINITY])],
                "row 1, 1970-01-01T00:00:03Z, column `high`: value is inf (a finite number, or missing)",
            ),
            (
                &[2000],
                &[("low", &[2.5]), ("high", &[2.0])],
                "row 0, 1970-01-01T00:00:02Z, column `high`: `low` 2.5 is above `high` 2",
            ),
        ] {
            assert_eq!(refused(ts, columns), message);
        }
    }

    #[test]
    fn of_several_faults_the_first_row_is_reported() {
        let message = refused(&[2000, 1500], &[("low", &[9.0, 1.0]), ("high", &[2.0, f64::INFINITY])]);
        assert_eq!(message, "row 0, 1970-01-01T00:00:02Z, column `high`: `low` 9 is above `high` 2");
    }

    #[test]
    fn a_fault_is_found_in_its_row_in_whatever_block() {
        let rows = 2 * BLOCK + 3;
        for row in [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, rows - 1] {
            for fault in ["time", "infinite", "order"] {
                let mut ts: Vec<i64> = (0..rows as i64).collect();
                let (mut high, mut low) = (vec![2.0; rows], vec![1.0; rows]);
                // A gap is none.
                low[row - 1] = f64::NAN;
                let columns = |high: &[f64], low: &[f64], ts: &[i64]| {
                    Partition::from_columns(&OHLCV, ts, &[("high", high), ("low", low)]).map(|_| ())
                };
                assert_eq!(columns(&high, &low, &ts).map_err(|err| err.to_string()), Ok(()));
                match fault {
                    "time" => ts[row] = ts[row - 1],
                    "infinite" => high[row] = f64::NEG_INFINITY,
                    _ => low[row] = 2.5,
                }
                let err = columns(&high, &low, &ts).unwrap_err();
                assert_eq!(err.location().and_then(|at| at.row), Some(row), "{fault}: {err}");
            }
        }
    }

    #[test]
    fn column_names_are_checked() {
        for (names, message) in [
            (["high", ""], "column 2 has no name (each column has a name of its own)"),
            (
                ["ts", "low"],
                "column `ts` is taken by the time of the rows (each column has a name of its own)",
            ),
            (["low", "low"], "column `low` is given twice (each column has a name of its own)"),
            (
                ["hl2", "low"],
                "column `hl2` has the name of a derived field, `(high + low) / 2` (each column has a name of its own)",
            ),
        ] {
            assert_eq!(Partition::<f64>::new(&OHLCV, names).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn every_missing_value_is_held_as_the_same_bits() {
        let mut bars = bars();
        bars.append(&[2000], &[("low", &[-f64::NAN]), ("high", &[2.0])]).unwrap();
        assert_eq!(bars.column("low").unwrap()[2].to_bits(), f64::MISSING.to_bits());
    }

    #[test]
    fn missing_values_break_no_bound_and_are_no_oddity() {
        let mut bars = Partition::<Decimal>::new(&OHLCV, ["open", "high", "low"]).unwrap();
        let one = Decimal::ONE;
        let gap = Decimal::MISSING;
        bars.append(&[1, 2], &[("open", &[one, gap]), ("high", &[gap, one]), ("low", &[one, gap])]).unwrap();
        assert_eq!(bars.oddities(), []);
        assert_eq!(bars.clock()[1].to_string(), "2");
    }

    #[test]
    fn a_close_above_the_high_is_odd_but_taken() {
        let columns: &[(&str, &[f64])] =
            &[("high", &[2.0, 2.0]), ("close", &[2.0, 2.5]), ("low", &[1.0, 1.0])];
        let bars = Partition::from_columns(&OHLCV, &[10, 20], columns).unwrap();
        assert_eq!(bars.oddities(), [Oddity { row: 1, ts: 20, low: ("close", 2.5), high: ("high", 2.0) }]);
    }

    #[test]
    fn a_slice_holds_the_rows_that_are_there() {
        let bars = bars();
        assert_eq!(bars.slice(1..9).column("low"), Some(&[2.0][..]));
        assert!(bars.slice(5..9).is_empty());
    }

    #[test]
    fn between_has_its_start_and_not_its_end() {
        let bars = bars();
        for (from, until, rows) in [
            (0, 1000, &[0][..]),
            (1, 1001, &[1000]),
            (0, i64::MAX, &[0, 1000]),
            (1, 1000, &[]),
            (1000, 0, &[]),
        ] {
            assert_eq!(bars.between(from..until).ts(), rows);
        }
    }

    #[test]
    fn a_column_is_added_whole_or_not_at_all() {
        let mut bars = bars();
        bars.add_column("close", &[1.5, -f64::NAN]).unwrap();
        assert_eq!(bars.names(), ["high", "low", "close"]);
        assert_eq!(bars.column("close").unwrap()[1].to_bits(), f64::MISSING.to_bits());
        let before = format!("{bars:?}");
        for (name, values, message) in [
            ("low", &[1.0, 1.0][..], "column `low` is given twice (each column has a name of its own)"),
            ("x", &[1.0], "column `x`: 1 values for 2 times (one value for each time)"),
            (
                "x",
                &[1.0, f64::INFINITY],
                "row 1, 1970-01-01T00:00:01Z, column `x`: value is inf (a finite number, or missing)",
            ),
        ] {
            assert_eq!(bars.add_column(name, values).unwrap_err().to_string(), message);
        }
        let mut highs = Partition::from_columns(&OHLCV, &[7], &[("high", &[1.0])]).unwrap();
        let err = highs.add_column("low", &[2.0]).unwrap_err().to_string();
        assert_eq!(err, "row 0, 1970-01-01T00:00:00.007Z, column `high`: `low` 2 is above `high` 1");
        assert_eq!(format!("{bars:?}"), before);
        assert_eq!(highs.names(), ["high"]);
    }

    #[test]
    fn a_replacement_that_does_not_fit_is_refused() {
        let mut bars = bars();
        let before = format!("{bars:?}");
        let rows = |high: &str, low: &str| {
            Partition::from_columns(&OHLCV, &[500, 1000], &[(high, &[2.0, 2.0]), (low, &[1.0, 1.0])]).unwrap()
        };
        let trades = Partition::new(&super::super::TRADES, ["high", "low"]).unwrap();
        for (from, until, rows, message) in [
            (
                1000,
                0,
                &rows("high", "low"),
                "the times from 1970-01-01T00:00:01Z end at 1970-01-01T00:00:00Z, before they begin",
            ),
            (0, 1000, &trades, "rows of `trades` given for rows of `ohlcv`"),
            (0, 2000, &rows("high", "close"), "there is no column `close` (the columns are `high`, `low`)"),
            (
                0,
                1000,
                &rows("high", "low"),
                "row 1, 1970-01-01T00:00:01Z: time is not among those from 1970-01-01T00:00:00Z and before 1970-01-01T00:00:01Z",
            ),
        ] {
            let err = bars.replace(from..until, rows).unwrap_err();
            assert!(err.is_data());
            assert_eq!(err.to_string(), message);
            assert_eq!(format!("{bars:?}"), before);
        }
    }

    proptest! {
        #[test]
        fn replacing_is_leaving_out_and_putting_in(
            old in proptest::collection::btree_set(0i64..60, 0..30),
            new in proptest::collection::btree_set(0i64..60, 0..30),
            from in -5i64..65,
            length in 0i64..40,
        ) {
            let times = from..from + length;
            let rows = |ts: &[i64], factor: f64| {
                let close: Vec<f64> = ts.iter().map(|&ts| ts as f64 * factor).collect();
                Partition::from_columns(&OHLCV, ts, &[("close", &close)]).unwrap()
            };
            let old: Vec<i64> = old.into_iter().collect();
            let new: Vec<i64> = new.into_iter().filter(|ts| times.contains(ts)).collect();
            let new = rows(&new, -1.0);
            let mut replaced = rows(&old, 1.0);
            let mut expected = replaced.between(i64::MIN..times.start);
            expected.extend(&new).unwrap();
            expected.extend(&replaced.between(times.end..i64::MAX)).unwrap();

            let at = replaced.replace(times, &new).unwrap();
            prop_assert_eq!(format!("{replaced:?}"), format!("{expected:?}"));
            prop_assert_eq!(format!("{:?}", replaced.slice(at)), format!("{new:?}"));
        }


        #[test]
        fn appending_in_pieces_is_appending_at_once(
            rows in proptest::collection::vec((1i64..5, proptest::option::of(-9.0f64..9.0)), 0..40),
            cut in 0usize..40,
        ) {
            let ts: Vec<i64> = rows.iter().scan(0, |ts, row| { *ts += row.0; Some(*ts) }).collect();
            let low: Vec<f64> = rows.iter().map(|row| row.1.unwrap_or(f64::MISSING)).collect();
            let cut = cut.min(ts.len());
            let whole = Partition::from_columns(&OHLCV, &ts, &[("low", &low)]).unwrap();
            let mut pieces = Partition::new(&OHLCV, ["low"]).unwrap();
            pieces.append(&ts[..cut], &[("low", &low[..cut])]).unwrap();
            pieces.append(&ts[cut..], &[("low", &low[cut..])]).unwrap();
            prop_assert_eq!(format!("{whole:?}"), format!("{pieces:?}"));
        }
    }
}
