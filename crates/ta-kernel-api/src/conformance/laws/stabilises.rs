//! A kernel stabilises: after `stabilisation()` rows nobody can tell where its stream began.
//!
//! A kernel with a finite memory (whose stabilisation is its lookback) is also judged after a fall by nine orders of
//! magnitude, where the remains of a running add-and-subtract would show. A cumulative kernel answers `usize::MAX`,
//! "never", and is not judged.

use super::{Cases, Judged, LONGEST, Rows, Rule, Shape};
use crate::conformance::case::{Case, step};
use crate::conformance::compare::{Answers, agree, close, scale};
use crate::conformance::saved::Saved;
use crate::conformance::series::{DROP, Kind};

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
    let judged = match shape.kind {
        Kind::Drop => finite && rows <= 3 * DROP,
        _ => shape.stabilisation <= LONGEST,
    };
    if judged { Rows::Exactly(rows) } else { Rows::None }
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let timing = case.timing();
    let stabilisation = timing.stabilisation;
    let start = head_start(case.series.kind);
    let judged = start + stabilisation;
    // The rows that are not judged have no value in either.
    let from = |start| {
        let mut out = Vec::new();
        step::<S>(&mut *case.node(), &case.inputs, start..case.rows(), &mut out);
        let judged = |column: &Vec<S>| [vec![S::MISSING; judged], column[judged - start..].to_vec()].concat();
        out.iter().map(judged).collect::<Vec<_>>()
    };
    let (early, late) = (from(0), from(start));
    // A finite memory has forgotten the rows before its window, however large; others only tell their size apart from
    // what is left.
    let finite = timing.longest() == stabilisation;
    let seen = if finite { start..case.rows() } else { 0..case.rows() };
    // Volumes and the clock are counted in other units than answers are.
    let prices = case.def.spec.inputs.iter().zip(&case.inputs);
    let prices = prices.filter(|(input, _)| !matches!(input.field, Some("volume" | "ts")));
    let size = prices.map(|(_, column)| scale(&column[seen.clone()])).fold(0.0, f64::max);
    let floors: Vec<f64> = early.iter().map(|column| scale(column).max(size)).collect();
    let alike = |output: usize, a, b| close(a, b, 1e-9, floors[output]);
    agree(case.def, &Answers("started at row 0", &early), &Answers("started later", &late), alike)
        .map_err(|text| format!("{stabilisation} rows after a start at row {start}: {text}"))
}
