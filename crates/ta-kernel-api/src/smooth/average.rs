//! A moving average whose kind is a parameter.

use serde::{Deserialize, Serialize};

use super::recursive::{Smoother, Smoothing};
use crate::scalar::Scalar;
use crate::state::State;
use crate::window::{RollingRamp, RollingSum, Weights};

/// The kind of a moving average.
#[crate::choices]
pub enum MaType {
    /// The plain mean.
    Sma,
    /// Exponential, `2 / (period + 1)`.
    Ema,
    /// Linearly weighted.
    Wma,
    /// Wilder's, `1 / period`.
    Rma,
}

/// A moving average of the given kind over `period` values.
///
/// ```
/// use ta_kernel_api::smooth::{Average, MaType};
///
/// let average = Average::new(MaType::Wma, 2);
/// let mut state = average.init();
/// // (1 * 3 + 2 * 6) / 3 = 5
/// assert_eq!([3.0, 6.0].map(|x| average.step(&mut state, x)), [None, Some(5.0)]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Average {
    kind: MaType,
    period: usize,
}

/// What an [`Average`] remembers between two values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum Averaging<S: Scalar> {
    /// For the plain mean.
    Sum(RollingSum<S>, S::Divisor),
    /// For the weighted mean.
    Ramp(RollingRamp<S>, Weights<S>),
    /// For the recursive ones.
    Smoothing(Smoothing<S>),
}

impl Average {
    /// An average of this kind over `period` values, at least one.
    #[inline]
    pub fn new(kind: MaType, period: usize) -> Self {
        Self { kind, period: period.max(1) }
    }

    /// Rows without an average.
    pub fn lookback(&self) -> usize {
        self.period - 1
    }

    /// Rows until the start no longer matters; see [`crate::Kernel::stabilisation`].
    pub fn stabilisation(&self) -> usize {
        match self.kind {
            MaType::Sma | MaType::Wma => self.lookback(),
            MaType::Ema | MaType::Rma => self.smoother::<f64>().stabilisation(),
        }
    }

    /// The state before the first value.
    pub fn init<S: Scalar>(&self) -> Averaging<S> {
        match self.kind {
            MaType::Sma => Averaging::Sum(RollingSum::new(self.period), S::divisor(self.period)),
            MaType::Wma => Averaging::Ramp(RollingRamp::new(self.period), Weights::new(self.period)),
            MaType::Ema | MaType::Rma => Averaging::Smoothing(self.smoother().init()),
        }
    }

    /// Takes in a value; answers the average once there are enough.
    #[inline]
    pub fn step<S: Scalar>(&self, state: &mut Averaging<S>, x: S) -> Option<S> {
        match state {
            Averaging::Sum(sum, divisor) => sum.push(x).map(|window| window.mean(*divisor)),
            Averaging::Ramp(ramp, weights) => ramp.push(x).map(|window| window.weighted_mean(weights)),
            Averaging::Smoothing(smoothing) => smoothing.push(x).map(|deviation| x - deviation),
        }
    }

    /// Writes the averages of `xs` to the rows of the equally long `out` from `period - 1` on.
    pub fn batch<S: Scalar>(&self, xs: &[S], out: &mut [S]) {
        match self.kind {
            MaType::Sma => {
                let divisor = S::divisor(self.period);
                RollingSum::batch(self.period, xs, [out], |window| [window.mean(divisor)]);
            }
            MaType::Wma => {
                let weights = Weights::new(self.period);
                RollingRamp::batch(self.period, xs, [out], |window| [window.weighted_mean(&weights)]);
            }
            MaType::Ema | MaType::Rma => self.smoother().batch(xs, out),
        }
    }

    #[inline]
    fn smoother<S: Scalar>(&self) -> Smoother<S> {
        if self.kind == MaType::Rma { Smoother::rma(self.period) } else { Smoother::ema(self.period) }
    }
}

impl<S: Scalar> State for Averaging<S> {
    fn fits(&self, fresh: &Self) -> bool {
        match (self, fresh) {
            (Self::Sum(this, divisor), Self::Sum(fresh, same)) => this.fits(fresh) && divisor == same,
            (Self::Ramp(this, weights), Self::Ramp(fresh, same)) => this.fits(fresh) && weights == same,
            (Self::Smoothing(this), Self::Smoothing(fresh)) => this.fits(fresh),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [MaType; 4] = [MaType::Sma, MaType::Ema, MaType::Wma, MaType::Rma];

    #[test]
    fn both_forms_agree_and_start_at_the_lookback() {
        let xs: Vec<f64> = (0..100).map(|row| (row * 7919 % 1009) as f64).collect();
        for kind in KINDS {
            let average = Average::new(kind, 7);
            let mut state = average.init();
            let step: Vec<f64> = xs.iter().map(|&x| average.step(&mut state, x).unwrap_or(-1.0)).collect();
            let mut batch = vec![-1.0; xs.len()];
            average.batch(&xs, &mut batch);
            assert_eq!(step, batch, "{kind:?}");
            assert_eq!(step.iter().position(|&x| x >= 0.0), Some(average.lookback()));
        }
    }

    #[test]
    fn the_state_of_another_kind_does_not_fit() {
        for (a, this) in KINDS.into_iter().enumerate() {
            for (b, other) in KINDS.into_iter().enumerate() {
                let fits = Average::new(this, 3).init::<f64>().fits(&Average::new(other, 3).init());
                assert_eq!(fits, a == b, "{this:?} {other:?}");
            }
        }
    }
}
