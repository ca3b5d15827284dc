//! Bars as they arrive, for one symbol and for a thousand: what a session adds to the kernels in its plan.
//!
//! | group | `ta-runtime` | peer |
//! |---|---|---|
//! | `stream-N-kernels-M-symbols` | a bar for the session of each symbol in turn | the same kernels stepped without a plan |
//! | `replay-N-kernels-M-symbols` | a chunk of bars for each in turn | the same kernels stepped through it without a plan |
//! | `peek-N-kernels-window-W` | a bar that is still forming | a step |
//!
//! Times are per bar. Each symbol has a session and bars of its own, so a thousand do not fit into the nearer caches; the plan is
//! shared, as the sessions are copies of one that has not begun.

use std::cell::LazyCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::{Bare, Kernels, MINUTE, bars, columns, walk};
use criterion::{Bencher, BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use ta_runtime::dataset::{OHLCV, Partition};
use ta_runtime::exec::{Bar, Session};

const OURS: &str = "ta-runtime";
const PEER: &str = "kernels";
const COUNTS: [usize; 3] = [1, 10, 50];
/// Symbols, and the rows of each in a pass: one by one, and in a chunk.
const LOADS: [(usize, usize, usize); 2] = [(1, 4096, 4096), (1000, 8, 64)];

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500))
        .sample_size(30)
        .configure_from_args();
    for (symbols, rows, chunk) in LOADS {
        for count in COUNTS {
            let kernels = Kernels::new(count);
            stream(&mut criterion, kernels, symbols, rows);
            replay(&mut criterion, kernels, symbols, chunk);
        }
    }
    for count in COUNTS {
        for window in [20, 1000] {
            peek(&mut criterion, Kernels { count, window });
        }
    }
    criterion.final_summary();
}

fn stream(criterion: &mut Criterion, kernels: Kernels, symbols: usize, rows: usize) {
    let mut group = open(criterion, "stream", kernels, symbols, rows);
    let mut market = LazyCell::new(|| Market::new(kernels, symbols, rows));
    group.bench_function(OURS, |b| timed(b, &mut *market, Market::go_on, Market::step));
    let mut market = LazyCell::new(|| without_plan(kernels, symbols, rows));
    group.bench_function(PEER, |b| {
        let market = &mut *market;
        b.iter(|| {
            for row in 0..rows {
                for (nodes, rows) in &mut *market {
                    step(nodes, &rows[row]);
                }
            }
        });
    });
    group.finish();
}

fn replay(criterion: &mut Criterion, kernels: Kernels, symbols: usize, rows: usize) {
    let mut group = open(criterion, "replay", kernels, symbols, rows);
    let mut market = LazyCell::new(|| Market::new(kernels, symbols, rows));
    group.bench_function(OURS, |b| timed(b, &mut *market, Market::go_on, Market::replay));
    let mut market = LazyCell::new(|| without_plan(kernels, symbols, rows));
    group.bench_function(PEER, |b| {
        let market = &mut *market;
        b.iter(|| {
            for (nodes, rows) in &mut *market {
                for row in &*rows {
                    step(nodes, row);
                }
            }
        });
    });
    group.finish();
}

fn peek(criterion: &mut Criterion, kernels: Kernels) {
    let mut group =
        criterion.benchmark_group(format!("peek-{}-kernels-window-{}", kernels.count, kernels.window));
    group.throughput(Throughput::Elements(1024));
    let mut market = LazyCell::new(|| Market::new(kernels, 1, 1024));
    group.bench_function(OURS, |b| timed(b, &mut *market, Market::go_on, Market::peek));
    group.bench_function("step", |b| timed(b, &mut *market, Market::go_on, Market::step));
    group.finish();
}

fn open<'a>(
    criterion: &'a mut Criterion,
    name: &str,
    kernels: Kernels,
    symbols: usize,
    rows: usize,
) -> BenchmarkGroup<'a, WallTime> {
    let symbols_said = if symbols == 1 { "1-symbol".to_owned() } else { format!("{symbols}-symbols") };
    let mut group = criterion.benchmark_group(format!("{name}-{}-kernels-{symbols_said}", kernels.count));
    group.throughput(Throughput::Elements((symbols * rows) as u64));
    group
}

