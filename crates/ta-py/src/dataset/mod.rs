//! Data that live in Rust under a number, and the class `Dataset` that holds one.

mod envelope;
pub(crate) mod jobs;
mod options;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use ta_kernel_api::ScalarKind;
use ta_runtime::Error;
use ta_runtime::dataset::handle::{self, DatasetId};
use ta_runtime::dataset::{Bars, PartitionKey, naming};

use crate::data::{Given, Wanted, classify, read};
use crate::errors::{Class, Refusal, guarded, kind_of};
use crate::eval::frame_of;
use crate::eval::refuse::{of_data, of_runtime};
use crate::eval::tables::{Part, Table, milliseconds};
use crate::plan::of_expression;
use crate::session::Session;

/// Rows that live in Rust: partitions of columns, each under its key. They are freed with this object, or by `drop`.
///
/// Functions such as `execute_plan` take its `id`.
#[pyclass(frozen, name = "Dataset", module = "ta_py")]
pub(crate) struct Dataset {
    id: DatasetId,
}

impl Drop for Dataset {
    fn drop(&mut self) {
        // It may have been dropped by its number.
        let _ = handle::drop(self.id);
    }
}

#[pymethods]
impl Dataset {
    #[new]
    fn new() -> Self {
        Self { id: handle::create(ScalarKind::F64) }
    }

    /// Its number, for the functions that take one.
    #[getter]
    fn id(&self) -> u64 {
        self.id.get()
    }

    /// Adds bars to a partition; see `dataset_append_ohlcv`.
    fn append_ohlcv(&self, py: Python<'_>, key: &str, data: &Bound<'_, PyAny>) -> PyResult<()> {
        dataset_append_ohlcv(py, self.id(), key, data)
    }

    /// Adds a named series; see `dataset_append_series`.
    fn append_series(
        &self,
        py: Python<'_>,
        key: &str,
        name: &str,
        ts: &Bound<'_, PyAny>,
        values: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        dataset_append_series(py, self.id(), key, name, ts, values)
    }

    /// What it holds; see `dataset_info`.
    fn info<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dataset_info(py, self.id())
    }

    /// Runs a plan over its rows; see `execute_plan`.
    #[pyo3(signature = (plan, **options))]
    fn execute<'py>(
        &self,
        py: Python<'py>,
        plan: &Bound<'py, PyAny>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        jobs::execute_plan(py, self.id(), plan, None, options)
    }

    /// A session that has taken in its rows and goes on from there; the options are those of `incremental_initialize`.
    #[pyo3(signature = (plan, **options))]
    fn session<'py>(
        &self,
        py: Python<'py>,
        plan: &Bound<'py, PyAny>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Session> {
        jobs::incremental_initialize(py, self.id(), plan, None, options).map(|(session, _)| session)
    }

    /// Frees its rows now. Once is enough; whoever reads them at this moment reads on.
    #[pyo3(name = "drop")]
    fn free(&self) -> PyResult<()> {
        match handle::drop(self.id) {
            Err(error) if !error.is_dropped_dataset() => Err(unknown(&error, self.id.get()).into()),
            _ => Ok(()),
        }
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.free()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let held = match handle::info(slf.get().id) {
            Ok(info) => format!("{} partitions", info.partitions.len()),
            Err(_) => "dropped".to_owned(),
        };
        Ok(format!("<{}.Dataset {}, {held}>", slf.get_type().module()?, slf.get().id))
    }
}

/// Makes a dataset without rows and answers its number. It lives until `dataset_drop`; a `Dataset` frees itself.
#[pyfunction]
pub(crate) fn dataset_create() -> u64 {
    handle::create(ScalarKind::F64).get()
}

/// Frees a dataset. Numbers are never used again.
#[pyfunction]
pub(crate) fn dataset_drop(py: Python<'_>, dataset_id: u64) -> PyResult<()> {
    let dropped = py.detach(|| handle::drop(dataset_id.into()));
    dropped.map_err(|error| unknown(&error, dataset_id).into())
}

