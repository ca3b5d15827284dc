//! The missing-data policies, worked by hand, the same at once, in chunks and row by row.

use ta_kernel_api::KernelDef;
use ta_kernel_api::missing::{self, Gate, Missing, MissingInput};
use ta_kernel_api::prelude::*;

ta_kernel_api::namespace!("test");

/// The total so far.
#[kernel(id = "test::total", family = "test", since = "0.1", inputs(source = close), outputs(total))]
pub struct Total {}

impl<S: Scalar> Kernel<S, 1, 1> for Total {
    type State = S;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) -> S {
        S::ZERO
    }
    fn step(&self, total: &mut S, [x]: [S; 1]) -> [S; 1] {
        *total += x;
        [*total]
    }
}

/// The change of the product of two series since the row before.
#[kernel(id = "test::product_change", family = "test", since = "0.1", inputs(a, b), outputs(change))]
pub struct ProductChange {}

impl<S: Scalar> Kernel<S, 2, 1> for ProductChange {
    type State = Option<S>;
    fn lookback(&self) -> [usize; 1] {
        [1]
    }
    fn init(&self) -> Option<S> {
        None
    }
    fn step(&self, last: &mut Option<S>, [a, b]: [S; 2]) -> [S; 1] {
        [last.replace(a * b).map_or(S::MISSING, |last| a * b - last)]
    }
}

/// How many values have been missing.
#[kernel(id = "test::gaps", family = "test", since = "0.1", inputs(source = close), outputs(gaps), missing = pass)]
pub struct Gaps {}

impl<S: Scalar> Kernel<S, 1, 1> for Gaps {
    type State = i64;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) -> i64 {
        0
    }
    fn step(&self, gaps: &mut i64, [x]: [S; 1]) -> [S; 1] {
        *gaps += i64::from(x.is_missing());
        [S::from_i64(*gaps)]
    }
}

type Answer = Result<Vec<Option<f64>>, MissingInput>;

fn gate(def: &KernelDef, policy: Missing) -> Gate<f64> {
    Gate::new(def.bind::<f64>(&def.defaults()).unwrap(), policy)
}

fn value(value: f64) -> Option<f64> {
    (!value.is_missing()).then_some(value)
}

fn seen(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(value).collect()
}

/// The one answer of all three modes: at once, row by row, and in two chunks cut at every place.
#[track_caller]
fn answer(def: &KernelDef, policy: Missing, inputs: &[&[f64]]) -> Answer {
    let rows = inputs[0].len();
    let mut out = vec![7.0; rows];
    let at_once =
        missing::batch::<f64>(gate(def, policy).node(), policy, inputs, &mut [&mut out]).map(|()| seen(&out));

    let mut stepped = gate(def, policy);
    let by_row: Answer = (0..rows)
        .map(|row| {
            let given: Vec<f64> = inputs.iter().map(|column| column[row]).collect();
            let (mut out, mut peeked) = ([7.0], [7.0]);
            let looked = stepped.peek(&given, &mut peeked);
            let refused = stepped.step(&given, &mut out);
            assert_eq!((looked, seen(&peeked)), (refused, seen(&out)), "peek and step at row {row}");
            refused.map_err(|lost| MissingInput { row, ..lost }).map(|()| value(out[0]))
        })
        .collect();
    assert_eq!(by_row, at_once, "{policy}: row by row, at once");

    for cut in 0..=rows {
        let (mut gate, mut out) = (gate(def, policy), vec![7.0; rows]);
        let (head, tail) = out.split_at_mut(cut);
        let heads: Vec<&[f64]> = inputs.iter().map(|column| &column[..cut]).collect();
        let tails: Vec<&[f64]> = inputs.iter().map(|column| &column[cut..]).collect();
        let later = |lost: MissingInput| MissingInput { row: cut + lost.row, ..lost };
        let in_chunks =
            gate.advance(&heads, &mut [head]).and_then(|()| gate.advance(&tails, &mut [tail]).map_err(later));
        assert_eq!(in_chunks.map(|()| seen(&out)), at_once, "{policy}: cut before row {cut}");
    }
    at_once
}

