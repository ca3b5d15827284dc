//! Rolling folds: the fold of the last `period` values, in constant time per value and without ever taking a value out again.

use std::fmt::Debug;
use std::mem;

use serde::{Deserialize, Serialize};

use crate::scalar::Scalar;
use crate::state::State;

/// How the values of a run are folded into one part: a sum, an extreme, several sums at once.
///
/// The `base` handed to each method comes from one value of every window that the part will belong to. Sums are taken of
/// `x - base`, so that their precision is relative to how much a window varies and not to how large its values are, and
/// sums of a flat window are exactly zero. Extremes start from it.
pub trait Fold<S: Scalar>: Debug + Clone + Copy + PartialEq + Send + Sync + 'static {
    /// What a run of values is folded to.
    type Part: State + Copy;

    /// The base that a value of the window gives. Sums take another one where the value is not finite, so that what is missing is
    /// gone with the window it was in.
    #[inline]
    fn base(x: S) -> S {
        x
    }

    /// The part of no value.
    fn empty(base: S) -> Self::Part;

    /// The part with one more value, older than all in it.
    fn prepend(x: S, part: Self::Part, base: S) -> Self::Part;

    /// The part with one more value, newer than all in it.
    fn append(part: Self::Part, x: S, base: S) -> Self::Part;
}

/// A full window, as the parts of its older and its newer values.
///
/// What can be asked of it is defined next to each [`Fold`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window<S: Scalar, F: Fold<S>> {
    /// The value that both parts are relative to.
    pub base: S,
    /// The values that end the previous block.
    pub older: F::Part,
    /// The values that begin the current block.
    pub newer: F::Part,
    /// How many values are in `newer`; less than the period.
    pub fresh: usize,
}

/// What a rolling fold remembers between two values.
///
/// The stream is cut into blocks of `period` values, counted from the first. A window is then the end of one block and the
/// beginning of the next: `ends` holds the parts of all ends of the previous block, `start` the part of what has come of the
/// current one. A value is never subtracted again: rounding errors leave a window together with the values that made them,
/// however long the stream.
///
/// Time: amortised constant per value. Memory: a value and a part per row of the window.
///
/// ```
/// use ta_kernel_api::window::RollingMax;
///
/// let mut highest = RollingMax::new(3);
/// let out = [4.0, 1.0, 2.0, 3.0].map(|x| highest.push(x).map(|window| window.value()));
/// assert_eq!(out, [None, None, Some(4.0), Some(3.0)]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Rolling<S: Scalar, F: Fold<S>> {
    block: Vec<S>,
    ends: Vec<F::Part>,
    start: F::Part,
    base: S,
    fresh: usize,
    full: bool,
}

impl<S: Scalar, F: Fold<S>> Rolling<S, F> {
    /// A window of `period` values, at least one, before the first.
    pub fn new(period: usize) -> Self {
        let period = period.max(1);
        let start = F::empty(S::ZERO);
        Self {
            block: vec![S::ZERO; period],
            ends: vec![start; period],
            start,
            base: S::ZERO,
            fresh: 0,
            full: false,
        }
    }

    /// Takes in a value; answers the window that ends with it, once there are enough.
    #[inline]
    pub fn push(&mut self, x: S) -> Option<Window<S, F>> {
        if !self.full {
            return self.fill(x);
        }
        self.block[self.fresh] = x;
        let fresh = self.fresh + 1;
        if fresh == self.block.len() {
            return Some(self.close(x));
        }
        let newer = F::append(self.start, x, self.base);
        self.start = newer;
        self.fresh = fresh;
        Some(Window { base: self.base, older: self.ends[fresh], newer, fresh })
    }

    // What is rare is kept out of `push`, which is then small enough to become part of a kernel's step.

    /// Takes in a value of the first block.
    #[cold]
    #[inline(never)]
    fn fill(&mut self, x: S) -> Option<Window<S, F>> {
        if self.fresh == 0 {
            self.rebase(x);
        }
        self.block[self.fresh] = x;
        self.start = F::append(self.start, x, self.base);
        self.fresh += 1;
        (self.fresh == self.block.len()).then(|| self.close(x))
    }

    /// The current block becomes the previous one.
    #[cold]
    #[inline(never)]
    fn close(&mut self, last: S) -> Window<S, F> {
        self.rebase(last);
        let mut end = F::empty(self.base);
        for (&x, slot) in self.block.iter().zip(&mut self.ends).rev() {
            end = F::prepend(x, end, self.base);
            *slot = end;
        }
        self.fresh = 0;
        self.full = true;
        Window { base: self.base, older: end, newer: self.start, fresh: 0 }
    }

    fn rebase(&mut self, x: S) {
        self.base = F::base(x);
        self.start = F::empty(self.base);
    }

    /// Writes what `view` makes of each full window over `xs` to the rows of `out` from `period - 1` on. All slices are equally
    /// long.
    pub fn batch<const O: usize>(
        period: usize,
        xs: &[S],
        mut out: [&mut [S]; O],
        view: impl Fn(Window<S, F>) -> [S; O],
    ) {
        let period = period.max(1);
        let Some(&first) = xs.first().filter(|_| xs.len() >= period) else { return };
        let mut base = F::base(first);
        // Three passes per block: both scans side by side, so that their chains of dependent operations overlap, and then the
        // windows, which do not depend on each other.
        let mut starts = vec![F::empty(base); period];
        let mut ends = starts.clone();
        let mut next_ends = starts.clone();
        for (nth, block) in xs.chunks(period).enumerate() {
            let next_base = F::base(block[block.len() - 1]);
            scan::<S, F>(block, (base, next_base), &mut starts, &mut next_ends);
            let mut out = out.each_mut().map(|column| &mut column[nth * period..][..block.len()]);
            let mut write = |row: usize, window| {
                for (column, value) in out.iter_mut().zip(view(window)) {
                    column[row] = value;
                }
            };
            if nth > 0 {
                let open = block.len().min(period - 1);
                for (row, (&newer, &older)) in starts[..open].iter().zip(&ends[1..]).enumerate() {
                    write(row, Window { base, older, newer, fresh: row + 1 });
                }
            }
            if block.len() == period {
                base = next_base;
                mem::swap(&mut ends, &mut next_ends);
                write(period - 1, Window { base, older: ends[0], newer: F::empty(base), fresh: 0 });
            }
        }
    }
}

/// The parts of all starts of a block relative to the first base, and of all its ends relative to the second.
fn scan<S: Scalar, F: Fold<S>>(block: &[S], base: (S, S), starts: &mut [F::Part], ends: &mut [F::Part]) {
    let rows = block.len();
    let (starts, ends) = (&mut starts[..rows], &mut ends[..rows]);
    let (mut start, mut end) = (F::empty(base.0), F::empty(base.1));
    for row in 0..rows {
        start = F::append(start, block[row], base.0);
        starts[row] = start;
        let mirrored = rows - 1 - row;
        end = F::prepend(block[mirrored], end, base.1);
        ends[mirrored] = end;
    }
}

impl<S: Scalar, F: Fold<S>> State for Rolling<S, F> {
    fn fits(&self, fresh: &Self) -> bool {
        self.block.len() == fresh.block.len()
            && self.ends.len() == fresh.ends.len()
            && self.fresh < fresh.block.len()
    }
}
