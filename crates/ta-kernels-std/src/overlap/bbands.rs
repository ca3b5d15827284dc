//! Bollinger bands (`bbands`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::smooth::{Average, Averaging, MaType};
use ta_kernel_api::window::{RollingMoments, Scale};

/// Bollinger bands: a moving average, and bands a number of standard deviations above and below it.
///
/// The deviation is that of the last `period` values from their plain mean (divisor `period`), whatever the kind of the average. Over a
/// flat window both bands lie exactly on the average of equal values. Constant time per bar.
///
/// # Reference
/// John Bollinger, "Bollinger on Bollinger Bands" (2001); TA-Lib `BBANDS`.
#[kernel(
    id = "bbands",
    family = "overlap",
    since = "0.1",
    inputs(source = close),
    outputs(
        /// The average plus `up` standard deviations.
        upper,
        /// The average.
        middle,
        /// The average minus `down` standard deviations.
        lower
    ),
    plot(overlay)
)]
pub struct Bbands {
    /// Bars in the average and in the deviation.
    #[param(default = 20, min = 1, max = 100_000)]
    pub period: usize,
    /// Standard deviations from the average to the upper band.
    #[param(default = 2.0, min = 0.0, max = 1000.0)]
    pub up: f64,
    /// Standard deviations from the average to the lower band.
    #[param(default = 2.0, min = 0.0, max = 1000.0)]
    pub down: f64,
    /// The kind of the average.
    #[param(choice, default = MaType::Sma)]
    pub ma: MaType,
}

/// What [`Bbands`] remembers between two bars.
#[state]
pub struct BbandsState<S: Scalar> {
    moments: RollingMoments<S>,
    scale: Scale<S>,
    /// The average, unless it is the mean that the moments know already.
    average: Option<Averaging<S>>,
}

impl Bbands {
    fn average(&self) -> Option<Average> {
        (self.ma != MaType::Sma).then(|| Average::new(self.ma, self.period))
    }

    #[inline]
    fn bands<S: Scalar>(&self) -> impl Fn(S, S) -> [S; 3] + use<S> {
        let (up, down) = (S::from_f64(self.up), S::from_f64(self.down));
        move |middle, deviation| [middle + up * deviation, middle, middle - down * deviation]
    }
}

impl<S: Scalar> Kernel<S, 1, 3> for Bbands {
    type State = BbandsState<S>;

    fn lookback(&self) -> [usize; 3] {
        [self.period - 1; 3]
    }

    fn stabilisation(&self) -> usize {
        Average::new(self.ma, self.period).stabilisation()
    }

    fn init(&self) -> BbandsState<S> {
        let average = self.average().as_ref().map(Average::init);
        let (moments, scale) = (RollingMoments::new(self.period), Scale::new(self.period, 0));
        BbandsState { moments, scale, average }
    }

    #[expect(
        clippy::inline_always,
        reason = "returned through memory, several outputs cost more than the arithmetic"
    )]
    #[inline(always)]
    fn step(&self, state: &mut BbandsState<S>, [x]: [S; 1]) -> [S; 3] {
        let average = match (self.average(), &mut state.average) {
            (Some(average), Some(averaging)) => average.step(averaging, x),
            _ => None,
        };
        let Some(window) = state.moments.push(x) else { return [S::MISSING; 3] };
        let deviation = window.variance(&state.scale).sqrt();
        self.bands()(average.unwrap_or_else(|| window.mean(&state.scale)), deviation)
    }

    fn batch(&self, [source]: [&[S]; 1], [upper, middle, lower]: [&mut [S]; 3]) {
        let (bands, scale) = (self.bands(), Scale::new(self.period, 0));
        let Some(average) = self.average() else {
            return RollingMoments::batch(self.period, source, [upper, middle, lower], |window| {
                bands(window.mean(&scale), window.variance(&scale).sqrt())
            });
        };
        average.batch(source, middle);
        RollingMoments::batch(self.period, source, [&mut *upper], |window| [window.variance(&scale).sqrt()]);
        for ((upper, middle), lower) in upper.iter_mut().zip(middle).zip(lower).skip(self.period - 1) {
            [*upper, *middle, *lower] = bands(*middle, *upper);
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn two_deviations_round_the_mean() {
        // mean(2, 4) = 3, deviation 1; mean(4, 10) = 7, deviation 3
        let bbands = Bbands { period: 2, ..Bbands::default() };
        let [upper, middle, lower] = run(&bbands, [&[2.0, 4.0, 10.0]]);
        assert_rows!(upper, [_, 5.0, 13.0]);
        assert_rows!(middle, [_, 3.0, 7.0]);
        assert_rows!(lower, [_, 1.0, 1.0]);
    }

    #[test]
    fn another_average_keeps_the_deviation() {
        // wma: (1*2 + 2*4) / 3 = 10 / 3, (1*4 + 2*10) / 3 = 8
        let bbands = Bbands { period: 2, up: 1.0, down: 2.0, ma: MaType::Wma };
        let [upper, middle, lower] = run(&bbands, [&[2.0, 4.0, 10.0]]);
        assert_rows!(upper, [_, 13.0 / 3.0, 11.0]);
        assert_rows!(middle, [_, 10.0 / 3.0, 8.0]);
        assert_rows!(lower, [_, 4.0 / 3.0, 2.0]);
    }

    #[test]
    fn bands_of_a_flat_window_lie_on_it() {
        let [upper, _, lower] = run(&Bbands { period: 3, ..Bbands::default() }, [&[9.0, 0.1, 0.1, 0.1]]);
        assert_eq!([upper[3], lower[3]], [0.1, 0.1]);
    }
}
