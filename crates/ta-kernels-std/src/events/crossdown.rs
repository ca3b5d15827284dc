//! Crossing from above (`crossdown`).

use ta_kernel_api::prelude::*;

use super::crossup::crosses_up;

/// Whether `a` crosses below `b` at this bar.
///
/// It is below now, and was not below (above or equal) at the previous bar.
///
/// # Reference
/// Pine Script `ta.crossunder`.
#[kernel(id = "crossdown", family = "events", since = "0.1", inputs(a, b), outputs(crossdown: bool))]
pub struct Crossdown {}

/// What a [`Crossdown`] remembers between two bars.
#[state]
pub struct CrossdownState<S> {
    /// `b` and `a` of the previous bar.
    before: Option<[S; 2]>,
}

impl<S: Scalar> Kernel<S, 2, 1> for Crossdown {
    type State = CrossdownState<S>;

    fn lookback(&self) -> [usize; 1] {
        [1]
    }

    fn init(&self) -> CrossdownState<S> {
        CrossdownState { before: None }
    }

    #[inline]
    fn step(&self, state: &mut CrossdownState<S>, [a, b]: [S; 2]) -> [S; 1] {
        // Seen from `b`, it is `b` that crosses up.
        [state.before.replace([b, a]).map_or(S::MISSING, |before| S::from_bool(crosses_up(before, [b, a])))]
    }

    fn batch(&self, [a, b]: [&[S]; 2], [out]: [&mut [S]; 1]) {
        for ((a, b), out) in a.windows(2).zip(b.windows(2)).zip(&mut out[1..]) {
            *out = S::from_bool(crosses_up([b[0], a[0]], [b[1], a[1]]));
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn from_above_or_from_equal_to_below() {
        let [crossdown] = run(&Crossdown {}, [&[3.0, 1.0, 1.0, 2.0, 1.5, 2.0], &[2.0; 6]]);
        assert_rows!(crossdown, [_, 1.0, 0.0, 0.0, 1.0, 0.0]);
    }
}
