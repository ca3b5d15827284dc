//! Checked scripts: every name looked up, every type known, everything equal made once.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use ta_kernel_api::spec::OutputKind;
use ta_kernel_api::{KernelDef, ParamValue, Params};

use super::op::{AggregateFn, BinaryOp, UnaryOp};
use super::span::Span;
use crate::dataset::{Downsample, SourceRef, SourceSchema, Timeframe};

/// What a value is: a number or a three-valued bool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// A number.
    Number,
    /// True, false or unknown.
    Bool,
}

impl ValueKind {
    /// The name used in messages: `number` or `bool`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Bool => "bool",
        }
    }
}

impl From<OutputKind> for ValueKind {
    fn from(kind: OutputKind) -> Self {
        match kind {
            OutputKind::Number => Self::Number,
            OutputKind::Bool => Self::Bool,
        }
    }
}

/// The position of an operation in its script.
pub(crate) type NodeId = usize;

/// Named values and what they are made of: names looked up, types that fit, equal operations made once.
///
/// [`Display`](std::fmt::Display) gives its canonical text, with everything written out. Reading that text again gives an equal
/// script, unless JSON gave an output a name that no text can write: one with control characters or with both kinds of quotes, which are
/// replaced. Two scripts are equal when they compute the same under the same names, however they were written.
#[derive(Debug, Clone)]
pub struct Script {
    /// Each operation once, after those it reads, in the order in which the outputs come to them; none that no output reads.
    pub(crate) nodes: Vec<ExprNode>,
    /// The names given by `let`, in the order of their nodes. They decide nothing.
    pub(crate) bindings: Vec<(Box<str>, NodeId)>,
    /// What is asked for, at least one.
    pub(crate) outputs: Vec<ScriptOutput>,
    /// The source of the rows that places are relative to.
    pub(super) schema: SourceSchema,
}

/// A value that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct ScriptOutput {
    /// The name it was given.
    pub(crate) name: Option<Box<str>>,
    pub(crate) root: NodeId,
    /// Its expression as it was written.
    pub(crate) text: Box<str>,
    /// Which of the given texts it stands in.
    pub(crate) index: usize,
}

/// One operation.
#[derive(Debug, Clone)]
pub(crate) struct ExprNode {
    pub(crate) op: ExprOp,
    /// What it gives; `None` for a call with several outputs.
    pub(crate) kind: Option<ValueKind>,
    /// The rows it is carried out on, relative to the plan's own. An operand of another place is read as it is known at each of them.
    pub(crate) place: SourceRef,
    /// Where it was written first.
    pub(crate) span: Span,
    /// Which of the given texts that was.
    pub(crate) text: usize,
}

/// What an operation does.
#[derive(Debug, Clone)]
pub(crate) enum ExprOp {
    /// A field of a source, stored or derived; its place is that source.
    Field {
        source: SourceRef,
        name: Box<str>,
    },
    /// A canonical number, `true` or `false`; its place is the plan's own rows.
    Literal(Box<str>),
    Unary(UnaryOp, NodeId),
    Binary(BinaryOp, NodeId, NodeId),
    /// The second value where the first is true, the third where it is false, missing where it is unknown.
    If(NodeId, NodeId, NodeId),
    /// The value so much earlier.
    Ago(NodeId, Reach),
    /// The value when it is no older than this; `None` for the row alone in which it moved.
    Within(NodeId, Option<Timeframe>),
    /// One row for so many, or for each bar of a timeframe.
    Downsample(NodeId, Reach, Downsample),
    /// A statistic of the rows of `source` that meet the condition, of all so far or those in a window. Condition and value are
    /// placed in `source`.
    Aggregate {
        function: AggregateFn,
        condition: Option<NodeId>,
        /// None for a count alone.
        value: Option<NodeId>,
        source: SourceRef,
        window: Option<Reach>,
    },
    /// A kernel with all its inputs and parameters.
    Call {
        def: &'static KernelDef,
        params: Params,
        inputs: Vec<NodeId>,
    },
    /// One output of a call with several; its place is that of the call.
    Output(NodeId, usize),
}

