//! A store in one file that survives crashes.

mod digest;
mod fault;
mod lock;
mod open;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use self::digest::Digest;
use self::fault::Fault;
use self::lock::Lock;
use self::rows::{Head, Snapshots};
use super::{
    Appended, Checkpoint, Fingerprint, LoggedEvent, Point, Saved, SessionInfo, Snapshot, StateStore, rules,
};
use crate::Error;

/// A store in a folder on disk. What it has answered survives the end of the program and of the machine; what is read back is
/// what was stored, or it is refused.
///
/// One program at a time has it open. The page on the state store says what is promised, and how to look inside.
///
/// ```
/// use ta_runtime::state::store::{Point, Replaced, Snapshot, SqliteStore, StateStore};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let mut store = SqliteStore::open(folder.path())?;
/// let at = Point { sequence: 0, ts: None };
/// store.save("btc", &Snapshot { plan: &[7; 32], at, state: b"fresh", replaced: Replaced::Dropped })?;
///
/// assert!(SqliteStore::open(folder.path()).unwrap_err().is_in_use());
/// drop(store);
/// let mut store = SqliteStore::open(folder.path())?;
/// assert_eq!(store.load("btc", &[7; 32])?.unwrap().state, b"fresh");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    /// Let go of after the connection.
    _lock: Lock,
}

