//! A clone is independent: it goes its own way and leaves the original alone, and a peek is a clone that is thrown away.

use super::{Judged, Rule};
use crate::conformance::case::{Case, Columns, step};
use crate::conformance::compare::{Answers, same};
use crate::conformance::saved::Saved;
use crate::node::Node;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Cases(Rule::cases(judge))
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let alone = case.steps();
    let elsewhere = case.other_inputs();
    for cut in case.cuts(2) {
        let rest = cut..case.rows();
        let (mut node, mut head) = (case.node(), Vec::new());
        step::<S>(&mut *node, &case.inputs, 0..cut, &mut head);

        // The clone sees other rows first; the original must not notice. Then the original goes on, and a second clone
        // taken before must not notice that.
        let (mut astray, mut second) = (node.boxed_clone(), node.boxed_clone());
        step::<S>(&mut *astray, &elsewhere, rest.clone(), &mut Vec::new());
        let (mut original, mut copy) = (head.clone(), head);
        step::<S>(&mut *node, &case.inputs, rest.clone(), &mut original);
        step::<S>(&mut *second, &case.inputs, rest, &mut copy);
        for (name, out) in [("beside a clone", &original), ("clone", &copy)] {
            same(case.def, &Answers(name, out), &Answers("alone", &alone))
                .map_err(|said| format!("cloned after {cut} rows: {said}"))?;
        }
    }
    peeks(case, &elsewhere, &alone)
}

/// Before each row the node is asked twice: about another row, and about the row to come.
fn peeks<S: Saved>(case: &Case<S>, elsewhere: &[Vec<S>], alone: &Columns<S>) -> Judged {
    let mut node = case.node();
    let (mut peeked, mut stepped) = (vec![Vec::new(); alone.len()], Vec::new());
    let mut answer = vec![S::ZERO; alone.len()];
    for row in 0..case.rows() {
        let at = |columns: &[Vec<S>]| -> Vec<S> { columns.iter().map(|column| column[row]).collect() };
        node.peek(&at(elsewhere), &mut answer);
        node.peek(&at(&case.inputs), &mut answer);
        for (column, &value) in peeked.iter_mut().zip(&answer) {
            column.push(value);
        }
        step::<S>(&mut *node, &case.inputs, row..row + 1, &mut stepped);
    }
    same(case.def, &Answers("peek", &peeked), &Answers("step", alone))?;
    same(case.def, &Answers("after peeks", &stepped), &Answers("without", alone))
}
