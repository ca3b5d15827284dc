//! Gaps are skipped: a row with a missing input costs that row and nothing else, and each policy means the same in every
//! mode.

use super::{Cases, Judged, Rule, usual_rows};
use crate::conformance::case::{Case, Columns, blank, part, parts_mut, step};
use crate::conformance::compare::{Answers, same, within_parity};
use crate::conformance::saved::Saved;
use crate::conformance::series::Kind;
use crate::missing::{self, Gate, Missing, MissingInput};
use crate::spec::MissingInputs;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Cases(Cases { judge, kinds: |_| vec![Kind::Gaps], rows: usual_rows, vary: true })
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let mut judged = 0;
    for policy in Missing::ALL {
        let said = |text| format!("missing = {policy}: {text}");
        let batch = in_batch(case, policy);
        let stepped = in_steps(case, policy).map_err(said)?;
        let chunked = in_chunks(case, policy);
        let refusals = [batch.1, stepped.1, chunked.1];
        if refusals.iter().any(|refusal| *refusal != refusals[0]) {
            return Err(said(format!(
                "refused in batch {:?}, in steps {:?}, in chunks {:?}",
                batch.1, stepped.1, chunked.1
            )));
        }
        let answered =
            same(case.def, &Answers("in chunks", &chunked.0), &Answers("step", &stepped.0)).map_err(said)?;
        // Other policies fill gaps, or have few answers by their nature.
        if policy == Missing::Skip {
            judged += answered;
        }
        if batch.1.is_none() {
            within_parity(case.def, &Answers("batch", &batch.0), &Answers("step", &stepped.0))
                .map_err(said)?;
        }
        if policy == Missing::Skip && case.def.spec.missing == MissingInputs::Policy {
            same(case.def, &Answers("with gaps", &stepped.0), &Answers("without", &scattered(case)))
                .map_err(said)?;
        }
    }
    Ok(judged)
}

/// Answers up to the first refusal, and the refusal.
type Outcome<S> = (Columns<S>, Option<MissingInput>);

fn in_batch<S: Saved>(case: &Case<S>, policy: Missing) -> Outcome<S> {
    let mut out = blank(case.def.spec.outputs.len(), case.rows(), S::ZERO);
    let inputs = part(&case.inputs, 0..case.rows());
    let refusal = missing::batch::<S>(&*case.node(), policy, &inputs, &mut parts_mut(&mut out)).err();
    (out, refusal)
}

/// Steps as a plan does, with inputs and outputs in one row, the inputs in another order than declared. Also looks that a
/// refused row leaves the node as it was, and that a peek answers what the step will.
fn in_steps<S: Saved>(case: &Case<S>, policy: Missing) -> Result<Outcome<S>, String> {
    let mut gate = Gate::<S>::new(case.node(), policy);
    let mut out = blank(case.def.spec.outputs.len(), 0, S::ZERO);
    let slots: Vec<usize> = (0..case.inputs.len()).rev().collect();
    let first = slots.len();
    let mut values = vec![S::ZERO; first + out.len()];
    for row in 0..case.rows() {
        for (&slot, column) in slots.iter().zip(&case.inputs) {
            values[slot] = column[row];
        }
        let mut peeked = values.clone();
        let looked = gate.peek_in(&mut peeked, &slots, first);
        let before = looked.is_err().then(|| S::compact(gate.node()));
        if let Err(refusal) = gate.step_in(&mut values, &slots, first) {
            if before != Some(S::compact(gate.node())) {
                return Err(format!("row {row}: refused, and the state has changed"));
            }
            return Ok((out, Some(MissingInput { row, ..refusal })));
        }
        let (peeked, answer) = (&peeked[first..], &values[first..]);
        if looked.is_err() || peeked.iter().zip(answer).any(|(peeked, answer)| !peeked.same(*answer)) {
            return Err(format!("row {row}: peek {peeked:?}, step {answer:?}"));
        }
        for (column, &value) in out.iter_mut().zip(answer) {
            column.push(value);
        }
    }
    Ok((out, None))
}

fn in_chunks<S: Saved>(case: &Case<S>, policy: Missing) -> Outcome<S> {
    let mut gate = Gate::<S>::new(case.node(), policy);
    let mut out = blank(case.def.spec.outputs.len(), 0, S::ZERO);
    for chunk in case.chunks() {
        let from = chunk.start;
        let mut answers = blank(out.len(), chunk.len(), S::ZERO);
        let refusal = gate.advance(&part(&case.inputs, chunk), &mut parts_mut(&mut answers)).err();
        let taken = refusal.map_or(usize::MAX, |refusal| refusal.row);
        for (column, answers) in out.iter_mut().zip(answers) {
            column.extend(answers.into_iter().take(taken));
        }
        if let Some(refusal) = refusal {
            return (out, Some(MissingInput { row: from + refusal.row, ..refusal }));
        }
    }
    (out, None)
}

/// The answers without the rows that have gaps, each put back in its row.
fn scattered<S: Saved>(case: &Case<S>) -> Columns<S> {
    let complete = |row: &usize| !case.inputs.iter().any(|column| column[*row].is_missing());
    let present: Vec<usize> = (0..case.rows()).filter(complete).collect();
    let dense: Columns<S> =
        case.inputs.iter().map(|column| present.iter().map(|&row| column[row]).collect()).collect();
    let mut answers = Vec::new();
    step::<S>(&mut *case.node(), &dense, 0..present.len(), &mut answers);
    let mut out = blank(answers.len(), case.rows(), S::MISSING);
    for (column, answers) in out.iter_mut().zip(answers) {
        for (&row, value) in present.iter().zip(answers) {
            column[row] = value;
        }
    }
    out
}
