//! Sign (`sign`).

use ta_kernel_api::prelude::*;

/// 1 where the source is above zero, -1 where it is below, and 0 where it is zero.
///
/// As `numpy.sign`.
#[kernel(id = "sign", family = "primitives", since = "0.1", inputs(source = close), outputs(sign))]
pub struct Sign {}

impl<S: Scalar> Kernel<S, 1, 1> for Sign {
    type State = ();

    fn lookback(&self) -> [usize; 1] {
        [0]
    }

    fn init(&self) {}

    #[inline]
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [S::from_bool(x > S::ZERO) - S::from_bool(x < S::ZERO)]
    }

    fn batch(&self, [source]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        for (&x, out) in source.iter().zip(out) {
            *out = S::from_bool(x > S::ZERO) - S::from_bool(x < S::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn above_below_and_at_zero() {
        let [out] = run(&Sign {}, [&[2.0, -3.0, 0.0]]);
        assert_rows!(out, [1.0, -1.0, 0.0]);
    }
}
