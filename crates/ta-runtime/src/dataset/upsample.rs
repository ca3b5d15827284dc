//! Rows seen from the rows of a reference, never earlier than they are known.

use ta_kernel_api::Scalar;

use super::{Partition, Rows};

/// Which row is seen where several rows of the reference fall between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// A row is seen only where it becomes known at the very moment the row of the reference does.
    None,
    /// The latest row that is known.
    Forward {
        /// For how many milliseconds after it became known, when not for ever.
        max_age: Option<i64>,
    },
}

impl Fill {
    /// The latest row that is known, however old.
    pub const FORWARD: Self = Self::Forward { max_age: None };
}

/// One row for each row of the reference: what of `rows` is known when that one is, missing where nothing is.
///
/// So the bar of an hour is first seen by its own last minute, which closes with it, and not by the minute it began with. Rows are seen
/// as they are: a value that is missing is not looked for further back.
///
/// ```
/// use ta_runtime::dataset::{Fill, OHLCV, Partition, upsample};
///
/// let closes = |ts: &[i64], close: &[f64]| Partition::from_columns(&OHLCV, ts, &[("close", close)]);
/// let two = closes(&[0, 120_000], &[1.0, 2.0])?;
/// let one = closes(&[0, 60_000, 120_000, 180_000], &[5.0, 6.0, 7.0, 8.0])?;
///
/// let seen = upsample(two.lasting("2m".parse().ok()), one.lasting("1m".parse().ok()), Fill::FORWARD);
/// assert_eq!(seen.ts(), one.ts());
/// assert!(seen.column("close").unwrap()[0].is_nan());
/// assert_eq!(seen.column("close").unwrap()[1..], [1.0, 1.0, 2.0]);
/// # Ok::<(), ta_runtime::Error>(())
/// ```
#[must_use]
pub fn upsample<'a, 'b, S: Scalar>(
    rows: impl Into<Rows<'a, S>>,
    reference: impl Into<Rows<'b, S>>,
    fill: Fill,
) -> Partition<S> {
    let (rows, reference) = (rows.into(), reference.into());
    rows.partition.gather(reference.partition.ts(), &visible(rows, reference, fill))
}

/// All of them on the rows of the reference, each as [`upsample`] does it.
pub fn sync<'b, S: Scalar>(
    parts: &[Rows<'_, S>],
    reference: impl Into<Rows<'b, S>>,
    fill: Fill,
) -> Vec<Partition<S>> {
    let reference = reference.into();
    parts.iter().map(|&rows| upsample(rows, reference, fill)).collect()
}

