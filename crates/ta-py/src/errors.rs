//! What is raised: a small tree of exceptions, each also one of Python's own, with what was wrong in fields.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::own;

/// The exceptions of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    UnknownKernel,
    UnknownColumn,
    Expression,
    Parameter,
    Argument,
    Shape,
    Data,
    Stale,
    Snapshot,
    Store,
    Session,
    UnknownDataset,
    Internal,
}

impl Class {
    const ALL: [Self; 13] = [
        Self::UnknownKernel,
        Self::UnknownColumn,
        Self::Expression,
        Self::Parameter,
        Self::Argument,
        Self::Shape,
        Self::Data,
        Self::Stale,
        Self::Snapshot,
        Self::Store,
        Self::Session,
        Self::UnknownDataset,
        Self::Internal,
    ];

    /// Its name, Python's own classes that it is besides `TaError`, and its documentation.
    fn declared(self) -> (&'static str, &'static [&'static str], &'static str) {
        match self {
            // An attribute error too, so that `hasattr(ta, name)` answers.
            Self::UnknownKernel => (
                "UnknownKernelError",
                &["KeyError", "AttributeError"],
                "No kernel of that name is linked. `given` is the name, `near` are names like it.",
            ),
            Self::UnknownColumn => (
                "UnknownColumnError",
                &["KeyError"],
                "Data lack a column, or the rows of a symbol. `given` is its name, `accepted` are those there are, `near` those like it.",
            ),
            Self::Expression => (
                "ExpressionError",
                &["ValueError"],
                "An expression cannot be computed. `text` is what was given, `span` the characters that are meant, `kind` what is wrong in a word, \
                 `help` what would be accepted, `expression` which of several it is, counted from zero, and `name` its name.",
            ),
            Self::Parameter => (
                "ParameterError",
                &["ValueError"],
                "A parameter is outside its domain. `parameter` is its name, `given` the value, `accepted` the domain.",
            ),
            Self::Argument => (
                "ArgumentError",
                &["TypeError"],
                "An argument is of the wrong kind, unknown, missing or given twice.",
            ),
            Self::Shape => (
                "ShapeError",
                &["ValueError"],
                "Columns of one call differ in length or index, have more than one dimension, or overlap.",
            ),
            Self::Data => (
                "DataError",
                &["ValueError"],
                "A value cannot be computed with. `row` is where, counted from zero, `column` in which input.",
            ),
            Self::Stale => (
                "StaleError",
                &["ValueError"],
                "A row comes too late: it is not after those a session has taken in, or history of its time is no longer kept. The session is as \
                 it was.",
            ),
            Self::Snapshot => (
                "SnapshotError",
                &["ValueError"],
                "Bytes are no whole and sound snapshot of this plan and this way of running it.",
            ),
            Self::Store => (
                "StoreError",
                &["OSError"],
                "A store could not be opened, read or written to. `kind` says why in a word: in_use, full, damaged, store, io, gap.",
            ),
            Self::Session => (
                "SessionError",
                &["RuntimeError"],
                "A session was closed, or broken off by a fault inside; go on from its last snapshot.",
            ),
            Self::UnknownDataset => (
                "UnknownDatasetError",
                &["KeyError"],
                "There is no dataset of that number: there never was, or it was dropped. `given` is the number.",
            ),
            Self::Internal => {
                ("InternalError", &["RuntimeError"], "A fault of this library; please report it.")
            }
        }
    }
}

/// What an [`Class::Expression`] has besides.
const EXPRESSION_FIELDS: [&str; 6] = ["kind", "text", "span", "help", "expression", "name"];

const BASE_DOC: &str = "What everything raised by this module is.\n\nFields that do not apply are None.";

/// What every exception has, `None` where it says nothing.
const FIELDS: [&str; 6] = ["given", "accepted", "near", "parameter", "column", "row"];

/// The classes, made once per process: first `TaError`, then the others in order.
static CLASSES: PyOnceLock<Vec<Py<PyType>>> = PyOnceLock::new();

fn classes<'py>(py: Python<'py>, module: &str) -> PyResult<&'py [Py<PyType>]> {
    let made = CLASSES.get_or_try_init(py, || {
        let builtins = py.import("builtins")?;
        let exception = builtins.getattr("Exception")?;
        let body = PyDict::new(py);
        body.set_item("__module__", module)?;
        body.set_item("__doc__", BASE_DOC)?;
        // `KeyError` would show the message with its quotes and escapes.
        body.set_item("__str__", exception.getattr("__str__")?)?;
        for field in FIELDS {
            body.set_item(field, py.None())?;
        }
        let make = |name: &str, bases: Bound<'py, PyTuple>, body: Bound<'py, PyDict>| -> PyResult<_> {
            Ok(py.get_type::<PyType>().call1((name, bases, body))?.cast_into::<PyType>()?)
        };
        let base = make("TaError", PyTuple::new(py, [exception])?, body)?;
        let mut made = vec![base.clone().unbind()];
        for class in Class::ALL {
            let (name, own, doc) = class.declared();
            let mut bases = vec![base.clone().into_any()];
            for own in own {
                bases.push(builtins.getattr(*own)?);
            }
            let body = PyDict::new(py);
            body.set_item("__module__", module)?;
            body.set_item("__doc__", doc)?;
            if class == Class::Store {
                body.set_item("kind", py.None())?;
            }
            if class == Class::Expression {
                for field in EXPRESSION_FIELDS {
                    body.set_item(field, py.None())?;
                }
            }
            made.push(make(name, PyTuple::new(py, bases)?, body)?.unbind());
        }
        Ok::<_, PyErr>(made)
    })?;
    Ok(made)
}

