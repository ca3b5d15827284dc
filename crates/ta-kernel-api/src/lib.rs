//! Technical-analysis kernels: one declaration, one meaning, in batch and bar by bar, in `f64` and in exact decimals.
//!
//! A kernel is a parameters struct with `#[kernel]` and an implementation of [`Kernel`]. Written in any crate, it becomes part of
//! every program that links that crate: it is found by its id, bound to a serialisable [`Node`], and checked by the shared
//! conformance harness (feature `conformance`).
//!
//! ```
//! ta_kernel_api::namespace!("acme");
//! use ta_kernel_api::prelude::*;
//!
//! /// How far the close lies above the open.
//! #[kernel(id = "acme::body", family = "price", since = "0.1", inputs(open = open, close = close), outputs(body))]
//! pub struct Body {}
//!
//! impl<S: Scalar> Kernel<S, 2, 1> for Body {
//!     type State = ();
//!     fn lookback(&self) -> [usize; 1] {
//!         [0]
//!     }
//!     fn init(&self) {}
//!     fn step(&self, (): &mut (), [open, close]: [S; 2]) -> [S; 1] {
//!         [close - open]
//!     }
//! }
//!
//! # fn main() -> Result<(), ta_kernel_api::Error> {
//! let registry = Registry::linked()?;
//! let body = registry.get("acme::body")?;
//! let mut out = [0.0];
//! body.bind::<f64>(&body.defaults())?.step(&[10.0, 12.5], &mut out);
//! assert_eq!(out, [2.5]);
//! # Ok(())
//! # }
//! ```

// `#[kernel]` writes absolute paths; this makes them work in this crate's own tests too.
#[allow(unused_extern_crates)]
extern crate self as ta_kernel_api;

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
pub mod kernel;
pub mod missing;
mod namespace;
pub mod node;
pub mod params;
pub mod registry;
pub mod scalar;
pub mod smooth;
pub mod spec;
pub mod state;
mod thrown;
pub mod window;

pub use error::{Error, near_names};
pub use kernel::Kernel;
pub use missing::Missing;
pub use node::Node;
pub use params::{ParamValue, Params};
pub use registry::{KernelDef, Registry, Timing};
pub use scalar::{Decimal, Scalar, ScalarKind};
pub use spec::KernelSpec;
pub use state::State;
pub use ta_macros::{choices, kernel, state};
#[doc(hidden)]
pub use thrown::Thrown;

/// What a kernel file needs: `use ta_kernel_api::prelude::*;`.
pub mod prelude {
    pub use crate::registry::Registry;
    pub use crate::{Decimal, Kernel, Scalar, State, choices, kernel, state};
}

/// What generated code names.
#[doc(hidden)]
pub mod __private {
    pub use inventory;
    pub use serde;
    pub use typetag;

    pub use crate::namespace::{in_namespace, undeclared};
    pub use crate::params::{ParamField, at_most};
    pub use crate::registry::{Announced, Binding, Rule};
}
