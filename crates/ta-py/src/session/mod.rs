//! Plans at work bar by bar: the class `Session`.

mod bars;
pub(crate) mod begin;
mod core;
mod engine;
mod fast;
mod given;
mod outputs;
mod pack;
pub(crate) mod refuse;
mod shape;
mod store;

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyDict, PyTuple, PyType};
use serde_json::{Map, Value};
use ta_runtime::dataset::{Dataset, Partition};
use ta_runtime::exec::{Envelope, Settings};

use self::begin::Choices;
use self::core::Core;
use self::given::{Given, Many};
use self::outputs::Names;
use self::refuse::{of_row, of_runtime};
use self::shape::Shape;
use crate::errors::{Class, Refusal, guarded, kind_of};
use crate::eval::refuse::of_data;
use crate::eval::tables::Part;
use crate::eval::{dataset, warn};
use crate::json::to_python;
use crate::plan::Plan;

/// Values (rows times nodes) from which on other threads of Python run meanwhile.
const DETACHED: usize = 4096;

/// A plan at work, bar by bar: it takes in bars as they close and answers each at once.
///
/// Made by `Plan.session`. Calls from several threads are carried out one after the other. A call that is refused changes nothing.
#[pyclass(frozen, name = "Session", module = "ta_py")]
pub(crate) struct Session {
    shape: Shape,
    names: Names,
    settings: Settings,
    choices: Choices,
    /// Rows between two states in the store.
    save_every: u64,
    /// `None` once it is closed.
    core: Mutex<Option<Core>>,
}

/// What changes of a session, while nobody else has it.
struct Open<'a>(MutexGuard<'a, Option<Core>>);

impl Deref for Open<'_> {
    type Target = Core;
    fn deref(&self) -> &Core {
        // Looked at when it was opened.
        self.0.as_ref().expect("an open session")
    }
}

impl DerefMut for Open<'_> {
    fn deref_mut(&mut self) -> &mut Core {
        // Looked at when it was opened.
        self.0.as_mut().expect("an open session")
    }
}

