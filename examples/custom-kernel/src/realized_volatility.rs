//! Realized volatility (`acme::realized_volatility`): needs logarithms, so it computes in `f64` alone.

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::{RollingMoments, Scale};

/// Realized volatility: the standard deviation of logarithmic returns, per year.
///
/// The sample standard deviation (`period - 1` degrees of freedom) of the last `period` returns `ln(x[t] / x[t-1])`, times
/// the square root of `per_year`. A fraction: 0.2 is 20 % a year. Missing where a price is not above zero.
///
/// # Reference
/// J. C. Hull, "Options, Futures, and Other Derivatives", estimating volatility from historical data.
#[kernel(
    id = "acme::realized_volatility",
    family = "volatility",
    since = "0.1",
    inputs(source = close),
    outputs(volatility),
    scalars(f64)
)]
pub struct RealizedVolatility {
    /// Returns in the window.
    #[param(default = 20, min = 2, max = 100_000)]
    pub period: usize,
    /// Bars in a year.
    #[param(default = 252, min = 1, max = 1e9)]
    pub per_year: f64,
}

/// What a [`RealizedVolatility`] remembers between two bars.
#[state]
pub struct RealizedVolatilityState {
    last: Option<f64>,
    window: RollingMoments<f64>,
    scale: Scale<f64>,
}

impl RealizedVolatility {
    /// The logarithmic return from one price to the next.
    fn log_return(before: f64, now: f64) -> f64 {
        (now / before).ln()
    }
}

impl Kernel<f64, 1, 1> for RealizedVolatility {
    type State = RealizedVolatilityState;

    fn lookback(&self) -> [usize; 1] {
        [self.period]
    }

    fn init(&self) -> RealizedVolatilityState {
        RealizedVolatilityState {
            last: None,
            window: RollingMoments::new(self.period),
            scale: Scale::new(self.period, 1),
        }
    }

    fn step(&self, state: &mut RealizedVolatilityState, [price]: [f64; 1]) -> [f64; 1] {
        let Some(last) = state.last.replace(price) else { return [f64::MISSING] };
        let Some(window) = state.window.push(Self::log_return(last, price)) else { return [f64::MISSING] };
        [(window.variance(&state.scale) * self.per_year).sqrt()]
    }

    fn batch(&self, [price]: [&[f64]; 1], [volatility]: [&mut [f64]; 1]) {
        let returns: Vec<f64> = price.windows(2).map(|pair| Self::log_return(pair[0], pair[1])).collect();
        let scale = Scale::new(self.period, 1);
        RollingMoments::batch(self.period, &returns, [&mut volatility[1..]], |window| {
            [(window.variance(&scale) * self.per_year).sqrt()]
        });
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::{assert_rows, conformance::run};

    use super::*;

    #[test]
    fn steady_growth_has_no_volatility() {
        let [volatility] = run(&RealizedVolatility { period: 2, per_year: 252.0 }, [&[1.0, 2.0, 4.0, 8.0]]);
        assert_rows!(volatility, [_, _, 0.0, 0.0]);
    }

    #[test]
    fn two_opposite_returns() {
        // Returns r and -r have the sample variance 2 r^2; times 2 bars a year its root is 2 r.
        let [volatility] = run(&RealizedVolatility { period: 2, per_year: 2.0 }, [&[1.0, 1.1, 1.0]]);
        assert!((volatility[2] - 2.0 * 1.1f64.ln()).abs() < 1e-15);
    }
}
