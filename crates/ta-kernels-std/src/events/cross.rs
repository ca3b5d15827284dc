//! Crossing (`cross`).

use ta_kernel_api::prelude::*;

use super::crossup::crosses_up;

/// Whether `a` crosses `b` at this bar, from either side.
///
/// It is above now and was not above at the previous bar, or it is below now and was not below.
///
/// # Reference
/// Pine Script `ta.cross`.
#[kernel(id = "cross", family = "events", since = "0.1", inputs(a, b), outputs(cross: bool))]
pub struct Cross {}

/// What a [`Cross`] remembers between two bars.
#[state]
pub struct CrossState<S> {
    /// `a` and `b` of the previous bar.
    before: Option<[S; 2]>,
}

#[inline]
fn crosses<S: Scalar>([a_before, b_before]: [S; 2], [a, b]: [S; 2]) -> bool {
    crosses_up([a_before, b_before], [a, b]) || crosses_up([b_before, a_before], [b, a])
}

impl<S: Scalar> Kernel<S, 2, 1> for Cross {
    type State = CrossState<S>;

    fn lookback(&self) -> [usize; 1] {
        [1]
    }

    fn init(&self) -> CrossState<S> {
        CrossState { before: None }
    }

    #[inline]
    fn step(&self, state: &mut CrossState<S>, now: [S; 2]) -> [S; 1] {
        [state.before.replace(now).map_or(S::MISSING, |before| S::from_bool(crosses(before, now)))]
    }

    fn batch(&self, [a, b]: [&[S]; 2], [out]: [&mut [S]; 1]) {
        for ((a, b), out) in a.windows(2).zip(b.windows(2)).zip(&mut out[1..]) {
            *out = S::from_bool(crosses([a[0], b[0]], [a[1], b[1]]));
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn from_either_side() {
        let [cross] = run(&Cross {}, [&[1.0, 3.0, 3.0, 2.0, 1.0, 2.0, 2.0], &[2.0; 7]]);
        assert_rows!(cross, [_, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    }
}