/// Measures `run` alone, after `prepare`.
fn timed<T>(b: &mut Bencher<'_>, on: &mut T, prepare: impl Fn(&mut T), run: impl Fn(&mut T)) {
    b.iter_custom(|passes| {
        let pass = |_| {
            prepare(on);
            let start = Instant::now();
            run(on);
            start.elapsed()
        };
        (0..passes).map(pass).sum()
    });
}

/// For each symbol the bars to begin with, more than the longest window, and those to come.
fn walks(kernels: Kernels, symbols: usize, rows: usize) -> impl Iterator<Item = [Partition<f64>; 2]> {
    let (real, before) = (bars(), 2 * kernels.window);
    (0..symbols as u64).map(move |seed| {
        let walk = walk(&real, before + rows, seed);
        [walk.slice(0..before), walk.slice(before..before + rows)]
    })
}

/// A session for each symbol, and the bars to come for it.
struct Market(Vec<Symbol>);

struct Symbol {
    session: Session<f64>,
    bars: Vec<Bar<f64>>,
    chunk: Partition<f64>,
}

impl Market {
    fn new(kernels: Kernels, symbols: usize, rows: usize) -> Self {
        let (new, _) = Session::initialize(&kernels.plan(), None).expect("a plan of one partition");
        let symbol = |[before, chunk]: [Partition<f64>; 2]| {
            let mut session = new.clone();
            session.replay(&before).expect("bars of the plan's fields");
            let layout = session.layout().clone();
            let fields: Vec<&[f64]> = layout.names().iter().filter_map(|name| chunk.column(name)).collect();
            let bar = |(row, &ts): (usize, &i64)| {
                let values: Vec<f64> = fields.iter().map(|field| field[row]).collect();
                layout.bar(ts, &values).expect("a bar of the plan's fields")
            };
            let bars = chunk.ts().iter().enumerate().map(bar).collect();
            Symbol { session, bars, chunk }
        };
        Self(walks(kernels, symbols, rows).map(symbol).collect())
    }

    /// Moves the bars to where the sessions are now, as a session takes in none twice.
    fn go_on(&mut self) {
        for Symbol { session, bars, chunk } in &mut self.0 {
            let now = session.position().map_or(0, |position| position.ts);
            let later: Vec<i64> = (1..=bars.len() as i64).map(|row| now + row * MINUTE).collect();
            for (bar, &ts) in bars.iter_mut().zip(&later) {
                let values = bar.values().to_vec();
                bar.set(ts, &values).expect("the bar as it was, later");
            }
            *chunk =
                Partition::from_columns(&OHLCV, &later, &chunk.columns()).expect("the bars as they were");
        }
    }

    fn step(&mut self) {
        for row in 0..self.0[0].bars.len() {
            for Symbol { session, bars, .. } in &mut self.0 {
                black_box(session.step(black_box(&bars[row])).expect("bars in order"));
            }
        }
    }

    fn replay(&mut self) {
        for Symbol { session, chunk, .. } in &mut self.0 {
            black_box(session.replay(black_box(chunk)).expect("bars in order"));
        }
    }

    fn peek(&mut self) {
        for Symbol { session, bars, .. } in &self.0 {
            for bar in bars {
                black_box(session.peek(black_box(bar)).expect("a bar after the last one"));
            }
        }
    }
}

/// For each symbol the kernels alone, and the bars to come.
fn without_plan(kernels: Kernels, symbols: usize, rows: usize) -> Vec<(Vec<Bare>, Vec<[f64; 5]>)> {
    let symbol = |[before, chunk]: [Partition<f64>; 2]| {
        let mut nodes = kernels.bare();
        for row in &rows_of(&before) {
            step(&mut nodes, row);
        }
        (nodes, rows_of(&chunk))
    };
    walks(kernels, symbols, rows).map(symbol).collect()
}

fn step(nodes: &mut [Bare], row: &[f64; 5]) {
    for node in nodes {
        node.step(row);
    }
}

fn rows_of(bars: &Partition<f64>) -> Vec<[f64; 5]> {
    let columns = columns(bars);
    (0..bars.len()).map(|row| columns.map(|column| column[row])).collect()
}
