//! The answer to one row.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use ta_kernel_api::Scalar;

use crate::expr::ValueKind;
use crate::plan::Plan;

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The time of the last row.
    pub ts: i64,
    /// How many rows there were.
    pub rows: u64,
}

/// The outputs of one row.
#[derive(Debug, Clone)]
pub struct Row<'a, S: Scalar> {
    pub(super) plan: &'a Plan,
    pub(super) position: Position,
    /// The value of each slot.
    pub(super) values: Cow<'a, [S]>,
}

impl<'a, S: Scalar> Row<'a, S> {
    /// The time of the row.
    pub fn ts(&self) -> i64 {
        self.position.ts
    }

    /// The number of the row since the session began, counted from nought. The same row has the same number however often it is
    /// sent, so a repeat can be dropped.
    pub fn sequence(&self) -> u64 {
        self.position.rows.saturating_sub(1)
    }

    /// How many outputs there are.
    pub fn len(&self) -> usize {
        self.plan.outputs().len()
    }

    /// Whether the plan has no outputs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of an output by its place in the plan; `None` where there is no such output.
    pub fn get(&self, output: usize) -> Option<S> {
        self.plan.outputs().get(output).map(|output| self.values[output.slot().index()])
    }

    /// The outputs in the order of the plan: name, kind and value.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'a str, ValueKind, S)> {
        self.plan.outputs().iter().map(|output| {
            let value = self.values[output.slot().index()];
            (output.name(), output.kind(), value)
        })
    }
}
