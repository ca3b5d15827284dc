//! The laws every kernel obeys, and the harness that tries each kernel on each of them.
//!
//! A crate gets one test per kernel, scalar and law, such as `acme::body@f64::causal`, from one line in
//! `tests/conformance.rs`:
//!
//! ```ignore
//! ta_kernel_api::conformance_main!(acme);
//! ```
//!
//! with this in its `Cargo.toml`:
//!
//! ```toml
//! [dev-dependencies]
//! ta-kernel-api = { version = "0.1", features = ["conformance"] }
//!
//! [[test]]
//! name = "conformance"
//! harness = false
//! ```
//!
//! Each law is tried with the default parameters, with the ends of their domains and with random ones, on walks, trends,
//! constants, ties, zeros, spikes, very large and very small numbers, gaps, and series too short for an answer. What
//! fails is cut down to small parameters and few rows, and says enough to be made again:
//!
//! ```text
//! rsi@f64 { period: 2 } on `ties` seed 7 (32 rows): output `rsi`, row 31: batch 50, step 47.5 (parity exact)
//! ```
//!
//! Nothing passes unjudged: a law fails when the default parameters gave it no row with a value, and when they warm up longer
//! than 20,000 rows, which is as long as it waits. Other parameters may be longer; these are tried on a few rows without an
//! answer.
//!
//! The same build tries the same cases each time. Two environment variables change that:
//!
//! - `TA_CONFORMANCE_CASES`: how many random cases each law is tried on, 32 when unset;
//! - `TA_CONFORMANCE_SEED`: where the random numbers start, 7 when unset.

mod case;
mod catch;
mod compare;
mod config;
mod laws;
mod rows;
mod runner;
mod sample;
mod saved;
mod series;
mod tree;
mod walk;

pub use config::{Config, InvalidSetting};
pub use laws::Law;
#[doc(hidden)]
pub use rows::assert_rows;
pub use rows::run;
#[doc(hidden)]
pub use runner::main;
pub use runner::run_all;
pub use walk::{Failure, check};

/// The `main` of a test target that tries all kernels of the named crates on all laws.
///
/// Fails when one of the crates has no kernel linked, so that a test of nothing does not pass. See
/// [`conformance`](crate::conformance) for the two lines around it.
#[macro_export]
macro_rules! conformance_main {
    ($($krate:ident),+ $(,)?) => {
        $(use $krate as _;)+

        fn main() -> ::std::process::ExitCode {
            $crate::conformance::main(&[$(::core::stringify!($krate)),+])
        }
    };
}
