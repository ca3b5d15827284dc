//! A registry of kernels that exist for the tests of this crate alone.

use ta_kernel_api::kernel::Declared;
use ta_kernel_api::prelude::*;

/// All kernels of this file.
pub(crate) fn registry() -> Registry {
    let defs = [Avg::DEF, Bands::DEF, Above::DEF, Smooth::DEF, Scaled::DEF, Range::DEF, Boundless::DEF];
    defs.into_iter().fold(Registry::builder(), ta_kernel_api::registry::Builder::with).build().unwrap()
}

/// Mean of the last bars.
#[kernel(id = "avg", aliases("mean"), family = "test", since = "0.1", inputs(source = close), outputs(avg))]
pub(crate) struct Avg {
    /// Bars.
    #[param(default = 20, min = 1, max = 100_000)]
    pub(crate) period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Avg {
    type State = Vec<Option<S>>;
    fn lookback(&self) -> [usize; 1] {
        [self.period - 1]
    }
    fn init(&self) -> Vec<Option<S>> {
        vec![None; self.period]
    }
    fn step(&self, window: &mut Vec<Option<S>>, [x]: [S; 1]) -> [S; 1] {
        window.rotate_left(1);
        window[self.period - 1] = Some(x);
        let sum: Option<S> = window.iter().try_fold(S::ZERO, |sum, value| value.map(|value| sum + value));
        [sum.map_or(S::MISSING, |sum| sum / S::from_count(self.period))]
    }
}

/// A band around the last value.
#[kernel(
    id = "bands",
    family = "test",
    since = "0.1",
    inputs(source = close),
    outputs(
        /// Above.
        upper,
        /// Below.
        lower,
        /// Whether the value before lies between them.
        inside: bool,
    )
)]
pub(crate) struct Bands {
    /// Half the width.
    #[param(default = 2.0, min = 0.0, max = 100.0)]
    pub(crate) width: f64,
}

impl<S: Scalar> Kernel<S, 1, 3> for Bands {
    type State = Option<S>;
    fn lookback(&self) -> [usize; 3] {
        [0, 0, 1]
    }
    fn init(&self) -> Option<S> {
        None
    }
    fn step(&self, last: &mut Option<S>, [x]: [S; 1]) -> [S; 3] {
        let (upper, lower) = (x + S::from_f64(self.width), x - S::from_f64(self.width));
        let inside = last.replace(x).map(|last| lower <= last && last <= upper);
        [upper, lower, S::from_truth(inside)]
    }
}

/// Whether one series is above another.
#[kernel(id = "above", family = "test", since = "0.1", inputs(a, b), outputs(above: bool))]
pub(crate) struct Above {}

impl<S: Scalar> Kernel<S, 2, 1> for Above {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [a, b]: [S; 2]) -> [S; 1] {
        [S::from_bool(a > b)]
    }
}

/// How [`Smooth`] starts.
#[choices]
pub(crate) enum Seed {
    /// With the first value.
    First,
    /// With nought.
    Zero,
}

/// Recursive smoothing, in `f64` alone.
#[kernel(id = "smooth", family = "test", since = "0.1", inputs(source = close), outputs(smooth), scalars(f64))]
pub(crate) struct Smooth {
    /// Weight of the newest value.
    #[param(default = 0.5, min = 0.01, max = 1.0)]
    pub(crate) weight: f64,
    /// How it starts.
    #[param(choice, default = Seed::First)]
    pub(crate) seed: Seed,
    /// Whether the result is turned around.
    #[param(default = false)]
    pub(crate) negative: bool,
}

impl Kernel<f64, 1, 1> for Smooth {
    type State = Option<f64>;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn stabilisation(&self) -> usize {
        30
    }
    fn init(&self) -> Option<f64> {
        match self.seed {
            Seed::First => None,
            Seed::Zero => Some(0.0),
        }
    }
    fn step(&self, state: &mut Option<f64>, [x]: [f64; 1]) -> [f64; 1] {
        let last = state.unwrap_or(x);
        let value = last + self.weight * (x - last);
        *state = Some(value);
        [if self.negative { -value } else { value }]
    }
}

/// A series times a constant.
#[kernel(id = "scaled", family = "test", since = "0.1", inputs(source), outputs(scaled))]
pub(crate) struct Scaled {
    /// The constant.
    #[param(default = 2.0, min = -1e9, max = 1e9)]
    pub(crate) by: f64,
}

impl<S: Scalar> Kernel<S, 1, 1> for Scaled {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x * S::from_f64(self.by)]
    }
}

/// The height of a bar.
#[kernel(id = "range", family = "test", since = "0.1", inputs(high = high, low = low), outputs(range))]
pub(crate) struct Range {}

impl<S: Scalar> Kernel<S, 2, 1> for Range {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [high, low]: [S; 2]) -> [S; 1] {
        [high - low]
    }
}

/// The value of so many bars ago, however many that are.
#[kernel(id = "boundless", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub(crate) struct Boundless {
    /// Bars.
    #[param(default = 2, min = 1, max = 9_000_000_000_000_000_000)]
    pub(crate) bars: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Boundless {
    type State = Vec<Option<S>>;
    fn lookback(&self) -> [usize; 1] {
        [self.bars]
    }
    fn init(&self) -> Vec<Option<S>> {
        vec![None; self.bars]
    }
    fn step(&self, held: &mut Vec<Option<S>>, [x]: [S; 1]) -> [S; 1] {
        held.rotate_left(1);
        [held[self.bars - 1].replace(x).unwrap_or(S::MISSING)]
    }
}
