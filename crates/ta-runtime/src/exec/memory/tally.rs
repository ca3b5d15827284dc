//! Sums and the like over the rows of a source: what `trades.filter(amount > 10).sum(amount, 1h)` remembers.

use serde::{Deserialize, Serialize};
use ta_kernel_api::Scalar;

use super::Total;
use crate::dataset::Downsample;
use crate::expr::Reach;

/// What is asked of a [`Tally`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) function: Downsample,
    /// The last so many rows or so much time; everything so far without.
    pub(crate) window: Option<Reach>,
}

/// Values of the rows that count, as far as the window reaches.
///
/// The window is two stacks of partial results, so each row costs a constant number of operations on average and nothing is ever
/// subtracted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "", deny_unknown_fields)]
pub(crate) struct Tally<S: Scalar> {
    /// How many rows there were, counted or not.
    rows: u64,
    /// When the first row was known.
    since: Option<i64>,
    /// Everything so far, where there is no window.
    total: Total<S>,
    /// Older values, newest first: when each leaves, and what it and all newer ones in here come to.
    older: Vec<(i64, Partial<S>)>,
    /// Newer values in their order.
    newer: Vec<(i64, Partial<S>)>,
    /// What the newer ones come to.
    newest: Partial<S>,
}

/// What some values come to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(bound = "", deny_unknown_fields)]
struct Partial<S: Scalar> {
    count: u64,
    value: S,
}

impl<S: Scalar> Partial<S> {
    fn none() -> Self {
        Self { count: 0, value: S::ZERO }
    }

    /// Older values with newer ones.
    fn with(self, newer: Self, function: Downsample) -> Self {
        let value = match function {
            _ if self.count == 0 => newer.value,
            _ if newer.count == 0 => self.value,
            // What is beyond all numbers stays so, whatever is added: it is missing from here on.
            Downsample::Sum | Downsample::Avg | Downsample::Count => (self.value + newer.value).finite(),
            Downsample::Max if self.value > newer.value => self.value,
            Downsample::Min if self.value < newer.value => self.value,
            Downsample::First => self.value,
            Downsample::Max | Downsample::Min | Downsample::Last => newer.value,
        };
        Self { count: self.count + newer.count, value }
    }

    fn is_sound(&self, count: u64) -> bool {
        self.count == count && (self.value.is_missing() || self.value.is_finite())
    }
}

impl<S: Scalar> Tally<S> {
    pub(crate) fn new() -> Self {
        let (older, newer) = (Vec::new(), Vec::new());
        Self { rows: 0, since: None, total: Total::new(), older, newer, newest: Partial::none() }
    }

    /// Takes in a row known at `now`. It counts when its value is present and the condition, if there is one, is true.
    pub(crate) fn push(&mut self, wanted: Wanted, now: i64, condition: Option<S>, value: Option<S>) {
        self.rows += 1;
        self.since.get_or_insert(now);
        let value = value.unwrap_or(S::ONE);
        let counts = !value.is_missing() && condition.is_none_or(|condition| condition.truth() == Some(true));
        match wanted.window {
            None if counts => self.total.push(wanted.function, value),
            Some(window) => {
                if counts {
                    let stamp = if let Reach::Rows(_) = window { self.rows as i64 } else { now };
                    let one = Partial { count: 1, value };
                    self.newer.push((stamp, one));
                    self.newest = self.newest.with(one, wanted.function);
                }
                self.forget(wanted.function, window, now);
            }
            None => {}
        }
    }

    /// The answer at the time `now`: missing until the window is covered, and for means and extremes where nothing counts.
    pub(crate) fn read(&mut self, wanted: Wanted, now: i64) -> S {
        let Wanted { function, window } = wanted;
        let covered = match (window, self.since) {
            (_, None) => false,
            (None, _) => true,
            (Some(Reach::Rows(rows)), _) => self.rows >= rows as u64,
            (Some(Reach::Time(span)), Some(since)) => since <= span.before(now),
        };
        if !covered {
            return S::MISSING;
        }
        let (count, value) = match window {
            None => (self.total.get(Downsample::Count), self.total.get(function)),
            Some(window) => {
                self.forget(function, window, now);
                let older = self.older.last().map_or(Partial::none(), |older| older.1);
                let all = older.with(self.newest, function);
                (S::from_i64(all.count as i64), all.value)
            }
        };
        match function {
            Downsample::Count => count,
            Downsample::Sum if count == S::ZERO => S::ZERO,
            _ if count == S::ZERO => S::MISSING,
            Downsample::Avg if window.is_some() => (value / count).finite(),
            _ => value.finite(),
        }
    }

    /// Drops what the window no longer reaches.
    fn forget(&mut self, function: Downsample, window: Reach, now: i64) {
        let last = match window {
            Reach::Rows(rows) => self.rows as i64 - rows as i64,
            Reach::Time(span) => span.before(now),
        };
        loop {
            while self.older.pop_if(|oldest| oldest.0 <= last).is_some() {}
            if !self.older.is_empty() || self.newer.first().is_none_or(|oldest| oldest.0 > last) {
                return;
            }
            let mut sum = Partial::none();
            for &(stamp, one) in self.newer.iter().rev() {
                sum = one.with(sum, function);
                self.older.push((stamp, sum));
            }
            self.newer.clear();
            self.newest = Partial::none();
        }
    }

