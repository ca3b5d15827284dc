//! What a correction of history changed.

use ta_kernel_api::Scalar;

use super::{Envelope, Output};

/// What a correction did.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision<S> {
    /// The rows whose answers are others now, in the order of time.
    pub changed: Vec<ChangedRow<S>>,
    /// How many rows of all partitions were taken in again.
    pub replayed: usize,
    /// How many rows of all partitions there were before the state that was gone back to.
    pub kept: usize,
}

/// A row whose answer is another one now.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedRow<S> {
    /// The time of the row.
    pub ts: i64,
    /// The outputs as they were; `None` for a row that was not there.
    pub before: Option<Vec<S>>,
    /// The outputs as they are; `None` for a row that is gone.
    pub after: Option<Vec<S>>,
}

/// The rows of two runs in which the outputs differ.
pub(crate) fn differences<S: Scalar>(old: &Envelope<S>, new: &Envelope<S>) -> Vec<ChangedRow<S>> {
    let outputs = |envelope: &Envelope<S>, row: usize| -> Vec<S> {
        envelope.outputs.iter().map(|output| output.values[row]).collect()
    };
    let mut changed = Vec::new();
    let (mut at, mut now) = (0, 0);
    loop {
        let (is_old, is_new, ts) = match (old.ts.get(at), new.ts.get(now)) {
            (Some(&old), Some(&new)) => (old <= new, new <= old, old.min(new)),
            (Some(&old), None) => (true, false, old),
            (None, Some(&new)) => (false, true, new),
            (None, None) => return changed,
        };
        let same = |(a, b): (&Output<S>, &Output<S>)| a.values[at].same(b.values[now]);
        if !(is_old && is_new && old.outputs.iter().zip(&new.outputs).all(same)) {
            let before = is_old.then(|| outputs(old, at));
            let after = is_new.then(|| outputs(new, now));
            changed.push(ChangedRow { ts, before, after });
        }
        at += usize::from(is_old);
        now += usize::from(is_new);
    }
}
