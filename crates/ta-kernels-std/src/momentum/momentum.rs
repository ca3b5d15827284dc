//! Momentum (`momentum`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::Lag;

/// Momentum: the change over `period` bars.
///
/// `momentum = x - x[period]`. Constant time per bar.
///
/// # Reference
/// TA-Lib `MOM`.
#[kernel(
    id = "momentum",
    family = "momentum",
    since = "0.1",
    aliases("mom"),
    inputs(source = close),
    outputs(momentum),
    plot(pane, levels(0))
)]
pub struct Momentum {
    /// Bars to look back.
    #[param(default = 10, min = 1, max = 100_000)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Momentum {
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

    fn batch(&self, [source]: [&[S]; 1], [momentum]: [&mut [S]; 1]) {
        Lag::batch(self.period, source, momentum, |x, before| x - before);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn change_since_then() {
        let [momentum] = run(&Momentum { period: 2 }, [&[2.0, 4.0, 3.0, 1.0]]);
        assert_rows!(momentum, [_, _, 1.0, -3.0]);
    }
}
