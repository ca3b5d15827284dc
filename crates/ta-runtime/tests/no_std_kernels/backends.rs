//! What the ways of running a plan keep, forget and say of themselves.

use ta_kernel_api::Missing;
use ta_runtime::dataset::{Dataset, Partition, PartitionKey};
use ta_runtime::exec::{
    self, Bar, Checkpoints, ExecutionBackend, Live, Mode, Rerun, Session, Settings, Shadow,
};
use ta_runtime::plan::Plan;

use crate::plan;

const MINUTE: i64 = 60_000;

fn key(text: &str) -> PartitionKey {
    text.parse().unwrap()
}

/// So many rows of two symbols.
fn data(rows: i64) -> Dataset<f64> {
    let mut data = Dataset::new();
    for (name, first) in [("A.1m", 1), ("B.1m", 100)] {
        let ts: Vec<i64> = (0..rows).map(|row| row * MINUTE).collect();
        let close: Vec<f64> = (0..rows).map(|row| (first + row % 7) as f64).collect();
        let key = key(name);
        data.append(&key, &Partition::from_columns(key.source, &ts, &[("close", &close)]).unwrap()).unwrap();
    }
    data
}

fn one(name: &str, minute: i64, close: f64) -> Partition<f64> {
    Partition::from_columns(key(name).source, &[minute * MINUTE], &[("close", &[close])]).unwrap()
}

fn two() -> Plan {
    plan::<f64>(
        &[(Some("a"), "test::mean(close, 3)"), (Some("b"), "test::mean(B.close, 3) + B.close[2]")],
        Missing::Skip,
    )
}

fn bar(backend: &dyn ExecutionBackend<f64>, feed: usize, minute: i64, close: f64) -> Bar<f64> {
    backend.binding().feeds()[feed].bar(minute * MINUTE, &[close]).unwrap()
}

fn settings(mode: Mode, checkpoints: Checkpoints) -> Settings {
    Settings::new(Some(mode), Some(1.0), |_| None).unwrap().with_checkpoints(checkpoints)
}

#[test]
fn a_correction_computes_again_only_what_depends_on_it() {
    let (plan, base) = (two(), key("A.1m"));
    let checkpoints = Checkpoints { every: 10, ..Checkpoints::default() };
    let (mut live, _) = Live::initialize(&plan, &data(100), &base, checkpoints).unwrap();
    let kept = live.checkpoints();

    // Nothing of `a` reads the other symbol.
    let revision = live.revise(&key("B.1m"), 50 * MINUTE..51 * MINUTE, &one("B.1m", 50, 7.0)).unwrap();
    assert_eq!(revision.outputs, [1]);
    let changed: Vec<_> =
        revision.changed.iter().map(|row| (row.ts / MINUTE, row.after.as_ref().map(Vec::len))).collect();
    assert_eq!(changed, [(50, Some(1)), (51, Some(1)), (52, Some(1))]);
    assert!(revision.touched < plan.nodes().len(), "{} of {} nodes", revision.touched, plan.nodes().len());
    assert_eq!(live.checkpoints(), kept);
    assert!(revision.replayed <= 200 - 100 + 10, "{} rows", revision.replayed);

    // The plan's own rows move all that is read on them.
    let revision = live.revise(&base, 90 * MINUTE..91 * MINUTE, &one("A.1m", 90, 9.0)).unwrap();
    assert_eq!(revision.outputs, [0, 1]);
    let changed: Vec<_> = revision.changed.iter().map(|row| row.ts / MINUTE).collect();
    assert_eq!(changed, [90, 91, 92]);

    // States that were kept through it are right: a row before them moves what comes after.
    let mut right = data(100);
    right.replace(&key("B.1m"), 50 * MINUTE..51 * MINUTE, &one("B.1m", 50, 7.0)).unwrap();
    right.replace(&base, 90 * MINUTE..91 * MINUTE, &one("A.1m", 90, 9.0)).unwrap();
    right.replace(&base, 55 * MINUTE..56 * MINUTE, &one("A.1m", 55, 5.5)).unwrap();
    live.revise(&base, 55 * MINUTE..56 * MINUTE, &one("A.1m", 55, 5.5)).unwrap();
    let (rerun, _) = Session::initialize_in(&plan, &right, &base).unwrap();
    assert_eq!(live.session().snapshot().unwrap(), rerun.snapshot().unwrap());
}

