ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// Twice the input.
#[kernel(id = "acme::twice", family = "test", since = "0.1", inputs(source = close), outputs(twice))]
pub struct Twice {
    /// A word.
    #[param(default = 5)]
    pub word: String,
    /// Narrow.
    #[param(default = 5, min = 1, max = 10)]
    pub period: u32,
    /// Perhaps.
    #[param(default = 5, min = 1, max = 10)]
    pub perhaps: Option<usize>,
}

fn main() {}
