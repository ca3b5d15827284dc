//! The syntax tree: what was written, before any name is looked up.
//!
//! The tree is a flat list in which operands come before their operator, so walking it is a loop and a long chain of
//! operators cannot exhaust the stack.

use super::op::{BinaryOp, UnaryOp};
use super::span::Span;

/// An expression as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ast<'t> {
    /// Each node after its operands; the last one is the whole expression.
    pub(crate) nodes: Vec<AstNode<'t>>,
}

/// One node and the text it was read from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AstNode<'t> {
    pub(crate) form: Form<'t>,
    pub(crate) span: Span,
}

/// The position of a node in its list.
pub(crate) type NodeId = usize;

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Form<'t> {
    /// `12`, `0.5`, `1e6`.
    Number(&'t str),
    /// `true`, `false`.
    Bool(bool),
    /// `"ema"`, without the quotes.
    Text(&'t str),
    /// `close`, or a word such as `ema` where a parameter takes one.
    Name(&'t str),
    /// `-x`, `not x`.
    Unary(UnaryOp, NodeId),
    /// `a + b`.
    Binary(BinaryOp, NodeId, NodeId),
    /// `x[bars]`.
    History { base: NodeId, bars: NodeId },
    /// `x.output`.
    Output { base: NodeId, name: &'t str, name_span: Span },
    /// `name(arguments)`.
    Call { name: &'t str, name_span: Span, arguments: Vec<Argument<'t>> },
}

/// One argument of a call: `value` or `keyword=value`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Argument<'t> {
    pub(crate) keyword: Option<(&'t str, Span)>,
    pub(crate) value: NodeId,
}
