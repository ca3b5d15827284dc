//! Share of volume traded on rising closes (`acme::up_volume_share`): two inputs and a state.

use ta_kernel_api::prelude::*;
use ta_kernel_api::window::RollingSum;

/// Share of volume that was traded on bars with a rising close.
///
/// The volume of the bars among the last `period` that closed above the bar before, divided by the volume of all of them: from 0 (every bar
/// fell or stood) to 1 (every bar rose). Missing when nothing was traded.
///
/// # Reference
/// The numerator of the money flow index without prices, as a share: C. Quong and A. Soudack, "Volume-weighted RSI", 1989.
#[kernel(
    id = "acme::up_volume_share",
    family = "volume",
    since = "0.1",
    inputs(source = close, volume = volume),
    outputs(share),
    plot(pane, levels(0.5))
)]
pub struct UpVolumeShare {
    /// Bars in the window.
    #[param(default = 14, min = 1, max = 100_000)]
    pub period: usize,
}

/// What an [`UpVolumeShare`] remembers between two bars.
#[state]
pub struct UpVolumeShareState<S> {
    last: Option<S>,
    up: RollingSum<S>,
    all: RollingSum<S>,
}

impl UpVolumeShare {
    /// The share, from the two sums.
    fn share<S: Scalar>(up: S, all: S) -> S {
        up.checked_div(all)
    }
}

impl<S: Scalar> Kernel<S, 2, 1> for UpVolumeShare {
    type State = UpVolumeShareState<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period]
    }

    fn init(&self) -> UpVolumeShareState<S> {
        UpVolumeShareState { last: None, up: RollingSum::new(self.period), all: RollingSum::new(self.period) }
    }

    fn step(&self, state: &mut UpVolumeShareState<S>, [close, volume]: [S; 2]) -> [S; 1] {
        let Some(last) = state.last.replace(close) else { return [S::MISSING] };
        let period = S::from_count(self.period);
        let up = state.up.push(if close > last { volume } else { S::ZERO });
        let all = state.all.push(volume);
        match (up, all) {
            (Some(up), Some(all)) => [Self::share(up.sum(period), all.sum(period))],
            _ => [S::MISSING],
        }
    }

    fn batch(&self, [close, volume]: [&[S]; 2], [share]: [&mut [S]; 1]) {
        let period = S::from_count(self.period);
        let volume = &volume[1..];
        let rising: Vec<S> = close
            .windows(2)
            .zip(volume)
            .map(|(pair, &v)| if pair[1] > pair[0] { v } else { S::ZERO })
            .collect();
        let mut all = vec![S::ZERO; volume.len()];
        RollingSum::batch(self.period, volume, [&mut all], |window| [window.sum(period)]);
        RollingSum::batch(self.period, &rising, [&mut share[1..]], |window| [window.sum(period)]);
        for (share, &all) in share[1..].iter_mut().zip(&all).skip(self.period - 1) {
            *share = Self::share(*share, all);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::{assert_rows, conformance::run};

    use super::*;

    #[test]
    fn volume_of_rising_bars_over_all_volume() {
        // Rises on bars 1 and 3. Bars 1-2: 20 of 50; bars 2-3: 10 of 40; bars 3-4: 10 of 10.
        let [share] =
            run(&UpVolumeShare { period: 2 }, [&[1.0, 2.0, 2.0, 3.0, 1.0], &[5.0, 20.0, 30.0, 10.0, 0.0]]);
        assert_rows!(share, [_, _, 0.4, 0.25, 1.0]);
    }

    #[test]
    fn no_volume_has_no_share() {
        let [share] = run(&UpVolumeShare { period: 1 }, [&[1.0, 2.0], &[0.0, 0.0]]);
        assert_rows!(share, [_, _]);
    }
}
