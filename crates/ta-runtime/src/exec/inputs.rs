//! The columns that go into a run.

use ta_kernel_api::Scalar;

use super::columns::Refusal;
use super::program::Lost;
use super::schedule::Schedule;
use super::{Binding, Program};
use crate::Error;
use crate::dataset::{Dataset, Location, Partition, PartitionKey};

/// For each feed the times of its rows and the columns of its layout.
#[derive(Debug)]
pub(crate) struct Inputs<'a, S> {
    pub(crate) ts: Vec<&'a [i64]>,
    pub(crate) fields: Vec<Vec<&'a [S]>>,
}

impl<'a, S: Scalar> Inputs<'a, S> {
    /// The rows of each feed; none where there is no partition.
    pub(crate) fn of(
        program: &Program<S>,
        partition: impl Fn(&PartitionKey) -> Option<&'a Partition<S>>,
    ) -> Result<Self, Error> {
        let (mut ts, mut fields) = (Vec::new(), Vec::new());
        for (feed, layout) in program.binding.feeds().iter().enumerate() {
            if let Some(rows) = partition(layout.key()) {
                ts.push(rows.ts());
                fields.push(program.columns(feed, rows)?);
            } else {
                ts.push(&[][..]);
                fields.push(vec![&[][..]; layout.names().len()]);
            }
        }
        Ok(Self { ts, fields })
    }

    /// The rows of each feed that a dataset has.
    pub(crate) fn of_dataset(program: &Program<S>, dataset: &'a Dataset<S>) -> Result<Self, Error> {
        Self::of(program, |key| dataset.partition(key).ok().map(|rows| &**rows))
    }

    /// The rows of each feed from one place to another.
    pub(crate) fn part(&self, from: &[usize], to: &[usize]) -> Self {
        let cut = |feed: usize| from[feed]..to[feed];
        let ts = self.ts.iter().enumerate().map(|(feed, ts)| &ts[cut(feed)]).collect();
        let fields = self.fields.iter().enumerate();
        let fields = fields.map(|(feed, fields)| fields.iter().map(|field| &field[cut(feed)]).collect());
        Self { ts, fields: fields.collect() }
    }

    /// How far each feed is after so many more rows, in the order in which they are known.
    pub(crate) fn after(&self, binding: &Binding, from: &[usize], rows: usize) -> Vec<usize> {
        let mut to = from.to_vec();
        if let ([ts], [at]) = (&self.ts[..], &mut to[..]) {
            *at = (*at + rows).min(ts.len());
            return to;
        }
        let known =
            |feed: usize, row: usize| Some(binding.feeds()[feed].key().known(*self.ts[feed].get(row)?));
        let mut heads: Vec<_> = from.iter().enumerate().map(|(feed, &row)| known(feed, row)).collect();
        for _ in 0..rows {
            let heads_there = heads.iter().enumerate().filter_map(|(feed, head)| Some(((*head)?, feed)));
            let Some((_, feed)) = heads_there.min() else { break };
            to[feed] += 1;
            heads[feed] = known(feed, to[feed]);
        }
        to
    }

    /// How many rows of each feed there are.
    pub(crate) fn rows(&self) -> Vec<usize> {
        self.ts.iter().map(|ts| ts.len()).collect()
    }

    /// The error of a refused row; `offsets` are the numbers of the first rows.
    pub(crate) fn refuse(
        &self,
        program: &Program<S>,
        schedule: &Schedule<'_>,
        offsets: &[isize],
        refusal: Refusal,
    ) -> Error {
        let feed = match refusal.lost {
            Lost::Field { feed, .. } => feed,
            Lost::Input { step, .. } => program.feed_of(step),
        };
        let row = schedule.row(feed, refusal.tick);
        let ts = self.ts[feed].get(row).copied().unwrap_or_default();
        let location = Location::row(row.saturating_add_signed(offsets[feed]), ts);
        program.refuse(refusal.lost, location)
    }
}
