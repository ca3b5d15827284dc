//! Whole columns through a plan, node by node.

use std::ops::Range;

use ta_kernel_api::missing::MissingInput;
use ta_kernel_api::{Missing, Scalar};

use super::Program;
use super::envelope::NodeStatus;
use super::ops::{self, Operand};
use super::program::{Lost, Refusal, Step};

/// How nodes with a memory compute columns: from a fresh state, or going on from the one they have.
pub(crate) trait Engine<S: Scalar> {
    /// The outputs of a kernel. When an input is refused, the rows before it have been computed.
    fn call(&mut self, gate: usize, inputs: &[&[S]], outputs: &mut [&mut [S]]) -> Result<(), MissingInput>;
    /// The values of earlier rows.
    fn history(&mut self, ring: usize, bars: usize, x: &[S], out: &mut [S]);
}

/// The values of a slot while a plan runs.
#[derive(Debug)]
enum Column<'a, S> {
    /// Not computed yet, or no longer needed.
    None,
    /// A column of the source as it is.
    Source(&'a [S]),
    /// Computed here.
    Made(Vec<S>),
    /// The same in all rows.
    Constant(S),
}

/// The columns of a stretch of rows, and buffers that can be used again.
#[derive(Debug)]
pub(crate) struct Columns<'a, S> {
    slots: Vec<Column<'a, S>>,
    rows: usize,
    spare: Vec<Vec<S>>,
}

/// The rows to compute: their times and the columns of the layout.
#[derive(Debug)]
pub(crate) struct Stretch<'a, S> {
    pub(crate) ts: &'a [i64],
    pub(crate) fields: Vec<&'a [S]>,
    /// How many rows of the same call came before.
    pub(crate) offset: usize,
}

impl<'a, S: Scalar> Columns<'a, S> {
    /// No columns yet, with buffers to use.
    pub(crate) fn new(slots: usize, spare: Vec<Vec<S>>) -> Self {
        let slots = std::iter::repeat_with(|| Column::None).take(slots).collect();
        Self { slots, rows: 0, spare }
    }

    /// Computes all nodes over the rows, adds to their status and leaves the last row in `values`. Afterwards the outputs
    /// are there and everything else has been given back.
    ///
    /// A refused row does not end the run: the rows before it go on through the later nodes, of which one may refuse an earlier
    /// row. So it is the first row that is reported, and in it the first field or node, as row after row would.
    pub(crate) fn run(
        &mut self,
        program: &Program<S>,
        stretch: &Stretch<'a, S>,
        engine: &mut impl Engine<S>,
        status: &mut [NodeStatus],
        values: &mut [S],
    ) -> Result<(), Refusal> {
        self.rows = stretch.ts.len();
        let mut refusal = None;
        if program.plan.missing() == Missing::Error {
            refusal = first_gap(&stretch.fields, self.rows);
            self.rows = refusal.map_or(self.rows, |refusal| refusal.row);
        }
        for (at, step) in program.steps.iter().enumerate() {
            if let Err(lost) = self.step(step, stretch, engine) {
                let MissingInput { row, input } = lost;
                refusal = Some(Refusal { row, lost: Lost::Input { step: at, input } });
                self.rows = row;
            }
            let slots = step.slots();
            if let Some(last) = self.rows.checked_sub(1) {
                for slot in slots.clone() {
                    values[slot] = self.value(slot, last);
                }
            }
            let (first, last) = self.present(slots);
            status[at].saw(stretch.offset, first, last);
            for &slot in &program.spent[at] {
                self.free(slot);
            }
        }
        refusal.map_or(Ok(()), Err)
    }

