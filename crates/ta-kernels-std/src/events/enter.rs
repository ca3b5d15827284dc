//! Entering a channel (`enter`).

use ta_kernel_api::prelude::*;

use super::in_channel::inside;

/// Whether the source enters the channel at this bar: it is in it now, and was not at the previous bar.
///
/// The bounds belong to the channel, as in `in_channel`; each bar is judged by its own bounds.
#[kernel(id = "enter", family = "events", since = "0.1", inputs(source, lower, upper), outputs(enter: bool))]
pub struct Enter {}

/// What an [`Enter`] remembers between two bars.
#[state]
pub struct EnterState {
    /// Whether the source was in the channel at the previous bar.
    inside: Option<bool>,
}

impl<S: Scalar> Kernel<S, 3, 1> for Enter {
    type State = EnterState;

    fn lookback(&self) -> [usize; 1] {
        [1]
    }

    fn init(&self) -> EnterState {
        EnterState { inside: None }
    }

    #[inline]
    fn step(&self, state: &mut EnterState, [x, lower, upper]: [S; 3]) -> [S; 1] {
        let now = inside(x, lower, upper);
        [state.inside.replace(now).map_or(S::MISSING, |before| S::from_bool(now && !before))]
    }

    fn batch(&self, [source, lower, upper]: [&[S]; 3], [out]: [&mut [S]; 1]) {
        let rows = source.windows(2).zip(lower.windows(2)).zip(upper.windows(2));
        for (((x, lower), upper), out) in rows.zip(&mut out[1..]) {
            let [before, now] = [0, 1].map(|row| inside(x[row], lower[row], upper[row]));
            *out = S::from_bool(now && !before);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn in_now_and_out_before() {
        let [out] = run(&Enter {}, [&[1.0, 2.0, 3.0, 4.0, 5.0, 3.0], &[2.0; 6], &[4.0; 6]]);
        assert_rows!(out, [_, 1.0, 0.0, 0.0, 0.0, 1.0]);
    }
}
