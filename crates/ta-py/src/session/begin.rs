//! How a session begins: with history, from a snapshot, or from a store.

use std::borrow::Cow;
use std::path::PathBuf;

use pyo3::prelude::*;
use ta_runtime::dataset::{Dataset, Partition, PartitionKey};
use ta_runtime::exec::{Checkpoints, Mode, Settings};
use ta_runtime::plan::{Plan, Rows};

use super::Session;
use super::core::Core;
use super::engine::Engine;
use super::given::Given;
use super::outputs::Names;
use super::pack;
use super::shape::Shape;
use super::store::Store;
use crate::data::symbols::Symbols;
use crate::data::{Given as Kind, classify};
use crate::errors::{Class, Refusal, listed};
use crate::eval::refuse::of_runtime;
use crate::eval::tables::{Lent, Part, fields};
use crate::eval::{Bars, NAMELESS, SYMBOL, refused};
use crate::own::replaced;

/// The choices of a session.
pub(crate) struct Choices {
    pub(crate) mode: Option<String>,
    pub(crate) checkpoint_every: usize,
    pub(crate) checkpoints: usize,
    pub(crate) keep_rows: Option<usize>,
    pub(crate) by: Option<String>,
}

/// Where a session lives on disk.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
    pub(crate) save_every: u64,
}

impl Choices {
    /// How plans are run: as said, or as the environment says, or else with a state that goes on.
    pub(super) fn settings(&self) -> Result<Settings, Refusal> {
        let refuse = |what: &'static str, message: String| {
            Refusal::new(Class::Parameter, message).with("parameter", what)
        };
        let mode = self.mode.as_deref().map(|word| {
            word.parse::<Mode>().map_err(|error| {
                let accepted: Vec<String> = Mode::ALL.iter().map(|mode| mode.name().to_owned()).collect();
                refuse("mode", error.to_string()).with("given", word).with("accepted", accepted)
            })
        });
        let said = |name: &str| {
            let said = std::env::var(name).ok();
            said.or_else(|| (name == "TA_EXECUTION_MODE").then(|| Mode::Incremental.name().to_owned()))
        };
        let settings = Settings::new(mode.transpose()?, None, said);
        let settings = settings.map_err(|error| refuse("mode", error.to_string()))?;
        for (name, given, least) in [
            ("checkpoint_every", Some(self.checkpoint_every), 1),
            ("checkpoints", Some(self.checkpoints), 2),
            ("keep_rows", self.keep_rows, 1),
        ] {
            if let Some(given) = given.filter(|given| *given < least) {
                let message = format!("`{name}` is {given} (accepted: a whole number from {least} on)");
                return Err(refuse(name, message).with("given", given));
            }
        }
        Ok(settings.with_checkpoints(Checkpoints {
            every: self.checkpoint_every,
            most: self.checkpoints,
            rows: self.keep_rows.unwrap_or(usize::MAX),
        }))
    }
}

/// A session of a plan that has taken in its history, or goes on from its store.
pub(crate) fn begin(
    py: Python<'_>,
    plan: &Plan,
    history: Option<&Bound<'_, PyAny>>,
    symbols: Option<Vec<String>>,
    timeframe: Option<&str>,
    choices: Choices,
    place: Option<&Place>,
) -> PyResult<Session> {
    let (settings, bars) = (choices.settings()?, Bars::new(plan, timeframe)?);
    let named = match symbols {
        Some(symbols) => symbols,
        None => history
            .map_or(Ok(Vec::new()), |history| symbols_of(history, choices.by.as_deref().unwrap_or(SYMBOL)))?,
    };
    if let Some(twice) = named.iter().enumerate().find(|(at, name)| named[..*at].contains(name)) {
        let message = format!("symbol `{}` is given twice (accepted: once)", twice.1);
        return Err(Refusal::new(Class::Parameter, message).with("parameter", "symbols").into());
    }
    let keys: Vec<PartitionKey> = match &named[..] {
        [] => vec![bars.key(NAMELESS)],
        named => named.iter().map(|name| bars.key(name)).collect(),
    };
    let mut opened = None;
    if let Some(Place { folder, name, .. }) = place {
        let (store, found) =
            py.detach(|| Store::open(folder, name, plan)).map_err(|error| of_runtime(&error))?;
        opened = Some((store, found));
    }
    if let Some((store, Some(found))) = opened {
        is_current(plan)?;
        let engines = pack::unpack(plan, &found.state, &settings)?;
        let there: Vec<&PartitionKey> = engines.iter().filter_map(Engine::key).collect();
        if keys.iter().collect::<Vec<_>>() != there {
            let [wanted, there] = [keys.iter().collect(), there].map(|keys: Vec<&PartitionKey>| {
                listed(&keys.iter().map(ToString::to_string).collect::<Vec<_>>())
            });
            let message = format!("the session in the store is of {there}, and this one of {wanted}");
            let help = "the same symbols and timeframe go on; another name begins anew";
            return Err(Refusal::new(Class::Snapshot, format!("{message} ({help})")).into());
        }
        let session = assemble(py, plan, engines, settings, choices, place);
        {
            let mut core = session.core(py)?;
            let shape = &session.shape;
            let rows = found.rows(shape).map_err(|error| of_runtime(&error))?;
            let many = {
                let core = &mut *core;
                py.detach(|| core.many(shape, &rows))
            };
            many.map_err(|error| of_runtime(&error))?;
            core.store = Some(store);
        }
        return Ok(session);
    }
    let engines = fresh(plan, &keys, &settings)?;
    let session = assemble(py, plan, engines, settings, choices, place);
    if let Some(history) = history {
        match Given::read(&session.shape, history, None, &mut Vec::new())? {
            Given::Many(many) => drop(session.take(py, &many)?),
            Given::Bar(..) => {
                let message = "`history` is one bar (accepted: a frame, a matrix, or a list of bars)";
                return Err(Refusal::new(Class::Argument, message).with("parameter", "history").into());
            }
        }
    }
    if let Some((mut store, _)) = opened {
        let mut core = session.core(py)?;
        // A place that cannot be written to is better known before the first bar.
        let state = core.snapshot().map_err(|error| of_runtime(&error))?;
        py.detach(|| store.save(plan, &state)).map_err(|error| of_runtime(&error))?;
        core.store = Some(store);
    }
    Ok(session)
}

