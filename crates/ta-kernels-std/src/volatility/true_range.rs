//! True range (`true_range`).

use ta_kernel_api::prelude::*;

/// True range: the range of a bar, extended to the previous close when that lies outside.
///
/// The greatest of `high - low`, `|high - close[1]|` and `|low - close[1]|`. The first bar has no previous close and no answer.
///
/// # Reference
/// J. Welles Wilder, "New Concepts in Technical Trading Systems" (1978); TA-Lib `TRANGE`.
#[kernel(
    id = "true_range",
    family = "volatility",
    since = "0.1",
    aliases("trange"),
    inputs(high = high, low = low, close = close),
    outputs(true_range)
)]
pub struct TrueRange {}

/// The true range of a bar after one that closed at `before`.
#[inline]
pub(super) fn true_range<S: Scalar>(high: S, low: S, before: S) -> S {
    S::max(S::max(high - low, (high - before).abs()), (low - before).abs())
}

/// What a [`TrueRange`] remembers between two bars.
#[state]
pub struct TrueRangeState<S> {
    close: Option<S>,
}

impl<S: Scalar> Kernel<S, 3, 1> for TrueRange {
    type State = TrueRangeState<S>;

    fn lookback(&self) -> [usize; 1] {
        [1]
    }

    fn init(&self) -> TrueRangeState<S> {
        TrueRangeState { close: None }
    }

    #[inline]
    fn step(&self, state: &mut TrueRangeState<S>, [high, low, close]: [S; 3]) -> [S; 1] {
        [state.close.replace(close).map_or(S::MISSING, |before| true_range(high, low, before))]
    }

    fn batch(&self, [high, low, close]: [&[S]; 3], [out]: [&mut [S]; 1]) {
        for (((&high, &low), &before), out) in high[1..].iter().zip(&low[1..]).zip(close).zip(&mut out[1..]) {
            *out = true_range(high, low, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn a_gap_extends_the_range() {
        // inside: 5 - 3; close 4 below the low: 9 - 4; close 8 above the high: 8 - 2
        let (high, low, close) = ([6.0, 5.0, 9.0, 3.0], [4.0, 3.0, 7.0, 2.0], [4.0, 4.0, 8.0, 2.5]);
        let [true_range] = run(&TrueRange {}, [&high, &low, &close]);
        assert_rows!(true_range, [_, 2.0, 5.0, 6.0]);
    }
}
