//! Answers as Python has them.

use numpy::{IntoPyArray, PyArray1, PyArrayMethods};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyList, PyString, PyTuple};
use ta_runtime::exec::{ChangedRow, Envelope, Output, Revision};
use ta_runtime::expr::ValueKind;
use ta_runtime::plan::Plan;

use super::given::Many;
use super::shape::Shape;
use crate::eval::{give, scattered};
use crate::memory::room;

/// The columns of an answer, as Python knows them.
pub(super) struct Names(Vec<(Py<PyString>, ValueKind)>);

impl Names {
    pub(super) fn of(py: Python<'_>, plan: &Plan) -> Self {
        let outputs = plan.outputs().iter();
        Self(outputs.map(|output| (PyString::intern(py, output.name()).unbind(), output.kind())).collect())
    }

    pub(super) fn tuple<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.iter().map(|(name, _)| name))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The answer to one bar: from names to floats, bools, and None where there is no value.
    pub(super) fn row<'py>(&self, py: Python<'py>, values: &[f64]) -> PyResult<Bound<'py, PyDict>> {
        let row = PyDict::new(py);
        for ((name, kind), &value) in self.0.iter().zip(values) {
            let name = name.bind(py);
            if value.is_nan() {
                row.set_item(name, py.None())?;
            } else if *kind == ValueKind::Bool {
                row.set_item(name, PyBool::new(py, value == 1.0))?;
            } else {
                row.set_item(name, PyFloat::new(py, value))?;
            }
        }
        Ok(row)
    }

    /// The answer to many rows, of the kind in which they came.
    pub(super) fn rows<'py>(
        &self,
        py: Python<'py>,
        shape: &Shape,
        many: &Many<'py>,
        mut answers: Vec<Option<Envelope<f64>>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut own = |feed: usize| shape.feeds[feed].own.and_then(|own| answers[own].take());
        match many {
            Many::Frame(feed, table) => match own(*feed) {
                Some(envelope) => give(table, envelope.outputs),
                None => Ok(py.None().into_bound(py)),
            },
            Many::Frames(tables) => {
                let frames = PyDict::new(py);
                for (symbol, feed, table) in tables {
                    if let Some(envelope) = own(*feed) {
                        frames.set_item(symbol, give(table, envelope.outputs)?)?;
                    }
                }
                Ok(frames.into_any())
            }
            Many::Mixed(table, feeds) => {
                let envelopes: Vec<_> = feeds.iter().map(|(feed, rows)| (own(*feed), &rows[..])).collect();
                let rows = envelopes.iter().filter_map(|(envelope, rows)| Some((envelope.as_ref()?, *rows)));
                give(table, scattered(py, &shape.plan, table.rows, &rows.collect::<Vec<_>>())?)
            }
            Many::Bars(columns, feeds) => {
                let mut each = vec![py.None().into_bound(py); columns.rows()];
                for (feed, rows) in feeds {
                    let Some(envelope) = own(*feed) else { continue };
                    for (at, &row) in rows.iter().enumerate() {
                        let values: Vec<f64> =
                            envelope.outputs.iter().map(|output| output.values[at]).collect();
                        each[row] = self.row(py, &values)?.into_any();
                    }
                }
                Ok(PyList::new(py, each)?.into_any())
            }
            Many::Matrix(columns, feed) => {
                let (rows, width) = (columns.rows(), self.0.len());
                room(rows.saturating_mul(width))?;
                let mut values = vec![f64::NAN; rows * width];
                if let Some(envelope) = own(*feed) {
                    spread(&envelope.outputs, &mut values);
                }
                Ok(PyArray1::from_vec(py, values).reshape([rows, width])?.into_any())
            }
        }
    }

    /// What a correction changed: for each row that is another one now its time, what became of it, and its outputs before and after.
    pub(super) fn revision<'py>(
        &self,
        py: Python<'py>,
        revision: &Revision<f64>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let answer = PyDict::new(py);
        let ts: Vec<i64> = revision.changed.iter().map(|row| row.ts).collect();
        answer.set_item(intern!(py, "ts"), ts.into_pyarray(py))?;
        let status = revision.changed.iter().map(|row| match (&row.before, &row.after) {
            (None, _) => "inserted",
            (_, None) => "removed",
            _ => "changed",
        });
        answer.set_item(intern!(py, "status"), status.collect::<Vec<_>>())?;
        for (what, of) in [
            ("before", (|row| row.before.as_ref()) as fn(&ChangedRow<f64>) -> Option<&Vec<f64>>),
            ("after", |row| row.after.as_ref()),
        ] {
            let columns = PyDict::new(py);
            for (at, &output) in revision.outputs.iter().enumerate() {
                let values = revision.changed.iter().map(|row| of(row).map_or(f64::NAN, |values| values[at]));
                columns.set_item(self.0[output].0.bind(py), values.collect::<Vec<_>>().into_pyarray(py))?;
            }
            answer.set_item(what, columns)?;
        }
        answer.set_item(intern!(py, "replayed"), revision.replayed)?;
        answer.set_item(intern!(py, "kept"), revision.kept)?;
        Ok(answer)
    }
}

/// Columns as rows, one after the other.
pub(super) fn spread(outputs: &[Output<f64>], rows: &mut [f64]) {
    let width = outputs.len();
    for (at, output) in outputs.iter().enumerate() {
        for (row, &value) in output.values.iter().enumerate() {
            rows[row * width + at] = value;
        }
    }
}
