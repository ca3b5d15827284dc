//! Cumulative sum (`cumulative_sum`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::Cumulative;

/// The sum of all values so far.
///
/// What rounding takes is kept and put back, so the sum does not drift however long the series. Constant time and memory per bar.
///
/// # Reference
/// TA-Lib `CUMSUM`, `numpy.cumsum`.
#[kernel(
    id = "cumulative_sum",
    family = "primitives",
    since = "0.1",
    aliases("cumsum"),
    inputs(source = close),
    outputs(cumulative_sum)
)]
pub struct CumulativeSum {}

impl<S: Scalar> Kernel<S, 1, 1> for CumulativeSum {
    type State = Cumulative<S>;

    fn lookback(&self) -> [usize; 1] {
        [0]
    }

    fn stabilisation(&self) -> usize {
        usize::MAX
    }

    fn init(&self) -> Cumulative<S> {
        Cumulative::new()
    }

    #[inline]
    fn step(&self, state: &mut Cumulative<S>, [x]: [S; 1]) -> [S; 1] {
        [state.push(x)]
    }

    fn batch(&self, [source]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        let mut sum = Cumulative::new();
        for (&x, out) in source.iter().zip(out) {
            *out = sum.push(x);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn everything_so_far() {
        let [sum] = run(&CumulativeSum {}, [&[1.0, 2.0, -6.0]]);
        assert_rows!(sum, [1.0, 3.0, -3.0]);
    }

    #[test]
    fn small_values_after_a_large_one_are_kept() {
        let [sum] = run(&CumulativeSum {}, [&[1e16, 1.0, 1.0, -1e16]]);
        assert_eq!(sum[3], 2.0);
    }
}
