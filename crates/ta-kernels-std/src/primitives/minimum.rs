//! Elementwise minimum (`minimum`).

use ta_kernel_api::prelude::*;

/// The lower of two series, bar by bar.
///
/// For the lowest value of the last bars see `min`.
///
/// # Reference
/// `numpy.minimum`.
#[kernel(id = "minimum", family = "primitives", since = "0.1", inputs(a, b), outputs(minimum), plot(overlay))]
pub struct Minimum {}

impl<S: Scalar> Kernel<S, 2, 1> for Minimum {
    type State = ();

    fn lookback(&self) -> [usize; 1] {
        [0]
    }

    fn init(&self) {}

    #[inline]
    fn step(&self, (): &mut (), [a, b]: [S; 2]) -> [S; 1] {
        [S::min(a, b)]
    }

    fn batch(&self, [a, b]: [&[S]; 2], [out]: [&mut [S]; 1]) {
        for ((&a, &b), out) in a.iter().zip(b).zip(out) {
            *out = S::min(a, b);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn lower_of_each_pair() {
        let [out] = run(&Minimum {}, [&[2.0, -3.0], &[1.0, 0.0]]);
        assert_rows!(out, [1.0, -3.0]);
    }
}
