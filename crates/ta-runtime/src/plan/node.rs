//! One step of a plan.

use ta_kernel_api::{KernelDef, Params};

use super::Clock;
use crate::dataset::{Downsample, Timeframe};
use crate::expr::{BinaryOp, Reach, UnaryOp, ValueKind};

/// The place of one value in the flat row a plan computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);

impl Slot {
    pub(crate) const fn new(index: usize) -> Self {
        Self(index as u32)
    }

    /// The slot so many places further.
    pub(super) const fn plus(self, places: usize) -> Self {
        Self(self.0 + places as u32)
    }

    /// The position in the row.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node does.
#[derive(Debug, Clone)]
pub enum Op {
    /// Reads a field of the source; `ts` is the bar's time in milliseconds since the epoch.
    Field {
        /// The name of a field that is stored, never a derived one.
        name: Box<str>,
    },
    /// The same value at every row.
    Literal {
        /// A decimal number in its shortest form, `true`, `false`, or `missing`.
        text: Box<str>,
    },
    /// An operator on one value.
    Unary(UnaryOp),
    /// An operator on two values.
    Binary(BinaryOp),
    /// The second value where the first is true, the third where it is false, missing where it is unknown.
    If,
    /// The value of an earlier row.
    History {
        /// How many rows back, at least one.
        bars: usize,
    },
    /// The last value that was known so much earlier.
    Ago {
        /// How much earlier.
        span: Timeframe,
    },
    /// The last value of another clock.
    Align {
        /// How old it may be; missing when it is older.
        age: Age,
    },
    /// One value for many of a faster clock.
    Downsample {
        /// Which one.
        rule: Downsample,
    },
    /// What the rows of a clock come to, read on another one. The condition comes first among the inputs, then the value.
    Aggregate {
        /// The clock whose rows count.
        of: Clock,
        /// What they come to.
        function: Downsample,
        /// How far back; everything so far without.
        window: Option<Reach>,
        /// Whether there is a condition, which rows must meet to count.
        condition: bool,
        /// Whether there is a value; otherwise rows are counted.
        value: bool,
    },
    /// A kernel over its inputs.
    Call {
        /// The kernel.
        def: &'static KernelDef,
        /// All its parameters, checked.
        params: Params,
    },
}

/// How old a value of another clock may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Age {
    /// As old as it is.
    Any,
    /// Not older than this, from when it was known to when the row that reads it is.
    Within(Timeframe),
    /// New since the row before.
    Fresh,
}

/// One step of a plan: an operation, the values it reads, and the slots it fills.
#[derive(Debug, Clone)]
pub struct PlanNode {
    pub(super) op: Op,
    pub(super) inputs: Box<[Slot]>,
    pub(super) first: Slot,
    pub(super) clock: Clock,
    pub(super) kinds: Box<[ValueKind]>,
    pub(super) lookback: Box<[usize]>,
    pub(super) stabilisation: usize,
}

impl PlanNode {
    /// What the node does.
    pub fn op(&self) -> &Op {
        &self.op
    }

    /// The slots it reads, in the operation's order.
    pub fn inputs(&self) -> &[Slot] {
        &self.inputs
    }

    /// The rows it is computed on.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// The first slot it fills.
    pub fn first(&self) -> Slot {
        self.first
    }

    /// How many slots it fills, from [`first`](Self::first) on.
    pub fn width(&self) -> usize {
        self.kinds.len()
    }

    /// Whether each of those slots holds numbers or bools.
    pub fn kinds(&self) -> &[ValueKind] {
        &self.kinds
    }

    /// For each of those slots how many earlier rows of the inputs its first value needs.
    pub fn lookback(&self) -> &[usize] {
        &self.lookback
    }

    /// How many rows it takes until where the inputs began no longer matters, at least the largest lookback.
    pub fn stabilisation(&self) -> usize {
        self.stabilisation
    }

    /// The slots it fills.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        let first = self.first.index();
        (first..first + self.width()).map(Slot::new)
    }
}
