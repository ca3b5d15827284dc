ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

#[choices]
pub enum Seed {
    Mean,
    First,
}

#[choices]
pub enum Side {
    Above,
}

/// Twice.
#[kernel(id = "acme::twice", family = "test", since = "0.1", inputs(source = close), outputs(twice))]
pub struct Twice {
    /// No variant of its own.
    #[param(choice, default = Seed::Median)]
    pub seed: Seed,
    /// Another enum's.
    #[param(choice, default = Side::Above)]
    pub other: Seed,
}

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
