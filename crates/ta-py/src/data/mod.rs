//! Columns in and out: what callers have becomes slices of `f64` with NaN for what is missing, and results go back in the same kind.
//!
//! Every library says missing in its own way (NaN, null, NA, None); here there is one. What already lies in memory as `f64` without
//! nulls is read where it lies; results are made once, here, and handed over with their memory.

pub(crate) mod arrow;
pub(crate) mod frame;
mod library;
mod list;
pub(crate) mod numpy;
mod pandas;
mod polars;
pub(crate) mod symbols;
mod time;

use ::numpy::{PyReadonlyArray1, PyUntypedArray};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::ScalarBuffer;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use smallvec::SmallVec;
use ta_kernel_api::Scalar;
use ta_kernel_api::spec::OutputSpec;
use ta_runtime::expr::ValueKind;

pub(crate) use self::library::Library;

use self::frame::Frame;
use crate::errors::{Class, Refusal};

/// What is asked of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// How the caller knows it.
    pub(crate) name: &'static str,
    /// Whether it holds times, which then may come as dates and become milliseconds since 1970.
    pub(crate) time: bool,
}

/// What a column of an answer is called and holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Label<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: ValueKind,
}

impl From<&OutputSpec> for Label<'static> {
    fn from(output: &OutputSpec) -> Self {
        Self { name: output.name, kind: output.kind.into() }
    }
}

/// A stretch of a column in one piece.
#[derive(Debug)]
pub(crate) enum Chunk<'py> {
    /// In an array of NumPy.
    Numpy(PyReadonlyArray1<'py, f64>),
    /// In a buffer of Arrow.
    Arrow(ScalarBuffer<f64>),
    /// Converted.
    Made(Vec<f64>),
}

impl Chunk<'_> {
    pub(crate) fn values(&self) -> &[f64] {
        match self {
            // Only contiguous arrays are kept, so there always is a slice.
            Self::Numpy(array) => array.as_slice().unwrap_or_default(),
            Self::Arrow(buffer) => buffer,
            Self::Made(values) => values,
        }
    }
}

/// Values that are looked at together, without a branch for each.
const BLOCK: usize = 1024;

/// Looks at whole blocks, as there is rarely one.
fn first_infinite(values: &[f64]) -> Option<usize> {
    let infinite = |value: &f64| value.abs() == f64::INFINITY;
    let any = |block: &[f64]| block.iter().fold(false, |any, value| any | infinite(value));
    let block = values.chunks(BLOCK).position(any)? * BLOCK;
    values[block..].iter().position(infinite).map(|row| block + row)
}

/// A column as it came, in one or more pieces.
#[derive(Debug)]
pub(crate) struct Column<'py> {
    pub(crate) chunks: SmallVec<[Chunk<'py>; 1]>,
    pub(crate) like: Like<'py>,
}

impl<'py> Column<'py> {
    fn new(chunks: impl Into<SmallVec<[Chunk<'py>; 1]>>, like: Like<'py>) -> Self {
        Self { chunks: chunks.into(), like }
    }

    pub(crate) fn rows(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.values().len()).sum()
    }

    /// Whether no value is missing. Infinite ones are refused.
    pub(crate) fn is_complete(&self, name: &'static str) -> Result<bool, Refusal> {
        // Most columns are, and are read once.
        if self.chunks.iter().all(|chunk| chunk.values().chunks(BLOCK).all(f64::all_finite)) {
            return Ok(true);
        }
        infinite(name, self.chunks.iter().map(Chunk::values)).map_or(Ok(false), Err)
    }
}

/// The first infinite value of a column, as it is refused.
pub(crate) fn infinite<'a>(
    name: &'static str,
    pieces: impl IntoIterator<Item = &'a [f64]>,
) -> Option<Refusal> {
    let mut before = 0;
    for values in pieces {
        if let Some(at) = first_infinite(values) {
            let (value, row) = (values[at], before + at);
            let message = format!(
                "`{name}` is {value} in row {row} (accepted: finite numbers, and NaN or null for missing)"
            );
            let refusal = Refusal::new(Class::Data, message).with("column", name);
            return Some(refusal.with("row", row).with("given", value.to_string()));
        }
        before += values.len();
    }
    None
}

/// What results become, so that they are of the kind of what was given.
#[derive(Debug)]
pub(crate) enum Like<'py> {
    Numpy,
    Pandas(pandas::Like<'py>),
    Polars,
    PyArrow {
        chunked: bool,
    },
    /// An array that offers the Arrow interface, for libraries not known by name.
    Arrow,
}

impl<'py> Like<'py> {
    /// Hands values over, with their memory.
    pub(crate) fn give(
        &self,
        py: Python<'py>,
        values: Vec<f64>,
        label: Label<'_>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Self::Numpy => Ok(numpy::give(py, values)),
            Self::Pandas(like) => like.give(py, values, label),
            Self::Polars => polars::give(py, values, label),
            Self::PyArrow { chunked } => arrow::give_pyarrow(py, values, label, *chunked),
            Self::Arrow => arrow::give(py, values, label),
        }
    }

    /// Whether columns of this kind have labels, which results take over.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self, Self::Numpy)
    }

    /// Whether two columns of one call fit together row by row; both have as many rows.
    pub(crate) fn fits(&self, other: &Self) -> PyResult<bool> {
        match (self, other) {
            (Self::Pandas(one), Self::Pandas(other)) => one.same_index(other),
            _ => Ok(true),
        }
    }
}

