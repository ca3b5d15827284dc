//! Smoothing: recursive averages (exponential, Wilder's), and moving averages whose kind is a parameter.
//!
//! As in [`crate::window`], the step form and the batch form give the same bits, and rounding errors fade as fast as the values
//! that made them.

mod average;
mod recursive;

pub use average::{Average, Averaging, MaType};
pub use recursive::{Pairs, Smoother, Smoothing};
