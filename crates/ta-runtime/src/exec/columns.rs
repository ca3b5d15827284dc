//! Whole columns through a plan, node by node.

use std::ops::Range;

use ta_kernel_api::missing::MissingInput;
use ta_kernel_api::{Missing, Scalar};

use super::envelope::NodeStatus;
use super::memory::Memory;
use super::ops::{self, Operand};
use super::program::{Lost, Program, Step, Work};
use super::route::aged;
use super::schedule::{ClockRows, Schedule};
use super::together::worth;

/// How kernels and histories compute columns: from a fresh state, or going on from the one they have.
pub(crate) trait Way<S: Scalar> {
    /// Whether kernels begin afresh, so that any of them can be computed at any time.
    const AFRESH: bool;
    /// The outputs of a kernel. When an input is refused, the rows before it have been computed.
    fn call(
        memory: &mut Memory<S>,
        gate: usize,
        inputs: &[&[S]],
        outputs: &mut [&mut [S]],
    ) -> Result<(), MissingInput>;
    /// The values of earlier rows.
    fn history(memory: &mut Memory<S>, ring: usize, bars: usize, x: &[S], out: &mut [S]);
}

/// The values of a slot while a plan runs.
#[derive(Debug, Clone)]
pub(super) enum Column<'a, S> {
    /// Not computed yet, or no longer needed.
    None,
    /// A column of a feed as it is.
    Source(&'a [S]),
    /// Computed here.
    Made(Vec<S>),
    /// The same in all rows.
    Constant(S),
}

/// The columns of a stretch of rows, and buffers that can be used again.
#[derive(Debug)]
pub(crate) struct Columns<'a, S> {
    pub(super) slots: Vec<Column<'a, S>>,
    clock_of: &'a [usize],
    /// How many rows each clock has.
    rows: Vec<usize>,
    spare: Vec<Vec<S>>,
}

/// A row that the policy `error` does not let pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal {
    /// The pass it is in.
    pub(crate) tick: u64,
    pub(crate) lost: Lost,
}

/// What a run goes on from and leaves behind.
pub(crate) struct Going<'a, S: Scalar> {
    pub(crate) memory: &'a mut Memory<S>,
    /// The value of each slot in the last row of its clock.
    pub(crate) values: &'a mut [S],
    pub(crate) status: &'a mut [NodeStatus],
    /// For each step whether it is carried out.
    pub(crate) run: &'a [bool],
    /// For each clock the number of the first row in the answer; negative where so many rows were answered before.
    pub(crate) offsets: &'a [isize],
}

impl<'a, S: Scalar> Columns<'a, S> {
    /// No columns yet, with buffers to use.
    pub(crate) fn new(program: &'a Program<S>, spare: Vec<Vec<S>>) -> Self {
        let clock_of = &program.clock_of[..];
        Self { slots: vec![Column::None; clock_of.len()], clock_of, rows: Vec::new(), spare }
    }

