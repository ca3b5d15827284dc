ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// Twice the input.
#[kernel(id = "acme::twice", family = "test", since = "0.1", inputs(a), outputs(twice: int), scalars(f32), plot(window),
    missing = keep, warmup = long, parity = nearly, state = 0)]
pub struct Twice {}

fn main() {}
