//! Whole plans: what the runtime adds to the kernels in them.
//!
//! `plan-step` measures a session's step of a plan of ten kernels; its peer is the same ten kernels stepped one after the other
//! without a plan. `plan-batch` does the same over whole columns.

use std::hint::black_box;
use std::time::Duration;

use benches::{bars, batch, bound, registry};
use criterion::{Criterion, Throughput};
use ta_runtime::exec::{Session, evaluate};
use ta_runtime::plan::{Plan, PlanOptions};

const OURS: &str = "ta-runtime";
const PEER: &str = "kernels";

/// Ten kernels that read fields alone, so that the bare kernels have the same inputs.
const KERNELS: [(&str, &[(&str, i64)]); 10] = [
    ("sma", &[("period", 20)]),
    ("sma", &[("period", 50)]),
    ("ema", &[("period", 12)]),
    ("ema", &[("period", 26)]),
    ("rsi", &[("period", 14)]),
    ("atr", &[("period", 14)]),
    ("bbands", &[("period", 20)]),
    ("macd", &[]),
    ("max", &[("period", 30)]),
    ("std", &[("period", 20)]),
];

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let (registry, bars) = (registry(), bars());
    let texts: Vec<String> = KERNELS
        .iter()
        .map(|(id, params)| {
            let params: Vec<_> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{id}({})", params.join(", "))
        })
        .collect();
    let expressions: Vec<_> = texts.iter().map(|text| (None, text.as_str())).collect();
    let plan = Plan::compile(&registry, &expressions, &PlanOptions::default())
        .expect("expressions over linked kernels");
    let mut kernels: Vec<_> = KERNELS
        .iter()
        .map(|(id, params)| {
            let def = registry.get(id).expect("a linked kernel");
            let (node, columns) = bound(def, params, &bars);
            let outputs = vec![vec![0.0; bars.len()]; def.spec.outputs.len()];
            (node, columns, outputs)
        })
        .collect();

    let mut group = criterion.benchmark_group("plan-step-10-kernels");
    group.throughput(Throughput::Elements(bars.len() as u64));
    let layout = Session::<f64>::initialize(&plan, None).expect("a plan without history").0.layout().clone();
    let fields: Vec<&[f64]> =
        layout.names().iter().map(|name| bars.column(name).expect("a field of OHLCV bars")).collect();
    let rows: Vec<_> = bars
        .ts()
        .iter()
        .enumerate()
        .map(|(row, &ts)| {
            let values: Vec<f64> = fields.iter().map(|field| field[row]).collect();
            layout.bar(ts, &values).expect("a bar of the file")
        })
        .collect();
    group.bench_function(OURS, |b| {
        b.iter_batched_ref(
            || Session::<f64>::initialize(&plan, None).expect("a plan without history").0,
            |session| {
                for bar in &rows {
                    black_box(session.step(black_box(bar)).expect("bars in order"));
                }
            },
            criterion::BatchSize::LargeInput,
        );
    });
    let inputs: Vec<Vec<Vec<f64>>> = kernels
        .iter()
        .map(|(_, columns, _)| {
            (0..bars.len()).map(|row| columns.iter().map(|column| column[row]).collect()).collect()
        })
        .collect();
    let mut out = [0.0; 3];
    group.bench_function(PEER, |b| {
        b.iter(|| {
            for row in 0..bars.len() {
                for ((node, _, outputs), inputs) in kernels.iter_mut().zip(&inputs) {
                    node.step(black_box(&inputs[row]), &mut out[..outputs.len()]);
                    black_box(&out);
                }
            }
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("plan-batch-10-kernels");
    group.throughput(Throughput::Elements(bars.len() as u64));
    group.bench_function(OURS, |b| b.iter(|| evaluate(&plan, black_box(&bars)).expect("bars of the file")));
    group.bench_function(PEER, |b| {
        b.iter(|| {
            for (node, columns, outputs) in &mut kernels {
                let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
                batch(&**node, black_box(&columns), outputs);
            }
        });
    });
    group.finish();
    criterion.final_summary();
}