/// What an argument is.
#[derive(Debug)]
pub(crate) enum Given<'py> {
    Column(Source),
    Frame(Frame<'py>),
    /// An expression of Polars, which has no values yet.
    PolarsExpr,
    /// None of these: a number, a word, or something nobody here knows.
    Other,
}

/// Where a column comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    Numpy,
    List,
    Pandas,
    PandasIndex,
    Polars,
    PyArrow {
        chunked: bool,
    },
    Arrow,
    /// Something that NumPy makes an array of.
    AsNumpy,
}

/// Says what an argument is. Cheap kinds come first; a library is only asked when the program has loaded it.
pub(crate) fn classify<'py>(object: &Bound<'py, PyAny>) -> PyResult<Given<'py>> {
    if object.is_instance_of::<PyUntypedArray>() {
        return Ok(Given::Column(Source::Numpy));
    }
    if object.is_exact_instance_of::<PyFloat>()
        || object.is_instance_of::<PyInt>()
        || object.is_instance_of::<PyString>()
        || object.is_none()
    {
        return Ok(Given::Other);
    }
    if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        return Ok(Given::Column(Source::List));
    }
    if object.is_instance_of::<PyDict>() {
        return Ok(Given::Frame(Frame::dict(object)));
    }
    for library in Library::ALL {
        if let Some(given) = library.classify(object)? {
            return Ok(given);
        }
    }
    let py = object.py();
    if object.hasattr(intern!(py, "__arrow_c_stream__"))?
        || object.hasattr(intern!(py, "__arrow_c_array__"))?
    {
        return Frame::arrow(object).map(|frame| frame.map_or(Given::Column(Source::Arrow), Given::Frame));
    }
    let scalar = object.is_instance_of::<PyFloat>() || object.hasattr(intern!(py, "__index__"))?;
    if !scalar && (object.hasattr(intern!(py, "__array__"))? || is_buffer(object)) {
        // The scalars of NumPy are arrays of no dimension.
        let ndim = object.getattr_opt(intern!(py, "ndim"))?.and_then(|ndim| ndim.extract::<usize>().ok());
        return Ok(if ndim == Some(0) { Given::Other } else { Given::Column(Source::AsNumpy) });
    }
    Ok(Given::Other)
}

/// Reads a column: where it lies when it can be, converted otherwise. What it holds may be infinite.
pub(crate) fn read<'py>(object: &Bound<'py, PyAny>, source: Source, wanted: Wanted) -> PyResult<Column<'py>> {
    Ok(match source {
        Source::Numpy => Column::new([numpy::read(object, wanted)?], Like::Numpy),
        Source::List => Column::new(vec![list::read(object, wanted)?], Like::Numpy),
        Source::Pandas => pandas::read(object, wanted)?,
        Source::PandasIndex => Column::new(vec![pandas::read_index(object, wanted)?], Like::Numpy),
        Source::Polars => Column::new(arrow::read(object, wanted)?, Like::Polars),
        Source::PyArrow { chunked } => Column::new(arrow::read(object, wanted)?, Like::PyArrow { chunked }),
        Source::Arrow => Column::new(arrow::read(object, wanted)?, Like::Arrow),
        Source::AsNumpy => {
            let array =
                object.py().import(intern!(object.py(), "numpy"))?.call_method1("asarray", (object,))?;
            Column::new(vec![numpy::read(&array, wanted)?], Like::Numpy)
        }
    })
}

/// Reads the pieces of a column of Arrow.
pub(crate) fn of_arrow(
    pieces: &[ArrayRef],
    wanted: Wanted,
) -> Result<SmallVec<[Chunk<'static>; 1]>, Refusal> {
    let pieces = pieces.iter().filter(|piece| !piece.is_empty());
    let chunks = pieces.map(|piece| arrow::chunk(piece, wanted)).collect::<Result<Vec<_>, _>>()?;
    let column = Column::new(chunks, Like::Arrow);
    column.is_complete(wanted.name)?;
    Ok(column.chunks)
}

/// What a column cannot be made of.
fn wrong_kind(wanted: Wanted, what: &str) -> Refusal {
    let accepted = if wanted.time { "numbers or times" } else { "numbers" };
    Refusal::new(Class::Argument, format!("`{}` holds {what} (accepted: {accepted})", wanted.name))
        .with("column", wanted.name)
        .with("given", what)
        .with("accepted", accepted)
}

fn is_buffer(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is alive as it is borrowed.
    #[allow(unsafe_code, reason = "the check has no safe form under the stable ABI")]
    let answer = unsafe { pyo3::ffi::PyObject_CheckBuffer(object.as_ptr()) };
    answer != 0 && !object.is_instance_of::<pyo3::types::PyBytes>()
}