impl Session {
    /// Waits until nobody else has it. Other threads of Python run meanwhile.
    fn core(&self, py: Python<'_>) -> Result<Open<'_>, Refusal> {
        let broken = || {
            let message =
                "the session was broken off by a fault inside (go on from a snapshot, or from its store)";
            Refusal::new(Class::Session, message)
        };
        let guard = self.core.lock_py_attached(py).map_err(|_| broken())?;
        match &*guard {
            None => Err(Refusal::new(Class::Session, "the session is closed")),
            Some(core) if core.broken => Err(broken()),
            Some(_) => Ok(Open(guard)),
        }
    }

    /// The symbol of a feed, where it has to be said.
    fn said(&self, feed: usize) -> Option<&str> {
        (self.shape.feeds.len() > 1).then_some(&*self.shape.feeds[feed].name)
    }

    /// Takes in a bar and hands its outputs on, where the feed is one that is answered.
    #[inline]
    fn one<R>(
        &self,
        py: Python<'_>,
        feed: usize,
        ts: i64,
        values: &[f64],
        answer: impl FnOnce(&[f64]) -> R,
    ) -> PyResult<Option<R>> {
        let (shape, mut core) = (&self.shape, self.core(py)?);
        let taken = if self.steps_alone() && core.store.is_none() {
            core.one(shape, feed, ts, values)
        } else {
            let (core, every) = (&mut *core, self.save_every);
            py.detach(|| core.save(shape, every).and_then(|()| core.one(shape, feed, ts, values)))
        };
        let envelope = taken.map_err(|error| of_row(&error, self.said(feed), None))?;
        let own = shape.feeds[feed].own;
        let answered = own.map(|_| answer(&core.out));
        drop(core);
        if let Some(envelope) = envelope {
            warn(py, &shape.feeds[feed].key, &envelope)?;
        }
        Ok(answered)
    }

    /// Whether a step is a matter of nanoseconds, and not of all rows so far.
    fn steps_alone(&self) -> bool {
        self.settings.mode() == ta_runtime::exec::Mode::Incremental
    }

    /// Takes in many rows and answers them, engine by engine.
    fn take(&self, py: Python<'_>, many: &Many<'_>) -> PyResult<Vec<Option<Envelope<f64>>>> {
        let lent = many.lent(&self.shape);
        let parts: Vec<Part<'_>> = many.parts(&self.shape, &lent).into_iter().map(|(_, part)| part).collect();
        let rows: usize = parts.iter().map(|part| part.rows.map_or(part.table.rows, <[usize]>::len)).sum();
        let work = rows.saturating_mul(self.shape.plan.nodes().len());
        let long = work >= DETACHED;
        let data = if long { py.detach(|| dataset(&parts)) } else { dataset(&parts) }?;
        let taken = self.take_in(py, &data, long);
        taken.map_err(|error| self.place(&error, &parts))
    }

    /// Takes in the rows of a dataset and answers them, engine by engine.
    fn take_in(
        &self,
        py: Python<'_>,
        data: &Dataset<f64>,
        long: bool,
    ) -> Result<Vec<Option<Envelope<f64>>>, Fault> {
        let mut core = self.core(py)?;
        let (shape, every) = (&self.shape, self.save_every);
        let taken = if long || core.store.is_some() || !self.steps_alone() {
            let core = &mut *core;
            py.detach(|| core.save(shape, every).and_then(|()| core.many(shape, data)))
        } else {
            core.many(shape, data)
        };
        drop(core);
        let answers = taken.map_err(|error| Fault::Runtime(Box::new(error)))?;
        for (feed, answer) in shape.feeds.iter().zip(&answers) {
            if let Some(envelope) = answer {
                warn(py, &feed.key, envelope).map_err(Fault::Raised)?;
            }
        }
        Ok(answers)
    }

    /// Why rows are refused, with the place among those that were given.
    fn place(&self, fault: &Fault, parts: &[Part<'_>]) -> PyErr {
        let error = match fault {
            Fault::Raised(error) => return Python::attach(|py| error.clone_ref(py)),
            Fault::Runtime(error) => error,
        };
        let location = error.location().cloned().unwrap_or_default();
        let is_there = |part: &&Part<'_>| {
            let row = location.row.map(|row| part.row(row));
            row.is_some_and(|row| part.table.times.and_then(|times| times.get(row).copied()) == location.ts)
        };
        let part = match parts {
            [part] => Some(part),
            _ => parts.iter().find(is_there),
        };
        match part {
            Some(part) if matches!(error.kind(), "data" | "missing" | "stale" | "unknown_name") => {
                of_data(error, part, self.shape.feeds.len() > 1).into()
            }
            _ => of_runtime(error).into(),
        }
    }

    /// The rows of one feed that were given, as a partition.
    fn partition(
        &self,
        py: Python<'_>,
        given: Given<'_>,
        values: &[f64],
    ) -> PyResult<(usize, Partition<f64>)> {
        match given {
            Given::Bar(feed, ts) => {
                let of = &self.shape.feeds[feed];
                let columns = self.shape.fields.iter().zip(values);
                let columns = columns.filter(|(field, _)| of.fields.contains(field));
                let columns: Vec<_> =
                    columns.map(|(field, value)| (*field, std::slice::from_ref(value))).collect();
                let rows = Partition::from_columns(of.key.source, &[ts], &columns);
                Ok((feed, rows.map_err(|error| of_row(&error, self.said(feed), None))?))
            }
            Given::Many(many) => {
                let lent = many.lent(&self.shape);
                let parts = many.parts(&self.shape, &lent);
                let [(feed, part)] = &parts[..] else {
                    let message = format!("rows are of {} symbols (accepted: of one at a time)", parts.len());
                    return Err(Refusal::new(Class::Argument, message).with("given", parts.len()).into());
                };
                let rows = py.detach(|| part.partition());
                Ok((*feed, rows.map_err(|error| of_data(&error, part, self.said(*feed).is_some()))?))
            }
        }
    }

    /// For each symbol that is answered what is asked of its engine; without its name where there is one symbol.
    fn each<'py>(
        &self,
        py: Python<'py>,
        ask: impl Fn(usize) -> PyResult<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if !self.shape.is_many() {
            return ask(0);
        }
        let answers = PyDict::new(py);
        for feed in &self.shape.feeds {
            if let Some(own) = feed.own {
                answers.set_item(&feed.name, ask(own)?)?;
            }
        }
        Ok(answers.into_any())
    }

