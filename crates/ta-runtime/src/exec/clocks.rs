//! Which rows there are, and when: the clocks of a running plan.
//!
//! Every value of a plan is computed on the rows of one clock. A clock is driven by a feed, or by another clock of which it takes
//! so many rows together. Only times decide when a clock has a row, so what happens is known before any value is.

use serde::{Deserialize, Serialize};

use super::{Binding, Position};
use crate::dataset::{Location, PartitionKey, time};
use crate::error::{Error, Kind};
use crate::expr::Reach;

/// A set of clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Active(u64);

/// The most clocks a plan may have.
pub(crate) const MOST: usize = u64::BITS as usize;

impl Active {
    pub(crate) fn has(self, clock: usize) -> bool {
        self.0 >> clock & 1 == 1
    }

    pub(crate) fn add(&mut self, clock: usize) {
        self.0 |= 1 << clock;
    }

    fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        (0..MOST).filter(move |&clock| self.has(clock))
    }
}

/// How the clocks hang together.
#[derive(Debug, Clone)]
pub(crate) struct Gearing {
    /// For each clock those that take so many rows of it together.
    pub(crate) driven: Vec<Vec<(usize, Reach)>>,
    /// For each feed the clocks it drives.
    pub(crate) feeds: Vec<Vec<usize>>,
}

/// Where the clocks stand.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clocks {
    pub(crate) hands: Box<[Hand]>,
    /// How many passes there were: moments in which one or more clocks had a row.
    pub(crate) tick: u64,
}

/// Where one clock stands.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hand {
    /// How many rows there were.
    pub(crate) rows: u64,
    /// The time of the last row.
    pub(crate) ts: i64,
    /// From when on it was known.
    pub(crate) known: i64,
    /// The pass of the last row, counted from one; nought before the first.
    pub(crate) tick: u64,
    /// The pass of the row before it.
    pub(crate) before: u64,
    /// Where the row begins that is being put together, and how many it is made of so far.
    open: Option<(i64, u64)>,
    /// The time of the row to come, and from when on it is known.
    #[serde(skip)]
    next: (i64, i64),
}

impl Clocks {
    pub(crate) fn new(clocks: usize) -> Self {
        Self { hands: vec![Hand::default(); clocks].into(), tick: 0 }
    }

    /// When the last row was known, and of which feed it was.
    pub(crate) fn last(&self, binding: &Binding) -> Option<(i64, usize)> {
        let feeds = binding.gearing.feeds.iter().enumerate();
        let hands = feeds.filter_map(|(feed, clocks)| Some((self.hands.get(*clocks.first()?)?, feed)));
        hands.filter(|(hand, _)| hand.rows > 0).map(|(hand, feed)| (hand.known, feed)).max()
    }

    /// Whether there was no row yet.
    pub(crate) fn is_new(&self) -> bool {
        self.tick == 0 && self.hands.iter().all(|hand| hand.open.is_none())
    }

    /// Whether these, read from outside, can be the clocks of the plan whose fresh ones are `fresh`.
    pub(crate) fn fit(&self, fresh: &Self) -> bool {
        // A bar that holds the first time there is begins before it.
        let within = |ts: i64| time::in_range(ts) || (i64::MIN / 2..0).contains(&ts);
        let sound = |hand: &Hand| match hand.rows {
            0 => hand.tick == 0 && hand.before == 0,
            _ => within(hand.ts) && hand.before < hand.tick && hand.tick <= self.tick,
        };
        // Counts go on from here, for longer than any stream.
        let room = |count: u64| count <= u64::MAX / 2;
        let bars = |hand: &Hand| hand.open.is_none_or(|(start, count)| within(start) && room(count));
        self.hands.len() == fresh.hands.len()
            && room(self.tick)
            && self.hands.iter().all(|hand| sound(hand) && bars(hand) && room(hand.rows))
    }

    /// Whether a time is after the last row of a clock.
    #[inline]
    pub(crate) fn follows(&self, clock: usize, ts: i64) -> bool {
        let hand = &self.hands[clock];
        hand.rows == 0 || ts > hand.ts
    }

    /// Whether a row of a feed can be taken in now.
    #[inline]
    pub(crate) fn admit(&self, binding: &Binding, feed: usize, ts: i64) -> Result<(), Error> {
        let clock = binding.gearing.feeds[feed][0];
        if !self.follows(clock, ts) {
            return Err(repeated(self.hands[clock].ts));
        }
        if binding.readers[feed].is_empty() { Ok(()) } else { self.before_readers(binding, feed, ts) }
    }

    /// Whether no row was taken in that would have read this one.
    #[inline(never)]
    fn before_readers(&self, binding: &Binding, feed: usize, ts: i64) -> Result<(), Error> {
        for &reader in &binding.readers[feed] {
            let known = binding.feeds[feed].key().known(ts);
            let hand = &self.hands[binding.gearing.feeds[reader][0]];
            if hand.rows > 0 && (hand.known, reader) > (known, feed) {
                let [read, reader] = [feed, reader].map(|feed| binding.feeds[feed].key());
                let message = format!(
                    "row of `{read}` comes after the one of `{reader}` at {}, which would have read it",
                    time::iso(hand.ts)
                );
                return Err(Error::new(Kind::Stale, message));
            }
        }
        Ok(())
    }

