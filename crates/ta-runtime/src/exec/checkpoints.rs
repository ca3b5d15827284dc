//! How much is kept to go back to.

/// How often a state is kept to go back to, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoints {
    /// Rows between two of them, at least one. A correction replays at most so many rows before the first that changes.
    pub every: usize,
    /// The most that are kept, at least two. Of more, every second of the older half is given up, so old ones are farther apart.
    pub most: usize,
    /// The most rows of all partitions that are kept. What is older is there no more to be corrected.
    pub rows: usize,
}

impl Default for Checkpoints {
    /// A state every 1,000 rows, 128 of them, and all rows.
    fn default() -> Self {
        Self { every: 1000, most: 128, rows: usize::MAX }
    }
}

impl Checkpoints {
    /// What can be done: a state is kept before its rows are too many.
    pub(crate) fn sound(self) -> Self {
        let rows = self.rows.max(1);
        Self { every: self.every.clamp(1, rows), most: self.most.max(2), rows }
    }
}
