//! The sum of everything so far.

use serde::{Deserialize, Serialize};

use crate::scalar::Scalar;
use crate::state::State;

/// A running sum that does not drift: what rounding takes from each addition is collected next to it.
///
/// The error is that of one rounding of the true sum, plus a part in 10^32 of the sum of all magnitudes per value (Ogita, Rump,
/// Oishi, "Accurate Sum and Dot Product", 2005). Decimals lose nothing in the first place.
///
/// ```
/// use ta_kernel_api::window::Cumulative;
///
/// let mut sum = Cumulative::new();
/// assert_eq!([1e16, 1.0, -1e16].map(|x| sum.push(x)), [1e16, 1e16 + 1.0, 1.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Cumulative<S: Scalar> {
    sum: S,
    lost: S,
}

impl<S: Scalar> Default for Cumulative<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Scalar> Cumulative<S> {
    /// The sum of nothing.
    pub fn new() -> Self {
        Self { sum: S::ZERO, lost: S::ZERO }
    }

    /// Adds a value; answers the sum with it.
    #[inline]
    pub fn push(&mut self, x: S) -> S {
        let sum = self.sum + x;
        let added = sum - self.sum;
        self.lost += (self.sum - (sum - added)) + (x - added);
        self.sum = sum;
        self.get()
    }

    /// The sum.
    #[inline]
    pub fn get(&self) -> S {
        self.sum + self.lost
    }
}

impl<S: Scalar> State for Cumulative<S> {
    fn fits(&self, _: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_tenths_do_not_drift() {
        let mut sum = Cumulative::new();
        let last = (0..1_000_000).map(|_| sum.push(0.1_f64)).last();
        assert_eq!(last, Some(100_000.0));
    }

    #[test]
    fn nothing_is_left_of_large_values_that_were_taken_back() {
        let mut sum = Cumulative::new();
        for n in 1..1000 {
            sum.push(1e12 / f64::from(n));
            sum.push(1e-3);
        }
        for n in 1..1000 {
            sum.push(-1e12 / f64::from(n));
        }
        assert!((sum.get() - 0.999_f64).abs() < 1e-14);
    }
}