    /// Computes all nodes over the rows, adds to their status and leaves the last row of each clock in `values`. Afterwards the
    /// outputs are there and everything else has been given back.
    ///
    /// A refused row does not end the run: the rows before it go on through the later nodes, of which one may refuse an earlier
    /// row. So it is the first row that is reported, and in it the first field or node, as row after row would.
    pub(crate) fn run<W: Way<S>>(
        &mut self,
        program: &Program<S>,
        schedule: &Schedule<'_>,
        fields: &[Vec<&'a [S]>],
        going: &mut Going<'_, S>,
    ) -> Result<(), Refusal> {
        self.rows = schedule.clocks.iter().map(ClockRows::len).collect();
        let mut refusal = None;
        if program.plan.missing() == Missing::Error {
            refusal = first_gap(schedule, fields);
            if let Some(refusal) = refusal {
                self.stop(schedule, refusal.tick);
            }
        }
        for (fields, route) in fields.iter().zip(&program.routes) {
            for &(field, slot) in &route.fields {
                self.slots[slot] = Column::Source(fields[field]);
            }
        }
        let together = W::AFRESH && worth(program, schedule);
        let mut done = vec![false; program.steps.len()];
        for (at, step) in program.steps.iter().enumerate().filter(|(at, _)| going.run[*at]) {
            if together && !done[at] && matches!(step.work, Work::Call { .. }) {
                for at in self.together(program, at, schedule, going.memory) {
                    done[at] = true;
                }
            }
            if !done[at]
                && let Err(lost) = self.step::<W>(step, schedule, going)
            {
                let tick = schedule.clocks[step.clock].ticks.get(lost.row);
                refusal = Some(Refusal { tick, lost: Lost::Input { step: at, input: lost.input } });
                self.stop(schedule, tick);
            }
            let slots = step.slots();
            let offset = going.offsets[step.clock];
            let answered = if offset < 0 { offset.unsigned_abs() } else { 0 };
            let (first, last) = self.present(slots.clone(), answered);
            going.status[at].saw(offset, first, last);
            // What reads a value of another clock reads the one before these rows, so that is kept up to here.
            for &slot in &program.spent[at] {
                self.leave(slot, going.values);
                self.free(slot);
            }
        }
        for slot in 0..self.slots.len() {
            self.leave(slot, going.values);
        }
        refusal.map_or(Ok(()), Err)
    }

    /// Drops the rows from a pass on.
    fn stop(&mut self, schedule: &Schedule<'_>, tick: u64) {
        for (rows, clock) in self.rows.iter_mut().zip(&schedule.clocks) {
            *rows = (*rows).min(clock.before(tick));
        }
    }

    /// Leaves the last value of a slot behind.
    fn leave(&self, slot: usize, values: &mut [S]) {
        if let (Some(last), false) =
            (self.rows[self.clock_of[slot]].checked_sub(1), matches!(self.slots[slot], Column::None))
        {
            values[slot] = self.value(slot, last);
        }
    }

    fn step<W: Way<S>>(
        &mut self,
        step: &Step<S>,
        schedule: &Schedule<'_>,
        going: &mut Going<'_, S>,
    ) -> Result<(), MissingInput> {
        let &Step { clock, out, ref work } = step;
        let rows = self.rows[clock];
        let clock = &schedule.clocks[clock];
        let memory = &mut *going.memory;
        let made = match *work {
            Work::Field => return Ok(()),
            Work::Literal(value) => Column::Constant(value),
            Work::Time => {
                let mut made = self.empty(rows);
                made.extend(clock.ts[..rows].iter().map(|&ts| S::from_i64(ts)));
                Column::Made(made)
            }
            Work::Unary { op, x } => {
                let mut made = self.empty(rows);
                ops::unary_column(op, self.operand(x), rows, &mut made);
                Column::Made(made)
            }
            Work::Binary { op, a, b } => {
                let mut made = self.empty(rows);
                ops::binary_column(op, self.operand(a), self.operand(b), rows, &mut made);
                Column::Made(made)
            }
            Work::If { condition, yes, no } => {
                let mut made = self.empty(rows);
                let at = |slot: usize, row: usize| self.value(slot, row);
                made.extend((0..rows).map(|row| ops::choose(at(condition, row), at(yes, row), at(no, row))));
                Column::Made(made)
            }
            Work::History { ring, bars, x } => {
                let mut made = self.filled(rows);
                W::history(memory, ring, bars, self.slice(x), &mut made);
                Column::Made(made)
            }
            Work::Ago { ago, span, x } => {
                let mut made = self.empty(rows);
                let ago = &mut memory.agos[ago];
                made.extend((0..rows).map(|row| ago.push(span, clock.known[row], self.value(x, row))));
                Column::Made(made)
            }
            Work::Align { of, age, x } => {
                let mut made = self.empty(rows);
                let (read, values, before) = (&schedule.clocks[of], self.operand(x), going.values[x]);
                let mut next = 0;
                for row in 0..rows {
                    while next < read.len() && read.ticks.get(next) <= clock.ticks.get(row) {
                        next += 1;
                    }
                    let (value, at) = match next.checked_sub(1) {
                        Some(last) => (values.get(last), (read.ticks.get(last), read.known[last])),
                        None => (before, read.before),
                    };
                    let earlier = match row.checked_sub(1) {
                        Some(earlier) => clock.ticks.get(earlier),
                        None => clock.before.0,
                    };
                    made.push(aged(age, value, at, (earlier, clock.known[row])));
                }
                Column::Made(made)
            }
            Work::Downsample { of, total, rule, x } => {
                let mut made = self.empty(rows);
                let (total, mut fast) =
                    (&mut memory.totals[total], Behind::new(&schedule.clocks[of], self.rows[of]));
                for row in 0..rows {
                    fast.up_to(clock.ticks.get(row), |row| total.push(rule, self.value(x, row)));
                    made.push(total.take(rule));
                }
                fast.rest(|row| total.push(rule, self.value(x, row)));
                Column::Made(made)
            }
            Work::Aggregate { of, tally, wanted, condition, value } => {
                let mut made = self.empty(rows);
                let (read, tally) = (&schedule.clocks[of], &mut memory.tallies[tally]);
                let mut fast = Behind::new(read, self.rows[of]);
                let at = |slot: Option<usize>, row: usize| slot.map(|slot| self.value(slot, row));
                for row in 0..rows {
                    fast.up_to(clock.ticks.get(row), |row| {
                        tally.push(wanted, read.known[row], at(condition, row), at(value, row));
                    });
                    made.push(tally.read(wanted, clock.known[row]));
                }
                fast.rest(|row| tally.push(wanted, read.known[row], at(condition, row), at(value, row)));
                Column::Made(made)
            }
            Work::Call { gate, ref inputs, width } => {
                inputs.iter().for_each(|&slot| self.spread(slot, rows));
                let mut made: Vec<Vec<S>> = (0..width).map(|_| self.filled(rows)).collect();
                let inputs: Vec<&[S]> = inputs.iter().map(|&slot| &self.slice(slot)[..rows]).collect();
                let mut outputs: Vec<&mut [S]> = made.iter_mut().map(Vec::as_mut_slice).collect();
                let result = W::call(memory, gate, &inputs, &mut outputs);
                for (slot, made) in (out..).zip(made) {
                    self.slots[slot] = Column::Made(made);
                }
                return result;
            }
        };
        self.slots[out] = made;
        Ok(())
    }

    /// The output of this slot; taken away when no later output needs it.
    pub(crate) fn take(&mut self, slot: usize, again: bool) -> Vec<S> {
        match &mut self.slots[slot] {
            Column::Made(made) if !again => std::mem::take(made),
            _ => {
                let mut copy = Vec::with_capacity(self.rows[self.clock_of[slot]]);
                self.append_to(slot, &mut copy);
                copy
            }
        }
    }

    /// Adds the output of this slot to a column.
    pub(crate) fn append_to(&self, slot: usize, column: &mut Vec<S>) {
        match self.operand(slot) {
            Operand::Column(values) => column.extend_from_slice(values),
            Operand::Constant(value) => {
                column.extend(std::iter::repeat_n(value, self.rows[self.clock_of[slot]]));
            }
        }
    }

    /// The buffers, to be used again.
    pub(crate) fn into_spare(mut self) -> Vec<Vec<S>> {
        (0..self.slots.len()).for_each(|slot| self.free(slot));
        self.spare
    }

    fn operand(&self, slot: usize) -> Operand<'_, S> {
        match self.slots[slot] {
            Column::Constant(value) => Operand::Constant(value),
            _ => Operand::Column(self.slice(slot)),
        }
    }

