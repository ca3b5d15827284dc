//! Causal: the first rows of the answer are the answer to the first rows.

use super::{Judged, Rule};
use crate::conformance::case::{Case, batch};
use crate::conformance::compare::{Answers, within_parity};
use crate::conformance::saved::Saved;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Cases(Rule::cases(judge))
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let (node, whole) = (case.node(), case.batch());
    let mut judged = 0;
    for rows in case.cuts(3) {
        let prefix = batch::<S>(&*node, &case.inputs, rows);
        judged += within_parity(case.def, &Answers("with later rows", &whole), &Answers("without", &prefix))
            .map_err(|said| format!("cut after {rows} rows: {said}"))?;
    }
    Ok(judged)
}
