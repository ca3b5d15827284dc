//! Fewer rows from many: bars of a slower timeframe, or one row for every so many.

use std::num::NonZeroUsize;
use std::ops::Range;

use ta_kernel_api::{Scalar, near_names};

use super::{Downsample, Partition, Rows, Timeframe, list};
use crate::error::{Error, Kind};

/// Which rows become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Those within one bar of this timeframe, at the time the bar begins. A bar without rows is left out.
    Bar(Timeframe),
    /// So many, counted from the first row, at the time of the last of them: before it, they are not known.
    Rows(NonZeroUsize),
}

/// What becomes of the last rows when more may follow that belong to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tail {
    /// They are left out, so that no answer is changed by a later row.
    #[default]
    Drop,
    /// They are answered as they are.
    Keep,
}

/// How many rows become one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resampling<'a> {
    /// The rule of single columns. All others have that of their field in the schema, or the last value.
    pub rules: &'a [(&'a str, Downsample)],
    /// What becomes of rows that are not complete yet.
    pub tail: Tail,
}

/// Fewer rows from many.
///
/// A bar is over when a row is known that lies at its end or later. So the bar of an hour is there with its last minute, and made of
/// events with the first event after it.
///
/// ```
/// use ta_runtime::dataset::{Every, OHLCV, Partition, Resampling, downsample};
///
/// let (ts, price) = ([0, 60_000, 120_000, 180_000], [3.0, 4.0, 1.0, 2.0]);
/// let prices = ["open", "high", "low", "close"].map(|name| (name, &price[..]));
/// let minutes = Partition::from_columns(&OHLCV, &ts, &prices)?;
///
/// let three = Every::Bar("3m".parse().unwrap());
/// let bars = downsample(minutes.lasting("1m".parse().ok()), three, &Resampling::default())?;
/// assert_eq!(bars.ts(), [0]); // the second one is not over
/// let row: Vec<_> = bars.columns().into_iter().map(|(_, column)| column[0]).collect();
/// assert_eq!(row, [3.0, 4.0, 1.0, 1.0]);
/// # Ok::<(), ta_runtime::Error>(())
/// ```
///
/// # Errors
/// In this order: a rule for a column that is not there, or two for one; a timeframe that is no multiple of that of the rows; fields that
/// no longer lie within their bounds.
pub fn downsample<'a, S: Scalar>(
    rows: impl Into<Rows<'a, S>>,
    every: Every,
    options: &Resampling<'_>,
) -> Result<Partition<S>, Error> {
    let rows = rows.into();
    let rules = rules(rows.partition, options.rules)?;
    if let (Every::Bar(slow), Some(fast)) = (every, rows.timeframe)
        && !slow.is_multiple_of(fast)
    {
        let message = format!("bars of `{slow}` cannot be made of bars of `{fast}`");
        return Err(Error::new(Kind::Data, message).with_help(format!("a multiple of `{fast}`")));
    }
    let mut groups = groups(rows.partition.ts(), every);
    if options.tail == Tail::Drop
        && let (Some(group), Some(ts)) = (groups.last(), rows.partition.last_ts())
        && !is_over(group, every, rows.known(ts))
    {
        groups.pop();
    }
    let columns = rows.partition.columns();
    let folded: Vec<Vec<S>> = columns
        .iter()
        .zip(rules)
        .map(|((_, column), rule)| {
            groups.iter().map(|group| rule.over(&column[group.rows.clone()])).collect()
        })
        .collect();
    let columns: Vec<(&str, &[S])> =
        columns.iter().zip(&folded).map(|((name, _), column)| (*name, &column[..])).collect();
    let ts: Vec<i64> = groups.iter().map(|group| group.ts).collect();
    Partition::from_columns(rows.partition.schema(), &ts, &columns)
}

/// Rows that become one.
pub(super) struct Group {
    pub(super) ts: i64,
    pub(super) rows: Range<usize>,
}

/// Splits rows of these times, which do not decrease.
pub(super) fn groups(ts: &[i64], every: Every) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut start = 0;
    while let Some(&first) = ts.get(start) {
        let group = match every {
            Every::Rows(count) => {
                let end = start.saturating_add(count.get()).min(ts.len());
                Group { ts: ts[end - 1], rows: start..end }
            }
            Every::Bar(timeframe) => {
                let end = timeframe.end_of(first);
                let length = ts[start + 1..].iter().take_while(|&&ts| ts < end).count();
                Group { ts: timeframe.start_of(first), rows: start..start + 1 + length }
            }
        };
        start = group.rows.end;
        groups.push(group);
    }
    groups
}

/// Whether no later row can belong to a group, when all that is `known` by then has been seen.
pub(super) fn is_over(group: &Group, every: Every, known: i64) -> bool {
    match every {
        Every::Rows(count) => group.rows.len() == count.get(),
        Every::Bar(timeframe) => known >= timeframe.end_of(group.ts),
    }
}

