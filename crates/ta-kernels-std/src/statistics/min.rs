//! Rolling minimum (`min`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::{RollingMin, Window};

/// The lowest of the last `period` values.
///
/// Amortised constant time per bar.
///
/// # Reference
/// TA-Lib `MIN`.
#[kernel(id = "min", family = "statistics", since = "0.1", inputs(source = close), outputs(min), plot(overlay))]
pub struct Min {
    /// Bars to look at.
    #[param(default = 30, min = 1, max = 100_000)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Min {
    type State = RollingMin<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period - 1]
    }

    fn init(&self) -> RollingMin<S> {
        RollingMin::new(self.period)
    }

    #[inline]
    fn step(&self, state: &mut RollingMin<S>, [x]: [S; 1]) -> [S; 1] {
        [state.push(x).map_or(S::MISSING, Window::value)]
    }

    fn batch(&self, [source]: [&[S]; 1], out: [&mut [S]; 1]) {
        RollingMin::batch(self.period, source, out, |window| [window.value()]);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn lowest_of_the_last_three() {
        let [min] = run(&Min { period: 3 }, [&[1.0, 4.0, 3.0, 5.0, 6.0, 2.0]]);
        assert_rows!(min, [_, _, 1.0, 3.0, 3.0, 2.0]);
    }
}
