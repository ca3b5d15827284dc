ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// Twice the input.
#[kernel(id = "acme::twice", family = "test", since = "0.1", inputs(source = close), outputs(twice))]
pub struct Twice {
    /// Bars.
    #[param(default = 0, min = 1, max = 10)]
    pub period: usize,
}

fn main() {}