/// The rule of each column.
fn rules<S: Scalar>(rows: &Partition<S>, given: &[(&str, Downsample)]) -> Result<Vec<Downsample>, Error> {
    for (at, (name, _)) in given.iter().enumerate() {
        if rows.column(name).is_none() {
            let near = near_names(name, rows.names().iter().map(String::as_str));
            let help = if near.is_empty() {
                format!("the columns are {}", list(rows.names()))
            } else {
                format!("close: {}", list(&near))
            };
            let message = format!("a rule for column `{name}`, which is not there");
            return Err(Error::new(Kind::UnknownName, message).with_help(help));
        }
        if given[..at].iter().any(|(earlier, _)| earlier == name) {
            return Err(Error::new(Kind::Data, format!("two rules for column `{name}`")));
        }
    }
    let rule = |name: &String| {
        let given = given.iter().find(|(wanted, _)| wanted == name).map(|&(_, rule)| rule);
        let field = rows.schema().field(name).map(|field| field.downsample);
        given.or(field).unwrap_or(Downsample::Last)
    };
    Ok(rows.names().iter().map(rule).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::OHLCV;
    use super::*;

    const MINUTE: i64 = 60_000;

    fn timeframe(text: &str) -> Timeframe {
        text.parse().unwrap()
    }

    fn resample(rows: &Partition<f64>, from: &str, to: &str, tail: Tail) -> Partition<f64> {
        let options = Resampling { tail, ..Resampling::default() };
        downsample(rows.lasting(Some(timeframe(from))), Every::Bar(timeframe(to)), &options).unwrap()
    }

    fn every(rows: &Partition<f64>, count: usize, tail: Tail) -> Partition<f64> {
        let count = Every::Rows(NonZeroUsize::new(count).unwrap());
        downsample(rows, count, &Resampling { tail, ..Resampling::default() }).unwrap()
    }

    fn same(a: &Partition<f64>, b: &Partition<f64>) -> bool {
        format!("{a:?}") == format!("{b:?}")
    }

    fn closes(ts: &[i64]) -> Partition<f64> {
        let close: Vec<f64> = (0..ts.len()).map(|row| row as f64).collect();
        Partition::from_columns(&OHLCV, ts, &[("close", &close)]).unwrap()
    }

    #[test]
    fn a_bar_is_there_once_it_is_over() {
        let minutes = |ts: &[i64]| closes(&ts.iter().map(|ts| ts * MINUTE).collect::<Vec<_>>());
        for (rows, over) in [
            (&[0, 3][..], &[][..]),
            (&[0, 4], &[0]),
            (&[0, 5], &[0]),
            (&[0, 9], &[0, 5]),
            (&[2, 14], &[0, 10]),
        ] {
            let over: Vec<_> = over.iter().map(|ts| ts * MINUTE).collect();
            assert_eq!(resample(&minutes(rows), "1m", "5m", Tail::Drop).ts(), over, "{rows:?}");
        }
        // Of events it is not known that none will follow.
        let events = minutes(&[0, 4]);
        let five = Every::Bar(timeframe("5m"));
        assert!(downsample(&events, five, &Resampling::default()).unwrap().is_empty());
        assert_eq!(resample(&events, "1m", "5m", Tail::Keep).column("close"), Some(&[1.0][..]));
    }

    #[test]
    fn months_are_made_of_days() {
        let days: Vec<i64> = (0..60).map(|day| day * 86_400_000).collect();
        let months = resample(&closes(&days), "1d", "1M", Tail::Drop);
        assert_eq!(months.ts(), [0, 31 * 86_400_000]);
        assert_eq!(months.column("close"), Some(&[30.0, 58.0][..]));
    }

    #[test]
    fn so_many_rows_stand_at_the_time_of_the_last() {
        let rows = every(&closes(&[10, 20, 30, 40, 50]), 2, Tail::Keep);
        assert_eq!((rows.ts(), rows.column("close")), (&[20, 40, 50][..], Some(&[1.0, 3.0, 4.0][..])));
    }

    #[test]
    fn a_rule_that_is_given_goes_before_that_of_the_field() {
        let columns = [("volume", &[1.0, 2.0][..]), ("mood", &[4.0, 8.0])];
        let rows = Partition::from_columns(&OHLCV, &[0, MINUTE], &columns).unwrap();
        let fold = |rules| {
            let options = Resampling { rules, tail: Tail::Keep };
            let folded = downsample(&rows, Every::Bar(timeframe("1h")), &options)?;
            Ok::<_, Error>(folded.columns().into_iter().map(|(_, column)| column[0]).collect::<Vec<_>>())
        };
        assert_eq!(fold(&[]).unwrap(), [3.0, 8.0]);
        assert_eq!(fold(&[("mood", Downsample::Avg), ("volume", Downsample::Count)]).unwrap(), [2.0, 6.0]);

        let err = fold(&[("volum", Downsample::Sum)]).unwrap_err();
        assert!(err.is_unknown_name());
        assert_eq!(err.to_string(), "a rule for column `volum`, which is not there (close: `volume`)");
        let err = fold(&[("mood", Downsample::Sum), ("mood", Downsample::Sum)]).unwrap_err();
        assert_eq!(err.to_string(), "two rules for column `mood`");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let bars = closes(&[0]);
        let to = Every::Bar(timeframe("90m"));
        let err = downsample(bars.lasting(Some(timeframe("1h"))), to, &Resampling::default()).unwrap_err();
        assert_eq!(err.to_string(), "bars of `90m` cannot be made of bars of `1h` (a multiple of `1h`)");

        let columns = [("high", &[2.0, 4.0][..]), ("low", &[1.0, 3.0])];
        let bars = Partition::from_columns(&OHLCV, &[0, 1], &columns).unwrap();
        let rules = &[("high", Downsample::Min), ("low", Downsample::Max)];
        let options = Resampling { rules, tail: Tail::Keep };
        let err = downsample(&bars, Every::Bar(timeframe("1h")), &options).unwrap_err();
        assert_eq!(err.to_string(), "row 0, 1970-01-01T00:00:00Z, column `high`: `low` 3 is above `high` 2");
    }

    /// Minutes with gaps: bars with a volume, and a column without a rule.
    fn any_minutes() -> impl Strategy<Value = Partition<f64>> {
        let number = || {
            let number = proptest::option::weighted(0.9, (0..100_i32).prop_map(f64::from));
            number.prop_map(|number| number.unwrap_or(f64::MISSING))
        };
        let row = (1_i64..40, number(), number(), number());
        proptest::collection::vec(row, 0..120).prop_map(|rows| {
            let times = rows.iter().scan(-300, |minute, row| {
                *minute += row.0;
                Some(*minute * MINUTE)
            });
            let ts: Vec<i64> = times.collect();
            let names = ["open", "high", "low", "close", "volume", "mood"];
            let columns = names.map(|name| -> Vec<f64> {
                let value = |&(_, open, close, volume): &(_, f64, f64, f64)| match name {
                    "open" => open,
                    "close" => close,
                    "high" => open.max(close),
                    "low" => open.min(close),
                    _ => volume,
                };
                rows.iter().map(value).collect()
            });
            let columns: Vec<(&str, &[f64])> =
                names.into_iter().zip(columns.iter().map(Vec::as_slice)).collect();
            Partition::from_columns(&OHLCV, &ts, &columns).unwrap()
        })
    }

    proptest! {
        #[test]
        fn later_rows_change_nothing(minutes in any_minutes(), cut in 0_usize..120, count in 1_usize..9) {
            let prefix = minutes.slice(0..cut);
            for (part, whole) in [
                (resample(&prefix, "1m", "1h", Tail::Drop), resample(&minutes, "1m", "1h", Tail::Drop)),
                (every(&prefix, count, Tail::Drop), every(&minutes, count, Tail::Drop)),
            ] {
                prop_assert!(part.len() <= whole.len());
                prop_assert!(same(&part, &whole.slice(0..part.len())));
            }
        }

        #[test]
        fn each_bar_is_that_of_its_rows_alone(minutes in any_minutes()) {
            let hours = resample(&minutes, "1m", "1h", Tail::Keep);
            for (row, &ts) in hours.ts().iter().enumerate() {
                let part = minutes.between(ts..ts + 60 * MINUTE);
                let numbers = |name: &str| -> Vec<f64> {
                    part.column(name).unwrap().iter().copied().filter(|value| !value.is_nan()).collect()
                };
                let (open, high, low, close) = (numbers("open"), numbers("high"), numbers("low"), numbers("close"));
                for (name, expected) in [
                    ("open", open.first().copied()),
                    ("high", high.iter().copied().reduce(f64::max)),
                    ("low", low.iter().copied().reduce(f64::min)),
                    ("close", close.last().copied()),
                    ("volume", numbers("volume").into_iter().reduce(|a, b| a + b)),
                    ("mood", numbers("mood").last().copied()),
                ] {
                    let expected = expected.unwrap_or(f64::MISSING);
                    prop_assert!(hours.column(name).unwrap()[row].same(expected), "{} {}", name, ts);
                }
            }
            let rows: usize = hours.ts().iter().map(|&ts| minutes.between(ts..ts + 60 * MINUTE).len()).sum();
            prop_assert_eq!(rows, minutes.len());
        }

        #[test]
        fn in_two_steps_is_in_one(minutes in any_minutes()) {
            let twice = |tail| resample(&resample(&minutes, "1m", "5m", tail), "5m", "1h", tail);
            prop_assert!(same(&twice(Tail::Keep), &resample(&minutes, "1m", "1h", Tail::Keep)));
            // The end of an hour may be seen by a minute whose five are not over.
            let (twice, once) = (twice(Tail::Drop), resample(&minutes, "1m", "1h", Tail::Drop));
            prop_assert!(same(&twice, &once.slice(0..twice.len())));
            prop_assert!(once.len() - twice.len() <= 1);
        }

        #[test]
        fn so_many_rows_become_one(minutes in any_minutes(), count in 1_usize..9) {
            prop_assert_eq!(every(&minutes, count, Tail::Drop).len(), minutes.len() / count);
            prop_assert_eq!(every(&minutes, count, Tail::Keep).len(), minutes.len().div_ceil(count));
            prop_assert!(same(&every(&minutes, 1, Tail::Drop), &minutes));
        }
    }
}
