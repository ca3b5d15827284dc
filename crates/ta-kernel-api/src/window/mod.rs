//! Rolling windows: sums and means, moments, weighted means, extremes, ranks, delays.
//!
//! Each block has a step form, a plain-data state that takes in one value at a time, and a batch form over a whole slice. Both
//! give the same bits. No block subtracts what it once added, so nothing is left of a value after it has gone out of the
//! window and errors do not grow with the stream.
//!
//! ```
//! use ta_kernel_api::Scalar;
//! use ta_kernel_api::window::RollingSum;
//!
//! let xs = [1.0, 2.0, 6.0, 4.0];
//! let third = f64::divisor(3);
//!
//! let mut out = [f64::MISSING; 4];
//! RollingSum::batch(3, &xs, [&mut out], |window| [window.mean(third)]);
//! assert_eq!(out[2..], [3.0, 4.0]);
//!
//! let mut state = RollingSum::new(3);
//! let last = xs.into_iter().map(|x| state.push(x)).last().flatten();
//! assert_eq!(last.map(|window| window.mean(third)), Some(4.0));
//! ```

mod cumulative;
mod extreme;
mod fold;
mod lag;
mod moments;
mod rank;
mod sum;
#[cfg(test)]
mod testing;
mod weighted;

pub use cumulative::Cumulative;
pub use extreme::{
    Extreme, Highest, Lowest, Position, RollingArgMax, RollingArgMin, RollingMax, RollingMin, Side, Spot,
};
pub use fold::{Fold, Rolling, Window};
pub use lag::Lag;
pub use moments::{Moments, RollingMoments, Scale};
pub use rank::{Middle, RollingMedian};
pub use sum::{RollingSum, Sum};
pub use weighted::{Ramp, RollingRamp, Weights};
