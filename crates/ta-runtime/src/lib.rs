//! Technical-analysis expressions over columns of bars: parse, check, plan and run them.
//!
//! The crate knows node kinds and datasets, and no kernel by name: what a call such as `sma(close, 20)` means is
//! looked up in a [`Registry`](ta_kernel_api::Registry). Programs name the crates whose kernels they want, such as
//! `ta_kernels_std`; here one is declared on the spot.
//!
//! ```
//! ta_kernel_api::namespace!("doc");
//!
//! mod kernels {
//!     use ta_kernel_api::prelude::*;
//!
//!     /// The highest value so far.
//!     #[kernel(id = "doc::record", family = "doc", since = "0.1", inputs(source = high), outputs(record))]
//!     pub struct Record {}
//!
//!     impl<S: Scalar> Kernel<S, 1, 1> for Record {
//!         type State = Option<S>;
//!         fn lookback(&self) -> [usize; 1] {
//!             [0]
//!         }
//!         fn init(&self) -> Option<S> {
//!             None
//!         }
//!         fn step(&self, record: &mut Option<S>, [x]: [S; 1]) -> [S; 1] {
//!             [*record.insert(record.map_or(x, |record| record.max(x)))]
//!         }
//!     }
//! }
//!
//! use ta_kernel_api::Registry;
//! use ta_runtime::dataset::{OHLCV, Partition};
//! use ta_runtime::exec::{Session, evaluate};
//! use ta_runtime::plan::{Plan, PlanOptions};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let registry = Registry::linked()?;
//!     let expressions = [(Some("near"), "high > 0.9 * doc::record()[1]")];
//!     let plan = Plan::compile(&registry, &expressions, &PlanOptions::default())?;
//!
//!     let bars = Partition::from_columns(&OHLCV, &[0, 60_000, 120_000], &[("high", &[10.0, 8.0, 9.5])])?;
//!     let result = evaluate(&plan, &bars)?;
//!     assert_eq!(result.outputs[0].values[1..], [0.0, 1.0]); // no, yes
//!
//!     // The same bar by bar, saved and restored on the way.
//!     let (session, _) = Session::initialize(&plan, Some(&bars))?;
//!     let mut session = Session::<f64>::restore(&plan, &session.snapshot()?)?;
//!     let bar = session.layout().bar(180_000, &[9.1])?;
//!     assert_eq!(session.step(&bar)?.get(0), Some(1.0));
//!     Ok(())
//! }
//! ```

pub mod catalog;
pub mod dataset;
pub mod editor;
mod error;
pub mod exec;
pub mod expr;
pub mod plan;
pub mod state;
#[cfg(test)]
mod test_kernels;

pub use error::Error;

#[cfg(test)]
ta_kernel_api::namespace!();
