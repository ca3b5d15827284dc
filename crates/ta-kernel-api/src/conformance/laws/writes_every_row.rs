//! Batch writes every row: the outputs are handed over with other values in them, and none of these is left.

use super::{Judged, Rule};
use crate::conformance::case::{Case, Columns, blank, part, parts_mut};
use crate::conformance::compare::{Answers, place, same};
use crate::conformance::saved::Saved;
use crate::node::Node;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Cases(Rule::cases(judge))
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let poisons = [-987_654_321, 123_456_789].map(S::from_i64);
    let [first, second] = poisons.map(|poison| over(case, poison));
    for (output, (first, second)) in first.iter().zip(&second).enumerate() {
        let untouched = |row: &usize| first[*row].same(poisons[0]) && second[*row].same(poisons[1]);
        if let Some(row) = (0..case.rows()).find(untouched) {
            return Err(format!("{}: not written", place(case.def, output, row)));
        }
    }
    // A batch that reads what it has not written answers differently.
    same(case.def, &Answers("over one content", &first), &Answers("over another", &second))
}

/// The batch answers, written over columns full of one value.
fn over<S: Saved>(case: &Case<S>, poison: S) -> Columns<S> {
    let mut out = blank(case.def.spec.outputs.len(), case.rows(), poison);
    case.node().batch(&part(&case.inputs, 0..case.rows()), &mut parts_mut(&mut out));
    out
}
