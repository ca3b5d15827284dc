//! Errors of kernels in Python, on their way through Rust.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use pyo3::prelude::*;
use ta_kernel_api::Thrown;

use crate::errors::{Class, Refusal};

/// Leaves a kernel with what it raised.
pub(super) fn throw(id: &str, error: PyErr) -> ! {
    Thrown::throw(format!("`{id}` raised {error}"), error)
}

/// What a kernel raised, or the panic that it is instead.
pub(crate) fn raised(payload: Box<dyn Any + Send>) -> Result<PyErr, Box<dyn Any + Send>> {
    Thrown::caught(payload).map(|thrown| {
        let message = thrown.message().to_owned();
        thrown.into_error::<PyErr>().unwrap_or_else(|| Refusal::new(Class::Internal, message).into())
    })
}

/// Does something in which a kernel may raise, before anything else sees it unwind. What was begun is undone by whoever began it.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|payload| raised(payload).unwrap_or_else(|panic| resume_unwind(panic)))
}