/// How far something reaches: over rows, at least one, or over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// So many rows.
    Rows(usize),
    /// So much time.
    Time(Timeframe),
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(rows) => rows.fmt(f),
            Self::Time(span) => span.fmt(f),
        }
    }
}

impl ExprOp {
    /// The nodes this one reads.
    pub(crate) fn operands(&self) -> impl Iterator<Item = NodeId> + '_ {
        let (fixed, listed): ([Option<NodeId>; 3], &[NodeId]) = match self {
            Self::Field { .. } | Self::Literal(_) => ([None; 3], &[]),
            Self::Unary(_, x)
            | Self::Ago(x, _)
            | Self::Within(x, _)
            | Self::Downsample(x, ..)
            | Self::Output(x, _) => ([Some(*x), None, None], &[]),
            Self::Binary(_, a, b) => ([Some(*a), Some(*b), None], &[]),
            Self::If(c, a, b) => ([Some(*c), Some(*a), Some(*b)], &[]),
            Self::Aggregate { condition, value, .. } => ([*condition, *value, None], &[]),
            Self::Call { inputs, .. } => ([None; 3], inputs),
        };
        fixed.into_iter().flatten().chain(listed.iter().copied())
    }

    /// Gives the nodes this one reads new positions.
    pub(super) fn renumber(&mut self, position: impl Fn(NodeId) -> NodeId) {
        let (fixed, listed): ([Option<&mut NodeId>; 3], &mut [NodeId]) = match self {
            Self::Field { .. } | Self::Literal(_) => ([None, None, None], &mut []),
            Self::Unary(_, x)
            | Self::Ago(x, _)
            | Self::Within(x, _)
            | Self::Downsample(x, ..)
            | Self::Output(x, _) => ([Some(x), None, None], &mut []),
            Self::Binary(_, a, b) => ([Some(a), Some(b), None], &mut []),
            Self::If(c, a, b) => ([Some(c), Some(a), Some(b)], &mut []),
            Self::Aggregate { condition, value, .. } => ([condition.as_mut(), value.as_mut(), None], &mut []),
            Self::Call { inputs, .. } => ([None, None, None], inputs),
        };
        fixed.into_iter().flatten().chain(listed).for_each(|x| *x = position(*x));
    }
}

impl Script {
    /// The outputs and what they read, operands in order before what reads them.
    pub(super) fn new(
        nodes: Vec<ExprNode>,
        bindings: Vec<(Box<str>, NodeId)>,
        mut outputs: Vec<ScriptOutput>,
        schema: SourceSchema,
    ) -> Self {
        let mut positions: Vec<Option<NodeId>> = vec![None; nodes.len()];
        let mut nodes: Vec<Option<ExprNode>> = nodes.into_iter().map(Some).collect();
        let mut ordered = Vec::new();
        for output in &mut outputs {
            let mut open = vec![(output.root, false)];
            while let Some((id, operands_done)) = open.pop() {
                if positions[id].is_some() {
                } else if !operands_done {
                    open.push((id, true));
                    let first = open.len();
                    let operands = nodes[id].iter().flat_map(|node| node.op.operands());
                    open.extend(operands.map(|operand| (operand, false)));
                    open[first..].reverse();
                } else if let Some(mut node) = nodes[id].take() {
                    node.op.renumber(|operand| positions[operand].unwrap_or_default());
                    positions[id] = Some(ordered.len());
                    ordered.push(node);
                }
            }
            output.root = positions[output.root].unwrap_or_default();
        }
        let mut bindings: Vec<_> =
            bindings.into_iter().filter_map(|(name, id)| Some((name, positions[id]?))).collect();
        bindings.sort_by_key(|&(_, id)| id);
        bindings.dedup_by_key(|&mut (_, id)| id);
        Self { nodes: ordered, bindings, outputs, schema }
    }

