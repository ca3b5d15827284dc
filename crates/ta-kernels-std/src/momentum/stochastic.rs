//! Stochastic oscillator (`stochastic`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::smooth::{Average, Averaging, MaType};
use ta_kernel_api::window::{RollingMax, RollingMin};

/// Stochastic oscillator: where the close lies in the range of the last bars, from 0 to 100, smoothed twice.
///
/// The raw value is `100 * (close - lowest low) / (highest high - lowest low)` over `fast_k` bars; `k` is its average, `d` the average of `k`. Where
/// the range is empty the raw value is 0. Both outputs start with `d`. Amortised constant time per bar.
///
/// # Reference
/// George Lane; TA-Lib `STOCH`.
#[kernel(
    id = "stochastic",
    family = "momentum",
    since = "0.1",
    aliases("stoch"),
    inputs(high = high, low = low, close = close),
    outputs(
        /// The smoothed position in the range.
        k,
        /// The average of `k`.
        d
    ),
    plot(pane, levels(20, 80))
)]
pub struct Stochastic {
    /// Bars in the range.
    #[param(default = 5, min = 1, max = 100_000)]
    pub fast_k: usize,
    /// Bars in the average that makes `k`.
    #[param(default = 3, min = 1, max = 100_000)]
    pub slow_k: usize,
    /// Bars in the average that makes `d`.
    #[param(default = 3, min = 1, max = 100_000)]
    pub slow_d: usize,
    /// The kind of the average that makes `k`.
    #[param(choice, default = MaType::Sma)]
    pub k_ma: MaType,
    /// The kind of the average that makes `d`.
    #[param(choice, default = MaType::Sma)]
    pub d_ma: MaType,
}

/// What a [`Stochastic`] remembers between two bars.
#[state]
pub struct StochasticState<S: Scalar> {
    highest: RollingMax<S>,
    lowest: RollingMin<S>,
    k: Averaging<S>,
    d: Averaging<S>,
}

impl Stochastic {
    #[inline]
    fn averages(&self) -> (Average, Average) {
        (Average::new(self.k_ma, self.slow_k), Average::new(self.d_ma, self.slow_d))
    }
}

#[inline]
fn position<S: Scalar>(close: S, highest: S, lowest: S) -> S {
    let range = highest - lowest;
    if range == S::ZERO { S::ZERO } else { S::from_i64(100) * ((close - lowest) / range) }
}

impl<S: Scalar> Kernel<S, 3, 2> for Stochastic {
    type State = StochasticState<S>;

    fn lookback(&self) -> [usize; 2] {
        [self.fast_k + self.slow_k + self.slow_d - 3; 2]
    }

    fn stabilisation(&self) -> usize {
        let (k, d) = self.averages();
        self.fast_k - 1 + k.stabilisation() + d.stabilisation()
    }

    fn init(&self) -> StochasticState<S> {
        let (k, d) = self.averages();
        StochasticState {
            highest: RollingMax::new(self.fast_k),
            lowest: RollingMin::new(self.fast_k),
            k: k.init(),
            d: d.init(),
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "returned through memory, several outputs cost more than the arithmetic"
    )]
    #[inline(always)]
    fn step(&self, state: &mut StochasticState<S>, [high, low, close]: [S; 3]) -> [S; 2] {
        let (k_average, d_average) = self.averages();
        let range = state.highest.push(high).zip(state.lowest.push(low));
        let k = range.and_then(|(highest, lowest)| {
            k_average.step(&mut state.k, position(close, highest.value(), lowest.value()))
        });
        let d = k.and_then(|k| d_average.step(&mut state.d, k));
        match (k, d) {
            (Some(k), Some(d)) => [k, d],
            _ => [S::MISSING; 2],
        }
    }

    fn batch(&self, [high, low, close]: [&[S]; 3], [k, d]: [&mut [S]; 2]) {
        let (k_average, d_average) = self.averages();
        let start = self.fast_k - 1;
        // The outputs hold the extremes first: they are written over row by row, or were missing before.
        RollingMax::batch(self.fast_k, high, [&mut *k], |window| [window.value()]);
        RollingMin::batch(self.fast_k, low, [&mut *d], |window| [window.value()]);
        let ranges = k[start..].iter().zip(&d[start..]);
        let raw: Vec<S> = close[start..]
            .iter()
            .zip(ranges)
            .map(|(&close, (&high, &low))| position(close, high, low))
            .collect();
        k_average.batch(&raw, &mut k[start..]);
        let start = start + k_average.lookback();
        d_average.batch(&k[start..], &mut d[start..]);
        let start = start + d_average.lookback();
        k[..start].fill(S::MISSING);
        d[..start].fill(S::MISSING);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    fn three(fast_k: usize, slow_k: usize, slow_d: usize) -> Stochastic {
        Stochastic { fast_k, slow_k, slow_d, ..Stochastic::default() }
    }

    #[test]
    fn position_in_the_range_smoothed_twice() {
        // ranges of two bars: 0..4, 1..5, 1..5, 1..5; raw: 50, 100, 0, 50; k: 75, 50, 25; d: 62.5, 37.5
        let high = [4.0, 3.0, 5.0, 4.0, 5.0];
        let low = [0.0, 1.0, 2.0, 1.0, 3.0];
        let close = [3.0, 2.0, 5.0, 1.0, 3.0];
        let [k, d] = run(&three(2, 2, 2), [&high, &low, &close]);
        assert_rows!(k, [_, _, _, 50.0, 25.0]);
        assert_rows!(d, [_, _, _, 62.5, 37.5]);
    }

    #[test]
    fn an_empty_range_is_at_its_bottom() {
        let [k, d] = run(&three(2, 1, 1), [&[7.0; 3]; 3]);
        assert_rows!(k, [_, 0.0, 0.0]);
        assert_rows!(d, [_, 0.0, 0.0]);
    }
}
