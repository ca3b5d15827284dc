//! The steps of a plan as one row goes through them.

use std::ops::Range;

use ta_kernel_api::{Missing, Scalar};

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
    /// Whether besides nothing but the time of the last row decides if a row is taken in.
    pub(crate) plain: bool,
    /// The clock that has a row at every row of the feed.
    pub(crate) clock: usize,
    /// Where the fields go: the field and the slot.
    pub(crate) fields: Vec<(usize, usize)>,
    moves: Vec<Move>,
}

/// One step, or several calls in a row. Everything is slots but for the clocks and positions in [`Memory`].
#[derive(Debug)]
enum Move {
    Calls(Calls),
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

/// A row through kernels whose gates stand side by side, one after the other.
#[derive(Debug)]
pub(crate) struct Calls {
    clock: usize,
    pub(crate) gates: Range<usize>,
    /// One for each gate.
    pub(crate) each: Vec<Call>,
}

/// A row through a kernel.
#[derive(Debug)]
pub(crate) struct Call {
    /// The node of the plan.
    pub(crate) at: usize,
    pub(crate) inputs: Box<[usize]>,
    /// The slot of its first output.
    pub(crate) first: usize,
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
    /// The way of the rows of a feed whose fields go to these slots.
    pub(crate) fn new<S: Scalar>(
        binding: &Binding,
        feed: usize,
        fields: Vec<(usize, usize)>,
        steps: &[Step<S>],
        policy: Missing,
    ) -> Self {
        let moved = |clock: usize| binding.root[clock] == feed;
        let mut moves: Vec<Move> = Vec::new();
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
            let next = match *work {
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
                    let call = Call { at, inputs: inputs.clone(), first: out };
                    match moves.last_mut() {
                        Some(Move::Calls(calls)) if calls.clock == clock && calls.gates.end == gate => {
                            calls.gates.end += 1;
                            calls.each.push(call);
                            continue;
                        }
                        _ => Move::Calls(Calls { clock, gates: gate..gate + 1, each: vec![call] }),
                    }
                }
            };
            moves.push(next);
        }
        let clocks = binding.root.iter().filter(|&&root| root == feed).count();
        let apart = |step: &Step<S>| match step.work {
            Work::Aggregate { of, .. } => of != step.clock,
            _ => false,
        };
        let even = clocks == 1 && !steps.iter().any(apart);
        let plain = even && policy != Missing::Error && binding.readers[feed].is_empty();
        Self { even, plain, clock: binding.gearing.feeds[feed][0], fields, moves }
    }

    /// Puts the fields of a row into their slots.
    #[inline]
    pub(crate) fn put<S: Scalar>(&self, fields: &[S], row: &mut [S]) {
        for &(field, slot) in &self.fields {
            row[slot] = fields[field];
        }
    }

    /// Computes one row of the only clock there is.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs as much as a small kernel")]
    pub(crate) fn run<S: Scalar>(
        &self,
        clocks: &Clocks,
        row: &mut [S],
        memory: &mut Memory<S>,
    ) -> Result<(), Lost> {
        for step in &self.moves {
            match step {
                Move::Calls(calls) => memory.calls(calls, row)?,
                _ => step.run(clocks, |_| true, row, memory)?,
            }
        }
        Ok(())
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
    /// Apart, as calls of kernels have the registers to themselves then.
    #[inline(never)]
    fn run<S: Scalar>(
        &self,
        clocks: &Clocks,
        active: impl Fn(usize) -> bool,
        row: &mut [S],
        memory: &mut impl Recall<S>,
    ) -> Result<(), Lost> {
        match *self {
            Self::Calls(ref calls) => {
                if active(calls.clock) {
                    memory.calls(calls, row)?;
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
