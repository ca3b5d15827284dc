//! What a session does with its engines, one call after the other.

use std::ops::{Deref, DerefMut};
use std::sync::MutexGuard;

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyDict;
use ta_runtime::dataset::{Dataset, Partition};
use ta_runtime::exec::{Envelope, Mode};

use super::Session;
use super::core::Core;
use super::given::{Given, Many};
use crate::errors::{Class, Refusal};
use crate::eval::refuse::{of_data, of_row, of_runtime};
use crate::eval::tables::Part;
use crate::eval::{dataset, warn};
use crate::own::{self, caught};

/// Values (rows times nodes) from which on other threads of Python run meanwhile.
const DETACHED: usize = 4096;

/// What changes of a session, while nobody else has it.
pub(super) struct Open<'a>(MutexGuard<'a, Option<Core>>);

impl Open<'_> {
    /// Lets go of all of it.
    pub(super) fn close(mut self) {
        self.0.take();
    }
}

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
    pub(super) fn core(&self, py: Python<'_>) -> Result<Open<'_>, Refusal> {
        if self.shape.may_raise && own::is_inside() {
            let message = "a kernel calls a session (accepted: what its state and its inputs say)";
            return Err(Refusal::new(Class::Session, message));
        }
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

    /// Whether it was closed.
    pub(super) fn is_closed(&self, py: Python<'_>) -> bool {
        self.core.lock_py_attached(py).is_ok_and(|core| core.is_none())
    }

    /// The symbol of a feed, where it has to be said.
    pub(super) fn said(&self, feed: usize) -> Option<&str> {
        (self.shape.feeds.len() > 1).then_some(&*self.shape.feeds[feed].name)
    }

    /// Takes in a bar and hands its outputs on, where the feed is one that is answered. Nothing that `answer` does may call back into
    /// Python: it could ask for the session again.
    #[inline]
    pub(super) fn one<R>(
        &self,
        py: Python<'_>,
        feed: usize,
        ts: i64,
        values: &[f64],
        answer: impl FnOnce(&[f64]) -> R,
    ) -> PyResult<Option<R>> {
        let (shape, mut core) = (&self.shape, self.core(py)?);
        let taken = if self.steps_alone() && core.store.is_none() && !shape.may_raise {
            core.one(shape, feed, ts, values)
        } else {
            let (core, every) = (&mut *core, self.save_every);
            py.detach(|| caught(|| core.save(shape, every).and_then(|()| core.one(shape, feed, ts, values))))?
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
    pub(super) fn steps_alone(&self) -> bool {
        self.settings.mode() == Mode::Incremental
    }

    /// Takes in many rows and answers them, engine by engine.
    pub(super) fn take(&self, py: Python<'_>, many: &Many<'_>) -> PyResult<Vec<Option<Envelope<f64>>>> {
        let lent = many.lent(&self.shape);
        let parts: Vec<Part<'_>> = many.parts(&self.shape, &lent).into_iter().map(|(_, part)| part).collect();
        let rows: usize = parts.iter().map(|part| part.rows.map_or(part.table.rows, <[usize]>::len)).sum();
        let work = rows.saturating_mul(self.shape.plan.nodes().len());
        let long = work >= DETACHED;
        let read = || dataset(&parts, parts.len() > 1);
        let data = if long { py.detach(read) } else { read() }?;
        let taken = self.take_in(py, &data, long);
        taken.map_err(|error| self.place(&error, &parts))
    }

    /// Takes in the rows of a dataset and answers them, engine by engine.
    pub(super) fn take_in(
        &self,
        py: Python<'_>,
        data: &Dataset<f64>,
        long: bool,
    ) -> Result<Vec<Option<Envelope<f64>>>, Fault> {
        let mut core = self.core(py)?;
        let (shape, every) = (&self.shape, self.save_every);
        let taken = if long || core.store.is_some() || !self.steps_alone() || shape.may_raise {
            let core = &mut *core;
            py.detach(|| caught(|| core.save(shape, every).and_then(|()| core.many(shape, data))))
                .map_err(Fault::Raised)?
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
    pub(super) fn place(&self, fault: &Fault, parts: &[Part<'_>]) -> PyErr {
        let error = match fault {
            Fault::Raised(error) => return Python::attach(|py| error.clone_ref(py)),
            Fault::Runtime(error) => error,
        };
        let location = error.location().cloned().unwrap_or_default();
        let is_there = |part: &&Part<'_>| {
            let row = location.row.map(|row| part.row(row));
            let given = row.and_then(|row| part.table.times.as_ref()?.get(row).copied());
            row.is_some() && given == location.ts.map(|ts| ts as f64)
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
    pub(super) fn partition(
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
                let rows = py.detach(|| part.partition(self.said(*feed).is_some()));
                Ok((*feed, rows?))
            }
        }
    }

    /// For each symbol that is answered what is asked of its engine; without its name where there is one symbol.
    pub(super) fn each<'py>(
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
    pub(super) fn alone(&self, py: Python<'_>, bar: Given<'_>, values: &[f64]) -> PyResult<Dataset<f64>> {
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
    pub(super) fn later(&self, py: Python<'_>, data: &Dataset<f64>) -> PyResult<Dataset<f64>> {
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
pub(super) enum Fault {
    Runtime(Box<ta_runtime::Error>),
    Raised(PyErr),
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Raised(refusal.into())
    }
}
