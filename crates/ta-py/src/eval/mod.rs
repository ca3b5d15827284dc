//! Plans over frames: one, one for each symbol, or one with the rows of many symbols.

mod progress;
pub(crate) mod refuse;
pub(crate) mod tables;

use std::ffi::CString;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeWarning;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use rayon::prelude::*;
use ta_runtime::Error;
use ta_runtime::dataset::{Dataset, PartitionKey, SourceSchema, Timeframe};
use ta_runtime::editor::preview_in;
use ta_runtime::exec::{Envelope, Output, Settings, execute};
use ta_runtime::expr::ValueKind;
use ta_runtime::plan::{Plan as Planned, PlanOutput, Rows};

use self::progress::{Ticks, shown};
use self::refuse::of_data;
use self::tables::{Lent, Part, Table, side_by_side};
use crate::data::frame::{BySymbol, Frame};
use crate::data::symbols::Symbols;
use crate::data::{Given, Label, classify};
use crate::errors::{Class, Refusal, guarded, kind_of};
use crate::json::to_python;
use crate::memory::{missing, zeros};
use crate::plan::Plan;

/// The column that says which symbol a row is of, unless another one is named.
pub(crate) const SYMBOL: &str = "symbol";

/// What shows how far a call is.
type Progress<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

/// The symbol of data that name none.
pub(crate) const NAMELESS: &str = "_";

/// Computes expressions over data, many symbols at once.
///
/// Parameters
/// ----------
/// exprs : str, Expr, list of them, dict of str to them, or Plan
///     What to compute: a plan, or what `compile` makes one of.
/// data : frame, dict of columns, or dict of frames
///     A frame of pandas or Polars, a table of PyArrow, anything with the Arrow interface, or a dict of columns; each field takes the column
///     of its name. A dict from symbols to frames, and a frame with a column of symbols, are computed symbol by symbol, in parallel.
/// by : str, optional
///     The column of symbols. Without it a column called `symbol` is, where there is one.
/// timeframe : str, optional
///     How long a bar lasts, such as "1h": then a bar is known at its end, and not when it begins.
/// missing, source : str, optional
///     As in `compile`; a plan has its own.
/// progress : callable, optional
///     `tqdm`, or anything that is called with `total=` (how many symbols) and answers something with `update(n)` and `close()`.
///
/// Returns
/// -------
/// frame or dict
///     Of the kind of the data, with a column for each output and the rows as they came, with their index. A dict of frames is answered with
///     one. Bools are booleans with nulls; in arrays of NumPy they are 1.0, 0.0 and NaN where they are not known.
#[pyfunction]
#[pyo3(signature = (exprs, data, *, by=None, timeframe=None, missing=None, source=None, progress=None))]
pub(crate) fn eval<'py>(
    exprs: &Bound<'py, PyAny>,
    data: &Bound<'py, PyAny>,
    by: Option<&str>,
    timeframe: Option<&str>,
    missing: Option<&str>,
    source: Option<&str>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    guarded(|| {
        let py = exprs.py();
        let plan = planned(exprs, missing, source)?;
        let plan = &plan.get().planned;
        let bars = Bars::new(plan, timeframe)?;
        let frame = frame_of(data)?;
        if let Some(frames) = frame.by_symbol()? {
            return over_frames(py, plan, &bars, frames, progress);
        }
        let column = match by {
            Some(by) => Some(by),
            None => frame.names()?.iter().any(|name| name == SYMBOL).then_some(SYMBOL),
        };
        match column {
            Some(column) => over_symbols(py, plan, &bars, frame, column, progress),
            None => over_one(py, plan, &bars, frame, progress),
        }
    })
}

