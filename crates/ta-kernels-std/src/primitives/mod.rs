//! What other kernels and expressions are made of.

pub mod coalesce;
pub mod cumulative_sum;
pub mod diff;
pub mod maximum;
pub mod minimum;
pub mod negative_values;
pub mod positive_values;
pub mod shift;
pub mod sign;
