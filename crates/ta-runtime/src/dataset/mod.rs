//! Columns of bars: what a source offers, how data are held, checked and read.

pub mod csv;
mod location;
mod partition;
mod schema;
pub mod time;

#[doc(hidden)]
pub use inventory;
pub use location::Location;
pub use partition::{Oddity, Partition};
pub use schema::{Derived, Field, OHLCV, SourceSchema};

pub(crate) use partition::{Rules, check_time, list};
