//! Rate of change (`roc`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::Lag;

/// Rate of change: the change over `period` bars in percent of the value then.
///
/// `roc = 100 * (x - x[period]) / x[period]`; missing where the value then was zero. Constant time per bar.
///
/// # Reference
/// TA-Lib `ROC`, which answers 0 where the value then was zero.
#[kernel(
    id = "roc",
    family = "momentum",
    since = "0.1",
    inputs(source = close),
    outputs(roc),
    plot(pane, levels(0))
)]
pub struct Roc {
    /// Bars to look back.
    #[param(default = 10, min = 1, max = 100_000)]
    pub period: usize,
}

#[inline]
fn rate<S: Scalar>(x: S, before: S) -> S {
    (S::from_i64(100) * (x - before)).checked_div(before)
}

impl<S: Scalar> Kernel<S, 1, 1> for Roc {
    type State = Lag<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period]
    }

    fn init(&self) -> Lag<S> {
        Lag::new(self.period)
    }

    #[inline]
    fn step(&self, state: &mut Lag<S>, [x]: [S; 1]) -> [S; 1] {
        [state.push(x).map_or(S::MISSING, |before| rate(x, before))]
    }

    fn batch(&self, [source]: [&[S]; 1], [roc]: [&mut [S]; 1]) {
        Lag::batch(self.period, source, roc, rate);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn change_in_percent() {
        // 2 -> 3: 50, 4 -> 1: -75, 3 -> 3: 0
        let [roc] = run(&Roc { period: 2 }, [&[2.0, 4.0, 3.0, 1.0, 3.0]]);
        assert_rows!(roc, [_, _, 50.0, -75.0, 0.0]);
    }

    #[test]
    fn a_change_from_zero_has_no_rate() {
        let [roc] = run(&Roc { period: 1 }, [&[0.0, 1.0, 2.0]]);
        assert_rows!(roc, [_, _, 100.0]);
    }
}
