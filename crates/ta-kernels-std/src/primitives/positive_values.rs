//! Positive part (`positive_values`).

use ta_kernel_api::prelude::*;

/// The value where it is above zero, and zero elsewhere.
///
/// With `negative_values` it adds up to the source.
#[kernel(id = "positive_values", family = "primitives", since = "0.1", inputs(source = close), outputs(positive_values))]
pub struct PositiveValues {}

impl<S: Scalar> Kernel<S, 1, 1> for PositiveValues {
    type State = ();

    fn lookback(&self) -> [usize; 1] {
        [0]
    }

    fn init(&self) {}

    #[inline]
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [S::max(x, S::ZERO)]
    }

    fn batch(&self, [source]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        for (&x, out) in source.iter().zip(out) {
            *out = S::max(x, S::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn the_rest_is_zero() {
        let [out] = run(&PositiveValues {}, [&[2.0, -3.0, 0.0]]);
        assert_rows!(out, [2.0, 0.0, 0.0]);
    }
}
