//! Whole columns of many symbols: what plans add to the kernels in them, and what a second core takes off.
//!
//! | member | what |
//! |---|---|
//! | `ta-runtime` | one plan with twenty outputs over each symbol, in one thread |
//! | `kernels` | the same kernels over the same columns without a plan, into columns of their own as well, in one thread |
//! | `two-threads` | the plan in a pool of two threads |
//!
//! Times are per bar and symbol.

use std::cell::LazyCell;
use std::hint::black_box;
use std::time::Duration;

use benches::{Bare, Kernels, bars, columns, walk};
use criterion::{Criterion, Throughput};
use rayon::{ThreadPool, ThreadPoolBuilder};
use ta_runtime::dataset::{Dataset, PartitionKey};
use ta_runtime::exec::{Settings, execute_each};

/// They have twenty outputs.
const KERNELS: Kernels = Kernels::new(18);
const SYMBOLS: usize = 500;
const ROWS: usize = 5000;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(10))
        .sample_size(20)
        .configure_from_args();
    let (plan, settings, nodes) = (KERNELS.plan(), Settings::default(), KERNELS.bare());
    let market = LazyCell::new(market);
    let mut group = criterion.benchmark_group(format!("batch-{SYMBOLS}-symbols"));
    group.throughput(Throughput::Elements((SYMBOLS * ROWS) as u64));
    for (name, threads) in [("ta-runtime", 1), ("two-threads", 2)] {
        let pool = pool(threads);
        group.bench_function(name, |b| {
            let (data, bases) = &*market;
            b.iter(|| pool.install(|| execute_each(&plan, black_box(data), bases, &settings)));
        });
    }
    // In a pool as well, as memory of the main thread is handed out in another way.
    let pool = pool(1);
    group.bench_function("kernels", |b| {
        let (data, bases) = &*market;
        let answer = |key: &PartitionKey| {
            let columns = columns(data.partition(key).expect("one of them"));
            nodes.iter().map(|node| answer(node, &columns)).collect::<Vec<_>>()
        };
        b.iter(|| pool.install(|| bases.iter().map(answer).collect::<Vec<_>>()));
    });
    group.finish();
    criterion.final_summary();
}

fn answer(node: &Bare, columns: &[&[f64]]) -> Vec<Vec<f64>> {
    let mut outputs = vec![vec![0.0; ROWS]; node.out.len()];
    node.batch(black_box(columns), &mut outputs);
    outputs
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("room for two threads")
}

fn market() -> (Dataset<f64>, Vec<PartitionKey>) {
    let (real, mut data) = (bars(), Dataset::new());
    let key = |at: usize| -> PartitionKey { format!("S{at}").parse().expect("a key") };
    for at in 0..SYMBOLS {
        data.append(&key(at), &walk(&real, ROWS, at as u64)).expect("bars of a new partition");
    }
    (data, (0..SYMBOLS).map(key).collect())
}
