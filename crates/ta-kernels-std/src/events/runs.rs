//! How long a series has been moving in one direction.

use ta_kernel_api::prelude::*;

/// The length of the current run, from bar to bar.
#[state]
pub struct Run<S> {
    last: Option<S>,
    /// Changes seen so far, as far as they matter.
    seen: usize,
    /// How many of the latest changes went the right way.
    length: usize,
}

impl<S: Scalar> Run<S> {
    /// Before the first bar.
    pub(super) fn new() -> Self {
        Self { last: None, seen: 0, length: 0 }
    }

    /// Whether the last `period` changes all went the right way; `None` until there are as many.
    #[inline]
    pub(super) fn push(&mut self, x: S, period: usize, moves: impl Fn(S, S) -> bool) -> Option<bool> {
        let before = self.last.replace(x)?;
        self.seen = self.seen.saturating_add(1).min(period);
        self.length = if moves(before, x) { self.length.saturating_add(1).min(period) } else { 0 };
        (self.seen == period).then_some(self.length == period)
    }
}

/// The same for whole columns.
pub(super) fn batch<S: Scalar>(source: &[S], period: usize, out: &mut [S], moves: impl Fn(S, S) -> bool) {
    // The row at which the current run began.
    let mut start = 0;
    for (row, pair) in (1..).zip(source.windows(2)) {
        if !moves(pair[0], pair[1]) {
            start = row;
        }
        if row >= period {
            out[row] = S::from_bool(row - start >= period);
        }
    }
}
