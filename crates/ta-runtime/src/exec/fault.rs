//! Work after which something is undone where it is refused, and where a kernel leaves it by unwinding.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use crate::error::Error;

/// What the work answers, or what it was left with.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T, Error>) -> thread::Result<Result<T, Error>> {
    // What the work has changed is undone before anybody looks at it.
    catch_unwind(AssertUnwindSafe(work))
}

/// Goes on, or on with unwinding.
pub(super) fn finished<T>(made: thread::Result<Result<T, Error>>) -> Result<T, Error> {
    made.unwrap_or_else(|payload| resume_unwind(payload))
}
