//! Rolling highest and lowest value, and how far back they lie.

use std::fmt::Debug;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::fold::{Fold, Rolling, Window};
use crate::scalar::Scalar;
use crate::state::State;

/// Which extreme is looked for: [`Highest`] or [`Lowest`].
pub trait Side: Debug + Clone + Copy + PartialEq + Send + Sync + 'static {
    /// Whether `x` is strictly more extreme.
    fn beats<S: Scalar>(x: S, than: S) -> bool;

    /// The more extreme of two values, the newer one when they are equal.
    #[inline]
    fn pick<S: Scalar>(older: S, newer: S) -> S {
        if Self::beats(older, newer) { older } else { newer }
    }
}

/// The highest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Highest;

/// The lowest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lowest;

impl Side for Highest {
    #[inline]
    fn beats<S: Scalar>(x: S, than: S) -> bool {
        x > than
    }
}

impl Side for Lowest {
    #[inline]
    fn beats<S: Scalar>(x: S, than: S) -> bool {
        x < than
    }
}

/// The most extreme value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extreme<E>(PhantomData<E>);

/// The most extreme value and its place, the newest one of equals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position<E>(PhantomData<E>);

/// A rolling maximum; its windows answer [`value`](Window::value). Values must be present: nothing is larger than what is missing.
pub type RollingMax<S> = Rolling<S, Extreme<Highest>>;
/// A rolling minimum; its windows answer [`value`](Window::value). Values must be present: nothing is smaller than what is missing.
pub type RollingMin<S> = Rolling<S, Extreme<Lowest>>;
/// The place of a rolling maximum; its windows answer [`age`](Window::age).
pub type RollingArgMax<S> = Rolling<S, Position<Highest>>;
/// The place of a rolling minimum; its windows answer [`age`](Window::age).
pub type RollingArgMin<S> = Rolling<S, Position<Lowest>>;

impl<S: Scalar, E: Side> Fold<S> for Extreme<E> {
    type Part = S;

    #[inline]
    fn empty(base: S) -> S {
        base
    }
    #[inline]
    fn prepend(x: S, part: S, _: S) -> S {
        E::pick(x, part)
    }
    #[inline]
    fn append(part: S, x: S, _: S) -> S {
        E::pick(part, x)
    }
}

impl<S: Scalar, E: Side> Window<S, Extreme<E>> {
    /// The most extreme value.
    #[inline]
    pub fn value(self) -> S {
        E::pick(self.older, self.newer)
    }
}

/// A value and its distance from the last value of the previous block.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Spot<S: Scalar> {
    value: S,
    distance: S,
    /// How many values the part holds.
    count: S,
}

impl<S: Scalar> State for Spot<S> {
    fn fits(&self, _: &Self) -> bool {
        true
    }
}

impl<S: Scalar, E: Side> Fold<S> for Position<E> {
    type Part = Spot<S>;

    #[inline]
    fn empty(base: S) -> Spot<S> {
        Spot { value: base, distance: S::ZERO, count: S::ZERO }
    }
    #[inline]
    fn prepend(x: S, part: Spot<S>, _: S) -> Spot<S> {
        let count = part.count + S::ONE;
        if E::beats(x, part.value) {
            Spot { value: x, distance: part.count, count }
        } else {
            Spot { count, ..part }
        }
    }
    #[inline]
    fn append(part: Spot<S>, x: S, _: S) -> Spot<S> {
        let count = part.count + S::ONE;
        if E::beats(part.value, x) {
            Spot { count, ..part }
        } else {
            Spot { value: x, distance: count, count }
        }
    }
}

impl<S: Scalar, E: Side> Window<S, Position<E>> {
    /// How many values ago the most extreme one came; zero for the newest.
    #[inline]
    pub fn age(self) -> S {
        let fresh = S::from_count(self.fresh);
        if E::beats(self.older.value, self.newer.value) {
            fresh + self.older.distance
        } else {
            fresh - self.newer.distance
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::window::testing;

    proptest! {
        #[test]
        fn both_forms_find_the_extremes(period in 1usize..40, xs in testing::ties()) {
            let max = testing::both_forms(period, &xs, |window: Window<f64, Extreme<Highest>>| window.value());
            let min = testing::both_forms(period, &xs, |window: Window<f64, Extreme<Lowest>>| window.value());
            prop_assert_eq!(max, testing::windows(period, &xs, |window| window.iter().copied().fold(f64::MIN, f64::max)));
            prop_assert_eq!(min, testing::windows(period, &xs, |window| window.iter().copied().fold(f64::MAX, f64::min)));
        }

        #[test]
        fn equal_extremes_answer_with_the_newest(period in 1usize..40, xs in testing::ties()) {
            let newest = |window: &[f64], best: f64| window.iter().rev().position(|&x| x == best).unwrap() as f64;
            let highest = |window: &[f64]| newest(window, window.iter().copied().fold(f64::MIN, f64::max));
            let lowest = |window: &[f64]| newest(window, window.iter().copied().fold(f64::MAX, f64::min));
            let max = testing::both_forms(period, &xs, |window: Window<f64, Position<Highest>>| window.age());
            let min = testing::both_forms(period, &xs, |window: Window<f64, Position<Lowest>>| window.age());
            prop_assert_eq!(max, testing::windows(period, &xs, highest));
            prop_assert_eq!(min, testing::windows(period, &xs, lowest));
        }
    }
}