/// Computes expressions over a frame, with what is inside them: for charts and editors.
///
/// Parameters
/// ----------
/// exprs, data, timeframe, missing, source
///     As in `eval`, for the rows of one symbol.
/// tail : int, optional
///     How many of the last rows are shown; all of them without.
///
/// Returns
/// -------
/// dict
///     `rows`, `ts`, `outputs` (each with `name`, `kind`, `values`, and for bools `true_at`), `indicators` (the outputs of the kernels inside, each
///     with its `label`, `kernel`, `params`, `plot` and `values`) and `requirements`. Times are milliseconds since 1970, or the numbers of the rows
///     where the data have none.
#[pyfunction]
#[pyo3(signature = (exprs, data, *, tail=None, timeframe=None, missing=None, source=None))]
pub(crate) fn preview<'py>(
    exprs: &Bound<'py, PyAny>,
    data: &Bound<'py, PyAny>,
    tail: Option<usize>,
    timeframe: Option<&str>,
    missing: Option<&str>,
    source: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    guarded(|| {
        let py = exprs.py();
        let plan = planned(exprs, missing, source)?;
        let plan = &plan.get().planned;
        let table = Table::of_plan(plan, frame_of(data)?, None)?;
        let lent = table.lent();
        let part = Part { key: Bars::new(plan, timeframe)?.key(NAMELESS), table: &lent, rows: None };
        let shown = py.detach(|| {
            let data = dataset(std::slice::from_ref(&part), false)?;
            preview_in(plan, &data, &part.key, tail).map_err(|error| refused(&error, plan, &part, false))
        })?;
        to_python(py, &shown)
    })
}

/// The plan that was given, or one of the expressions that were.
fn planned<'py>(
    exprs: &Bound<'py, PyAny>,
    missing: Option<&str>,
    source: Option<&str>,
) -> PyResult<Bound<'py, Plan>> {
    let Ok(plan) = exprs.cast::<Plan>() else {
        return Bound::new(exprs.py(), Plan::of(exprs, missing, source)?);
    };
    for (name, given) in [("missing", missing), ("source", source)] {
        if given.is_some() {
            let message = format!("`{name}` is a choice of the plan (give it to `compile`)");
            return Err(Refusal::new(Class::Argument, message).with("parameter", name).into());
        }
    }
    Ok(plan.clone())
}

pub(crate) fn frame_of<'py>(data: &Bound<'py, PyAny>) -> PyResult<Frame<'py>> {
    let Given::Frame(frame) = classify(data)? else {
        let accepted = "a frame, a dict of columns, or a dict of frames by symbol";
        let message = format!("`data` is of type `{}` (accepted: {accepted})", kind_of(data));
        let refusal = Refusal::new(Class::Argument, message).with("given", kind_of(data));
        return Err(refusal.with("accepted", accepted).into());
    };
    Ok(frame)
}

/// Which bars the rows of a frame are, but for the symbol.
pub(crate) struct Bars {
    schema: &'static SourceSchema,
    timeframe: Option<Timeframe>,
}

impl Bars {
    pub(crate) fn new(plan: &Planned, timeframe: Option<&str>) -> Result<Self, Refusal> {
        let read = |text: &str| {
            text.parse::<Timeframe>().map_err(|error| {
                Refusal::new(Class::Parameter, error.to_string())
                    .with("parameter", "timeframe")
                    .with("given", text)
            })
        };
        let timeframe = timeframe.map(read).transpose()?;
        Ok(Self { schema: plan.schema(), timeframe })
    }

    pub(crate) fn key(&self, symbol: &str) -> PartitionKey {
        let timeframe = self.timeframe.filter(|_| self.schema.bars);
        PartitionKey { exchange: None, symbol: symbol.into(), timeframe, source: self.schema }
    }
}

fn over_one<'py>(
    py: Python<'py>,
    plan: &Planned,
    bars: &Bars,
    frame: Frame<'py>,
    progress: Progress<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let table = Table::of_plan(plan, frame, None)?;
    let lent = table.lent();
    let part = Part { key: bars.key(NAMELESS), table: &lent, rows: None };
    let outputs =
        run(py, plan, &[part], progress, |_, _| ())?.into_iter().flat_map(|envelope| envelope.outputs);
    give(&table, outputs.collect())
}

