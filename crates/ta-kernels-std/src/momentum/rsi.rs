//! Relative strength index (`rsi`).

use ta_kernel_api::prelude::*;
use ta_kernel_api::smooth::Smoother;

/// Relative strength index: the part of the average gain in the average movement, from 0 to 100.
///
/// `rsi = 100 * gain / (gain + loss)`, where `gain` and `loss` are Wilder's averages of the upward and of the downward changes from bar to bar.
/// A series that never moved is neither strong nor weak: it answers 50; one that has stopped moving keeps its answer. Constant time and memory per bar.
///
/// # Reference
/// J. Welles Wilder, "New Concepts in Technical Trading Systems" (1978); TA-Lib `RSI`, which answers 0 to a series without movement.
#[kernel(
    id = "rsi",
    family = "momentum",
    since = "0.1",
    inputs(source = close),
    outputs(rsi),
    plot(pane, levels(30, 70))
)]
pub struct Rsi {
    /// Changes in the averages.
    #[param(default = 14, min = 1, max = 100_000)]
    pub period: usize,
}

/// What an [`Rsi`] remembers between two bars.
// In this order, for the reason given below.
#[state]
#[repr(C)]
pub struct RsiState<S: Scalar> {
    /// Missing before the first bar.
    last: S,
    /// Changes until the averages have been seeded.
    left: usize,
    averages: Averages<S>,
}

/// Wilder's averages of gains and of losses.
///
/// In plain form: both are at or above zero, and nothing is ever subtracted. Each pair is computed from the one before the last, so that
/// a step need not wait for the step before it.
// The order matters for speed: were `added` followed by `keep`, its second number and `keep` would be loaded as one, which has to wait
// for the store of the pair.
#[state]
#[repr(C)]
pub struct Averages<S: Scalar> {
    // Each factor once per average: they are computed side by side.
    take: [S; 2],
    keep: [S; 2],
    keep_twice: [S; 2],
    /// Sums until they have been seeded.
    now: [S; 2],
    before: [S; 2],
    /// What the last gain and loss added.
    added: [S; 2],
}

impl<S: Scalar> Averages<S> {
    fn new(period: usize) -> Self {
        let keep = S::from_count(period - 1) / S::from_count(period);
        let [take, keep, keep_twice] = [S::ONE - keep, keep, keep * keep].map(|factor| [factor; 2]);
        Self { take, keep, keep_twice, now: [S::ZERO; 2], before: [S::ZERO; 2], added: [S::ZERO; 2] }
    }

    /// Takes in a gain and a loss of the first mean.
    #[inline]
    fn collect(&mut self, moves: [S; 2]) {
        self.now = [self.now[0] + moves[0], self.now[1] + moves[1]];
    }

    /// Makes the first mean.
    fn seed(&mut self, period: usize) {
        self.now = self.now.map(|sum| sum.div_by(S::divisor(period)));
        // As if nothing had been added with the last of them.
        self.before = self.now.map(|now| if self.keep[0] == S::ZERO { S::ZERO } else { now / self.keep[0] });
    }

    /// Takes in a change.
    #[inline]
    fn follow(&mut self, before: S, x: S) {
        let moves = split(before, x);
        // Without a change both averages shrink by the same factor, and their ratio stays. It is kept from ending in the last digits of
        // the scalar: what is below the precision of the values themselves shrinks no more.
        if moves[0] + moves[1] == S::ZERO && self.now[0] + self.now[1] <= x.abs() * S::from_f64(1e-16) {
            return;
        }
        self.push(moves);
    }

    #[inline]
    fn push(&mut self, moves: [S; 2]) {
        let adds = [self.take[0] * moves[0], self.take[1] * moves[1]];
        let next =
            |at: usize| self.keep_twice[at] * self.before[at] + (self.keep[at] * self.added[at] + adds[at]);
        (self.before, self.now) = (self.now, [next(0), next(1)]);
        self.added = adds;
    }

    #[inline]
    fn strength(&self) -> S {
        let [gain, loss] = self.now;
        let movement = gain + loss;
        if movement == S::ZERO {
            return S::from_i64(50);
        }
        // Beyond the range of the scalar there is no movement to be a part of.
        if movement.is_finite() { S::from_i64(100) * (gain / movement) } else { S::MISSING }
    }
}

