//! Chunks do not matter: rows that arrive in chunks are answered as rows that arrive one by one.
//!
//! A second instance takes in other data in between, so memory outside the node's state shows.

use super::{Judged, Rule};
use crate::conformance::case::{Case, advance};
use crate::conformance::compare::{Answers, same};
use crate::conformance::saved::Saved;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Cases(Rule::cases(judge))
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let (mut node, mut other) = (case.node(), case.node());
    let other_inputs = case.other_inputs();
    let (mut out, mut unused) = (Vec::new(), Vec::new());
    for chunk in case.chunks() {
        advance::<S>(&mut *node, &case.inputs, chunk.clone(), &mut out);
        advance::<S>(&mut *other, &other_inputs, chunk, &mut unused);
    }
    same(case.def, &Answers("in chunks", &out), &Answers("step", &case.steps()))
}
