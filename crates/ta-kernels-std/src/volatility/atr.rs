//! Average true range (`atr`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::smooth::{Smoother, Smoothing};

use super::true_range::true_range;

/// Average true range: Wilder's average of the true range.
///
/// The first bar, which has no previous close, is left out: the average starts from the mean of the true ranges of the `period` bars after it.
/// Constant time and memory per bar.
///
/// # Reference
/// J. Welles Wilder, "New Concepts in Technical Trading Systems" (1978); TA-Lib `ATR`.
#[kernel(
    id = "atr",
    family = "volatility",
    since = "0.1",
    inputs(high = high, low = low, close = close),
    outputs(atr)
)]
pub struct Atr {
    /// True ranges in the average.
    #[param(default = 14, min = 1, max = 100_000)]
    pub period: usize,
}

/// What an [`Atr`] remembers between two bars.
#[state]
pub struct AtrState<S: Scalar> {
    close: Option<S>,
    average: Smoothing<S>,
}

impl<S: Scalar> Kernel<S, 3, 1> for Atr {
    type State = AtrState<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period]
    }

    fn stabilisation(&self) -> usize {
        1 + Smoother::<S>::rma(self.period).stabilisation()
    }

    fn init(&self) -> AtrState<S> {
        AtrState { close: None, average: Smoother::rma(self.period).init() }
    }

    #[inline]
    fn step(&self, state: &mut AtrState<S>, [high, low, close]: [S; 3]) -> [S; 1] {
        let Some(before) = state.close.replace(close) else { return [S::MISSING] };
        let range = true_range(high, low, before);
        let deviation = state.average.push(range);
        [deviation.map_or(S::MISSING, |deviation| range - deviation)]
    }

    fn batch(&self, [high, low, close]: [&[S]; 3], [atr]: [&mut [S]; 1]) {
        let rule = Smoother::rma(self.period);
        let range = |row: usize| true_range(high[row], low[row], close[row - 1]);
        let first: Vec<S> = (1..=self.period).map(range).collect();
        let Some((mut average, deviation)) = rule.start(&first) else { return };

        atr[self.period] = first[self.period - 1] - deviation;
        let start = self.period + 1;
        let (highs, last_high) = high[start..].as_chunks::<2>();
        let (lows, last_low) = low[start..].as_chunks::<2>();
        let (closes, _) = close[self.period..].as_chunks::<2>();
        let (out, last_out) = atr[start..].as_chunks_mut::<2>();
        for (((high, low), close), out) in highs.iter().zip(lows).zip(closes).zip(out) {
            let range = [true_range(high[0], low[0], close[0]), true_range(high[1], low[1], close[1])];
            let deviation = average.pair(range);
            *out = [range[0] - deviation[0], range[1] - deviation[1]];
        }
        if let ([high], [low], [.., before, _], [out]) = (last_high, last_low, close, last_out) {
            let range = true_range(*high, *low, *before);
            *out = range - average.last(range);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn mean_of_the_first_ranges_then_half_the_distance() {
        // ranges 2, 4 | 1, 6: 3, 3 + (1 - 3) / 2 = 2, 2 + (6 - 2) / 2 = 4
        let high = [9.0, 7.0, 8.0, 6.0, 9.0];
        let low = [1.0, 5.0, 4.0, 5.0, 3.0];
        let close = [6.0, 6.0, 5.5, 5.5, 4.0];
        let [atr] = run(&Atr { period: 2 }, [&high, &low, &close]);
        assert_rows!(atr, [_, _, 3.0, 2.0, 4.0]);
    }
}
