//! What happens at a row where an input is missing: the policies, and the gate that carries them out.
//!
//! A kernel never sees a missing input. [`Gate`] stands before it and does the same in batch, in chunks and bar by bar.
//! Rows before an input's first value are its warm-up, not missing data: every policy answers them with missing outputs and
//! leaves the kernel alone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::node::Node;
use crate::scalar::Scalar;
use crate::spec::MissingInputs;

/// What happens at a row where an input of a kernel is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// No step: the outputs of that row are missing and the state stays as it was.
    #[default]
    Skip,
    /// The last value of that input stands in for it.
    Hold,
    /// The outputs of that row are missing and the kernel starts afresh after it.
    Restart,
    /// The row is refused.
    Error,
}

impl Missing {
    /// All policies.
    pub const ALL: [Self; 4] = [Self::Skip, Self::Hold, Self::Restart, Self::Error];

    /// The name used in text and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Hold => "hold",
            Self::Restart => "restart",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that names no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPolicy(String);

impl fmt::Display for UnknownPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown missing-data policy `{}` (accepted: `skip`, `hold`, `restart`, `error`)", self.0)
    }
}

impl std::error::Error for UnknownPolicy {}

impl FromStr for Missing {
    type Err = UnknownPolicy;
    fn from_str(text: &str) -> Result<Self, UnknownPolicy> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.name() == text)
            .ok_or_else(|| UnknownPolicy(text.to_owned()))
    }
}

/// An input that was missing under [`Missing::Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingInput {
    /// The row within the call, counted from zero.
    pub row: usize,
    /// The input, counted from zero in declared order.
    pub input: usize,
}

/// A node behind the missing-data policy.
#[derive(Debug)]
pub struct Gate<S: Scalar> {
    node: Box<S::Node>,
    policy: Missing,
    /// Whether the kernel is handed every row as it is.
    open: bool,
    /// Whether anything asks for the last value of an input. Where nothing does it is not kept, so that equal histories leave
    /// equal gates however they were taken in.
    remembers: bool,
    /// The last value of each input, missing before its first and under policies that do not ask for it.
    held: Box<[S]>,
}

impl<S: Scalar> Clone for Gate<S> {
    fn clone(&self) -> Self {
        Self { node: self.node.boxed_clone(), held: self.held.clone(), ..*self }
    }
}

impl<S: Scalar> Gate<S> {
    /// Puts `policy` before a node.
    pub fn new(node: Box<S::Node>, policy: Missing) -> Self {
        let spec = &node.def().spec;
        let open = spec.missing == MissingInputs::Pass;
        let held = vec![S::MISSING; spec.inputs.len()].into();
        let remembers = !open && matches!(policy, Missing::Hold | Missing::Error);
        Self { node, policy, open, remembers, held }
    }

    /// A gate as it was saved: the node and the last value of each input. `None` when there are not as many as inputs.
    pub fn restore(node: Box<S::Node>, policy: Missing, held: Vec<S>) -> Option<Self> {
        let fresh = Self::new(node, policy);
        (held.len() == fresh.held.len()).then_some(Self { held: held.into(), ..fresh })
    }

    /// The node behind the gate.
    pub fn node(&self) -> &S::Node {
        &self.node
    }

    /// The policy before it.
    pub fn policy(&self) -> Missing {
        self.policy
    }

    /// The last value of each input, missing before its first and under policies that do not ask for it.
    pub fn held(&self) -> &[S] {
        &self.held
    }

    /// Back to the state before the first row.
    pub fn reset(&mut self) {
        self.node.reset();
        self.held.fill(S::MISSING);
    }

    /// Takes in one row.
    ///
    /// # Errors
    /// Under [`Missing::Error`], when an input is missing that was present before. Nothing has changed then.
    pub fn step(&mut self, inputs: &[S], outputs: &mut [S]) -> Result<(), MissingInput> {
        if self.open || !(self.remembers || inputs.iter().any(|value| value.is_missing())) {
            self.node.step(inputs, outputs);
        } else if self.watch(|input| inputs[input])? {
            self.node.step(&self.held, outputs);
        } else {
            outputs.fill(S::MISSING);
        }
        Ok(())
    }

