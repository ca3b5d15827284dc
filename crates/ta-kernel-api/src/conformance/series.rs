//! The series kernels are tried on: coherent bars of several kinds, the same for the same seed on every machine.
//!
//! A shorter series is a prefix of a longer one with the same kind and seed, so a failure can be cut down row by row.

use std::fmt;

use crate::scalar::{Scalar, ScalarKind};
use crate::spec::InputSpec;

/// A character of bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A restless walk about 100 in which no bar repeats the one before: everything is well defined here.
    Walk,
    /// Long legs up and long legs down.
    Trend,
    /// The same bar for ever.
    Flat,
    /// Few distinct values, often repeated.
    Ties,
    /// A walk in which runs of bars, or their volumes, are zero.
    Zeros,
    /// A walk with rare bars a thousand times too large or too small.
    Spikes,
    /// A walk about zero.
    Signed,
    /// A walk of very large numbers.
    Huge,
    /// A walk of very small numbers.
    Tiny,
    /// A long walk that falls by nine orders of magnitude (six in decimals), and rises again.
    Drop,
    /// A walk with missing values, also at its start.
    Gaps,
    /// Numbers near the ends of what the scalar holds, where arithmetic overflows.
    Extreme,
}

impl Kind {
    /// The kinds without missing values on which every dense law holds.
    pub(super) const DENSE: [Self; 10] = [
        Self::Walk,
        Self::Trend,
        Self::Flat,
        Self::Ties,
        Self::Zeros,
        Self::Spikes,
        Self::Signed,
        Self::Huge,
        Self::Tiny,
        Self::Drop,
    ];

    /// The name used in failures.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Walk => "walk",
            Self::Trend => "trend",
            Self::Flat => "flat",
            Self::Ties => "ties",
            Self::Zeros => "zeros",
            Self::Spikes => "spikes",
            Self::Signed => "signed",
            Self::Huge => "huge",
            Self::Tiny => "tiny",
            Self::Drop => "drop",
            Self::Gaps => "gaps",
            Self::Extreme => "extreme",
        }
    }
}

