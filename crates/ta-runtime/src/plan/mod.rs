//! What has to be computed, in which order, and from which history.
//!
//! A [`Plan`] is made from one or more expressions. Equal sub-expressions are one [`PlanNode`], nodes come after what they
//! read, and each value has a [`Slot`] in one flat row. The plan knows nothing of the mode it will be run in.
//!
//! Nothing is computed or reordered ahead of time: numbers are only made negative where a minus stands before them, so the
//! same operations are carried out in both scalars, as written. (Arithmetic for a parameter, as in `period=2 * 7`, is worked out
//! in exact decimals.)
//!
//! ```
//! use ta_kernel_api::Registry;
//! use ta_runtime::plan::{Plan, PlanOptions};
//!
//! let registry = Registry::linked()?;
//! let plan = Plan::compile(&registry, &[(Some("up"), "close > close[5]"), (None, "hlc3")], &PlanOptions::default())?;
//! let names: Vec<&str> = plan.outputs().iter().map(|output| output.name()).collect();
//! assert_eq!(names, ["up", "hlc3"]);
//! let fields: Vec<_> = plan.requirements().iter().map(|need| (need.field(), need.lookback())).collect();
//! assert_eq!(fields, [("close", 5), ("high", 0), ("low", 0)]);
//!
//! let error = Plan::compile(&registry, &[(None, "clos > 1")], &PlanOptions::default()).unwrap_err();
//! assert_eq!(error.to_string(), "unknown field `clos` (close: `close`)");
//! assert_eq!(error.span(), Some(0..4));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod encode;
mod node;
mod options;
mod requirements;
#[cfg(test)]
mod tests;

use ta_kernel_api::{Missing, Registry, ScalarKind};

use crate::Error;
use crate::dataset::SourceSchema;
use crate::expr::ValueKind;

pub use node::{Op, PlanNode, Slot};
pub use options::PlanOptions;
pub use requirements::Requirement;

/// Expressions made ready to run.
#[derive(Debug, Clone)]
pub struct Plan {
    nodes: Vec<PlanNode>,
    slots: usize,
    outputs: Vec<PlanOutput>,
    requirements: Vec<Requirement>,
    schema: &'static SourceSchema,
    scalar: ScalarKind,
    missing: Missing,
    fingerprint: [u8; 32],
}

/// One named column a plan gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOutput {
    name: String,
    slot: Slot,
    kind: ValueKind,
    lookback: usize,
    stabilisation: usize,
}

impl Plan {
    /// Makes a plan of expressions, each with a name for its column or without.
    ///
    /// # Errors
    /// The first expression that is not valid, with its position and the place in its text; two columns of the same name.
    pub fn compile(
        registry: &Registry,
        expressions: &[(Option<&str>, &str)],
        options: &PlanOptions,
    ) -> Result<Self, Error> {
        build::compile(registry, expressions, options)
    }

    /// The nodes, each after those it reads.
    pub fn nodes(&self) -> &[PlanNode] {
        &self.nodes
    }

    /// How many values one row has.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The columns to give, in the order they were asked for.
    pub fn outputs(&self) -> &[PlanOutput] {
        &self.outputs
    }

    /// The source fields that are read and the history each needs, sorted by name.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// The source whose fields are read.
    pub fn schema(&self) -> &'static SourceSchema {
        self.schema
    }

    /// The scalar all values are computed with.
    pub fn scalar(&self) -> ScalarKind {
        self.scalar
    }

    /// What happens at rows where an input of a kernel is missing.
    pub fn missing(&self) -> Missing {
        self.missing
    }

    /// A hash of all that decides the plan's results: the same for equal plans in every build.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }
}

impl PlanOutput {
    /// The name of the column.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its value is in the row.
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// Whether it holds numbers or bools.
    pub fn kind(&self) -> ValueKind {
        self.kind
    }

    /// On data without gaps, the first row at which everything the column reads has warmed up.
    pub fn lookback(&self) -> usize {
        self.lookback
    }

    /// From which row on it no longer matters where the data began; at least the lookback.
    pub fn stabilisation(&self) -> usize {
        self.stabilisation
    }
}
