//! Elementwise maximum (`maximum`).

use ta_kernel_api::prelude::*;

/// The higher of two series, bar by bar.
///
/// For the highest value of the last bars see `max`.
///
/// # Reference
/// `numpy.maximum`.
#[kernel(id = "maximum", family = "primitives", since = "0.1", inputs(a, b), outputs(maximum), plot(overlay))]
pub struct Maximum {}

impl<S: Scalar> Kernel<S, 2, 1> for Maximum {
    type State = ();

    fn lookback(&self) -> [usize; 1] {
        [0]
    }

    fn init(&self) {}

    #[inline]
    fn step(&self, (): &mut (), [a, b]: [S; 2]) -> [S; 1] {
        [S::max(a, b)]
    }

    fn batch(&self, [a, b]: [&[S]; 2], [out]: [&mut [S]; 1]) {
        for ((&a, &b), out) in a.iter().zip(b).zip(out) {
            *out = S::max(a, b);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn higher_of_each_pair() {
        let [out] = run(&Maximum {}, [&[2.0, -3.0], &[1.0, 0.0]]);
        assert_rows!(out, [2.0, 0.0]);
    }
}
