//! The trait a kernel implements.

use crate::params::Params;
use crate::registry::KernelDef;
use crate::scalar::Scalar;
use crate::state::State;

/// What `#[kernel]` knows about a parameters struct: its declaration, and the way to and from checked parameters.
///
/// Implemented by the macro alone.
pub trait Declared: Sized + Clone + std::fmt::Debug + Send + Sync + 'static {
    /// The declaration.
    const DEF: &'static KernelDef;
    /// The struct as parameter values in declared order.
    #[doc(hidden)]
    fn to_params(&self) -> Params;
    /// The struct from checked parameters.
    #[doc(hidden)]
    fn from_params(params: &Params) -> Self;
}

/// A technical-analysis kernel over the scalar `S` with `I` inputs and `O` outputs per bar.
///
/// The struct is the parameters and never changes; [`State`](Self::State) is all the memory there is. A kernel is only ever handed
/// rows in which every input is present (unless it is declared `missing = pass`), and its parameters have been checked
/// against their declaration before it exists. A result that is not finite becomes the missing value when it leaves the kernel.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement `Kernel<{S}, {I}, {O}>`, as its `#[kernel(...)]` attribute promises",
    label = "promised here: {I} input(s) and {O} output(s) over `{S}`",
    note = "make `inputs(...)` and `outputs(...)` list as many names as the `impl` has, and `scalars(...)` only what it covers"
)]
pub trait Kernel<S: Scalar, const I: usize, const O: usize>: Declared {
    /// What is remembered between two bars; `()` for a kernel without memory.
    type State: State;

    /// For each output the number of leading rows that have no value. Exact on input without gaps: rows before it are missing and
    /// the row at it is present, unless the kernel is declared `warmup = data`.
    fn lookback(&self) -> [usize; O];

    /// Rows until the influence of the start is below 1e-9 of the values fed in. For kernels with a finite memory that is the
    /// lookback; recursive kernels answer more, and those that never forget answer `usize::MAX`.
    fn stabilisation(&self) -> usize {
        self.lookback().into_iter().max().unwrap_or(0)
    }

    /// The state before the first bar.
    fn init(&self) -> Self::State;

    /// Takes in one bar and answers its outputs, missing during the warm-up.
    fn step(&self, state: &mut Self::State, inputs: [S; I]) -> [S; O];

    /// Computes whole columns from the first bar on. All slices are equally long, and long enough for at least one output to have
    /// a value. Output rows before [`lookback`](Self::lookback) already hold the missing value; every row from there on must be
    /// written.
    ///
    /// The provided form drives [`step`](Self::step) and is shown as `batch: derived` in the catalogue. An own form is faster and gives the
    /// harness two independent computations to compare.
    fn batch(&self, inputs: [&[S]; I], outputs: [&mut [S]; O]) {
        derived::batch(self, inputs, outputs);
    }
}

/// How `#[kernel]` complains once, and not at every use, when an `impl` does not have the inputs, outputs and scalars that the
/// attribute promises: everything behind the first complaint compiles with a stand-in.
#[doc(hidden)]
pub mod promise {
    use super::{Declared, Kernel, KernelDef, Params, Scalar};

    /// Does not compile unless the kernel keeps the promise.
    pub const fn keep<K: Kernel<S, I, O>, S: Scalar, const I: usize, const O: usize>() {}

    /// What is found where the promise is not kept.
    pub trait Broken {
        const KEPT: bool = false;
    }
    impl<T> Broken for T {}

    /// The kernel, or the stand-in.
    #[derive(Debug)]
    pub struct Is<const KEPT: bool>;
    pub trait Or<K> {
        type Kernel;
    }
    impl<K> Or<K> for Is<true> {
        type Kernel = K;
    }
    impl<K> Or<K> for Is<false> {
        type Kernel = StandIn;
    }

    /// Never made: the build has failed where it would be.
    #[derive(Debug, Clone)]
    pub enum StandIn {}

    impl Declared for StandIn {
        const DEF: &'static KernelDef = unreachable!();
        fn to_params(&self) -> Params {
            match *self {}
        }
        fn from_params(_: &Params) -> Self {
            unreachable!()
        }
    }

    impl<S: Scalar, const I: usize, const O: usize> Kernel<S, I, O> for StandIn {
        type State = ();
        fn lookback(&self) -> [usize; O] {
            match *self {}
        }
        fn init(&self) {
            match *self {}
        }
        fn step(&self, (): &mut (), _: [S; I]) -> [S; O] {
            match *self {}
        }
    }
}

pub(crate) mod derived {
    use std::cell::Cell;

    use super::{Kernel, Scalar};

    thread_local! {
        static USED: Cell<bool> = const { Cell::new(false) };
    }

    /// The provided batch form: one fresh state, stepped through all rows.
    pub(crate) fn batch<K, S, const I: usize, const O: usize>(
        kernel: &K,
        inputs: [&[S]; I],
        mut outputs: [&mut [S]; O],
    ) where
        K: Kernel<S, I, O>,
        S: Scalar,
    {
        USED.set(true);
        let mut state = kernel.init();
        for row in 0..inputs.first().map_or(0, |column| column.len()) {
            let values = kernel.step(&mut state, inputs.map(|column| column[row]));
            for (column, value) in outputs.iter_mut().zip(values) {
                column[row] = value;
            }
        }
    }

    /// Whether `batch` of this kernel is the provided one: runs it over its first row and looks whether the provided form was
    /// reached.
    pub(crate) fn is_used<K, S, const I: usize, const O: usize>(kernel: &K) -> bool
    where
        K: Kernel<S, I, O>,
        S: Scalar,
    {
        let rows = kernel.lookback().into_iter().min().unwrap_or(0) + 1;
        let input = vec![S::ONE; rows];
        let mut outputs: [Vec<S>; O] = std::array::from_fn(|_| vec![S::MISSING; rows]);
        USED.set(false);
        kernel.batch([&input; I], outputs.each_mut().map(Vec::as_mut_slice));
        USED.get()
    }
}
