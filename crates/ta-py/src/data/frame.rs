//! Tables with named columns, from which a kernel picks its inputs by their role.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_arrow::PyArray;
use pyo3_arrow::input::AnyArray;
use ta_kernel_api::near_names;
use ta_runtime::dataset::naming;

use super::{Column, Given, Library, Like, Wanted, arrow, classify, pandas, read};
use crate::errors::{Class, Refusal, kind_of, listed};

#[derive(Debug)]
pub(crate) struct Frame<'py> {
    object: Bound<'py, PyAny>,
    kind: Kind,
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
    fn names(&self) -> PyResult<Vec<String>> {
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
            [] => Err(unknown(field, &names, wanted).into()),
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
        let names = self.names()?;
        if names.iter().any(|known| known == name) {
            return self.column(name, wanted);
        }
        Err(unknown(name, &names, wanted).into())
    }

    fn column(&self, name: &str, wanted: Wanted) -> PyResult<Column<'py>> {
        let py = self.object.py();
        let column = match &self.kind {
            Kind::Dict => {
                self.object.cast::<PyDict>()?.get_item(name)?.unwrap_or_else(|| py.None().into_bound(py))
            }
            Kind::Pandas => self.object.get_item(name)?,
            Kind::Polars => self.object.call_method1(intern!(py, "get_column"), (name,))?,
            Kind::PyArrow => self.object.call_method1(intern!(py, "column"), (name,))?,
            Kind::Arrow(batches) => {
                let mut chunks = Vec::new();
                for batch in batches {
                    if let Some(column) = batch.array().as_struct().column_by_name(name)
                        && !column.is_empty()
                    {
                        chunks.push(arrow::chunk(column, wanted)?);
                    }
                }
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
            return Err(unknown(field, names, wanted).into());
        }
        let column = index.call_method0(intern!(py, "to_series"))?;
        pandas::read(&column, wanted)
    }
}

fn unknown(name: &str, names: &[String], wanted: Wanted) -> Refusal {
    let near: Vec<String> =
        near_names(name, names.iter().map(String::as_str)).into_iter().map(str::to_owned).collect();
    let close = if near.is_empty() { String::new() } else { format!("close: {}; ", listed(&near)) };
    let there = if names.is_empty() { "none".to_owned() } else { listed(names) };
    let message =
        format!("there is no column `{name}` for `{}` ({close}the columns are {there})", wanted.name);
    Refusal::new(Class::UnknownColumn, message)
        .with("given", name)
        .with("accepted", names.to_vec())
        .with("near", near)
        .with("column", wanted.name)
}
