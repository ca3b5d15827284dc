//! How much history a value stands for.

use super::{Op, PlanNode, Slot};

/// How much history a value stands for, in rows of its clock.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct History {
    pub(super) lookback: usize,
    pub(super) stabilisation: usize,
}

impl History {
    /// What an operation inherits from the values it reads, whose history is known by slot.
    pub(super) fn inherited(op: &Op, inputs: &[Slot], known: &[Self]) -> Self {
        match op {
            // Rows of another clock are not counted.
            Op::Align { .. } | Op::Downsample { .. } | Op::Aggregate { .. } => Self::default(),
            _ => inputs.iter().map(|input| known[input.index()]).fold(Self::default(), Self::max),
        }
    }

    /// The history of each slot of a plan's nodes.
    pub(super) fn of(nodes: &[PlanNode]) -> Vec<Self> {
        let mut known = Vec::new();
        for node in nodes {
            let inherited = Self::inherited(&node.op, &node.inputs, &known);
            known.extend(node.lookback.iter().map(|&own| inherited.plus(own, node.stabilisation)));
        }
        known
    }

    /// This and what an operation itself looks back.
    pub(super) fn plus(self, lookback: usize, stabilisation: usize) -> Self {
        Self {
            lookback: self.lookback.saturating_add(lookback),
            stabilisation: self.stabilisation.saturating_add(stabilisation),
        }
    }

    fn max(self, other: Self) -> Self {
        Self {
            lookback: self.lookback.max(other.lookback),
            stabilisation: self.stabilisation.max(other.stabilisation),
        }
    }
}
