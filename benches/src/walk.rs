//! More bars than there are in the examples, and like them.

use ta_runtime::dataset::{OHLCV, Partition};

use crate::{FIELDS, columns};

/// The time between two bars of a walk, in milliseconds.
pub const MINUTE: i64 = 60_000;

/// Where a walk begins, and what it is drawn back to.
const PRICE: f64 = 100.0;
/// How much of the way back it goes in each bar, so that a million bars stay within what prices are.
const PULL: f64 = 0.001;

/// Bars of one minute. Each has the shape of a real bar drawn at random: its prices relative to the close before it. The same
/// seed makes the same bars.
///
/// # Panics
/// When the real ones have other fields.
pub fn walk(real: &Partition<f64>, rows: usize, seed: u64) -> Partition<f64> {
    let [open, high, low, close, volume] = columns(real);
    let mut made = [const { Vec::new() }; 5];
    let (mut random, mut price) = (seed, PRICE);
    for _ in 0..rows {
        // Knuth's multiplier; the upper half is random enough to draw by.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let row = 1 + (random >> 33) as usize % (real.len() - 1);
        let scale = price * (PRICE / price).powf(PULL) / close[row - 1];
        price = close[row] * scale;
        let bar = [open[row] * scale, high[row] * scale, low[row] * scale, price, volume[row]];
        made.iter_mut().zip(bar).for_each(|(column, value)| column.push(value));
    }
    let ts: Vec<i64> = (0..rows as i64).map(|row| row * MINUTE).collect();
    let columns: Vec<(&str, &[f64])> = FIELDS.into_iter().zip(made.iter().map(Vec::as_slice)).collect();
    Partition::from_columns(&OHLCV, &ts, &columns).expect("bars shaped as real ones")
}