    /// Takes in what `step` does and answers engine by engine.
    pub(crate) fn job(
        &self,
        py: Python<'_>,
        rows: &Bound<'_, PyAny>,
        symbol: Option<&str>,
    ) -> PyResult<Vec<Option<Envelope<f64>>>> {
        let mut values = Vec::with_capacity(self.shape.fields.len());
        match Given::read(&self.shape, rows, symbol, &mut values)? {
            Given::Many(many) => self.take(py, &many),
            bar @ Given::Bar(..) => {
                let data = self.alone(py, bar, &values)?;
                self.take_in(py, &data, false).map_err(|fault| self.place(&fault, &[]))
            }
        }
    }

    /// A bar as a dataset.
    fn alone(&self, py: Python<'_>, bar: Given<'_>, values: &[f64]) -> PyResult<Dataset<f64>> {
        let (feed, rows) = self.partition(py, bar, values)?;
        let mut data = Dataset::new();
        let inserted = data.insert(self.shape.feeds[feed].key.clone(), rows);
        inserted.map_err(|error| of_runtime(&error))?;
        Ok(data)
    }

    /// Takes in the rows of a dataset that come after those that were taken in.
    pub(crate) fn catch_up(
        &self,
        py: Python<'_>,
        data: &Dataset<f64>,
    ) -> PyResult<Vec<Option<Envelope<f64>>>> {
        let later = self.later(py, data)?;
        self.take_in(py, &later, true).map_err(|fault| self.place(&fault, &[]))
    }

    /// The rows of a dataset that come after those that were taken in.
    fn later(&self, py: Python<'_>, data: &Dataset<f64>) -> PyResult<Dataset<f64>> {
        let core = self.core(py)?;
        let mut later = Dataset::new();
        for feed in &self.shape.feeds {
            let Ok(rows) = data.partition(&feed.key) else { continue };
            let last = feed.readers.iter().find_map(|reader| core.engines[reader.engine].last(&feed.key));
            let from = last.map_or(0, |last| rows.row_at_or_after(last.saturating_add(1)));
            let inserted = later.insert(feed.key.clone(), rows.slice(from..rows.len()));
            inserted.map_err(|error| of_runtime(&error))?;
        }
        Ok(later)
    }
}

/// Why rows were not taken in.
enum Fault {
    Runtime(Box<ta_runtime::Error>),
    Raised(PyErr),
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Raised(refusal.into())
    }
}