    /// Takes in one row whose values stand side by side with others, when no policy has to look at it; see
    /// [`Node::step_in`]. Otherwise nothing happens and the answer is `false`: [`step_in`](Self::step_in) is to follow.
    #[inline]
    pub fn pass(&mut self, row: &mut [S], inputs: &[usize], first: usize) -> bool {
        !self.remembers && self.node.step_in(row, inputs, first)
    }

    /// Takes in one row whose values stand side by side with others: each input in its slot of `row`, the outputs from the slot
    /// `first` on.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn step_in(&mut self, row: &mut [S], inputs: &[usize], first: usize) -> Result<(), MissingInput> {
        if self.pass(row, inputs, first) {
            return Ok(());
        }
        let complete = self.watch(|input| row[inputs[input]])?;
        let outputs = &mut row[first..first + self.node.def().spec.outputs.len()];
        if complete {
            self.node.step(&self.held, outputs);
        } else {
            outputs.fill(S::MISSING);
        }
        Ok(())
    }

    /// Carries out the policy on a row with a gap, or one to remember. Whether the kernel is to take in what is held.
    fn watch(&mut self, now: impl Fn(usize) -> S) -> Result<bool, MissingInput> {
        if self.policy == Missing::Restart {
            self.node.reset();
        }
        if !self.remembers {
            return Ok(false);
        }
        let lost = |(input, held): (usize, &S)| now(input).is_missing() && !held.is_missing();
        if self.policy == Missing::Error
            && let Some(input) = self.held.iter().enumerate().position(lost)
        {
            return Err(MissingInput { row: 0, input });
        }
        for (input, held) in self.held.iter_mut().enumerate() {
            let now = now(input);
            if !now.is_missing() {
                *held = now;
            }
        }
        Ok(!self.held.iter().any(|value| value.is_missing()))
    }

    /// What [`step`](Self::step) would answer; nothing is remembered.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn peek(&self, inputs: &[S], outputs: &mut [S]) -> Result<(), MissingInput> {
        if self.open || !inputs.iter().any(|value| value.is_missing()) {
            self.node.peek(inputs, outputs);
            return Ok(());
        }
        self.clone().step(inputs, outputs)
    }

    /// What [`step_in`](Self::step_in) would answer; nothing is remembered.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn peek_in(&self, row: &mut [S], inputs: &[usize], first: usize) -> Result<(), MissingInput> {
        if self.node.peek_in(row, inputs, first) {
            return Ok(());
        }
        self.clone().step_in(row, inputs, first)
    }

    /// Takes in several rows, as so many calls of [`step`](Self::step) would.
    ///
    /// # Errors
    /// As [`step`](Self::step), with the row; the rows before it have been taken in.
    pub fn advance(&mut self, inputs: &[&[S]], outputs: &mut [&mut [S]]) -> Result<(), MissingInput> {
        let rows = outputs.first().map_or(0, |column| column.len());
        if rows == 0 {
            return Ok(());
        }
        if self.open || !inputs.iter().any(|column| has_missing(column)) {
            if self.remembers {
                for (held, column) in self.held.iter_mut().zip(inputs) {
                    *held = column[rows - 1];
                }
            }
            self.node.advance(inputs, outputs);
            return Ok(());
        }
        let mut row_in = vec![S::MISSING; inputs.len()];
        let mut row_out = vec![S::MISSING; outputs.len()];
        for row in 0..rows {
            for (value, column) in row_in.iter_mut().zip(inputs) {
                *value = column[row];
            }
            self.step(&row_in, &mut row_out).map_err(|lost| MissingInput { row, ..lost })?;
            for (column, &value) in outputs.iter_mut().zip(&row_out) {
                column[row] = value;
            }
        }
        Ok(())
    }
}

