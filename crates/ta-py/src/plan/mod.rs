//! Expressions made ready to run: the class `Plan`.

mod html;
mod refuse;
mod texts;

use std::path::PathBuf;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use ta_runtime::editor::{Column, Need, mermaid, tree};
use ta_runtime::expr::Limits;
use ta_runtime::plan::Plan as Planned;

use crate::errors::{Class, Refusal, guarded};
use crate::json::to_python;
use crate::registry::registry;
use crate::session::Session;
use crate::session::begin::{Choices, Place, begin};

pub(crate) use refuse::of_expression;
pub(crate) use texts::{Texts, options, policy};

/// Expressions made ready to run: what `compile` answers and `eval` takes.
///
/// Two plans are equal when they have the same fingerprint: then they compute the same. Plans can be pickled, and written as JSON with
/// `to_json`.
#[pyclass(frozen, name = "Plan", module = "ta_py")]
pub(crate) struct Plan {
    pub(crate) planned: Planned,
}

/// Makes a plan of expressions: one, a list of them, or a dict from names of columns to them.
///
/// Parameters
/// ----------
/// exprs : str, Expr, list of them or dict of str to them
///     What to compute. A text may hold several statements.
/// missing : "skip", "hold", "restart" or "error", default "skip"
///     What happens at a row where an input of a kernel is missing.
/// source : str, default "ohlcv"
///     The kind of rows it runs over: "ohlcv", "trades", "orderbook", "liquidation" or another one that is linked.
///
/// Returns
/// -------
/// Plan
///
/// Raises `ExpressionError` where a text is no expression, a name is unknown, or an argument does not fit.
#[pyfunction]
#[pyo3(signature = (exprs, *, missing="skip", source="ohlcv"))]
pub(crate) fn compile(exprs: &Bound<'_, PyAny>, missing: &str, source: &str) -> PyResult<Plan> {
    guarded(|| Plan::of(exprs, Some(missing), Some(source)))
}

impl Plan {
    /// The plan of expressions. Choices that are not made are the defaults.
    pub(crate) fn of(
        exprs: &Bound<'_, PyAny>,
        missing: Option<&str>,
        source: Option<&str>,
    ) -> PyResult<Self> {
        let (texts, options) = (Texts::of(exprs)?, options(missing, source)?);
        let planned = Planned::compile(&*registry()?, &texts.borrowed(), &options);
        Ok(Self { planned: planned.map_err(|error| of_expression(&error))? })
    }
}

#[pymethods]
impl Plan {
    /// What the plan computes, as a text in which everything is written out: one line for each binding and each output.
    #[getter]
    fn text(&self) -> String {
        self.planned.script().to_string()
    }