    pub(super) fn slice(&self, slot: usize) -> &[S] {
        let rows = self.rows[self.clock_of[slot]];
        match &self.slots[slot] {
            Column::Source(values) => &values[..rows],
            Column::Made(values) => &values[..rows],
            Column::None | Column::Constant(_) => &[],
        }
    }

    fn value(&self, slot: usize, row: usize) -> S {
        self.operand(slot).get(row)
    }

    /// The first and the last row, from a given one on, in which one of the slots has a value.
    fn present(&self, slots: Range<usize>, from: usize) -> (Option<usize>, Option<usize>) {
        let mut rows = (None, None);
        for slot in slots {
            let (first, last) = match self.operand(slot) {
                Operand::Column(values) => {
                    let values = values.get(from..).unwrap_or_default();
                    let first = values.iter().position(|value| !value.is_missing());
                    let last = values.iter().rposition(|value| !value.is_missing());
                    (first.map(|row| from + row), last.map(|row| from + row))
                }
                Operand::Constant(value) if value.is_missing() => (None, None),
                Operand::Constant(_) => {
                    let rows = self.rows[self.clock_of[slot]];
                    ((from < rows).then_some(from), rows.checked_sub(1).filter(|&last| from <= last))
                }
            };
            rows = (rows.0.into_iter().chain(first).min(), rows.1.max(last));
        }
        rows
    }

