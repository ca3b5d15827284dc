//! Columns of bars: what a source offers, how data are held, checked and read.

pub mod csv;
pub mod handle;
mod key;
mod location;
mod partition;
mod partitions;
mod schema;
mod source;
pub mod time;
mod timeframe;

#[doc(hidden)]
pub use inventory;
pub use location::Location;
pub use partition::{Oddity, Partition};
pub use partitions::{Bars, Dataset, PartitionInfo};
pub use schema::{Derived, Downsample, Field, LIQUIDATION, OHLCV, ORDERBOOK, SourceSchema, TRADES};
pub use source::{PartitionKey, SourceRef};
pub use timeframe::{ACCEPTED as TIMEFRAME_ACCEPTED, Timeframe, UnknownTimeframe};

pub(crate) use partition::{Rules, check_time, list};