const GAP: f64 = f64::NAN;
const NONE: Option<f64> = None;

fn rows<const N: usize>(values: [Option<f64>; N]) -> Vec<Option<f64>> {
    values.to_vec()
}

#[test]
fn skip_leaves_the_row_out() {
    // 1, 1+2, -, 1+2+4
    let got = answer(&TOTAL, Missing::Skip, &[&[1.0, 2.0, GAP, 4.0]]);
    assert_eq!(got, Ok(rows([Some(1.0), Some(3.0), NONE, Some(7.0)])));
    // Products 2, 6, -, -, 20: the change is from the last row that was complete, 6.
    let got =
        answer(&PRODUCT_CHANGE, Missing::Skip, &[&[1.0, 2.0, GAP, 4.0, 4.0], &[2.0, 3.0, 4.0, GAP, 5.0]]);
    assert_eq!(got, Ok(rows([NONE, Some(4.0), NONE, NONE, Some(14.0)])));
}

#[test]
fn hold_puts_the_last_value_in_its_place() {
    // 1, 1+2, 1+2+2, 1+2+2+4
    let got = answer(&TOTAL, Missing::Hold, &[&[1.0, 2.0, GAP, 4.0]]);
    assert_eq!(got, Ok(rows([1.0, 3.0, 5.0, 9.0].map(Some))));
    // Held: a = 1 2 2 4 4, b = 2 3 4 4 5; products 2, 6, 8, 16, 20.
    let got =
        answer(&PRODUCT_CHANGE, Missing::Hold, &[&[1.0, 2.0, GAP, 4.0, 4.0], &[2.0, 3.0, 4.0, GAP, 5.0]]);
    assert_eq!(got, Ok(rows([NONE, Some(4.0), Some(2.0), Some(8.0), Some(4.0)])));
}

#[test]
fn restart_begins_anew_after_the_gap() {
    // 1, 1+2, -, 4, 4+8
    let got = answer(&TOTAL, Missing::Restart, &[&[1.0, 2.0, GAP, 4.0, 8.0]]);
    assert_eq!(got, Ok(rows([Some(1.0), Some(3.0), NONE, Some(4.0), Some(12.0)])));
    // Products 2, 6, -, 20, 30: the row after the gap warms up again.
    let got =
        answer(&PRODUCT_CHANGE, Missing::Restart, &[&[1.0, 2.0, GAP, 4.0, 5.0], &[2.0, 3.0, 4.0, 5.0, 6.0]]);
    assert_eq!(got, Ok(rows([NONE, Some(4.0), NONE, NONE, Some(10.0)])));
}

#[test]
fn error_names_the_row_and_the_input() {
    assert_eq!(answer(&TOTAL, Missing::Error, &[&[1.0, 2.0]]), Ok(rows([1.0, 3.0].map(Some))));
    let got = answer(&TOTAL, Missing::Error, &[&[1.0, 2.0, GAP, GAP]]);
    assert_eq!(got, Err(MissingInput { row: 2, input: 0 }));
    let got = answer(&PRODUCT_CHANGE, Missing::Error, &[&[1.0, 2.0, 3.0], &[2.0, GAP, GAP]]);
    assert_eq!(got, Err(MissingInput { row: 1, input: 1 }));
}

#[test]
fn an_error_leaves_everything_as_it_was() {
    let mut gate = gate(&PRODUCT_CHANGE, Missing::Error);
    let mut out = [7.0];
    gate.step(&[1.0, 2.0], &mut out).unwrap();
    let before = (serde_json::to_string(gate.node()).unwrap(), gate.held().to_vec());
    out = [7.0];
    let refused = gate.step(&[5.0, GAP], &mut out);
    assert_eq!(refused, Err(MissingInput { row: 0, input: 1 }));
    assert_eq!(out, [7.0]);
    assert_eq!((serde_json::to_string(gate.node()).unwrap(), gate.held().to_vec()), before);
    // 3*4 - 1*2
    gate.step(&[3.0, 4.0], &mut out).unwrap();
    assert_eq!(out, [10.0]);
}