    /// Makes a constant a column, for those who read columns only.
    pub(super) fn spread(&mut self, slot: usize, rows: usize) {
        if let Column::Constant(value) = self.slots[slot] {
            let mut made = self.filled(rows);
            made.fill(value);
            self.slots[slot] = Column::Made(made);
        }
    }

    /// A buffer without values.
    fn empty(&mut self, rows: usize) -> Vec<S> {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer.reserve(rows);
        buffer
    }

    /// A buffer with a value for each row, whichever.
    pub(super) fn filled(&mut self, rows: usize) -> Vec<S> {
        match self.spare.pop() {
            Some(mut buffer) => {
                buffer.resize(rows, S::ZERO);
                buffer
            }
            None => vec![S::ZERO; rows],
        }
    }

    /// Whether a slot has its values.
    pub(super) fn is_there(&self, slot: usize) -> bool {
        !matches!(self.slots[slot], Column::None)
    }

    fn free(&mut self, slot: usize) {
        if let Column::Made(buffer) = std::mem::replace(&mut self.slots[slot], Column::None) {
            self.spare.push(buffer);
        }
    }
}

/// Walks the rows of one clock behind those of another.
struct Behind<'a> {
    clock: &'a ClockRows<'a>,
    next: usize,
    rows: usize,
}

impl<'a> Behind<'a> {
    fn new(clock: &'a ClockRows<'a>, rows: usize) -> Self {
        Self { clock, next: 0, rows }
    }

    /// The rows up to a pass, that pass included.
    fn up_to(&mut self, tick: u64, mut each: impl FnMut(usize)) {
        while self.next < self.rows && self.clock.ticks.get(self.next) <= tick {
            each(self.next);
            self.next += 1;
        }
    }

    /// The rows that are left.
    fn rest(self, each: impl FnMut(usize)) {
        (self.next..self.rows).for_each(each);
    }
}

impl<S> Step<S> {
    /// The slots it fills.
    pub(crate) fn slots(&self) -> Range<usize> {
        match self.work {
            Work::Call { width, .. } => self.out..self.out + width,
            _ => self.out..self.out + 1,
        }
    }
}

/// The first row in which a field is missing.
fn first_gap<S: Scalar>(schedule: &Schedule<'_>, fields: &[Vec<&[S]>]) -> Option<Refusal> {
    let gap = |(feed, fields): (usize, &Vec<&[S]>)| {
        let rows = fields.iter().map(|field| field.iter().position(|value| value.is_missing()));
        let (row, field) = rows.enumerate().filter_map(|(field, row)| Some((row?, field))).min()?;
        Some(Refusal { tick: schedule.begin(feed, row), lost: Lost::Field { feed, field } })
    };
    fields.iter().enumerate().filter_map(gap).min_by_key(|refusal| refusal.tick)
}