#[test]
fn no_more_rows_are_kept_than_asked_for() {
    let (plan, base) = (two(), key("A.1m"));
    let checkpoints = Checkpoints { every: 10, most: 4, rows: 50 };
    let (mut live, _) = Live::initialize(&plan, &data(100), &base, checkpoints).unwrap();
    for minute in 100..200 {
        live.take(&[bar(&live, 0, minute, 2.0), bar(&live, 1, minute, 1.0)]).unwrap();
        let kept = live.evaluate().unwrap().meta.events;
        assert!((20..=50).contains(&kept), "{kept} rows");
    }
    let late = live.revise(&base, 100 * MINUTE..101 * MINUTE, &one("A.1m", 100, 1.0)).unwrap_err();
    assert!(late.is_stale());
    assert!(late.to_string().contains("the rows of that time are no longer kept"), "{late}");
    assert!(
        !live.revise(&base, 195 * MINUTE..196 * MINUTE, &one("A.1m", 195, 9.0)).unwrap().changed.is_empty()
    );
}

#[test]
fn what_is_admitted_is_taken_in_and_what_is_not_would_be_refused() {
    let (plan, base) = (two(), key("A.1m"));
    for mode in Mode::ALL {
        let (mut backend, _) =
            exec::initialize(&plan, &data(5), &base, &settings(mode, Checkpoints::default())).unwrap();
        let mut next = Dataset::new();
        next.append(&base, &one("A.1m", 5, 1.0)).unwrap();
        // It would have been read by the row that is taken in below.
        let mut late = Dataset::new();
        late.append(&key("B.1m"), &one("B.1m", 5, 1.0)).unwrap();
        let before = backend.snapshot().unwrap();
        backend.admit(&next).unwrap();
        backend.admit(&late).unwrap();
        assert_eq!(backend.snapshot().unwrap(), before, "{mode}");
        backend.replay(&next).unwrap();
        let last = ["A.1m", "B.1m", "C.1m"].map(|name| backend.last(&key(name)));
        assert_eq!(last, [Some(5 * MINUTE), Some(4 * MINUTE), None]);
        for refused in [&next, &late] {
            let error = backend.admit(refused).unwrap_err();
            assert!(error.is_stale(), "{mode}");
            assert_eq!(error.to_string(), backend.replay(refused).unwrap_err().to_string());
        }
    }
}

#[test]
fn a_shadow_that_was_reset_is_checked_from_there_on() {
    let (plan, base) = (two(), key("A.1m"));
    let (mut shadow, _) =
        Shadow::initialize(&plan, &data(9), &base, &settings(Mode::Shadow, Checkpoints::default())).unwrap();
    shadow.reset(&key("B.1m")).unwrap();
    assert_eq!(shadow.live().session().inspect()["nodes"].as_array().unwrap().len(), plan.nodes().len());
    let answer = shadow.step(&[bar(&shadow, 0, 9, 2.0), bar(&shadow, 1, 9, 1.0)]).unwrap();
    assert!(answer.outputs[1].values[0].is_nan());
    assert_eq!(answer.meta.parity.unwrap().differing, 0);
}

