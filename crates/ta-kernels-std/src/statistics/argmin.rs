//! Age of the rolling minimum (`argmin`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::{RollingArgMin, Window};

/// How many bars ago the lowest of the last `period` values came; 0 is the current bar.
///
/// The newest one of equal values counts. Amortised constant time per bar.
///
/// # Reference
/// TA-Lib `MININDEX`, which counts from the first row instead and keeps the oldest one of equal values.
#[kernel(id = "argmin", family = "statistics", since = "0.1", inputs(source = close), outputs(argmin))]
pub struct Argmin {
    /// Bars to look at.
    #[param(default = 30, min = 1, max = 100_000)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Argmin {
    type State = RollingArgMin<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period - 1]
    }

    fn init(&self) -> RollingArgMin<S> {
        RollingArgMin::new(self.period)
    }

    #[inline]
    fn step(&self, state: &mut RollingArgMin<S>, [x]: [S; 1]) -> [S; 1] {
        [state.push(x).map_or(S::MISSING, Window::age)]
    }

    fn batch(&self, [source]: [&[S]; 1], out: [&mut [S]; 1]) {
        RollingArgMin::batch(self.period, source, out, |window| [window.age()]);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn counts_back_from_now() {
        let [argmin] = run(&Argmin { period: 3 }, [&[1.0, 4.0, 3.0, 5.0, 6.0, 2.0]]);
        assert_rows!(argmin, [_, _, 2.0, 1.0, 2.0, 0.0]);
    }

    #[test]
    fn the_newest_of_equals_counts() {
        let [argmin] = run(&Argmin { period: 3 }, [&[1.0, 1.0, 5.0, 6.0, 5.0]]);
        assert_rows!(argmin, [_, _, 1.0, 2.0, 0.0]);
    }
}
