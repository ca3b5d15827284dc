//! Checked expressions: every name looked up, every type known.

use ta_kernel_api::spec::OutputKind;
use ta_kernel_api::{KernelDef, Params};

use super::ast::NodeId;
use super::op::{BinaryOp, UnaryOp};
use super::span::Span;

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

/// An expression whose names are looked up and whose types fit.
///
/// [`Display`](std::fmt::Display) gives its canonical text: all arguments of a call written out, brackets only where they are
/// needed. Reading that text again gives an equal expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// Each node after its operands; the last one is the whole expression.
    pub(crate) nodes: Vec<ExprNode>,
}

/// One operation of a checked expression.
#[derive(Debug, Clone)]
pub(crate) struct ExprNode {
    pub(crate) op: ExprOp,
    /// What it gives; `None` for a call with several outputs.
    pub(crate) kind: Option<ValueKind>,
    pub(crate) span: Span,
}

/// What a node of a checked expression does.
#[derive(Debug, Clone)]
pub(crate) enum ExprOp {
    /// A field of the source, stored or derived.
    Field(Box<str>),
    /// A canonical number, `true` or `false`.
    Literal(Box<str>),
    Unary(UnaryOp, NodeId),
    Binary(BinaryOp, NodeId, NodeId),
    /// The value `bars` rows earlier, at least one.
    History(NodeId, usize),
    /// A kernel with all its inputs and parameters.
    Call {
        def: &'static KernelDef,
        params: Params,
        inputs: Vec<NodeId>,
    },
    /// One output of a call with several.
    Output(NodeId, usize),
}

impl ExprOp {
    /// The nodes this one reads.
    pub(crate) fn operands(&self) -> impl Iterator<Item = NodeId> + '_ {
        let (fixed, listed): ([Option<NodeId>; 2], &[NodeId]) = match self {
            Self::Field(_) | Self::Literal(_) => ([None, None], &[]),
            Self::Unary(_, x) | Self::History(x, _) | Self::Output(x, _) => ([Some(*x), None], &[]),
            Self::Binary(_, a, b) => ([Some(*a), Some(*b)], &[]),
            Self::Call { inputs, .. } => ([None, None], inputs),
        };
        fixed.into_iter().flatten().chain(listed.iter().copied())
    }

    /// Gives the nodes this one reads new positions.
    fn renumber(&mut self, position: impl Fn(NodeId) -> NodeId) {
        match self {
            Self::Field(_) | Self::Literal(_) => {}
            Self::Unary(_, x) | Self::History(x, _) | Self::Output(x, _) => *x = position(*x),
            Self::Binary(_, a, b) => (*a, *b) = (position(*a), position(*b)),
            Self::Call { inputs, .. } => inputs.iter_mut().for_each(|x| *x = position(*x)),
        }
    }
}

impl Expr {
    /// The expression ending in `root`, without what it does not read, operands in order before what reads them.
    pub(crate) fn new(nodes: Vec<ExprNode>, root: NodeId) -> Self {
        let mut positions = vec![0; nodes.len()];
        let mut nodes: Vec<Option<ExprNode>> = nodes.into_iter().map(Some).collect();
        let mut ordered = Vec::new();
        let mut open = vec![(root, false)];
        while let Some((id, operands_done)) = open.pop() {
            if !operands_done {
                open.push((id, true));
                let operands = nodes[id].iter().flat_map(|node| node.op.operands());
                let first = open.len();
                open.extend(operands.map(|operand| (operand, false)));
                open[first..].reverse();
            } else if let Some(mut node) = nodes[id].take() {
                node.op.renumber(|operand| positions[operand]);
                positions[id] = ordered.len();
                ordered.push(node);
            }
        }
        Self { nodes: ordered }
    }

    /// The names of the outputs of a call.
    pub(crate) fn output_names(&self, call: NodeId) -> impl Iterator<Item = &'static str> + use<> {
        let outputs = match &self.nodes[call].op {
            ExprOp::Call { def, .. } => def.spec.outputs,
            _ => &[],
        };
        outputs.iter().map(|output| output.name)
    }

    /// The operation that gives the expression's value.
    pub(crate) fn root(&self) -> &ExprNode {
        // There is at least the root.
        &self.nodes[self.nodes.len() - 1]
    }
}

/// Equal operations in equal order; where they were written does not matter.
impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(&other.nodes).all(|(a, b)| a.op == b.op)
    }
}

impl PartialEq for ExprOp {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Field(a), Self::Field(b)) | (Self::Literal(a), Self::Literal(b)) => a == b,
            (Self::Unary(a, x), Self::Unary(b, y)) => (a, x) == (b, y),
            (Self::Binary(a, x1, x2), Self::Binary(b, y1, y2)) => (a, x1, x2) == (b, y1, y2),
            (Self::History(x, a), Self::History(y, b)) | (Self::Output(x, a), Self::Output(y, b)) => {
                (x, a) == (y, b)
            }
            (Self::Call { def: a, params: p, inputs: i }, Self::Call { def: b, params: q, inputs: j }) => {
                (a.spec.id, p, i) == (b.spec.id, q, j)
            }
            _ => false,
        }
    }
}