/// Whether what is saved goes on with the kernels of the plan.
fn is_current(plan: &Plan) -> Result<(), Refusal> {
    let Some(id) = replaced(plan) else { return Ok(()) };
    let message = format!("`{id}` was registered again since the plan was made (compile the plan again)");
    Err(Refusal::new(Class::Snapshot, message))
}

/// A session as it was when the snapshot was made.
pub(crate) fn restore(py: Python<'_>, plan: &Plan, bytes: &[u8], choices: Choices) -> PyResult<Session> {
    let settings = choices.settings()?;
    is_current(plan)?;
    let engines = py.detach(|| pack::unpack(plan, bytes, &settings))?;
    Ok(assemble(py, plan, engines, settings, choices, None))
}

/// A session over a dataset that has taken in its rows, and the answer to them.
pub(crate) fn over(
    py: Python<'_>,
    plan: &Plan,
    data: &Dataset<f64>,
    base: &PartitionKey,
    choices: Choices,
) -> PyResult<(Session, ta_runtime::exec::Envelope<f64>)> {
    let settings = choices.settings()?;
    let begun = py.detach(|| Engine::begin(plan, data, base, &settings));
    let (engine, envelope) = begun.map_err(|error| of_runtime(&error))?;
    Ok((assemble(py, plan, vec![engine], settings, choices, None), envelope))
}

fn assemble(
    py: Python<'_>,
    plan: &Plan,
    engines: Vec<Engine>,
    settings: Settings,
    choices: Choices,
    place: Option<&Place>,
) -> Session {
    let shape = Shape::of(py, plan, &engines, choices.by.as_deref());
    let core = Core::new(&shape, engines);
    Session {
        names: Names::of(py, plan),
        shape,
        settings,
        choices,
        save_every: place.map_or(u64::MAX, |place| place.save_every),
        core: Some(core).into(),
    }
}

/// An engine for each of these rows, before the first.
fn fresh(plan: &Plan, keys: &[PartitionKey], settings: &Settings) -> Result<Vec<Engine>, Refusal> {
    let mut data = Dataset::new();
    // What is read of other symbols comes in too.
    let mut all = keys.to_vec();
    if keys.iter().all(|key| &*key.symbol != NAMELESS) {
        for rows in plan.clocks() {
            let Rows::Source(source) = rows else { continue };
            for key in keys {
                let other = PartitionKey { timeframe: key.timeframe, ..source.resolve(key) };
                if !all.contains(&other) && other.source == key.source {
                    all.push(other);
                }
            }
        }
    }
    for key in &all {
        let columns: Vec<(&str, &[f64])> =
            fields(plan, Some(&key.symbol)).into_iter().map(|field| (field, &[][..])).collect();
        let rows = Partition::from_columns(key.source, &[], &columns);
        rows.and_then(|rows| data.insert(key.clone(), rows)).map_err(|error| of_runtime(&error))?;
    }
    let begin = |key: &PartitionKey| {
        let begun = Engine::begin(plan, &data, key, settings);
        begun.map(|(engine, _)| engine).map_err(|error| {
            let nothing = Lent { columns: Vec::new(), times: Some(Cow::Borrowed(&[])), rows: 0 };
            let part = Part { key: key.clone(), table: &nothing, rows: None };
            refused(&error, plan, &part, keys.len() > 1)
        })
    };
    keys.iter().map(begin).collect()
}

/// The symbols of history.
fn symbols_of(history: &Bound<'_, PyAny>, by: &str) -> PyResult<Vec<String>> {
    let Kind::Frame(frame) = classify(history)? else { return Ok(Vec::new()) };
    if let Some(frames) = frame.by_symbol()? {
        return frames.iter().map(|(symbol, _)| Ok(symbol.str()?.to_str()?.to_owned())).collect();
    }
    if frame.names()?.iter().any(|name| name == by) {
        return Ok(Symbols::read(&frame, by)?.names);
    }
    Ok(Vec::new())
}