/// A series to be made: what kind, from which seed, how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Series {
    /// The character of its bars.
    pub(super) kind: Kind,
    /// Where its random numbers start.
    pub(super) seed: u64,
    /// How many rows.
    pub(super) rows: usize,
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` seed {} ({} rows)", self.kind.name(), self.seed, self.rows)
    }
}

/// In a [`Kind::Drop`] series this many rows are large, then twice as many small, and so on.
pub(super) const DROP: usize = 120;

impl Series {
    /// One column per input: the bar's field where the input names one, an independent series of the same kind where it
    /// names none, a field this crate does not know, or one that is taken already.
    pub(super) fn columns<S: Scalar>(self, inputs: &[InputSpec]) -> Vec<Vec<S>> {
        let bars = self.bars(0, S::KIND);
        let column = |at: usize| -> Vec<f64> {
            let taken = |field| inputs[..at].iter().any(|earlier| earlier.field == Some(field));
            let own = inputs[at].field.filter(|&field| !taken(field));
            own.and_then(|field| bars.iter().map(|bar| bar.field(field)).collect())
                .unwrap_or_else(|| self.bars(at as u64 + 1, S::KIND).iter().map(|bar| bar.close).collect())
        };
        let mut columns: Vec<Vec<S>> =
            (0..inputs.len()).map(|at| column(at).into_iter().map(S::from_f64).collect()).collect();
        if self.kind == Kind::Gaps {
            for (at, column) in
                columns.iter_mut().enumerate().filter(|&(at, _)| inputs[at].field != Some("ts"))
            {
                punch(column, &mut Rng::new(self.seed, 1000 + at as u64));
            }
        }
        columns
    }

    fn bars(self, stream: u64, scalar: ScalarKind) -> Vec<Bar> {
        let mut market = Market::new(self, stream, scalar);
        (0..self.rows).map(|_| market.next()).collect()
    }
}

/// Makes a few first values missing, and short runs after them.
fn punch<S: Scalar>(column: &mut [S], rng: &mut Rng) {
    let mut left = rng.below(4);
    for value in column {
        if left > 0 {
            left -= 1;
            *value = S::MISSING;
        } else if rng.chance(0.08) {
            left = rng.below(3);
            *value = S::MISSING;
        }
    }
}

/// One bar: high and low enclose open and close, the open is the close before, the clock goes forward.
struct Bar {
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
    ts: f64,
}

impl Bar {
    /// A field, also one derived from the bar; `None` when it is not known here.
    fn field(&self, name: &str) -> Option<f64> {
        let &Self { open, high, low, close, volume, ts } = self;
        Some(match name {
            "open" => open,
            "high" => high,
            "low" => low,
            "close" => close,
            "volume" => volume,
            "ts" => ts,
            "hl2" => high.midpoint(low),
            "hlc3" | "typical_price" => (high + low + close) / 3.0,
            "ohlc4" => (open + high + low + close) / 4.0,
            "hlcc4" | "weighted_close" => (high + low + close + close) / 4.0,
            _ => return None,
        })
    }
}

/// Makes one bar after another.
struct Market {
    kind: Kind,
    scalar: ScalarKind,
    rng: Rng,
    /// Rows made so far.
    row: usize,
    /// The leg a trend starts with.
    leg: u64,
    close: f64,
    ts: f64,
    /// Bars left of a run of zeros.
    zeros: u32,
}

/// Prices are whole ticks: fine enough that neighbours differ, coarse enough that decimals stay short.
const TICK: f64 = 1e-4;
const TICKS: f64 = 1e4;
const SIX_HOURS: f64 = 6.0 * 3_600_000.0;

impl Market {
    fn new(series: Series, stream: u64, scalar: ScalarKind) -> Self {
        let mut rng = Rng::new(series.seed, stream);
        let close = if series.kind == Kind::Walk { 99.0 + f64::from(rng.below(200)) / 100.0 } else { 100.0 };
        let leg = series.seed + stream;
        Self { kind: series.kind, scalar, rng, row: 0, leg, close, ts: 1_700_000_000_000.0, zeros: 0 }
    }

    fn next(&mut self) -> Bar {
        let open = self.close;
        let (above, below, volume) = match self.kind {
            Kind::Flat => (0.0, 0.0, 1000.0),
            Kind::Ties => {
                if self.rng.chance(0.4) {
                    self.close = 99.0 + f64::from(self.rng.below(3));
                }
                (f64::from(self.rng.below(2)), f64::from(self.rng.below(2)), f64::from(self.rng.below(3)))
            }
            _ => {
                self.close = ticks(open + self.change());
                let mut wick = || self.rng.between(TICK, 1.0);
                (wick(), wick(), 100.0 + f64::from(self.rng.below(9900)))
            }
        };
        let (high, low) = (open.max(self.close) + above, open.min(self.close) - below);
        let (factor, volume) = self.distortion(volume);
        let shift = if self.kind == Kind::Signed { 100.0 } else { 0.0 };
        let place = |price: f64| ticks(price - shift) * factor;
        let bar = Bar {
            open: place(open),
            high: place(high),
            low: place(low),
            close: place(self.close),
            volume,
            ts: self.ts,
        };
        let pause = if self.rng.chance(0.1) { self.rng.below(6) } else { 0 };
        self.ts += SIX_HOURS * f64::from(1 + pause);
        self.row += 1;
        bar
    }

    /// From one close to the next, never less than a tick.
    fn change(&mut self) -> f64 {
        if self.kind == Kind::Trend {
            let up = (self.row as u64 / 40 + self.leg).is_multiple_of(2);
            return self.rng.between(0.4, 1.2) * if up { 1.0 } else { -1.0 };
        }
        let size = self.rng.between(2.0 * TICK, 1.5);
        let away = self.close - 100.0;
        let up = if away.abs() > 8.0 { away < 0.0 } else { self.rng.chance(0.5) };
        if up { size } else { -size }
    }

    /// What the prices of this row are multiplied with, and its volume.
    fn distortion(&mut self, volume: f64) -> (f64, f64) {
        match self.kind {
            Kind::Spikes if self.rng.chance(0.025) => {
                (if self.rng.chance(0.5) { 1000.0 } else { 0.001 }, volume)
            }
            Kind::Zeros if self.zeros > 0 => {
                self.zeros -= 1;
                // The longer runs begin with bars that have prices but no volume.
                (if self.zeros > 2 { 1.0 } else { 0.0 }, 0.0)
            }
            Kind::Zeros => {
                self.zeros = if self.rng.chance(0.2) { self.rng.below(7) } else { 0 };
                (1.0, volume)
            }
            kind => (magnitude(kind, self.row, self.scalar), volume),
        }
    }
}

/// Decimals hold 28 digits in all, so their large and small are nearer to one.
fn magnitude(kind: Kind, row: usize, scalar: ScalarKind) -> f64 {
    let (float, decimal) = match kind {
        Kind::Huge => (1e60, 1e8),
        Kind::Tiny => (1e-60, 1e-6),
        Kind::Drop if (row / DROP).is_multiple_of(3) => (1e9, 1e6),
        Kind::Extreme if row % 5 == 1 => (1e-300, 1e-20),
        Kind::Extreme if row % 5 != 2 => (1e306, 1e26),
        _ => (1.0, 1.0),
    };
    if scalar == ScalarKind::Decimal { decimal } else { float }
}

/// The nearest number to a price of whole ticks.
fn ticks(price: f64) -> f64 {
    (price * TICKS).round() / TICKS
}

/// `SplitMix64`: small, and the same everywhere.
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = Self(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95));
        // The first numbers of neighbouring seeds are alike.
        rng.next();
        Self(rng.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From zero up to, but not, `n`; zero when `n` is zero.
    pub(super) fn below(&mut self, n: u32) -> u32 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u32
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(kind: Kind, rows: usize) -> Vec<Bar> {
        Series { kind, seed: 3, rows }.bars(0, ScalarKind::F64)
    }

    #[test]
    fn bars_are_coherent_and_time_goes_on() {
        for kind in Kind::DENSE.into_iter().chain([Kind::Gaps, Kind::Extreme]) {
            let bars = bars(kind, 400);
            for bar in &bars {
                assert!(
                    bar.high >= bar.open.max(bar.close) && bar.low <= bar.open.min(bar.close),
                    "{kind:?}"
                );
                assert!(
                    [bar.open, bar.high, bar.low, bar.close].iter().all(|price| price.is_finite()),
                    "{kind:?}"
                );
                assert!(bar.volume >= 0.0);
            }
            assert!(bars.windows(2).all(|pair| pair[0].ts < pair[1].ts));
        }
    }

    #[test]
    fn a_walk_never_repeats_itself_and_every_bar_has_a_range() {
        for kind in [Kind::Walk, Kind::Trend] {
            let bars = bars(kind, 1000);
            assert!(bars.windows(2).all(|pair| pair[0].close != pair[1].close));
            assert!(
                bars.iter()
                    .all(|bar| bar.high > bar.open.max(bar.close) && bar.low < bar.open.min(bar.close))
            );
            assert!(bars.iter().all(|bar| bar.low > 0.0 && bar.volume > 0.0));
        }
    }

    #[test]
    fn a_shorter_series_is_a_prefix_of_a_longer_one() {
        let inputs = [
            InputSpec { name: "a", field: Some("close") },
            InputSpec { name: "b", field: None },
            InputSpec { name: "c", field: Some("close") },
        ];
        for kind in [Kind::Gaps, Kind::Zeros, Kind::Drop] {
            let make = |rows| Series { kind, seed: 5, rows }.columns::<f64>(&inputs);
            for (long, short) in make(300).iter().zip(make(100)) {
                assert!(long.iter().zip(&short).all(|(a, b)| a.same(*b)));
            }
        }
        let columns = Series { kind: Kind::Walk, seed: 5, rows: 300 }.columns::<f64>(&inputs);
        let crossings = (1..300).filter(|&row| {
            (columns[0][row] > columns[1][row]) != (columns[0][row - 1] > columns[1][row - 1])
        });
        assert!(crossings.count() > 5, "independent series meet");
        assert_ne!(columns[0], columns[2], "a field asked for twice is given once");
    }
}
