ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

#[kernel(id = "acme::twice", family = "test", since = "0.1", inputs(a), outputs(one, two))]
pub struct Twice {
    #[param(default = 5, min = 1, max = 10)]
    pub period: usize,
}

fn main() {}
