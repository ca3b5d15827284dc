//! The steps of a plan as one row goes through them.

use ta_kernel_api::Scalar;

use super::binding::Binding;
use super::clocks::{Active, Clocks};
use super::memory::{Glance, Memory, Recall, Wanted};
use super::ops;
use super::program::{Lost, Step, Work};
use crate::dataset::{Downsample, Timeframe};
use crate::expr::{BinaryOp, UnaryOp};
use crate::plan::Age;

/// The steps that a row of a feed may move, in the order of the plan. Fields and literals stand in their slots already.
#[derive(Debug)]
pub(crate) struct Route {
    /// Whether all steps move at every row: there is one clock and nothing is put together.
    pub(crate) even: bool,
    /// The clock that has a row at every row of the feed.
    pub(crate) clock: usize,
    moves: Vec<Move>,
}

/// One step. Everything is slots but for the clocks, positions in [`Memory`], and `at`, the node of the plan.
#[derive(Debug)]
enum Move {
    Call { at: usize, clock: usize, gate: usize, inputs: Box<[usize]>, first: usize },
    Time { clock: usize, out: usize },
    Unary { clock: usize, op: UnaryOp, x: usize, out: usize },
    Binary { clock: usize, op: BinaryOp, a: usize, b: usize, out: usize },
    If { clock: usize, condition: usize, yes: usize, no: usize, out: usize },
    History { clock: usize, ring: usize, x: usize, out: usize },
    Ago { clock: usize, ago: usize, span: Timeframe, x: usize, out: usize },
    Align { clock: usize, of: usize, age: Age, x: usize, out: usize },
    Downsample { clock: usize, of: usize, total: usize, rule: Downsample, x: usize, out: usize },
    Aggregate(Box<Aggregate>),
}

#[derive(Debug)]
struct Aggregate {
    clock: usize,
    of: usize,
    tally: usize,
    wanted: Wanted,
    condition: Option<usize>,
    value: Option<usize>,
    out: usize,
}

impl Route {
    pub(crate) fn new<S: Scalar>(binding: &Binding, feed: usize, steps: &[Step<S>]) -> Self {
        let moved = |clock: usize| binding.root[clock] == feed;
        let mut moves = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let &Step { clock, out, ref work } = step;
            let touched = match *work {
                Work::Field | Work::Literal(_) => false,
                Work::Downsample { of, .. } | Work::Aggregate { of, .. } => moved(of) || moved(clock),
                _ => moved(clock),
            };
            if !touched {
                continue;
            }
            moves.push(match *work {
                Work::Field | Work::Literal(_) => continue,
                Work::Time => Move::Time { clock, out },
                Work::Unary { op, x } => Move::Unary { clock, op, x, out },
                Work::Binary { op, a, b } => Move::Binary { clock, op, a, b, out },
                Work::If { condition, yes, no } => Move::If { clock, condition, yes, no, out },
                Work::History { ring, x, .. } => Move::History { clock, ring, x, out },
                Work::Ago { ago, span, x } => Move::Ago { clock, ago, span, x, out },
                Work::Align { of, age, x } => Move::Align { clock, of, age, x, out },
                Work::Downsample { of, total, rule, x } => {
                    Move::Downsample { clock, of, total, rule, x, out }
                }
                Work::Aggregate { of, tally, wanted, condition, value } => {
                    Move::Aggregate(Box::new(Aggregate { clock, of, tally, wanted, condition, value, out }))
                }
                Work::Call { gate, ref inputs, .. } => {
                    Move::Call { at, clock, gate, inputs: inputs.clone(), first: out }
                }
            });
        }
        let clocks = binding.root.iter().filter(|&&root| root == feed).count();
        let apart = |step: &Step<S>| match step.work {
            Work::Aggregate { of, .. } => of != step.clock,
            _ => false,
        };
        let even = clocks == 1 && !steps.iter().any(apart);
        Self { even, clock: binding.gearing.feeds[feed][0], moves }
    }

    /// Computes one row of the only clock there is.
    #[inline]
    pub(crate) fn run<S: Scalar>(
        &self,
        clocks: &Clocks,
        row: &mut [S],
        memory: &mut Memory<S>,
    ) -> Result<(), Lost> {
        self.moves.iter().try_for_each(|step| step.run(clocks, |_| true, row, memory))
    }

    /// Computes one row of the only clock there is; nothing is remembered.
    pub(crate) fn peek<S: Scalar>(
        &self,
        clocks: &Clocks,
        row: &mut [S],
        memory: &Memory<S>,
    ) -> Result<(), Lost> {
        self.moves.iter().try_for_each(|step| step.run(clocks, |_| true, row, &mut Glance(memory)))
    }

    /// Computes one pass.
    pub(crate) fn pass<S: Scalar>(
        &self,
        clocks: &Clocks,
        active: Active,
        row: &mut [S],
        memory: &mut Memory<S>,
    ) -> Result<(), Lost> {
        self.moves.iter().try_for_each(|step| step.run(clocks, |clock| active.has(clock), row, memory))
    }
}

