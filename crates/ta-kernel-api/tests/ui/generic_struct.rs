ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// Twice the input.
#[kernel(id = "acme::twice", family = "test", since = "0.1", inputs(source = close), outputs(twice))]
pub struct Twice<S> {
    /// Bars.
    #[param(default = 2, min = 1, max = 10)]
    pub period: S,
}

fn main() {}
