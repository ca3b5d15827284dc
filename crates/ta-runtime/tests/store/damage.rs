//! Files that were cut off or changed on disk. What is answered is what was stored, or it is refused with the reason.
//!
//! `TA_TEST_EVERY=1` flips every bit there is; otherwise a sample of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ta_runtime::Error;
use ta_runtime::state::store::{Checkpoint, Saved, SessionInfo, SqliteStore, StateStore};

use crate::kill::{PLAN, check, event, fresh, snapshot, state};

const SESSIONS: [&str; 3] = ["a", "b", "c"];

/// All a store answers.
type Answer = (Vec<SessionInfo>, Vec<(Option<Saved>, Vec<Checkpoint>)>);

/// A store with something of everything in it.
fn fill(store: &mut SqliteStore) {
    for (session, last) in SESSIONS.into_iter().zip([70, 31, 0]) {
        store.save(session, &fresh()).unwrap();
        for first in (1..=last).step_by(10) {
            let events: Vec<_> = (first..=last.min(first + 9)).map(event).collect();
            store.append(session, &events).unwrap();
            if first % 20 == 1 {
                store.save(session, &snapshot(first, &state(first))).unwrap();
            }
        }
    }
    // Something that was deleted, so that there are free pages.
    store.save("gone", &snapshot(0, &[9; 9000])).unwrap();
    store.remove("gone").unwrap();
}

fn read_session(store: &mut SqliteStore, session: &str) -> Result<(Option<Saved>, Vec<Checkpoint>), Error> {
    let saved = store.load(session, &PLAN)?;
    let points = store.checkpoints(session, &PLAN)?;
    let read = |store: &mut SqliteStore, sequence| {
        Ok::<_, Error>(store.checkpoint(session, &PLAN, sequence)?.unwrap())
    };
    Ok((saved, points.iter().map(|at| read(store, at.sequence)).collect::<Result<_, _>>()?))
}

fn read(store: &mut SqliteStore) -> Answer {
    let sessions = store.sessions().unwrap();
    (sessions, SESSIONS.map(|session| read_session(store, session).unwrap()).into())
}

/// What became of damaged files, counted.
#[derive(Debug, Default)]
struct Tally(BTreeMap<&'static str, u32>);

impl Tally {
    fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    fn refused(&mut self, err: &Error) {
        self.count(match () {
            () if err.is_damaged() => "damaged",
            () if err.is_store() => "no store",
            // A bit of the header says that newer versions of `SQLite` alone may write.
            () if err.is_io() => "read only",
            () => panic!("{err}"),
        });
    }

    /// Reads the store as far as it lets itself be read; every answer must be the expected one.
    fn read(&mut self, what: &str, folder: &Path, expected: &Answer) -> Option<SqliteStore> {
        let mut store = match SqliteStore::open(folder) {
            Ok(store) => store,
            Err(err) => {
                self.refused(&err);
                return None;
            }
        };
        let mut whole = true;
        match store.sessions() {
            Ok(sessions) => assert_eq!(sessions, expected.0, "{what}"),
            Err(err) => {
                self.refused(&err);
                whole = false;
            }
        }
        for (session, expected) in SESSIONS.into_iter().zip(&expected.1) {
            match read_session(&mut store, session) {
                Ok(found) => assert_eq!(found, *expected, "{what}, session `{session}`"),
                Err(err) => {
                    self.refused(&err);
                    whole = false;
                }
            }
        }
        if whole {
            self.count("as it was");
        }
        Some(store)
    }

    /// Goes on with a store that may be damaged where nobody looked yet; what it holds afterwards must be right, or refused.
    fn go_on(&mut self, what: &str, folder: &Path, store: SqliteStore) {
        let mut stored = BTreeMap::new();
        let mut store = Some(store);
        for (session, last) in SESSIONS.into_iter().zip([70, 31, 0]) {
            let Some(store) = &mut store else { break };
            let events: Vec<_> = (last + 1..=last + 40).map(event).collect();
            let done = store.append(session, &events).map(drop).and_then(|()| {
                stored.insert(session, last + 40);
                store.save(session, &snapshot(last + 20, &state(last + 20)))
            });
            if let Err(err) = done {
                self.refused(&err);
            }
        }
        drop(store);
        match SqliteStore::open(folder) {
            Err(err) => self.refused(&err),
            Ok(mut store) => {
                for (session, last) in stored {
                    match store.load(session, &PLAN) {
                        Ok(found) => {
                            let found = found.unwrap_or_else(|| panic!("{what}: `{session}` is gone"));
                            assert_eq!(found.sequence(), last, "{what}, `{session}`");
                            for (stored, sequence) in found.events.iter().zip(found.at.sequence + 1..) {
                                assert_eq!(*stored, event(sequence), "{what}, `{session}`");
                            }
                        }
                        Err(err) => self.refused(&err),
                    }
                }
            }
        }
    }
}

/// The files of a store and what it answers.
fn store() -> (Vec<u8>, Answer) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(folder.path()).unwrap();
    fill(&mut store);
    let answer = read(&mut store);
    drop(store);
    assert_eq!(fs::metadata(folder.path().join("state.db-journal")).unwrap().len(), 0);
    (fs::read(folder.path().join("state.db")).unwrap(), answer)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    fs::write(folder.join(name), bytes).unwrap();
}

