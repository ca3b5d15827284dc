//! The runtime with kernels of this test alone: it names none and needs none of any other crate.

ta_kernel_api::namespace!("test");

mod backends;
mod kernels;
mod laws;
mod sessions;

use ta_kernel_api::{Missing, Scalar};
use ta_runtime::dataset::{OHLCV, Partition};
use ta_runtime::exec::Envelope;
use ta_runtime::plan::{Plan, PlanOptions};

/// Every kind of node, alone and on top of others.
const EXPRESSIONS: &[(Option<&str>, &str)] = &[
    (None, "close"),
    (Some("again"), "close"),
    (None, "ts"),
    (None, "hlc3"),
    (Some("two"), "2"),
    (None, "test::mean(close, 3)"),
    (None, "test::mean(test::mean(close, 2), 2)"),
    (None, "test::ema(close[2] - open, 4) * 2 / (close - 1)"),
    (Some("bar"), "test::bar()"),
    (None, "test::bar(close, low=open).range > test::mean(volume, 2) and not test::bar().up"),
    (None, "close > open or close[1] > close"),
    (None, "test::last(close / 0)[1]"),
    (None, "test::last(open)"),
    (None, "test::mean(test::last(close), 2) ** 0.5 % 3"),
    (None, "(-close == open) != (volume >= 1)"),
    (None, "test::mean(source=1.5, period=2) + ts * 0"),
];

fn plan<S: Scalar>(expressions: &[(Option<&str>, &str)], missing: Missing) -> Plan {
    let options = PlanOptions { scalar: S::KIND, missing, ..PlanOptions::default() };
    Plan::compile(&kernels::registry(), expressions, &options).unwrap()
}

/// One bar: minutes since the one before, then open, high above the open, low below it, close, volume.
type Bars = [(i64, [Option<i32>; 5])];

/// A partition in which each price is a number of quarters.
fn partition<S: Scalar>(bars: &Bars) -> Partition<S> {
    let mut ts = 946_684_800_000;
    let mut times = Vec::new();
    let mut columns = [const { Vec::new() }; 5];
    for (minutes, values) in bars {
        ts += minutes * 60_000;
        times.push(ts);
        let [open, above, below, close, volume] = *values;
        let base = open.unwrap_or(0);
        let values = [open, above.map(|by| base + by), below.map(|by| base - by), close, volume];
        for (column, value) in columns.iter_mut().zip(values) {
            column.push(value.map_or(S::MISSING, |value| S::from_i64(value.into()) / S::from_i64(4)));
        }
    }
    let names = OHLCV.fields.iter().map(|field| field.name);
    let columns: Vec<_> = names.zip(columns.iter().map(Vec::as_slice)).collect();
    Partition::from_columns(&OHLCV, &times, &columns).unwrap()
}

/// Refuses the first difference between two answers, bit for bit.
fn assert_same<S: Scalar>(what: &str, one: &Envelope<S>, other: &Envelope<S>) {
    assert_eq!(one.ts, other.ts, "{what}");
    assert_eq!(one.meta.rows, other.meta.rows, "{what}");
    assert_eq!(one.outputs.len(), other.outputs.len(), "{what}");
    for (one, other) in one.outputs.iter().zip(&other.outputs) {
        assert_eq!(
            (&one.name, one.kind, one.values.len()),
            (&other.name, other.kind, other.values.len()),
            "{what}"
        );
        for (row, (a, b)) in one.values.iter().zip(&other.values).enumerate() {
            assert!(a.same(*b), "{what}: `{}`, row {row}: {a} and {b}", one.name);
        }
    }
}
