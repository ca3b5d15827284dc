//! How much history a plan needs.

use std::collections::BTreeMap;

use super::{Op, PlanNode, PlanOutput};

/// A source field a plan reads, and how many bars of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    field: Box<str>,
    lookback: usize,
    stabilisation: usize,
}

impl Requirement {
    /// The name of the field, a stored one or `ts`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Bars before the current one without which an output has no value yet.
    pub fn lookback(&self) -> usize {
        self.lookback
    }

    /// Bars before the current one after which it no longer matters where the data began; at least the lookback.
    pub fn stabilisation(&self) -> usize {
        self.stabilisation
    }

    /// What the outputs need of each field: the sum along each path from an output to the field, the largest over all paths.
    pub(super) fn of(nodes: &[PlanNode], outputs: &[PlanOutput], slots: usize) -> Vec<Self> {
        let mut needs: Vec<Option<(usize, usize)>> = vec![None; slots];
        for output in outputs {
            needs[output.slot.index()] = Some((0, 0));
        }
        let mut fields = BTreeMap::new();
        for node in nodes.iter().rev() {
            let needed = node.slots().zip(&node.lookback).filter_map(|(slot, own)| {
                needs[slot.index()]
                    .map(|(lookback, stabilisation)| (lookback.saturating_add(*own), stabilisation))
            });
            let Some((lookback, stabilisation)) = needed.reduce(larger) else { continue };
            let need = (lookback, stabilisation.saturating_add(node.stabilisation));
            for input in &node.inputs {
                let held = &mut needs[input.index()];
                *held = Some(held.map_or(need, |held| larger(held, need)));
            }
            if let Op::Field { name } = &node.op {
                fields.insert(name.clone(), need);
            }
        }
        let requirement = |(field, (lookback, stabilisation))| Self { field, lookback, stabilisation };
        fields.into_iter().map(requirement).collect()
    }
}

fn larger(a: (usize, usize), b: (usize, usize)) -> (usize, usize) {
    (a.0.max(b.0), a.1.max(b.1))
}
