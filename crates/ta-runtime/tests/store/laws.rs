//! Every implementation against a model of a few lines.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ta_runtime::Error;
use ta_runtime::state::store::{
    Checkpoint, Fingerprint, LoggedEvent, MAX_EVENT, MAX_NAME, MemoryStore, Point, Replaced, Saved,
    SessionInfo, Snapshot, StateStore,
};

const SESSIONS: [&str; 2] = ["a", "bé"];
const PLANS: [Fingerprint; 2] = [[1; 32], [2; 32]];

/// Something a program does with a store. Sequences are relative to the last event stored.
#[derive(Debug, Clone)]
enum Call {
    Append { from: i64, count: u64, changed: bool },
    Save { at: i64, replaced: Replaced, other_plan: bool },
    Remove,
    Reopen,
}

/// A session as it should be.
#[derive(Debug, Clone, PartialEq)]
struct Expected {
    plan: Fingerprint,
    /// By sequence; the last is the newest.
    snapshots: BTreeMap<u64, Checkpoint>,
    /// Every event after the newest snapshot, by sequence.
    log: BTreeMap<u64, LoggedEvent>,
}

impl Expected {
    fn newest(&self) -> u64 {
        *self.snapshots.keys().next_back().unwrap()
    }

    fn last(&self) -> u64 {
        self.log.keys().next_back().copied().unwrap_or(self.newest())
    }
}

type Model = BTreeMap<&'static str, Expected>;

fn calls() -> impl Strategy<Value = Vec<(usize, Call)>> {
    let replaced = prop_oneof![
        Just(Replaced::Dropped),
        (0..4usize).prop_map(|at_most| Replaced::Kept { at_most }),
        (0..20u64).prop_map(|after| Replaced::Corrected { after }),
    ];
    let call = prop_oneof![
        6 => (-4..3i64, 0..6u64, prop::bool::weighted(0.1))
            .prop_map(|(from, count, changed)| Call::Append { from, count, changed }),
        4 => (-5..3i64, replaced, prop::bool::weighted(0.1))
            .prop_map(|(at, replaced, other_plan)| Call::Save { at, replaced, other_plan }),
        1 => Just(Call::Remove),
        1 => Just(Call::Reopen),
    ];
    prop::collection::vec((0..SESSIONS.len(), call), 1..40)
}

fn event(sequence: u64, changed: bool) -> LoggedEvent {
    let partition = if sequence.is_multiple_of(3) { "5m" } else { "" };
    let bytes = vec![u8::from(changed); sequence as usize % 7];
    LoggedEvent {
        sequence,
        partition: partition.to_owned(),
        ts: i64::from(changed).wrapping_sub(sequence as i64),
        bytes,
    }
}

/// What the model answers: how many are repeated and added, or the question that the error says yes to.
fn append(model: &mut Model, session: &str, events: &[LoggedEvent]) -> Result<(usize, usize), &'static str> {
    let expected = model.get_mut(session).ok_or("unknown name")?;
    let last = expected.last();
    if events.first().is_some_and(|first| first.sequence > last + 1) {
        return Err("gap");
    }
    let (repeats, new): (Vec<_>, Vec<_>) = events.iter().partition(|event| event.sequence <= last);
    if repeats.iter().any(|event| expected.log.get(&event.sequence).is_some_and(|stored| stored != *event)) {
        return Err("data");
    }
    expected.log.extend(new.iter().map(|event| (event.sequence, LoggedEvent::clone(event))));
    Ok((repeats.len(), new.len()))
}

fn save(model: &mut Model, session: &'static str, snapshot: &Snapshot<'_>) -> Result<(), &'static str> {
    let sequence = snapshot.at.sequence;
    let fresh = Expected { plan: *snapshot.plan, snapshots: BTreeMap::new(), log: BTreeMap::new() };
    let held = model.get(session).cloned();
    let mut expected = held.clone().unwrap_or(fresh);
    if expected.plan != *snapshot.plan {
        return Err("snapshot");
    }
    if held.is_some() {
        let newest = expected.newest();
        if sequence < newest {
            return Err("stale");
        }
        match snapshot.replaced {
            Replaced::Dropped => drop(expected.snapshots.remove(&newest)),
            Replaced::Kept { at_most } => {
                expected.snapshots.remove(&sequence);
                while expected.snapshots.len() > at_most {
                    expected.snapshots.pop_first();
                }
            }
            Replaced::Corrected { after } => {
                expected.snapshots.remove(&newest);
                expected.snapshots.retain(|&sequence, _| sequence <= after);
            }
        }
    }
    expected.snapshots.insert(sequence, Checkpoint { at: snapshot.at, state: snapshot.state.to_vec() });
    expected.log.retain(|&logged, _| logged > sequence);
    model.insert(session, expected);
    Ok(())
}

