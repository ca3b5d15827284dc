ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// Twice the input.
#[kernel(id = "acme::twice", family = "test", since = "0.1", inputs(source = close), outputs(twice))]
pub struct Twice {
    /// Bars.
    #[param(default = 5)]
    pub period: usize,
    /// A flag.
    #[param(default = 1)]
    pub flag: bool,
    /// Nothing said.
    pub other: f64,
}

fn main() {}