fn over_frames<'py>(
    py: Python<'py>,
    plan: &Planned,
    bars: &Bars,
    frames: BySymbol<'py>,
    progress: Progress<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut tables = Vec::with_capacity(frames.len());
    for (symbol, frame) in frames {
        let name = symbol.cast::<PyString>().map_err(|_| {
            let message = format!("a symbol is of type `{}` (accepted: str)", kind_of(&symbol));
            Refusal::new(Class::Argument, message).with("given", kind_of(&symbol))
        })?;
        let name = name.to_str()?.to_owned();
        let table = Table::of_plan(plan, frame, Some(&name))?;
        tables.push((symbol, name, table));
    }
    let lent: Vec<Lent<'_>> = tables.iter().map(|(.., table)| table.lent()).collect();
    let parts: Vec<Part<'_>> = tables
        .iter()
        .zip(&lent)
        .map(|((_, name, _), table)| Part { key: bars.key(name), table, rows: None })
        .collect();
    let answers = PyDict::new(py);
    for ((symbol, _, table), envelope) in tables.iter().zip(run(py, plan, &parts, progress, |_, _| ())?) {
        answers.set_item(symbol, give(table, envelope.outputs)?)?;
    }
    Ok(answers.into_any())
}

fn over_symbols<'py>(
    py: Python<'py>,
    plan: &Planned,
    bars: &Bars,
    frame: Frame<'py>,
    column: &str,
    progress: Progress<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let symbols = Symbols::read(&frame, column)?;
    let table = Table::of_plan(plan, frame, None)?;
    table.check_symbols(&symbols, column)?;
    let lent = table.lent();
    let parts: Vec<Part<'_>> = symbols
        .names
        .iter()
        .zip(&symbols.rows)
        .map(|(name, rows)| Part { key: bars.key(name), table: &lent, rows: Some(rows) })
        .collect();
    // Each row is one of a symbol, so that all are written.
    let outputs = columns(plan, || zeros(table.rows))?.into_iter().map(Mutex::new).collect::<Vec<_>>();
    let write = |part: &Part<'_>, envelope: &mut Envelope<f64>| {
        for (output, made) in outputs.iter().zip(envelope.outputs.drain(..)) {
            let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
            scatter(&mut output.values, part.rows.unwrap_or_default(), &made.values);
        }
    };
    run(py, plan, &parts, progress, write)?;
    give(
        &table,
        outputs
            .into_iter()
            .map(|output| output.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect(),
    )
}

/// The outputs of a plan, with these values.
fn columns(plan: &Planned, values: impl Fn() -> PyResult<Vec<f64>>) -> PyResult<Vec<Output<f64>>> {
    let output = |output: &PlanOutput| {
        Ok(Output { name: output.name().to_owned(), kind: output.kind(), values: values()? })
    };
    plan.outputs().iter().map(output).collect()
}

/// Writes values to rows of a column.
fn scatter(column: &mut [f64], rows: &[usize], values: &[f64]) {
    if side_by_side(rows) {
        if let Some(&first) = rows.first() {
            column[first..first + rows.len()].copy_from_slice(values);
        }
        return;
    }
    for (&row, &value) in rows.iter().zip(values) {
        column[row] = value;
    }
}

/// The rows of answers at the places where they were in one table.
pub(crate) fn scattered(
    py: Python<'_>,
    plan: &Planned,
    rows: usize,
    answers: &[(&Envelope<f64>, &[usize])],
) -> PyResult<Vec<Output<f64>>> {
    let mut outputs = columns(plan, || missing(rows))?;
    py.detach(|| {
        outputs.par_iter_mut().enumerate().for_each(|(at, output)| {
            for (envelope, rows) in answers {
                scatter(&mut output.values, rows, &envelope.outputs[at].values);
            }
        });
    });
    Ok(outputs)
}

