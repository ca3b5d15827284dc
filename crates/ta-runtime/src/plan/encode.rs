//! Nodes as bytes: equal bytes, equal results.
//!
//! The same bytes decide whether two sub-expressions are one node and go into the fingerprint of the plan, so the fingerprint
//! changes exactly when a node does. Nothing in them depends on the build.

use ta_kernel_api::{KernelDef, ParamValue, Params};

use super::{Age, Clock, Op, Plan, PlanOutput, Rows, Slot};
use crate::expr::Reach;

/// Changed whenever an equal plan would be run with other results.
const PLAN_VERSION: usize = 2;

/// Bytes in which every part says where it ends.
#[derive(Default)]
pub(super) struct Encoder(Vec<u8>);

impl Encoder {
    /// The bytes of all that decides the results of a plan.
    pub(super) fn plan(plan: &Plan) -> Self {
        let mut bytes = Self::default();
        bytes
            .text("plan")
            .count(PLAN_VERSION)
            .text(plan.schema.name)
            .text(plan.scalar.name())
            .text(plan.missing.name())
            .count(plan.clocks.len())
            .count(plan.nodes.len());
        for rows in &plan.clocks {
            bytes.bytes(&Self::clock(rows));
        }
        for node in &plan.nodes {
            bytes.bytes(&Self::node(&node.op, &node.inputs, node.clock));
        }
        for output in &plan.outputs {
            bytes.output(output);
        }
        bytes
    }

    /// The bytes of one operation on these inputs.
    pub(super) fn node(op: &Op, inputs: &[Slot], clock: Clock) -> Vec<u8> {
        let mut bytes = Self::default();
        match op {
            Op::Field { name } => bytes.text("field").text(name),
            Op::Literal { text } => bytes.text("literal").text(text),
            Op::Unary(op) => bytes.text("unary").text(op.symbol()),
            Op::Binary(op) => bytes.text("binary").text(op.symbol()),
            Op::If => bytes.text("if"),
            Op::History { bars } => bytes.text("history").count(*bars),
            Op::Ago { span } => bytes.text("ago").text(&span.to_string()),
            Op::Align { age } => match age {
                Age::Any => bytes.text("align"),
                Age::Within(span) => bytes.text("within").text(&span.to_string()),
                Age::Fresh => bytes.text("fresh"),
            },
            Op::Downsample { rule } => bytes.text("downsample").text(rule.name()),
            Op::Aggregate { of, function, window, condition, value } => {
                let bytes = bytes.text("aggregate").text(function.name()).count(of.index());
                let bytes = bytes.count(usize::from(*condition)).count(usize::from(*value));
                window.iter().fold(bytes, |bytes, window| bytes.reach(*window))
            }
            Op::Call { def, params } => bytes.text("call").call(def, params),
        };
        bytes.count(clock.index()).count(inputs.len());
        for input in inputs {
            bytes.count(input.index());
        }
        bytes.0
    }

    /// The bytes of a clock.
    fn clock(rows: &Rows) -> Vec<u8> {
        let mut bytes = Self::default();
        match rows {
            Rows::Source(source) => bytes.text("source").text(&source.to_string()),
            Rows::Every { of, every } => bytes.text("every").count(of.index()).reach(*every),
        };
        bytes.0
    }

    fn reach(&mut self, reach: Reach) -> &mut Self {
        match reach {
            Reach::Rows(rows) => self.text("rows").count(rows),
            Reach::Time(span) => self.text("time").text(&span.to_string()),
        }
    }

    fn call(&mut self, def: &KernelDef, params: &Params) -> &mut Self {
        self.text(def.spec.id).count(def.spec.state_version as usize).count(params.values().len());
        for (name, value) in def.named(params) {
            self.text(name);
            match value {
                ParamValue::Int(value) => self.text("int").bytes(&value.to_le_bytes()),
                ParamValue::Real(value) => self.text("real").bytes(&value.to_bits().to_le_bytes()),
                ParamValue::Flag(value) => self.text("flag").bytes(&[u8::from(*value)]),
                ParamValue::Choice(value) => self.text("choice").text(value),
            };
        }
        self
    }

    /// Adds a column of the plan.
    fn output(&mut self, output: &PlanOutput) -> &mut Self {
        self.text(&output.name).text(output.kind.name()).count(output.slot.index())
    }

    /// Adds a text.
    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Adds bytes.
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
        self
    }

    /// Adds a count.
    fn count(&mut self, count: usize) -> &mut Self {
        self.0.extend_from_slice(&(count as u64).to_le_bytes());
        self
    }

    /// The hash of all that was added.
    pub(super) fn hash(&self) -> [u8; 32] {
        blake3::hash(&self.0).into()
    }
}
