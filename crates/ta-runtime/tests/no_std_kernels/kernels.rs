//! Kernels that exist for these tests alone.

use ta_kernel_api::kernel::Declared;
use ta_kernel_api::prelude::*;
use ta_kernel_api::registry::Builder;

/// All kernels of this file, as an explicit list.
pub(crate) fn registry() -> Registry {
    let defs = [Mean::DEF, Ema::DEF, Bar::DEF, Last::DEF, Liar::DEF];
    defs.into_iter().fold(Registry::builder(), Builder::with).build().unwrap()
}

/// Mean of the last bars.
#[kernel(id = "test::mean", family = "test", since = "0.1", inputs(source = close), outputs(mean))]
pub(crate) struct Mean {
    /// Bars.
    #[param(default = 20, min = 1, max = 1000)]
    pub(crate) period: usize,
}

impl<S: Scalar> Kernel<S, 1, 1> for Mean {
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
    fn batch(&self, [x]: [&[S]; 1], [mean]: [&mut [S]; 1]) {
        for (window, mean) in x.windows(self.period).zip(&mut mean[self.period - 1..]) {
            *mean = window.iter().fold(S::ZERO, |sum, &value| sum + value) / S::from_count(self.period);
        }
    }
}

/// Recursive mean that starts with the first value.
#[kernel(id = "test::ema", family = "test", since = "0.1", inputs(source = close), outputs(ema))]
pub(crate) struct Ema {
    /// Bars.
    #[param(default = 3, min = 1, max = 1000)]
    pub(crate) period: usize,
}

impl Ema {
    fn next<S: Scalar>(&self, last: S, x: S) -> S {
        last + (x - last) * S::from_i64(2) / S::from_count(self.period + 1)
    }
}

impl<S: Scalar> Kernel<S, 1, 1> for Ema {
    type State = Option<S>;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn stabilisation(&self) -> usize {
        10 * self.period
    }
    fn init(&self) -> Option<S> {
        None
    }
    fn step(&self, last: &mut Option<S>, [x]: [S; 1]) -> [S; 1] {
        let value = last.map_or(x, |last| self.next(last, x));
        *last = Some(value);
        [value]
    }
    fn batch(&self, [x]: [&[S]; 1], [ema]: [&mut [S]; 1]) {
        let Some(&first) = x.first() else { return };
        ema[0] = first;
        for row in 1..x.len() {
            ema[row] = self.next(ema[row - 1], x[row]);
        }
    }
}

/// The height of a bar, and whether it closes above the one before.
#[kernel(
    id = "test::bar",
    family = "test",
    since = "0.1",
    inputs(high = high, low = low, close = close),
    outputs(
        /// High less low.
        range,
        /// Closes above the close before.
        up: bool,
    )
)]
pub(crate) struct Bar {}

impl<S: Scalar> Kernel<S, 3, 2> for Bar {
    type State = Option<S>;
    fn lookback(&self) -> [usize; 2] {
        [0, 1]
    }
    fn init(&self) -> Option<S> {
        None
    }
    fn step(&self, last: &mut Option<S>, [high, low, close]: [S; 3]) -> [S; 2] {
        let up = last.replace(close).map(|last| close > last);
        [high - low, S::from_truth(up)]
    }
    fn batch(&self, [high, low, close]: [&[S]; 3], [range, up]: [&mut [S]; 2]) {
        for row in 0..close.len() {
            range[row] = high[row] - low[row];
            if row > 0 {
                up[row] = S::from_bool(close[row] > close[row - 1]);
            }
        }
    }
}

/// The last value there was.
#[kernel(
    id = "test::last",
    family = "test",
    since = "0.1",
    inputs(source = close),
    outputs(last),
    missing = pass,
    warmup = data
)]
pub(crate) struct Last {}

impl<S: Scalar> Kernel<S, 1, 1> for Last {
    type State = Option<S>;
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) -> Option<S> {
        None
    }
    fn step(&self, last: &mut Option<S>, [x]: [S; 1]) -> [S; 1] {
        if !x.is_missing() {
            *last = Some(x);
        }
        [last.unwrap_or(S::MISSING)]
    }
    fn batch(&self, [x]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        for row in 0..x.len() {
            out[row] = if x[row].is_missing() && row > 0 { out[row - 1] } else { x[row] };
        }
    }
}

/// Gives other values over columns than step by step: what shadow runs are there to find.
#[kernel(id = "test::liar", family = "test", since = "0.1", inputs(source = close), outputs(out))]
pub(crate) struct Liar {}

impl<S: Scalar> Kernel<S, 1, 1> for Liar {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x]
    }
    fn batch(&self, [x]: [&[S]; 1], [out]: [&mut [S]; 1]) {
        for (out, x) in out.iter_mut().zip(x) {
            *out = *x + S::ONE;
        }
    }
}
