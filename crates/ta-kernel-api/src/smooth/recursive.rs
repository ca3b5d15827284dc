//! An average that each value moves by a fixed fraction of its distance.

use serde::{Deserialize, Serialize};

use crate::scalar::Scalar;
use crate::state::State;

/// The rule of a recursive average, `m = keep * m + (1 - keep) * x`, started from the plain mean of the first values.
///
/// What is followed is not the average but the deviation `e = x - m` of the newest value from it, for which the rule reads
/// `e = keep * (e + d)` where `d` is the change of `x`. So flat input gives a flat average exactly, precision is relative to how
/// much the input varies, and the difference between two averages of one series is the difference of two deviations, without
/// cancellation. Every second value takes two steps of the rule at once, which halves the chain of operations that wait for
/// each other.
///
/// ```
/// use ta_kernel_api::smooth::Smoother;
///
/// let mut ema = Smoother::ema(3).init();
/// // A value counts 1/2: the mean of 1, 2, 6 is 3, then 3 + (5 - 3) / 2 = 4.
/// let out = [1.0, 2.0, 6.0, 5.0].map(|x| ema.push(x).map(|deviation| x - deviation));
/// assert_eq!(out, [None, None, Some(3.0), Some(4.0)]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Smoother<S: Scalar> {
    keep: S,
    keep_twice: S,
    seed: usize,
}

/// What a recursive average remembers between two values. It carries its rule along.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Smoothing<S: Scalar> {
    phase: Phase<S>,
    rule: Smoother<S>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
enum Phase<S: Scalar> {
    /// Collecting the values of the first mean: how many are to come (at least one), the first of them, and the sum of their
    /// distances from it.
    Seeding { left: usize, base: S, sum: S },
    /// Following the input.
    Running(Running<S>),
}

/// The deviation after the last whole pair of values, the newest value, and how that has changed with the first value of a pair
/// whose second is to come.
// The order matters for speed: were `even` and `change`, which meet at the second value, neighbours, they would be loaded at once
// though they were stored one by one, and that is slow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
#[repr(C)]
struct Running<S: Scalar> {
    even: S,
    x: S,
    change: Option<S>,
}

/// The batch form of a recursive average: takes in two values at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pairs<S: Scalar> {
    rule: Smoother<S>,
    even: S,
    x: S,
}

impl<S: Scalar> Smoother<S> {
    /// Keeps the fraction `keep` of the average at each value; starts from the mean of the first `seed` values, at least one.
    #[inline]
    pub fn new(keep: S, seed: usize) -> Self {
        Self { keep, keep_twice: keep * keep, seed: seed.max(1) }
    }

    /// The exponential average, to which a value counts `2 / (period + 1)`.
    #[inline]
    pub fn ema(period: usize) -> Self {
        let period = period.max(1);
        Self::new(S::from_count(period - 1) / S::from_count(period + 1), period)
    }

    /// Wilder's average, to which a value counts `1 / period`.
    #[inline]
    pub fn rma(period: usize) -> Self {
        let period = period.max(1);
        Self::new(S::from_count(period - 1) / S::from_count(period), period)
    }

    /// The same rule, started from the mean of the first `seed` values, at least one.
    #[must_use]
    #[inline]
    pub fn seeded_by(self, seed: usize) -> Self {
        Self { seed: seed.max(1), ..self }
    }

    /// How many values the first mean is taken of.
    #[inline]
    pub fn seed(&self) -> usize {
        self.seed
    }

    /// Rows until less than 1e-9 of the first mean is left in the average.
    pub fn stabilisation(&self) -> usize {
        // An average that keeps all of itself never forgets.
        if self.keep >= S::ONE {
            return usize::MAX;
        }
        // Nothing is kept: ln(0) is minus infinity, and no step is needed.
        let steps = 1e-9_f64.ln() / self.keep.to_f64().ln();
        (self.seed - 1).saturating_add(steps.ceil() as usize)
    }

    /// The state before the first value.
    pub fn init(self) -> Smoothing<S> {
        Smoothing { phase: Phase::Seeding { left: self.seed, base: S::ZERO, sum: S::ZERO }, rule: self }
    }

