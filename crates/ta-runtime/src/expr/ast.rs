//! The syntax tree: what was written, before any name is looked up.
//!
//! The tree is a flat list in which operands come before their operator, so walking it is a loop and a long chain of
//! operators cannot exhaust the stack.

use super::op::{BinaryOp, UnaryOp};
use super::span::Span;

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement<'t> {
    pub(crate) head: Head<'t>,
    pub(crate) ast: Ast<'t>,
    /// Where its expression stands.
    pub(crate) span: Span,
}

/// What stands before the expression of a statement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Head<'t> {
    /// Nothing: an output without a name.
    Bare,
    /// `name =`, `"any name" =`: a named output.
    Output(Word<'t>),
    /// `let name =`.
    Binding(Word<'t>),
}

impl<'t> Head<'t> {
    /// The name that is bound.
    pub(crate) fn binds(&self) -> Option<&'t str> {
        match self {
            Self::Binding(name) => Some(name.text),
            Self::Bare | Self::Output(_) => None,
        }
    }
}

/// An expression as it was written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Ast<'t> {
    /// Each node after its operands; the last one is the whole expression.
    pub(crate) nodes: Vec<AstNode<'t>>,
}

impl Ast<'_> {
    /// Whether a word in it is one of these names.
    pub(crate) fn reads(&self, named: impl Fn(&str) -> bool) -> bool {
        self.nodes.iter().any(|node| match &node.form {
            Form::Words(words) | Form::Open { subject: Subject::Words(words), .. } => {
                words.first().is_some_and(|word| !word.quoted && named(word.text))
            }
            _ => false,
        })
    }
}

/// One node and the text it was read from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AstNode<'t> {
    pub(crate) form: Form<'t>,
    pub(crate) span: Span,
}

/// The position of a node in its list.
pub(crate) type AstId = usize;

/// A name, a word that begins with a digit, or a text in quotes (here without them).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Word<'t> {
    pub(crate) text: &'t str,
    pub(crate) quoted: bool,
    pub(crate) span: Span,
}

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Form<'t> {
    /// `12`, `0.5`, `1e6`.
    Number(&'t str),
    /// `true`, `false`.
    Bool(bool),
    /// Words joined by dots, in front of any bracket: `close`, `"ema"`, `BTCUSDT.1h.close.24h_ago`.
    Words(Vec<Word<'t>>),
    /// `-x`, `not x`.
    Unary(UnaryOp, AstId),
    /// `a + b`.
    Binary(BinaryOp, AstId, AstId),
    /// `(x)`.
    Bracket(AstId),
    /// `x[rows]`.
    History { base: AstId, rows: AstId },
    /// `x.word`.
    Member { base: AstId, word: Word<'t> },
    /// What stands before the dot of `x.callee(...)`, or of `x.(...)`; a node of its own in front of what is in the brackets, as
    /// that is read in its place.
    Open { subject: Subject<'t>, callee: Option<Word<'t>> },
    /// `name(arguments)`, of the last open subject when there is one.
    Call { callee: Word<'t>, opened: bool, arguments: Vec<Argument<'t>> },
    /// The `(x)` of `path.(x)`.
    Group(AstId),
}

/// What a call or a group follows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Subject<'t> {
    Words(Vec<Word<'t>>),
    Node(AstId),
}

/// One argument of a call: `value` or `keyword=value`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Argument<'t> {
    pub(crate) keyword: Option<(&'t str, Span)>,
    pub(crate) value: AstId,
}
