//! Negative part (`negative_values`).

use ta_kernel_api::prelude::*;

/// The value where it is below zero, and zero elsewhere.
///
/// The sign stays: with `positive_values` it adds up to the source.
#[kernel(id = "negative_values", family = "primitives", since = "0.1", inputs(source = close), outputs(negative_values))]
pub struct NegativeValues {}

impl<S: Scalar> Kernel<S, 1, 1> for NegativeValues {
    type State = ();

    fn lookback(&self) -> [usize; 1] {
        [0]
    }

    fn init(&self) {}

    #[inline]
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [S::min(x, S::ZERO)]
    }

    fn batch(&self, [source]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        for (&x, out) in source.iter().zip(out) {
            *out = S::min(x, S::ZERO);
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
        let [out] = run(&NegativeValues {}, [&[2.0, -3.0, 0.0]]);
        assert_rows!(out, [0.0, -3.0, 0.0]);
    }
}
