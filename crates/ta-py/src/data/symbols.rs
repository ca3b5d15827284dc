//! Columns that say which symbol a row is of.

use std::collections::HashMap;

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_cast::cast;
use arrow_schema::DataType;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;
use pyo3_arrow::input::AnyArray;

use super::frame::{Frame, Held};
use super::{Given, Library, Source, classify};
use crate::errors::{Class, Refusal};

/// The rows of each symbol of a column.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    /// In the order in which they come first.
    pub(crate) names: Vec<String>,
    /// For each of them its rows in order.
    pub(crate) rows: Vec<Vec<usize>>,
    known: HashMap<String, usize>,
    /// That of the row that was added last.
    last: usize,
}

impl Symbols {
    /// Reads the column of a frame of exactly this name.
    pub(crate) fn read(frame: &Frame<'_>, column: &str) -> PyResult<Self> {
        let mut symbols = Self::default();
        frame.has(column, column)?;
        match frame.held(column)? {
            Held::Arrow(chunks) => symbols.read_arrow(&chunks, column)?,
            Held::Object(object) => match classify(&object)? {
                Given::Column(Source::Pandas | Source::PandasIndex) => {
                    symbols.read_pandas(&object, column)?;
                }
                Given::Column(Source::Polars | Source::PyArrow { .. } | Source::Arrow) => {
                    let chunks = object.extract::<AnyArray>()?.into_chunked_array()?.into_inner().0;
                    symbols.read_arrow(&chunks, column)?;
                }
                _ => symbols.read_objects(&object, column)?,
            },
        }
        Ok(symbols)
    }

    fn read_objects(&mut self, objects: &Bound<'_, PyAny>, column: &str) -> PyResult<()> {
        let mut last: Option<(Bound<'_, PyAny>, usize)> = None;
        for (row, item) in objects.try_iter()?.enumerate() {
            let item = item?;
            // Rows of one symbol often have one text in common.
            if let Some((_, at)) = last.as_ref().filter(|(before, _)| before.is(&item)) {
                self.rows[*at].push(row);
                continue;
            }
            if item.is_none() {
                return Err(missing(column, row).into());
            }
            let text = item.cast::<PyString>().cloned().or_else(|_| item.str())?;
            let at = self.add(text.to_str()?, row);
            last = Some((item, at));
        }
        Ok(())
    }

    fn read_arrow(&mut self, chunks: &[ArrayRef], column: &str) -> Result<(), Refusal> {
        let mut row = 0;
        for chunk in chunks {
            let texts = cast(chunk, &DataType::LargeUtf8).map_err(|error| {
                let message = format!("`{column}` cannot be read: {error}");
                Refusal::new(Class::Data, message).with("column", column)
            })?;
            for text in texts.as_string::<i64>() {
                self.add(text.ok_or_else(|| missing(column, row))?, row);
                row += 1;
            }
        }
        Ok(())
    }

    fn read_pandas(&mut self, series: &Bound<'_, PyAny>, column: &str) -> PyResult<()> {
        let py = series.py();
        let (codes, names): (Bound<'_, PyAny>, Bound<'_, PyAny>) =
            Library::Pandas.get(py, "factorize")?.call1((series,))?.extract()?;
        for name in names.try_iter()? {
            self.name(name?.str()?.to_str()?);
        }
        let codes = codes.call_method1(intern!(py, "astype"), ("int64",))?;
        let codes = codes.cast::<PyArray1<i64>>()?.readonly();
        for (row, &code) in codes.as_array().iter().enumerate() {
            // What is missing has a negative one.
            let rows = usize::try_from(code).ok().and_then(|code| self.rows.get_mut(code));
            rows.ok_or_else(|| missing(column, row))?.push(row);
        }
        Ok(())
    }

    /// Adds a row of a symbol, and answers where that is.
    fn add(&mut self, name: &str, row: usize) -> usize {
        // Most rows are of the symbol of the row before.
        let at = if self.names.get(self.last).is_some_and(|last| last == name) {
            self.last
        } else {
            self.name(name)
        };
        self.rows[at].push(row);
        self.last = at;
        at
    }

    /// The position of a name, which is new or not.
    fn name(&mut self, name: &str) -> usize {
        if let Some(&at) = self.known.get(name) {
            return at;
        }
        self.known.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.rows.push(Vec::new());
        self.names.len() - 1
    }
}

fn missing(column: &str, row: usize) -> Refusal {
    let message = format!("`{column}` is missing in row {row} (accepted: a symbol in each row)");
    Refusal::new(Class::Data, message).with("column", column).with("row", row)
}
