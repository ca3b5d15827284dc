//! The rows values are computed on.

use crate::dataset::SourceRef;
use crate::expr::Reach;

/// One of a plan's clocks. Each value is computed once for every row of its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clock(u8);

/// Where the rows of a clock come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    /// From data: these rows, seen from the plan's own.
    Source(SourceRef),
    /// One row for so many of another clock, or for each bar of a timeframe.
    Every {
        /// The faster clock.
        of: Clock,
        /// How many of its rows, or how much time, become one.
        every: Reach,
    },
}

impl Clock {
    /// The plan's own rows.
    pub const BASE: Self = Self(0);

    pub(crate) const fn new(index: usize) -> Self {
        Self(index as u8)
    }

    /// The position among the plan's clocks.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}
