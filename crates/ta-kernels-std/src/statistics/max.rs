//! Rolling maximum (`max`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::{RollingMax, Window};

/// The highest of the last `period` values.
///
/// Amortised constant time per bar.
///
/// # Reference
/// TA-Lib `MAX`.
#[kernel(id = "max", family = "statistics", since = "0.1", inputs(source = close), outputs(max), plot(overlay))]
pub struct Max {
    /// Bars to look at.
    #[param(default = 30, min = 1, max = 100_000)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Max {
    type State = RollingMax<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period - 1]
    }

    fn init(&self) -> RollingMax<S> {
        RollingMax::new(self.period)
    }

    #[inline]
    fn step(&self, state: &mut RollingMax<S>, [x]: [S; 1]) -> [S; 1] {
        [state.push(x).map_or(S::MISSING, Window::value)]
    }

    fn batch(&self, [source]: [&[S]; 1], out: [&mut [S]; 1]) {
        RollingMax::batch(self.period, source, out, |window| [window.value()]);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn highest_of_the_last_three() {
        let [max] = run(&Max { period: 3 }, [&[5.0, 2.0, 3.0, 1.0, 0.0, 4.0]]);
        assert_rows!(max, [_, _, 5.0, 3.0, 3.0, 4.0]);
    }
}
