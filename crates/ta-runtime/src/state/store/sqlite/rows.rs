//! The rows of a store, checked as they are read.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::super::{Fingerprint, LoggedEvent, Point, Snapshot};
use super::digest::{self, Digest};
use super::fault::{Fault, damaged};

/// Where a session stands.
pub(super) struct Head {
    pub(super) plan: Fingerprint,
    /// The last event, in the newest snapshot or after it.
    pub(super) sequence: u64,
    /// The link of that event.
    pub(super) link: Digest,
    /// How many snapshots there are, checkpoints included.
    pub(super) snapshots: u64,
}

/// A snapshot without its state.
pub(super) struct SnapshotRow {
    pub(super) at: Point,
    /// The link of its last event.
    pub(super) link: Digest,
    content: Digest,
}

/// The snapshots of a session.
pub(super) struct Snapshots {
    pub(super) newest: SnapshotRow,
    /// Those before, newest first.
    pub(super) checkpoints: Vec<SnapshotRow>,
}

const HEADS: &str = "SELECT name, plan, sequence, link, snapshots, digest FROM session";

/// Where the session stands; `None` when there is none of this name, and none is missing.
pub(super) fn head(tx: &Transaction<'_>, session: &str) -> Result<Option<Head>, Fault> {
    let found = tx.query_row(&format!("{HEADS} WHERE name = ?"), [session], |row| Ok(read_head(row)));
    match found.optional()? {
        Some(found) => Ok(Some(found?.1)),
        // A name with a flipped bit is another name, and a row may be lost: then one of these does not fit.
        None => heads(tx).map(|_| None),
    }
}

/// All sessions by name.
pub(super) fn heads(tx: &Transaction<'_>) -> Result<Vec<(String, Head)>, Fault> {
    let mut query = tx.prepare(&format!("{HEADS} ORDER BY name"))?;
    let heads = query.query_map([], |row| Ok(read_head(row)))?;
    let heads = heads.map(|head| head?).collect::<Result<Vec<_>, Fault>>()?;
    let count = tx.query_row("SELECT sessions FROM store", [], |row| row.get::<_, Count>(0));
    if count?.0 != heads.len() as u64 {
        return Err(damaged("a session is missing").into());
    }
    Ok(heads)
}

fn read_head(row: &Row<'_>) -> Result<(String, Head), Fault> {
    let read = || -> rusqlite::Result<_> {
        let (sequence, snapshots): (Count, Count) = (row.get(2)?, row.get(4)?);
        let head =
            Head { plan: row.get(1)?, sequence: sequence.0, link: row.get(3)?, snapshots: snapshots.0 };
        Ok((row.get::<_, String>(0)?, head, row.get::<_, Digest>(5)?))
    };
    let (name, head, digest) = read()?;
    if digest != digest::session(&name, &head.plan, head.sequence, &head.link, head.snapshots) {
        return Err(damaged_session(&name, "its checksum does not fit"));
    }
    Ok((name, head))
}

pub(super) fn replace_head(tx: &Transaction<'_>, session: &str, head: &Head) -> Result<(), Fault> {
    let Head { plan, sequence, link, snapshots } = head;
    let digest = digest::session(session, plan, *sequence, link, *snapshots);
    let row = params![session, plan, *sequence as i64, link, *snapshots as i64, digest];
    tx.execute("REPLACE INTO session VALUES (?, ?, ?, ?, ?, ?)", row)?;
    Ok(())
}

pub(super) fn count_sessions(tx: &Transaction<'_>, more: i64) -> Result<(), Fault> {
    tx.execute("UPDATE store SET sessions = sessions + ?", [more])?;
    Ok(())
}

/// Deletes all there is of a session; whether there was one.
pub(super) fn delete_session(tx: &Transaction<'_>, session: &str) -> Result<bool, Fault> {
    tx.execute("DELETE FROM event WHERE session = ?", [session])?;
    tx.execute("DELETE FROM snapshot WHERE session = ?", [session])?;
    let sessions = tx.execute("DELETE FROM session WHERE name = ?", [session])?;
    Ok(sessions > 0)
}

