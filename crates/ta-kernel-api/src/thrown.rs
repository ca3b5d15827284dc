//! Errors of kernels that are written in another language.

use std::any::Any;
use std::panic::resume_unwind;

/// An error of a kernel of another language, on its way to whoever called.
///
/// A kernel cannot refuse a row, so nothing between the call and the kernel looks for errors of one. This passes it as a panic does, without
/// the report of one; the part that speaks the other language catches it. What a call has begun is undone on the way.
#[doc(hidden)]
#[derive(Debug)]
pub struct Thrown {
    message: String,
    error: Box<dyn Any + Send>,
}

impl Thrown {
    /// Leaves the kernel: what is wrong in words, and the error as the language has it.
    pub fn throw(message: String, error: impl Any + Send) -> ! {
        resume_unwind(Box::new(Self { message, error: Box::new(error) }))
    }

    /// What was thrown, or the panic that it is instead.
    ///
    /// # Errors
    /// A panic of any other kind.
    pub fn caught(payload: Box<dyn Any + Send>) -> Result<Self, Box<dyn Any + Send>> {
        payload.downcast().map(|thrown| *thrown)
    }

    /// What is wrong, in words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The error as its language has it; `None` when it is of another type.
    pub fn into_error<E: Any>(self) -> Option<E> {
        self.error.downcast().ok().map(|error| *error)
    }
}
