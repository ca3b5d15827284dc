//! What every store accepts, and how it refuses the rest.

use super::{Fingerprint, LoggedEvent, Replaced, Snapshot};
use crate::error::{Error, Kind};

/// The longest name of a session, and of a partition, in bytes.
pub const MAX_NAME: usize = 200;
/// The largest event in bytes.
pub const MAX_EVENT: usize = 1 << 20;
/// The largest state in bytes.
pub const MAX_STATE: usize = 1 << 29;
/// The highest number of an event: the highest integer of `SQLite`.
const MAX_SEQUENCE: u64 = i64::MAX as u64;

/// Refuses what is no name of a session.
pub(super) fn check_name(session: &str) -> Result<(), Error> {
    if session.is_empty() || session.chars().any(char::is_control) {
        let message = format!("`{}` is no name of a session", session.escape_debug());
        return Err(Error::new(Kind::Data, message).with_help("one character at least, none of control"));
    }
    at_most(|| "name of a session".to_owned(), session.len(), MAX_NAME)
}

/// Refuses a snapshot that no store takes.
pub(super) fn check_snapshot(snapshot: &Snapshot<'_>) -> Result<(), Error> {
    check_sequence(snapshot.at.sequence)?;
    at_most(|| "state".to_owned(), snapshot.state.len(), MAX_STATE)
}

/// Refuses events that no store takes, or that do not count up by one.
pub(super) fn check_events(events: &[LoggedEvent]) -> Result<(), Error> {
    for event in events {
        let sequence = event.sequence;
        check_sequence(sequence)?;
        at_most(|| format!("partition of event {sequence}"), event.partition.len(), MAX_NAME)?;
        at_most(|| format!("event {sequence}"), event.bytes.len(), MAX_EVENT)?;
    }
    match events.windows(2).find(|pair| pair[0].sequence + 1 != pair[1].sequence) {
        Some(pair) => {
            let message = format!("event {} comes right after {}", pair[1].sequence, pair[0].sequence);
            Err(Error::new(Kind::Data, message).with_help("events that come together count up by one"))
        }
        None => Ok(()),
    }
}

/// How many of the events, which have been checked, are stored already when `stored` is the last one that is.
pub(super) fn repeated(events: &[LoggedEvent], stored: u64) -> Result<usize, Error> {
    match events.first() {
        Some(first) if first.sequence > stored + 1 => {
            let message = format!("event {} leaves a gap after {stored}", first.sequence);
            Err(Error::new(Kind::Gap, message).with_help(format!("send again from event {}", stored + 1)))
        }
        _ => Ok(events.iter().take_while(|event| event.sequence <= stored).count()),
    }
}

/// Refuses another plan than the session's.
pub(super) fn check_plan(session: &str, saved: &Fingerprint, plan: &Fingerprint) -> Result<(), Error> {
    if saved == plan {
        return Ok(());
    }
    let message = format!("session `{session}` is of another plan");
    let help =
        "it goes on with the same expressions, column names and options alone; another name begins anew";
    Err(Error::new(Kind::Snapshot, message).with_help(help))
}

/// Refuses a snapshot before the newest one.
pub(super) fn check_newer(sequence: u64, newest: u64) -> Result<(), Error> {
    if sequence >= newest {
        return Ok(());
    }
    let message = format!("snapshot after event {sequence} is older than the newest, after event {newest}");
    Err(Error::new(Kind::Stale, message))
}

pub(super) fn unknown(session: &str) -> Error {
    let message = format!("no session `{}`", session.escape_debug());
    Error::new(Kind::UnknownName, message).with_help("its first snapshot is saved before its events")
}

pub(super) fn conflict(event: &LoggedEvent) -> Error {
    let message = format!("event {} is stored with other content", event.sequence);
    Error::new(Kind::Data, message).with_help("a repeat has the same partition, time and bytes")
}

/// The checkpoints there are once a snapshot at `sequence` has replaced the one at `newest`; they are sorted, newest first.
pub(super) fn checkpoints(replaced: Replaced, sequence: u64, newest: u64, before: &[u64]) -> Vec<u64> {
    let before = before.iter().copied();
    match replaced {
        Replaced::Dropped => before.collect(),
        Replaced::Kept { at_most } => {
            let newest = Some(newest).filter(|&newest| newest != sequence);
            newest.into_iter().chain(before).take(at_most).collect()
        }
        Replaced::Corrected { after } => before.filter(|&checkpoint| checkpoint <= after).collect(),
    }
}

fn check_sequence(sequence: u64) -> Result<(), Error> {
    if sequence <= MAX_SEQUENCE {
        return Ok(());
    }
    let message = format!("event {sequence} is past the last one");
    Err(Error::new(Kind::Limit, message).with_help(format!("at most {MAX_SEQUENCE}")))
}

fn at_most(what: impl FnOnce() -> String, bytes: usize, most: usize) -> Result<(), Error> {
    if bytes <= most {
        return Ok(());
    }
    Err(Error::new(Kind::Limit, format!("{} has {bytes} bytes", what())).with_help(format!("at most {most}")))
}
