//! A plan that also gives what its calls come to.

use super::encode::Encoder;
use super::reach::History;
use super::{Age, Clock, Op, Plan, PlanNode, PlanOutput, Slot, texts};
use crate::expr::ValueKind;

impl Plan {
    /// The same plan with a column for each output of each call after its own columns, as it is known at each of the plan's rows. The
    /// work of both is done once. Besides, for each added column its call and output, by position.
    pub(crate) fn with_calls(&self) -> (Self, Vec<(usize, usize)>) {
        let mut plan = self.clone();
        let (words, reach) = (texts(self), History::of(&self.nodes));
        let mut calls = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            if !matches!(node.op, Op::Call { .. }) {
                continue;
            }
            for (output, (slot, &kind)) in node.slots().zip(&node.kinds).enumerate() {
                let name = words[slot.index()].text().to_owned();
                let (slot, History { lookback, stabilisation }) = match node.clock {
                    Clock::BASE => (slot, reach[slot.index()]),
                    _ => (plan.align(slot, kind), History::default()),
                };
                plan.outputs.push(PlanOutput { name, slot, kind, lookback, stabilisation });
                calls.push((at, output));
            }
        }
        plan.fingerprint = Encoder::plan(&plan).hash();
        (plan, calls)
    }

    /// Adds a node that reads a value of another clock on the plan's own rows.
    fn align(&mut self, value: Slot, kind: ValueKind) -> Slot {
        let first = Slot::new(self.slots);
        self.slots += 1;
        self.nodes.push(PlanNode {
            op: Op::Align { age: Age::Any },
            inputs: [value].into(),
            first,
            clock: Clock::BASE,
            kinds: [kind].into(),
            lookback: [0].into(),
            stabilisation: 0,
        });
        first
    }
}
