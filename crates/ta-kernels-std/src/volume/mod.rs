//! Prices weighed by volume.

pub mod obv;
pub mod vwap;
