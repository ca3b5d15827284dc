//! Plans over datasets: one call, and the columns come back.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use ta_runtime::dataset::handle;
use ta_runtime::dataset::{Dataset as Rows, PartitionKey};
use ta_runtime::exec::{Mode, Settings, execute_each};
use ta_runtime::expr::Limits;
use ta_runtime::plan::Plan as Planned;

use super::options::Options;
use super::{envelope, key_of, unknown};
use crate::errors::{Class, Refusal, guarded, kind_of, listed};
use crate::plan::{Plan, of_expression};
use crate::registry::registry;
use crate::session::Session;
use crate::session::begin::{Choices, over};

const MODES: &str = "`batch`, `incremental`, `shadow`";
const KEY: &str = "a key such as `BTC.1h`";
const COUNT: &str = "a whole number";

/// Runs a plan over the rows of a dataset.
///
/// Parameters
/// ----------
/// `dataset_id` : int
///     The number of the dataset.
/// plan : Plan, str, bytes or dict
///     A plan, or one as JSON.
/// options : dict, optional
///     The options below, which can be given as keywords too.
/// base : str, optional
///     The key of the rows it runs over; without it there is one partition of the plan's source.
/// bases : list of str, optional
///     Several such keys, which are computed in parallel.
/// mode : "batch", "incremental" or "shadow", optional
///     How it is run; as the environment says without, or else over whole columns.
/// `sample_rate` : float, optional
///     Which share of shadow runs is checked.
///
/// Returns
/// -------
/// dict
///     `status` ("ok" or "error"), `ts`, `outputs` (arrays by name), `kinds` ("number" or "bool"), `nodes` (the first and the last row in which each had a
///     value), `errors` and `metadata`. For `bases` a dict of such by key. What is wrong with the rows of a base is among its `errors`.
///
/// Raises `UnknownDatasetError`, `ExpressionError` for what is no plan, and `ArgumentError` or `ParameterError` for the options.
#[pyfunction]
#[pyo3(signature = (dataset_id, plan, options=None, **keywords))]
pub(crate) fn execute_plan<'py>(
    py: Python<'py>,
    dataset_id: u64,
    plan: &Bound<'py, PyAny>,
    options: Option<&Bound<'py, PyDict>>,
    keywords: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    guarded(|| {
        let options = Options::of(py, options, keywords, &["base", "bases", "mode", "sample_rate"])?;
        let plan = planned(plan)?;
        let rate: Option<f64> = options.get("sample_rate", "a share from 0 to 1")?;
        let settings = Settings::of_process(mode(&options)?, rate)
            .map_err(|error| Refusal::new(Class::Parameter, error.to_string()))?;
        let data = handle::view(dataset_id.into()).map_err(|error| unknown(&error, dataset_id))?;
        let data = data.of::<f64>().map_err(|error| unknown(&error, dataset_id))?;
        let several: Option<Vec<String>> = options.get("bases", "a list of keys")?;
        let bases = match (&several, options.get::<String>("base", KEY)?) {
            (Some(_), Some(base)) => {
                let message = "both `base` and `bases` are given (accepted: one of them)";
                return Err(Refusal::new(Class::Argument, message).with("given", base).into());
            }
            (Some(bases), None) => bases.iter().map(|base| key_of(base)).collect::<Result<_, _>>()?,
            (None, base) => vec![base_of(&plan, data, base)?],
        };
        let made = py.detach(|| execute_each(&plan, data, &bases, &settings));
        let mut answers = made.into_iter().map(|made| match made {
            Ok(made) => envelope::of(py, made),
            Err(error) => envelope::refused(py, &error),
        });
        let Some(bases) = several else {
            // There is one base.
            return answers
                .next()
                .map_or_else(|| Ok(py.None().into_bound(py)), |answer| Ok(answer?.into_any()));
        };
        let all = PyDict::new(py);
        for (base, answer) in bases.iter().zip(answers) {
            all.set_item(base, answer?)?;
        }
        Ok(all.into_any())
    })
}

/// Puts a plan to work over the rows of a dataset, to go on from there.
///
/// Parameters
/// ----------
/// `dataset_id`, plan, options, base, mode
///     As in `execute_plan`; the mode is incremental where nothing is said.
/// checkpoints, `checkpoint_every`, `keep_rows` : int, optional
///     As in `Plan.session`.
///
/// Returns
/// -------
/// tuple of Session and dict
///     What goes on, and the answer to the rows there are, as of `execute_plan`.
#[pyfunction]
#[pyo3(signature = (dataset_id, plan, options=None, **keywords))]
pub(crate) fn incremental_initialize<'py>(
    py: Python<'py>,
    dataset_id: u64,
    plan: &Bound<'py, PyAny>,
    options: Option<&Bound<'py, PyDict>>,
    keywords: Option<&Bound<'py, PyDict>>,
) -> PyResult<(Session, Bound<'py, PyDict>)> {
    guarded(|| {
        let known = ["base", "mode", "checkpoints", "checkpoint_every", "keep_rows"];
        let options = Options::of(py, options, keywords, &known)?;
        let plan = planned(plan)?;
        let choices = Choices {
            mode: options.get("mode", MODES)?,
            checkpoint_every: options.get("checkpoint_every", COUNT)?.unwrap_or(1000),
            checkpoints: options.get("checkpoints", COUNT)?.unwrap_or(128),
            keep_rows: options.get("keep_rows", COUNT)?,
            by: None,
        };
        let data = handle::view(dataset_id.into()).map_err(|error| unknown(&error, dataset_id))?;
        let data = data.of::<f64>().map_err(|error| unknown(&error, dataset_id))?;
        let base = base_of(&plan, data, options.get("base", KEY)?)?;
        let (session, answer) = over(py, &plan, data, &base, choices)?;
        Ok((session, envelope::of(py, answer)?))
    })
}