    /// Whether the first rows of these can be taken in now.
    pub(crate) fn admit_all(&self, binding: &Binding, times: &[&[i64]]) -> Result<(), Error> {
        for (feed, ts) in times.iter().enumerate() {
            if let Some(&first) = ts.first() {
                let admitted = self.admit(binding, feed, first);
                admitted.map_err(|err| err.in_data(Location::row(0, first)))?;
            }
        }
        Ok(())
    }

    /// The time of the last row of a partition.
    pub(crate) fn last_of(&self, binding: &Binding, key: &PartitionKey) -> Option<i64> {
        let feed = binding.feed(key).ok()?;
        let hand = self.hands[binding.gearing.feeds[feed][0]];
        (hand.rows > 0).then_some(hand.ts)
    }

    /// How far the plan's own rows have come.
    pub(crate) fn position(&self) -> Option<Position> {
        let hand = self.hands.first().filter(|hand| hand.rows > 0)?;
        Some(Position { ts: hand.ts, rows: hand.rows })
    }

    /// Forgets what a feed has begun to put together.
    pub(crate) fn reset(&mut self, binding: &Binding, feed: usize) {
        for (hand, _) in self.hands.iter_mut().zip(&binding.root).filter(|(_, root)| **root == feed) {
            hand.open = None;
        }
    }

    /// A row of one clock that drives no other, and how many rows that are.
    #[inline]
    pub(crate) fn tick(&mut self, clock: usize, at: (i64, i64)) -> u64 {
        self.tick += 1;
        let hand = &mut self.hands[clock];
        (hand.ts, hand.known) = at;
        let rows = hand.rows + 1;
        hand.rows = rows;
        hand.before = std::mem::replace(&mut hand.tick, self.tick);
        rows
    }

    /// So many rows of the only clock there is.
    pub(crate) fn go_on(&mut self, rows: u64, last: (i64, i64)) {
        if let (Some(hand), 1..) = (self.hands.first_mut(), rows) {
            self.tick += rows;
            hand.before = if rows == 1 { hand.tick } else { self.tick - 1 };
            hand.tick = self.tick;
            hand.rows += rows;
            (hand.ts, hand.known) = last;
        }
    }

    /// A row of a feed: calls `pass` for each moment in which clocks have a row.
    ///
    /// A row that begins new bars closes those before first, in a pass of their own, and then has a pass itself, together with the
    /// bars it completes.
    pub(crate) fn event<E>(
        &mut self,
        gearing: &Gearing,
        feed: usize,
        at: (i64, i64),
        pass: &mut impl FnMut(&Self, Active) -> Result<(), E>,
    ) -> Result<(), E> {
        self.rows(gearing, &gearing.feeds[feed], at, &mut Active::default(), pass)
            .and_then(|active| self.run(active, pass))
    }

    /// Makes clocks have a row in a pass to come, after a pass for what ended before it.
    fn rows<E>(
        &mut self,
        gearing: &Gearing,
        clocks: &[usize],
        at: (i64, i64),
        active: &mut Active,
        pass: &mut impl FnMut(&Self, Active) -> Result<(), E>,
    ) -> Result<Active, E> {
        let mut ended = Active::default();
        for &clock in clocks {
            for &(slow, reach) in &gearing.driven[clock] {
                if let Reach::Time(timeframe) = reach
                    && let Some((start, _)) = self.hands[slow].open
                    && start != timeframe.start_of(at.0)
                {
                    self.hands[slow].open = None;
                    self.rows(gearing, &[slow], (start, at.1), &mut ended, pass)?;
                }
            }
        }
        self.run(ended, pass)?;
        for &clock in clocks {
            active.add(clock);
            self.hands[clock].next = at;
            for &(slow, reach) in &gearing.driven[clock] {
                let count = self.hands[slow].open.map_or(0, |open| open.1);
                // So many rows together have the time of the last one, as that of the first would look ahead.
                let (start, complete) = match reach {
                    Reach::Time(timeframe) => (timeframe.start_of(at.0), at.1 >= timeframe.end_of(at.0)),
                    Reach::Rows(rows) => (at.0, count + 1 >= rows as u64),
                };
                if complete {
                    self.hands[slow].open = None;
                    self.rows(gearing, &[slow], (start, at.1), active, pass)?;
                } else {
                    self.hands[slow].open = Some((start, count + 1));
                }
            }
        }
        Ok(*active)
    }

    fn run<E>(
        &mut self,
        active: Active,
        pass: &mut impl FnMut(&Self, Active) -> Result<(), E>,
    ) -> Result<(), E> {
        if active.is_empty() {
            return Ok(());
        }
        self.tick += 1;
        for clock in active.iter() {
            let hand = &mut self.hands[clock];
            (hand.ts, hand.known) = hand.next;
            hand.rows += 1;
            hand.before = std::mem::replace(&mut hand.tick, self.tick);
        }
        pass(self, active)
    }
}

#[cold]
fn repeated(last: i64) -> Error {
    let message = format!("row is not after {}, which has been taken in", time::iso(last));
    Error::new(Kind::Stale, message)
}
