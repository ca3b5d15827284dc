//! Bounded state: what a node saves after many rows is no larger than after fewer.

use super::{Cases, Judged, LONGEST, Rows, Rule, Shape};
use crate::conformance::case::{Case, step};
use crate::conformance::compare::answered;
use crate::conformance::saved::Saved;
use crate::conformance::series::Kind;
use crate::scalar::ScalarKind;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Cases(Cases { judge, kinds: |_| vec![Kind::Walk, Kind::Trend], rows, vary: false })
}

/// A warm-up, and two stretches to compare. Counts below 256 take one byte, from there on three.
fn rows(shape: &Shape) -> Rows {
    let stretch = if shape.scalar == ScalarKind::F64 { 1024 } else { 512 };
    if shape.lookback > LONGEST { Rows::None } else { Rows::Exactly(shape.lookback + 256 + 2 * stretch) }
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let warm = case.timing().longest() + 256;
    let stretch = (case.rows() - warm) / 2;
    let (mut node, mut out) = (case.node(), Vec::new());
    step::<S>(&mut *node, &case.inputs, 0..warm, &mut out);
    let mut largest = |from: usize| -> Result<usize, String> {
        let mut largest = 0;
        for row in (from..from + stretch).step_by(32) {
            step::<S>(&mut *node, &case.inputs, row..row + 32, &mut out);
            largest = largest.max(S::compact(&*node)?.len());
        }
        Ok(largest)
    };
    let (first, second) = (largest(warm)?, largest(warm + stretch)?);
    // Numbers take a few bytes more or less; a stream that is kept takes at least one byte every few rows.
    if second > first + stretch / 4 {
        return Err(format!(
            "the saved node takes up to {first} bytes in rows {warm}..{}, up to {second} in the {stretch} rows after them",
            warm + stretch
        ));
    }
    Ok(answered(&out, case.rows()))
}
