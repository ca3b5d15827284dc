//! A kernel bound to its state, type-erased and serialisable.
//!
//! A node advances by one row, by a chunk of columns, or answers a whole history at once. It saves as its id and scalar,
//! the version of its state, its parameters and its state, and any program that links the same kernel reads it back:
//!
//! ```
//! # mod demo {
//! # use ta_kernel_api::prelude::*;
//! # /// Twice the input.
//! # #[kernel(id = "doc::twice", family = "test", since = "0.1", inputs(source = close), outputs(twice))]
//! # pub struct Twice {}
//! # impl<S: Scalar> Kernel<S, 1, 1> for Twice {
//! #     type State = ();
//! #     fn lookback(&self) -> [usize; 1] { [0] }
//! #     fn init(&self) {}
//! #     fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] { [x + x] }
//! # }
//! # }
//! # ta_kernel_api::namespace!("doc");
//! use ta_kernel_api::{Decimal, Node, Registry, Scalar};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = Registry::linked()?;
//! let kernel = registry.get("doc::twice")?;
//! let mut node = kernel.bind::<f64>(&kernel.defaults())?;
//! let mut out = [0.0];
//! node.step(&[21.0], &mut out);
//! assert_eq!(out, [42.0]);
//!
//! let saved = serde_json::to_string(&node)?;
//! assert_eq!(saved, r#"{"doc::twice@f64":{"version":1,"params":{},"state":null}}"#);
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::{Deserialize, Deserializer, Serializer, de::Error as _, ser::SerializeStruct};

use crate::kernel::{Kernel, derived};
use crate::params::{ParamValue, Params};
use crate::registry::{KernelDef, Timing};
use crate::scalar::{Decimal, Scalar};
use crate::spec::MissingInputs;
use crate::state::State;

/// A kernel bound to its parameters and state, over the scalar `S`.
///
/// Nothing here checks for missing inputs; that is [`crate::missing`]'s part.
///
/// # Panics
/// Where a method takes inputs or outputs: when there are not as many as the kernel declares.
pub trait Node<S: Scalar>: Debug + Send + Sync {
    /// The kernel.
    fn def(&self) -> &'static KernelDef;
    /// Its parameters.
    fn params(&self) -> Params;
    /// Rows without a value, per output; see [`Kernel::lookback`].
    fn lookback(&self) -> Vec<usize>;
    /// Rows until the start no longer matters; see [`Kernel::stabilisation`].
    fn stabilisation(&self) -> usize;
    /// Whether the batch form is the provided one that drives the step form.
    fn batch_is_derived(&self) -> bool;
    /// Takes in one row.
    fn step(&mut self, inputs: &[S], outputs: &mut [S]);
    /// Takes in one row whose values stand side by side with others: each input in its slot of `row`, the outputs from the slot
    /// `first` on. When an input is missing and the kernel is not declared `missing = pass`, nothing happens and the answer is
    /// `false`.
    fn step_in(&mut self, row: &mut [S], inputs: &[usize], first: usize) -> bool;
    /// What [`step`](Self::step) would answer; nothing is remembered.
    fn peek(&self, inputs: &[S], outputs: &mut [S]);
    /// What [`step_in`](Self::step_in) would answer; nothing is remembered.
    fn peek_in(&self, row: &mut [S], inputs: &[usize], first: usize) -> bool;
    /// Takes in several rows, as so many calls of [`step`](Self::step) would. All columns are equally long.
    fn advance(&mut self, inputs: &[&[S]], outputs: &mut [&mut [S]]);
    /// The outputs over whole columns from a fresh state; the node's own state is neither used nor changed. Every row of the
    /// outputs is written. All columns are equally long.
    fn batch(&self, inputs: &[&[S]], outputs: &mut [&mut [S]]);
    /// Back to the state before the first row.
    fn reset(&mut self);
    /// An independent copy.
    fn boxed_clone(&self) -> Box<S::Node>;
}

/// A node over `f64`.
#[typetag::serde]
pub trait F64Node: Node<f64> {}

/// A node over [`Decimal`].
#[typetag::serde]
pub trait DecimalNode: Node<Decimal> {}

/// The one generic implementation behind every node.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Bound<K, S, const I: usize, const O: usize>
where
    K: Kernel<S, I, O>,
    S: Scalar,
{
    kernel: K,
    state: K::State,
}

