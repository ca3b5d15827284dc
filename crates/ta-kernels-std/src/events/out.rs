//! Outside a channel (`out`).

use ta_kernel_api::prelude::*;

use super::in_channel::inside;

/// Whether the source lies outside of the channel: below `lower` or above `upper`.
///
/// The opposite of `in_channel`.
#[kernel(id = "out", family = "events", since = "0.1", inputs(source, lower, upper), outputs(out: bool))]
pub struct Out {}

impl<S: Scalar> Kernel<S, 3, 1> for Out {
    type State = ();

    fn lookback(&self) -> [usize; 1] {
        [0]
    }

    fn init(&self) {}

    #[inline]
    fn step(&self, (): &mut (), [x, lower, upper]: [S; 3]) -> [S; 1] {
        [S::from_bool(!inside(x, lower, upper))]
    }

    fn batch(&self, [source, lower, upper]: [&[S]; 3], [out]: [&mut [S]; 1]) {
        for (((&x, &lower), &upper), out) in source.iter().zip(lower).zip(upper).zip(out) {
            *out = S::from_bool(!inside(x, lower, upper));
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn bounds_belong_to_the_channel() {
        let [out] = run(&Out {}, [&[1.0, 2.0, 3.0, 4.0, 5.0, 3.0], &[2.0; 6], &[4.0; 6]]);
        assert_rows!(out, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    }
}
