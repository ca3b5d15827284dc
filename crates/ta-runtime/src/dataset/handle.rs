//! Datasets of the whole process, by number: for callers that hold a handle and not the data.
//!
//! A dataset is made of `f64` or of decimals, and knows which. Reading begins with a view of the dataset as it is at that moment and
//! holds no lock afterwards: readers wait for no one but a change in progress, and a long read stops neither changes nor other
//! datasets. Numbers are never used again.
//!
//! ```
//! use ta_kernel_api::ScalarKind;
//! use ta_runtime::dataset::handle;
//!
//! let id = handle::create(ScalarKind::F64);
//! handle::with_mut(id, |data| data.of_mut::<f64>()?.append_series(&"AAPL.1d".parse()?, "close", &[0], &[130.31]))?;
//! let close = handle::with(id, |data| Ok(data.of::<f64>()?.partition(&"AAPL.1d".parse()?)?.clone()))?;
//! assert_eq!(close.column("close"), Some(&[130.31][..]));
//!
//! handle::drop(id)?;
//! assert!(handle::drop(id).unwrap_err().is_dropped_dataset());
//! # Ok::<(), ta_runtime::Error>(())
//! ```

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use ta_kernel_api::{Decimal, Scalar, ScalarKind};

use super::{Dataset, PartitionInfo};
use crate::error::{Error, Kind};

/// The number of a dataset in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DatasetId(u64);

impl DatasetId {
    /// As a number, to hand out.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Any number is an id; whether there is such a dataset is seen when it is used.
impl From<u64> for DatasetId {
    fn from(id: u64) -> Self {
        Self(id)
    }
}

impl fmt::Display for DatasetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A dataset of either scalar.
#[derive(Debug, Clone)]
pub enum AnyDataset {
    /// Of `f64`.
    F64(Dataset<f64>),
    /// Of decimals.
    Decimal(Dataset<Decimal>),
}

impl AnyDataset {
    /// A dataset without partitions.
    pub fn new(scalar: ScalarKind) -> Self {
        match scalar {
            ScalarKind::F64 => Self::F64(Dataset::new()),
            ScalarKind::Decimal => Self::Decimal(Dataset::new()),
        }
    }

    /// Which scalar it is made of.
    pub fn scalar(&self) -> ScalarKind {
        match self {
            Self::F64(_) => ScalarKind::F64,
            Self::Decimal(_) => ScalarKind::Decimal,
        }
    }

    /// What each partition holds, in the order of the keys.
    pub fn info(&self) -> Vec<PartitionInfo> {
        match self {
            Self::F64(data) => data.info(),
            Self::Decimal(data) => data.info(),
        }
    }

    /// The dataset of this scalar.
    ///
    /// # Errors
    /// It is made of the other one.
    pub fn of<S: Scalar>(&self) -> Result<&Dataset<S>, Error> {
        let data: &dyn Any = match self {
            Self::F64(data) => data,
            Self::Decimal(data) => data,
        };
        data.downcast_ref().ok_or_else(|| other_scalar::<S>(self.scalar()))
    }

    /// The dataset of this scalar, to change it.
    ///
    /// # Errors
    /// It is made of the other one.
    pub fn of_mut<S: Scalar>(&mut self) -> Result<&mut Dataset<S>, Error> {
        let scalar = self.scalar();
        let data: &mut dyn Any = match self {
            Self::F64(data) => data,
            Self::Decimal(data) => data,
        };
        data.downcast_mut().ok_or_else(|| other_scalar::<S>(scalar))
    }
}

impl From<Dataset<f64>> for AnyDataset {
    fn from(data: Dataset<f64>) -> Self {
        Self::F64(data)
    }
}

impl From<Dataset<Decimal>> for AnyDataset {
    fn from(data: Dataset<Decimal>) -> Self {
        Self::Decimal(data)
    }
}

fn other_scalar<S: Scalar>(scalar: ScalarKind) -> Error {
    Error::new(Kind::Type, format!("the dataset is of {scalar}, not of {}", S::KIND))
}

/// What a dataset is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetInfo {
    /// Its number.
    pub id: DatasetId,
    /// Its scalar.
    pub scalar: ScalarKind,
    /// What each partition holds, in the order of the keys.
    pub partitions: Vec<PartitionInfo>,
}

/// The datasets there are. The lock is held to look one up, to add one and to take one out, never while one is used.
static TABLE: RwLock<Table> = RwLock::new(Table { last: 0, live: BTreeMap::new() });