fn question(err: &Error) -> &'static str {
    let questions = [
        (err.is_unknown_name(), "unknown name"),
        (err.is_gap(), "gap"),
        (err.is_data(), "data"),
        (err.is_snapshot(), "snapshot"),
        (err.is_stale(), "stale"),
        (err.is_limit(), "limit"),
    ];
    questions.into_iter().find(|(yes, _)| *yes).unwrap_or_else(|| panic!("{err}")).1
}

/// Everything the store answers is what the model says.
fn assert_same(store: &mut dyn StateStore, model: &Model) {
    let infos = model.iter().map(|(name, expected)| SessionInfo {
        name: (*name).to_owned(),
        plan: expected.plan,
        saved: expected.snapshots[&expected.newest()].at,
        sequence: expected.last(),
        checkpoints: expected.snapshots.len() - 1,
    });
    assert_eq!(store.sessions().unwrap(), infos.collect::<Vec<_>>());
    for session in SESSIONS {
        let Some(expected) = model.get(session) else {
            assert_eq!(store.load(session, &PLANS[0]).unwrap(), None);
            assert_eq!(store.checkpoints(session, &PLANS[0]).unwrap(), []);
            assert_eq!(store.checkpoint(session, &PLANS[0], 0).unwrap(), None);
            continue;
        };
        let mut snapshots = expected.snapshots.values().rev();
        let Checkpoint { at, state } = snapshots.next().unwrap().clone();
        let events = expected.log.values().cloned().collect();
        let saved = store.load(session, &expected.plan).unwrap().unwrap();
        assert_eq!(saved.sequence(), expected.last());
        assert_eq!(saved, Saved { at, state, events });
        assert_eq!(store.checkpoint(session, &expected.plan, at.sequence).unwrap(), None);

        let points = store.checkpoints(session, &expected.plan).unwrap();
        assert_eq!(points, snapshots.clone().map(|checkpoint| checkpoint.at).collect::<Vec<_>>());
        for checkpoint in snapshots {
            let read = store.checkpoint(session, &expected.plan, checkpoint.at.sequence).unwrap();
            assert_eq!(read.as_ref(), Some(checkpoint));
        }
        let other = PLANS.iter().find(|plan| **plan != expected.plan).unwrap();
        assert!(store.load(session, other).unwrap_err().is_snapshot());
        assert!(store.checkpoints(session, other).unwrap_err().is_snapshot());
        assert!(store.checkpoint(session, other, 0).unwrap_err().is_snapshot());
    }
}

