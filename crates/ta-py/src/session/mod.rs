//! Plans at work bar by bar: the class `Session`.

mod bars;
pub(crate) mod begin;
mod core;
mod engine;
mod fast;
mod given;
mod outputs;
mod pack;
mod shape;
mod store;
mod work;

use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple, PyType};
use serde_json::{Map, Value};
use ta_runtime::dataset::Partition;
use ta_runtime::exec::{Position, Settings};

use self::begin::Choices;
use self::core::Core;
use self::engine::Engine;
use self::given::Given;
use self::outputs::Names;
use self::shape::Shape;
use crate::errors::{Class, Refusal, guarded, kind_of};
use crate::eval::dataset;
use crate::eval::refuse::{of_row, of_runtime};
use crate::eval::tables::Part;
use crate::json::to_python;
use crate::own::caught;
use crate::plan::Plan;

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
                Given::Bar(feed, ts) => match self.one(py, feed, ts, &values, <[f64]>::to_vec)? {
                    Some(answer) => Ok(self.names.row(py, &answer)?.into_any()),
                    None => Ok(py.None().into_bound(py)),
                },
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
            let peeked = if self.steps_alone() && !shape.may_raise {
                core.peek(shape, feed, ts, &values)
            } else {
                let core = &mut *core;
                py.detach(|| caught(|| core.peek(shape, feed, ts, &values)))?
            };
            peeked.map_err(|error| of_row(&error, self.said(feed), None))?;
            let answer = core.out.clone();
            drop(core);
            Ok(self.names.row(py, &answer)?.into_any())
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
                    py.detach(|| dataset(&parts, parts.len() > 1))?
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
                py.detach(|| caught(|| core.revise(shape, feed, &(from..until), &rows)))?
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
            drop(core);
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
            let states = (0..core.engines.len()).map(|engine| {
                let mut state = Map::from_iter([("mode".to_owned(), self.settings.mode().name().into())]);
                if let Value::Object(inspected) = core.inspect(engine) {
                    state.extend(inspected);
                }
                Value::Object(state)
            });
            let states: Vec<Value> = states.collect();
            drop(core);
            self.each(py, |engine| to_python(py, &states[engine]))
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
                if !caught(|| core.reset(&self.shape, feed))?.map_err(|error| of_runtime(&error))? {
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
            core.close();
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
        let positions: Vec<Option<Position>> = core.engines.iter().map(Engine::position).collect();
        drop(core);
        self.each(py, |engine| {
            let Some(position) = positions[engine] else { return Ok(py.None().into_bound(py)) };
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
