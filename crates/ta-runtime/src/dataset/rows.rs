//! Rows together with how long they last, from which follows when each is known.

use ta_kernel_api::Scalar;

use super::{Dataset, Partition, PartitionKey, Timeframe};
use crate::error::Error;

/// The rows of a partition and how long each of them lasts.
///
/// ```
/// use ta_runtime::dataset::{OHLCV, Partition, Rows};
///
/// let closes = Partition::from_columns(&OHLCV, &[0, 60_000], &[("close", &[1.0, 2.0])])?;
/// let minutes = closes.lasting("1m".parse().ok());
/// assert_eq!(minutes.known(60_000), 120_000);
/// assert_eq!(Rows::from(&closes).known(60_000), 60_000);
/// # Ok::<(), ta_runtime::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a, S> {
    /// The rows.
    pub partition: &'a Partition<S>,
    /// How long each lasts; `None` for events, which are known at their own time.
    pub timeframe: Option<Timeframe>,
}

impl<S: Scalar> Rows<'_, S> {
    /// From when on the row of this time is known, see [`PartitionKey::known`].
    pub fn known(&self, ts: i64) -> i64 {
        self.timeframe.map_or(ts, |timeframe| timeframe.end_of(ts))
    }
}

/// Events.
impl<'a, S> From<&'a Partition<S>> for Rows<'a, S> {
    fn from(partition: &'a Partition<S>) -> Self {
        Self { partition, timeframe: None }
    }
}

impl<S: Scalar> Partition<S> {
    /// These rows as bars that last so long, or as events.
    pub fn lasting(&self, timeframe: Option<Timeframe>) -> Rows<'_, S> {
        Rows { partition: self, timeframe }
    }
}

impl<S: Scalar> Dataset<S> {
    /// The rows of this key, which last as long as it says.
    ///
    /// # Errors
    /// A key that is not there, with those that are near.
    pub fn rows(&self, key: &PartitionKey) -> Result<Rows<'_, S>, Error> {
        Ok(self.partition(key)?.lasting(key.timeframe))
    }
}
