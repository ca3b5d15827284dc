//! Earlier value (`shift`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::Lag;

/// The value of `period` bars ago.
///
/// Constant time per bar.
///
/// # Reference
/// pandas `shift`.
#[kernel(id = "shift", family = "primitives", since = "0.1", inputs(source = close), outputs(shift), plot(overlay))]
pub struct Shift {
    /// Bars to look back.
    #[param(default = 1, min = 1, max = 100_000)]
    pub period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Shift {
    type State = Lag<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period]
    }

    fn init(&self) -> Lag<S> {
        Lag::new(self.period)
    }

    #[inline]
    fn step(&self, state: &mut Lag<S>, [x]: [S; 1]) -> [S; 1] {
        [state.push(x).unwrap_or(S::MISSING)]
    }

    fn batch(&self, [source]: [&[S]; 1], [shift]: [&mut [S]; 1]) {
        shift[self.period..].copy_from_slice(&source[..source.len() - self.period]);
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn the_value_then() {
        let [shift] = run(&Shift { period: 2 }, [&[2.0, 4.0, 3.0, 1.0]]);
        assert_rows!(shift, [_, _, 2.0, 4.0]);
    }
}
