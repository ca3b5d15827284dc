//! First present value (`coalesce`).

use ta_kernel_api::prelude::*;

/// The first series where it has a value, the second one elsewhere, bar by bar.
///
/// Sees missing values whatever the missing-data policy, as they are what it is about: `coalesce(a / b, 0)` is zero where `b` is. Missing
/// where both are.
///
/// # Reference
/// SQL `COALESCE`.
#[kernel(id = "coalesce", family = "primitives", since = "0.1", inputs(a, b), outputs(coalesce), missing = pass, plot(overlay))]
pub struct Coalesce {}

#[inline]
fn first<S: Scalar>(a: S, b: S) -> S {
    if a.is_missing() { b } else { a }
}

impl<S: Scalar> Kernel<S, 2, 1> for Coalesce {
    type State = ();

    fn lookback(&self) -> [usize; 1] {
        [0]
    }

    fn init(&self) {}

    #[inline]
    fn step(&self, (): &mut (), [a, b]: [S; 2]) -> [S; 1] {
        [first(a, b)]
    }

    fn batch(&self, [a, b]: [&[S]; 2], [out]: [&mut [S]; 1]) {
        for ((&a, &b), out) in a.iter().zip(b).zip(out) {
            *out = first(a, b);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn the_second_stands_in_where_the_first_is_missing() {
        let nan = f64::NAN;
        let [out] = run(&Coalesce {}, [&[1.0, nan, nan], &[5.0, 6.0, nan]]);
        assert_rows!(out, [1.0, 6.0, _]);
    }
}
