//! Resume: save, load and go on is the same as going on.
//!
//! Both forms of `MessagePack` are loaded again, with fields by position and by name, in turns. JSON is only written: it
//! is for readers, and has no word for every number.

use super::{Judged, Rule};
use crate::conformance::case::{Case, step};
use crate::conformance::compare::{Answers, same};
use crate::conformance::saved::Saved;
use crate::node::Node;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Cases(Rule::cases(judge))
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let uninterrupted = case.steps();
    let mut judged = 0;
    for (cut, named) in case.cuts(1).into_iter().zip([false, true].into_iter().cycle()) {
        let (mut node, mut out) = (case.node(), Vec::new());
        step::<S>(&mut *node, &case.inputs, 0..cut, &mut out);
        let bytes = if named { S::named(&*node)? } else { S::compact(&*node)? };
        let said = |text| {
            format!("saved after {cut} rows, {}: {text}", if named { "by name" } else { "by position" })
        };
        let mut loaded = S::load(&bytes).map_err(|err| said(format!("cannot be loaded: {err}")))?;
        if loaded.params() != case.params {
            return Err(said("loaded with other parameters".to_owned()));
        }
        step::<S>(&mut *loaded, &case.inputs, cut..case.rows(), &mut out);
        judged += same(case.def, &Answers("resumed", &out), &Answers("uninterrupted", &uninterrupted))
            .map_err(said)?;
    }
    S::json(&*case.node()).map(|_| judged)
}
