//! Which data drive the clocks of a plan.

use std::cmp::Reverse;

use ta_kernel_api::{Scalar, near_names};

use super::bar::{Bar, Layout};
use super::clocks::Gearing;
use crate::dataset::{Dataset, Downsample, Location, PartitionKey, Timeframe, list};
use crate::error::{Error, Kind};
use crate::expr::Reach;
use crate::plan::{Clock, Op, Plan, Rows};

/// The partitions that feed a plan, and how.
///
/// A plan says which rows it reads as seen from its own (`1d.close`, `trades.price`). A binding says which partitions those are. A
/// slower timeframe that is asked for but not there is put together from the slowest faster one that is.
#[derive(Debug, Clone)]
pub struct Binding {
    /// In the order in which rows that are known at the same time are taken in; the plan's own rows come last.
    pub(crate) feeds: Vec<Layout>,
    pub(crate) gearing: Gearing,
    /// The feed each clock gets its time from.
    pub(crate) root: Vec<usize>,
    /// For each clock that stands in for a slower one the clock it is put together from.
    pub(crate) resampled: Vec<Option<usize>>,
    /// For each feed the other ones that read what it drives.
    pub(crate) readers: Vec<Vec<usize>>,
}

/// A clock before feeds are in order.
struct Drive {
    key: PartitionKey,
    /// The faster clock it takes rows of together.
    of: Option<(usize, Reach)>,
    resampled: bool,
}

impl Binding {
    /// A plan over the rows of one partition.
    ///
    /// # Errors
    /// A plan that reads other rows too.
    pub fn alone(plan: &Plan) -> Result<Self, Error> {
        let base =
            PartitionKey { exchange: None, symbol: "_".into(), timeframe: None, source: plan.schema() };
        match plan.clocks().iter().find(|rows| matches!(rows, Rows::Source(source) if !source.is_base())) {
            Some(Rows::Source(source)) => {
                let message = format!("plan reads `{source}`, and there is one partition of data");
                Err(Error::new(Kind::UnknownName, message).with_help("give it a dataset that has both"))
            }
            _ => Self::new(plan, &base, std::slice::from_ref(&base)),
        }
    }

