//! Fallen by a percentage (`falling_pct`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::Lag;

use super::rising_pct::moved;

/// Whether the source has fallen by at least `percent` percent over `period` bars.
///
/// Percent of the magnitude of the value then; missing where it was zero. Constant time per bar.
#[kernel(id = "falling_pct", family = "events", since = "0.1", inputs(source = close), outputs(falling_pct: bool))]
pub struct FallingPct {
    /// Bars to look back.
    #[param(default = 1, min = 1, max = 100_000)]
    pub period: usize,
    /// The change asked for, in percent.
    #[param(default = 1.0, min = 0.0, max = 1_000_000.0)]
    pub percent: f64,
}

impl<S: Scalar> Kernel<S, 1, 1> for FallingPct {
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
        [state.push(x).map_or(S::MISSING, |before| moved(-before, -x, percent))]
    }

    fn batch(&self, [source]: [&[S]; 1], [falling_pct]: [&mut [S]; 1]) {
        let percent = S::from_f64(self.percent);
        Lag::batch(self.period, source, falling_pct, |x, before| moved(-before, -x, percent));
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn at_least_so_many_percent() {
        // 10 -> 9: 10%; 9 -> 9: 0%; 20 -> 19: 5%; 19 -> 1: 95%; -10 -> -11: 10%
        let [falling_pct] =
            run(&FallingPct { period: 1, percent: 10.0 }, [&[10.0, 9.0, 9.0, 20.0, 19.0, 1.0, -10.0, -11.0]]);
        assert_rows!(falling_pct, [_, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn zero_has_no_percentage() {
        let [falling_pct] = run(&FallingPct { period: 1, percent: 10.0 }, [&[0.0, 1.0, 0.0]]);
        assert_rows!(falling_pct, [_, _, 1.0]);
    }
}
