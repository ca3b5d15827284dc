//! A program is killed while it appends and saves. Whatever it was told to be stored is there.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use ta_runtime::state::store::{
    Fingerprint, LoggedEvent, Point, Replaced, Snapshot, SqliteStore, StateStore,
};

pub(crate) const PLAN: Fingerprint = [7; 32];
/// Names the folder to the program, which is this test once more.
const FOLDER: &str = "TA_TEST_STORE";
/// Events that are appended together, at most.
const BATCH: u64 = 20;

/// The one event there can be with this number.
pub(crate) fn event(sequence: u64) -> LoggedEvent {
    let partition = ["1h", "5m", "binance.BTCUSDT"][sequence as usize % 3].to_owned();
    let bytes = sequence.to_le_bytes().repeat(sequence as usize % 20);
    LoggedEvent { sequence, partition, ts: sequence as i64 * 60_000, bytes }
}

/// The one state there can be after this event.
pub(crate) fn state(sequence: u64) -> Vec<u8> {
    sequence.to_le_bytes().repeat(1 + sequence as usize * 37 % 2000)
}

pub(crate) fn at(sequence: u64) -> Point {
    Point { sequence, ts: (sequence > 0).then_some(sequence as i64 * 60_000) }
}

pub(crate) fn snapshot(sequence: u64, state: &[u8]) -> Snapshot<'_> {
    Snapshot { plan: &PLAN, at: at(sequence), state, replaced: Replaced::Kept { at_most: 3 } }
}

/// A session before its first event.
pub(crate) fn fresh() -> Snapshot<'static> {
    snapshot(0, &[0; 8])
}

/// The last event that is stored. All that is read must be what it can be alone.
pub(crate) fn check(store: &mut dyn StateStore, session: &str) -> Result<Option<u64>, ta_runtime::Error> {
    let Some(saved) = store.load(session, &PLAN)? else {
        return Ok(None);
    };
    assert_eq!(saved.at, at(saved.at.sequence));
    assert_eq!(saved.state, state(saved.at.sequence));
    for (stored, sequence) in saved.events.iter().zip(saved.at.sequence + 1..) {
        assert_eq!(*stored, event(sequence));
    }
    for point in store.checkpoints(session, &PLAN)? {
        assert_eq!(point, at(point.sequence));
        let checkpoint = store.checkpoint(session, &PLAN, point.sequence)?.unwrap();
        assert_eq!((checkpoint.at, checkpoint.state), (point, state(point.sequence)));
    }
    Ok(Some(saved.sequence()))
}

/// Appends, says so, and saves now and then, until it is refused.
pub(crate) fn work(folder: &Path) -> Result<(), ta_runtime::Error> {
    let mut store = SqliteStore::open(folder)?;
    let mut out = std::io::stdout().lock();
    let mut last = match check(&mut store, "a")? {
        Some(last) => last,
        None => store.save("a", &fresh()).map(|()| 0)?,
    };
    for round in 0..10_000 {
        // Some that are stored come once more, as from a feed that was cut off.
        let first = last.saturating_sub(round % 3) + 1;
        let events: Vec<_> = (first..=last + 1 + round * 7 % BATCH).map(event).collect();
        last = store.append("a", &events)?.sequence;
        writeln!(out, "stored {last}").and_then(|()| out.flush()).unwrap();
        if round % 4 == 3 {
            // The snapshot may be a little behind.
            let sequence = last - round % 2;
            store.save("a", &snapshot(sequence, &state(sequence)))?;
        }
    }
    Ok(())
}

/// The program, when the folder is given; otherwise no test at all.
#[test]
fn program() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let folder = Path::new(&folder);
        let refused = work(folder).unwrap_err();
        assert!(refused.is_full() || refused.is_io(), "{refused}");
        println!("refused {refused}");
        // In the same program and in a new store alike.
        let mut store = SqliteStore::open(folder).unwrap();
        println!("kept {}", check(&mut store, "a").unwrap().unwrap_or(0));
    }
}

/// Runs the program, through another one if there is something before it.
pub(crate) fn start(before: &[&str], folder: &Path) -> Child {
    let this = std::env::current_exe().unwrap();
    let mut command = match before {
        [] => Command::new(&this),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(&this);
            command
        }
    };
    command.args(["kill::program", "--exact", "--nocapture", "--test-threads=1"]).env(FOLDER, folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// The number in the last line that begins with the word.
pub(crate) fn last_said(word: &str, output: &str) -> Option<u64> {
    output.lines().rev().find_map(|line| line.strip_prefix(word)?.trim().parse().ok())
}

#[test]
fn what_was_answered_survives_a_kill_at_any_moment() {
    let mut folder = tempfile::tempdir().unwrap();
    let (mut stored, mut cut_short) = (None, 0);
    for round in 0..48u64 {
        if round % 8 == 0 {
            folder = tempfile::tempdir().unwrap();
            stored = None;
        }
        let mut program = start(&[], folder.path());
        let mut out = BufReader::new(program.stdout.take().unwrap());
        let mut said = String::new();
        // Most are killed at work, some while they begin.
        while round % 4 != 0 && !said.contains("stored") && out.read_line(&mut said).unwrap() > 0 {}
        thread::sleep(Duration::from_micros(round * 7919 % 20_000));
        program.kill().unwrap();
        program.wait().unwrap();
        while out.read_line(&mut said).unwrap() > 0 {}
        assert!(!said.contains("refused"), "{said}");
        stored = last_said("stored", &said).or(stored);

        let journal = std::fs::metadata(folder.path().join("state.db-journal"));
        cut_short += u32::from(journal.is_ok_and(|journal| journal.len() > 0));
        let found = check(&mut SqliteStore::open(folder.path()).unwrap(), "a").unwrap();
        assert!(found >= stored, "{stored:?} were stored, {found:?} are there");
        // One call may have been carried out and not been answered.
        assert!(found.unwrap_or(0) <= stored.unwrap_or(0) + BATCH, "{stored:?} and {found:?}");
        stored = found;
    }
    println!("{cut_short} of 48 transactions were cut short");
}

#[test]
fn while_the_program_runs_the_store_is_refused_and_after_its_end_it_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = start(&[], folder.path());
    let mut out = BufReader::new(program.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("stored") && out.read_line(&mut said).unwrap() > 0 {}
    let refused = SqliteStore::open(folder.path()).unwrap_err();
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(refused.is_in_use(), "{refused}");
    assert!(check(&mut SqliteStore::open(folder.path()).unwrap(), "a").unwrap().is_some());
}
