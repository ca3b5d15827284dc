//! Nodes as bytes: equal bytes, equal results.
//!
//! The same bytes decide whether two sub-expressions are one node and go into the fingerprint of the plan, so the fingerprint
//! changes exactly when a node does. Nothing in them depends on the build.

use ta_kernel_api::{KernelDef, ParamValue, Params};

use super::{Op, PlanOutput, Slot};

/// Bytes in which every part says where it ends.
#[derive(Default)]
pub(super) struct Encoder(Vec<u8>);

impl Encoder {
    /// The bytes of one operation on these inputs.
    pub(super) fn node(op: &Op, inputs: &[Slot]) -> Vec<u8> {
        let mut bytes = Self::default();
        match op {
            Op::Field { name } => bytes.text("field").text(name),
            Op::Literal { text } => bytes.text("literal").text(text),
            Op::Unary(op) => bytes.text("unary").text(op.symbol()),
            Op::Binary(op) => bytes.text("binary").text(op.symbol()),
            Op::History { bars } => bytes.text("history").count(*bars),
            Op::Call { def, params } => bytes.text("call").call(def, params),
        };
        bytes.count(inputs.len());
        for input in inputs {
            bytes.count(input.index());
        }
        bytes.0
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
    pub(super) fn output(&mut self, output: &PlanOutput) -> &mut Self {
        self.text(&output.name).text(output.kind.name()).count(output.slot.index())
    }

    /// Adds a text.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Adds bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
        self
    }

    /// Adds a count.
    pub(super) fn count(&mut self, count: usize) -> &mut Self {
        self.0.extend_from_slice(&(count as u64).to_le_bytes());
        self
    }

    /// The hash of all that was added.
    pub(super) fn hash(&self) -> [u8; 32] {
        blake3::hash(&self.0).into()
    }
}