/// The snapshots of a session, all of them.
pub(super) fn snapshots(tx: &Transaction<'_>, session: &str, head: &Head) -> Result<Snapshots, Fault> {
    let query =
        "SELECT sequence, ts, link, content, digest FROM snapshot WHERE session = ? ORDER BY sequence DESC";
    let mut query = tx.prepare(query)?;
    let rows = query.query_map([session], |row| {
        let at = Point { sequence: row.get::<_, Count>(0)?.0, ts: row.get(1)? };
        let digest: Digest = row.get(4)?;
        Ok((SnapshotRow { at, link: row.get(2)?, content: row.get(3)? }, digest))
    });
    let mut snapshots = Vec::new();
    for row in rows? {
        let (row, digest) = row?;
        if digest != digest::snapshot(session, &head.plan, row.at, &row.link, &row.content) {
            return Err(damaged_session(session, "the checksum of a snapshot does not fit"));
        }
        snapshots.push(row);
    }
    let count = snapshots.len() as u64;
    let mut snapshots = snapshots.into_iter();
    match snapshots.next().filter(|newest| count == head.snapshots && newest.at.sequence <= head.sequence) {
        Some(newest) => Ok(Snapshots { newest, checkpoints: snapshots.collect() }),
        None => Err(damaged_session(session, "a snapshot is missing")),
    }
}

/// The state of a snapshot.
pub(super) fn state(tx: &Transaction<'_>, session: &str, snapshot: &SnapshotRow) -> Result<Vec<u8>, Fault> {
    let query = "SELECT state FROM snapshot WHERE session = ? AND sequence = ?";
    let key = params![session, snapshot.at.sequence as i64];
    let state: Vec<u8> = tx.query_row(query, key, |row| row.get(0))?;
    if digest::content(&state) != snapshot.content {
        return Err(damaged_session(session, "a state is not the one that was saved"));
    }
    Ok(state)
}

pub(super) fn insert_snapshot(
    tx: &Transaction<'_>,
    session: &str,
    snapshot: &Snapshot<'_>,
    link: &Digest,
) -> Result<(), Fault> {
    let Snapshot { plan, at, state, .. } = *snapshot;
    let content = digest::content(state);
    let digest = digest::snapshot(session, plan, at, link, &content);
    let row = params![session, at.sequence as i64, at.ts, link, content, digest, state];
    tx.execute("INSERT INTO snapshot VALUES (?, ?, ?, ?, ?, ?, ?)", row)?;
    Ok(())
}

pub(super) fn delete_snapshot(tx: &Transaction<'_>, session: &str, sequence: u64) -> Result<(), Fault> {
    let key = params![session, sequence as i64];
    tx.execute("DELETE FROM snapshot WHERE session = ? AND sequence = ?", key)?;
    Ok(())
}

/// The events after one of them, none missing up to the last and none after it. Whether they are the right ones, their links must show.
pub(super) fn events(
    tx: &Transaction<'_>,
    session: &str,
    after: u64,
    last: u64,
) -> Result<Vec<LoggedEvent>, Fault> {
    let query = "SELECT sequence, partition, ts, bytes FROM event WHERE session = ? AND sequence > ? ORDER BY sequence";
    let mut query = tx.prepare(query)?;
    let rows = query.query_map(params![session, after as i64], |row| {
        let sequence = row.get::<_, Count>(0)?.0;
        Ok(LoggedEvent { sequence, partition: row.get(1)?, ts: row.get(2)?, bytes: row.get(3)? })
    })?;
    let events = rows.collect::<Result<Vec<_>, _>>()?;
    if !events.iter().map(|event| event.sequence).eq(after + 1..=last) {
        return Err(damaged_session(session, "an event is missing, or there is one too many"));
    }
    Ok(events)
}

/// The link of an event in the log.
pub(super) fn link(tx: &Transaction<'_>, session: &str, sequence: u64) -> Result<Digest, Fault> {
    let query = "SELECT link FROM event WHERE session = ? AND sequence = ?";
    Ok(tx.query_row(query, params![session, sequence as i64], |row| row.get(0))?)
}

/// Adds events; the link of the last one.
pub(super) fn insert_events(
    tx: &Transaction<'_>,
    session: &str,
    mut link: Digest,
    events: &[LoggedEvent],
) -> Result<Digest, Fault> {
    let mut insert = tx.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)")?;
    for event in events {
        link = digest::link(&link, event);
        let LoggedEvent { sequence, partition, ts, bytes } = event;
        let row = params![session, *sequence as i64, partition, ts, link, bytes];
        insert.execute(row)?;
    }
    Ok(link)
}

/// Deletes the events up to this one.
pub(super) fn delete_events(tx: &Transaction<'_>, session: &str, last: u64) -> Result<(), Fault> {
    let key = params![session, last as i64];
    tx.execute("DELETE FROM event WHERE session = ? AND sequence <= ?", key)?;
    Ok(())
}

pub(super) fn damaged_session(session: &str, what: &str) -> Fault {
    damaged(&format!("session `{session}`: {what}")).into()
}

/// An integer that counts, so it is not negative.
struct Count(u64);

impl FromSql for Count {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number).map(Self).map_err(|_| FromSqlError::OutOfRange(number))
    }
}