/// For each row of the reference the row that is seen.
pub(super) fn visible<S: Scalar>(
    rows: Rows<'_, S>,
    reference: Rows<'_, S>,
    fill: Fill,
) -> Vec<Option<usize>> {
    let mut known = rows.partition.ts().iter().map(|&ts| rows.known(ts)).enumerate().peekable();
    let mut latest = None;
    let seen = reference.partition.ts().iter().map(|&ts| {
        let now = reference.known(ts);
        while let Some(next) = known.next_if(|&(_, known)| known <= now) {
            latest = Some(next);
        }
        let fresh = |age: i64| match fill {
            Fill::None => age == 0,
            Fill::Forward { max_age } => max_age.is_none_or(|max_age| age <= max_age),
        };
        latest.filter(|&(_, known)| fresh(now.saturating_sub(known))).map(|(row, _)| row)
    });
    seen.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{OHLCV, Timeframe};
    use super::*;

    const MINUTE: i64 = 60_000;

    /// Each row holds its own number.
    fn rows(minutes: impl IntoIterator<Item = i64>) -> Partition<f64> {
        let ts: Vec<i64> = minutes.into_iter().map(|minute| minute * MINUTE).collect();
        let number: Vec<f64> = (0..ts.len()).map(|row| row as f64).collect();
        Partition::from_columns(&OHLCV, &ts, &[("number", &number)]).unwrap()
    }

    fn seen(rows: Rows<'_, f64>, reference: Rows<'_, f64>, fill: Fill) -> Vec<Option<usize>> {
        let seen = upsample(rows, reference, fill);
        assert_eq!(seen.ts(), reference.partition.ts());
        seen.column("number")
            .unwrap()
            .iter()
            .map(|&number| (!number.is_nan()).then_some(number as usize))
            .collect()
    }

    #[test]
    fn a_bar_is_seen_from_its_close() {
        let (slow, fast) = (rows([0, 5]), rows(3..12));
        let slow = slow.lasting("5m".parse().ok());
        let minutes = fast.lasting("1m".parse().ok());
        let none = None;
        // Minutes 3..12 close at 4..13, the slow bars at 5 and 10.
        assert_eq!(
            seen(slow, minutes, Fill::FORWARD),
            [none, Some(0), Some(0), Some(0), Some(0), Some(0), Some(1), Some(1), Some(1)]
        );
        assert_eq!(
            seen(slow, minutes, Fill::None),
            [none, Some(0), none, none, none, none, Some(1), none, none]
        );
        let young = Fill::Forward { max_age: Some(2 * MINUTE) };
        assert_eq!(
            seen(slow, minutes, young),
            [none, Some(0), Some(0), Some(0), none, none, Some(1), Some(1), Some(1)]
        );
        // Events are known at once, so that of minute 5 is the first to see the bar that closes there.
        assert_eq!(seen(slow, Rows::from(&fast), Fill::FORWARD)[..3], [none, none, Some(0)]);
    }

    #[test]
    fn what_is_missing_is_seen_as_missing() {
        let gap = Partition::from_columns(&OHLCV, &[0, 1], &[("close", &[1.0, f64::NAN])]).unwrap();
        let seen = upsample(&gap, &rows([0, 1]), Fill::FORWARD);
        assert!(seen.column("close").unwrap()[1].is_nan());
    }

    fn any_rows() -> impl Strategy<Value = (Partition<f64>, Option<Timeframe>)> {
        let minutes = proptest::collection::btree_set(-40_i64..80, 0..40);
        let timeframe = proptest::sample::select(vec!["", "1m", "3m", "5m", "1h"]);
        (minutes, timeframe).prop_map(|(minutes, timeframe)| (rows(minutes), timeframe.parse().ok()))
    }

    proptest! {
        #[test]
        fn the_latest_row_that_is_known_is_seen(
            (rows, timeframe) in any_rows(),
            (reference, pace) in any_rows(),
            max_age in proptest::option::of(0_i64..20),
        ) {
            let (rows, reference) = (rows.lasting(timeframe), reference.lasting(pace));
            let max_age = max_age.map(|age| age * MINUTE);
            let brute = |fresh: &dyn Fn(i64) -> bool| -> Vec<Option<usize>> {
                let now = reference.partition.ts().iter().map(|&ts| reference.known(ts));
                now.map(|now| {
                    let known: Vec<i64> = rows.partition.ts().iter().map(|&ts| rows.known(ts)).collect();
                    (0..known.len()).rev().find(|&row| known[row] <= now).filter(|&row| fresh(now - known[row]))
                })
                .collect()
            };
            let forward = brute(&|age| max_age.is_none_or(|most| age <= most));
            prop_assert_eq!(seen(rows, reference, Fill::Forward { max_age }), forward);
            prop_assert_eq!(seen(rows, reference, Fill::None), brute(&|age| age == 0));
        }

        #[test]
        fn later_rows_change_nothing((rows, timeframe) in any_rows(), (reference, pace) in any_rows(), cut in -40_i64..80) {
            let reference = reference.lasting(pace);
            let whole = seen(rows.lasting(timeframe), reference, Fill::FORWARD);
            // All that is known by some moment.
            let now = cut * MINUTE;
            let known = rows.ts().partition_point(|&ts| rows.lasting(timeframe).known(ts) <= now);
            let rows = rows.slice(0..known);
            let part = seen(rows.lasting(timeframe), reference, Fill::FORWARD);
            let until = reference.partition.ts().partition_point(|&ts| reference.known(ts) <= now);
            prop_assert_eq!(&part[..until], &whole[..until]);
        }

        #[test]
        fn rows_see_themselves((rows, timeframe) in any_rows()) {
            // Two rows within one bar are known at once, and the later one is seen.
            prop_assume!(timeframe.is_none_or(|timeframe| timeframe.approximate() <= MINUTE));
            let rows = rows.lasting(timeframe);
            let all: Vec<_> = (0..rows.partition.len()).map(Some).collect();
            prop_assert_eq!(seen(rows, rows, Fill::None), all);
        }
    }
}