/// Places in a file of this length: all of the beginning, and others spread over it.
fn bits(length: usize, head: usize, sample: usize) -> Vec<usize> {
    let all = length * 8;
    if std::env::var_os("TA_TEST_EVERY").is_some() {
        return (0..all).collect();
    }
    // A stride without a common divisor meets every bit of a byte and every part of a page.
    let stride = (all / sample).max(1) | 1;
    (0..head * 8).chain((head * 8..all).step_by(stride)).collect()
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn a_flipped_bit_is_found_or_does_not_matter() {
    let (file, expected) = store();
    let folder = tempfile::tempdir().unwrap();
    let mut tally = Tally::default();
    for bit in bits(file.len(), 108, 3000) {
        write(folder.path(), "state.db", &flipped(&file, bit));
        let _ = fs::remove_file(folder.path().join("state.db-journal"));
        tally.read(&format!("bit {bit}"), folder.path(), &expected);
    }
    println!("{} bytes: {tally:?}", file.len());
    assert!(tally.0["damaged"] > 0 && tally.0["no store"] > 0 && tally.0["as it was"] > 0);
}

#[test]
fn going_on_over_a_flipped_bit_never_gives_other_events() {
    let (file, expected) = store();
    let folder = tempfile::tempdir().unwrap();
    let mut tally = Tally::default();
    for bit in bits(file.len(), 108, 500) {
        write(folder.path(), "state.db", &flipped(&file, bit));
        let _ = fs::remove_file(folder.path().join("state.db-journal"));
        let what = format!("bit {bit}");
        if let Some(store) = tally.read(&what, folder.path(), &expected) {
            tally.go_on(&what, folder.path(), store);
        }
    }
    println!("{tally:?}");
}

#[test]
fn a_file_that_lacks_a_page_is_refused() {
    let (file, expected) = store();
    let folder = tempfile::tempdir().unwrap();
    let mut tally = Tally::default();
    let pages = (0..file.len()).step_by(4096).flat_map(|page| [page.saturating_sub(1), page, page + 1]);
    let mut lengths: Vec<_> = pages.chain((0..file.len()).step_by(997)).collect();
    lengths.sort_unstable();
    for length in lengths {
        write(folder.path(), "state.db", &file[..length]);
        let _ = fs::remove_file(folder.path().join("state.db-journal"));
        tally.read(&format!("{length} bytes"), folder.path(), &expected);
        if length <= file.len() - 4096 {
            assert_eq!(tally.0.get("as it was"), None, "{length} bytes");
        }
    }
    println!("{tally:?}");
}

/// The files as a crash in the middle of a transaction leaves them: some pages written, and the journal that undoes them.
fn cut_short() -> (Vec<u8>, Vec<u8>, Vec<u8>, Answer) {
    let (before, expected) = store();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "state.db", &before);
    let connection = rusqlite::Connection::open(folder.path().join("state.db")).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = TRUNCATE; PRAGMA cache_size = 1; BEGIN IMMEDIATE;
            DELETE FROM event WHERE session = 'a' AND sequence <= 65;
            UPDATE event SET bytes = zeroblob(300), ts = ts + 1;
            UPDATE session SET sequence = sequence + 1, link = zeroblob(32);
            UPDATE snapshot SET state = zeroblob(5000), ts = 0;
            INSERT INTO snapshot VALUES ('a', 71, 0, zeroblob(32), zeroblob(32), zeroblob(32), zeroblob(20000));",
        )
        .unwrap();
    let [file, journal] =
        ["state.db", "state.db-journal"].map(|name| fs::read(folder.path().join(name)).unwrap());
    assert!(file != before && journal.len() > 4096, "some pages were written");
    (before, file, journal, expected)
}

#[test]
fn a_transaction_that_was_cut_short_is_undone() {
    let (_, file, journal, expected) = cut_short();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "state.db", &file);
    write(folder.path(), "state.db-journal", &journal);
    assert_eq!(read(&mut SqliteStore::open(folder.path()).unwrap()), expected);
}

#[test]
fn a_damaged_journal_undoes_all_or_the_store_is_refused() {
    let (_, file, journal, expected) = cut_short();
    let folder = tempfile::tempdir().unwrap();
    let mut tally = Tally::default();
    let mut open = |what: &str, journal: &[u8]| {
        write(folder.path(), "state.db", &file);
        write(folder.path(), "state.db-journal", journal);
        tally.read(what, folder.path(), &expected);
    };
    for bit in bits(journal.len(), 28, 1000) {
        open(&format!("bit {bit}"), &flipped(&journal, bit));
    }
    for length in (0..journal.len()).step_by(331) {
        open(&format!("{length} bytes"), &journal[..length]);
    }
    println!("{} bytes: {tally:?}", journal.len());
    assert!(tally.0["damaged"] > 0 && tally.0["as it was"] > 0);
}

#[test]
fn pages_of_two_times_in_one_file_are_refused() {
    // A disk that wrote some pages of a transaction and not others, and says nothing.
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(folder.path()).unwrap();
    fill(&mut store);
    let file = folder.path().join("state.db");
    let old = fs::read(&file).unwrap();
    store.append("a", &(71..=75).map(event).collect::<Vec<_>>()).unwrap();
    store.save("a", &snapshot(73, &state(73))).unwrap();
    store.append("b", &[event(32)]).unwrap();
    drop(store);
    let new = fs::read(&file).unwrap();

    let pages = old.len().max(new.len()) / 4096;
    for page in 0..pages {
        let range = page * 4096..(page + 1) * 4096;
        let (Some(one), Some(other)) = (old.get(range.clone()), new.get(range.clone())) else { continue };
        if one == other {
            continue;
        }
        let mut mixed = new.clone();
        mixed[range].copy_from_slice(one);
        fs::write(&file, &mixed).unwrap();
        let Ok(mut store) = SqliteStore::open(folder.path()) else { continue };
        for (session, last) in [("a", 75), ("b", 32), ("c", 0)] {
            match check(&mut store, session) {
                Ok(found) => assert_eq!(found, Some(last), "page {page}, `{session}`"),
                Err(err) => assert!(err.is_damaged(), "{err}"),
            }
        }
    }
}