    /// A plan over the rows of `base`, with all partitions of a dataset there.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of<S: Scalar>(plan: &Plan, dataset: &Dataset<S>, base: &PartitionKey) -> Result<Self, Error> {
        let mut read = vec![base.clone()];
        read.extend(plan.clocks().iter().filter_map(|rows| match rows {
            Rows::Source(source) => Some(source.resolve(base)),
            Rows::Every { .. } => None,
        }));
        // Only where one is not there does it matter which others are, of which there may be many.
        if !read.iter().all(|key| dataset.contains(key)) {
            read = dataset.keys().into_iter().cloned().collect();
        }
        Self::new(plan, base, &read)
    }

    /// A plan over the rows of `base`, when these partitions are there.
    ///
    /// # Errors
    /// Rows that are not there and cannot be put together from others.
    pub fn new(plan: &Plan, base: &PartitionKey, loaded: &[PartitionKey]) -> Result<Self, Error> {
        if base.source.name != plan.schema().name {
            let message = format!("plan reads rows of `{}`, `{base}` has others", plan.schema().name);
            return Err(Error::new(Kind::Argument, message));
        }
        if !loaded.contains(base) {
            return Err(missing(base, loaded));
        }
        let mut drives: Vec<Drive> = Vec::new();
        let mut faster = Vec::new();
        for rows in plan.clocks() {
            drives.push(match rows {
                Rows::Source(source) => {
                    let key = source.resolve(base);
                    let of = match faster_one(&key, loaded)? {
                        None => None,
                        Some((fast, timeframe)) => {
                            faster.push(fast);
                            Some((plan.clocks().len() + faster.len() - 1, Reach::Time(timeframe)))
                        }
                    };
                    Drive { key, resampled: of.is_some(), of }
                }
                Rows::Every { of, every } => {
                    let key = drives[of.index()].key.clone();
                    Drive { key, of: Some((of.index(), *every)), resampled: false }
                }
            });
        }
        drives.extend(faster.into_iter().map(|key| Drive { key, of: None, resampled: false }));
        Ok(Self::order(plan, &drives))
    }

    /// Puts the feeds in order: who reads comes after what is read, the plan's own rows last.
    fn order(plan: &Plan, drives: &[Drive]) -> Self {
        let root_of = |mut clock: usize| {
            while let Some((of, _)) = drives[clock].of {
                clock = of;
            }
            &drives[clock].key
        };
        let mut keys: Vec<&PartitionKey> = Vec::new();
        for clock in 0..drives.len() {
            let key = root_of(clock);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let feed = |clock: usize| keys.iter().position(|key| *key == root_of(clock)).unwrap_or(0);
        // Which feed reads which.
        let mut reads = vec![Vec::new(); keys.len()];
        for node in plan.nodes() {
            let reader = feed(node.clock().index());
            for input in node.inputs() {
                let (constant, clock) = plan.clock_of(*input);
                let read = feed(clock.index());
                if !constant && read != reader && !reads[reader].contains(&read) {
                    reads[reader].push(read);
                }
            }
        }
        let own = feed(Clock::BASE.index());
        let mut order: Vec<usize> = Vec::new();
        let rank = |&feed: &usize| {
            let PartitionKey { timeframe, .. } = keys[feed];
            (Reverse(timeframe.map_or(0, Timeframe::approximate)), keys[feed].to_string())
        };
        while order.len() + 1 < keys.len() {
            let open = |feed: &usize| *feed != own && !order.contains(feed);
            let ready = |feed: &usize| reads[*feed].iter().all(|read| !open(read));
            let others = || (0..keys.len()).filter(open);
            // Feeds that read each other have no order of their own.
            let next = others().filter(ready).min_by_key(rank).or_else(|| others().min_by_key(rank));
            order.extend(next);
        }
        order.push(own);
        let place = |feed: usize| order.iter().position(|&at| at == feed).unwrap_or(0);
        let root: Vec<usize> = (0..drives.len()).map(|clock| place(feed(clock))).collect();
        let mut gearing =
            Gearing { driven: vec![Vec::new(); drives.len()], feeds: vec![Vec::new(); order.len()] };
        for (clock, drive) in drives.iter().enumerate() {
            match drive.of {
                Some((of, every)) => gearing.driven[of].push((clock, every)),
                None => gearing.feeds[root[clock]].push(clock),
            }
        }
        let mut readers = vec![Vec::new(); order.len()];
        for (reader, reads) in reads.iter().enumerate() {
            for &read in reads {
                readers[place(read)].push(place(reader));
            }
        }
        let resampled: Vec<Option<usize>> =
            drives.iter().map(|drive| drive.of.filter(|_| drive.resampled).map(|of| of.0)).collect();
        let feeds = order.iter().enumerate().map(|(at, &feed)| {
            let clock = |clock: usize| root[clock] == at;
            let fields = plan.nodes().iter().filter_map(|node| match node.op() {
                Op::Field { name } if clock(node.clock().index()) && &**name != "ts" => Some(name.clone()),
                _ => None,
            });
            Layout::new(at, keys[feed].clone(), fields.collect())
        });
        Self { feeds: feeds.collect(), gearing, root, resampled, readers }
    }

    /// The partitions that are read, with the fields of each, in the order in which rows of the same time are taken in.
    pub fn feeds(&self) -> &[Layout] {
        &self.feeds
    }

    /// The place of a partition.
    pub(crate) fn feed(&self, key: &PartitionKey) -> Result<usize, Error> {
        self.feeds.iter().position(|feed| feed.key() == key).ok_or_else(|| {
            let read: Vec<String> = self.feeds.iter().map(|feed| feed.key().to_string()).collect();
            Error::new(Kind::UnknownName, format!("plan does not read `{key}`"))
                .with_help(format!("it reads {}", list(&read)))
        })
    }

    /// The plan's own rows.
    pub(crate) fn own(&self) -> usize {
        self.feeds.len() - 1
    }

    /// Whether this is a row of a feed, with its fields.
    pub(crate) fn owns<S: Scalar>(&self, bar: &Bar<S>) -> Result<(), Error> {
        match self.feeds.get(bar.layout().feed()) {
            Some(layout) if layout == bar.layout() => Ok(()),
            _ => Err(self.other_fields(bar)),
        }
    }

    /// Why a bar is none of those the plan reads.
    #[cold]
    pub(crate) fn other_fields<S: Scalar>(&self, bar: &Bar<S>) -> Error {
        let (given, read) =
            if let Some(feed) = self.feeds.iter().find(|feed| feed.key() == bar.layout().key()) {
                (format!("bar has the fields {}", list(bar.layout().names())), list(feed.names()))
            } else {
                let keys: Vec<String> = self.feeds.iter().map(|feed| feed.key().to_string()).collect();
                (format!("bar is one of `{}`", bar.layout().key()), list(&keys))
            };
        let error = Error::new(Kind::Data, given).with_help(format!("the plan reads {read}"));
        error.in_data(Location::ts(bar.ts()))
    }

    /// What stands for many rows of a field.
    pub(crate) fn rule(&self, clock: usize, field: &str) -> Downsample {
        let schema = self.feeds[self.root[clock]].key().source;
        schema.field(field).map_or(Downsample::Last, |field| field.downsample)
    }
}

/// The partition to put the rows of `key` together from; `None` when they are there.
fn faster_one(
    key: &PartitionKey,
    loaded: &[PartitionKey],
) -> Result<Option<(PartitionKey, Timeframe)>, Error> {
    if loaded.contains(key) {
        return Ok(None);
    }
    let timeframe = key.timeframe.ok_or_else(|| missing(key, loaded))?;
    let faster = loaded.iter().filter(|other| {
        let same = (&other.exchange, &other.symbol, other.source.name)
            == (&key.exchange, &key.symbol, key.source.name);
        same && other.timeframe.is_none_or(|other| timeframe.is_multiple_of(other))
    });
    let slowest = faster.max_by_key(|other| other.timeframe.map_or(0, Timeframe::approximate));
    slowest.map(|fast| Some((fast.clone(), timeframe))).ok_or_else(|| missing(key, loaded))
}

fn missing(key: &PartitionKey, loaded: &[PartitionKey]) -> Error {
    let names: Vec<String> = loaded.iter().map(ToString::to_string).collect();
    let text = key.to_string();
    let near = near_names(&text, names.iter().map(String::as_str));
    let error = Error::new(Kind::UnknownName, format!("there are no data of `{text}`"));
    match (&near[..], names.len()) {
        ([], 0) => error.with_help("the dataset is empty"),
        ([], 1..20) => error.with_help(format!("there are {}", list(&names))),
        ([], _) => error.with_help(format!("there are {} others", names.len())),
        _ => error.with_help(format!("close: {}", list(&near))),
    }
}
