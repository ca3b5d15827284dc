//! The rows of all clocks over some rows of the feeds.

use std::borrow::Cow;
use std::convert::Infallible;

use super::clocks::Clocks;
use super::{Binding, Layout};

/// For each clock its rows, and for each row of a feed the pass it begins with.
#[derive(Debug)]
pub(crate) struct Schedule<'a> {
    pub(crate) clocks: Vec<ClockRows<'a>>,
    begins: Vec<Ticks>,
}

/// The rows of one clock.
#[derive(Debug)]
pub(crate) struct ClockRows<'a> {
    pub(crate) ts: Cow<'a, [i64]>,
    /// From when on each is known.
    pub(crate) known: Cow<'a, [i64]>,
    /// The pass of each.
    pub(crate) ticks: Ticks,
    /// The pass of the last row before these, and from when on that was known.
    pub(crate) before: (u64, i64),
}

/// Rising numbers of passes.
#[derive(Debug)]
pub(crate) enum Ticks {
    /// One after the other, from the first.
    From(u64),
    Listed(Vec<u64>),
}

impl Ticks {
    pub(crate) fn get(&self, row: usize) -> u64 {
        match self {
            Self::From(first) => first + row as u64,
            Self::Listed(ticks) => ticks[row],
        }
    }
}

impl ClockRows<'_> {
    pub(crate) fn len(&self) -> usize {
        self.ts.len()
    }

    /// How many rows come before this pass.
    pub(crate) fn before(&self, tick: u64) -> usize {
        match &self.ticks {
            Ticks::From(first) => (tick.saturating_sub(*first) as usize).min(self.len()),
            Ticks::Listed(ticks) => ticks.partition_point(|&held| held < tick),
        }
    }
}

impl<'a> Schedule<'a> {
    /// What happens when rows at these times, one list for each feed, follow the state of the clocks, which goes on to after them.
    pub(crate) fn new(binding: &Binding, clocks: &mut Clocks, times: &[&'a [i64]]) -> Self {
        match (&binding.feeds[..], times) {
            ([feed], &[ts]) if clocks.hands.len() == 1 => Self::alone(feed, clocks, ts),
            _ => Self::merged(binding, clocks, times),
        }
    }

    /// One feed, one clock: the rows as they are.
    fn alone(feed: &Layout, clocks: &mut Clocks, ts: &'a [i64]) -> Self {
        let known: Cow<'a, [i64]> = match feed.key().timeframe {
            None => Cow::Borrowed(ts),
            Some(timeframe) => ts.iter().map(|&ts| timeframe.end_of(ts)).collect(),
        };
        let hand = clocks.hands[0];
        let ticks = Ticks::From(clocks.tick + 1);
        let begins = vec![Ticks::From(clocks.tick + 1)];
        if let (Some(&last), Some(&known)) = (ts.last(), known.last()) {
            clocks.go_on(ts.len() as u64, (last, known));
        }
        let before = (hand.tick, hand.known);
        Self { clocks: vec![ClockRows { ts: Cow::Borrowed(ts), known, ticks, before }], begins }
    }

    /// The rows of all feeds in the order in which they are known.
    fn merged(binding: &Binding, clocks: &mut Clocks, times: &[&'a [i64]]) -> Self {
        let before: Vec<(u64, i64)> = clocks.hands.iter().map(|hand| (hand.tick, hand.known)).collect();
        let mut rows = vec![(Vec::new(), Vec::new(), Vec::new()); before.len()];
        let mut begins: Vec<Vec<u64>> = times.iter().map(|ts| Vec::with_capacity(ts.len())).collect();
        let mut next = vec![0; times.len()];
        let known = |feed: usize, row: usize| {
            let ts = *times[feed].get(row)?;
            Some((ts, binding.feeds[feed].key().known(ts)))
        };
        let mut heads: Vec<_> = (0..times.len()).map(|feed| known(feed, 0)).collect();
        // Feeds are in the order in which rows of the same time are taken in, and of equal heads the first is found.
        while let Some((feed, at)) = heads
            .iter()
            .enumerate()
            .filter_map(|(feed, head)| Some((feed, (*head)?)))
            .min_by_key(|(_, head)| head.1)
        {
            begins[feed].push(clocks.tick + 1);
            let Ok(()) = clocks.event(&binding.gearing, feed, at, &mut |clocks, active| {
                for clock in active.iter() {
                    let (hand, rows) = (&clocks.hands[clock], &mut rows[clock]);
                    rows.0.push(hand.ts);
                    rows.1.push(hand.known);
                    rows.2.push(hand.tick);
                }
                Ok::<(), Infallible>(())
            });
            next[feed] += 1;
            heads[feed] = known(feed, next[feed]);
        }
        let rows = rows.into_iter().zip(before).map(|((ts, known, ticks), before)| ClockRows {
            ts: ts.into(),
            known: known.into(),
            ticks: Ticks::Listed(ticks),
            before,
        });
        Self { clocks: rows.collect(), begins: begins.into_iter().map(Ticks::Listed).collect() }
    }

    /// The pass a row of a feed begins with.
    pub(crate) fn begin(&self, feed: usize, row: usize) -> u64 {
        self.begins[feed].get(row)
    }

    /// The row of a feed in which a pass is.
    pub(crate) fn row(&self, feed: usize, tick: u64) -> usize {
        match &self.begins[feed] {
            Ticks::From(first) => tick.saturating_sub(*first) as usize,
            Ticks::Listed(begins) => begins.partition_point(|&begin| begin <= tick).saturating_sub(1),
        }
    }
}
