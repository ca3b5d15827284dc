ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// Twice the input.
#[kernel(id = "acme::twice", aliases("double"), family = "test", since = "0.1", inputs(source = close), outputs(twice))]
pub struct Twice {}

impl<S: Scalar> Kernel<S, 1, 1> for Twice {
    type State = ();
    fn lookback(&self) -> [usize; 1] {
        [0]
    }
    fn init(&self) {}
    fn step(&self, (): &mut (), [x]: [S; 1]) -> [S; 1] {
        [x + x]
    }
}

fn main() {}
