//! A registered class, and its instances: kernels with their parameters.

use std::cell::Cell;
use std::sync::OnceLock;

use numpy::{PyArray1, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyList, PyTuple, PyType};
use ta_kernel_api::registry::Timing;
use ta_kernel_api::{KernelDef, ParamValue, Params};

use super::plain::copy;
use super::thrown::throw;
use crate::errors::kind_of;

thread_local! {
    static INSIDE: Cell<usize> = const { Cell::new(0) };
}

/// Whether this thread is inside a kernel in Python. Who waits there for what its caller holds would wait for ever.
pub(crate) fn is_inside() -> bool {
    INSIDE.get() > 0
}

/// A registered class.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) class: Py<PyType>,
    /// Set when it is registered, before anything else sees this.
    pub(super) def: OnceLock<&'static KernelDef>,
}

impl Own {
    pub(super) fn def(&self) -> &'static KernelDef {
        // Set when it was registered.
        self.def.get().expect("a registered kernel")
    }

    /// The kernel with these parameters.
    pub(super) fn instance(&'static self, py: Python<'_>, params: &Params) -> PyResult<Instance> {
        let _inside = Inside::enter();
        let given = PyDict::new(py);
        for (name, value) in self.def().named(params) {
            match value {
                ParamValue::Int(value) => given.set_item(name, value),
                ParamValue::Real(value) => given.set_item(name, value),
                ParamValue::Flag(value) => given.set_item(name, value),
                ParamValue::Choice(value) => given.set_item(name, value),
            }?;
        }
        let object = self.class.bind(py).call((), Some(&given))?;
        if let Some(check) = object.getattr_opt(intern!(py, "check"))? {
            check.call0()?;
        }
        let outputs = self.def().spec.outputs.len();
        let lookback = match object.getattr_opt(intern!(py, "lookback"))? {
            None => vec![0; outputs],
            Some(lookback) => {
                let answer = lookback.call0()?;
                let same = answer.extract::<usize>().map(|rows| vec![rows; outputs]);
                let each = same.or_else(|_| answer.extract::<Vec<usize>>()).ok();
                each.filter(|each| each.len() == outputs).ok_or_else(|| {
                    let accepted = "rows from 0, as an int, or one for each output";
                    PyTypeError::new_err(format!("`lookback` answered {answer} (accepted: {accepted})"))
                })?
            }
        };
        let longest = lookback.iter().copied().max().unwrap_or(0);
        let stabilisation = match object.getattr_opt(intern!(py, "stabilisation"))? {
            None => longest,
            Some(stabilisation) => {
                let answer = stabilisation.call0()?;
                let rows = if answer.is_none() { Some(usize::MAX) } else { answer.extract().ok() };
                rows.ok_or_else(|| {
                    let accepted = "rows from 0, or None for never";
                    PyTypeError::new_err(format!("`stabilisation` answered {answer} (accepted: {accepted})"))
                })?
            }
        };
        Ok(Instance {
            own: self,
            params: params.clone(),
            step: object.getattr(intern!(py, "step"))?.unbind(),
            batch: object.getattr_opt(intern!(py, "batch"))?.map(Bound::unbind),
            init: object.getattr_opt(intern!(py, "init"))?.map(Bound::unbind),
            timing: Timing { lookback, stabilisation },
        })
    }

    /// The same, for who cannot be told of an error.
    pub(super) fn bound(&'static self, params: &Params) -> Instance {
        Python::attach(|py| self.instance(py, params))
            .unwrap_or_else(|error| throw(self.def().spec.id, error))
    }
}

/// A kernel in Python with its parameters. It never changes; what it remembers is the state.
#[derive(Debug)]
pub(super) struct Instance {
    own: &'static Own,
    pub(super) params: Params,
    step: Py<PyAny>,
    batch: Option<Py<PyAny>>,
    init: Option<Py<PyAny>>,
    pub(super) timing: Timing,
}

