//! Rolling median.

mod halves;
mod sorted;

use serde::{Deserialize, Serialize};

use crate::scalar::Scalar;
use crate::state::State;
use halves::Halves;

/// The value or the two values in the middle of a sorted window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Middle<S> {
    /// The lower one.
    pub lower: S,
    /// The upper one; the same for an odd period.
    pub upper: S,
}

impl<S: Scalar> Middle<S> {
    /// The middle value, or the mean of the two.
    #[inline]
    pub fn median(self) -> S {
        // Adding zero makes one zero of the two that floats have, whichever was picked.
        if self.lower == self.upper {
            self.lower + S::ZERO
        } else {
            (self.lower + self.upper).div_by(S::divisor(2))
        }
    }
}

/// A rolling median: what is remembered between two values.
///
/// The window is kept as two heaps that meet in the middle. It saves as the values in the order they came, and the heaps are
/// built again when it is read.
///
/// Time: `O(log period)` per value. Memory: a value and two small integers per row of the window.
///
/// ```
/// use ta_kernel_api::window::RollingMedian;
///
/// let mut middle = RollingMedian::new(3);
/// let out = [9.0, 1.0, 5.0, 2.0].map(|x| middle.push(x).map(|middle| middle.median()));
/// assert_eq!(out, [None, None, Some(5.0), Some(2.0)]);
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "", try_from = "Saved<S>", into = "Saved<S>")]
pub struct RollingMedian<S: Scalar> {
    period: usize,
    ring: Vec<S>,
    /// The slot of the oldest value once the ring is full.
    oldest: usize,
    /// Built when the ring is full.
    halves: Option<Halves>,
}

impl<S: Scalar> RollingMedian<S> {
    /// A window of `period` values, at least one, before the first.
    pub fn new(period: usize) -> Self {
        Self { period: period.max(1), ring: Vec::new(), oldest: 0, halves: None }
    }

    /// Takes in a value; answers the middle of the window that ends with it, once there are enough.
    pub fn push(&mut self, x: S) -> Option<Middle<S>> {
        if let Some(halves) = &mut self.halves {
            self.ring[self.oldest] = x;
            halves.replaced(&self.ring, self.oldest);
            self.oldest = (self.oldest + 1) % self.period;
        } else {
            self.ring.push(x);
            self.halves = (self.ring.len() == self.period).then(|| Halves::new(&self.ring));
        }
        self.halves.as_ref().map(|halves| halves.middle(&self.ring))
    }

    /// Writes what `view` makes of the middle of each full window over `xs` to the rows of the equally long `out` from
    /// `period - 1` on. Amortised `O(log period)` per value, by sorting blocks.
    pub fn batch(period: usize, xs: &[S], out: &mut [S], view: impl Fn(Middle<S>) -> S) {
        sorted::batch(period.max(1), xs, out, view);
    }

    fn in_order(&self) -> impl Iterator<Item = S> + '_ {
        let (end, start) = self.ring.split_at(self.oldest);
        start.iter().chain(end).copied()
    }
}

/// Equal when the same values came in the same order, however the heaps lie.
impl<S: Scalar> PartialEq for RollingMedian<S> {
    fn eq(&self, other: &Self) -> bool {
        self.period == other.period && self.in_order().eq(other.in_order())
    }
}

impl<S: Scalar> State for RollingMedian<S> {
    fn fits(&self, fresh: &Self) -> bool {
        self.period == fresh.period
    }
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Saved<S: Scalar> {
    period: usize,
    values: Vec<S>,
}

impl<S: Scalar> From<RollingMedian<S>> for Saved<S> {
    fn from(state: RollingMedian<S>) -> Self {
        Self { period: state.period, values: state.in_order().collect() }
    }
}

impl<S: Scalar> TryFrom<Saved<S>> for RollingMedian<S> {
    type Error = &'static str;

    fn try_from(Saved { period, values: ring }: Saved<S>) -> Result<Self, Self::Error> {
        if period == 0 || ring.len() > period {
            return Err("more values than the window holds");
        }
        let halves = (ring.len() == period).then(|| Halves::new(&ring));
        Ok(Self { period, ring, oldest: 0, halves })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::window::testing;

    fn step(period: usize, xs: &[f64]) -> Vec<Option<f64>> {
        let mut state = RollingMedian::new(period);
        let push = |(row, &x): (usize, &f64)| {
            if row % 16 == 0 {
                let restored: RollingMedian<f64> =
                    rmp_serde::from_slice(&rmp_serde::to_vec(&state).unwrap()).unwrap();
                assert!(restored == state && restored.fits(&RollingMedian::new(period)));
                state = restored;
            }
            state.push(x).map(Middle::median)
        };
        xs.iter().enumerate().map(push).collect()
    }

    proptest! {
        #[test]
        fn both_forms_find_the_middle(period in 1usize..40, xs in prop_oneof![testing::series(), testing::ties()]) {
            let naive = testing::windows(period, &xs, |window| {
                let mut window = window.to_vec();
                window.sort_by(f64::total_cmp);
                let (lower, upper) = (window[(period - 1) / 2], window[period / 2]);
                if lower == upper { lower } else { lower.midpoint(upper) }
            });
            let mut batch = vec![f64::MISSING; xs.len()];
            RollingMedian::batch(period, &xs, &mut batch, Middle::median);
            let step = step(period, &xs);
            prop_assert_eq!(&step, &naive);
            prop_assert!(step.into_iter().zip(batch).all(|(step, batch)| step.unwrap_or(f64::MISSING).same(batch)));
        }
    }

    #[test]
    fn a_window_too_full_is_refused() {
        assert!(serde_json::from_str::<RollingMedian<f64>>(r#"{"period":1,"values":[1,2]}"#).is_err());
        assert!(serde_json::from_str::<RollingMedian<f64>>(r#"{"period":0,"values":[]}"#).is_err());
    }
}
