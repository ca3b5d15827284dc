//! Tables with named columns, from which a kernel picks its inputs by their role.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_arrow::input::AnyArray;
use pyo3_arrow::{PyArray, PyRecordBatch};
use ta_kernel_api::near_names;
use ta_runtime::dataset::naming;

use super::{Column, Given, Label, Library, Like, Wanted, arrow, classify, pandas, read};
use crate::errors::{Class, Refusal, kind_of, listed};

#[derive(Debug)]
pub(crate) struct Frame<'py> {
    object: Bound<'py, PyAny>,
    kind: Kind,
}

/// Frames by symbol, in the order of the dict that held them.
pub(crate) type BySymbol<'py> = Vec<(Bound<'py, PyAny>, Frame<'py>)>;

/// A column of a frame before it is read.
pub(super) enum Held<'py> {
    Object(Bound<'py, PyAny>),
    Arrow(Vec<ArrayRef>),
}

#[derive(Debug)]
enum Kind {
    Dict,
    Pandas,
    Polars,
    PyArrow,
    /// Batches of anything else that offers the Arrow interface, read when they were given: a stream can be read once.
    Arrow(Vec<PyArray>),
}

impl<'py> Frame<'py> {
    pub(super) fn dict(object: &Bound<'py, PyAny>) -> Self {
        Self { object: object.clone(), kind: Kind::Dict }
    }

    pub(super) fn pandas(object: &Bound<'py, PyAny>) -> Self {
        Self { object: object.clone(), kind: Kind::Pandas }
    }

    pub(super) fn polars(object: &Bound<'py, PyAny>) -> Self {
        Self { object: object.clone(), kind: Kind::Polars }
    }

    pub(super) fn pyarrow(object: &Bound<'py, PyAny>) -> Self {
        Self { object: object.clone(), kind: Kind::PyArrow }
    }

    /// The batches behind an Arrow interface; `None` when it is not one of batches.
    pub(super) fn arrow(object: &Bound<'py, PyAny>) -> PyResult<Option<Self>> {
        let given = object.extract::<AnyArray>()?;
        if !matches!(given.field()?.data_type(), DataType::Struct(_)) {
            return Ok(None);
        }
        let (chunks, field) = given.into_chunked_array()?.into_inner();
        let batches = chunks.into_iter().map(|chunk| PyArray::new(chunk, field.clone())).collect();
        Ok(Some(Self { object: object.clone(), kind: Kind::Arrow(batches) }))
    }

    /// The names of its columns that are text.
    pub(crate) fn names(&self) -> PyResult<Vec<String>> {
        let py = self.object.py();
        let names = match &self.kind {
            Kind::Dict => self.object.clone(),
            Kind::Pandas | Kind::Polars => self.object.getattr(intern!(py, "columns"))?,
            Kind::PyArrow => self.object.getattr(intern!(py, "schema"))?.getattr(intern!(py, "names"))?,
            Kind::Arrow(batches) => {
                let fields = batches.first().map(|batch| batch.array().as_struct().column_names());
                return Ok(fields.unwrap_or_default().into_iter().map(str::to_owned).collect());
            }
        };
        let mut known = Vec::new();
        for name in names.try_iter()? {
            known.extend(name?.extract::<String>().ok());
        }
        Ok(known)
    }

