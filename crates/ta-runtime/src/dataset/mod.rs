//! Columns of bars: what a source offers, how data are held, checked, read, resampled and joined.
//!
//! A [`Partition`] has the rows of one source, a [`Dataset`] many of them under their keys, and [`handle`] numbers datasets for callers that
//! hold no Rust value. What makes rows of other rows ([`downsample()`], [`upsample()`], [`join()`], [`bars_of`]) never looks ahead: a bar is seen
//! from its close.

mod downsample;
mod fold;
pub mod handle;
mod join;
mod key;
mod location;
pub mod naming;
mod partition;
mod partitions;
pub mod read;
mod rows;
mod schema;
mod source;
pub mod time;
mod timeframe;
mod trades;
mod upsample;

pub use downsample::{Every, Resampling, Tail, downsample};
#[doc(hidden)]
pub use inventory;
pub use join::{Join, join};
pub use location::Location;
pub use partition::{Oddity, Partition};
pub use partitions::{Bars, Dataset, PartitionInfo};
pub use rows::Rows;
pub use schema::{Derived, Downsample, Field, LIQUIDATION, OHLCV, ORDERBOOK, SourceSchema, TRADES};
pub use source::{PartitionKey, SourceRef};
pub use timeframe::{ACCEPTED as TIMEFRAME_ACCEPTED, Timeframe, UnknownTimeframe};
pub use trades::{Trades, bars_of};
pub use upsample::{Fill, sync, upsample};

pub(crate) use partition::{Rules, check_time, list};