/// The outputs of a node over whole columns from a fresh state, under a policy. The node's own state is neither used nor changed.
///
/// # Errors
/// Under [`Missing::Error`]: the first row at which an input is missing that was present before.
pub fn batch<S: Scalar>(
    node: &S::Node,
    policy: Missing,
    inputs: &[&[S]],
    outputs: &mut [&mut [S]],
) -> Result<(), MissingInput> {
    let rows = outputs.first().map_or(0, |column| column.len());
    if node.def().spec.missing == MissingInputs::Pass || inputs.is_empty() {
        node.batch(inputs, outputs);
        return Ok(());
    }
    let starts: Vec<usize> = inputs.iter().map(|column| leading_missing(column)).collect();
    let start = starts.iter().copied().max().unwrap_or(0);
    let gapless = inputs.iter().zip(&starts).all(|(column, &start)| !has_missing(&column[start..]));
    for column in outputs.iter_mut() {
        column[..start].fill(S::MISSING);
    }
    if gapless {
        batch_rows::<S>(node, inputs, outputs, start, rows);
        return Ok(());
    }
    match policy {
        Missing::Error => {
            let lost = (0..rows).find_map(|row| {
                let lost = |(column, &start): (&&[S], &usize)| row >= start && column[row].is_missing();
                inputs.iter().zip(&starts).position(lost).map(|input| MissingInput { row, input })
            });
            // A gap was seen above, so there is such a row.
            return lost.map_or(Ok(()), Err);
        }
        Missing::Skip => {
            let present: Vec<usize> = (start..rows).filter(|&row| complete(inputs, row)).collect();
            let gathered: Vec<Vec<S>> =
                inputs.iter().map(|column| present.iter().map(|&row| column[row]).collect()).collect();
            let gathered: Vec<&[S]> = gathered.iter().map(Vec::as_slice).collect();
            let mut results = vec![vec![S::ZERO; present.len()]; outputs.len()];
            node.batch(&gathered, &mut results.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());
            for (column, result) in outputs.iter_mut().zip(results) {
                column[start..].fill(S::MISSING);
                for (&row, value) in present.iter().zip(result) {
                    column[row] = value;
                }
            }
        }
        Missing::Hold => {
            let held: Vec<Vec<S>> = inputs.iter().map(|column| held(column)).collect();
            let held: Vec<&[S]> = held.iter().map(Vec::as_slice).collect();
            batch_rows::<S>(node, &held, outputs, start, rows);
        }
        Missing::Restart => {
            let mut row = start;
            while row < rows {
                let end = (row..rows).find(|&row| !complete(inputs, row)).unwrap_or(rows);
                batch_rows::<S>(node, inputs, outputs, row, end);
                let next = (end..rows).find(|&row| complete(inputs, row)).unwrap_or(rows);
                for column in outputs.iter_mut() {
                    column[end..next].fill(S::MISSING);
                }
                row = next;
            }
        }
    }
    Ok(())
}

/// The node's batch over the rows `start..end` alone.
fn batch_rows<S: Scalar>(
    node: &S::Node,
    inputs: &[&[S]],
    outputs: &mut [&mut [S]],
    start: usize,
    end: usize,
) {
    let inputs: Vec<&[S]> = inputs.iter().map(|column| &column[start..end]).collect();
    let mut outputs: Vec<&mut [S]> = outputs.iter_mut().map(|column| &mut column[start..end]).collect();
    node.batch(&inputs, &mut outputs);
}

fn complete<S: Scalar>(inputs: &[&[S]], row: usize) -> bool {
    !inputs.iter().any(|column| column[row].is_missing())
}

fn leading_missing<S: Scalar>(column: &[S]) -> usize {
    column.iter().position(|value| !value.is_missing()).unwrap_or(column.len())
}

/// Looks at whole blocks without a branch per value.
fn has_missing<S: Scalar>(column: &[S]) -> bool {
    column.chunks(1024).any(|chunk| chunk.iter().fold(false, |any, value| any | value.is_missing()))
}

/// Each missing value replaced by the last one before it.
fn held<S: Scalar>(column: &[S]) -> Vec<S> {
    let mut last = S::MISSING;
    let hold = |&value: &S| {
        if !value.is_missing() {
            last = value;
        }
        last
    };
    column.iter().map(hold).collect()
}
