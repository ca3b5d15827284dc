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

/// Whether `x` lies above `before` by at least so many percent of its magnitude. The two are not subtracted, so that 10.1 lies one
/// percent above 10 whatever the digits of their difference.
#[inline]
pub(super) fn moved<S: Scalar>(before: S, x: S, percent: S) -> S {
    let hundred = S::from_i64(100);
    let (now, bound) = (hundred * x, hundred * before + percent * before.abs());
    let known = before != S::ZERO && now.is_finite() && bound.is_finite();
    S::from_truth(known.then_some(now >= bound))
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
        [state.push(x).map_or(S::MISSING, |before| moved(before, x, percent))]
    }

    fn batch(&self, [source]: [&[S]; 1], [rising_pct]: [&mut [S]; 1]) {
        let percent = S::from_f64(self.percent);
        Lag::batch(self.period, source, rising_pct, |x, before| moved(before, x, percent));
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn exactly_so_many_percent_are_enough() {
        let [rising_pct] = run(&RisingPct::default(), [&[10.0, 10.1, 10.201, 10.3]]);
        assert_rows!(rising_pct, [_, 1.0, 1.0, 0.0]);
    }

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