    /// The columns it gives, each a dict: `name`, `kind` ("number" or "bool"), `lookback` (rows before the first value, on data without
    /// gaps) and `stabilisation` (rows until it no longer matters where the data began; None when it always does).
    #[getter]
    fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.planned.outputs().iter().map(Column::from).collect::<Vec<_>>())
    }

    /// The fields it reads, each a dict: `source` (the rows, as they are written before a field; empty for the plan's own), `field`,
    /// `lookback` and `stabilisation` (rows before the current one, None where there is no end), `span` (milliseconds besides), and
    /// `behind` (for other rows than the plan's own: over how many of the plan's rows they are read, None when it is all).
    #[getter]
    fn requirements<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.planned.requirements().iter().map(Need::from).collect::<Vec<_>>())
    }

    /// What decides the results, as 64 hexadecimal digits: equal ones, equal results, on every machine.
    #[getter]
    fn fingerprint(&self) -> String {
        self.planned.fingerprint_hex()
    }

    /// What happens at rows with a missing input.
    #[getter]
    fn missing(&self) -> &'static str {
        self.planned.missing().name()
    }

    /// The kind of rows it runs over.
    #[getter]
    fn source(&self) -> &'static str {
        self.planned.schema().name
    }

    /// The plan as JSON, for `from_json` here or in any other program.
    fn to_json(&self) -> String {
        self.planned.to_json().to_string()
    }

    /// Reads what `to_json` wrote. A plan that would compute something else here than where it was written is refused.
    #[classmethod]
    fn from_json(_class: &Bound<'_, PyType>, json: &str) -> PyResult<Self> {
        guarded(|| {
            let planned = Planned::from_json(&*registry()?, json, &Limits::default());
            Ok(Self { planned: planned.map_err(|error| of_expression(&error))? })
        })
    }

    /// The plan, drawn: as a tree in text, or as a flowchart that Mermaid draws.
    #[pyo3(signature = (form="tree"))]
    fn explain(&self, form: &str) -> PyResult<String> {
        match form {
            "tree" => Ok(tree(&self.planned)),
            "mermaid" => Ok(mermaid(&self.planned)),
            _ => {
                let message = format!("`form` is `{form}` (accepted: `tree`, `mermaid`)");
                let accepted = vec!["tree".to_owned(), "mermaid".to_owned()];
                let refusal = Refusal::new(Class::Parameter, message).with("parameter", "form");
                Err(refusal.with("given", form).with("accepted", accepted).into())
            }
        }
    }

    /// Puts the plan to work, bar by bar.
    ///
    /// Parameters
    /// ----------
    /// history : frame, dict of frames, matrix or list of bars, optional
    ///     Rows to begin with, as `Session.step` takes them. They are not read where a store has the session already.
    /// symbols : list of str, optional
    ///     The symbols whose bars come in; those of the history without. None at all is one symbol without a name.
    /// by : str, default "symbol"
    ///     The column, key or attribute that says which symbol a row is of.
    /// timeframe : str, optional
    ///     How long a bar lasts, as in `eval`.
    /// mode : "incremental", "batch" or "shadow", optional
    ///     How it is run; as the environment says without, or else incremental.
    /// checkpoints, `checkpoint_every`, `keep_rows` : int
    ///     How far corrections go back: so many states, one every so many rows, and so many rows; all of them without.
    /// store : path, optional
    ///     A folder in which each bar is stored before it is answered; the same that `ta stream --store` uses. A session that is there goes on.
    /// name : str, default "main"
    ///     Which session of the store it is.
    /// `save_every` : int, default 1000
    ///     Rows between two states in the store. The state is saved when the session is closed, too.
    ///
    /// Returns
    /// -------
    /// Session
    #[pyo3(signature = (
        history=None, *, symbols=None, by=None, timeframe=None, mode=None, checkpoint_every=1000, checkpoints=128,
        keep_rows=None, store=None, name="main", save_every=1000
    ))]
    #[allow(clippy::too_many_arguments, reason = "the choices of a session, each with its name")]
    fn session(
        &self,
        py: Python<'_>,
        history: Option<&Bound<'_, PyAny>>,
        symbols: Option<Vec<String>>,
        by: Option<String>,
        timeframe: Option<&str>,
        mode: Option<String>,
        checkpoint_every: usize,
        checkpoints: usize,
        keep_rows: Option<usize>,
        store: Option<PathBuf>,
        name: &str,
        save_every: u64,
    ) -> PyResult<Session> {
        guarded(|| {
            let choices = Choices { mode, checkpoint_every, checkpoints, keep_rows, by };
            let place =
                store.map(|folder| Place { folder, name: name.to_owned(), save_every: save_every.max(1) });
            begin(py, &self.planned, history, symbols, timeframe, choices, place.as_ref())
        })
    }

    fn _repr_html_(&self) -> String {
        html::of(&self.planned)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let plan = &slf.get().planned;
        let names: Vec<&str> = plan.outputs().iter().map(ta_runtime::plan::PlanOutput::name).collect();
        let module = slf.get_type().module()?;
        Ok(format!("<{module}.Plan {} {}>", names.join(", "), &slf.get().planned.fingerprint_hex()[..12]))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other
            .cast::<Self>()
            .is_ok_and(|other| other.get().planned.fingerprint() == self.planned.fingerprint())
    }

    fn __hash__(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.planned.fingerprint();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let read = slf.get_type().getattr(intern!(py, "from_json"))?;
        Ok((read, PyTuple::new(py, [slf.get().to_json()])?))
    }
}
