//! How far a call is, shown by a bar such as `tqdm` while Rust computes.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// How often the bar is moved. The interpreter is not asked for in between.
const EVERY: Duration = Duration::from_millis(100);

/// What has been done since the bar was moved last.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    done: AtomicUsize,
    stopped: AtomicBool,
}

impl Ticks {
    pub(super) fn one(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether nobody waits for the rest.
    pub(super) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// Does work on another thread and moves a bar on this one, as notebooks want it; so Ctrl-C is heard too. What the bar raises ends the work.
pub(super) fn shown<T: Send>(
    bar: &Bound<'_, PyAny>,
    total: usize,
    work: impl FnOnce(&Ticks) -> T + Send,
) -> PyResult<T> {
    let py = bar.py();
    let how = PyDict::new(py);
    how.set_item("total", total)?;
    let bar = bar.call((), Some(&how))?;
    let ticks = &Ticks::default();
    let answer = thread::scope(|scope| {
        // Nothing is sent: the sender is dropped when the work is over, however it ends.
        let (working, mut over) = channel::<()>();
        let worker = scope.spawn(move || {
            let _working = working;
            work(ticks)
        });
        let mut moved = Ok(());
        loop {
            let waited;
            (waited, over) = py.detach(move || (over.recv_timeout(EVERY), over));
            let done = ticks.done.swap(0, Ordering::Relaxed);
            if moved.is_ok() {
                moved = py.check_signals();
            }
            if moved.is_ok() && done > 0 {
                moved = bar.call_method1(intern!(py, "update"), (done,)).map(drop);
            }
            if moved.is_err() {
                ticks.stopped.store(true, Ordering::Relaxed);
            }
            if waited != Err(RecvTimeoutError::Timeout) {
                break;
            }
        }
        let answer = worker.join().unwrap_or_else(|panic| resume_unwind(panic));
        moved.map(|()| answer)
    });
    let closed = bar.call_method0(intern!(py, "close"));
    let answer = answer?;
    closed.map(|_| answer)
}