impl Instance {
    pub(super) fn def(&self) -> &'static KernelDef {
        self.own.def()
    }

    pub(super) fn has_batch(&self) -> bool {
        self.batch.is_some()
    }

    /// The state before the first row.
    pub(super) fn init<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let _inside = Inside::enter();
        match &self.init {
            None => Ok(py.None().into_bound(py)),
            // A copy, as an instance may answer the same object twice.
            Some(init) => copy(&init.bind(py).call0()?),
        }
    }

    /// Takes in one row; `state` is changed.
    fn step(
        &self,
        state: &Bound<'_, PyAny>,
        inputs: impl ExactSizeIterator<Item = f64>,
        mut put: impl FnMut(usize, f64),
    ) -> PyResult<()> {
        let py = state.py();
        let mut given = Vec::with_capacity(1 + inputs.len());
        given.push(state.clone());
        given.extend(inputs.map(|value| PyFloat::new(py, value).into_any()));
        let answer = self.step.bind(py).call1(PyTuple::new(py, given)?)?;
        let outputs = self.def().spec.outputs;
        if let [only] = outputs {
            put(0, number(&answer, "step", only.name)?);
            return Ok(());
        }
        if answer.is_none() {
            (0..outputs.len()).for_each(|at| put(at, f64::NAN));
            return Ok(());
        }
        let values = several(&answer, "step", outputs.len())?;
        for (at, (value, output)) in values.iter().zip(outputs).enumerate() {
            put(at, number(value, "step", output.name)?);
        }
        Ok(())
    }

    /// Takes in several rows.
    pub(super) fn advance(
        &self,
        state: &Bound<'_, PyAny>,
        inputs: &[&[f64]],
        outputs: &mut [&mut [f64]],
    ) -> PyResult<()> {
        let _inside = Inside::enter();
        for row in 0..outputs.first().map_or(0, |column| column.len()) {
            let values = inputs.iter().map(|column| column[row]);
            self.step(state, values, |at, value| outputs[at][row] = finite(value))?;
        }
        Ok(())
    }

    /// Whole columns from a fresh state.
    pub(super) fn batch(
        &self,
        py: Python<'_>,
        inputs: &[&[f64]],
        outputs: &mut [&mut [f64]],
    ) -> PyResult<()> {
        let Some(batch) = &self.batch else {
            return self.advance(&self.init(py)?, inputs, outputs);
        };
        let _inside = Inside::enter();
        let numpy = py.import(intern!(py, "numpy"))?;
        let columns = inputs.iter().map(|column| PyArray1::from_slice(py, column));
        // What is not finite is missing, which is no reason for a warning.
        let how = PyDict::new(py);
        how.set_item("all", "ignore")?;
        let quiet = numpy.getattr(intern!(py, "errstate"))?.call((), Some(&how))?;
        quiet.call_method0(intern!(py, "__enter__"))?;
        let answer = batch.bind(py).call1(PyTuple::new(py, columns)?);
        quiet.call_method1(intern!(py, "__exit__"), (py.None(), py.None(), py.None()))?;
        let answer = answer?;
        let declared = self.def().spec.outputs;
        let made =
            if declared.len() == 1 { vec![answer] } else { several(&answer, "batch", declared.len())? };
        for ((column, made), output) in outputs.iter_mut().zip(made).zip(declared) {
            let made =
                numpy.call_method1(intern!(py, "ascontiguousarray"), (made, py.get_type::<PyFloat>()))?;
            let given = made.cast::<PyArray1<f64>>().ok().filter(|made| made.len() == column.len());
            let Some(given) = given else {
                let shape = made.getattr(intern!(py, "shape"))?;
                let message = format!(
                    "`batch` answered an array of shape {shape} for `{}` (accepted: one value for each of {} rows)",
                    output.name,
                    column.len()
                );
                return Err(PyValueError::new_err(message));
            };
            let given = given.try_readonly()?;
            column.iter_mut().zip(given.as_array()).for_each(|(to, value)| *to = finite(*value));
        }
        Ok(())
    }
}

/// What is not finite is missing.
fn finite(value: f64) -> f64 {
    ta_kernel_api::Scalar::finite(value)
}

/// The value of an output: none is missing.
fn number(value: &Bound<'_, PyAny>, method: &str, output: &str) -> PyResult<f64> {
    if let Ok(value) = value.cast::<PyFloat>() {
        return Ok(value.value());
    }
    if value.is_none() {
        return Ok(f64::NAN);
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(f64::from(u8::from(flag.is_true())));
    }
    value.extract::<f64>().map_err(|_| {
        let kind = kind_of(value);
        PyTypeError::new_err(format!(
            "`{method}` answered a `{kind}` for `{output}` (accepted: a number, a bool or None)"
        ))
    })
}

/// The answers for several outputs.
fn several<'py>(
    answer: &Bound<'py, PyAny>,
    method: &str,
    outputs: usize,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let values: Option<Vec<_>> = match (answer.cast::<PyTuple>(), answer.cast::<PyList>()) {
        (Ok(tuple), _) => Some(tuple.iter().collect()),
        (_, Ok(list)) => Some(list.iter().collect()),
        _ => None,
    };
    let given = values
        .as_ref()
        .map_or_else(|| format!("a `{}`", kind_of(answer)), |values| format!("{} values", values.len()));
    values.filter(|values| values.len() == outputs).ok_or_else(|| {
        PyTypeError::new_err(format!(
            "`{method}` answered {given} (accepted: a tuple of {outputs}, as there are outputs)"
        ))
    })
}

/// A stay inside a kernel.
struct Inside;

impl Inside {
    fn enter() -> Self {
        INSIDE.set(INSIDE.get() + 1);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(INSIDE.get() - 1);
    }
}