#[allow(clippy::missing_errors_doc, reason = "hidden; the errors are the format's")]
impl<K, S, const I: usize, const O: usize> Bound<K, S, I, O>
where
    K: Kernel<S, I, O>,
    S: Scalar,
{
    pub fn new(params: &Params) -> Self {
        let kernel = K::from_params(params);
        let state = kernel.init();
        Self { kernel, state }
    }

    pub fn timing(params: &Params) -> Timing {
        let kernel = K::from_params(params);
        Timing { lookback: kernel.lookback().to_vec(), stabilisation: kernel.stabilisation() }
    }

    pub fn params(&self) -> Params {
        self.kernel.to_params()
    }

    pub fn lookback(&self) -> Vec<usize> {
        self.kernel.lookback().to_vec()
    }

    pub fn stabilisation(&self) -> usize {
        self.kernel.stabilisation()
    }

    pub fn batch_is_derived(&self) -> bool {
        derived::is_used(&self.kernel)
    }

    #[inline]
    pub fn step(&mut self, inputs: &[S], outputs: &mut [S]) {
        let outputs = outputs_of::<S, O>(outputs);
        *outputs = self.kernel.step(&mut self.state, inputs_of::<_, I>(inputs)).map(S::finite);
    }

    #[inline]
    pub fn step_in(&mut self, row: &mut [S], inputs: &[usize], first: usize) -> bool {
        let Some(inputs) = Self::complete(row, inputs) else { return false };
        row[first..][..O].copy_from_slice(&self.kernel.step(&mut self.state, inputs).map(S::finite));
        true
    }

    /// The inputs from their slots; `None` when one is missing and the kernel is not to see that.
    #[inline]
    fn complete(row: &[S], inputs: &[usize]) -> Option<[S; I]> {
        let inputs = inputs_of::<_, I>(inputs).map(|slot| row[slot]);
        let gap = K::DEF.spec.missing != MissingInputs::Pass && inputs.iter().any(|value| value.is_missing());
        (!gap).then_some(inputs)
    }

    pub fn peek(&self, inputs: &[S], outputs: &mut [S]) {
        let outputs = outputs_of::<S, O>(outputs);
        *outputs = self.kernel.step(&mut self.state.clone(), inputs_of::<_, I>(inputs)).map(S::finite);
    }

    pub fn peek_in(&self, row: &mut [S], inputs: &[usize], first: usize) -> bool {
        let Some(inputs) = Self::complete(row, inputs) else { return false };
        row[first..][..O].copy_from_slice(&self.kernel.step(&mut self.state.clone(), inputs).map(S::finite));
        true
    }

    pub fn advance(&mut self, inputs: &[&[S]], outputs: &mut [&mut [S]]) {
        let (rows, inputs, mut outputs) = columns::<S, I, O>(inputs, outputs);
        for row in 0..rows {
            let values = self.kernel.step(&mut self.state, inputs.map(|column| column[row]));
            for (column, value) in outputs.iter_mut().zip(values) {
                column[row] = value.finite();
            }
        }
    }

    pub fn batch(&self, inputs: &[&[S]], outputs: &mut [&mut [S]]) {
        let (rows, inputs, mut outputs) = columns::<S, I, O>(inputs, outputs);
        let lookback = self.kernel.lookback();
        for (column, lookback) in outputs.iter_mut().zip(lookback) {
            column[..lookback.min(rows)].fill(S::MISSING);
        }
        if lookback.into_iter().all(|lookback| lookback >= rows) {
            return;
        }
        self.kernel.batch(inputs, outputs.each_mut().map(|column| &mut **column));
        for (column, lookback) in outputs.iter_mut().zip(lookback) {
            finish(&mut column[lookback.min(rows)..]);
        }
    }

    pub fn reset(&mut self) {
        self.state = self.kernel.init();
    }

    pub fn save<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let params = self.kernel.to_params();
        let params: BTreeMap<_, _> = K::DEF.named(&params).collect();
        let mut saved = serializer.serialize_struct("Node", 3)?;
        saved.serialize_field("version", &K::DEF.spec.state_version)?;
        saved.serialize_field("params", &params)?;
        saved.serialize_field("state", &self.state)?;
        saved.end()
    }

    pub fn load<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Saved<T> {
            version: u32,
            params: BTreeMap<String, ParamValue>,
            state: T,
        }
        let saved = Saved::<K::State>::deserialize(deserializer)?;
        let spec = &K::DEF.spec;
        if saved.version != spec.state_version {
            return Err(D::Error::custom(format_args!(
                "state of `{}` has version {}, this build reads version {}",
                spec.id, saved.version, spec.state_version
            )));
        }
        let given = saved.params.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let params = K::DEF.params(given).map_err(D::Error::custom)?;
        let fresh = Self::new(&params);
        if !saved.state.fits(&fresh.state) {
            return Err(D::Error::custom(format_args!("state of `{}` does not fit its parameters", spec.id)));
        }
        Ok(Self { kernel: fresh.kernel, state: saved.state })
    }
}

/// Makes every value that is not finite the one missing value. Looks first, a block at a time, as there is rarely anything to write.
fn finish<S: Scalar>(column: &mut [S]) {
    for block in column.chunks_mut(1024) {
        if !S::all_finite(block) {
            for value in block {
                *value = value.finite();
            }
        }
    }
}

#[inline]
fn inputs_of<T: Copy, const N: usize>(values: &[T]) -> [T; N] {
    values.try_into().unwrap_or_else(|_| miscounted("inputs", values.len(), N))
}

#[inline]
fn outputs_of<S: Scalar, const N: usize>(values: &mut [S]) -> &mut [S; N] {
    let given = values.len();
    values.try_into().unwrap_or_else(|_| miscounted("outputs", given, N))
}

/// Out of the way of the steps that count right.
#[cold]
#[inline(never)]
fn miscounted(what: &str, given: usize, wanted: usize) -> ! {
    panic!("{given} {what} given to a kernel with {wanted}")
}

type Columns<'a, 'b, S, const I: usize, const O: usize> = (usize, [&'a [S]; I], [&'b mut [S]; O]);

fn columns<'a, 'b, S: Scalar, const I: usize, const O: usize>(
    inputs: &[&'a [S]],
    outputs: &'b mut [&mut [S]],
) -> Columns<'a, 'b, S, I, O> {
    assert_eq!((inputs.len(), outputs.len()), (I, O), "inputs and outputs given to a kernel with ({I}, {O})");
    let rows = outputs.first().map_or(0, |column| column.len());
    let equal =
        inputs.iter().all(|column| column.len() == rows) && outputs.iter().all(|column| column.len() == rows);
    assert!(equal, "columns of one call must be equally long");
    let mut outputs = outputs.iter_mut();
    // Both counts were compared above.
    (rows, std::array::from_fn(|i| inputs[i]), std::array::from_fn(|_| &mut **outputs.next().unwrap()))
}