    /// Whether it could have been made by [`push`](Self::push).
    pub(crate) fn is_sound(&self) -> bool {
        let falling = self.older.iter().zip(self.older.iter().skip(1)).all(|(a, b)| a.0 >= b.0);
        let rising = self.newer.iter().zip(self.newer.iter().skip(1)).all(|(a, b)| a.0 <= b.0);
        // One by one, and all of them up to here.
        let newer = self.newer.iter().all(|(_, one)| one.is_sound(1));
        let older = self.older.iter().zip(1..).all(|((_, sum), count)| sum.is_sound(count));
        // Stamps go on from here, for longer than any stream.
        let room = self.rows <= i64::MAX as u64 / 2;
        falling
            && rising
            && newer
            && older
            && room
            && self.newest.is_sound(self.newer.len() as u64)
            && self.total.is_sound()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dataset::Timeframe;

    /// The answer by looking at all rows again.
    fn again(rows: &[(i64, Option<f64>)], wanted: Wanted, now: i64) -> f64 {
        let (Some(first), count) = (rows.first(), rows.len()) else { return f64::MISSING };
        let reached: Vec<f64> = match wanted.window {
            None => rows.iter().filter_map(|row| row.1).collect(),
            Some(Reach::Rows(n)) if count < n => return f64::MISSING,
            Some(Reach::Rows(n)) => rows[count - n..].iter().filter_map(|row| row.1).collect(),
            Some(Reach::Time(span)) if first.0 > span.before(now) => return f64::MISSING,
            Some(Reach::Time(span)) => {
                rows.iter().filter(|row| row.0 > span.before(now)).filter_map(|row| row.1).collect()
            }
        };
        match wanted.function {
            Downsample::Count => reached.len() as f64,
            // The sum of nothing is -0 otherwise.
            Downsample::Sum => reached.iter().fold(0.0, |sum, x| sum + x),
            Downsample::Avg if reached.is_empty() => f64::MISSING,
            Downsample::Avg => reached.iter().sum::<f64>() / reached.len() as f64,
            Downsample::Max => reached.iter().copied().reduce(f64::max).unwrap_or(f64::MISSING),
            Downsample::Min => reached.iter().copied().reduce(f64::min).unwrap_or(f64::MISSING),
            Downsample::First => reached.first().copied().unwrap_or(f64::MISSING),
            Downsample::Last => reached.last().copied().unwrap_or(f64::MISSING),
        }
    }

    #[test]
    fn a_sum_beyond_all_numbers_is_missing_and_sound_until_the_window_forgets_it() {
        let window = Some(Reach::Rows(2));
        let wanted = Wanted { function: Downsample::Sum, window };
        let mut tally = Tally::<f64>::new();
        let rows = [1e308, 1.5e308, -1.5e308, 2.0, 3.0];
        let answers = rows.map(|x| {
            tally.push(wanted, 0, None, Some(x));
            assert!(tally.is_sound());
            tally.read(wanted, 0)
        });
        assert!(answers[..2].iter().all(|answer| answer.is_missing()));
        assert_eq!(answers[2..], [0.0, -1.5e308 + 2.0, 5.0]);
    }

    #[test]
    fn counts_that_no_rows_come_to_are_not_sound() {
        let wanted = Wanted {
            function: Downsample::Sum,
            window: Some(Reach::Time(Timeframe::milliseconds(5).unwrap())),
        };
        let mut tally = Tally::<f64>::new();
        for now in 0..9 {
            tally.push(wanted, now, None, Some(1.0));
        }
        assert!(tally.is_sound() && !tally.older.is_empty() && !tally.newer.is_empty());
        let changes: [fn(&mut Tally<f64>, u64); 4] = [
            |tally, count| tally.rows = count,
            |tally, count| tally.older[0].1.count = count,
            |tally, count| tally.newer[0].1.count = count,
            |tally, count| tally.newest.count = count,
        ];
        for change in &changes {
            for count in [i64::MAX as u64, u64::MAX] {
                let mut changed = tally.clone();
                change(&mut changed, count);
                assert!(!changed.is_sound());
            }
        }
    }

    proptest! {
        #[test]
        fn a_tally_is_what_the_rows_come_to(
            rows in proptest::collection::vec((0_i64..4, proptest::option::of(-8_i8..8), any::<bool>()), 1..80),
            rule in 0..7_usize,
            window in proptest::option::of((1..12_usize, any::<bool>())),
        ) {
            let window = window.map(|(length, time)| if time { Reach::Time(Timeframe::milliseconds(length as i64).unwrap()) } else { Reach::Rows(length) });
            let wanted = Wanted { function: Downsample::ALL[rule], window };
            let mut tally = Tally::<f64>::new();
            let (mut seen, mut now) = (Vec::new(), 0);
            for (gap, value, read) in rows {
                now += gap;
                // Whole numbers, so that the order of additions does not matter.
                tally.push(wanted, now, Some(S::from_truth(value.map(|value| value != 3))), Some(value.map_or(f64::MISSING, f64::from)));
                seen.push((now, value.filter(|&value| value != 3).map(f64::from)));
                if read {
                    now += gap;
                    prop_assert!(tally.read(wanted, now).same(again(&seen, wanted, now)));
                    prop_assert!(tally.is_sound());
                }
            }
        }
    }

    type S = f64;
}