/// The outputs over each part, handed to `done` by the thread that made them. Other threads of Python run meanwhile.
fn run(
    py: Python<'_>,
    plan: &Planned,
    parts: &[Part<'_>],
    progress: Progress<'_, '_>,
    done: impl Fn(&Part<'_>, &mut Envelope<f64>) + Sync,
) -> PyResult<Vec<Envelope<f64>>> {
    let settings = Settings::of_process(None, None)
        .map_err(|error| Refusal::new(Class::Parameter, error.to_string()))?;
    let several = parts.len() > 1;
    let work = |ticks: &Ticks| {
        let market = if other_rows(plan).is_some() { Some(dataset(parts, several)?) } else { None };
        let one = |part: &Part<'_>| {
            if ticks.stopped() {
                return Err(Refusal::new(Class::Internal, "nobody waits for this"));
            }
            let envelope = match &market {
                Some(market) => execute(plan, market, &part.key, &settings),
                // Rows that nobody else reads are there only while they are, so that all symbols have the same memory in turn.
                None => execute(plan, &dataset(std::slice::from_ref(part), several)?, &part.key, &settings),
            };
            ticks.one();
            let mut envelope = envelope.map_err(|error| refused(&error, plan, part, several))?;
            // The caller has the times.
            envelope.ts = Vec::new();
            done(part, &mut envelope);
            Ok(envelope)
        };
        match parts {
            // Alone, it has the threads for its kernels.
            [part] => Ok(vec![one(part)?]),
            _ => parts.par_iter().map(one).collect::<Vec<_>>().into_iter().collect::<Result<_, Refusal>>(),
        }
    };
    let envelopes: Vec<Envelope<f64>> = match progress {
        Some(bar) => shown(bar, parts.len(), work)??,
        None => py.detach(|| work(&Ticks::default()))?,
    };
    for (envelope, part) in envelopes.iter().zip(parts) {
        warn(py, &part.key, envelope)?;
    }
    Ok(envelopes)
}

/// Warns of values that differ between the modes.
pub(crate) fn warn(py: Python<'_>, key: &PartitionKey, envelope: &Envelope<f64>) -> PyResult<()> {
    let Some(parity) = envelope.meta.parity.as_ref().filter(|parity| parity.differing > 0) else {
        return Ok(());
    };
    let message = format!(
        "{} of {} values of `{}` differ between the modes\n{}",
        parity.differing,
        parity.compared,
        key.symbol,
        parity.differences.join("\n")
    );
    let message = CString::new(message.replace('\0', " ")).unwrap_or_default();
    PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &message, 1)
}

/// The rows of parts under their keys. `several` says that these or others are of several symbols.
pub(crate) fn dataset(parts: &[Part<'_>], several: bool) -> Result<Dataset<f64>, Refusal> {
    let made: Vec<_> = match parts {
        [part] => vec![part.partition(several)],
        _ => parts.par_iter().map(|part| part.partition(several)).collect(),
    };
    let mut data = Dataset::new();
    for (made, part) in made.into_iter().zip(parts) {
        data.insert(part.key.clone(), made?).map_err(|error| of_data(&error, part, several))?;
    }
    Ok(data)
}

/// Rows besides those of a symbol itself that a plan reads.
fn other_rows(plan: &Planned) -> Option<String> {
    plan.clocks().iter().find_map(|rows| match rows {
        Rows::Source(source) if source.symbol.is_some() || source.source.is_some() => {
            Some(source.to_string())
        }
        _ => None,
    })
}

/// Why a plan could not be run over a part.
pub(crate) fn refused(error: &Error, plan: &Planned, part: &Part<'_>, several: bool) -> Refusal {
    match other_rows(plan) {
        Some(others) if error.is_unknown_name() && &*part.key.symbol == NAMELESS => {
            let accepted = "a dict of frames by symbol, or a frame with a column of symbols";
            let message = format!(
                "the plan reads `{others}`, and the data are of one symbol without a name (accepted: {accepted})"
            );
            Refusal::new(Class::UnknownColumn, message).with("given", others).with("accepted", accepted)
        }
        _ => of_data(error, part, several),
    }
}

/// A frame like the one of the table with these columns.
pub(crate) fn give<'py>(table: &Table<'py>, outputs: Vec<Output<f64>>) -> PyResult<Bound<'py, PyAny>> {
    let names: Vec<(String, ValueKind)> =
        outputs.iter().map(|output| (output.name.clone(), output.kind)).collect();
    let labels = names.iter().map(|(name, kind)| Label { name, kind: *kind });
    table.frame.give(&table.like, labels.zip(outputs.into_iter().map(|output| output.values)).collect())
}