/// Takes in rows, as `Session.step` does, and answers as `execute_plan`.
#[pyfunction]
#[pyo3(signature = (session, rows, *, symbol=None))]
pub(crate) fn incremental_step<'py>(
    py: Python<'py>,
    session: &Session,
    rows: &Bound<'py, PyAny>,
    symbol: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    guarded(|| {
        let answers = session.job(py, rows, symbol)?;
        session.enveloped(py, answers)
    })
}

/// All that a session needs to go on elsewhere, as bytes for `Session.restore`.
#[pyfunction]
pub(crate) fn incremental_snapshot<'py>(py: Python<'py>, session: &Session) -> PyResult<Bound<'py, PyBytes>> {
    session.snapshot(py)
}

/// Takes in the rows of a dataset that come after those a session has taken in, and answers them as `execute_plan`.
#[pyfunction]
pub(crate) fn incremental_replay<'py>(
    py: Python<'py>,
    session: &Session,
    dataset_id: u64,
) -> PyResult<Bound<'py, PyAny>> {
    guarded(|| {
        let data = handle::view(dataset_id.into()).map_err(|error| unknown(&error, dataset_id))?;
        let data = data.of::<f64>().map_err(|error| unknown(&error, dataset_id))?;
        let answers = session.catch_up(py, data)?;
        session.enveloped(py, answers)
    })
}

impl Session {
    /// The answers of its engines; of the only one, or by symbol.
    fn enveloped<'py>(
        &self,
        py: Python<'py>,
        answers: Vec<Option<ta_runtime::exec::Envelope<f64>>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let names = self.symbols();
        let mut made =
            answers.into_iter().map(|answer| answer.map(|answer| envelope::of(py, answer)).transpose());
        if names.len() < 2 {
            let only = made.next().transpose()?.flatten();
            return Ok(only.map_or_else(|| py.None().into_bound(py), Bound::into_any));
        }
        let all = PyDict::new(py);
        for (name, answer) in names.iter().zip(made) {
            if let Some(answer) = answer? {
                all.set_item(name, answer)?;
            }
        }
        Ok(all.into_any())
    }
}

/// The plan that was given, or one that is written as JSON.
fn planned(plan: &Bound<'_, PyAny>) -> PyResult<Planned> {
    if let Ok(plan) = plan.cast::<Plan>() {
        return Ok(plan.get().planned.clone());
    }
    let py = plan.py();
    let text = if plan.is_instance_of::<PyDict>() {
        py.import(intern!(py, "json"))?.call_method1(intern!(py, "dumps"), (plan,))?
    } else {
        plan.clone()
    };
    let json: Vec<u8> = match (text.extract::<String>(), text.cast::<PyBytes>()) {
        (Ok(text), _) => text.into_bytes(),
        (_, Ok(bytes)) => bytes.as_bytes().to_vec(),
        _ => {
            let message = format!("a plan is of type `{}` (accepted: a Plan, or one as JSON)", kind_of(plan));
            return Err(Refusal::new(Class::Argument, message).with("given", kind_of(plan)).into());
        }
    };
    let planned = Planned::from_json(&*registry()?, json, &Limits::default());
    Ok(planned.map_err(|error| of_expression(&error))?)
}

fn mode(options: &Options<'_>) -> PyResult<Option<Mode>> {
    let word: Option<String> = options.get("mode", MODES)?;
    let mode = word.map(|word| {
        word.parse::<Mode>().map_err(|error| {
            Refusal::new(Class::Parameter, error.to_string()).with("parameter", "mode").with("given", word)
        })
    });
    Ok(mode.transpose()?)
}

/// The rows that a plan runs over: those that are said, or the only ones of its source.
fn base_of(plan: &Planned, data: &Rows<f64>, said: Option<String>) -> Result<PartitionKey, Refusal> {
    if let Some(said) = said {
        return key_of(&said);
    }
    let fitting: Vec<&PartitionKey> =
        data.keys().into_iter().filter(|key| key.source == plan.schema()).collect();
    if let [only] = fitting[..] {
        return Ok(only.clone());
    }
    let names: Vec<String> = fitting.iter().map(ToString::to_string).collect();
    let there = if names.is_empty() { "none".to_owned() } else { listed(&names[..names.len().min(20)]) };
    let message = format!("it is not said over which rows the plan runs: `base=` (there are {there})");
    Err(Refusal::new(Class::Argument, message).with("parameter", "base").with("accepted", names))
}