    /// What runs on after the first values, and the deviation of their last one. `None` when there are not as many as the first
    /// mean takes.
    pub fn start(self, first: &[S]) -> Option<(Pairs<S>, S)> {
        let (&base, &x) = (first.first()?, first.last()?);
        let sum = first.iter().fold(S::ZERO, |sum, &x| sum + (x - base));
        let even = self.first_deviation(base, sum, x);
        (first.len() == self.seed).then_some((Pairs { rule: self, even, x }, even))
    }

    /// Writes the averages of `xs` to the equally long `out`, from row `seed - 1` on.
    pub fn batch(self, xs: &[S], out: &mut [S]) {
        let Some((first, rest)) = xs.split_at_checked(self.seed) else { return };
        let Some((mut average, deviation)) = self.start(first) else { return };
        let out = &mut out[first.len() - 1..];
        out[0] = first[first.len() - 1] - deviation;
        let ((xs, last), (out, last_out)) = (rest.as_chunks(), out[1..].as_chunks_mut());
        for (&x, out) in xs.iter().zip(out) {
            let deviation = average.pair(x);
            *out = [x[0] - deviation[0], x[1] - deviation[1]];
        }
        if let ([x], [out]) = (last, last_out) {
            *out = *x - average.last(*x);
        }
    }

    fn first_deviation(&self, base: S, sum: S, x: S) -> S {
        (x - base) - sum.div_by(S::divisor(self.seed))
    }

    /// The deviation one value after `even`.
    #[inline]
    fn once(&self, even: S, change: S) -> S {
        self.keep * (even + change)
    }

    /// The deviation two values after `even`.
    #[inline]
    fn twice(&self, even: S, change: S, next: S) -> S {
        self.keep_twice * even + (self.keep_twice * change + self.keep * next)
    }
}

impl<S: Scalar> Smoothing<S> {
    /// Takes in a value; answers its deviation from the average, once there is one.
    #[inline]
    pub fn push(&mut self, x: S) -> Option<S> {
        match &mut self.phase {
            Phase::Running(running) => Some(running.push(&self.rule, x)),
            Phase::Seeding { .. } => self.seed(x),
        }
    }

    // Rare, and kept out of `push`, which is then small enough to become part of a kernel's step.
    #[cold]
    #[inline(never)]
    fn seed(&mut self, x: S) -> Option<S> {
        let Phase::Seeding { left, base, sum } = &mut self.phase else { return None };
        if *left == self.rule.seed {
            *base = x;
        }
        *sum += x - *base;
        *left -= 1;
        if *left > 0 {
            return None;
        }
        let even = self.rule.first_deviation(*base, *sum, x);
        self.phase = Phase::Running(Running { even, x, change: None });
        Some(even)
    }
}

impl<S: Scalar> Running<S> {
    #[inline]
    fn push(&mut self, rule: &Smoother<S>, x: S) -> S {
        let change = x - self.x;
        self.x = x;
        if let Some(before) = self.change.take() {
            self.even = rule.twice(self.even, before, change);
            self.even
        } else {
            self.change = Some(change);
            rule.once(self.even, change)
        }
    }
}

impl<S: Scalar> Pairs<S> {
    /// Takes in two values; answers their deviations from the average.
    #[inline]
    pub fn pair(&mut self, [first, second]: [S; 2]) -> [S; 2] {
        let (change, next) = (first - self.x, second - first);
        let once = self.rule.once(self.even, change);
        self.even = self.rule.twice(self.even, change, next);
        self.x = second;
        [once, self.even]
    }

    /// The deviation of a last value without a second.
    #[inline]
    pub fn last(&self, x: S) -> S {
        self.rule.once(self.even, x - self.x)
    }
}