/// Does the same with a store and with the model.
fn follow(
    mut store: Box<dyn StateStore>,
    reopen: impl Fn(Box<dyn StateStore>) -> Box<dyn StateStore>,
    calls: &[(usize, Call)],
) {
    let mut model = Model::new();
    for (step, (session, call)) in calls.iter().enumerate() {
        let session = SESSIONS[*session];
        let last = model.get(session).map_or(0, Expected::last);
        match *call {
            Call::Append { from, count, changed } => {
                let first = last.saturating_add_signed(from + 1);
                let events: Vec<_> =
                    (first..first + count).map(|sequence| event(sequence, changed)).collect();
                let answer = store.append(session, &events);
                let expected = append(&mut model, session, &events);
                match (answer, expected) {
                    (Ok(answer), Ok(counts)) => {
                        assert_eq!((answer.repeated, answer.added), counts);
                        assert_eq!(answer.sequence, model[session].last());
                    }
                    (answer, expected) => assert_eq!(
                        answer.as_ref().map_err(question).err(),
                        expected.as_ref().err().copied(),
                        "{answer:?}, {expected:?}"
                    ),
                }
            }
            Call::Save { at, replaced, other_plan } => {
                let sequence = last.saturating_add_signed(at);
                let at = Point { sequence, ts: (sequence > 0).then_some(step as i64) };
                let state = vec![step as u8; step * 300];
                let plan = &PLANS[usize::from(other_plan)];
                let snapshot = Snapshot { plan, at, state: &state, replaced };
                let answer = store.save(session, &snapshot);
                assert_eq!(answer.as_ref().map_err(question).copied(), save(&mut model, session, &snapshot));
            }
            Call::Remove => assert_eq!(store.remove(session).unwrap(), model.remove(session).is_some()),
            Call::Reopen => store = reopen(store),
        }
        assert_same(&mut *store, &model);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_in_memory_does_what_the_model_does(calls in calls()) {
        follow(Box::new(MemoryStore::default()), |store| store, &calls);
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn the_store_on_disk_does_what_the_model_does(calls in calls()) {
        use ta_runtime::state::store::SqliteStore;

        let folder = tempfile::tempdir().unwrap();
        let open = || Box::new(SqliteStore::open(folder.path()).unwrap()) as Box<dyn StateStore>;
        let reopen = |store| {
            drop::<Box<dyn StateStore>>(store);
            open()
        };
        follow(open(), reopen, &calls);
    }
}

#[test]
fn the_store_in_memory_refuses_what_no_store_takes() {
    refuses_what_no_store_takes(&mut MemoryStore::default());
}

#[cfg(feature = "sqlite")]
#[test]
fn the_store_on_disk_refuses_what_no_store_takes() {
    let folder = tempfile::tempdir().unwrap();
    refuses_what_no_store_takes(&mut ta_runtime::state::store::SqliteStore::open(folder.path()).unwrap());
}

fn refuses_what_no_store_takes(store: &mut dyn StateStore) {
    let snapshot = |sequence| {
        let at = Point { sequence, ts: None };
        Snapshot { plan: &PLANS[0], at, state: b"fresh", replaced: Replaced::Dropped }
    };
    let said = |result: Result<(), Error>| result.unwrap_err().to_string();
    assert_eq!(
        said(store.save("", &snapshot(0))),
        "`` is no name of a session (one character at least, none of control)"
    );
    assert_eq!(
        said(store.load("a\nb", &PLANS[0]).map(drop)),
        "`a\\nb` is no name of a session (one character at least, none of control)"
    );
    assert_eq!(
        said(store.save(&"x".repeat(MAX_NAME + 1), &snapshot(0))),
        "name of a session has 201 bytes (at most 200)"
    );
    assert_eq!(
        said(store.append("a", &[event(1, false)]).map(drop)),
        "no session `a` (its first snapshot is saved before its events)"
    );
    store.save("a", &snapshot(3)).unwrap();
    assert_eq!(
        said(store.append("a", &[event(4, false), event(6, false)]).map(drop)),
        "event 6 comes right after 4 (events that come together count up by one)"
    );
    assert_eq!(
        said(store.append("a", &[event(6, false)]).map(drop)),
        "event 6 leaves a gap after 3 (send again from event 4)"
    );
    store.append("a", &[event(4, false)]).unwrap();
    assert_eq!(
        said(store.append("a", &[event(4, true)]).map(drop)),
        "event 4 is stored with other content (a repeat has the same partition, time and bytes)"
    );
    assert_eq!(
        said(store.save("a", &snapshot(2))),
        "snapshot after event 2 is older than the newest, after event 3"
    );
    assert_eq!(
        said(store.save("a", &Snapshot { plan: &PLANS[1], ..snapshot(4) })),
        "session `a` is of another plan (it goes on with the same expressions, column names and options alone; another name \
         begins anew)"
    );
    assert_eq!(
        said(store.save("a", &snapshot(u64::MAX))),
        "event 18446744073709551615 is past the last one (at most 9223372036854775807)"
    );
    let large = LoggedEvent { bytes: vec![0; MAX_EVENT + 1], ..event(5, false) };
    assert_eq!(said(store.append("a", &[large]).map(drop)), "event 5 has 1048577 bytes (at most 1048576)");

    // The highest there is can be reached, and nothing follows it.
    let last = i64::MAX as u64;
    store.save("a", &snapshot(last)).unwrap();
    assert_eq!(store.append("a", &[event(last, false)]).unwrap().repeated, 1);
    assert!(store.append("a", &[event(last + 1, false)]).unwrap_err().is_limit());
    assert_eq!(store.load("a", &PLANS[0]).unwrap().unwrap().sequence(), last);
}
