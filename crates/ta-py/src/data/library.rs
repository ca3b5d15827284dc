//! The libraries that are known by name, each of which may be absent.
//!
//! None of them is ever imported here: an object of theirs can only be given by a program that has loaded them.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::frame::Frame;
use super::{Given, Source};
use crate::errors::{Class, Refusal};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Library {
    Pandas,
    Polars,
    PyArrow,
}

/// The classes of a library that callers hand over.
struct Classes {
    /// What `kinds` are, in that order.
    classes: Vec<Py<PyAny>>,
}

static LOADED: [PyOnceLock<Classes>; 3] = [const { PyOnceLock::new() }; 3];

impl Library {
    pub(super) const ALL: [Self; 3] = [Self::Pandas, Self::Polars, Self::PyArrow];

    fn name(self) -> &'static str {
        match self {
            Self::Pandas => "pandas",
            Self::Polars => "polars",
            Self::PyArrow => "pyarrow",
        }
    }

    fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Pandas => &["Series", "DataFrame", "Index"],
            Self::Polars => &["Series", "DataFrame", "LazyFrame", "Expr"],
            Self::PyArrow => &["Array", "ChunkedArray", "Table", "RecordBatch"],
        }
    }

    /// The module, when the program has loaded it.
    pub(super) fn module(self, py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
        let modules = py.import(intern!(py, "sys"))?.getattr(intern!(py, "modules"))?;
        let module = modules.cast::<pyo3::types::PyDict>()?.get_item(self.name())?;
        Ok(module.filter(|module| !module.is_none()))
    }

    fn classes(self, py: Python<'_>) -> PyResult<Option<&'static Classes>> {
        let cell = &LOADED[self as usize];
        if let Some(classes) = cell.get(py) {
            return Ok(Some(classes));
        }
        let Some(module) = self.module(py)? else { return Ok(None) };
        let mut classes = Vec::new();
        for kind in self.kinds() {
            // While the library is still being imported it has no objects that could be given.
            let Some(class) = module.getattr_opt(*kind)? else { return Ok(None) };
            classes.push(class.unbind());
        }
        Ok(Some(cell.get_or_init(py, || Classes { classes })))
    }

    /// What an object is to this library, if anything.
    pub(super) fn classify<'py>(self, object: &Bound<'py, PyAny>) -> PyResult<Option<Given<'py>>> {
        let py = object.py();
        let Some(Classes { classes }) = self.classes(py)? else { return Ok(None) };
        let mut kind = None;
        for (index, class) in classes.iter().enumerate() {
            if object.is_instance(class.bind(py))? {
                kind = Some(self.kinds()[index]);
                break;
            }
        }
        let Some(kind) = kind else { return Ok(None) };
        Ok(Some(match (self, kind) {
            (Self::Pandas, "Series") => Given::Column(Source::Pandas),
            (Self::Pandas, "DataFrame") => Given::Frame(Frame::pandas(object)),
            (Self::Pandas, _) => Given::Column(Source::PandasIndex),
            (Self::Polars, "Series") => Given::Column(Source::Polars),
            (Self::Polars, "DataFrame") => Given::Frame(Frame::polars(object)),
            (Self::Polars, "Expr") => Given::PolarsExpr,
            (Self::Polars, _) => {
                let message = format!("a polars {kind} has no data yet (call `collect()` first)");
                return Err(Refusal::new(Class::Argument, message).with("given", kind).into());
            }
            (Self::PyArrow, "Array") => Given::Column(Source::PyArrow { chunked: false }),
            (Self::PyArrow, "ChunkedArray") => Given::Column(Source::PyArrow { chunked: true }),
            (Self::PyArrow, _) => Given::Frame(Frame::pyarrow(object)),
        }))
    }

    /// An attribute of the module of which the caller has given an object.
    pub(crate) fn get<'py>(self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        py.import(self.name())?.getattr(name)
    }
}