impl Move {
    #[inline]
    fn run<S: Scalar>(
        &self,
        clocks: &Clocks,
        active: impl Fn(usize) -> bool,
        row: &mut [S],
        memory: &mut impl Recall<S>,
    ) -> Result<(), Lost> {
        match *self {
            Self::Call { at, clock, gate, ref inputs, first } => {
                if active(clock) {
                    memory.call((at, gate), row, inputs, first)?;
                }
            }
            Self::Time { clock, out } => {
                if active(clock) {
                    row[out] = S::from_i64(clocks.hands[clock].ts);
                }
            }
            Self::Unary { clock, op, x, out } => {
                if active(clock) {
                    row[out] = ops::unary(op, row[x]);
                }
            }
            Self::Binary { clock, op, a, b, out } => {
                if active(clock) {
                    row[out] = ops::binary(op, row[a], row[b]);
                }
            }
            Self::If { clock, condition, yes, no, out } => {
                if active(clock) {
                    row[out] = ops::choose(row[condition], row[yes], row[no]);
                }
            }
            Self::History { clock, ring, x, out } => {
                if active(clock) {
                    row[out] = memory.history(ring, row[x]);
                }
            }
            Self::Ago { clock, ago, span, x, out } => {
                if active(clock) {
                    row[out] = memory.ago(ago).push(span, clocks.hands[clock].known, row[x]);
                }
            }
            Self::Align { clock, of, age, x, out } => {
                if active(clock) {
                    let (reader, read) = (&clocks.hands[clock], &clocks.hands[of]);
                    row[out] = aged(age, row[x], (read.tick, read.known), (reader.before, reader.known));
                }
            }
            Self::Downsample { clock, of, total, rule, x, out } => {
                let mut total = memory.total(total);
                if active(of) {
                    total.push(rule, row[x]);
                }
                if active(clock) {
                    row[out] = total.take(rule);
                }
            }
            Self::Aggregate(ref aggregate) => {
                let &Aggregate { clock, of, tally, wanted, condition, value, out } = &**aggregate;
                let mut tally = memory.tally(tally);
                if active(of) {
                    let known = clocks.hands[of].known;
                    tally.push(wanted, known, condition.map(|slot| row[slot]), value.map(|slot| row[slot]));
                }
                if active(clock) {
                    row[out] = tally.read(wanted, clocks.hands[clock].known);
                }
            }
        }
        Ok(())
    }
}

/// A value of another clock, unless it is too old: what is read with its pass and from when on it is known, and of the reader the
/// pass before and from when on the row is known.
pub(crate) fn aged<S: Scalar>(age: Age, value: S, read: (u64, i64), reader: (u64, i64)) -> S {
    let young = match age {
        Age::Any => true,
        Age::Fresh => read.0 > reader.0,
        Age::Within(span) => read.1 >= span.before(reader.1),
    };
    if young { value } else { S::MISSING }
}
