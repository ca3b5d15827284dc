//! Crossing from below (`crossup`).

use ta_kernel_api::prelude::*;

/// Whether `a` crosses above `b` at this bar.
///
/// It is above now, and was not above (below or equal) at the previous bar.
///
/// # Reference
/// Pine Script `ta.crossover`.
#[kernel(id = "crossup", family = "events", since = "0.1", inputs(a, b), outputs(crossup: bool))]
pub struct Crossup {}

/// What a [`Crossup`] remembers between two bars.
#[state]
pub struct CrossupState<S> {
    /// `a` and `b` of the previous bar.
    before: Option<[S; 2]>,
}

/// Whether the first of two series was not above the second before, and is now.
#[inline]
pub(super) fn crosses_up<S: Scalar>([a_before, b_before]: [S; 2], [a, b]: [S; 2]) -> bool {
    a_before <= b_before && a > b
}

impl<S: Scalar> Kernel<S, 2, 1> for Crossup {
    type State = CrossupState<S>;

    fn lookback(&self) -> [usize; 1] {
        [1]
    }

    fn init(&self) -> CrossupState<S> {
        CrossupState { before: None }
    }

    #[inline]
    fn step(&self, state: &mut CrossupState<S>, now: [S; 2]) -> [S; 1] {
        [state.before.replace(now).map_or(S::MISSING, |before| S::from_bool(crosses_up(before, now)))]
    }

    fn batch(&self, [a, b]: [&[S]; 2], [out]: [&mut [S]; 1]) {
        for ((a, b), out) in a.windows(2).zip(b.windows(2)).zip(&mut out[1..]) {
            *out = S::from_bool(crosses_up([a[0], b[0]], [a[1], b[1]]));
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn from_below_or_from_equal_to_above() {
        let [crossup] = run(&Crossup {}, [&[1.0, 3.0, 3.0, 2.0, 2.5, 2.0], &[2.0; 6]]);
        assert_rows!(crossup, [_, 1.0, 0.0, 0.0, 1.0, 0.0]);
    }
}
