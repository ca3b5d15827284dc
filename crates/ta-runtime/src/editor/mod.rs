//! For those who make editors and front ends: what an expression means, what it gives, and what there is to write, as plain data.
//!
//! [`analyze`] says all about expressions without data, or all that is wrong with them; [`validate`] is the mistakes alone.
//! [`tree`] and [`mermaid`] draw the plan of them. [`preview`] is a run over history with the indicators inside it. [`Manifest`]
//! says what the language and the linked kernels offer. All of it goes to JSON by `serde`, with field names that stay.
//!
//! ```
//! use ta_kernel_api::Registry;
//! use ta_runtime::editor::analyze;
//! use ta_runtime::plan::PlanOptions;
//!
//! let registry = Registry::linked()?;
//! let analysis = analyze(&registry, &[(Some("up"), "close > close[1] and clos > open")], &PlanOptions::default());
//! let json = serde_json::to_value(&analysis).unwrap();
//! assert_eq!(json["valid"], false);
//! assert_eq!(json["errors"][0]["message"], "unknown field `clos`");
//! assert_eq!(json["errors"][0]["help"], "close: `close`");
//! assert_eq!(json["errors"][0]["span"]["column"], 22);
//!
//! let analysis = analyze(&registry, &[(Some("up"), "close>close[1]")], &PlanOptions::default());
//! let json = serde_json::to_value(&analysis).unwrap();
//! assert_eq!(json["text"], "up = close > close[1]");
//! assert_eq!(json["outputs"][0]["kind"], "bool");
//! assert_eq!(json["requirements"][0]["lookback"], 1);
//! # Ok::<(), ta_kernel_api::Error>(())
//! ```

mod analysis;
mod explain;
mod language;
mod manifest;
mod preview;
mod problem;
#[cfg(test)]
mod tests;

pub use analysis::{Analysis, Column, Facts, KernelUse, Need, analyze, validate};
pub use explain::{mermaid, tree};
pub use language::{Example, Form, Named, Operator, Timeframes};
pub use manifest::{DerivedField, Manifest, Source, SourceField};
pub use preview::{Cell, Indicator, Preview, Series, preview, preview_in};
pub use problem::{Place, Problem};
