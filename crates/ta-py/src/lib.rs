//! The Python module `ta_py`: every linked kernel as a function over the columns that Python programs have.
//!
//! Python is a thin face here: a call crosses once, values are read where they lie, and results are made in Rust and handed over with
//! their memory. Nothing in the registry knows of Python, so the kernels of any crate become functions in the same way; see [`export!`].

// What `export!` writes names this crate from outside, in this crate too.
extern crate self as ta_py;

mod catalog;
mod compute;
mod data;
mod dataset;
mod errors;
mod eval;
mod export;
mod expr;
mod functions;
mod json;
mod memory;
mod own;
mod plan;
mod plugin;
mod registry;
mod session;

// A dependency that no code names registers nothing.
use ta_kernels_std as _;

/// What the macros name.
#[doc(hidden)]
pub mod __private {
    pub use crate::export::fill;
    pub use pyo3;
}

export!(_ta_py);
