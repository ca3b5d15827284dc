//! Bars as they arrive, for one symbol and for a thousand: what a session adds to the kernels in its plan.
//!
//! | group | `ta-runtime` | peer |
//! |---|---|---|
//! | `stream-N-kernels-M-symbols` | a bar for the session of each symbol in turn | the same kernels stepped without a plan |
//! | `replay-N-kernels-M-symbols` | a chunk of bars for each in turn | the same kernels stepped through it without a plan |
//! | `peek-N-kernels-window-W` | a bar that is still forming | a step |
//!
//! Times are per bar. Each symbol has a session and bars of its own, so a thousand do not fit into the nearer caches; the plan is
//! shared, as the sessions are copies of one that has not begun. Bars that arrive together lie side by side.

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
const LOADS: [(usize, usize, usize); 2] = [(1, 4096, 4096), (1000, 2, 64)];

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
    group.bench_function(OURS, |b| timed(b, &mut *market, Market::bars_go_on, Market::step));
    let mut bares = LazyCell::new(|| Bares::new(kernels, symbols, rows));
    group.bench_function(PEER, |b| b.iter(|| bares.step()));
    group.finish();
}

fn replay(criterion: &mut Criterion, kernels: Kernels, symbols: usize, rows: usize) {
    let mut group = open(criterion, "replay", kernels, symbols, rows);
    let mut market = LazyCell::new(|| Market::new(kernels, symbols, rows));
    group.bench_function(OURS, |b| timed(b, &mut *market, Market::chunks_go_on, Market::replay));
    let mut bares = LazyCell::new(|| Bares::new(kernels, symbols, rows));
    group.bench_function(PEER, |b| b.iter(|| bares.replay()));
    group.finish();
}

fn peek(criterion: &mut Criterion, kernels: Kernels) {
    let mut group =
        criterion.benchmark_group(format!("peek-{}-kernels-window-{}", kernels.count, kernels.window));
    group.throughput(Throughput::Elements(1024));
    let mut market = LazyCell::new(|| Market::new(kernels, 1, 1024));
    group.bench_function(OURS, |b| timed(b, &mut *market, Market::bars_go_on, Market::peek));
    group.bench_function("step", |b| timed(b, &mut *market, Market::bars_go_on, Market::step));
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

/// A session for each symbol, and the bars to come.
struct Market {
    sessions: Vec<Session<f64>>,
    /// For each row a bar of each symbol.
    bars: Vec<Vec<Bar<f64>>>,
    /// For each symbol the same bars.
    chunks: Vec<Partition<f64>>,
}

impl Market {
    fn new(kernels: Kernels, symbols: usize, rows: usize) -> Self {
        let (new, _) = Session::initialize(&kernels.plan(), None).expect("a plan of one partition");
        let layout = new.layout().clone();
        let chunks: Vec<Partition<f64>> = walks(kernels, symbols, rows).map(|[_, chunk]| chunk).collect();
        let bar = |chunk: &Partition<f64>, row: usize| {
            let fields = layout.names().iter().filter_map(|name| chunk.column(name));
            let values: Vec<f64> = fields.map(|field| field[row]).collect();
            layout.bar(chunk.ts()[row], &values).expect("a bar of the plan's fields")
        };
        let bars = (0..rows).map(|row| chunks.iter().map(|chunk| bar(chunk, row)).collect()).collect();
        let begun = |[before, _]: [Partition<f64>; 2]| {
            let mut session = new.clone();
            session.replay(&before).expect("bars of the plan's fields");
            session
        };
        let sessions = walks(kernels, symbols, rows).map(begun).collect();
        Self { sessions, bars, chunks }
    }

    /// The times of so many rows after what the sessions have taken in, as they take in none twice.
    fn later(&self, rows: usize) -> Vec<i64> {
        let now = self.sessions[0].position().map_or(0, |position| position.ts);
        (1..=rows as i64).map(|row| now + row * MINUTE).collect()
    }

    /// Gives the bars later times. Nothing else is touched, so that the sessions stay where they are in the caches.
    fn bars_go_on(&mut self) {
        let later = self.later(self.bars.len());
        for (bars, ts) in self.bars.iter_mut().zip(later) {
            for bar in bars {
                let values = bar.values().to_vec();
                bar.set(ts, &values).expect("the bar as it was, later");
            }
        }
    }

    /// Gives the chunks later times.
    fn chunks_go_on(&mut self) {
        let later = self.later(self.bars.len());
        for chunk in &mut self.chunks {
            *chunk =
                Partition::from_columns(&OHLCV, &later, &chunk.columns()).expect("the bars as they were");
        }
    }

    fn step(&mut self) {
        for bars in &self.bars {
            for (session, bar) in self.sessions.iter_mut().zip(bars) {
                black_box(session.step(black_box(bar)).expect("bars in order"));
            }
        }
    }

    fn replay(&mut self) {
        for (session, chunk) in self.sessions.iter_mut().zip(&self.chunks) {
            black_box(session.replay(black_box(chunk)).expect("bars in order"));
        }
    }

    fn peek(&mut self) {
        for bars in &self.bars {
            for (session, bar) in self.sessions.iter().zip(bars) {
                black_box(session.peek(black_box(bar)).expect("a bar after the last one"));
            }
        }
    }
}

/// The kernels alone, and the bars to come.
struct Bares {
    nodes: Vec<Vec<Bare>>,
    /// For each row a bar of each symbol.
    bars: Vec<Vec<[f64; 5]>>,
    /// For each symbol the same bars.
    chunks: Vec<Vec<[f64; 5]>>,
}

impl Bares {
    fn new(kernels: Kernels, symbols: usize, rows: usize) -> Self {
        let chunks: Vec<_> = walks(kernels, symbols, rows).map(|[_, chunk]| rows_of(&chunk)).collect();
        let bars = (0..rows).map(|row| chunks.iter().map(|chunk| chunk[row]).collect()).collect();
        let begun = |[before, _]: [Partition<f64>; 2]| {
            let mut nodes = kernels.bare();
            for row in &rows_of(&before) {
                step(&mut nodes, row);
            }
            nodes
        };
        Self { nodes: walks(kernels, symbols, rows).map(begun).collect(), bars, chunks }
    }

    fn step(&mut self) {
        for bars in &self.bars {
            for (nodes, bar) in self.nodes.iter_mut().zip(bars) {
                step(nodes, bar);
            }
        }
    }

    fn replay(&mut self) {
        for (nodes, chunk) in self.nodes.iter_mut().zip(&self.chunks) {
            for bar in chunk {
                step(nodes, bar);
            }
        }
    }
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
