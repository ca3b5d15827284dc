//! The state of a session as JSON, for reading.

use serde::Serialize;
use serde_json::{Map, Value, json};
use ta_kernel_api::Scalar;

use crate::exec::{Session, label};
use crate::plan::Op;

impl<S: Scalar> Session<S> {
    /// Where the session stands and what each node remembers: its label, its last values, and for a kernel its saved form, for
    /// `close[n]` the last `n` values, oldest first. To be read, not restored; that is what [`snapshot`](Self::snapshot) is for.
    pub fn inspect(&self) -> Value {
        let (mut gates, mut rings) = (self.state().nodes.gates.iter(), self.state().nodes.rings.iter());
        let nodes = self.plan().nodes().iter().map(|node| {
            let mut fields = Map::new();
            fields.insert("node".to_owned(), label(node).into());
            let values: Vec<S> = node.slots().map(|slot| self.state().values[slot.index()]).collect();
            fields.insert("values".to_owned(), to_json(&values));
            match node.op() {
                Op::Call { def, .. } => {
                    fields.insert("kernel".to_owned(), def.spec.id.into());
                    fields.extend(gates.next().map(|gate| ("state".to_owned(), to_json(gate.node()))));
                }
                Op::History { .. } => {
                    fields.extend(rings.next().map(|ring| ("state".to_owned(), to_json(&ring.to_vec()))));
                }
                _ => {}
            }
            Value::Object(fields)
        });
        json!({ "position": to_json(&self.position()), "nodes": nodes.collect::<Vec<_>>() })
    }
}

/// A value as JSON; what JSON cannot hold is replaced by the reason.
fn to_json(value: &(impl Serialize + ?Sized)) -> Value {
    serde_json::to_value(value).unwrap_or_else(|err| err.to_string().into())
}
