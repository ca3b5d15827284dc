//! Two kernels of a third party.
//!
//! A program that names this crate has them beside the standard ones: in expressions, in batch, bar by bar and in snapshots.

ta_kernel_api::namespace!("acme");

mod realized_volatility;
mod up_volume_share;

pub use realized_volatility::{REALIZED_VOLATILITY, RealizedVolatility, RealizedVolatilityState};
pub use up_volume_share::{UP_VOLUME_SHARE, UpVolumeShare, UpVolumeShareState};
