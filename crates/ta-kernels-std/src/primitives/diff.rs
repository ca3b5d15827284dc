//! Difference (`diff`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::Lag;

/// The change over `period` bars: `x - x[period]`.
///
/// The same as `momentum`, which by default looks back further. Constant time per bar.
///
/// # Reference
/// pandas `diff`.
#[kernel(id = "diff", family = "primitives", since = "0.1", inputs(source = close), outputs(diff), plot(pane, levels(0)))]
pub struct Diff {
    /// Bars to look back.
    #[param(default = 1, min = 1, max = 100_000)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Diff {
    type State = Lag<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period]
    }

    fn init(&self) -> Lag<S> {
        Lag::new(self.period)
    }

    #[inline]
    fn step(&self, state: &mut Lag<S>, [x]: [S; 1]) -> [S; 1] {
        [state.push(x).map_or(S::MISSING, |before| x - before)]
    }

    fn batch(&self, [source]: [&[S]; 1], [diff]: [&mut [S]; 1]) {
        Lag::batch(self.period, source, diff, |x, before| x - before);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn change_since_then() {
        let [diff] = run(&Diff { period: 2 }, [&[2.0, 4.0, 3.0, 1.0]]);
        assert_rows!(diff, [_, _, 1.0, -3.0]);
    }
}
