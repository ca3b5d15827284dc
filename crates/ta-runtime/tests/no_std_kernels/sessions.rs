//! What a session refuses, shows and keeps.

use ta_kernel_api::{Decimal, Missing, Scalar};
use ta_runtime::dataset::{Dataset, OHLCV, Partition, PartitionKey};
use ta_runtime::exec::{Checkpoints, Live, Mode, Position, Session, evaluate};

use crate::{EXPRESSIONS, plan};

fn closes(ts: &[i64], close: &[f64]) -> Partition<f64> {
    Partition::from_columns(&OHLCV, ts, &[("close", close)]).unwrap()
}

#[test]
fn a_bar_at_or_before_the_position_is_refused() {
    let plan = plan::<f64>(&[(None, "test::mean(close, 2)")], Missing::Skip);
    let (mut session, history) =
        Session::initialize(&plan, Some(&closes(&[1000, 2000], &[1.0, 2.0]))).unwrap();
    assert_eq!((history.meta.mode, history.meta.rows), (Mode::Incremental, 2));
    for ts in [1999, 2000] {
        let bar = session.layout().bar(ts, &[9.0]).unwrap();
        for err in [session.peek(&bar).unwrap_err(), session.step(&bar).unwrap_err()] {
            assert!(err.is_stale());
        }
        assert!(session.replay(&closes(&[ts, 3000], &[9.0, 9.0])).unwrap_err().is_stale());
    }
    let bar = session.layout().bar(2000, &[9.0]).unwrap();
    assert_eq!(
        session.step(&bar).unwrap_err().to_string(),
        "1970-01-01T00:00:02Z: row is not after 1970-01-01T00:00:02Z, which has been taken in"
    );
    assert_eq!(session.position(), Some(Position { ts: 2000, rows: 2 }));
    let bar = session.layout().bar(2001, &[4.0]).unwrap();
    assert_eq!(session.step(&bar).unwrap().get(0), Some(3.0));
    assert_eq!(session.last().map(|row| (row.ts(), row.get(0))), Some((2001, Some(3.0))));
}

#[test]
fn bars_are_checked_when_they_are_made() {
    let plan = plan::<f64>(&[(None, "test::bar().range")], Missing::Skip);
    let (session, _) = Session::<f64>::initialize(&plan, None).unwrap();
    let layout = session.layout();
    let names: Vec<_> = layout.names().iter().map(|name| &**name).collect();
    assert_eq!(names, ["close", "high", "low"]);
    let refused = |result: Result<_, ta_runtime::Error>| {
        result.map(|_: ta_runtime::exec::Bar<f64>| ()).unwrap_err().to_string()
    };
    assert_eq!(
        refused(layout.bar(0, &[1.0])),
        "1970-01-01T00:00:00Z: 1 values for 3 fields (the plan reads `close`, `high`, `low`)"
    );
    assert_eq!(
        refused(layout.bar(0, &[1.0, f64::INFINITY, 1.0])),
        "1970-01-01T00:00:00Z, column `high`: value is inf (a finite number, or missing)"
    );
    assert_eq!(
        refused(layout.bar(0, &[1.0, 1.0, 2.0])),
        "1970-01-01T00:00:00Z, column `high`: `low` 2 is above `high` 1"
    );
    assert!(refused(layout.bar(i64::MIN, &[1.0, 2.0, 1.0])).ends_with("time is out of range"));
    assert_eq!(
        refused(layout.named(0, &[("close", 1.0), ("high", 1.0)])),
        "1970-01-01T00:00:00Z: field `low` is left out (the plan reads `close`, `high`, `low`)"
    );
    assert_eq!(
        refused(layout.named(0, &[("close", 1.0), ("close", 1.0)])),
        "1970-01-01T00:00:00Z: field `close` is given twice (give it once)"
    );
    let bar = layout.named(0, &[("volume", 7.0), ("low", 1.0), ("high", f64::NAN), ("close", 1.5)]).unwrap();
    assert_eq!((bar.values()[0], bar.values()[2]), (1.5, 1.0));
}

#[test]
fn fields_that_are_not_read_must_still_make_sense() {
    let plan = plan::<f64>(&[(None, "close")], Missing::Skip);
    let (session, _) = Session::<f64>::initialize(&plan, None).unwrap();
    let err = session.layout().named(0, &[("close", 1.0), ("high", 1.0), ("low", 2.0)]).unwrap_err();
    assert!(err.is_data());
    assert!(session.layout().named(0, &[("close", 1.0), ("volume", f64::INFINITY)]).unwrap_err().is_data());
}

#[test]
fn a_bar_is_only_taken_by_sessions_that_read_its_fields() {
    let (one, other) =
        (plan::<f64>(&[(None, "close")], Missing::Skip), plan::<f64>(&[(None, "open")], Missing::Skip));
    let (session, _) = Session::<f64>::initialize(&one, None).unwrap();
    let bar = session.layout().bar(0, &[1.0]).unwrap();
    let (mut session, _) = Session::initialize(&other, None).unwrap();
    assert_eq!(
        session.step(&bar).unwrap_err().to_string(),
        "1970-01-01T00:00:00Z: bar has the fields `close` (the plan reads `open`)"
    );
    let (mut session, _) = Session::initialize(&one, None).unwrap();
    assert_eq!(session.step(&bar).unwrap().get(0), Some(1.0));
}