#[pymethods]
impl Session {
    /// Takes in closed bars and answers their outputs.
    ///
    /// Parameters
    /// ----------
    /// rows : dict, tuple, array, object with attributes; list of these; matrix, frame or dict of frames
    ///     A bar, or many. A bar without names has its values in the order of `fields`. In a list, bars may come in any order.
    /// symbol : str, optional
    ///     Which symbol the rows are of, where they do not say it.
    ///
    /// Returns
    /// -------
    /// dict, list, array or frame
    ///     For a bar a dict from names to float, bool, or None where there is no value. For a list a list of such, for a matrix a matrix
    ///     with a column for each output, and for frames what `eval` answers, of these rows alone. None for rows that are only read by others.
    ///
    /// Raises `StaleError` where a row is not after those taken in before. What is refused is refused as a whole.
    #[pyo3(signature = (rows, *, symbol=None))]
    fn step<'py>(
        &self,
        py: Python<'py>,
        rows: &Bound<'py, PyAny>,
        symbol: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| {
            let mut values = Vec::with_capacity(self.shape.fields.len());
            match Given::read(&self.shape, rows, symbol, &mut values)? {
                Given::Bar(feed, ts) => {
                    let answer = |out: &[f64]| self.names.row(py, out);
                    let answered = self.one(py, feed, ts, &values, answer)?.transpose()?;
                    Ok(answered.map_or_else(|| py.None().into_bound(py), Bound::into_any))
                }
                Given::Many(many) => {
                    let answers = self.take(py, &many)?;
                    self.names.rows(py, &self.shape, &many, answers)
                }
            }
        })
    }

    /// Takes in bars without an object for each value: reads arrays and writes into arrays.
    ///
    /// Parameters
    /// ----------
    /// values : array of float64
    ///     A bar, in the order of `fields`; or a matrix with a row for each bar.
    /// out : array of float64
    ///     Where the outputs are written, in the order of `outputs`: as many as there are, or a row of them for each bar. Bools are 1.0 and 0.0; NaN
    ///     where there is no value.
    /// symbol : str, optional
    ///     Which symbol the bars are of.
    ///
    /// Raises what `step` does; `out` is as it was then.
    #[pyo3(signature = (values, out, symbol=None))]
    fn step_into<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyAny>,
        out: &Bound<'py, PyAny>,
        symbol: Option<&str>,
    ) -> PyResult<()> {
        guarded(|| fast::step_into(self, py, values, out, symbol))
    }

    /// What `step` would answer to a bar that is still forming. Nothing is remembered.
    #[pyo3(signature = (bar, *, symbol=None))]
    fn peek<'py>(
        &self,
        py: Python<'py>,
        bar: &Bound<'py, PyAny>,
        symbol: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| {
            let mut values = Vec::with_capacity(self.shape.fields.len());
            let Given::Bar(feed, ts) = Given::read(&self.shape, bar, symbol, &mut values)? else {
                let message = format!("`peek` is given many rows, a `{}` (accepted: one bar)", kind_of(bar));
                return Err(Refusal::new(Class::Argument, message).with("given", kind_of(bar)).into());
            };
            if self.shape.feeds[feed].own.is_none() {
                let message = format!(
                    "`{}` is read, and not answered (accepted: a bar that is)",
                    self.shape.feeds[feed].name
                );
                return Err(Refusal::new(Class::Argument, message).into());
            }
            let (shape, mut core) = (&self.shape, self.core(py)?);
            let peeked = if self.steps_alone() {
                core.peek(shape, feed, ts, &values)
            } else {
                let core = &mut *core;
                py.detach(|| core.peek(shape, feed, ts, &values))
            };
            peeked.map_err(|error| of_row(&error, self.said(feed), None))?;
            Ok(self.names.row(py, &core.out)?.into_any())
        })
    }

    /// Takes in those of some rows that come after what was taken in before, and answers how many they were: to catch up with a
    /// feed that sends again what it is not sure of.
    ///
    /// `rows` and `symbol` are as in `step`.
    #[pyo3(signature = (rows, *, symbol=None))]
    fn replay<'py>(
        &self,
        py: Python<'py>,
        rows: &Bound<'py, PyAny>,
        symbol: Option<&str>,
    ) -> PyResult<usize> {
        guarded(|| {
            let mut values = Vec::with_capacity(self.shape.fields.len());
            let data = match Given::read(&self.shape, rows, symbol, &mut values)? {
                Given::Many(many) => {
                    let lent = many.lent(&self.shape);
                    let parts: Vec<Part<'_>> =
                        many.parts(&self.shape, &lent).into_iter().map(|(_, part)| part).collect();
                    py.detach(|| dataset(&parts))?
                }
                bar @ Given::Bar(..) => self.alone(py, bar, &values)?,
            };
            let data = self.later(py, &data)?;
            let rows = data.info().iter().map(|rows| rows.rows).sum();
            self.take_in(py, &data, true).map_err(|fault| self.place(&fault, &[]))?;
            Ok(rows)
        })
    }

    /// Corrects history: puts other rows in the place of those of a span of time, as if they had been these from the start.
    ///
    /// Parameters
    /// ----------
    /// rows : as in `step`, optional
    ///     The rows as they should be; none to remove those that are there.
    /// start, end : time, optional
    ///     The span, up to before `end`. Without them it is from the first to the last row that is given. What the session has of that
    ///     span and is not among the rows is removed.
    /// symbol : str, optional
    ///     Which symbol the rows are of.
    ///
    /// Returns
    /// -------
    /// dict
    ///     The rows of the answers that are other ones now: `ts`, `status` ("changed", "inserted" or "removed"), the outputs that may have changed
    ///     `before` and `after`, and how many rows were `replayed` and `kept`. With several symbols a dict of such by symbol.
    ///
    /// Raises `StaleError` where the rows of that time are no longer kept.
    #[pyo3(signature = (rows=None, *, start=None, end=None, symbol=None))]
    fn revise<'py>(
        &self,
        py: Python<'py>,
        rows: Option<&Bound<'py, PyAny>>,
        start: Option<&Bound<'py, PyAny>>,
        end: Option<&Bound<'py, PyAny>>,
        symbol: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| {
            let [start, end] = [start, end].map(|time| time.map(bars::moment).transpose());
            let (start, end) = (start?, end?);
            let mut values = Vec::with_capacity(self.shape.fields.len());
            let (feed, rows) = if let Some(rows) = rows {
                let given = Given::read(&self.shape, rows, symbol, &mut values)?;
                self.partition(py, given, &values)?
            } else {
                let feed = self.shape.feed(symbol)?;
                let of = &self.shape.feeds[feed];
                let columns: Vec<(&str, &[f64])> = of.fields.iter().map(|name| (*name, &[][..])).collect();
                let none = Partition::from_columns(of.key.source, &[], &columns);
                (feed, none.map_err(|error| of_runtime(&error))?)
            };
            let from = start.or(rows.ts().first().copied());
            let until = end.or(rows.last_ts().map(|ts| ts.saturating_add(1)));
            let Some((from, until)) = from.zip(until) else {
                let message = "there are no rows (say which are to be removed: `start=`, `end=`)";
                return Err(Refusal::new(Class::Argument, message).into());
            };
            if until <= from {
                let message = format!("the span from {from} ends at {until}, before it begins");
                return Err(Refusal::new(Class::Argument, message).with("parameter", "end").into());
            }
            let shape = &self.shape;
            let mut core = self.core(py)?;
            let revised = {
                let core = &mut *core;
                py.detach(|| core.revise(shape, feed, &(from..until), &rows))
            };
            drop(core);
            let revised = revised.map_err(|error| {
                of_row(&error, self.said(feed), error.location().and_then(|location| location.row))
            })?;
            if !shape.is_many() {
                let first = revised.first().map(|(_, revision)| self.names.revision(py, revision));
                return Ok(first.transpose()?.map_or_else(|| py.None().into_bound(py), Bound::into_any));
            }
            let answers = PyDict::new(py);
            for (engine, revision) in &revised {
                answers.set_item(&shape.feeds[*engine].name, self.names.revision(py, revision)?)?;
            }
            Ok(answers.into_any())
        })
    }

    /// All that is needed to go on elsewhere, as bytes. Of one symbol they are what `ta stream --snapshot` writes.
    pub(crate) fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        guarded(|| {
            let mut core = self.core(py)?;
            let bytes = {
                let core = &mut *core;
                py.detach(move || core.snapshot())
            };
            Ok(PyBytes::new(py, &bytes.map_err(|error| of_runtime(&error))?))
        })
    }

    /// A session as it was when the snapshot was made. The plan must be equal to the one it was made of, and the mode must keep the same
    /// thing: rows (batch) or a state (incremental, shadow). History before the snapshot can be corrected only where rows are kept in it.
    #[classmethod]
    #[pyo3(signature = (plan, data, mode=None, checkpoint_every=1000, checkpoints=128, keep_rows=None, by=None))]
    #[allow(clippy::too_many_arguments, reason = "the choices of a session, each with its name")]
    fn restore(
        class: &Bound<'_, PyType>,
        plan: &Plan,
        data: &[u8],
        mode: Option<String>,
        checkpoint_every: usize,
        checkpoints: usize,
        keep_rows: Option<usize>,
        by: Option<String>,
    ) -> PyResult<Self> {
        guarded(|| {
            let choices = Choices { mode, checkpoint_every, checkpoints, keep_rows, by };
            begin::restore(class.py(), &plan.planned, data, choices)
        })
    }

    /// What it remembers, to be read and not to be restored: `mode`, `position`, and for each node of the plan its label, how often it was reset, the
    /// rows since, its last values and what its kernel remembers. With several symbols a dict of such by symbol.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| {
            let core = self.core(py)?;
            let mode = Value::from(self.settings.mode().name());
            let named = |engine: usize| {
                let mut state = Map::from_iter([("mode".to_owned(), mode.clone())]);
                if let Value::Object(inspected) = core.inspect(engine) {
                    state.extend(inspected);
                }
                Value::Object(state)
            };
            self.each(py, |engine| to_python(py, &named(engine)))
        })
    }

    /// Forgets all that was computed from the rows of a symbol, or of all of them, as after a break in the data; it warms up again. The position is kept,
    /// so no row is taken in twice, and rows from before can no longer be corrected.
    #[pyo3(signature = (symbol=None))]
    fn reset(&self, py: Python<'_>, symbol: Option<&str>) -> PyResult<()> {
        guarded(|| {
            let feeds = match symbol {
                Some(symbol) => vec![self.shape.feed(Some(symbol))?],
                None => (0..self.shape.feeds.len()).collect(),
            };
            let mut core = self.core(py)?;
            for feed in feeds {
                if !core.reset(&self.shape, feed).map_err(|error| of_runtime(&error))? {
                    let message =
                        "a session in the mode `batch` computes all rows again, and has nothing to forget";
                    return Err(Refusal::new(Class::Argument, format!("{message} (begin a new one)")).into());
                }
            }
            Ok(())
        })
    }

    /// Puts the state into the store, where there is one, and lets go of it. Nothing can be asked of the session afterwards.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        guarded(|| {
            let mut core = match self.core(py) {
                Ok(core) => core,
                Err(_) if self.is_closed(py) => return Ok(()),
                Err(refusal) => return Err(refusal.into()),
            };
            let saved = {
                let (shape, core) = (&self.shape, &mut *core);
                py.detach(|| core.save(shape, 1))
            };
            saved.map_err(|error| of_runtime(&error))?;
            core.0.take();
            Ok(())
        })
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.close(py)
    }

    /// The plan it runs.
    #[getter]
    fn plan(&self) -> Plan {
        Plan { planned: self.shape.plan.clone() }
    }

    /// What a bar holds, in the order of bars without names: `ts` and the fields that are read.
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.shape.names)
    }

    /// The names of the outputs, in their order.
    #[getter]
    fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.names.tuple(py)
    }

    /// The symbols whose bars are answered, in their order; empty where there is one without a name.
    #[getter]
    pub(crate) fn symbols(&self) -> Vec<&str> {
        if self.shape.is_nameless() {
            return Vec::new();
        }
        let own = self.shape.feeds.iter().filter(|feed| feed.own.is_some());
        own.map(|feed| &*feed.name).collect()
    }

    /// How it runs: "incremental", "batch" or "shadow".
    #[getter]
    fn mode(&self) -> &'static str {
        self.settings.mode().name()
    }

    /// How far it has come: the `ts` of the last bar and how many `rows` there were; None before the first. With several symbols a dict of such by
    /// symbol.
    #[getter]
    fn position<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let core = self.core(py)?;
        self.each(py, |engine| {
            let Some(position) = core.position(engine) else { return Ok(py.None().into_bound(py)) };
            let answer = PyDict::new(py);
            answer.set_item("ts", position.ts)?;
            answer.set_item("rows", position.rows)?;
            Ok(answer.into_any())
        })
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let this = slf.get();
        let symbols = this.symbols().join(", ");
        let symbols = if symbols.is_empty() { String::new() } else { format!(" of {symbols}") };
        let module = slf.get_type().module()?;
        Ok(format!(
            "<{module}.Session{symbols}, {}, {}>",
            this.mode(),
            this.shape.plan.fingerprint_hex().split_at(12).0
        ))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, this) = (slf.py(), slf.get());
        let Choices { checkpoint_every, checkpoints, keep_rows, by, .. } = &this.choices;
        let plan = Bound::new(py, this.plan())?;
        let args = (plan, this.snapshot(py)?, this.mode(), checkpoint_every, checkpoints, keep_rows, by);
        Ok((slf.get_type().getattr("restore")?, args.into_pyobject(py)?))
    }
}

impl Session {
    fn is_closed(&self, py: Python<'_>) -> bool {
        self.core.lock_py_attached(py).is_ok_and(|core| core.is_none())
    }
}
