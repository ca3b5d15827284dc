//! How much prices vary.

pub mod atr;
pub mod true_range;
