//! Risen by a percentage (`rising_pct`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::Lag;

/// Whether the source has risen by at least `percent` percent over `period` bars.
///
/// Percent of the magnitude of the value then; missing where it was zero. Constant time per bar.
#[kernel(id = "rising_pct", family = "events", since = "0.1", inputs(source = close), outputs(rising_pct: bool))]
pub struct RisingPct {
    /// Bars to look back.
    #[param(default = 1, min = 1, max = 100_000)]
    pub period: usize,
    /// The change asked for, in percent.
    #[param(default = 1.0, min = 0.0, max = 1_000_000.0)]
    pub percent: f64,
}

/// Whether a change is at least so many percent of the magnitude of the value before it.
#[inline]
pub(super) fn moved<S: Scalar>(change: S, before: S, percent: S) -> S {
    let unknown = before == S::ZERO;
    S::from_truth((!unknown).then_some(S::from_i64(100) * change >= percent * before.abs()))
}

impl<S: Scalar> Kernel<S, 1, 1> for RisingPct {
    type State = Lag<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period]
    }

    fn init(&self) -> Lag<S> {
        Lag::new(self.period)
    }

    #[inline]
    fn step(&self, state: &mut Lag<S>, [x]: [S; 1]) -> [S; 1] {
        let percent = S::from_f64(self.percent);
        [state.push(x).map_or(S::MISSING, |before| moved(x - before, before, percent))]
    }

    fn batch(&self, [source]: [&[S]; 1], [rising_pct]: [&mut [S]; 1]) {
        let percent = S::from_f64(self.percent);
        Lag::batch(self.period, source, rising_pct, |x, before| moved(x - before, before, percent));
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn at_least_so_many_percent() {
        // 10 -> 11: 10%; 20 -> 21: 5%; -10 -> -9: 10%
        let [rising_pct] =
            run(&RisingPct { period: 1, percent: 10.0 }, [&[10.0, 11.0, 20.0, 21.0, -10.0, -9.0]]);
        assert_rows!(rising_pct, [_, 1.0, 1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn zero_has_no_percentage() {
        let [rising_pct] = run(&RisingPct { period: 1, percent: 10.0 }, [&[0.0, 1.0, 0.0]]);
        assert_rows!(rising_pct, [_, _, 0.0]);
    }
}
