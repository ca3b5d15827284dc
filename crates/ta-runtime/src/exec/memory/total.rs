//! One value for many: first, last, largest, smallest, sum, mean, count.

use serde::{Deserialize, Serialize};
use ta_kernel_api::Scalar;
use ta_kernel_api::window::Cumulative;

use crate::dataset::Downsample;

/// What has been seen of some values, whichever of them is wanted in the end. Missing values are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "", deny_unknown_fields)]
pub(crate) struct Total<S: Scalar> {
    count: u64,
    /// The first, last, largest or smallest one.
    value: S,
    sum: Cumulative<S>,
}

impl<S: Scalar> Total<S> {
    pub(crate) fn new() -> Self {
        Self { count: 0, value: S::MISSING, sum: Cumulative::new() }
    }

    #[inline]
    pub(crate) fn push(&mut self, rule: Downsample, x: S) {
        if x.is_missing() {
            return;
        }
        match rule {
            Downsample::First if self.count == 0 => self.value = x,
            Downsample::First | Downsample::Count => {}
            Downsample::Max if self.count > 0 && self.value >= x => {}
            Downsample::Min if self.count > 0 && self.value <= x => {}
            Downsample::Last | Downsample::Max | Downsample::Min => self.value = x,
            Downsample::Sum | Downsample::Avg => {
                self.sum.push(x);
            }
        }
        self.count += 1;
    }

    /// The one value; missing where there was none, but for the count.
    pub(crate) fn get(&self, rule: Downsample) -> S {
        match rule {
            Downsample::Count => S::from_i64(self.count as i64),
            _ if self.count == 0 => S::MISSING,
            Downsample::First | Downsample::Last | Downsample::Max | Downsample::Min => self.value,
            Downsample::Sum => self.sum.get().finite(),
            Downsample::Avg => (self.sum.get() / S::from_i64(self.count as i64)).finite(),
        }
    }

    /// Whether it could have been made by [`push`](Self::push).
    pub(crate) fn is_sound(&self) -> bool {
        let number = |value: S| value.is_missing() || value.is_finite();
        // Counts go on from here, for longer than any stream.
        self.count <= i64::MAX as u64 / 2 && number(self.value)
    }

    /// The one value, and back to the start.
    pub(crate) fn take(&mut self, rule: Downsample) -> S {
        std::mem::replace(self, Self::new()).get(rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_sound_has_room_for_more() {
        let most = (0..u64::BITS)
            .map(|bit| u64::MAX >> bit)
            .find(|&count| Total::<f64> { count, ..Total::new() }.is_sound());
        let mut total = Total::<f64> { count: most.unwrap(), ..Total::new() };
        total.push(Downsample::Count, 1.0);
        assert!(total.get(Downsample::Count) > 0.0);
    }
}