/// Adds bars to a partition, which begins with them if there is none.
///
/// Parameters
/// ----------
/// `dataset_id` : int
///     The number of the dataset.
/// key : str
///     Which rows they are: `[exchange.]symbol[.timeframe]`, such as "BTC.1h".
/// data : frame
///     Columns `ts`, `open`, `high`, `low`, `close`, and `volume` for all rows of a partition or for none.
///
/// Raises `DataError` where times do not increase, a value is infinite, or a low is above its high; nothing is added then.
#[pyfunction]
pub(crate) fn dataset_append_ohlcv(
    py: Python<'_>,
    dataset_id: u64,
    key: &str,
    data: &Bound<'_, PyAny>,
) -> PyResult<()> {
    guarded(|| {
        let key = key_of(key)?;
        let frame = frame_of(data)?;
        let mut fields = vec!["open", "high", "low", "close"];
        if frame.names()?.iter().any(|name| naming::same_word(name, "volume")) {
            fields.push("volume");
        }
        let table = Table::read(frame, &fields, true)?;
        let lent = table.lent();
        let part = Part { key, table: &lent, rows: None };
        let times = lent.times.as_deref().unwrap_or_default();
        let ts = milliseconds(times, |row| row)?;
        let column =
            |name: &str| lent.columns.iter().find(|(field, _)| *field == name).map(|(_, values)| &**values);
        let field = |name: &str| column(name).unwrap_or_default();
        let bars = Bars {
            ts: &ts,
            open: field("open"),
            high: field("high"),
            low: field("low"),
            close: field("close"),
            volume: column("volume"),
        };
        let appended = py.detach(|| {
            handle::with_mut(dataset_id.into(), |data| data.of_mut()?.append_ohlcv(&part.key, &bars))
        });
        appended.map_err(|error| match error.kind() {
            "data" => of_data(&error, &part, false),
            _ => unknown(&error, dataset_id),
        })?;
        Ok(())
    })
}

/// Adds a named series to a partition, which begins with it if there is none.
///
/// Parameters
/// ----------
/// `dataset_id` : int
///     The number of the dataset.
/// key : str
///     Which rows it is of: `[exchange.]symbol[.timeframe][.source]`.
/// name : str
///     What the column is called.
/// ts, values : column
///     Times and as many values. A column that is new to a partition has its times; the only column of one gets further rows.
#[pyfunction]
pub(crate) fn dataset_append_series(
    py: Python<'_>,
    dataset_id: u64,
    key: &str,
    name: &str,
    ts: &Bound<'_, PyAny>,
    values: &Bound<'_, PyAny>,
) -> PyResult<()> {
    guarded(|| {
        let key = key_of(key)?;
        let ts = values_of(ts, Wanted { name: "ts", time: true })?;
        let ts = milliseconds(&ts, |row| row)?;
        let values = values_of(values, Wanted { name: "values", time: false })?;
        let appended = py.detach(|| {
            handle::with_mut(dataset_id.into(), |data| data.of_mut()?.append_series(&key, name, &ts, &values))
        });
        appended.map_err(|error| unknown(&error, dataset_id))?;
        Ok(())
    })
}

/// What a dataset holds: its `id`, its `scalar`, and for each of its `partitions` the `key`, the number of `rows`, the times of the first and the last
/// (`start`, `end`), the `columns` and their size in `bytes`.
#[pyfunction]
pub(crate) fn dataset_info(py: Python<'_>, dataset_id: u64) -> PyResult<Bound<'_, PyDict>> {
    let info = handle::info(dataset_id.into()).map_err(|error| unknown(&error, dataset_id))?;
    let answer = PyDict::new(py);
    answer.set_item("id", info.id.get())?;
    answer.set_item("scalar", info.scalar.name())?;
    let mut partitions = Vec::with_capacity(info.partitions.len());
    for partition in info.partitions {
        let one = PyDict::new(py);
        one.set_item("key", partition.key.to_string())?;
        one.set_item("rows", partition.rows)?;
        one.set_item("start", partition.times.map(|(start, _)| start))?;
        one.set_item("end", partition.times.map(|(_, end)| end))?;
        one.set_item("columns", partition.columns)?;
        one.set_item("bytes", partition.bytes)?;
        partitions.push(one);
    }
    answer.set_item("partitions", partitions)?;
    Ok(answer)
}

/// The values of the column that an object is.
fn values_of(object: &Bound<'_, PyAny>, wanted: Wanted) -> PyResult<Vec<f64>> {
    if let Given::Column(source) = classify(object)? {
        let column = read(object, source, wanted)?;
        column.is_complete(wanted.name)?;
        return Ok(column.chunks.iter().flat_map(|chunk| chunk.values().iter().copied()).collect());
    }
    let kind = kind_of(object);
    let message = format!("`{}` is of type `{kind}` (accepted: a column)", wanted.name);
    Err(Refusal::new(Class::Argument, message).with("column", wanted.name).with("given", kind).into())
}

/// What is refused of a dataset, with its number where there is none.
fn unknown(error: &Error, id: u64) -> Refusal {
    let refusal = of_runtime(error);
    if error.is_unknown_dataset() || error.is_dropped_dataset() {
        return refusal.with("given", usize::try_from(id).unwrap_or(usize::MAX));
    }
    refusal
}

/// The key that a text is.
fn key_of(text: &str) -> Result<PartitionKey, Refusal> {
    text.parse().map_err(|error| of_expression(&error))
}
