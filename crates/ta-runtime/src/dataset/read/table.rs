//! The rows read so far.

use ta_kernel_api::Scalar;

use super::cell::{self, Time};
use super::{Notice, Options, Reading, names};
use crate::dataset::time::Epoch;
use crate::dataset::{Location, Partition};
use crate::error::{Error, Kind};

/// How many rows are gathered before they are checked and kept.
pub(super) const CHUNK: usize = 8192;

/// The rows read so far. Of several faults the one in the first row is reported, whatever the format.
pub(super) struct Table<'a, S> {
    options: &'a Options,
    /// The rows that are checked.
    kept: Partition<S>,
    /// Rows that are not yet checked.
    ts: Vec<i64>,
    columns: Vec<Vec<S>>,
    /// Columns that will not be in the result.
    left_out: Vec<bool>,
    /// The line of each row, where rows have lines.
    lines: Vec<u64>,
    /// Whether all times so far are integers that would be usual counts of seconds.
    like_seconds: bool,
    notices: Vec<Notice>,
}

/// Cells that follow each other, up to the first one that cannot be read.
#[cfg(feature = "readers")]
pub(super) struct Cells<T> {
    pub(super) values: Vec<T>,
    /// That cell, as it is shown.
    pub(super) bad: Option<String>,
}

impl<'a, S: Scalar> Table<'a, S> {
    /// A table with these columns besides the time.
    pub(super) fn new(names: Vec<String>, options: &'a Options) -> Result<Self, Error> {
        if names.len() > names::COLUMNS {
            let message = format!("{} columns; no more than {} are read", names.len(), names::COLUMNS);
            return Err(Error::new(Kind::Limit, message));
        }
        let (columns, left_out) = (vec![Vec::new(); names.len()], vec![false; names.len()]);
        let kept = Partition::new(options.schema, names)?;
        let (lines, notices) = (Vec::new(), Vec::new());
        Ok(Self { options, kept, ts: Vec::new(), columns, left_out, lines, like_seconds: true, notices })
    }

    /// Begins the row of a line at the time in a cell; its other cells are missing until they are set.
    pub(super) fn begin(&mut self, line: u64, time_name: &str, cell: &[u8]) -> Result<(), Error> {
        if self.ts.len() >= CHUNK {
            self.check()?;
        }
        let location = Location::line(line);
        let Some(time) = Time::text(cell, self.options) else {
            let error = cell::no_time(&cell::shown(cell), self.options).in_data(location.column(time_name));
            return Err(self.first_fault(error));
        };
        self.add_time(time).map_err(|error| error.in_data(location))?;
        self.lines.push(line);
        for column in &mut self.columns {
            column.push(S::MISSING);
        }
        Ok(())
    }

    /// Sets a cell of the row that was begun last.
    pub(super) fn set(&mut self, column: usize, cell: &[u8]) -> Result<(), Error> {
        if self.left_out[column] {
            return Ok(());
        }
        match (cell::number(cell), self.columns[column].last_mut()) {
            (Some(value), Some(last)) => *last = value,
            _ => self.refuse(column, self.ts.len().saturating_sub(1), &cell::shown(cell))?,
        }
        Ok(())
    }

    /// Adds a column that was missing so far.
    pub(super) fn add(&mut self, name: &str) -> Result<usize, Error> {
        let missing = vec![S::MISSING; self.kept.len()];
        let mut columns = self.kept_columns(|_| true);
        columns.push((name, &missing));
        self.kept = Partition::from_columns(self.options.schema, self.kept.ts(), &columns)?;
        self.columns.push(vec![S::MISSING; self.ts.len()]);
        self.left_out.push(false);
        Ok(self.columns.len() - 1)
    }

    /// Adds rows of which each column is read by itself.
    #[cfg(feature = "readers")]
    pub(super) fn extend(
        &mut self,
        times: Cells<Time>,
        columns: Vec<Cells<S>>,
        time_name: &str,
    ) -> Result<(), Error> {
        let before = self.ts.len();
        let mut rows = times.values.len();
        for (column, cells) in columns.iter().enumerate() {
            if cells.bad.is_some() && self.is_field(column) {
                rows = rows.min(cells.values.len());
            }
        }
        for &time in &times.values[..rows] {
            self.add_time(time)?;
        }
        let mut faulty = None;
        for (column, mut cells) in columns.into_iter().enumerate() {
            if !self.left_out[column]
                && let Some(shown) = cells.bad
            {
                if !self.is_field(column) && cells.values.len() < rows {
                    self.refuse(column, before + cells.values.len(), &shown)?;
                } else if self.is_field(column) && cells.values.len() == rows && faulty.is_none() {
                    faulty = Some((column, shown));
                }
            }
            cells.values.resize(rows, S::MISSING);
            self.columns[column].append(&mut cells.values);
        }
        if let (Some(shown), true) = (times.bad, times.values.len() == rows) {
            let location = Location { row: Some(self.rows()), ..Location::default() };
            let error = cell::no_time(&shown, self.options).in_data(location.column(time_name));
            return Err(self.first_fault(error));
        }
        if let Some((column, shown)) = faulty
            && let Some(time) = times.values.get(rows)
        {
            self.ts.push(time.ts);
            self.refuse(column, before + rows, &shown)?;
        }
        self.check()
    }

