//! The last so many values: what `close[n]` remembers.

use ta_kernel_api::Scalar;

/// The last so many values, missing where there was none yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ring<S> {
    values: Vec<S>,
    /// The position of the oldest value, which the next one replaces.
    oldest: usize,
}

impl<S: Scalar> Ring<S> {
    /// Room for `bars` values, at least one.
    pub(crate) fn new(bars: usize) -> Self {
        Self { values: vec![S::MISSING; bars.max(1)], oldest: 0 }
    }

    /// How many values it holds.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// The value of `bars` rows ago, when the next one is taken in.
    pub(crate) fn peek(&self) -> S {
        self.values[self.oldest]
    }

    /// Takes in a value and gives the one of `bars` rows ago.
    pub(crate) fn push(&mut self, value: S) -> S {
        let old = std::mem::replace(&mut self.values[self.oldest], value);
        self.oldest += 1;
        if self.oldest == self.values.len() {
            self.oldest = 0;
        }
        old
    }

    /// The values, oldest first.
    pub(crate) fn to_vec(&self) -> Vec<S> {
        let (newer, older) = self.values.split_at(self.oldest);
        [older, newer].concat()
    }

    /// A ring of these values, oldest first; `None` when there are not `bars`.
    pub(crate) fn restore(values: Vec<S>, bars: usize) -> Option<Self> {
        (values.len() == bars && bars > 0).then_some(Self { values, oldest: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_after_as_many_rows() {
        let mut ring = Ring::new(2);
        let out: Vec<f64> = (1..=5).map(|value| ring.push(f64::from(value))).collect();
        assert!(out[0].is_nan() && out[1].is_nan());
        assert_eq!(out[2..], [1.0, 2.0, 3.0]);
        assert_eq!(ring.to_vec(), [4.0, 5.0]);
    }

    #[test]
    fn a_restored_ring_goes_on() {
        let mut ring = Ring::new(3);
        for value in 1..=4 {
            ring.push(f64::from(value));
        }
        let mut back = Ring::restore(ring.to_vec(), 3).unwrap();
        assert_eq!([back.push(9.0), back.push(9.0)], [ring.push(9.0), ring.push(9.0)]);
        assert_eq!(Ring::restore(vec![0.0; 2], 3), None);
    }
}