    /// The frames in a dict from symbols to frames; `None` when this is none.
    pub(crate) fn by_symbol(&self) -> PyResult<Option<BySymbol<'py>>> {
        let Kind::Dict = self.kind else { return Ok(None) };
        let mut frames = Vec::new();
        for (symbol, value) in self.object.cast::<PyDict>()? {
            match classify(&value)? {
                Given::Frame(frame) => frames.push((symbol, frame)),
                _ if frames.is_empty() => return Ok(None),
                _ => {
                    let kind = kind_of(&value);
                    let message =
                        format!("`{symbol}` is of type `{kind}` among frames (accepted: frames alone)");
                    return Err(Refusal::new(Class::Argument, message).with("given", kind).into());
                }
            }
        }
        Ok((!frames.is_empty()).then_some(frames))
    }

    /// How many rows it has.
    pub(crate) fn rows(&self) -> PyResult<usize> {
        match &self.kind {
            Kind::Dict => {
                let first = self.object.cast::<PyDict>()?.values().try_iter()?.next().transpose()?;
                first.map_or(Ok(0), |column| column.len())
            }
            Kind::Pandas | Kind::Polars | Kind::PyArrow => self.object.len(),
            Kind::Arrow(batches) => Ok(batches.iter().map(|batch| batch.array().len()).sum()),
        }
    }

    /// What columns of answers are to be like when no column was read.
    pub(crate) fn like(&self) -> PyResult<Like<'py>> {
        Ok(match self.kind {
            Kind::Dict => Like::Numpy,
            Kind::Pandas => Like::Pandas(pandas::Like::of_frame(&self.object)?),
            Kind::Polars => Like::Polars,
            Kind::PyArrow => Like::PyArrow { chunked: false },
            Kind::Arrow(_) => Like::Arrow,
        })
    }

    /// A frame of the same kind with these columns and as many rows. A dict has columns like those it had.
    pub(crate) fn give(
        &self,
        like: &Like<'py>,
        columns: Vec<(Label<'_>, Vec<f64>)>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = self.object.py();
        if let Kind::Arrow(_) = self.kind {
            let (fields, arrays): (Vec<_>, Vec<_>) = columns
                .into_iter()
                .map(|(label, values)| {
                    let (array, field) = arrow::array(values, label).into_inner();
                    (field, array)
                })
                .unzip();
            let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
                .map_err(|error| Refusal::new(Class::Internal, error.to_string()))?;
            return Ok(PyRecordBatch::new(batch).into_pyobject(py)?.into_any());
        }
        let named = PyDict::new(py);
        for (label, values) in columns {
            named.set_item(label.name, like.give(py, values, label)?)?;
        }
        match self.kind {
            Kind::Dict | Kind::Arrow(_) => Ok(named.into_any()),
            Kind::Pandas => {
                let how = PyDict::new(py);
                how.set_item("index", self.object.getattr(intern!(py, "index"))?)?;
                // The memory was made for this frame.
                how.set_item("copy", false)?;
                Library::Pandas.get(py, "DataFrame")?.call((named,), Some(&how))
            }
            Kind::Polars => Library::Polars.get(py, "DataFrame")?.call1((named.values(),)),
            Kind::PyArrow => {
                // A table for a table, a batch for a batch.
                let how = PyDict::new(py);
                how.set_item("names", named.keys())?;
                self.object.get_type().call_method(intern!(py, "from_arrays"), (named.values(),), Some(&how))
            }
        }
    }

    /// The column that plays a role: the one of that name, or else the only one whose name differs in case, spaces, `_` and `-`.
    pub(crate) fn role(&self, field: &str, wanted: Wanted) -> PyResult<Column<'py>> {
        let names = self.names()?;
        let mut found: Vec<&String> = names.iter().filter(|name| *name == field).collect();
        if found.is_empty() {
            let plays = |name: &str| {
                naming::same_word(name, field)
                    || (wanted.time && naming::TIME.iter().any(|time| naming::same_word(name, time)))
            };
            found = names.iter().filter(|name| plays(name)).collect();
        }
        match found[..] {
            [name] => self.column(name, wanted),
            [] if wanted.time && matches!(self.kind, Kind::Pandas) => {
                self.times_of_index(field, &names, wanted)
            }
            [] => Err(unknown(field, &names, wanted.name).into()),
            _ => {
                let message = format!(
                    "{} could all be `{field}` (say which: `{}=\"{}\"`)",
                    listed(&found),
                    wanted.name,
                    found[0]
                );
                Err(Refusal::new(Class::UnknownColumn, message)
                    .with("given", field)
                    .with("accepted", names)
                    .into())
            }
        }
    }

    /// The column of exactly this name.
    pub(crate) fn named(&self, name: &str, wanted: Wanted) -> PyResult<Column<'py>> {
        self.has(name, wanted.name)?;
        self.column(name, wanted)
    }

    /// Refuses a name that is none of a column, which is asked for to play a role.
    pub(super) fn has(&self, name: &str, role: &str) -> PyResult<()> {
        let names = self.names()?;
        if names.iter().any(|known| known == name) { Ok(()) } else { Err(unknown(name, &names, role).into()) }
    }

    /// The column of a name that is there, as it is held.
    pub(super) fn held(&self, name: &str) -> PyResult<Held<'py>> {
        let py = self.object.py();
        Ok(Held::Object(match &self.kind {
            Kind::Dict => {
                self.object.cast::<PyDict>()?.get_item(name)?.unwrap_or_else(|| py.None().into_bound(py))
            }
            Kind::Pandas => self.object.get_item(name)?,
            Kind::Polars => self.object.call_method1(intern!(py, "get_column"), (name,))?,
            Kind::PyArrow => self.object.call_method1(intern!(py, "column"), (name,))?,
            Kind::Arrow(batches) => {
                let columns =
                    batches.iter().filter_map(|batch| batch.array().as_struct().column_by_name(name));
                return Ok(Held::Arrow(columns.filter(|column| !column.is_empty()).cloned().collect()));
            }
        }))
    }

    fn column(&self, name: &str, wanted: Wanted) -> PyResult<Column<'py>> {
        let column = match self.held(name)? {
            Held::Object(column) => column,
            Held::Arrow(chunks) => {
                let chunks =
                    chunks.iter().map(|chunk| arrow::chunk(chunk, wanted)).collect::<Result<Vec<_>, _>>()?;
                return Ok(Column::new(chunks, Like::Arrow));
            }
        };
        match classify(&column)? {
            Given::Column(source) => read(&column, source, wanted),
            Given::Frame(_) if matches!(self.kind, Kind::Pandas) => {
                let message = format!("several columns are called `{name}` (accepted: one)");
                Err(Refusal::new(Class::Shape, message).with("column", name).into())
            }
            _ => {
                let message = format!(
                    "column `{name}` is of type `{}` (accepted: a series or an array)",
                    kind_of(&column)
                );
                Err(Refusal::new(Class::Argument, message)
                    .with("column", name)
                    .with("given", kind_of(&column))
                    .into())
            }
        }
    }

    /// Frames of pandas often keep their times in the index.
    fn times_of_index(&self, field: &str, names: &[String], wanted: Wanted) -> PyResult<Column<'py>> {
        let py = self.object.py();
        let index = self.object.getattr(intern!(py, "index"))?;
        if !index.is_instance(&Library::Pandas.get(py, "DatetimeIndex")?)? {
            return Err(unknown(field, names, wanted.name).into());
        }
        let column = index.call_method0(intern!(py, "to_series"))?;
        pandas::read(&column, wanted)
    }
}

fn unknown(name: &str, names: &[String], role: &str) -> Refusal {
    let near: Vec<String> =
        near_names(name, names.iter().map(String::as_str)).into_iter().map(str::to_owned).collect();
    let close = if near.is_empty() { String::new() } else { format!("close: {}; ", listed(&near)) };
    let there = if names.is_empty() { "none".to_owned() } else { listed(names) };
    let role_said = if role == name { String::new() } else { format!(" for `{role}`") };
    let message = format!("there is no column `{name}`{role_said} ({close}the columns are {there})");
    Refusal::new(Class::UnknownColumn, message)
        .with("given", name)
        .with("accepted", names.to_vec())
        .with("near", near)
        .with("column", role)
}
