ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// How to begin.
#[choices]
pub enum Seed {
    /// With the mean.
    Mean,
}

/// Twice the input.
#[kernel(id = "acme::twice", family = "test", since = "0.1", inputs(source = close), outputs(twice))]
pub struct Twice {
    /// How to begin.
    #[param(choice, default = Seed::Mean, min = 1)]
    pub seed: Seed,
    /// How to end.
    #[param(choice, default = 1)]
    pub end: Seed,
}

fn main() {}
