//! The batch form: blocks are sorted once, and a window is the end of one sorted block and the beginning of the next.
//!
//! Both are lists in the order of the values. Moving the window deletes a value from the first list and puts one back into the
//! second, and the middle moves by at most one place. J. Suomela, "Median Filtering is Equivalent to Sorting" (2014).

use super::Middle;
use super::halves::order;
use crate::scalar::Scalar;

pub(super) fn batch<S: Scalar>(period: usize, xs: &[S], out: &mut [S], view: impl Fn(Middle<S>) -> S) {
    // How many values of a window are below its lower middle.
    let below = (period - 1) / 2;
    let mut blocks = xs.chunks(period).zip(out.chunks_mut(period));
    let Some((first, out)) = blocks.next().filter(|(first, _)| first.len() == period) else { return };
    let mut old = Block::new(first);
    old.advance_to(below);
    out[period - 1] = view(middle(&old, &Block::new(&[]), period));
    for (values, out) in blocks {
        let mut new = Block::new(values);
        new.unwind();
        for (row, out) in out.iter_mut().enumerate() {
            old.delete(row);
            new.undelete(row);
            if old.smaller + new.smaller < below {
                if order_of(&old, &new) { old.advance() } else { new.advance() }
            }
            *out = view(middle(&old, &new, period));
        }
        old = new;
    }
}

/// Whether the next value of `a` comes before the next of `b`.
fn order_of<S: Scalar>(a: &Block<'_, S>, b: &Block<'_, S>) -> bool {
    match (a.peek(a.at), b.peek(b.at)) {
        (Some(a), Some(b)) => order(a, b).is_le(),
        (a, _) => a.is_some(),
    }
}

fn middle<S: Scalar>(a: &Block<'_, S>, b: &Block<'_, S>, period: usize) -> Middle<S> {
    let (first, second) = if order_of(a, b) { (a, b) } else { (b, a) };
    // A full window has a lower middle.
    let lower = first.peek(first.at).unwrap_or(S::MISSING);
    if period % 2 == 1 {
        return Middle { lower, upper: lower };
    }
    let upper = match (first.peek(first.next[first.at]), second.peek(second.at)) {
        (Some(a), Some(b)) => {
            if order(a, b).is_le() {
                a
            } else {
                b
            }
        }
        (a, b) => a.or(b).unwrap_or(lower),
    };
    Middle { lower, upper }
}

/// A block of values as a list in the order of the values, and a place in it.
struct Block<'a, S> {
    values: &'a [S],
    /// The row before and after each row in the order of the values. The last entry stands for both ends.
    previous: Vec<usize>,
    next: Vec<usize>,
    /// The rank of each row.
    rank: Vec<usize>,
    at: usize,
    /// How many rows of the list come before `at`.
    smaller: usize,
}

impl<'a, S: Scalar> Block<'a, S> {
    fn new(values: &'a [S]) -> Self {
        let end = values.len();
        let mut sorted: Vec<usize> = (0..end).collect();
        sorted.sort_by(|&a, &b| order(values[a], values[b]));
        let (mut previous, mut next, mut rank) = (vec![end; end + 1], vec![end; end + 1], vec![end; end + 1]);
        let mut before = end;
        for (nth, &row) in sorted.iter().enumerate() {
            next[before] = row;
            previous[row] = before;
            rank[row] = nth;
            before = row;
        }
        next[before] = end;
        previous[end] = before;
        Self { values, at: next[end], previous, next, rank, smaller: 0 }
    }

    fn end(&self) -> usize {
        self.values.len()
    }

    fn peek(&self, row: usize) -> Option<S> {
        self.values.get(row).copied()
    }

    fn advance(&mut self) {
        self.at = self.next[self.at];
        self.smaller += 1;
    }

    fn advance_to(&mut self, smaller: usize) {
        while self.smaller < smaller {
            self.advance();
        }
    }

    fn unlink(&mut self, row: usize) {
        let (previous, next) = (self.previous[row], self.next[row]);
        self.next[previous] = next;
        self.previous[next] = previous;
    }

    /// Deletes all rows, the last one first, so that they can be put back from the first on.
    fn unwind(&mut self) {
        (0..self.end()).rev().for_each(|row| self.unlink(row));
        self.at = self.end();
        self.smaller = 0;
    }

    fn delete(&mut self, row: usize) {
        self.unlink(row);
        if self.rank[row] < self.rank[self.at] {
            self.smaller -= 1;
            return;
        }
        if self.at == row {
            self.at = self.next[row];
        }
        if self.smaller > 0 {
            self.at = self.previous[self.at];
            self.smaller -= 1;
        }
    }

    /// Puts back the row that was deleted last.
    fn undelete(&mut self, row: usize) {
        let (previous, next) = (self.previous[row], self.next[row]);
        self.next[previous] = row;
        self.previous[next] = row;
        if self.rank[row] < self.rank[self.at] {
            self.at = self.previous[self.at];
        }
    }
}
