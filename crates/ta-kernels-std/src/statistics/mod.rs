//! Statistics of the last so many values.

pub mod argmax;
pub mod argmin;
pub mod max;
pub mod median;
pub mod min;
pub mod std;
pub mod sum;
pub mod variance;