impl SqliteStore {
    /// Opens the store in a folder, or makes one. The structure of the file is checked here, its content as it is loaded.
    ///
    /// # Errors
    /// With [`Error::is_in_use`] while another program has it open; [`Error::is_store`] for the file of another program or of a newer
    /// layout; [`Error::is_damaged`]; [`Error::is_full`]; and [`Error::is_io`] for a folder that cannot be written to.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        match open::open(folder) {
            Ok((connection, lock)) => Ok(Self { connection, _lock: lock }),
            Err(fault) => Err(fault.into_error().about(&format!("`{}`", folder.display()))),
        }
    }

    /// Reads at one instant.
    fn read<T>(&mut self, read: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, Error> {
        let transact = || read(&self.connection.transaction()?);
        transact().map_err(Fault::into_error)
    }

    /// Changes all that is asked for, or nothing.
    fn write<T>(&mut self, write: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, Error> {
        let transact = || {
            let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = write(&tx)?;
            tx.commit()?;
            Ok::<_, Fault>(answer)
        };
        transact().map_err(Fault::into_error)
    }
}

impl StateStore for SqliteStore {
    fn load(&mut self, session: &str, plan: &Fingerprint) -> Result<Option<Saved>, Error> {
        self.read(|tx| {
            let Some(head) = head_of(tx, session, plan)? else {
                return Ok(None);
            };
            let newest = rows::snapshots(tx, session, &head)?.newest;
            let state = rows::state(tx, session, &newest)?;
            let events = rows::events(tx, session, newest.at.sequence, head.sequence)?;
            if events.iter().fold(newest.link, |link, event| digest::link(&link, event)) != head.link {
                return Err(rows::damaged_session(session, "its events are not the ones that were appended"));
            }
            Ok(Some(Saved { at: newest.at, state, events }))
        })
    }

    fn append(&mut self, session: &str, events: &[LoggedEvent]) -> Result<Appended, Error> {
        rules::check_name(session)?;
        rules::check_events(events)?;
        self.write(|tx| {
            let mut head = rows::head(tx, session)?.ok_or_else(|| rules::unknown(session))?;
            let (repeats, new) = events.split_at(rules::repeated(events, head.sequence)?);
            if let Some(first) = repeats.first() {
                let saved = rows::snapshots(tx, session, &head)?.newest.at.sequence;
                let logged = repeats.iter().filter(|event| event.sequence > saved);
                let stored =
                    rows::events(tx, session, saved.max(first.sequence.saturating_sub(1)), head.sequence)?;
                if let Some((event, _)) = logged.zip(&stored).find(|(event, stored)| event != stored) {
                    return Err(rules::conflict(event).into());
                }
            }
            if !new.is_empty() {
                head.link = rows::insert_events(tx, session, head.link, new)?;
                head.sequence += new.len() as u64;
                rows::replace_head(tx, session, &head)?;
            }
            Ok(Appended { repeated: repeats.len(), added: new.len(), sequence: head.sequence })
        })
    }

    fn save(&mut self, session: &str, snapshot: &Snapshot<'_>) -> Result<(), Error> {
        rules::check_snapshot(snapshot)?;
        self.write(|tx| {
            let (head, link) = match head_of(tx, session, snapshot.plan)? {
                Some(head) => replace_newest(tx, session, snapshot, head)?,
                None => begin(tx, session, snapshot)?,
            };
            rows::insert_snapshot(tx, session, snapshot, &link)?;
            rows::replace_head(tx, session, &head)
        })
    }

    fn checkpoints(&mut self, session: &str, plan: &Fingerprint) -> Result<Vec<Point>, Error> {
        self.read(|tx| {
            let Some(head) = head_of(tx, session, plan)? else {
                return Ok(Vec::new());
            };
            let checkpoints = rows::snapshots(tx, session, &head)?.checkpoints;
            Ok(checkpoints.into_iter().map(|row| row.at).collect())
        })
    }

    fn checkpoint(
        &mut self,
        session: &str,
        plan: &Fingerprint,
        sequence: u64,
    ) -> Result<Option<Checkpoint>, Error> {
        self.read(|tx| {
            let Some(head) = head_of(tx, session, plan)? else {
                return Ok(None);
            };
            let checkpoints = rows::snapshots(tx, session, &head)?.checkpoints;
            let found = checkpoints.into_iter().find(|row| row.at.sequence == sequence);
            found.map(|row| Ok(Checkpoint { at: row.at, state: rows::state(tx, session, &row)? })).transpose()
        })
    }

    fn sessions(&mut self) -> Result<Vec<SessionInfo>, Error> {
        self.read(|tx| {
            let info = |(name, head): (String, Head)| {
                let snapshots = rows::snapshots(tx, &name, &head)?;
                Ok(SessionInfo {
                    name,
                    plan: head.plan,
                    saved: snapshots.newest.at,
                    sequence: head.sequence,
                    checkpoints: snapshots.checkpoints.len(),
                })
            };
            rows::heads(tx)?.into_iter().map(info).collect()
        })
    }

    fn remove(&mut self, session: &str) -> Result<bool, Error> {
        self.write(|tx| {
            let removed = rows::delete_session(tx, session)?;
            if removed {
                rows::count_sessions(tx, -1)?;
            }
            Ok(removed)
        })
    }
}

/// Where the session stands, when it is of this plan.
fn head_of(tx: &Transaction<'_>, session: &str, plan: &Fingerprint) -> Result<Option<Head>, Fault> {
    rules::check_name(session)?;
    let head = rows::head(tx, session)?;
    head.as_ref().map_or(Ok(()), |head| rules::check_plan(session, &head.plan, plan))?;
    Ok(head)
}

/// A session with its first snapshot: where it stands, and the link of the snapshot.
fn begin(tx: &Transaction<'_>, session: &str, snapshot: &Snapshot<'_>) -> Result<(Head, Digest), Fault> {
    // Of a session whose name was damaged and which was removed under that name, something may be left.
    rows::delete_session(tx, session)?;
    rows::count_sessions(tx, 1)?;
    let (plan, sequence) = (*snapshot.plan, snapshot.at.sequence);
    let link = digest::start(session, &plan, sequence);
    Ok((Head { plan, sequence, link, snapshots: 1 }, link))
}

/// Makes room for the snapshot: where the session stands then, and the link of the snapshot.
fn replace_newest(
    tx: &Transaction<'_>,
    session: &str,
    snapshot: &Snapshot<'_>,
    mut head: Head,
) -> Result<(Head, Digest), Fault> {
    let sequence = snapshot.at.sequence;
    let Snapshots { newest, checkpoints } = rows::snapshots(tx, session, &head)?;
    rules::check_newer(sequence, newest.at.sequence)?;
    let link = if sequence == newest.at.sequence {
        newest.link
    } else if sequence <= head.sequence {
        rows::link(tx, session, sequence)?
    } else {
        (head.sequence, head.link) = (sequence, digest::start(session, &head.plan, sequence));
        head.link
    };
    let checkpoints: Vec<_> = checkpoints.iter().map(|row| row.at.sequence).collect();
    let kept = rules::checkpoints(snapshot.replaced, sequence, newest.at.sequence, &checkpoints);
    for old in checkpoints.into_iter().chain([newest.at.sequence]) {
        if !kept.contains(&old) {
            rows::delete_snapshot(tx, session, old)?;
        }
    }
    rows::delete_events(tx, session, sequence)?;
    head.snapshots = 1 + kept.len() as u64;
    Ok((head, link))
}