/// Makes the exceptions part of a module.
pub(crate) fn install(module: &Bound<'_, PyModule>, package: &str) -> PyResult<()> {
    for class in classes(module.py(), package)? {
        let class = class.bind(module.py());
        module.add(class.name()?.to_str()?, class)?;
    }
    Ok(())
}

/// Why a call is refused: the exception to be, before an interpreter is at hand.
#[derive(Debug)]
pub(crate) struct Refusal {
    class: Class,
    message: String,
    fields: Vec<(&'static str, Field)>,
}

/// What a field of an exception holds.
#[derive(Debug)]
pub(crate) enum Field {
    Text(String),
    Texts(Vec<String>),
    Row(usize),
    Span(usize, usize),
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Field {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<Vec<String>> for Field {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}
impl From<usize> for Field {
    fn from(row: usize) -> Self {
        Self::Row(row)
    }
}

impl From<(usize, usize)> for Field {
    fn from((start, end): (usize, usize)) -> Self {
        Self::Span(start, end)
    }
}

impl Refusal {
    pub(crate) fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), fields: Vec::new() }
    }

    /// Fills a field of the exception, one of [`FIELDS`] or of those of its class.
    #[must_use]
    pub(crate) fn with(mut self, field: &'static str, value: impl Into<Field>) -> Self {
        self.fields.push((field, value.into()));
        self
    }

    /// What is wrong, in words.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    fn raise(self, py: Python<'_>) -> PyResult<PyErr> {
        // They were made when the module was; the name is for an interpreter that lost it.
        let class = classes(py, "ta_py")?[1 + self.class as usize].bind(py);
        let error = class.call1((self.message,))?;
        for (field, value) in self.fields {
            match value {
                Field::Text(text) => error.setattr(field, text)?,
                Field::Texts(texts) => error.setattr(field, PyTuple::new(py, texts)?)?,
                Field::Row(row) => error.setattr(field, row)?,
                Field::Span(start, end) => error.setattr(field, (start, end))?,
            }
        }
        Ok(PyErr::from_value(error))
    }
}

impl From<Refusal> for PyErr {
    fn from(refusal: Refusal) -> Self {
        Python::attach(|py| refusal.raise(py).unwrap_or_else(|error| error))
    }
}

/// Does something of which a panic becomes an exception, and what a kernel in Python raises is raised. Nothing is left half-done: what a call makes is dropped on the way out.
pub(crate) fn guarded<T>(work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        Err(own::raised(payload).unwrap_or_else(|payload| fault(payload.as_ref()).into()))
    })
}

/// What an internal fault said before it was caught.
pub(crate) fn fault(payload: &(dyn std::any::Any + Send)) -> Refusal {
    let said = payload.downcast_ref::<&str>().copied();
    let said = said.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    Refusal::new(Class::Internal, format!("internal fault: {said}"))
}

/// Names in backticks, to be read.
pub(crate) fn listed<N: AsRef<str>>(names: &[N]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// How a kind of object is called, to be told to who gave one.
pub(crate) fn kind_of(object: &Bound<'_, PyAny>) -> String {
    object.get_type().fully_qualified_name().map_or_else(|_| "object".to_owned(), |name| name.to_string())
}
