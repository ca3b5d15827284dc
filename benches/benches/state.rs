//! Corrections of history, and state that goes to disk and back.
//!
//! | group | `ta-runtime` | peers |
//! |---|---|---|
//! | `revise-depth-D` | one of a million bars, the D-th from the end, with the default checkpoints | with a checkpoint every 1000 bars; all bars computed again over whole columns |
//! | `snapshot-N-kernels-window-W` | a session to bytes | a copy of it in memory |
//! | `restore-N-kernels-window-W` | a session from bytes | a new session |
//! | `store-200-events` | events put in the store on disk | the same bytes written to a file and brought to the disk |

use std::cell::LazyCell;
use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use benches::{Kernels, MINUTE, bars, walk};
use criterion::{Bencher, Criterion, Throughput};
use ta_runtime::dataset::{Dataset, PartitionKey};
use ta_runtime::exec::{Checkpoints, Live, Session};
use ta_runtime::state::store::{LoggedEvent, Point, Replaced, Snapshot, SqliteStore, StateStore};

const OURS: &str = "ta-runtime";
const HISTORY: usize = 1_000_000;
const EVENTS: usize = 200;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500))
        .sample_size(10)
        .configure_from_args();
    revise(&mut criterion);
    for count in [1, 10, 50] {
        for window in [20, 1000] {
            snapshot(&mut criterion, Kernels { count, window });
        }
    }
    store(&mut criterion);
    criterion.final_summary();
}

fn revise(criterion: &mut Criterion) {
    let live = |checkpoints: Checkpoints| {
        let (mut data, key): (Dataset<f64>, PartitionKey) = (Dataset::new(), "S".parse().expect("a key"));
        data.append(&key, &walk(&bars(), HISTORY, 1)).expect("bars of a new partition");
        Live::initialize(&Kernels::new(10).plan(), &data, &key, checkpoints)
            .expect("bars of the plan's fields")
            .0
    };
    let mut by_default = LazyCell::new(|| live(Checkpoints::default()));
    let mut rarely = LazyCell::new(|| live(Checkpoints { every: 10_000, ..Checkpoints::default() }));
    for depth in [1, 100, 10_000, 100_000] {
        let mut group = criterion.benchmark_group(format!("revise-depth-{depth}"));
        group.throughput(Throughput::Elements(1));
        group.bench_function(OURS, |b| correct(b, &mut by_default, depth));
        group.bench_function("every-10000", |b| correct(b, &mut rarely, depth));
        group.bench_function("anew", |b| {
            let live = &*by_default;
            b.iter(|| live.evaluate().expect("bars that were taken in"));
        });
        group.finish();
    }
}

/// Corrects one bar over and over, to and fro.
fn correct(b: &mut Bencher<'_>, live: &mut Live<f64>, depth: usize) {
    let layout = live.session().layout().clone();
    let ts = (HISTORY - depth) as i64 * MINUTE;
    let bars = [100.0, 101.0].map(|price| {
        let values: Vec<f64> = layout.names().iter().map(|_| price).collect();
        layout.bar(ts, &values).expect("a bar of the plan's fields")
    });
    let mut at = 0;
    b.iter(|| {
        at = 1 - at;
        black_box(live.correct(&bars[at]).expect("a bar of the history"))
    });
}

fn snapshot(criterion: &mut Criterion, kernels: Kernels) {
    let Kernels { count, window } = kernels;
    let plan = kernels.plan();
    let (session, _) =
        Session::initialize(&plan, Some(&walk(&bars(), 4 * window, 1))).expect("bars of the plan's fields");
    let bytes = session.snapshot().expect("kernels that save their state");

    let mut group = criterion.benchmark_group(format!("snapshot-{count}-kernels-window-{window}"));
    group.throughput(Throughput::Elements(1));
    group.bench_function(OURS, |b| b.iter(|| session.snapshot()));
    group.bench_function("clone", |b| b.iter(|| session.clone()));
    group.finish();

    let mut group = criterion.benchmark_group(format!("restore-{count}-kernels-window-{window}"));
    group.throughput(Throughput::Elements(1));
    group.bench_function(OURS, |b| b.iter(|| Session::<f64>::restore(&plan, black_box(&bytes))));
    group.bench_function("new", |b| b.iter(|| Session::<f64>::initialize(&plan, None)));
    group.finish();
}

fn store(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut group = criterion.benchmark_group(format!("store-{EVENTS}-events"));
    group.throughput(Throughput::Elements(1));
    let line =
        br#"{"ts":1583107200000,"open":300.61,"high":301.44,"low":298.53,"close":300.15,"volume":35.61}"#;

    let mut store = SqliteStore::open(folder.path()).expect("a store in a new folder");
    let plan = [7; 32];
    let mut sequence = 0;
    group.bench_function(OURS, |b| {
        b.iter_custom(|commits| {
            let mut took = Duration::ZERO;
            for _ in 0..commits {
                let at = Point { sequence, ts: None };
                let state = &[0; 4096];
                let snapshot = Snapshot { plan: &plan, at, state, replaced: Replaced::Dropped };
                store.save("s", &snapshot).expect("a snapshot of where the session is");
                let event = |at: usize| {
                    let sequence = sequence + 1 + at as u64;
                    let ts = sequence as i64 * MINUTE;
                    LoggedEvent { sequence, partition: "S".into(), ts, bytes: line.to_vec() }
                };
                let events: Vec<LoggedEvent> = (0..EVENTS).map(event).collect();
                sequence += EVENTS as u64;
                let start = Instant::now();
                store.append("s", &events).expect("events in order");
                took += start.elapsed();
            }
            took
        });
    });

    let mut file = File::create(folder.path().join("bytes")).expect("a new file");
    let bytes = line.repeat(EVENTS);
    group.bench_function("file", |b| {
        b.iter(|| {
            file.write_all(&bytes).expect("room on the disk");
            file.sync_data().expect("a disk that answers");
        });
    });
    group.finish();
}
