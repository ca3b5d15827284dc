//! On balance volume (`obv`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::Cumulative;

/// On balance volume: the sum of the volumes of all bars that closed higher minus those of all bars that closed lower.
///
/// The first bar counts as one that closed higher, an unchanged close not at all. The sum does not drift. Constant time and memory per bar.
///
/// # Reference
/// Joseph Granville, "New Key to Stock Market Profits" (1963); TA-Lib `OBV`.
#[kernel(id = "obv", family = "volume", since = "0.1", inputs(source = close, volume = volume), outputs(obv))]
pub struct Obv {}

/// What an [`Obv`] remembers between two bars.
#[state]
pub struct ObvState<S: Scalar> {
    last: Option<S>,
    total: Cumulative<S>,
}

#[inline]
fn signed<S: Scalar>(x: S, before: S, volume: S) -> S {
    if x > before {
        volume
    } else if x < before {
        -volume
    } else {
        S::ZERO
    }
}

impl<S: Scalar> Kernel<S, 2, 1> for Obv {
    type State = ObvState<S>;

    fn lookback(&self) -> [usize; 1] {
        [0]
    }

    fn stabilisation(&self) -> usize {
        usize::MAX
    }

    fn init(&self) -> ObvState<S> {
        ObvState { last: None, total: Cumulative::new() }
    }

    #[inline]
    fn step(&self, state: &mut ObvState<S>, [x, volume]: [S; 2]) -> [S; 1] {
        let signed = state.last.replace(x).map_or(volume, |before| signed(x, before, volume));
        [state.total.push(signed)]
    }

    fn batch(&self, [source, volume]: [&[S]; 2], [obv]: [&mut [S]; 1]) {
        let mut total = Cumulative::new();
        obv[0] = total.push(volume[0]);
        for ((pair, &volume), obv) in source.windows(2).zip(&volume[1..]).zip(&mut obv[1..]) {
            *obv = total.push(signed(pair[1], pair[0], volume));
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn volume_goes_with_the_close() {
        let [obv] = run(&Obv {}, [&[5.0, 6.0, 6.0, 4.0], &[10.0, 20.0, 40.0, 50.0]]);
        assert_rows!(obv, [10.0, 30.0, 30.0, -20.0]);
    }
}