#[test]
fn what_is_reset_begins_a_new_epoch_and_the_rest_goes_on() {
    let (plan, base) = (two(), key("A.1m"));
    let (mut live, _) = Live::initialize(&plan, &data(10), &base, Checkpoints::default()).unwrap();
    live.reset(&key("B.1m")).unwrap();
    let nodes = live.session().inspect()["nodes"].clone();
    let status = |label: &str, epoch: u64| {
        let mut nodes = nodes.as_array().unwrap().iter();
        let node = nodes.find(|node| node["node"] == label && node["epoch"] == epoch);
        node.unwrap_or_else(|| panic!("{label} in {nodes:?}"))["status"].clone()
    };
    assert_eq!(status("test::mean(period=3)", 0), "present");
    assert_eq!(status("test::mean(period=3)", 1), "warming up");

    let mut answers = Vec::new();
    for minute in 10..13 {
        let envelope = live.take(&[bar(&live, 0, minute, 5.0), bar(&live, 1, minute, 5.0)]).unwrap();
        answers.push([0, 1].map(|output: usize| envelope.outputs[output].values[0].is_nan()));
    }
    assert_eq!(answers, [[false, true], [false, true], [false, false]]);
    assert!(live.revise(&base, 5 * MINUTE..6 * MINUTE, &one("A.1m", 5, 1.0)).unwrap_err().is_stale());
    let error = live.reset(&key("C.1m")).unwrap_err();
    assert_eq!(error.to_string(), "plan does not read `C.1m.ohlcv` (it reads `B.1m.ohlcv`, `A.1m.ohlcv`)");
}

#[test]
fn shadow_counts_what_differs_in_single_steps_too() {
    let plan = plan::<f64>(&[(Some("x"), "test::liar(close)")], Missing::Skip);
    let (mut shadow, first) =
        Shadow::initialize(&plan, &data(3), &key("A.1m"), &settings(Mode::Shadow, Checkpoints::default()))
            .unwrap();
    let parity = first.meta.parity.unwrap();
    assert_eq!((parity.compared, parity.differing), (3, 3));
    let answer = shadow.step(&[bar(&shadow, 0, 3, 8.0)]).unwrap();
    assert_eq!(answer.outputs[0].values, [8.0]);
    let parity = answer.meta.parity.unwrap();
    assert_eq!(parity.differences, ["1970-01-01T00:03:00Z, `x`: 8 and in batch 9"]);
}

#[test]
fn a_snapshot_of_another_way_is_refused() {
    let (plan, data, base) = (two(), data(5), key("A.1m"));
    let restored = |from: Mode, to: Mode| {
        let (backend, _) =
            exec::initialize(&plan, &data, &base, &settings(from, Checkpoints::default())).unwrap();
        let bytes = backend.snapshot().unwrap();
        exec::restore::<f64>(&plan, &bytes, &settings(to, Checkpoints::default()))
            .map(|backend| backend.mode())
    };
    assert_eq!(restored(Mode::Incremental, Mode::Shadow).unwrap(), Mode::Shadow);
    let refused = restored(Mode::Batch, Mode::Incremental).unwrap_err();
    assert!(refused.is_snapshot());
    assert_eq!(refused.to_string(), "snapshot holds rows (it was made in the mode `batch`)");
    let refused = restored(Mode::Shadow, Mode::Batch).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "snapshot holds a state (it was made in the mode `incremental` or `shadow`)"
    );
}

#[test]
fn an_answer_says_how_it_was_made() {
    let (plan, base) = (two(), key("A.1m"));
    let checkpoints = Checkpoints { every: 5, ..Checkpoints::default() };
    let (mut live, first) = Live::initialize(&plan, &data(10), &base, checkpoints).unwrap();
    assert_eq!((first.meta.rows, first.meta.events, first.meta.checkpoints), (10, 20, 5));
    assert_eq!(first.meta.touched, plan.nodes().len());
    assert!(first.meta.elapsed.is_some());
    // A row of the other symbol moves its own nodes alone.
    let answer = live.take(&[bar(&live, 0, 10, 1.0)]).unwrap();
    assert_eq!((answer.meta.rows, answer.meta.events), (0, 1));
    assert!((1..plan.nodes().len()).contains(&answer.meta.touched));

    let (mut rerun, first) = Rerun::initialize(&plan, &data(10), &base, &Settings::default()).unwrap();
    assert_eq!((first.meta.mode, first.meta.rows, first.meta.events), (Mode::Batch, 10, 20));
    let answer = rerun.step(&[bar(&rerun, 1, 10, 1.0)]).unwrap();
    assert_eq!((answer.meta.rows, answer.meta.events, answer.ts[0]), (1, 1, 10 * MINUTE));
    // The status of nodes is that of the rows that are answered.
    assert!(answer.nodes.iter().all(|node| node.first.is_none_or(|row| row == 0)), "{:?}", answer.nodes);
}
