//! The same answer twice: asked again, asked of another node, and after a reset.

use super::{Judged, Rule};
use crate::conformance::case::{Case, batch, step};
use crate::conformance::compare::{Answers, same};
use crate::conformance::saved::Saved;
use crate::node::Node;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Cases(Rule::cases(judge))
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let mut node = case.node();
    let (mut first, mut again) = (Vec::new(), Vec::new());
    step::<S>(&mut *node, &case.inputs, 0..case.rows(), &mut first);
    let batch_of = |node: &S::Node| batch::<S>(node, &case.inputs, case.rows());
    let (used, fresh, twice) = (batch_of(&node), case.batch(), batch_of(&node));
    node.reset();
    step::<S>(&mut *node, &case.inputs, 0..case.rows(), &mut again);

    same(case.def, &Answers("step", &first), &Answers("step of another node", &case.steps()))?;
    same(case.def, &Answers("step", &first), &Answers("step after reset", &again))?;
    same(case.def, &Answers("batch", &fresh), &Answers("batch of a used node", &used))?;
    same(case.def, &Answers("batch", &used), &Answers("batch again", &twice))
}
