//! How long something takes.

use std::time::{Duration, Instant};

/// Running since it was started, where there is a clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch(Option<Instant>);

impl Watch {
    pub(crate) fn start() -> Self {
        // In a browser this would panic.
        Self((!cfg!(target_family = "wasm")).then(Instant::now))
    }

    pub(crate) fn elapsed(&self) -> Option<Duration> {
        self.0.map(|start| start.elapsed())
    }
}
