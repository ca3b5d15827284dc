//! What a run answers, whichever way it was made.

use std::time::Duration;

use ta_kernel_api::{Missing, Scalar, ScalarKind};

use super::program::{label, shared};
use super::watch::Watch;
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
    /// How many rows are answered.
    pub rows: usize,
    /// How many rows of all partitions were taken in for that.
    pub events: usize,
    /// The fingerprint of the plan.
    pub fingerprint: [u8; 32],
    /// How many nodes the plan has.
    pub nodes: usize,
    /// How many of them have a value that is read more than once.
    pub shared: usize,
    /// How many of them had something to do, as rows that move them came in.
    pub touched: usize,
    /// How many states there are to go back to for a correction.
    pub checkpoints: usize,
    /// How long it took, where there is a clock.
    pub elapsed: Option<Duration>,
    /// What came of computing the rows a second time, where that was done.
    pub parity: Option<Parity>,
}

impl NodeStatus {
    /// Adds what rows say of which the first has the number `offset`.
    pub(crate) fn saw(&mut self, offset: isize, first: Option<usize>, last: Option<usize>) {
        let number = |row: usize| row.saturating_add_signed(offset);
        self.first = self.first.or(first.map(number));
        self.last = last.map(number).or(self.last);
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
                events: 0,
                fingerprint: plan.fingerprint(),
                nodes: plan.nodes().len(),
                shared: shared(plan),
                touched: 0,
                checkpoints: 0,
                elapsed: None,
                parity: None,
            },
        }
    }

    /// Says how it was made, when all is in it.
    pub(crate) fn close(&mut self, program: &Program<S>, rows: &[usize], watch: Watch) {
        let moved = |step| (0..rows.len()).any(|feed| rows[feed] > 0 && program.moves(feed, step));
        self.meta.rows = self.ts.len();
        self.meta.events = rows.iter().sum();
        self.meta.touched = program.steps.iter().filter(|step| moved(step)).count();
        self.meta.elapsed = watch.elapsed();
    }

    /// The column of this name.
    pub fn output(&self, name: &str) -> Option<&Output<S>> {
        self.outputs.iter().find(|output| output.name == name)
    }
}
