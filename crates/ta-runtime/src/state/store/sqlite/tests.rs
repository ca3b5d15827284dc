use super::super::Replaced;
use super::*;

const PLAN: Fingerprint = [7; 32];

fn event(sequence: u64) -> LoggedEvent {
    LoggedEvent {
        sequence,
        partition: "1h".to_owned(),
        ts: sequence as i64,
        bytes: vec![sequence as u8; 400],
    }
}

fn snapshot(sequence: u64, state: &[u8]) -> Snapshot<'_> {
    let at = Point { sequence, ts: Some(sequence as i64) };
    Snapshot { plan: &PLAN, at, state, replaced: Replaced::Kept { at_most: 2 } }
}

#[test]
fn without_room_a_call_is_refused_and_all_before_it_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(folder.path()).unwrap();
    store.save("a", &snapshot(0, b"fresh")).unwrap();
    store.connection.pragma_update(None, "max_page_count", 30).unwrap();

    let mut last = 0;
    let refused = loop {
        let events: Vec<_> = (last + 1..=last + 10).map(event).collect();
        match store.append("a", &events) {
            Ok(appended) => last = appended.sequence,
            Err(err) => break err,
        }
    };
    assert!(refused.is_full(), "{refused}");
    assert!(last >= 10);
    assert!(store.save("a", &snapshot(last, &vec![1; 200_000])).unwrap_err().is_full());
    let stored: Vec<_> = (1..=last).map(event).collect();
    for _ in 0..2 {
        let saved = store.load("a", &PLAN).unwrap().unwrap();
        assert_eq!((saved.at.sequence, saved.state.as_slice()), (0, b"fresh".as_slice()));
        assert_eq!(saved.events, stored);
        drop(store);
        store = SqliteStore::open(folder.path()).unwrap();
        store.connection.pragma_update(None, "max_page_count", 30).unwrap();
    }

    // A snapshot lets go of the log, so there is room again.
    store.save("a", &snapshot(last, b"all of them")).unwrap();
    store.append("a", &[event(last + 1)]).unwrap();
    assert_eq!(store.load("a", &PLAN).unwrap().unwrap().events, [event(last + 1)]);
}

#[test]
fn a_damaged_session_leaves_the_others_alone_and_can_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(folder.path()).unwrap();
    for session in ["a", "b"] {
        store.save(session, &snapshot(0, b"fresh")).unwrap();
        store.append(session, &[event(1), event(2), event(3)]).unwrap();
    }
    for damage in [
        "UPDATE event SET ts = 9 WHERE session = 'a' AND sequence = 2",
        "UPDATE event SET partition = '5m' WHERE session = 'a' AND sequence = 2",
        "DELETE FROM event WHERE session = 'a' AND sequence = 3",
        "DELETE FROM event WHERE session = 'a'",
        "UPDATE snapshot SET ts = 9 WHERE session = 'a'",
        "UPDATE snapshot SET state = x'00' WHERE session = 'a'",
        "DELETE FROM snapshot WHERE session = 'a'",
        "UPDATE session SET sequence = 2 WHERE name = 'a'",
        "UPDATE session SET plan = x'07' WHERE name = 'a'",
        "UPDATE session SET name = 'c' WHERE name = 'a'",
        "DELETE FROM session WHERE name = 'a'",
    ] {
        let tx = store.connection.transaction().unwrap();
        tx.execute_batch(damage).unwrap();
        tx.commit().unwrap();
        let err = store.load("a", &PLAN).unwrap_err();
        assert!(err.is_damaged(), "{damage}: {err}");
        assert_eq!(store.load("b", &PLAN).unwrap().unwrap().events.len(), 3, "{damage}");
        if damage.starts_with("DELETE FROM session") {
            // Nobody can say which one it was.
            assert!(store.save("a", &snapshot(0, b"again")).unwrap_err().is_damaged());
            continue;
        }
        let name = if damage.contains("'c'") { "c" } else { "a" };
        assert!(store.remove(name).unwrap(), "{damage}");
        store.save("a", &snapshot(0, b"again")).unwrap();
        store.append("a", &[event(1), event(2), event(3)]).unwrap();
        assert_eq!(store.load("a", &PLAN).unwrap().unwrap().events.len(), 3, "{damage}");
    }
}

#[test]
fn while_another_program_reads_a_write_is_refused_and_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(folder.path()).unwrap();
    store.save("a", &snapshot(0, b"fresh")).unwrap();
    store.connection.busy_timeout(std::time::Duration::ZERO).unwrap();

    let reader = Connection::open(folder.path().join("state.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM session").unwrap();
    assert!(store.append("a", &[event(1)]).unwrap_err().is_in_use());
    assert_eq!(store.load("a", &PLAN).unwrap().unwrap().events, []);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(store.append("a", &[event(1)]).unwrap().added, 1);
}