    /// The names of the outputs of a call.
    pub(crate) fn output_names(&self, call: NodeId) -> impl Iterator<Item = &'static str> + use<> {
        let outputs = match &self.nodes[call].op {
            ExprOp::Call { def, .. } => def.spec.outputs,
            _ => &[],
        };
        outputs.iter().map(|output| output.name)
    }
}

/// Equal operations in equal order under equal names; where they were written and what `let` called them does not matter.
impl PartialEq for Script {
    fn eq(&self, other: &Self) -> bool {
        let nodes = |script: &Self, other: &Self| {
            let pairs = script.nodes.iter().zip(&other.nodes);
            script.nodes.len() == other.nodes.len()
                && pairs.into_iter().all(|(a, b)| (&a.op, &a.place) == (&b.op, &b.place))
        };
        let outputs = |script: &Self| -> Vec<_> {
            script.outputs.iter().map(|output| (output.name.clone(), output.root)).collect()
        };
        nodes(self, other) && outputs(self) == outputs(other)
    }
}

impl PartialEq for ExprOp {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Field { source: a, name: x }, Self::Field { source: b, name: y }) => (a, x) == (b, y),
            (Self::Literal(a), Self::Literal(b)) => a == b,
            (Self::Unary(a, x), Self::Unary(b, y)) => (a, x) == (b, y),
            (Self::Binary(a, x1, x2), Self::Binary(b, y1, y2)) => (a, x1, x2) == (b, y1, y2),
            (Self::If(x1, x2, x3), Self::If(y1, y2, y3)) => (x1, x2, x3) == (y1, y2, y3),
            (Self::Ago(x, a), Self::Ago(y, b)) => (x, a) == (y, b),
            (Self::Within(x, a), Self::Within(y, b)) => (x, a) == (y, b),
            (Self::Downsample(x, a, r), Self::Downsample(y, b, s)) => (x, a, r) == (y, b, s),
            (
                Self::Aggregate { function: f, condition: c, value: v, source: s, window: w },
                Self::Aggregate { function, condition, value, source, window },
            ) => (f, c, v, s, w) == (function, condition, value, source, window),
            (Self::Call { def: a, params: p, inputs: i }, Self::Call { def: b, params: q, inputs: j }) => {
                (a.spec.id, p, i) == (b.spec.id, q, j)
            }
            (Self::Output(x, a), Self::Output(y, b)) => (x, a) == (y, b),
            _ => false,
        }
    }
}

/// Parameters hold no number that differs from itself: each lies inside a domain.
impl Eq for ExprOp {}

impl Hash for ExprOp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        discriminant(self).hash(state);
        self.operands().for_each(|operand| operand.hash(state));
        match self {
            Self::Field { source, name } => (source, name).hash(state),
            Self::Literal(text) => text.hash(state),
            Self::Unary(op, _) => op.hash(state),
            Self::Binary(op, ..) => op.hash(state),
            Self::If(..) => {}
            Self::Ago(_, reach) => reach.hash(state),
            Self::Within(_, age) => age.hash(state),
            Self::Downsample(_, reach, rule) => (reach, rule).hash(state),
            Self::Aggregate { function, condition, source, window, .. } => {
                (function, condition.is_some(), source, window).hash(state);
            }
            Self::Call { def, params, .. } => {
                def.spec.id.hash(state);
                for value in params.values() {
                    match value {
                        ParamValue::Int(value) => value.hash(state),
                        // Both zeros are equal.
                        ParamValue::Real(value) => (value + 0.0).to_bits().hash(state),
                        ParamValue::Flag(value) => value.hash(state),
                        ParamValue::Choice(value) => value.hash(state),
                    }
                }
            }
            Self::Output(_, index) => index.hash(state),
        }
    }
}
