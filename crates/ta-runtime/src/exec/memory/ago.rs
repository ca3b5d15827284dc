//! The values of a span of time: what `close.24h_ago` remembers.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use ta_kernel_api::Scalar;

use crate::dataset::Timeframe;

/// The rows of the last so much time, and the last one before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "", deny_unknown_fields)]
pub(crate) struct Ago<S: Scalar> {
    /// When each row was known, and its value; oldest first.
    rows: VecDeque<(i64, S)>,
}

impl<S: Scalar> Ago<S> {
    pub(crate) fn new() -> Self {
        Self { rows: VecDeque::new() }
    }

    /// Takes in the row known at `now` and answers the value that was the last one so much earlier, missing when there was no
    /// row yet.
    pub(crate) fn push(&mut self, span: Timeframe, now: i64, x: S) -> S {
        let then = span.before(now);
        self.rows.push_back((now, x));
        while self.rows.get(1).is_some_and(|row| row.0 <= then) {
            self.rows.pop_front();
        }
        self.rows.front().filter(|row| row.0 <= then).map_or(S::MISSING, |row| row.1)
    }

    /// Whether it could have been made by [`push`](Self::push).
    pub(crate) fn is_sound(&self) -> bool {
        let rising = self.rows.iter().zip(self.rows.iter().skip(1)).all(|(a, b)| a.0 <= b.0);
        rising && self.rows.iter().all(|row| row.1.is_missing() || row.1.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_value_is_the_last_one_so_much_earlier(gaps in proptest::collection::vec(1_i64..5, 1..60), span in 1_i64..12) {
            let span = Timeframe::milliseconds(span).unwrap();
            let mut ago = Ago::new();
            let mut seen: Vec<(i64, f64)> = Vec::new();
            for (row, gap) in gaps.into_iter().enumerate() {
                let now = seen.last().map_or(0, |row| row.0) + gap;
                seen.push((now, row as f64));
                let expected = seen.iter().rev().find(|row| row.0 <= span.before(now));
                let answer = ago.push(span, now, row as f64);
                prop_assert!(answer.same(expected.map_or(f64::MISSING, |row| row.1)));
                prop_assert!(ago.is_sound() && ago.rows.len() <= 13);
            }
        }
    }
}
