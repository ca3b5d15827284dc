ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// Twice the input.
#[kernel(id = "acme::twice", family = "", since = "0.1", inputs(), outputs())]
pub struct Twice {}

fn main() {}
