//! How much memory a session takes, on the heap, and how large its snapshot is.
//!
//! `alone` is a session that was made by itself, with the plan in it; `more` one more of the same plan, a copy of another session.

use benches::{Kernels, bars, walk};
use ta_runtime::exec::Session;

fn main() {
    // The words that `cargo bench` and `cargo test` put on the command line begin with dashes.
    let filter = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    println!("\n{:<34} {:>12} {:>12} {:>12}", "bytes", "alone", "one more", "snapshot");
    for count in [1, 10, 50] {
        for window in [20, 1000] {
            let name = format!("memory-{count}-kernels-window-{window}");
            if !name.contains(&filter) {
                continue;
            }
            let (plan, history) = (Kernels { count, window }.plan(), walk(&bars(), 4 * window, 1));
            let (session, alone) =
                taken(|| Session::initialize(&plan, Some(&history)).expect("bars of the plan's fields").0);
            let (_, more) = taken(|| session.clone());
            let snapshot = session.snapshot().expect("kernels that save their state").len();
            println!("{name:<34} {alone:>12} {more:>12} {snapshot:>12}");
        }
    }
}

/// What was made, and how much of the heap it has taken.
fn taken<T>(make: impl FnOnce() -> T) -> (T, i64) {
    let mut made = None;
    let asked = allocation_counter::measure(|| made = Some(make()));
    (made.expect("it was made just now"), asked.bytes_current)
}
