//! Averages and bands, drawn over the price.

pub mod bbands;
pub mod ema;
pub mod rma;
pub mod sma;
pub mod wma;
