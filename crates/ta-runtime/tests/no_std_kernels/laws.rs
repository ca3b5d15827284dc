//! Batch, replay, steps, chunks and a resumed snapshot give the same, bit for bit or refusal for refusal.

use proptest::prelude::*;
use ta_kernel_api::{Decimal, Missing, Scalar};
use ta_runtime::Error;
use ta_runtime::dataset::{OHLCV, Partition};
use ta_runtime::exec::{Envelope, Session, evaluate};
use ta_runtime::plan::Plan;

use crate::{EXPRESSIONS, assert_same, partition, plan};

fn start<S: Scalar>(plan: &Plan) -> (Session<S>, Envelope<S>) {
    Session::initialize(plan, None).unwrap()
}

/// Adds the rows of one answer to those of another.
fn join<S: Scalar>(whole: &mut Envelope<S>, part: &Envelope<S>) {
    whole.ts.extend(&part.ts);
    whole.meta.rows += part.meta.rows;
    for (whole, part) in whole.outputs.iter_mut().zip(&part.outputs) {
        whole.values.extend(&part.values);
    }
}

/// One step per row, each peeked before and, when it is refused, without effect.
fn steps<S: Scalar>(plan: &Plan, rows: &Partition<S>) -> Answer<S> {
    let (mut session, mut whole) = start::<S>(plan);
    let fields: Vec<&[S]> = session.layout().names().iter().map(|name| rows.column(name).unwrap()).collect();
    for (row, &ts) in rows.ts().iter().enumerate() {
        let values: Vec<S> = fields.iter().map(|field| field[row]).collect();
        let bar = session.layout().bar(ts, &values).unwrap();
        let before = session.snapshot().unwrap();
        let peeked = session.peek(&bar).map(|row| row.iter().map(|(_, _, value)| value).collect::<Vec<_>>());
        assert!(session.snapshot().unwrap() == before, "a peek is not remembered");
        match session.step(&bar) {
            Ok(row) => {
                for (((_, _, value), peeked), whole) in
                    row.iter().zip(peeked.unwrap()).zip(&mut whole.outputs)
                {
                    assert!(value.same(peeked));
                    whole.values.push(value);
                }
            }
            Err(err) => {
                assert_eq!(peeked.unwrap_err().to_string(), err.to_string());
                assert!(session.snapshot().unwrap() == before, "a refused row leaves the session as it was");
                return Err(err);
            }
        }
        whole.ts.push(ts);
        whole.meta.rows += 1;
    }
    Ok((whole, session.snapshot()?))
}

/// Pieces of the rows, with a snapshot and a restored session between them if asked for.
fn pieces<S: Scalar>(plan: &Plan, rows: &Partition<S>, cuts: &[usize], resume: bool) -> Answer<S> {
    let (mut session, mut whole) = start::<S>(plan);
    let mut from = 0;
    for &cut in cuts.iter().chain([&rows.len()]) {
        let cut = cut.clamp(from, rows.len());
        let before = session.snapshot().unwrap();
        match session.replay(&rows.slice(from..cut)) {
            Ok(part) => join(&mut whole, &part),
            Err(err) => {
                assert!(session.snapshot().unwrap() == before, "refused rows leave the session as it was");
                return Err(err);
            }
        }
        if resume {
            let bytes = session.snapshot().unwrap();
            session = Session::restore(plan, &bytes).unwrap();
            assert!(session.snapshot().unwrap() == bytes, "what is read back is what was saved");
        }
        from = cut;
    }
    Ok((whole, session.snapshot()?))
}

/// An answer and the snapshot after it.
type Answer<S> = Result<(Envelope<S>, Vec<u8>), Error>;

/// Compares a way to run with the batch, refusal for refusal, and gives the snapshot after it.
fn agree<S: Scalar>(what: &str, batch: &Result<Envelope<S>, Error>, other: Answer<S>) -> Option<Vec<u8>> {
    match (batch, other) {
        (Ok(batch), Ok((other, snapshot))) => {
            assert_same(what, batch, &other);
            Some(snapshot)
        }
        (Err(batch), Err(other)) => {
            assert!(batch.is_missing() && other.is_missing(), "{what}: {batch} and {other}");
            assert_eq!(batch.message(), other.message(), "{what}");
            assert_eq!(batch.location().unwrap().ts, other.location().unwrap().ts, "{what}");
            None
        }
        (batch, other) => panic!("{what}: {:?} and {:?}", batch.as_ref().err(), other.err()),
    }
}