    fn step(
        &mut self,
        step: &Step<S>,
        stretch: &Stretch<'a, S>,
        engine: &mut impl Engine<S>,
    ) -> Result<(), MissingInput> {
        let rows = self.rows;
        let (out, made) = match *step {
            Step::Field { field, out } => (out, Column::Source(&stretch.fields[field][..rows])),
            Step::Literal { value, out } => (out, Column::Constant(value)),
            Step::Clock { out } => {
                let mut made = self.empty();
                made.extend(stretch.ts[..rows].iter().map(|&ts| S::from_i64(ts)));
                (out, Column::Made(made))
            }
            Step::Unary { op, x, out } => match self.operand(x) {
                Operand::Constant(x) => (out, Column::Constant(ops::unary(op, x))),
                Operand::Column(_) => {
                    let mut made = self.empty();
                    ops::unary_column(op, self.slice(x), &mut made);
                    (out, Column::Made(made))
                }
            },
            Step::Binary { op, a, b, out } => {
                if let (Operand::Constant(a), Operand::Constant(b)) = (self.operand(a), self.operand(b)) {
                    (out, Column::Constant(ops::binary(op, a, b)))
                } else {
                    let mut made = self.empty();
                    ops::binary_column(op, self.operand(a), self.operand(b), rows, &mut made);
                    (out, Column::Made(made))
                }
            }
            Step::History { ring, bars, x, out } => {
                self.spread(x);
                let mut made = self.filled();
                engine.history(ring, bars, self.slice(x), &mut made);
                (out, Column::Made(made))
            }
            Step::Call { gate, ref inputs, first, width } => {
                inputs.iter().for_each(|&slot| self.spread(slot));
                let mut made: Vec<Vec<S>> = (0..width).map(|_| self.filled()).collect();
                let inputs: Vec<&[S]> = inputs.iter().map(|&slot| self.slice(slot)).collect();
                let mut outputs: Vec<&mut [S]> = made.iter_mut().map(Vec::as_mut_slice).collect();
                let result = engine.call(gate, &inputs, &mut outputs);
                for (slot, made) in (first..).zip(made) {
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
                let mut copy = Vec::with_capacity(self.rows);
                self.append_to(slot, &mut copy);
                copy
            }
        }
    }

    /// Adds the output of this slot to a column.
    pub(crate) fn append_to(&self, slot: usize, column: &mut Vec<S>) {
        match self.operand(slot) {
            Operand::Column(values) => column.extend_from_slice(values),
            Operand::Constant(value) => column.extend(std::iter::repeat_n(value, self.rows)),
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

    fn slice(&self, slot: usize) -> &[S] {
        match &self.slots[slot] {
            Column::Source(values) => &values[..self.rows],
            Column::Made(values) => &values[..self.rows],
            Column::None | Column::Constant(_) => &[],
        }
    }

    fn value(&self, slot: usize, row: usize) -> S {
        match self.operand(slot) {
            Operand::Column(values) => values[row],
            Operand::Constant(value) => value,
        }
    }

    /// The first and the last row in which one of the slots has a value.
    fn present(&self, slots: Range<usize>) -> (Option<usize>, Option<usize>) {
        let mut rows = (None, None);
        for slot in slots {
            let (first, last) = match self.operand(slot) {
                Operand::Column(values) => (
                    values.iter().position(|value| !value.is_missing()),
                    values.iter().rposition(|value| !value.is_missing()),
                ),
                Operand::Constant(value) if value.is_missing() => (None, None),
                Operand::Constant(_) => (self.rows.checked_sub(1).map(|_| 0), self.rows.checked_sub(1)),
            };
            rows = (rows.0.into_iter().chain(first).min(), rows.1.max(last));
        }
        rows
    }

    /// Makes a constant a column, for those who read columns only.
    fn spread(&mut self, slot: usize) {
        if let Column::Constant(value) = self.slots[slot] {
            let mut made = self.filled();
            made.fill(value);
            self.slots[slot] = Column::Made(made);
        }
    }

    /// A buffer without values.
    fn empty(&mut self) -> Vec<S> {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer.reserve(self.rows);
        buffer
    }

    /// A buffer with a value for each row, whichever.
    fn filled(&mut self) -> Vec<S> {
        match self.spare.pop() {
            Some(mut buffer) => {
                buffer.resize(self.rows, S::ZERO);
                buffer
            }
            None => vec![S::ZERO; self.rows],
        }
    }

    fn free(&mut self, slot: usize) {
        if let Column::Made(buffer) = std::mem::replace(&mut self.slots[slot], Column::None) {
            self.spare.push(buffer);
        }
    }
}

impl<S> Step<S> {
    /// The slots it fills.
    fn slots(&self) -> Range<usize> {
        match *self {
            Self::Field { out, .. }
            | Self::Clock { out }
            | Self::Literal { out, .. }
            | Self::Unary { out, .. }
            | Self::Binary { out, .. }
            | Self::History { out, .. } => out..out + 1,
            Self::Call { first, width, .. } => first..first + width,
        }
    }
}

/// The first row in which a field is missing.
fn first_gap<S: Scalar>(fields: &[&[S]], rows: usize) -> Option<Refusal> {
    (0..rows).find_map(|row| {
        let field = fields.iter().position(|field| field[row].is_missing())?;
        Some(Refusal { row, lost: Lost::Field(field) })
    })
}
