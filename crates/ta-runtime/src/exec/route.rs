//! The steps of a plan as one row goes through them.

use ta_kernel_api::Scalar;

use super::ops;
use super::program::Step;
use crate::expr::{BinaryOp, UnaryOp};

/// What is done when a row arrives: its fields are put into their slots, then one step follows the other. Literals stand in
/// their slots from the start.
#[derive(Debug)]
pub(crate) struct Route {
    /// The slot of each field of the layout.
    pub(crate) fields: Vec<usize>,
    pub(crate) moves: Vec<Move>,
}

/// One step. Everything is slots but for `gate` and `ring`, positions in [`Nodes`](super::Nodes), and `at`, the node of the plan.
#[derive(Debug)]
pub(crate) enum Move {
    Call { at: usize, gate: usize, inputs: Box<[usize]>, first: usize },
    Clock { out: usize },
    Unary { op: UnaryOp, x: usize, out: usize },
    Binary { op: BinaryOp, a: usize, b: usize, out: usize },
    History { ring: usize, x: usize, out: usize },
}

/// How nodes with a memory compute one row: for good, or for a look only.
pub(crate) trait Recall<S: Scalar> {
    /// The outputs of a kernel, where no policy has to look at the row; `false` and nothing done where one has to.
    fn pass(&mut self, gate: usize, row: &mut [S], inputs: &[usize], first: usize) -> bool;
    /// The outputs of a kernel. When an input is refused, that input.
    fn call(&mut self, gate: usize, row: &mut [S], inputs: &[usize], first: usize) -> Result<(), usize>;
    /// The value of an earlier row.
    fn history(&mut self, ring: usize, x: S) -> S;
}

impl Route {
    pub(crate) fn new<S: Scalar>(steps: &[Step<S>], fields: usize) -> Self {
        let mut route = Self { fields: vec![0; fields], moves: Vec::new() };
        for (at, step) in steps.iter().enumerate() {
            route.moves.push(match *step {
                Step::Field { field, out } => {
                    route.fields[field] = out;
                    continue;
                }
                Step::Literal { .. } => continue,
                Step::Clock { out } => Move::Clock { out },
                Step::Unary { op, x, out } => Move::Unary { op, x, out },
                Step::Binary { op, a, b, out } => Move::Binary { op, a, b, out },
                Step::History { ring, x, out, .. } => Move::History { ring, x, out },
                Step::Call { gate, ref inputs, first, .. } => {
                    Move::Call { at, gate, inputs: inputs.clone(), first }
                }
            });
        }
        route
    }

    /// Computes one row; when an input of a kernel is refused, the node and the input.
    #[inline]
    pub(crate) fn run<S: Scalar>(
        &self,
        ts: i64,
        values: &[S],
        row: &mut [S],
        nodes: &mut impl Recall<S>,
    ) -> Result<(), (usize, usize)> {
        for (&slot, &value) in self.fields.iter().zip(values) {
            row[slot] = value;
        }
        for step in &self.moves {
            match *step {
                Move::Call { at, gate, ref inputs, first } => {
                    // Two calls, as the usual one answers in a register and not in memory.
                    if !nodes.pass(gate, row, inputs, first) {
                        nodes.call(gate, row, inputs, first).map_err(|input| (at, input))?;
                    }
                }
                Move::Clock { out } => row[out] = S::from_i64(ts),
                Move::Unary { op, x, out } => row[out] = ops::unary(op, row[x]),
                Move::Binary { op, a, b, out } => row[out] = ops::binary(op, row[a], row[b]),
                Move::History { ring, x, out } => row[out] = nodes.history(ring, row[x]),
            }
        }
        Ok(())
    }
}
