//! How much history a plan needs.

use std::collections::BTreeMap;

use super::{Clock, Op, PlanNode, PlanOutput, Rows};
use crate::dataset::SourceRef;
use crate::expr::Reach;

/// A field a plan reads of some rows, and how much of its past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    source: SourceRef,
    field: Box<str>,
    need: Need,
}

/// What is needed of the past, seen from the current row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Need {
    lookback: usize,
    stabilisation: usize,
    /// Milliseconds, on top of the rows.
    span: i64,
    /// Rows of the plan's own clock over which all this is needed.
    behind: usize,
}

impl Requirement {
    /// The rows it is a field of, seen from the plan's own.
    pub fn source(&self) -> &SourceRef {
        &self.source
    }

    /// The name of the field, a stored one or `ts`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Rows before the current one without which an output has no value yet.
    pub fn lookback(&self) -> usize {
        self.need.lookback
    }

    /// Rows before the current one after which it no longer matters where the data began; at least the lookback.
    pub fn stabilisation(&self) -> usize {
        self.need.stabilisation
    }

    /// Milliseconds that are looked back besides the rows; months are counted as 30 days.
    pub fn span(&self) -> i64 {
        self.need.span
    }

    /// For fields of other rows than the plan's own: over how many of the plan's rows before the current one they are read.
    pub fn behind(&self) -> usize {
        self.need.behind
    }

    /// What the outputs need of each field: the sum along each path from an output to the field, the largest over all paths.
    pub(super) fn of(nodes: &[PlanNode], clocks: &[Rows], outputs: &[PlanOutput], slots: usize) -> Vec<Self> {
        let mut needs: Vec<Option<Need>> = vec![None; slots];
        for output in outputs {
            needs[output.slot.index()] = Some(Need::default());
        }
        let mut fields: BTreeMap<(usize, Box<str>), Need> = BTreeMap::new();
        for node in nodes.iter().rev() {
            let needed = node.slots().zip(&node.lookback).filter_map(|(slot, own)| {
                let need = needs[slot.index()]?;
                Some(Need { lookback: need.lookback.saturating_add(*own), ..need })
            });
            let Some(need) = needed.reduce(Need::larger) else { continue };
            let stabilisation = need.stabilisation.saturating_add(node.stabilisation);
            let need = Need { stabilisation, ..need }.before(node, clocks);
            for input in &node.inputs {
                let held = &mut needs[input.index()];
                *held = Some(held.map_or(need, |held| held.larger(need)));
            }
            if let Op::Field { name } = &node.op {
                let held = fields.entry((node.clock.index(), name.clone())).or_insert(need);
                *held = held.larger(need);
            }
        }
        let requirement = |((clock, field), need)| match &clocks[clock] {
            Rows::Source(source) => Some(Self { source: source.clone(), field, need }),
            Rows::Every { .. } => None,
        };
        fields.into_iter().filter_map(requirement).collect()
    }
}

impl Need {
    fn larger(self, other: Self) -> Self {
        Self {
            lookback: self.lookback.max(other.lookback),
            stabilisation: self.stabilisation.max(other.stabilisation),
            span: self.span.max(other.span),
            behind: self.behind.max(other.behind),
        }
    }

    /// What the inputs of a node need for that.
    fn before(self, node: &PlanNode, clocks: &[Rows]) -> Self {
        let further = |span: i64| self.span.saturating_add(span);
        match &node.op {
            Op::Ago { span } => Self { span: further(span.approximate()), ..self },
            Op::Align { .. } => self.across(node.clock),
            Op::Downsample { .. } => match clocks[node.clock.index()] {
                Rows::Every { every: Reach::Rows(rows), .. } => {
                    let each = |slow: usize| slow.saturating_add(1).saturating_mul(rows) - 1;
                    Self { lookback: each(self.lookback), stabilisation: each(self.stabilisation), ..self }
                }
                Rows::Every { every: Reach::Time(bar), .. } => {
                    let bars = i64::try_from(self.stabilisation).unwrap_or(i64::MAX).saturating_add(1);
                    let span = further(bars.saturating_mul(bar.approximate()));
                    Self { lookback: 0, stabilisation: 0, span, ..self }
                }
                Rows::Source(_) => self,
            },
            Op::Aggregate { of, window, .. } => {
                let need = if *of == node.clock { self } else { self.across(node.clock) };
                match window {
                    None => Self { stabilisation: usize::MAX, ..need },
                    Some(Reach::Time(span)) => {
                        Self { span: need.span.saturating_add(span.approximate()), ..need }
                    }
                    Some(Reach::Rows(rows)) => Self {
                        lookback: need.lookback.saturating_add(rows - 1),
                        stabilisation: need.stabilisation.saturating_add(rows - 1),
                        ..need
                    },
                }
            }
            _ => self,
        }
    }

    /// What is needed of rows that are read on another clock.
    fn across(self, reader: Clock) -> Self {
        let behind = if reader == Clock::BASE { self.stabilisation } else { self.behind };
        Self { lookback: 0, stabilisation: 0, span: self.span, behind }
    }
}
