//! Where the state of a stream lives between two runs: in a file, in a store, or nowhere.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ta_kernel_api::Scalar;
use ta_runtime::exec::Session;
use ta_runtime::plan::Plan;
use ta_runtime::state::store::{LoggedEvent, Point, Replaced, Snapshot, SqliteStore, StateStore};

use crate::Failure;
use crate::args::Stream;
use crate::follow::Closed;

/// Bars between two snapshots, in a file and in a store, unless it is said.
const EVERY: (u64, u64) = (1, 1000);

/// Where the state lives.
pub(crate) enum Keep {
    Nowhere,
    File { file: PathBuf, every: u64 },
    Store(Box<Store>),
}

/// A session of a store.
pub(crate) struct Store {
    disk: SqliteStore,
    /// What it is called in messages.
    place: String,
    session: String,
    plan: [u8; 32],
    every: u64,
    /// How many events were taken in, and the time of the last one.
    at: Point,
    /// Those that are not stored yet.
    pending: Vec<LoggedEvent>,
}

/// What there is to go on from.
pub(crate) struct Found<S: Scalar> {
    pub(crate) session: Session<S>,
    /// The lines that came after it.
    pub(crate) lines: Vec<String>,
}

impl Keep {
    pub(crate) fn open(args: &Stream, plan: &Plan) -> Result<Self, Failure> {
        if let Some(file) = &args.snapshot {
            return Ok(Self::File { file: file.clone(), every: args.every.unwrap_or(EVERY.0) });
        }
        let Some(folder) = &args.store else { return Ok(Self::Nowhere) };
        let place = folder.display().to_string();
        let disk = SqliteStore::open(folder).map_err(|error| named(&place, &error))?;
        Ok(Self::Store(Box::new(Store {
            disk,
            place,
            session: args.session.clone(),
            plan: plan.fingerprint(),
            every: args.every.unwrap_or(EVERY.1),
            at: Point { sequence: 0, ts: None },
            pending: Vec::new(),
        })))
    }

    /// What was saved before, if anything was.
    pub(crate) fn load<S: Scalar>(&mut self, plan: &Plan) -> Result<Option<Found<S>>, Failure> {
        match self {
            Self::File { file, .. } if file.exists() => {
                let bytes = fs::read(&*file).map_err(|error| named(&file.display(), &error))?;
                let session =
                    Session::restore(plan, &bytes).map_err(|error| named(&file.display(), &error))?;
                Ok(Some(Found { session, lines: Vec::new() }))
            }
            Self::Nowhere | Self::File { .. } => Ok(None),
            Self::Store(store) => store.load(plan).map_err(|error| named(&store.place, &error)),
        }
    }

    /// Whether answers are to be numbered.
    pub(crate) fn numbered(&self) -> bool {
        matches!(self, Self::Store(_))
    }

    /// After how many bars the state is to be saved; never when it lives nowhere.
    pub(crate) fn every(&self) -> u64 {
        match self {
            Self::Nowhere => u64::MAX,
            Self::File { every, .. } => *every,
            Self::Store(store) => store.every,
        }
    }

    /// Notes a line that was taken in.
    pub(crate) fn note(&mut self, line: &str, closed: &Closed) {
        if let Self::Store(store) = self {
            store.at = Point { sequence: store.at.sequence + 1, ts: Some(closed.ts) };
            store.pending.push(LoggedEvent {
                sequence: store.at.sequence,
                partition: closed.partition.clone(),
                ts: closed.ts,
                bytes: line.as_bytes().to_vec(),
            });
        }
    }

    /// Puts what was noted on disk.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if let Self::Store(store) = self
            && !store.pending.is_empty()
        {
            let appended = store.disk.append(&store.session, &store.pending);
            appended.map_err(|error| named(&store.place, &error))?;
            store.pending.clear();
        }
        Ok(())
    }

    /// Saves the state after everything that was noted.
    pub(crate) fn save<S: Scalar>(&mut self, session: &Session<S>) -> Result<(), Failure> {
        match self {
            Self::Nowhere => Ok(()),
            Self::File { file, .. } => {
                let state = session.snapshot()?;
                replace(file, &state).map_err(|error| named(&file.display(), &error))
            }
            Self::Store(store) => {
                let state = session.snapshot()?;
                let snapshot =
                    Snapshot { plan: &store.plan, at: store.at, state: &state, replaced: Replaced::Dropped };
                let saved = store.disk.save(&store.session, &snapshot);
                saved.map_err(|error| named(&store.place, &error))
            }
        }
    }
}

impl Store {
    fn load<S: Scalar>(&mut self, plan: &Plan) -> Result<Option<Found<S>>, ta_runtime::Error> {
        let Some(saved) = self.disk.load(&self.session, &self.plan)? else { return Ok(None) };
        let session = Session::restore(plan, &saved.state)?;
        let last = saved.events.last().map_or(saved.at.ts, |event| Some(event.ts));
        self.at = Point { sequence: saved.sequence(), ts: last };
        // What is stored is what was read from a line, and checked when it is loaded.
        let line = |event: LoggedEvent| String::from_utf8_lossy(&event.bytes).into_owned();
        Ok(Some(Found { session, lines: saved.events.into_iter().map(line).collect() }))
    }
}

fn named(place: &dyn Display, error: &dyn Display) -> Failure {
    Failure(format!("{place}: {error}"))
}

/// Replaces the file as a whole: at any instant it holds the old state or the new one. What is being written lies beside it, always
/// under the same name, so that a kill leaves nothing behind that the next save does not write over.
fn replace(file: &Path, state: &[u8]) -> io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".tmp");
    let mut new = File::create(&beside)?;
    new.write_all(state)?;
    new.sync_all()?;
    fs::rename(&beside, file)?;
    // The new name is on disk only when the folder is; not every system lets a folder be opened.
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}
