//! Kernels with faults and awkward names.

ta_kernel_api::namespace!("odd");

use ta_kernel_api::prelude::*;

/// Panics at a negative value.
#[kernel(id = "odd::broken", family = "test", since = "0.1", inputs(source = close), outputs(broken))]
pub struct Broken {}

impl<S: Scalar> Kernel<S, 1, 1> for Broken {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        assert!(x >= S::ZERO, "broken on purpose");
        [x]
    }
}

/// Has names that Python keeps for itself, and one that every function has.
#[kernel(
    id = "odd::lambda",
    family = "test",
    since = "0.1",
    inputs(a, b),
    outputs(
        /// The first.
        class,
        /// The second.
        pass
    )
)]
pub struct Lambda {
    /// Added to both.
    #[param(default = 1, min = 0, max = 10)]
    pub from: usize,
    /// Whether to do it.
    #[param(default = true)]
    pub out: bool,
}

impl<S: Scalar> Kernel<S, 2, 2> for Lambda {
    type State = ();
    fn lookback(&self) -> [usize; 2] {
        [0, 0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [a, b]: [S; 2]) -> [S; 2] {
        let by = if self.out { S::from_count(self.from) } else { S::ZERO };
        [a + by, b + by]
    }
}

/// Answers a little more in steps than as a whole.
#[kernel(
    id = "odd::near",
    family = "test",
    since = "0.1",
    inputs(source = close),
    outputs(near),
    parity = relative(1e-9, "to tell the forms apart")
)]
pub struct Near {}

impl<S: Scalar> Kernel<S, 1, 1> for Near {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x * S::from_f64(1.000_000_000_1)]
    }
    fn batch(&self, [x]: [&[S]; 1], [near]: [&mut [S]; 1]) {
        near.copy_from_slice(x);
    }
}

ta_py::export!(odd_ta);
