//! Every kernel over whole columns and bar by bar; where TA-Lib has the function, TA-Lib in the same run.
//!
//! A group is named `batch-ID` or `step-ID`; its members are `ta-runtime` and, where there is one, the peer. Times are per pass over
//! the bars; `cargo xtask bench` prints them per bar.

use std::hint::black_box;
use std::time::Duration;

use benches::{bars, batch, bound, registry};
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use ta_lib::{Core, MAType};
use ta_runtime::dataset::Partition;

const OURS: &str = "ta-runtime";
const PEER: &str = "ta-lib";

/// The parameters both sides are measured at, where TA-Lib has the function.
const COMPARED: &[(&str, &[(&str, i64)])] = &[
    ("sma", &[("period", 20)]),
    ("ema", &[("period", 20)]),
    ("rsi", &[("period", 14)]),
    ("atr", &[("period", 14)]),
    ("bbands", &[("period", 20)]),
    ("macd", &[]),
    ("stochastic", &[]),
    ("max", &[("period", 30)]),
    ("wma", &[("period", 20)]),
    ("std", &[("period", 20)]),
];

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1200))
        .sample_size(30)
        .configure_from_args();
    let bars = bars();
    for def in registry().iter() {
        let id = def.spec.id;
        let params = COMPARED.iter().find(|(name, _)| *name == id).map_or(&[][..], |(_, params)| params);
        let (mut node, columns) = bound(def, params, &bars);
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let mut outputs = vec![vec![0.0; bars.len()]; def.spec.outputs.len()];

        let mut group = open(&mut criterion, &format!("batch-{id}"), &bars);
        group.bench_function(OURS, |b| b.iter(|| batch(&*node, black_box(&columns), &mut outputs)));
        peer_batch(&mut group, id, &bars);
        group.finish();

        let rows: Vec<Vec<f64>> =
            (0..bars.len()).map(|row| columns.iter().map(|column| column[row]).collect()).collect();
        let mut out = vec![0.0; def.spec.outputs.len()];
        let mut group = open(&mut criterion, &format!("step-{id}"), &bars);
        group.bench_function(OURS, |b| {
            b.iter(|| {
                for row in &rows {
                    node.step(black_box(row), &mut out);
                    black_box(&out);
                }
            });
        });
        peer_step(&mut group, id, &bars);
        group.finish();
    }
    criterion.final_summary();
}

fn open<'a>(criterion: &'a mut Criterion, name: &str, bars: &Partition<f64>) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(bars.len() as u64));
    group
}

/// A column of the bars.
fn column<'a>(bars: &'a Partition<f64>, name: &str) -> &'a [f64] {
    bars.column(name).expect("a field of OHLCV bars")
}

fn peer_batch(group: &mut BenchmarkGroup<'_, WallTime>, id: &str, bars: &Partition<f64>) {
    let core = Core::new();
    let (high, low, close) = (column(bars, "high"), column(bars, "low"), column(bars, "close"));
    let last = close.len() - 1;
    let mut out = [vec![0.0; close.len()], vec![0.0; close.len()], vec![0.0; close.len()]];
    let [a, b, c] = &mut out;
    macro_rules! measure {
        ($call:expr) => {
            group.bench_function(PEER, |bencher| bencher.iter(|| black_box($call)))
        };
    }
    match id {
        "sma" => measure!(core.sma(0, last, black_box(close), 20, a)),
        "ema" => measure!(core.ema(0, last, black_box(close), 20, a)),
        "rsi" => measure!(core.rsi(0, last, black_box(close), 14, a)),
        "atr" => measure!(core.atr(0, last, high, low, black_box(close), 14, a)),
        "bbands" => measure!(core.bbands(0, last, black_box(close), 20, 2.0, 2.0, MAType::SMA, a, b, c)),
        "macd" => measure!(core.macd(0, last, black_box(close), 12, 26, 9, a, b, c)),
        "stochastic" => {
            measure!(core.stoch(
                0,
                last,
                high,
                low,
                black_box(close),
                5,
                3,
                MAType::SMA,
                3,
                MAType::SMA,
                a,
                b
            ))
        }
        "max" => measure!(core.max(0, last, black_box(close), 30, a)),
        "wma" => measure!(core.wma(0, last, black_box(close), 20, a)),
        "std" => measure!(core.stddev(0, last, black_box(close), 20, 1.0, a)),
        _ => return,
    };
}

fn peer_step(group: &mut BenchmarkGroup<'_, WallTime>, id: &str, bars: &Partition<f64>) {
    let core = Core::new();
    let (high, low, close) = (column(bars, "high"), column(bars, "low"), column(bars, "close"));
    macro_rules! measure {
        ($open:expr, $($column:expr),+) => {{
            let (stream, _) = $open.expect("enough bars");
            group.bench_function(PEER, |bencher| {
                // A stream takes in a bounded number of bars and refuses all after them, so each pass has a stream of its own.
                bencher.iter_batched_ref(
                    || stream.clone(),
                    |stream| {
                        for row in 0..close.len() {
                            let _ = black_box(stream.update($(black_box($column[row])),+));
                        }
                    },
                    BatchSize::SmallInput,
                );
            })
        }};
    }
    match id {
        "sma" => measure!(core.sma_open(close, 20), close),
        "ema" => measure!(core.ema_open(close, 20), close),
        "rsi" => measure!(core.rsi_open(close, 14), close),
        "atr" => measure!(core.atr_open(high, low, close, 14), high, low, close),
        "bbands" => measure!(core.bbands_open(close, 20, 2.0, 2.0, MAType::SMA), close),
        "macd" => measure!(core.macd_open(close, 12, 26, 9), close),
        "stochastic" => {
            measure!(core.stoch_open(high, low, close, 5, 3, MAType::SMA, 3, MAType::SMA), high, low, close)
        }
        "max" => measure!(core.max_open(close, 30), close),
        "wma" => measure!(core.wma_open(close, 20), close),
        "std" => measure!(core.stddev_open(close, 20, 1.0), close),
        _ => return,
    };
}
