//! A warmed-up session takes in rows without asking for memory.

use std::fmt::Write as _;

use ta_kernel_api::{Registry, Scalar, ScalarKind};
use ta_kernels_std as _;
use ta_runtime::dataset::{OHLCV, Partition, PartitionKey};
use ta_runtime::exec::{Bar, Binding, Session};
use ta_runtime::plan::{Plan, PlanOptions};

const MINUTE: i64 = 60_000;

/// Prices of a wave that never repeats.
fn prices<S: Scalar>(row: i64) -> [S; 5] {
    let at = |by: i64| S::from_i64((row * by + row * row % 13) % 50) / S::from_i64(8);
    let (low, spread) = (S::from_i64(90) + at(7), at(3) + S::ONE);
    let [open, close] = [low + spread / S::from_i64(3), low + spread / S::from_i64(2)];
    [open, low + spread, low, close, at(11) + S::ONE]
}

/// Every standard kernel at its defaults, and every other kind of node.
fn plan(registry: &Registry, scalar: ScalarKind) -> Plan {
    let mut texts = vec![
        "close[3] + B.close[2] - close.30m_ago".to_owned(),
        "B.ohlcv.filter(close > open).sum(volume, 20) + B.ohlcv.count(15m) + B.ohlcv.avg(close, 1h) + ohlcv.max(close)".to_owned(),
        "if(close > open and not (volume < 2), 5m.close, B.5m.high) ** 2 % 7".to_owned(),
    ];
    for def in registry.iter().filter(|def| def.spec.scalars.contains(&scalar)) {
        let inputs = def.spec.inputs.iter().enumerate().filter(|(_, input)| input.field.is_none());
        let inputs: Vec<String> = inputs
            .map(|(at, input)| format!("{}={}", input.name, ["close", "open", "volume"][at % 3]))
            .collect();
        let mut text = format!("{}({})", def.spec.id, inputs.join(", "));
        if def.spec.outputs.len() > 1 {
            let _ = write!(text, ".{}", def.spec.outputs[0].name);
        }
        texts.push(text);
    }
    let texts: Vec<(Option<&str>, &str)> = texts.iter().map(|text| (None, text.as_str())).collect();
    Plan::compile(registry, &texts, &PlanOptions { scalar, ..PlanOptions::default() }).unwrap()
}

fn steps<S: Scalar>(registry: &Registry) {
    let plan = plan(registry, S::KIND);
    let keys: Vec<PartitionKey> = ["A.1m", "B.1m"].map(|key| key.parse().unwrap()).into();
    let mut session = Session::<S>::fresh(&plan, Binding::new(&plan, &keys[0], &keys).unwrap()).unwrap();
    let names: Vec<&str> = OHLCV.fields.iter().map(|field| field.name).collect();
    let mut bars: Vec<(Bar<S>, Vec<usize>)> = session
        .binding()
        .feeds()
        .iter()
        .map(|layout| {
            let read =
                layout.names().iter().map(|name| names.iter().position(|field| *field == &**name).unwrap());
            let read: Vec<usize> = read.collect();
            (layout.bar(0, &read.iter().map(|&at| prices::<S>(0)[at]).collect::<Vec<S>>()).unwrap(), read)
        })
        .collect();
    let mut values = Vec::with_capacity(names.len());
    let mut step = |row: i64| {
        for (bar, read) in &mut bars {
            let prices = prices::<S>(row);
            values.clear();
            values.extend(read.iter().map(|&at| prices[at]));
            bar.set(row * MINUTE, &values).unwrap();
            if bar.layout() == session.layout() {
                session.step(bar).unwrap();
            } else {
                session.observe(bar).unwrap();
            }
        }
    };
    (0..3000).for_each(&mut step);
    let asked = allocation_counter::measure(|| (3000..4000).for_each(&mut step));
    assert_eq!((asked.count_total, asked.bytes_total), (0, 0), "{}", S::KIND);
}

#[test]
fn a_step_allocates_nothing() {
    let registry = Registry::linked().unwrap();
    steps::<f64>(&registry);
    steps::<ta_kernel_api::Decimal>(&registry);
    // That allocations are seen at all.
    let rows = allocation_counter::measure(|| {
        drop(Partition::<f64>::from_columns(&OHLCV, &[0], &[("close", &[1.0])]));
    });
    assert!(rows.count_total > 0);
}
