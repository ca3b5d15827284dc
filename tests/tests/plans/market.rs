//! Data out of the same tape: several partitions with gaps, rows that are not there, and trades.

use ta_kernel_api::Scalar;
use ta_runtime::dataset::{Dataset, OHLCV, Partition, PartitionKey, TRADES};

use super::draw::Draw;

/// A dataset, and the partition the plan's own rows are in.
pub(crate) struct Market<S> {
    pub(crate) data: Dataset<S>,
    pub(crate) base: PartitionKey,
}

const MINUTE: i64 = 60_000;

impl<S: Scalar> Market<S> {
    pub(crate) fn draw(draw: &mut Draw<'_>, gaps: bool) -> Self {
        let mut data = Dataset::new();
        let key = |text: &str| text.parse::<PartitionKey>().unwrap();
        let rows = draw.below(60) + 5;
        // With and without the slower bars of the same symbol, which are put together where they are not there.
        for (name, minutes, chance) in
            [("A.1m", 1, 1), ("A.5m", 5, 2), ("B.1m", 1, 1), ("B.5m", 5, 2), ("C.1m", 1, 1), ("C.15m", 15, 2)]
        {
            if draw.below(chance) == 0 {
                data.append(&key(name), &bars(draw, rows / minutes as usize + 2, minutes, gaps)).unwrap();
            }
        }
        for name in ["A.trades", "B.trades", "C.trades"] {
            data.append(&key(name), &trades(draw, rows * 2, gaps)).unwrap();
        }
        Self { data, base: key("A.1m") }
    }
}

fn number<S: Scalar>(draw: &mut Draw<'_>, gaps: bool) -> S {
    if gaps && draw.below(12) == 11 {
        S::MISSING
    } else {
        S::from_i64(draw.below(40) as i64 + 1) / S::from_i64(4)
    }
}

fn bars<S: Scalar>(draw: &mut Draw<'_>, rows: usize, minutes: i64, gaps: bool) -> Partition<S> {
    let mut ts = Vec::new();
    let mut at = draw.below(3) as i64 * minutes * MINUTE;
    let mut columns: [Vec<S>; 5] = Default::default();
    for _ in 0..rows {
        ts.push(at);
        at += (1 + i64::from(draw.below(8) == 7) * draw.below(9) as i64) * minutes * MINUTE;
        let [a, b] = [number::<S>(draw, gaps), number::<S>(draw, gaps)];
        let (low, high) = if a > b { (b, a) } else { (a, b) };
        let row = [low, high, low, high, number(draw, gaps)];
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    let names = OHLCV.fields.iter().map(|field| field.name);
    let columns: Vec<(&str, &[S])> = names.zip(columns.iter().map(Vec::as_slice)).collect();
    Partition::from_columns(&OHLCV, &ts, &columns).unwrap()
}

fn trades<S: Scalar>(draw: &mut Draw<'_>, rows: usize, gaps: bool) -> Partition<S> {
    let mut ts = Vec::new();
    let mut at = 0;
    let mut columns: [Vec<S>; 3] = Default::default();
    for _ in 0..rows {
        at += 1 + draw.below(90_000) as i64;
        ts.push(at);
        let side = if draw.below(2) == 0 { S::ONE } else { -S::ONE };
        let row = [number(draw, gaps), number(draw, gaps), side];
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    let names = TRADES.fields.iter().map(|field| field.name);
    let columns: Vec<(&str, &[S])> = names.zip(columns.iter().map(Vec::as_slice)).collect();
    Partition::from_columns(&TRADES, &ts, &columns).unwrap()
}
