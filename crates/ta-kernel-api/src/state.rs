//! What a kernel remembers between two bars.
//!
//! A state is plain data. `#[state]` on a struct derives all that is asked of it:
//!
//! ```
//! use ta_kernel_api::prelude::*;
//!
//! /// The last value seen.
//! #[state]
//! pub struct LastState<S> {
//!     last: Option<S>,
//! }
//! ```

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};

use crate::scalar::Decimal;

/// Plain data that a kernel carries from bar to bar: cloned for peeks and checkpoints, saved in snapshots, printed and
/// compared in tests.
///
/// Write `#[state]` on the struct instead of implementing this by hand.
pub trait State: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Whether this state, read from outside, can belong to the kernel whose fresh state is `fresh`.
    ///
    /// Saved states are not trusted. This is asked before a restored state is used, so that a buffer of the wrong length
    /// or a position outside of it is refused instead of making a later step panic. The derived answer asks every field;
    /// numbers fit always, collections when they are as long as the fresh ones.
    fn fits(&self, fresh: &Self) -> bool;
}

macro_rules! always_fits {
    ($($type:ty),*) => {$(
        impl State for $type {
            fn fits(&self, _: &Self) -> bool {
                true
            }
        }
    )*};
}

always_fits!((), bool, u8, u16, u32, u64, i8, i16, i32, i64, usize, f64, Decimal);

impl<T: State> State for Option<T> {
    /// A value that is there in only one of the two cannot be compared and is taken as it is.
    fn fits(&self, fresh: &Self) -> bool {
        match (self, fresh) {
            (Some(this), Some(fresh)) => this.fits(fresh),
            _ => true,
        }
    }
}

impl<T: State> State for Vec<T> {
    fn fits(&self, fresh: &Self) -> bool {
        self.len() == fresh.len() && self.iter().zip(fresh).all(|(this, fresh)| this.fits(fresh))
    }
}

macro_rules! arrays {
    ($($n:literal),*) => {$(
        impl<T: State> State for [T; $n] {
            fn fits(&self, fresh: &Self) -> bool {
                self.iter().zip(fresh).all(|(this, fresh)| this.fits(fresh))
            }
        }
    )*};
}

// The lengths for which serde reads arrays without a const generic.
arrays!(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);

macro_rules! tuples {
    ($(($($name:ident $index:tt),*))*) => {$(
        impl<$($name: State),*> State for ($($name,)*) {
            fn fits(&self, fresh: &Self) -> bool {
                $(self.$index.fits(&fresh.$index))&&*
            }
        }
    )*};
}

tuples! { (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) }
