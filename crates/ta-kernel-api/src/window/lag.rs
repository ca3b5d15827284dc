//! A delay: the value of so many steps ago.

use serde::{Deserialize, Serialize};

use crate::scalar::Scalar;
use crate::state::State;

/// The last values, to be asked for the one that came `period` steps before the newest.
///
/// ```
/// use ta_kernel_api::window::Lag;
///
/// let mut before = Lag::new(2);
/// assert_eq!([5.0, 6.0, 7.0].map(|x| before.push(x)), [None, None, Some(5.0)]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Lag<S: Scalar> {
    ring: Vec<S>,
    at: usize,
    full: bool,
}

impl<S: Scalar> Lag<S> {
    /// A delay of `period` steps, at least one.
    pub fn new(period: usize) -> Self {
        Self { ring: vec![S::ZERO; period.max(1)], at: 0, full: false }
    }

    /// Takes in a value; answers the one that came `period` steps before it, once there is one.
    #[inline]
    pub fn push(&mut self, x: S) -> Option<S> {
        let before = std::mem::replace(&mut self.ring[self.at], x);
        let answer = self.full.then_some(before);
        self.at += 1;
        if self.at == self.ring.len() {
            self.at = 0;
            self.full = true;
        }
        answer
    }

    /// Writes what `view` makes of each value and the one `period` steps before it to the rows of the equally long `out`, from
    /// row `period` on.
    pub fn batch(period: usize, xs: &[S], out: &mut [S], view: impl Fn(S, S) -> S) {
        let period = period.max(1).min(xs.len());
        for ((&x, &before), out) in xs[period..].iter().zip(xs).zip(&mut out[period..]) {
            *out = view(x, before);
        }
    }
}

impl<S: Scalar> State for Lag<S> {
    fn fits(&self, fresh: &Self) -> bool {
        self.ring.len() == fresh.ring.len() && self.at < fresh.ring.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_forms_answer_with_the_value_so_many_steps_ago(period in 1usize..20, xs in prop::collection::vec(-9.0..9.0, 0..60)) {
            let mut lag = Lag::new(period);
            let step: Vec<f64> = xs.iter().map(|&x| lag.push(x).unwrap_or(99.0)).collect();
            let mut batch = vec![99.0; xs.len()];
            Lag::batch(period, &xs, &mut batch, |_, before| before);
            let naive: Vec<f64> = (0..xs.len()).map(|row| if row < period { 99.0 } else { xs[row - period] }).collect();
            prop_assert_eq!(&step, &naive);
            prop_assert_eq!(&batch, &naive);
        }
    }

    #[test]
    fn a_position_outside_the_ring_does_not_fit() {
        let fresh = Lag::<f64>::new(2);
        for hostile in [r#"{"ring":[0,0],"at":2,"full":true}"#, r#"{"ring":[0],"at":0,"full":true}"#] {
            assert!(!serde_json::from_str::<Lag<f64>>(hostile).unwrap().fits(&fresh));
        }
    }
}