fn all_ways<S: Scalar>(plan: &Plan, rows: &Partition<S>, cuts: &[usize]) -> Result<Envelope<S>, Error> {
    let batch = evaluate(plan, rows);
    let snapshots = [
        agree("steps", &batch, steps(plan, rows)),
        agree("replay", &batch, pieces(plan, rows, &[], false)),
        agree("chunks", &batch, pieces(plan, rows, cuts, false)),
        agree("resumed snapshots", &batch, pieces(plan, rows, cuts, true)),
    ];
    assert!(snapshots.windows(2).all(|pair| pair[0] == pair[1]), "equal histories leave equal snapshots");
    if let (Ok(batch), Ok((_, replayed))) = (&batch, Session::initialize(plan, Some(rows))) {
        assert_eq!(batch.nodes, replayed.nodes);
    }
    batch
}

/// Bars of which about one value in sixteen is missing, or none.
fn bars() -> impl Strategy<Value = Vec<(i64, [Option<i32>; 5])>> {
    (
        any::<bool>(),
        proptest::collection::vec((1i64..4, proptest::array::uniform5((0i32..64, -8i32..9))), 0..40),
    )
        .prop_map(|(gaps, rows)| {
            let value = |at: usize, (dice, value): (i32, i32)| {
                let value = if matches!(at, 1 | 2) { value.abs() } else { value };
                (!gaps || dice >= 4).then_some(value)
            };
            rows.into_iter()
                .map(|(minutes, values)| (minutes, std::array::from_fn(|at| value(at, values[at]))))
                .collect()
        })
}

proptest! {
    #[test]
    fn all_ways_agree(bars in bars(), mut cuts in proptest::collection::vec(0usize..40, 0..4)) {
        cuts.sort_unstable();
        for missing in Missing::ALL {
            let _ = all_ways::<f64>(&plan::<f64>(EXPRESSIONS, missing), &partition(&bars), &cuts);
            let _ = all_ways::<Decimal>(&plan::<Decimal>(EXPRESSIONS, missing), &partition(&bars), &cuts);
        }
    }

    #[test]
    fn later_rows_change_nothing(bars in bars(), cut in 0usize..40) {
        let plan = plan::<f64>(EXPRESSIONS, Missing::Hold);
        let rows = partition::<f64>(&bars);
        let (whole, prefix) = (evaluate(&plan, &rows).unwrap(), evaluate(&plan, &rows.slice(0..cut)).unwrap());
        for (whole, prefix) in whole.outputs.iter().zip(&prefix.outputs) {
            prop_assert!(whole.values.iter().zip(&prefix.values).all(|(a, b)| a.same(*b)));
        }
    }
}

/// A walk of `rows` bars in which every `gap`th close is missing.
fn walk(rows: usize, gap: usize) -> Vec<(i64, [Option<i32>; 5])> {
    let mut price = 400;
    (1..=rows)
        .map(|row| {
            price += [3, -5, 2, 4, -3][row * row % 5] + i32::from(row % 7 == 0);
            let close = (row % gap != 0).then_some(price + 1);
            (1, [Some(price), Some(4), Some(2), close, Some(row as i32 % 11)])
        })
        .collect()
}

#[test]
fn long_series_agree_across_the_chunks_of_a_replay() {
    for missing in [Missing::Skip, Missing::Hold, Missing::Restart] {
        let plan = plan::<f64>(EXPRESSIONS, missing);
        let rows = partition::<f64>(&walk(2600, 1500));
        let batch = evaluate(&plan, &rows);
        let whole = agree("replay", &batch, pieces(&plan, &rows, &[], false));
        let cut = agree("chunks", &batch, pieces(&plan, &rows, &[1000, 1024, 2100], true));
        assert!(whole.is_some() && whole == cut);
    }
}