    /// Whether the cells of a column no longer matter.
    #[cfg(feature = "readers")]
    pub(super) fn is_left_out(&self, column: usize) -> bool {
        self.left_out[column]
    }

    /// Reports something odd.
    pub(super) fn notice(&mut self, location: Location, message: String) {
        self.notices.push(Notice { location, message });
    }

    /// This fault of the row that was begun last, unless a row before it has one too.
    pub(super) fn fault_of_last(&mut self, error: Error) -> Error {
        let ts = self.ts.pop();
        let location =
            Location { line: self.lines.last().copied(), row: Some(self.rows()), ts, column: None };
        self.first_fault(error.in_data(location))
    }

    /// This fault, unless a row before it has one too.
    pub(super) fn first_fault(&mut self, error: Error) -> Error {
        self.check().err().unwrap_or(error)
    }

    /// All rows, once there are no more.
    pub(super) fn finish(mut self) -> Result<Reading<S>, Error> {
        self.check()?;
        if self.left_out.contains(&true) {
            let columns = self.kept_columns(|column| !self.left_out[column]);
            self.kept = Partition::from_columns(self.options.schema, self.kept.ts(), &columns)?;
        }
        if self.like_seconds && !self.kept.is_empty() && self.options.epoch == Epoch::Milliseconds {
            let message =
                "times were read as milliseconds and lie in 1970 (they look like seconds; unit `s`)";
            self.notices.push(Notice { location: self.place(0), message: message.to_owned() });
        }
        for odd in self.kept.oddities() {
            let message = format!("`{}` {} is above `{}` {}", odd.low.0, odd.low.1, odd.high.0, odd.high.1);
            self.notices.push(Notice { location: self.place(odd.row), message });
        }
        Ok(Reading { partition: self.kept, notices: self.notices })
    }
}

impl<S: Scalar> Table<'_, S> {
    fn rows(&self) -> usize {
        self.kept.len() + self.ts.len()
    }

    fn is_field(&self, column: usize) -> bool {
        self.options.schema.field(&self.kept.names()[column]).is_some()
    }

    fn kept_columns(&self, wanted: impl Fn(usize) -> bool) -> Vec<(&str, &[S])> {
        let columns = self.kept.names().iter().enumerate().filter(|&(column, _)| wanted(column));
        columns.filter_map(|(_, name)| Some((name.as_str(), self.kept.column(name)?))).collect()
    }

    fn add_time(&mut self, time: Time) -> Result<(), Error> {
        if let Some(limit) = self.options.limit.filter(|&limit| self.rows() >= limit) {
            return Err(Error::new(Kind::Limit, format!("there are more than {limit} rows")));
        }
        self.like_seconds &= time.like_seconds;
        self.ts.push(time.ts);
        Ok(())
    }

    /// Where a row is that is kept.
    fn place(&self, row: usize) -> Location {
        let ts = self.kept.ts().get(row).copied();
        Location { line: self.lines.get(row).copied(), row: Some(row), ts, column: None }
    }

    /// Refuses a cell of a row that is not yet checked, or leaves its column out when that is no field.
    fn refuse(&mut self, column: usize, row: usize, shown: &str) -> Result<(), Error> {
        let name = self.kept.names()[column].clone();
        let (row, ts) = (self.kept.len() + row, self.ts.get(row).copied());
        let location = Location { line: self.lines.get(row).copied(), row: Some(row), ts, column: None };
        if self.is_field(column) {
            self.ts.pop();
            return Err(self.first_fault(cell::no_number(shown).in_data(location.column(&name))));
        }
        self.left_out[column] = true;
        let message = format!("column {} is left out, as {shown} is no number", cell::shown(name.as_bytes()));
        self.notices.push(Notice { location, message });
        Ok(())
    }

    /// Checks and keeps the rows that were gathered.
    fn check(&mut self) -> Result<(), Error> {
        let rows = self.ts.len();
        for (column, left_out) in self.columns.iter_mut().zip(&self.left_out) {
            column.truncate(rows);
            if *left_out {
                column.fill(S::MISSING);
            }
        }
        let names = self.kept.names().to_vec();
        let columns: Vec<(&str, &[S])> =
            names.iter().map(String::as_str).zip(self.columns.iter().map(Vec::as_slice)).collect();
        let before = self.kept.len();
        self.kept.append(&self.ts, &columns).map_err(|error| match error.location().cloned() {
            Some(Location { row: Some(row), ts, column, .. }) => {
                let row = before + row;
                error.in_data(Location { line: self.lines.get(row).copied(), row: Some(row), ts, column })
            }
            _ => error,
        })?;
        self.ts.clear();
        self.columns.iter_mut().for_each(Vec::clear);
        Ok(())
    }
}
