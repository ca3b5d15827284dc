//! What the tests of the folds share.

use proptest::prelude::*;

use super::fold::{Fold, Rolling, Window};
use crate::scalar::Scalar;
use crate::state::State;

/// Values of one size, with repetitions.
pub(super) fn series() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![4 => -1e3..1e3, 1 => Just(0.0), 1 => Just(7.25)], 0..200)
}

/// Few different values, so that many are equal.
pub(super) fn ties() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-3i32..3).prop_map(f64::from), 0..200)
}

/// A stream around 1e12 that becomes one around 1e-3, and the row where it does.
pub(super) fn drop_of_fifteen_digits() -> (Vec<f64>, usize) {
    let noise = |row: usize| (row * 7919 % 1009) as f64 / 1009.0;
    let quiet = 1017;
    (
        (0..2048)
            .map(|row| if row < quiet { 1e12 * (1.0 + noise(row)) } else { 1e-3 * (1.0 + noise(row)) })
            .collect(),
        quiet,
    )
}

/// What both forms of a fold answer, nothing in the warm-up; compared bit for bit, before and after a round trip of the state.
pub(super) fn both_forms<F: Fold<f64>>(
    period: usize,
    xs: &[f64],
    view: impl Fn(Window<f64, F>) -> f64,
) -> Vec<Option<f64>> {
    let fresh = Rolling::<f64, F>::new(period);
    let mut state = fresh.clone();
    let step: Vec<f64> = xs
        .iter()
        .enumerate()
        .map(|(row, &x)| {
            if row % 16 == 0 {
                let saved = rmp_serde::to_vec(&state).unwrap();
                state = rmp_serde::from_slice(&saved).unwrap();
                assert!(state.fits(&fresh));
            }
            state.push(x).map_or(f64::MISSING, &view)
        })
        .collect();
    let mut batch = vec![f64::MISSING; xs.len()];
    Rolling::batch(period, xs, [&mut batch], |window| [view(window)]);
    let differs = step.iter().zip(&batch).position(|(step, batch)| !step.same(*batch));
    assert_eq!(differs, None, "first row where batch and step differ");
    let present = |value: f64| (!value.is_missing()).then_some(value);
    batch.into_iter().map(present).collect()
}

/// What `answer` says of each full window, computed from the definition.
pub(super) fn windows(period: usize, xs: &[f64], answer: impl Fn(&[f64]) -> f64) -> Vec<Option<f64>> {
    (1..=xs.len()).map(|end| end.checked_sub(period).map(|start| answer(&xs[start..end]))).collect()
}

/// Within rounding of a computation among numbers of the given size, or both absent.
pub(super) fn close(a: Option<f64>, b: Option<f64>, size: f64) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-13 * size,
        (a, b) => a == b,
    }
}

#[test]
fn a_position_or_length_that_does_not_belong_is_refused() {
    use super::sum::Sum;
    let fresh = Rolling::<f64, Sum>::new(2);
    let saved = r#"{"block":[0,0],"ends":[0,0],"start":0,"base":0,"fresh":1,"full":true}"#;
    let load = |text: &str| serde_json::from_str::<Rolling<f64, Sum>>(text).unwrap();
    assert!(load(saved).fits(&fresh));
    for (good, bad) in [
        ("\"fresh\":1", "\"fresh\":2"),
        ("\"block\":[0,0]", "\"block\":[0]"),
        ("\"ends\":[0,0]", "\"ends\":[]"),
    ] {
        assert!(!load(&saved.replace(good, bad)).fits(&fresh), "{bad}");
    }
}