#[test]
fn of_several_refusals_the_first_row_is_reported_in_every_mode() {
    // The division refuses rows 3 and 8 of the first kernel; the second one refuses its own rows 5 and 6, found later in the plan.
    let bars: Vec<_> = (0..10)
        .map(|row| {
            (1, [Some(i32::from(row != 8)), Some(1), Some(1), Some(if row == 5 { 0 } else { 2 }), Some(1)])
        })
        .collect();
    let plan = plan::<f64>(
        &[(None, "test::mean(volume / open, 2)"), (None, "test::mean(volume / close, 3)")],
        Missing::Error,
    );
    let err = all_ways::<f64>(&plan, &partition(&bars), &[4]).unwrap_err();
    assert_eq!(
        err.to_string(),
        "row 5, 2000-01-01T00:06:00Z: input `source` of `test::mean(period=3)` is missing (the policy `error` refuses that; \
         `skip`, `hold` and `restart` go on)"
    );
}

#[test]
fn under_the_policy_error_a_missing_field_is_refused() {
    let bars = [(1, [Some(1), Some(1), Some(1), Some(2), None]), (1, [None, Some(1), Some(1), None, None])];
    let err = all_ways::<Decimal>(
        &plan::<Decimal>(&[(None, "close + open")], Missing::Error),
        &partition(&bars),
        &[],
    )
    .unwrap_err();
    assert_eq!(
        err.to_string(),
        "row 1, 2000-01-01T00:02:00Z: field `close` is missing (the policy `error` refuses that; `skip`, `hold` and \
         `restart` go on)"
    );
    let rows: Partition<f64> = partition(&bars);
    let unread = evaluate(&plan::<f64>(&[(None, "high - low")], Missing::Error), &rows).unwrap();
    assert_eq!(unread.outputs[0].values, [0.5, 0.5]);
}

#[test]
fn one_gap_costs_one_row_under_skip() {
    let bars: Vec<_> = [8, 16, 24, 0, 32, 40]
        .into_iter()
        .map(|close| (1, [Some(0), Some(0), Some(0), (close > 0).then_some(close), Some(0)]))
        .collect();
    let answer = all_ways::<f64>(
        &plan::<f64>(&[(None, "test::mean(close, 2)")], Missing::Skip),
        &partition(&bars),
        &[3],
    )
    .unwrap();
    // Quarters: 2, 4, 6, gap, 8, 10.
    let values = &answer.outputs[0].values;
    assert!(values[0].is_nan() && values[3].is_nan());
    assert_eq!((values[1], values[2], values[4], values[5]), (3.0, 5.0, 7.0, 9.0));
    assert_eq!((answer.nodes[1].first, answer.nodes[1].last), (Some(1), Some(5)));
}

#[test]
fn kernels_at_the_same_time_answer_as_one_after_the_other() {
    let rows = 20_000;
    let ts: Vec<i64> = (0..rows).map(|row| row * 60_000).collect();
    let value = |row: i64, by: i64| if row % 97 == by { f64::NAN } else { (row * by % 1009) as f64 };
    let columns = [1, 2, 3, 4, 5].map(|by| (0..rows).map(|row| value(row, by)).collect::<Vec<f64>>());
    let [low, open, close, volume, more] = &columns;
    let high: Vec<f64> = low.iter().zip(more).map(|(low, more)| low + more.max(0.0) + 3000.0).collect();
    let bars = [("open", open), ("high", &high), ("low", low), ("close", close), ("volume", volume)];
    let bars: Vec<(&str, &[f64])> = bars.into_iter().map(|(name, column)| (name, &column[..])).collect();
    let bars = Partition::from_columns(&OHLCV, &ts, &bars).unwrap();
    for missing in [Missing::Skip, Missing::Hold, Missing::Restart] {
        let plan = plan::<f64>(EXPRESSIONS, missing);
        let batch = evaluate(&plan, &bars).unwrap();
        let (_, replayed) = Session::initialize(&plan, Some(&bars)).unwrap();
        assert_same(missing.name(), &batch, &replayed);
    }
}
