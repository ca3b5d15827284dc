ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// Twice the input.
#[kernel(id = "acme::twice", family = "test", since = "0.1", inputs(source = close), outputs(twice))]
pub struct Twice {
    /// Bars.
    #[param(default = 2.5, min = 1, max = 10)]
    pub period: usize,
    /// Bars.
    #[param(default = 2, min = -1, max = 10)]
    pub other: usize,
    /// Bars.
    #[param(default = 2, min = 1, max = 9_223_372_036_854_775_808)]
    pub most: i64,
    /// A factor.
    #[param(default = 2, min = 1, max = 1e999)]
    pub factor: f64,
}

fn main() {}
