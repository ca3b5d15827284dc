//! What has to be computed, in which order, and from which history.
//!
//! A [`Plan`] is made from one or more expressions. Equal sub-expressions are one [`PlanNode`], nodes come after what they
//! read, and each value has a [`Slot`] in one flat row. The plan knows nothing of the mode it will be run in.
//!
//! Nothing is reordered: the same operations are carried out in both scalars, as written. What is made of constants alone is
//! computed when the plan is made, in the plan's scalar. (Arithmetic for a parameter, as in `period=2 * 7`, is worked out in exact
//! decimals.)
//!
//! Values are computed on the rows of a [`Clock`]: the plan's own, those of another symbol, timeframe or source, or rows put
//! together from those. Where they meet, the last value that was known is read.
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
mod calls;
mod clock;
mod encode;
mod fold;
mod node;
mod options;
mod payload;
mod reach;
mod requirements;
#[cfg(test)]
mod tests;
mod wording;

use std::sync::Arc;

use ta_kernel_api::{Missing, Registry, Scalar, ScalarKind};

use crate::dataset::SourceSchema;
use crate::error::{Error, Kind};
use crate::expr::{Scope, Script, ValueKind};

pub use clock::{Clock, Rows};
pub use node::{Age, Op, PlanNode, Slot};
pub use options::PlanOptions;
pub use payload::payload_schema;
pub use requirements::Requirement;

pub(crate) use fold::literal;
pub(crate) use wording::texts;

/// Expressions made ready to run.
#[derive(Debug, Clone)]
pub struct Plan {
    script: Arc<Script>,
    nodes: Vec<PlanNode>,
    clocks: Vec<Rows>,
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
        Self::diagnose(registry, expressions, options).map_err(|mut errors| errors.swap_remove(0))
    }

    /// As [`compile`](Self::compile), but finds all that is wrong, not only the first.
    ///
    /// ```
    /// use ta_kernel_api::Registry;
    /// use ta_runtime::plan::{Plan, PlanOptions};
    ///
    /// let (registry, options) = (Registry::linked()?, PlanOptions::default());
    /// let expressions = [(None, "clos"), (None, "close"), (None, "close > (open")];
    /// let errors = Plan::diagnose(&registry, &expressions, &options).unwrap_err();
    /// let wrong: Vec<_> = errors.iter().map(|error| error.expression()).collect();
    /// assert_eq!(wrong, [Some(0), Some(2)]);
    /// # Ok::<(), ta_kernel_api::Error>(())
    /// ```
    ///
    /// # Errors
    /// At least one, in the order of the texts. Limits, names of columns and what kernels compute with are looked at when the texts are
    /// well.
    pub fn diagnose(
        registry: &Registry,
        expressions: &[(Option<&str>, &str)],
        options: &PlanOptions,
    ) -> Result<Self, Vec<Error>> {
        build::compile(registry, expressions, options)
    }

    /// Makes a plan of a checked script, say one that was read as a graph. The schema is that of its options.
    ///
    /// # Errors
    /// A bound that is passed; two columns of the same name; a kernel that does not compute with the scalar.
    pub fn from_script(script: &Script, registry: &Registry, options: &PlanOptions) -> Result<Self, Error> {
        let scope = Scope { registry, schema: options.schema, limits: &options.limits };
        build::from_script(script, scope, options)
    }

    /// What it was made of, checked and in one form.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// The nodes, each after those it reads.
    pub fn nodes(&self) -> &[PlanNode] {
        &self.nodes
    }

    /// The rows values are computed on; the plan's own come first.
    pub fn clocks(&self) -> &[Rows] {
        &self.clocks
    }

    /// How many values one row has.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The columns to give, in the order they were asked for.
    pub fn outputs(&self) -> &[PlanOutput] {
        &self.outputs
    }

    /// The fields that are read and the history each needs, sorted by the clock and the name.
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

    /// Refuses data in another scalar.
    pub(crate) fn require<S: Scalar>(&self) -> Result<(), Error> {
        if self.scalar == S::KIND {
            return Ok(());
        }
        let message = format!("plan computes in {}, the data are in {}", self.scalar, S::KIND);
        Err(Error::new(Kind::Unsupported, message).with_help("one scalar for both"))
    }

    /// What happens at rows where an input of a kernel is missing.
    pub fn missing(&self) -> Missing {
        self.missing
    }

    /// Whether a value is the same in all rows, and the clock it is computed on.
    pub(crate) fn clock_of(&self, slot: Slot) -> (bool, Clock) {
        let node = &self.nodes[self.node_of(slot)];
        (matches!(node.op, Op::Literal { .. }), node.clock)
    }

    /// The position of the node that fills a slot.
    pub(crate) fn node_of(&self, slot: Slot) -> usize {
        // Slots are in the order of the nodes that fill them.
        self.nodes.partition_point(|node| node.first <= slot) - 1
    }

    /// A hash of all that decides the plan's results: the same for equal plans in every build.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// The [`fingerprint`](Self::fingerprint) as 64 hexadecimal digits.
    pub fn fingerprint_hex(&self) -> String {
        blake3::Hash::from_bytes(self.fingerprint).to_hex().to_string()
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

    /// On data without gaps, the first row at which everything the column reads of the plan's own rows has warmed up.
    pub fn lookback(&self) -> usize {
        self.lookback
    }

    /// From which row on it no longer matters where the data began; at least the lookback.
    pub fn stabilisation(&self) -> usize {
        self.stabilisation
    }
}
