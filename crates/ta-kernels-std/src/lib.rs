//! The standard kernels: one file each, one folder per family.
//!
//! A program has them once it names this crate: `use ta_kernels_std as _;`. Definitions, defaults and start rules are those of TA-Lib;
//! where a kernel deviates on purpose, its page says so.

ta_kernel_api::namespace!();

pub mod events;
pub mod momentum;
pub mod overlap;
pub mod primitives;
pub mod statistics;
pub mod volatility;
pub mod volume;
