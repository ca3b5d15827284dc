ta_kernel_api::namespace!("acme");
use ta_kernel_api::prelude::*;

/// A state.
#[state]
pub enum Phase {
    /// Begun.
    Begun,
}

fn main() {}
