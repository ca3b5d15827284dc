//! Leaving a channel (`exit`).

use ta_kernel_api::prelude::*;

use super::in_channel::inside;

/// Whether the source leaves the channel at this bar: it is outside now, and was in it at the previous bar.
///
/// The bounds belong to the channel, as in `in_channel`; each bar is judged by its own bounds.
#[kernel(id = "exit", family = "events", since = "0.1", inputs(source, lower, upper), outputs(exit: bool))]
pub struct Exit {}

/// What an [`Exit`] remembers between two bars.
#[state]
pub struct ExitState {
    /// Whether the source was in the channel at the previous bar.
    inside: Option<bool>,
}

impl<S: Scalar> Kernel<S, 3, 1> for Exit {
    type State = ExitState;

    fn lookback(&self) -> [usize; 1] {
        [1]
    }

    fn init(&self) -> ExitState {
        ExitState { inside: None }
    }

    #[inline]
    fn step(&self, state: &mut ExitState, [x, lower, upper]: [S; 3]) -> [S; 1] {
        let now = inside(x, lower, upper);
        [state.inside.replace(now).map_or(S::MISSING, |before| S::from_bool(before && !now))]
    }

    fn batch(&self, [source, lower, upper]: [&[S]; 3], [out]: [&mut [S]; 1]) {
        let rows = source.windows(2).zip(lower.windows(2)).zip(upper.windows(2));
        for (((x, lower), upper), out) in rows.zip(&mut out[1..]) {
            let [before, now] = [0, 1].map(|row| inside(x[row], lower[row], upper[row]));
            *out = S::from_bool(before && !now);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn out_now_and_in_before() {
        let [out] = run(&Exit {}, [&[1.0, 2.0, 3.0, 4.0, 5.0, 3.0], &[2.0; 6], &[4.0; 6]]);
        assert_rows!(out, [_, 0.0, 0.0, 0.0, 1.0, 0.0]);
    }
}