struct Table {
    last: u64,
    live: BTreeMap<DatasetId, Arc<Entry>>,
}

/// The outer lock is held while the dataset changes, and to take a view of it.
type Entry = RwLock<Arc<AnyDataset>>;

/// A new dataset without partitions.
pub fn create(scalar: ScalarKind) -> DatasetId {
    insert(AnyDataset::new(scalar))
}

/// Gives a dataset a number.
pub fn insert(data: impl Into<AnyDataset>) -> DatasetId {
    let entry = Arc::new(RwLock::new(Arc::new(data.into())));
    let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    table.last += 1;
    let id = DatasetId(table.last);
    table.live.insert(id, entry);
    id
}

/// Takes a dataset out; who reads it at this moment reads on.
///
/// # Errors
/// No such dataset, or one dropped before.
pub fn drop(id: DatasetId) -> Result<(), Error> {
    let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    let entry = table.live.remove(&id).ok_or_else(|| table.absent(id));
    // Freeing may take its time, without the lock.
    std::mem::drop(table);
    entry.map(std::mem::drop)
}

/// The datasets there are, in the order of their making.
pub fn list() -> Vec<DatasetId> {
    TABLE.read().unwrap_or_else(PoisonError::into_inner).live.keys().copied().collect()
}

/// What a dataset is made of.
///
/// # Errors
/// No such dataset, or one dropped before.
pub fn info(id: DatasetId) -> Result<DatasetInfo, Error> {
    let data = view(id)?;
    Ok(DatasetInfo { id, scalar: data.scalar(), partitions: data.info() })
}

/// The dataset as it is now. What is changed later is not seen in it.
///
/// # Errors
/// No such dataset, or one dropped before.
pub fn view(id: DatasetId) -> Result<Arc<AnyDataset>, Error> {
    Ok(entry(id)?.read().unwrap_or_else(PoisonError::into_inner).clone())
}

/// Reads a [`view`] of a dataset.
///
/// # Errors
/// No such dataset, one dropped before, and what `read` answers.
pub fn with<R>(id: DatasetId, read: impl FnOnce(&AnyDataset) -> Result<R, Error>) -> Result<R, Error> {
    read(&*view(id)?)
}

/// Changes a dataset; one after the other, so `change` must not use the same dataset by its number.
///
/// # Errors
/// No such dataset, one dropped before, and what `change` answers. What `change` did before it failed stays.
pub fn with_mut<R>(
    id: DatasetId,
    change: impl FnOnce(&mut AnyDataset) -> Result<R, Error>,
) -> Result<R, Error> {
    // Each method of a dataset works as a whole or not at all, so a panic of `change` leaves nothing half-written.
    change(Arc::make_mut(&mut entry(id)?.write().unwrap_or_else(PoisonError::into_inner)))
}

fn entry(id: DatasetId) -> Result<Arc<Entry>, Error> {
    let table = TABLE.read().unwrap_or_else(PoisonError::into_inner);
    table.live.get(&id).cloned().ok_or_else(|| table.absent(id))
}