#[test]
fn rows_before_the_first_value_are_warm_up_under_every_policy() {
    // `a` begins at row 1, `b` at row 2. Products from there: 6, 20.
    for policy in Missing::ALL {
        let got = answer(&PRODUCT_CHANGE, policy, &[&[GAP, 1.0, 2.0, 4.0], &[GAP, GAP, 3.0, 5.0]]);
        assert_eq!(got, Ok(rows([NONE, NONE, NONE, Some(14.0)])), "{policy}");
        let got = answer(&TOTAL, policy, &[&[GAP, GAP, 2.0, 4.0]]);
        assert_eq!(got, Ok(rows([NONE, NONE, Some(2.0), Some(6.0)])), "{policy}");
        assert_eq!(answer(&TOTAL, policy, &[&[GAP, GAP]]), Ok(rows([NONE, NONE])), "{policy}");
        assert_eq!(answer(&TOTAL, policy, &[&[]]), Ok(vec![]), "{policy}");
    }
}

#[test]
fn a_gap_in_one_input_while_the_other_has_not_begun() {
    let inputs: [&[f64]; 2] = [&[1.0, GAP, 3.0, 4.0], &[GAP, GAP, 2.0, 3.0]];
    // Products 6, 12 once both are there.
    for policy in [Missing::Skip, Missing::Hold, Missing::Restart] {
        assert_eq!(
            answer(&PRODUCT_CHANGE, policy, &inputs),
            Ok(rows([NONE, NONE, NONE, Some(6.0)])),
            "{policy}"
        );
    }
    // But a value that was there before is lost.
    assert_eq!(answer(&PRODUCT_CHANGE, Missing::Error, &inputs), Err(MissingInput { row: 1, input: 0 }));
    // What is held may be older than the other input's beginning: a = 1 1 1, products -, 2, 3.
    let got = answer(&PRODUCT_CHANGE, Missing::Hold, &[&[1.0, GAP, GAP], &[GAP, 2.0, 3.0]]);
    assert_eq!(got, Ok(rows([NONE, NONE, Some(1.0)])));
}

#[test]
fn a_kernel_about_gaps_is_handed_every_row() {
    for policy in Missing::ALL {
        let got = answer(&GAPS, policy, &[&[GAP, 2.0, GAP, 4.0]]);
        assert_eq!(got, Ok(rows([1.0, 1.0, 2.0, 2.0].map(Some))), "{policy}");
    }
}

#[test]
fn a_saved_gate_goes_on_and_one_of_another_shape_is_refused() {
    let mut whole = gate(&PRODUCT_CHANGE, Missing::Hold);
    let mut out = [7.0];
    whole.step(&[1.0, 2.0], &mut out).unwrap();
    let mut restored =
        Gate::restore(whole.node().boxed_clone(), Missing::Hold, whole.held().to_vec()).expect("two inputs");
    for gate in [&mut whole, &mut restored] {
        // 3*2 - 1*2, with `b` held.
        gate.step(&[3.0, GAP], &mut out).unwrap();
        assert_eq!(out, [4.0]);
        gate.reset();
        gate.step(&[3.0, GAP], &mut out).unwrap();
        assert!(out[0].is_missing(), "nothing is held after a reset");
    }
    assert!(Gate::restore(whole.node().boxed_clone(), Missing::Hold, vec![1.0]).is_none());
}

#[test]
fn policies_are_read_by_name() {
    for policy in Missing::ALL {
        assert_eq!(policy.to_string().parse(), Ok(policy));
    }
    let err = "drop".parse::<Missing>().unwrap_err();
    assert_eq!(
        err.to_string(),
        "unknown missing-data policy `drop` (accepted: `skip`, `hold`, `restart`, `error`)"
    );
}
