//! Partitions side by side, as columns of one.

use std::cmp::Ordering;

use ta_kernel_api::Scalar;

use super::upsample::visible;
use super::{Fill, Partition, Rows};
use crate::error::{Error, Kind};

/// Which rows a join has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// Those at times that all parts have.
    Inner,
    /// Those of the first part; others are missing where they have no row of that time.
    Left,
    /// Those at times that any part has; each part is missing where it has none.
    Outer,
    /// Those of the first part; of the others the latest row that is known when the row of the first is.
    AsOf {
        /// For how many milliseconds after it became known, when not for ever.
        tolerance: Option<i64>,
    },
}

/// Partitions side by side: the columns of each, with a text in front of their names that tells them apart.
///
/// ```
/// use ta_runtime::dataset::{Join, OHLCV, Partition, Rows, join};
///
/// let closes = |ts: &[i64], close: &[f64]| Partition::from_columns(&OHLCV, ts, &[("close", close)]);
/// let (btc, eth) = (closes(&[10, 20, 30], &[1.0, 2.0, 3.0])?, closes(&[20, 30, 40], &[7.0, 8.0, 9.0])?);
///
/// let both = join(&[("btc_", Rows::from(&btc)), ("eth_", Rows::from(&eth))], Join::Inner)?;
/// assert_eq!(both.ts(), [20, 30]);
/// assert_eq!(both.columns(), [("btc_close", &[2.0, 3.0][..]), ("eth_close", &[7.0, 8.0])]);
/// # Ok::<(), ta_runtime::Error>(())
/// ```
///
/// Equal times mean the same moment only where rows last equally long: of the hour and the minute that begin together, one is known
/// much later. Such parts are joined as of the moment, [`Join::AsOf`].
///
/// # Errors
/// In this order: no parts; parts that last differently, where times must be equal; two columns of one name; fields of one name rule that
/// no longer lie within their bounds.
pub fn join<S: Scalar>(parts: &[(&str, Rows<'_, S>)], how: Join) -> Result<Partition<S>, Error> {
    let Some(&(_, first)) = parts.first() else {
        return Err(Error::new(Kind::Data, "there is nothing to join").with_help("one part or more"));
    };
    let times = |rows: Rows<'_, S>| rows.partition.ts().to_vec();
    let fold = |merge: fn(&[i64], &[i64]) -> Vec<i64>| {
        parts[1..].iter().fold(times(first), |ts, (_, rows)| merge(&ts, rows.partition.ts()))
    };
    let ts = match how {
        Join::AsOf { .. } => times(first),
        Join::Left => equally_long(parts).map(|()| times(first))?,
        Join::Inner => equally_long(parts).map(|()| fold(intersection))?,
        Join::Outer => equally_long(parts).map(|()| fold(union))?,
    };

    let (mut names, mut columns) = (Vec::new(), Vec::new());
    for (at, &(prefix, rows)) in parts.iter().enumerate() {
        let picked = match how {
            Join::AsOf { tolerance } if at > 0 => visible(rows, first, Fill::Forward { max_age: tolerance }),
            _ => positions(rows.partition.ts(), &ts),
        };
        for (name, column) in rows.partition.columns() {
            names.push(format!("{prefix}{name}"));
            columns
                .push(picked.iter().map(|row| row.map_or(S::MISSING, |row| column[row])).collect::<Vec<_>>());
        }
    }
    let columns: Vec<(&str, &[S])> =
        names.iter().map(String::as_str).zip(columns.iter().map(Vec::as_slice)).collect();
    Partition::from_columns(first.partition.schema(), &ts, &columns)
}

fn equally_long<S>(parts: &[(&str, Rows<'_, S>)]) -> Result<(), Error> {
    let lasts = |rows: &Rows<'_, S>| {
        rows.timeframe.map_or("events".to_owned(), |length| format!("bars of `{length}`"))
    };
    let first = lasts(&parts[0].1);
    match parts.iter().map(|(_, rows)| lasts(rows)).find(|other| *other != first) {
        None => Ok(()),
        Some(other) => {
            let message = format!("{first} and {other} of equal times are known at different moments");
            Err(Error::new(Kind::Data, message)
                .with_help("join them as of the moment, or bring them to one timeframe"))
        }
    }
}

/// For each of the times the row that has it. Both increase.
fn positions(rows: &[i64], times: &[i64]) -> Vec<Option<usize>> {
    let mut row = 0;
    let find = |&ts: &i64| {
        row += rows[row..].iter().take_while(|&&at| at < ts).count();
        (rows.get(row) == Some(&ts)).then_some(row)
    };
    times.iter().map(find).collect()
}

/// The times in either, in order.
fn union(a: &[i64], b: &[i64]) -> Vec<i64> {
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    let next = || match (a.peek(), b.peek()) {
        (Some(one), Some(other)) => match one.cmp(other) {
            Ordering::Less => a.next(),
            Ordering::Equal => a.next().and(b.next()),
            Ordering::Greater => b.next(),
        },
        _ => a.next().or_else(|| b.next()),
    };
    std::iter::from_fn(next).collect()
}

/// The times in both, in order.
fn intersection(a: &[i64], b: &[i64]) -> Vec<i64> {
    let found = positions(b, a);
    a.iter().zip(found).filter_map(|(&ts, row)| row.map(|_| ts)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::OHLCV;
    use super::*;

    /// Each row holds its own time.
    fn rows(ts: &[i64]) -> Partition<f64> {
        let own: Vec<f64> = ts.iter().map(|&ts| ts as f64).collect();
        Partition::from_columns(&OHLCV, ts, &[("own", &own)]).unwrap()
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (one, two) = (rows(&[0]), rows(&[0]));
        let (minute, hour) = (one.lasting("1m".parse().ok()), two.lasting("1h".parse().ok()));
        let refused = |parts: &[(&str, Rows<'_, f64>)], how| {
            let err = join(parts, how).unwrap_err();
            assert!(err.is_data());
            err.to_string()
        };
        assert_eq!(refused(&[], Join::Inner), "there is nothing to join (one part or more)");
        for how in [Join::Inner, Join::Left, Join::Outer] {
            assert_eq!(
                refused(&[("a", minute), ("b", hour)], how),
                "bars of `1m` and bars of `1h` of equal times are known at different moments (join them as of the moment, or \
                 bring them to one timeframe)"
            );
        }
        assert_eq!(
            refused(&[("", minute), ("", hour)], Join::AsOf { tolerance: None }),
            "column `own` is given twice (each column has a name of its own)"
        );
        assert!(
            refused(&[("a", minute), ("b", (&two).into())], Join::Left)
                .starts_with("bars of `1m` and events")
        );
    }

    #[test]
    fn a_slow_bar_is_joined_from_its_close() {
        let (fast, slow) = (rows(&[0, 60_000, 120_000, 180_000]), rows(&[0, 120_000]));
        let parts = [("", fast.lasting("1m".parse().ok())), ("slow_", slow.lasting("2m".parse().ok()))];
        let as_of = join(&parts, Join::AsOf { tolerance: Some(60_000) }).unwrap();
        assert_eq!(as_of.ts(), fast.ts());
        let seen = as_of.column("slow_own").unwrap();
        assert!(seen[0].is_nan());
        assert_eq!(seen[1..], [0.0, 0.0, 120_000.0]);
    }

    fn any_parts() -> impl Strategy<Value = Vec<Vec<i64>>> {
        let times = proptest::collection::btree_set(0_i64..30, 0..20);
        proptest::collection::vec(times.prop_map(|times| times.into_iter().collect()), 1..5)
    }

    proptest! {
        #[test]
        fn a_join_has_exactly_its_times_and_each_part_its_own(parts in any_parts()) {
            let held: Vec<_> = parts.iter().map(|ts| rows(ts)).collect();
            let prefixes = ["a", "b", "c", "d", "e"];
            let given: Vec<_> = prefixes.into_iter().zip(held.iter().map(Rows::from)).collect();
            let sets: Vec<BTreeSet<i64>> = parts.iter().map(|ts| ts.iter().copied().collect()).collect();
            let all = sets.iter().fold(BTreeSet::new(), |all, set| &all | set);
            let common = sets.iter().fold(all.clone(), |common, set| &common & set);
            for (how, expected) in [(Join::Inner, &common), (Join::Left, &sets[0]), (Join::Outer, &all)] {
                let joined = join(&given, how).unwrap();
                prop_assert!(joined.ts().iter().eq(expected), "{:?}", how);
                for ((_, column), set) in joined.columns().into_iter().zip(&sets) {
                    for (&ts, &own) in joined.ts().iter().zip(column) {
                        prop_assert!(own.same(if set.contains(&ts) { ts as f64 } else { f64::MISSING }), "{:?}", how);
                    }
                }
            }
        }

        #[test]
        fn an_as_of_join_never_looks_ahead(parts in any_parts(), tolerance in proptest::option::of(0_i64..9)) {
            let lengths = ["1ms", "5ms", "", "3ms", "7ms"].map(|text| text.parse().ok());
            let held: Vec<_> = parts.iter().map(|ts| rows(ts)).collect();
            let given: Vec<_> = held.iter().zip(lengths).map(|(rows, length)| rows.lasting(length)).collect();
            let named: Vec<_> = ["a", "b", "c", "d", "e"].into_iter().zip(given.iter().copied()).collect();
            let joined = join(&named, Join::AsOf { tolerance }).unwrap();
            prop_assert_eq!(joined.ts(), &parts[0][..]);
            for ((_, column), rows) in joined.columns().into_iter().zip(&given).skip(1) {
                for (&ts, &own) in joined.ts().iter().zip(column) {
                    let now = given[0].known(ts);
                    let latest = rows.partition.ts().iter().rev().find(|&&ts| rows.known(ts) <= now);
                    let latest = latest.filter(|&&ts| tolerance.is_none_or(|most| now - rows.known(ts) <= most));
                    prop_assert!(own.same(latest.map_or(f64::MISSING, |&ts| ts as f64)), "{} {}", ts, own);
                }
            }
        }
    }
}