impl Table {
    /// Why a dataset is not there.
    fn absent(&self, id: DatasetId) -> Error {
        if (1..=self.last).contains(&id.0) {
            return Error::new(Kind::DroppedDataset, format!("dataset {id} was dropped before"));
        }
        let live: Vec<_> = self.live.keys().take(8).map(ToString::to_string).collect();
        let help = match (self.live.len(), live.join(", ")) {
            (0, _) => "there is none".to_owned(),
            (1..=8, live) => format!("there are {live}"),
            (count, live) => format!("there are {count}: {live}, …"),
        };
        Error::new(Kind::UnknownDataset, format!("unknown dataset {id}")).with_help(help)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::super::PartitionKey;
    use super::*;

    fn key() -> PartitionKey {
        "AAPL.1d".parse().unwrap()
    }

    fn append(id: DatasetId, ts: i64) -> Result<(), Error> {
        with_mut(id, |data| data.of_mut::<f64>()?.append_series(&key(), "close", &[ts], &[ts as f64]))
    }

    fn rows(id: DatasetId) -> Result<usize, Error> {
        with(id, |data| Ok(data.of::<f64>()?.partition(&key())?.len()))
    }

    #[test]
    fn unknown_and_dropped_are_told_apart_and_numbers_are_not_used_again() {
        let (first, second) = (create(ScalarKind::F64), create(ScalarKind::Decimal));
        assert!(first < second && list().contains(&first));
        drop(first).unwrap();
        assert!(!list().contains(&first) && list().contains(&second));
        for err in [drop(first).unwrap_err(), info(first).unwrap_err(), append(first, 0).unwrap_err()] {
            assert_eq!(err.to_string(), format!("dataset {first} was dropped before"));
            assert!(err.is_dropped_dataset() && !err.is_unknown_dataset());
        }
        for id in [0, u64::MAX] {
            let err = drop(DatasetId::from(id)).unwrap_err();
            assert!(err.to_string().starts_with(&format!("unknown dataset {id} (there are ")), "{err}");
            assert!(err.is_unknown_dataset() && !err.is_dropped_dataset());
        }
        assert!(create(ScalarKind::F64) > second);
        assert_eq!(info(second).unwrap().scalar, ScalarKind::Decimal);
        drop(second).unwrap();
    }

    #[test]
    fn a_dataset_knows_its_scalar() {
        let id = create(ScalarKind::Decimal);
        let err = append(id, 0).unwrap_err();
        assert!(err.is_type());
        assert_eq!(err.to_string(), "the dataset is of decimal, not of f64");
        assert_eq!(rows(id).unwrap_err().to_string(), "the dataset is of decimal, not of f64");
        with_mut(id, |data| data.of_mut()?.append_series(&key(), "close", &[1], &[Decimal::ONE])).unwrap();
        assert_eq!(info(id).unwrap().partitions[0].rows, 1);
        drop(id).unwrap();
    }

    #[test]
    fn a_long_read_stops_no_one_and_sees_what_was() {
        let id = create(ScalarKind::F64);
        append(id, 0).unwrap();
        let (inside, done) = (Barrier::new(3), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    with(id, |data| {
                        inside.wait(); // both readers are in, neither has left
                        while !done.load(Ordering::Acquire) {
                            thread::yield_now();
                        }
                        assert_eq!(data.of::<f64>()?.partition(&key())?.len(), 1);
                        Ok(())
                    })
                    .unwrap();
                });
            }
            inside.wait();
            append(id, 1).unwrap();
            assert_eq!(rows(id).unwrap(), 2);
            drop(create(ScalarKind::F64)).unwrap();
            drop(id).unwrap();
            done.store(true, Ordering::Release);
        });
    }

    #[test]
    fn nothing_is_lost_or_half_seen_under_many_threads() {
        let id = create(ScalarKind::F64);
        let keys: Vec<PartitionKey> = (0..4).map(|n| format!("S{n}").parse().unwrap()).collect();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let writers: Vec<_> = keys
                .iter()
                .map(|key| {
                    scope.spawn(move || {
                        for ts in 0..200 {
                            let (ts, value) = (&[2 * ts, 2 * ts + 1], ts as f64);
                            let columns = &[("a", &[value, value][..]), ("b", &[value, value])];
                            let rows = super::super::Partition::from_columns(key.source, ts, columns)?;
                            with_mut(id, |data| data.of_mut()?.append(key, &rows))?;
                        }
                        Ok::<_, Error>(())
                    })
                })
                .collect();
            for _ in 0..3 {
                scope.spawn(|| {
                    while !done.load(Ordering::Acquire) {
                        let data = view(id).unwrap();
                        for partition in data.info() {
                            let rows = data.of::<f64>().unwrap().partition(&partition.key).unwrap();
                            assert_eq!(rows.len() % 2, 0);
                            assert_eq!(rows.column("a"), rows.column("b"));
                        }
                        let brief = create(ScalarKind::Decimal);
                        assert!(list().contains(&brief));
                        drop(brief).unwrap();
                        assert!(drop(brief).is_err());
                    }
                });
            }
            let written = writers.into_iter().all(|writer| matches!(writer.join(), Ok(Ok(()))));
            done.store(true, Ordering::Release);
            assert!(written);
        });
        assert!(info(id).unwrap().partitions.iter().all(|partition| partition.rows == 400));
        drop(id).unwrap();
    }

    #[test]
    fn a_panic_while_changing_leaves_a_dataset_that_works() {
        let id = create(ScalarKind::F64);
        append(id, 0).unwrap();
        let panicked = thread::spawn(move || with_mut(id, |_| -> Result<(), Error> { panic!("on purpose") }));
        assert!(panicked.join().is_err());
        append(id, 1).unwrap();
        assert_eq!(rows(id).unwrap(), 2);
        drop(id).unwrap();
    }
}
