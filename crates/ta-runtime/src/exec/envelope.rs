//! What a run answers, whichever way it was made.

use ta_kernel_api::{Missing, Scalar, ScalarKind};

use super::program::{label, shared};
use super::{Mode, Parity, Program};
use crate::expr::ValueKind;

/// The outputs of a run, and how it went.
#[derive(Debug, Clone)]
pub struct Envelope<S> {
    /// The time of each row, in milliseconds since the epoch.
    pub ts: Vec<i64>,
    /// The columns in the order of the plan, each with one value per row.
    pub outputs: Vec<Output<S>>,
    /// How each node of the plan fared, in its order.
    pub nodes: Vec<NodeStatus>,
    /// How the run was made.
    pub meta: Meta,
}

/// One column of a plan.
#[derive(Debug, Clone)]
pub struct Output<S> {
    /// Its name.
    pub name: String,
    /// Numbers or bools; a bool is one for true, zero for false and missing for unknown.
    pub kind: ValueKind,
    /// The values.
    pub values: Vec<S>,
}

/// How a node fared over the rows of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeStatus {
    /// The node in a few words: `close`, `+`, `[1]`, `sma(period=20)`.
    pub label: String,
    /// The first row in which it had a value.
    pub first: Option<usize>,
    /// The last row in which it had a value.
    pub last: Option<usize>,
}

/// How a run was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The way it was run.
    pub mode: Mode,
    /// The scalar of all values.
    pub scalar: ScalarKind,
    /// What happened at missing inputs.
    pub missing: Missing,
    /// How many rows there are.
    pub rows: usize,
    /// The fingerprint of the plan.
    pub fingerprint: [u8; 32],
    /// How many nodes the plan has.
    pub nodes: usize,
    /// How many of them have a value that is read more than once.
    pub shared: usize,
    /// What came of computing the rows a second time, where that was done.
    pub parity: Option<Parity>,
}

impl NodeStatus {
    /// Adds what the rows from `offset` on say.
    pub(crate) fn saw(&mut self, offset: usize, first: Option<usize>, last: Option<usize>) {
        self.first = self.first.or(first.map(|row| offset + row));
        self.last = last.map(|row| offset + row).or(self.last);
    }
}

impl<S: Scalar> Envelope<S> {
    /// The answer to no rows, with room for so many.
    pub(crate) fn empty(program: &Program<S>, mode: Mode, room: usize) -> Self {
        let plan = &program.plan;
        let outputs = plan.outputs().iter().map(|output| Output {
            name: output.name().to_owned(),
            kind: output.kind(),
            values: Vec::with_capacity(room),
        });
        let nodes =
            plan.nodes().iter().map(|node| NodeStatus { label: label(node), first: None, last: None });
        Self {
            ts: Vec::with_capacity(room),
            outputs: outputs.collect(),
            nodes: nodes.collect(),
            meta: Meta {
                mode,
                scalar: plan.scalar(),
                missing: plan.missing(),
                rows: 0,
                fingerprint: plan.fingerprint(),
                nodes: plan.nodes().len(),
                shared: shared(plan),
                parity: None,
            },
        }
    }

    /// The column of this name.
    pub fn output(&self, name: &str) -> Option<&Output<S>> {
        self.outputs.iter().find(|output| output.name == name)
    }
}
