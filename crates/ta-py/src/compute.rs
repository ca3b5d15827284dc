//! A kernel over columns, in one piece or in several.

use pyo3::Python;
use smallvec::SmallVec;
use ta_kernel_api::missing::{Gate, MissingInput, batch};
use ta_kernel_api::spec::{KernelSpec, Parity};
use ta_kernel_api::{Missing, Scalar};

use crate::errors::{Class, Refusal};

/// Values (rows times columns) from which on other threads of Python run meanwhile. Below, letting go costs more than it gives.
const DETACHED: usize = 4096;

/// A column in one piece or in several.
pub(crate) type Pieces<'a> = SmallVec<[&'a [f64]; 1]>;

type Node = <f64 as Scalar>::Node;

/// The outputs of a kernel over inputs, each in the pieces it came in. Other threads of Python run meanwhile when there is much to do.
/// Without a policy nothing is missing.
pub(crate) fn run(
    py: Python<'_>,
    node: Box<Node>,
    policy: Option<Missing>,
    inputs: &[Pieces<'_>],
    outputs: &mut [&mut [f64]],
) -> Result<(), MissingInput> {
    let rows = outputs.first().map_or(0, |column| column.len());
    let compute = || columns(node, policy, inputs, outputs);
    if rows * inputs.len() < DETACHED { compute() } else { py.detach(compute) }
}

/// The same without Python. No row of an input is copied: several pieces are walked with the kernel's state, which answers bit for bit
/// what one piece would.
pub(crate) fn columns(
    node: Box<Node>,
    policy: Option<Missing>,
    inputs: &[Pieces<'_>],
    outputs: &mut [&mut [f64]],
) -> Result<(), MissingInput> {
    let mut whole: SmallVec<[&[f64]; 4]> = SmallVec::with_capacity(inputs.len());
    for pieces in inputs {
        match pieces[..] {
            [piece] => whole.push(piece),
            [] => whole.push(&[][..]),
            _ => return walk(node, policy, inputs, outputs),
        }
    }
    over(&*node, policy, &whole, outputs)
}

/// The same over columns in one piece.
fn over(
    node: &Node,
    policy: Option<Missing>,
    inputs: &[&[f64]],
    outputs: &mut [&mut [f64]],
) -> Result<(), MissingInput> {
    if let Some(policy) = policy {
        return batch::<f64>(node, policy, inputs, outputs);
    }
    node.batch(inputs, outputs);
    Ok(())
}

/// Why a row with a missing input is refused.
pub(crate) fn lost(spec: &KernelSpec, lost: MissingInput) -> Refusal {
    let name = spec.inputs[lost.input].name;
    let message = format!("`{name}` is missing in row {} (`missing=\"error\"` refuses that)", lost.row);
    Refusal::new(Class::Data, message).with("column", name).with("row", lost.row)
}

fn walk(
    node: Box<Node>,
    policy: Option<Missing>,
    inputs: &[Pieces<'_>],
    outputs: &mut [&mut [f64]],
) -> Result<(), MissingInput> {
    if node.def().spec.parity != Parity::Exact {
        // Such a kernel answers in steps nearly, not exactly, what it answers as a whole; the same data must give the same answer.
        let whole: Vec<Vec<f64>> = inputs.iter().map(|pieces| pieces.concat()).collect();
        return over(&*node, policy, &whole.iter().map(Vec::as_slice).collect::<Vec<_>>(), outputs);
    }
    let rows = outputs.first().map_or(0, |column| column.len());
    let mut gate = Gate::<f64>::new(node, policy.unwrap_or_default());
    let mut at: Vec<Cursor<'_>> = inputs.iter().map(|pieces| Cursor { pieces, taken: 0 }).collect();
    let mut done = 0;
    while done < rows {
        let length = at.iter_mut().map(Cursor::left).min().unwrap_or(rows - done);
        let pieces: Vec<&[f64]> = at.iter_mut().map(|cursor| cursor.take(length)).collect();
        let mut made: Vec<&mut [f64]> =
            outputs.iter_mut().map(|column| &mut column[done..done + length]).collect();
        gate.advance(&pieces, &mut made).map_err(|lost| MissingInput { row: done + lost.row, ..lost })?;
        done += length;
    }
    Ok(())
}

/// A place in a column of several pieces.
struct Cursor<'a> {
    pieces: &'a [&'a [f64]],
    /// Rows of the first piece that have been read.
    taken: usize,
}

impl<'a> Cursor<'a> {
    /// Rows that are left of the piece at hand.
    fn left(&mut self) -> usize {
        while let [piece, rest @ ..] = self.pieces {
            if self.taken < piece.len() {
                return piece.len() - self.taken;
            }
            (self.pieces, self.taken) = (rest, 0);
        }
        0
    }

    fn take(&mut self, length: usize) -> &'a [f64] {
        let piece = self.pieces.first().copied().unwrap_or_default();
        let from = self.taken;
        self.taken += length;
        &piece[from..from + length]
    }
}
