ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// How to begin.
#[choices]
pub enum Seed {
    /// With a number.
    Number(f64),
}

/// None.
#[choices]
pub enum Nothing {}

fn main() {}