impl<S: Scalar> State for Smoothing<S> {
    fn fits(&self, fresh: &Self) -> bool {
        let counts = match self.phase {
            Phase::Seeding { left, .. } => (1..=fresh.rule.seed).contains(&left),
            Phase::Running(_) => true,
        };
        counts && self.rule == fresh.rule
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules() -> impl Strategy<Value = Smoother<f64>> {
        (1usize..30, prop::bool::ANY)
            .prop_map(|(n, wilder)| if wilder { Smoother::rma(n) } else { Smoother::ema(n) })
    }

    /// Both forms, compared bit for bit; the state saved and read back on the way.
    fn averages(rule: &Smoother<f64>, xs: &[f64]) -> Vec<f64> {
        let mut state = rule.init();
        let push = |(row, &x): (usize, &f64)| {
            if row % 5 == 0 {
                state = rmp_serde::from_slice(&rmp_serde::to_vec(&state).unwrap()).unwrap();
                assert!(state.fits(&rule.init()));
            }
            state.push(x).map_or(f64::MISSING, |deviation| x - deviation)
        };
        let step: Vec<f64> = xs.iter().enumerate().map(push).collect();
        let mut batch = vec![f64::MISSING; xs.len()];
        rule.batch(xs, &mut batch);
        let differs = step.iter().zip(&batch).position(|(step, batch)| !step.same(*batch));
        assert_eq!(differs, None, "first row where batch and step differ");
        batch
    }

    fn naive(rule: &Smoother<f64>, xs: &[f64]) -> Vec<f64> {
        let mut mean = f64::MISSING;
        let mut out = vec![f64::MISSING; xs.len()];
        for row in rule.seed - 1..xs.len() {
            mean = if row + 1 == rule.seed {
                xs[..rule.seed].iter().sum::<f64>() / rule.seed as f64
            } else {
                rule.keep * mean + (1.0 - rule.keep) * xs[row]
            };
            out[row] = mean;
        }
        out
    }

    proptest! {
        #[test]
        fn both_forms_follow_the_definition(rule in rules(), xs in prop::collection::vec(-1e3..1e3, 0..200)) {
            for (got, naive) in averages(&rule, &xs).into_iter().zip(naive(&rule, &xs)) {
                prop_assert!((got.is_nan() && naive.is_nan()) || (got - naive).abs() <= 1e-10);
            }
        }
    }

    #[test]
    fn flat_input_has_exactly_its_own_average() {
        for rule in [Smoother::ema(7), Smoother::rma(14), Smoother::ema(1)] {
            assert!(averages(&rule, &[0.1; 100])[rule.seed - 1..].iter().all(|&mean| mean == 0.1));
        }
    }

    #[test]
    fn errors_fade_with_the_values_that_made_them() {
        let noise = |row: usize| 1.0 + (row * 7919 % 1009) as f64 / 1009.0;
        let loud: Vec<f64> = (0..1000).map(|row| 1e12 * noise(row)).collect();
        let quiet: Vec<f64> = (0..2000).map(|row| 1e-3 * noise(row)).collect();
        let rule = Smoother::rma(14);
        let after = averages(&rule, &[loud, quiet.clone()].concat())[1000..].to_vec();
        // (13/14)^1000 * 1e12 is below 1e-20.
        let alone = averages(&rule, &quiet);
        assert!(after.iter().zip(alone).skip(1000).all(|(after, alone)| (after - alone).abs() <= 1e-18));
    }

    #[test]
    fn stabilisation_is_where_the_seed_has_faded() {
        for rule in [Smoother::<f64>::ema(9), Smoother::rma(14), Smoother::ema(2)] {
            let steps = (rule.stabilisation() + 1 - rule.seed) as i32;
            assert!(rule.keep.powi(steps) <= 1e-9 && rule.keep.powi(steps - 1) > 1e-9);
        }
    }

    #[test]
    fn a_count_outside_the_seed_or_another_rule_does_not_fit() {
        let fresh = Smoother::<f64>::ema(3).init();
        for left in [0, 4, usize::MAX] {
            let phase = Phase::Seeding { left, base: 0.0, sum: 0.0 };
            assert!(!Smoothing { phase, ..fresh.clone() }.fits(&fresh));
        }
        assert!(!Smoother::rma(3).init().fits(&fresh));
    }
}
