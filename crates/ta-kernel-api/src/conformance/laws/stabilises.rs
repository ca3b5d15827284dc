//! A kernel stabilises: after `stabilisation()` rows nobody can tell where its stream began.
//!
//! A kernel with a finite memory (whose stabilisation is its lookback) is also judged after a fall by nine orders of
//! magnitude, where the remains of a running add-and-subtract would show. A cumulative kernel answers `usize::MAX`,
//! "never", and is not judged.

use super::{Cases, Rows, Rule, Shape, Verdict};
use crate::conformance::case::{Case, step};
use crate::conformance::compare::{Answers, close, differ, scale};
use crate::conformance::saved::Saved;
use crate::conformance::series::{DROP, Kind};
use crate::node::Node;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Cases(Cases { judge, kinds: |_| vec![Kind::Walk, Kind::Trend, Kind::Drop], rows, vary: true })
}

/// Rows that only the earlier start sees; in a falling series they reach beyond the fall.
fn head_start(kind: Kind) -> usize {
    if kind == Kind::Drop { DROP + 10 } else { 37 }
}

fn rows(shape: &Shape) -> Rows {
    let rows = shape.stabilisation.saturating_add(head_start(shape.kind) + 24);
    let finite = shape.stabilisation == shape.lookback;
    let most = match shape.kind {
        Kind::Drop if finite => 3 * DROP,
        Kind::Drop => 0,
        _ => 2000,
    };
    if rows > most { Rows::None } else { Rows::Exactly(rows) }
}

fn judge<S: Saved>(case: &Case<S>) -> Verdict {
    let node = case.node();
    let stabilisation = node.stabilisation();
    let start = head_start(case.series.kind);
    let judged = start + stabilisation;
    // The rows that are not judged are the same in both.
    let from = |start| {
        let mut out = Vec::new();
        step::<S>(&mut *case.node(), &case.inputs, start..case.rows(), &mut out);
        let judged = |column: &Vec<S>| [vec![S::ZERO; judged], column[judged - start..].to_vec()].concat();
        out.iter().map(judged).collect::<Vec<_>>()
    };
    let (early, late) = (from(0), from(start));
    // A finite memory has forgotten the rows before its window, however large; others only tell their size apart from
    // what is left.
    let finite = node.lookback().into_iter().max() == Some(stabilisation);
    let seen = if finite { start..case.rows() } else { 0..case.rows() };
    // Volumes and the clock are counted in other units than answers are.
    let prices = case.def.spec.inputs.iter().zip(&case.inputs);
    let prices = prices.filter(|(input, _)| !matches!(input.field, Some("volume" | "ts")));
    let size = prices.map(|(_, column)| scale(&column[seen.clone()])).fold(0.0, f64::max);
    let floors: Vec<f64> = early.iter().map(|column| scale(column).max(size)).collect();
    let agree = |output: usize, a, b| close(a, b, 1e-9, floors[output]);
    let broken =
        differ(case.def, &Answers("started at row 0", &early), &Answers("started later", &late), agree);
    broken.map_or(Ok(()), |text| Err(format!("{stabilisation} rows after a start at row {start}: {text}")))
}
