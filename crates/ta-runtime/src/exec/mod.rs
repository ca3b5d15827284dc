//! Plans at work: over whole columns, or bar by bar with a state that can be saved.
//!
//! Both ways answer the same [`Envelope`], and the same values in it.
//!
//! ```
//! # ta_kernel_api::namespace!("doc");
//! # mod demo {
//! # use ta_kernel_api::prelude::*;
//! # /// The sum of all values.
//! # #[kernel(id = "doc::total", family = "test", since = "0.1", inputs(source = close), outputs(total))]
//! # pub struct Total {}
//! # impl<S: Scalar> Kernel<S, 1, 1> for Total {
//! #     type State = S;
//! #     fn lookback(&self) -> [usize; 1] { [0] }
//! #     fn init(&self) -> S { S::ZERO }
//! #     fn step(&self, total: &mut S, [x]: [S; 1]) -> [S; 1] { *total += x; [*total] }
//! # }
//! # }
//! use ta_kernel_api::Registry;
//! use ta_runtime::dataset::{OHLCV, Partition};
//! use ta_runtime::exec::{Session, evaluate};
//! use ta_runtime::plan::{Plan, PlanOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = Registry::linked()?;
//! let plan = Plan::compile(&registry, &[(None, "doc::total() - close[1]")], &PlanOptions::default())?;
//! let bars = Partition::from_columns(&OHLCV, &[0, 60_000, 120_000], &[("close", &[1.0, 2.0, 4.0])])?;
//! let batch = evaluate(&plan, &bars)?;
//! assert_eq!(batch.outputs[0].values[1..], [2.0, 5.0]);
//!
//! let (mut session, history) = Session::initialize(&plan, Some(&bars.slice(0..2)))?;
//! assert_eq!(history.outputs[0].values[1..], [2.0]);
//! let bar = session.layout().bar(120_000, &[4.0])?;
//! assert_eq!(session.step(&bar)?.get(0), Some(5.0));
//! # Ok(())
//! # }
//! ```

mod backend;
mod bar;
mod batch;
mod binding;
mod checkpoints;
mod clocks;
mod columns;
mod envelope;
mod execute;
mod fault;
mod incremental;
mod inputs;
mod live;
mod memory;
mod mode;
pub(crate) mod ops;
mod parity;
mod program;
mod rerun;
mod revision;
mod route;
mod row;
mod schedule;
mod settings;
mod shadow;
mod state;
mod tapes;
mod together;
mod watch;

pub use backend::{Backend, ExecutionBackend, initialize, restore};
pub use bar::{Bar, Layout};
pub use batch::{evaluate, evaluate_in};
pub use binding::Binding;
pub use checkpoints::Checkpoints;
pub use envelope::{Envelope, Meta, NodeStatus, Output};
pub use execute::{execute, execute_each, execute_plan};
pub use incremental::Session;
pub use live::Live;
pub use mode::{Mode, UnknownMode};
pub use parity::Parity;
pub use rerun::Rerun;
pub use revision::{ChangedRow, Revision};
pub use row::{Position, Row};
pub use settings::Settings;
pub use shadow::Shadow;

pub(crate) use clocks::{Clocks, MOST as MOST_CLOCKS};
pub(crate) use memory::{Ago, Memory, Ring, Tally, Total};
pub(crate) use program::{Program, Work, label, shared};
pub(crate) use state::{Begun, State};
