//! Plans of any number of kernels, and the same kernels without a plan.

use std::hint::black_box;
use std::ops::Range;

use ta_kernel_api::node::F64Node;
use ta_kernel_api::spec::InputSpec;
use ta_runtime::plan::{Plan, PlanOptions};

use crate::{FIELDS, bars, batch, bound, registry};

/// Kernels with one period that read fields alone, so that the bare kernels have the same inputs. Eighteen of them, taken in
/// turns, have twenty outputs.
const IDS: [&str; 10] = ["sma", "ema", "rma", "rsi", "atr", "max", "min", "std", "wma", "bbands"];

/// So many different kernels over about so many bars.
#[derive(Debug, Clone, Copy)]
pub struct Kernels {
    /// How many.
    pub count: usize,
    /// The period of the first ones. When all ids have had their turn, the next ones have one more.
    pub window: usize,
}

impl Kernels {
    /// Over twenty bars.
    pub const fn new(count: usize) -> Self {
        Self { count, window: 20 }
    }

    fn iter(self) -> impl Iterator<Item = (&'static str, i64)> {
        (0..self.count).map(move |at| (IDS[at % IDS.len()], (self.window + at / IDS.len()) as i64))
    }

    /// The plan with all their outputs.
    ///
    /// # Panics
    /// When a kernel is not linked.
    pub fn plan(self) -> Plan {
        let texts: Vec<String> = self.iter().map(|(id, period)| format!("{id}(period={period})")).collect();
        let expressions: Vec<_> = texts.iter().map(|text| (None, text.as_str())).collect();
        Plan::compile(&registry(), &expressions, &PlanOptions::default())
            .expect("expressions over linked kernels")
    }

    /// Each of them by itself.
    ///
    /// # Panics
    /// When a kernel is not linked, or reads other fields than some side by side in a bar.
    pub fn bare(self) -> Vec<Bare> {
        let (registry, bars) = (registry(), bars());
        let fields = |input: &InputSpec| FIELDS.iter().position(|field| Some(*field) == input.field);
        let bare = |(id, period)| {
            let def = registry.get(id).expect("a linked kernel");
            let node = bound(def, &[("period", period)], &bars).0;
            let reads: Vec<usize> = def.spec.inputs.iter().filter_map(fields).collect();
            let first = *reads.first().expect("a kernel that reads fields");
            assert!(reads.iter().copied().eq(first..first + def.spec.inputs.len()), "`{id}` reads no others");
            Bare { node, reads: first..first + reads.len(), out: vec![0.0; def.spec.outputs.len()] }
        };
        self.iter().map(bare).collect()
    }
}

/// A kernel without a plan.
#[derive(Debug)]
pub struct Bare {
    /// The kernel.
    pub node: Box<dyn F64Node>,
    /// The fields it reads of a bar, side by side.
    pub reads: Range<usize>,
    /// Room for the outputs of a row.
    pub out: Vec<f64>,
}

impl Bare {
    /// Takes in one bar.
    #[inline]
    pub fn step(&mut self, bar: &[f64; 5]) {
        self.node.step(black_box(&bar[self.reads.clone()]), &mut self.out);
        black_box(&self.out);
    }

    /// Computes whole columns.
    pub fn batch(&self, columns: &[&[f64]], outputs: &mut [Vec<f64>]) {
        batch(&*self.node, &columns[self.reads.clone()], outputs);
    }
}
