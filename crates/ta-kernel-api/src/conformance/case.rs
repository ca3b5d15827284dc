//! One case: a kernel with its parameters, and the series it is tried on.

use std::fmt;
use std::ops::Range;

use super::saved::Saved;
use super::series::{Rng, Series};
use crate::node::Node;
use crate::params::Params;
use crate::registry::{KernelDef, Timing};
use crate::scalar::ScalarKind;

/// Columns of equal length, one per input or one per output.
pub(super) type Columns<S> = Vec<Vec<S>>;

/// Parameters and a series, enough to make the case again.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) params: Params,
    pub(super) series: Series,
}

impl Setting {
    /// Names the kernel, the parameters and the series.
    pub(super) fn describe(&self, def: &KernelDef, scalar: ScalarKind) -> String {
        format!("{}@{scalar}{} on {}", def.spec.id, Named(def, &self.params), self.series)
    }
}

/// Parameters as ` { period: 2 }`, or nothing when there are none.
pub(super) struct Named<'a>(pub(super) &'a KernelDef, pub(super) &'a Params);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lead = " { ";
        for (name, value) in self.0.named(self.1) {
            write!(f, "{lead}{name}: {value}")?;
            lead = ", ";
        }
        if lead == ", " { f.write_str(" }") } else { Ok(()) }
    }
}

/// A setting with its columns made.
pub(super) struct Case<S> {
    pub(super) def: &'static KernelDef,
    pub(super) params: Params,
    pub(super) series: Series,
    pub(super) inputs: Columns<S>,
}

impl<S: Saved> Case<S> {
    pub(super) fn new(def: &'static KernelDef, setting: &Setting) -> Self {
        let Setting { params, series } = setting.clone();
        Self { def, params, series, inputs: series.columns(def.spec.inputs) }
    }

    pub(super) fn rows(&self) -> usize {
        self.series.rows
    }

    /// A fresh node.
    pub(super) fn node(&self) -> Box<S::Node> {
        bind::<S>(self.def, &self.params)
    }

    /// How long the kernel takes.
    pub(super) fn timing(&self) -> Timing {
        timing::<S>(self.def, &self.params)
    }

    /// Other inputs of the same kind and length.
    pub(super) fn other_inputs(&self) -> Columns<S> {
        let seed = self.series.seed.wrapping_add(1);
        Series { seed, ..self.series }.columns(self.def.spec.inputs)
    }

    /// Cuts the rows into chunks of uneven length, some of them empty.
    pub(super) fn chunks(&self) -> Vec<Range<usize>> {
        let mut rng = Rng::new(self.series.seed, 2000);
        let (mut chunks, mut from) = (Vec::new(), 0);
        while from < self.rows() {
            let length = [0, 1, 1, 2, 3, 7, 20, 64][rng.below(8) as usize];
            let to = (from + length).min(self.rows());
            chunks.push(from..to);
            from = to;
        }
        chunks
    }

    /// Rows at which to interrupt: before the first, at the end of the warm-up and at `random` others.
    pub(super) fn cuts(&self, random: usize) -> Vec<usize> {
        let mut rng = Rng::new(self.series.seed, 3000);
        let warm = self.timing().longest();
        let mut cuts = vec![0, warm.min(self.rows()), (warm + 1).min(self.rows())];
        cuts.extend((0..random).map(|_| rng.below(self.rows() as u32) as usize));
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }

    /// The answers of a fresh node that is stepped through all rows.
    pub(super) fn steps(&self) -> Columns<S> {
        let mut out = Vec::new();
        step::<S>(&mut *self.node(), &self.inputs, 0..self.rows(), &mut out);
        out
    }

    /// The answers over all rows at once.
    pub(super) fn batch(&self) -> Columns<S> {
        batch::<S>(&*self.node(), &self.inputs, self.rows())
    }
}

/// The kernel with these parameters, which have been accepted before.
pub(super) fn bind<S: Saved>(def: &KernelDef, params: &Params) -> Box<S::Node> {
    def.bind::<S>(params).expect("the walk asks for declared scalars only")
}

/// How long the kernel takes with these parameters.
pub(super) fn timing<S: Saved>(def: &KernelDef, params: &Params) -> Timing {
    def.timing::<S>(params).expect("the walk asks for declared scalars only")
}

/// Steps through `rows` of the inputs and appends what is answered to `out`.
pub(super) fn step<S: Saved>(
    node: &mut S::Node,
    inputs: &[Vec<S>],
    rows: Range<usize>,
    out: &mut Columns<S>,
) {
    let mut answer = vec![S::ZERO; node.def().spec.outputs.len()];
    out.resize_with(answer.len(), Vec::new);
    let mut given = Vec::with_capacity(inputs.len());
    for row in rows {
        given.clear();
        given.extend(inputs.iter().map(|column| column[row]));
        node.step(&given, &mut answer);
        for (column, &value) in out.iter_mut().zip(&answer) {
            column.push(value);
        }
    }
}

/// Takes in `rows` of the inputs as one chunk and appends what is answered to `out`.
pub(super) fn advance<S: Saved>(
    node: &mut S::Node,
    inputs: &[Vec<S>],
    rows: Range<usize>,
    out: &mut Columns<S>,
) {
    out.resize_with(node.def().spec.outputs.len(), Vec::new);
    let mut chunk = blank::<S>(out.len(), rows.len(), S::ZERO);
    node.advance(&part(inputs, rows), &mut parts_mut(&mut chunk));
    for (column, values) in out.iter_mut().zip(chunk) {
        column.extend(values);
    }
}

/// The answers over the first `rows` of the inputs at once.
pub(super) fn batch<S: Saved>(node: &S::Node, inputs: &[Vec<S>], rows: usize) -> Columns<S> {
    let mut out = blank::<S>(node.def().spec.outputs.len(), rows, S::ZERO);
    node.batch(&part(inputs, 0..rows), &mut parts_mut(&mut out));
    out
}

/// Columns filled with one value.
pub(super) fn blank<S: Saved>(columns: usize, rows: usize, value: S) -> Columns<S> {
    vec![vec![value; rows]; columns]
}

/// Some rows of each column.
pub(super) fn part<S>(columns: &[Vec<S>], rows: Range<usize>) -> Vec<&[S]> {
    columns.iter().map(|column| &column[rows.clone()]).collect()
}

/// Each column as a slice to write to.
pub(super) fn parts_mut<S>(columns: &mut [Vec<S>]) -> Vec<&mut [S]> {
    columns.iter_mut().map(Vec::as_mut_slice).collect()
}
