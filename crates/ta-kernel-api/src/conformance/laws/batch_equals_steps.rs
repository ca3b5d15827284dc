//! Batch equals steps: a history computed at once and the same history lived through bar by bar give one answer.

use super::{Judged, Rule};
use crate::conformance::case::Case;
use crate::conformance::compare::{Answers, within_parity};
use crate::conformance::saved::Saved;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Cases(Rule::cases(judge))
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    within_parity(case.def, &Answers("batch", &case.batch()), &Answers("step", &case.steps()))
}