/// A change as a gain and a loss, of which one is zero.
#[inline]
fn split<S: Scalar>(before: S, x: S) -> [S; 2] {
    let change = x - before;
    let gain = S::max(change, S::ZERO);
    [gain, gain - change]
}

impl Rsi {
    /// Takes in a bar before the averages have been seeded.
    #[cold]
    fn seed<S: Scalar>(&self, state: &mut RsiState<S>, x: S) -> S {
        let before = std::mem::replace(&mut state.last, x);
        if before.is_missing() {
            return S::MISSING;
        }
        state.averages.collect(split(before, x));
        state.left -= 1;
        if state.left > 0 {
            return S::MISSING;
        }
        state.averages.seed(self.period);
        state.averages.strength()
    }
}

impl<S: Scalar> Kernel<S, 1, 1> for Rsi {
    type State = RsiState<S>;

    fn lookback(&self) -> [usize; 1] {
        [self.period]
    }

    fn stabilisation(&self) -> usize {
        1 + Smoother::<S>::rma(self.period).stabilisation()
    }

    fn init(&self) -> RsiState<S> {
        RsiState { last: S::MISSING, left: self.period, averages: Averages::new(self.period) }
    }

    #[inline]
    fn step(&self, state: &mut RsiState<S>, [x]: [S; 1]) -> [S; 1] {
        if state.left > 0 {
            return [self.seed(state, x)];
        }
        state.averages.follow(state.last, x);
        state.last = x;
        [state.averages.strength()]
    }

    fn batch(&self, [source]: [&[S]; 1], [rsi]: [&mut [S]; 1]) {
        let mut averages = Averages::new(self.period);
        let (first, rest) = source.split_at(self.period + 1);
        for pair in first.windows(2) {
            averages.collect(split(pair[0], pair[1]));
        }
        averages.seed(self.period);
        rsi[self.period] = averages.strength();
        let before = &source[self.period..];
        for ((&x, &before), rsi) in rest.iter().zip(before).zip(&mut rsi[self.period + 1..]) {
            averages.follow(before, x);
            *rsi = averages.strength();
        }
    }
}

#[cfg(test)]
mod tests {
    use ta_kernel_api::assert_rows;
    use ta_kernel_api::conformance::run;

    use super::*;

    #[test]
    fn share_of_the_gains_in_the_movement() {
        // changes +4 -2 | +2 -3; gain: 2, 2, 1; loss: 1, 0.5, 1.75
        let [rsi] = run(&Rsi { period: 2 }, [&[10.0, 14.0, 12.0, 14.0, 11.0]]);
        assert_rows!(rsi, [_, _, 200.0 / 3.0, 80.0, 100.0 / 2.75]);
    }

    #[test]
    fn one_sided_movement_is_exactly_the_end_of_the_scale() {
        let [up] = run(&Rsi { period: 3 }, [&[0.1, 0.2, 0.4, 0.7, 1.1, 1.2]]);
        assert_eq!(up[3..], [100.0; 3]);
        let [down] = run(&Rsi { period: 3 }, [&[1.2, 1.1, 0.7, 0.4, 0.2, 0.1]]);
        assert_eq!(down[3..], [0.0; 3]);
    }

    #[test]
    fn a_series_that_stopped_moving_keeps_its_answer() {
        let mut xs = vec![100.0, 109.0, 108.0];
        xs.resize(20_000, 108.0);
        let [rsi] = run(&Rsi { period: 2 }, [&xs]);
        assert_rows!(rsi[2..4], [90.0, 90.0]);
        assert!(rsi[2..].iter().all(|rsi| (rsi - 90.0).abs() < 1e-9), "{:?}", rsi.last());
    }

    #[test]
    fn an_average_beyond_all_numbers_is_no_strength() {
        let [rsi] = run(&Rsi { period: 1 }, [&[1.0, 1.5e308, -1.5e308, 1.0]]);
        assert_rows!(rsi, [_, 100.0, _, _]);
    }

    #[test]
    fn a_series_that_never_moved_is_in_the_middle() {
        let [rsi] = run(&Rsi { period: 2 }, [&[0.1; 4]]);
        assert_rows!(rsi, [_, _, 50.0, 50.0]);
    }
}
