//! Inside a channel (`in_channel`).

use ta_kernel_api::prelude::*;

/// Whether the source lies in the channel: `lower <= source <= upper`.
///
/// The bounds belong to the channel. A channel whose bounds are the wrong way round holds nothing.
#[kernel(id = "in_channel", family = "events", since = "0.1", inputs(source, lower, upper), outputs(in_channel: bool))]
pub struct InChannel {}

/// Whether a value lies between the bounds or on one of them.
#[inline]
pub(super) fn inside<S: Scalar>(x: S, lower: S, upper: S) -> bool {
    lower <= x && x <= upper
}

impl<S: Scalar> Kernel<S, 3, 1> for InChannel {
    type State = ();

    fn lookback(&self) -> [usize; 1] {
        [0]
    }

    fn init(&self) {}

    #[inline]
    fn step(&self, (): &mut (), [x, lower, upper]: [S; 3]) -> [S; 1] {
        [S::from_bool(inside(x, lower, upper))]
    }

    fn batch(&self, [source, lower, upper]: [&[S]; 3], [out]: [&mut [S]; 1]) {
        for (((&x, &lower), &upper), out) in source.iter().zip(lower).zip(upper).zip(out) {
            *out = S::from_bool(inside(x, lower, upper));
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
        let [out] = run(&InChannel {}, [&[1.0, 2.0, 3.0, 4.0, 5.0, 3.0], &[2.0; 6], &[4.0; 6]]);
        assert_rows!(out, [0.0, 1.0, 1.0, 1.0, 0.0, 1.0]);
    }
}