#[test]
fn a_field_that_is_no_column_is_refused_with_near_names() {
    let plan = plan::<f64>(&[(None, "close")], Missing::Skip);
    let rows = Partition::from_columns(&OHLCV, &[0], &[("clos", &[1.0][..]), ("open", &[1.0])]).unwrap();
    let err = evaluate(&plan, &rows).unwrap_err();
    assert!(err.is_unknown_name());
    assert_eq!(
        err.to_string(),
        "data have no column `close` (the columns are `clos`, `open`; close: `clos`)"
    );
}

#[test]
fn a_plan_runs_in_its_own_scalar_only() {
    let plan = plan::<Decimal>(&[(None, "close")], Missing::Skip);
    let err = evaluate(&plan, &closes(&[0], &[1.0])).unwrap_err();
    assert!(err.is_unsupported());
    assert_eq!(err.to_string(), "plan computes in decimal, the data are in f64 (one scalar for both)");
    assert!(Session::<f64>::restore(&plan, &[]).unwrap_err().is_unsupported());
}

#[test]
fn nodes_can_be_looked_at() {
    let plan = plan::<f64>(&[(Some("x"), "test::mean(close, 2) + close[1]")], Missing::Skip);
    let (session, _) = Session::initialize(&plan, Some(&closes(&[0, 1000], &[1.0, 2.0]))).unwrap();
    let shown = session.inspect().to_string();
    assert_eq!(
        shown,
        r#"{"position":{"ts":1000,"rows":2},"nodes":[{"node":"close","epoch":0,"rows":2,"status":"present","values":[2.0]},{"node":"test::mean(period=2)","epoch":0,"rows":2,"status":"present","values":[1.5],"kernel":"test::mean","params":{"period":{"int":2}},"state":{"test::mean@f64":{"version":1,"params":{"period":{"int":2}},"state":[1.0,2.0]}}},{"node":"[1]","epoch":0,"rows":2,"status":"present","values":[1.0],"state":[2.0]},{"node":"+","epoch":0,"rows":2,"status":"present","values":[2.5]}]}"#
    );
}

#[test]
fn no_rows_give_empty_columns_in_both_modes() {
    let plan = plan::<f64>(EXPRESSIONS, Missing::Restart);
    let names = OHLCV.fields.iter().map(|field| field.name);
    let rows = Partition::<f64>::new(&OHLCV, names).unwrap();
    let (session, replayed) = Session::initialize(&plan, Some(&rows)).unwrap();
    let batch = evaluate(&plan, &rows).unwrap();
    assert!(batch.outputs.iter().chain(&replayed.outputs).all(|output| output.values.is_empty()));
    assert_eq!((session.position(), session.last().is_none()), (None, true));
    assert!(batch.meta.shared > 0 && batch.meta.nodes == plan.nodes().len());
    assert!(batch.output("two").is_some() && batch.output("three").is_none());
}

#[test]
fn a_copy_of_a_session_goes_its_own_way() {
    let plan = plan::<f64>(&[(None, "test::ema(close, 3)[1]")], Missing::Skip);
    let (mut session, _) = Session::initialize(&plan, Some(&closes(&[0, 1], &[1.0, 2.0]))).unwrap();
    let mut copy = session.clone();
    let bar = session.layout().bar(2, &[3.0]).unwrap();
    session.step(&bar).unwrap();
    assert!(copy.step(&bar).unwrap().get(0).unwrap().same(1.5));
}

#[test]
fn a_correction_goes_back_to_the_nearest_checkpoint_however_long_the_history_is() {
    const ROWS: usize = 1_000_000;
    let plan = plan::<f64>(&[(None, "test::mean(close, 3)"), (None, "test::ema()")], Missing::Skip);
    let ts: Vec<i64> = (0..ROWS as i64).collect();
    let close: Vec<f64> = ts.iter().map(|ts| (ts % 97) as f64).collect();
    let (mut data, key): (Dataset<f64>, PartitionKey) = (Dataset::new(), "S".parse().unwrap());
    data.append(&key, &closes(&ts, &close)).unwrap();
    let options = Checkpoints::default();
    let (mut live, _) = Live::initialize(&plan, &data, &key, options).unwrap();

    let first = ROWS - 100;
    let right: Vec<f64> = close[first..].iter().map(|close| close + 1.0).collect();
    let revision = live.revise(&key, first as i64..ROWS as i64, &closes(&ts[first..], &right)).unwrap();
    assert_eq!(revision.changed.len(), 100);
    assert_eq!(revision.replayed + revision.kept, ROWS);
    assert!(revision.replayed <= options.every, "{} rows were replayed", revision.replayed);

    // One that reaches further back replays what comes after it, and at most one interval before; old ones are longer.
    for depth in [1, 10_000, 100_001] {
        let bar = live.session().layout().bar((ROWS - depth) as i64, &[-1.0]).unwrap();
        let revision = live.correct(&bar).unwrap();
        assert_eq!(revision.changed[0].ts, (ROWS - depth) as i64);
        let interval = options.every.max(depth / 16);
        assert!(revision.replayed < depth + interval, "{} rows at {depth}", revision.replayed);
    }
}
