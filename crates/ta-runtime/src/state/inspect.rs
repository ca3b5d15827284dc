//! The state of a session as JSON, for reading.

use serde::Serialize;
use serde_json::{Map, Value, json};
use ta_kernel_api::Scalar;

use crate::exec::{Session, State, Work, label};
use crate::plan::Op;

impl<S: Scalar> Session<S> {
    /// Where the session stands and what each node remembers: its label, how often it was [`reset`](Self::reset) and the rows since, its
    /// last values, and for a kernel its saved form, for `close[n]` the last `n` values, oldest first. To be read, not restored; that is what [`snapshot`](Self::snapshot) is for.
    pub fn inspect(&self) -> Value {
        let State { memory, values, clocks, begun } = self.state();
        let steps = &self.program().steps;
        let nodes = steps.iter().zip(self.plan().nodes()).zip(&**begun).map(|((step, node), begun)| {
            let mut fields = Map::new();
            fields.insert("node".to_owned(), label(node).into());
            let hand = &clocks.hands[step.clock];
            let rows = hand.rows.saturating_sub(begun.rows);
            fields.insert("epoch".to_owned(), begun.epoch.into());
            fields.insert("rows".to_owned(), rows.into());
            let held: Vec<S> = node.slots().map(|slot| values[slot.index()]).collect();
            let lookback = node.lookback().iter().copied().max().unwrap_or(0) as u64;
            let present = held.iter().any(|value| !value.is_missing());
            let status = match present {
                true => "present",
                false if rows <= lookback => "warming up",
                false => "missing",
            };
            fields.insert("status".to_owned(), status.into());
            fields.insert("values".to_owned(), to_json(&held));
            let state = match step.work {
                Work::Call { gate, .. } => to_json(memory.gates[gate].node()),
                Work::History { ring, .. } => to_json(&memory.rings[ring].to_vec()),
                Work::Ago { ago, .. } => to_json(&memory.agos[ago]),
                Work::Aggregate { tally, .. } => to_json(&memory.tallies[tally]),
                Work::Downsample { total, .. } => to_json(&memory.totals[total]),
                _ => Value::Null,
            };
            if let Op::Call { def, params } = node.op() {
                fields.insert("kernel".to_owned(), def.spec.id.into());
                let params = def.named(params).map(|(name, value)| (name.to_owned(), to_json(value)));
                fields.insert("params".to_owned(), Value::Object(params.collect()));
            }
            if state != Value::Null {
                fields.insert("state".to_owned(), state);
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
