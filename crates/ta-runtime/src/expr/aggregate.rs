//! Filters and aggregates: statistics of the rows of a source.

use ta_kernel_api::near_names;

use super::ast::{Argument, Ast, Word};
use super::check::{Checker, Value};
use super::form::{by_position, signature_error};
use super::op::{AggregateFn, BinaryOp};
use super::script::{ExprOp, NodeId, Reach};
use super::span::Span;
use super::words::listed;
use crate::dataset::{SourceRef, Timeframe};
use crate::error::{Error, Kind};

/// Rows picked by a condition, to be made one value.
#[derive(Debug)]
pub(super) struct Filter(Of);

/// The rows an aggregate is taken of.
#[derive(Debug, Clone)]
pub(super) struct Of {
    /// Where they come from.
    pub(super) source: SourceRef,
    /// The condition they meet, and where it is written.
    pub(super) condition: Option<(NodeId, Span)>,
    /// The window that was written before the source.
    pub(super) window: Option<Timeframe>,
}

/// The arguments of an aggregate.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    value: Option<(NodeId, Span)>,
    window: Option<(Reach, Span)>,
}

impl Filter {
    /// What an aggregate after it is taken of.
    pub(super) fn of(&self) -> Of {
        self.0.clone()
    }
}

impl<'t> Checker<'_, 't> {
    /// `filter(condition)`, read in the place of its rows.
    pub(super) fn filter(
        &mut self,
        ast: &Ast<'t>,
        of: Of,
        arguments: &[Argument<'t>],
        span: Span,
    ) -> Result<Value<'t>, Error> {
        let [argument] = arguments else {
            return Err(signature_error("filter", "filter(condition)", span));
        };
        by_position("filter", "filter(condition)", arguments)?;
        let at = ast.nodes[argument.value].span;
        let id = self.series(ast, argument.value)?;
        // Checks that it is a condition before anything is made of it.
        let source = of.source.clone();
        let (function, window) = (AggregateFn::Count, None);
        let count = ExprOp::Aggregate { function, condition: Some(id), value: None, source, window };
        self.add(count, &[at], span)?;
        let condition = match of.condition {
            None => (id, at),
            Some((first, first_at)) => {
                let both = self.add(ExprOp::Binary(BinaryOp::And, first, id), &[first_at, at], span)?;
                (both, span)
            }
        };
        self.filters.push(Filter(Of { condition: Some(condition), ..of }));
        Ok(Value::Filter(self.filters.len() - 1))
    }

    /// The aggregate that a word after a filter names.
    pub(super) fn aggregate_named(word: Word<'_>) -> Result<AggregateFn, Error> {
        AggregateFn::named(word.text).filter(|_| !word.quoted).ok_or_else(|| {
            let message = format!("`{}` is no aggregate", word.text);
            let names = AggregateFn::ALL.map(AggregateFn::name);
            let near = near_names(word.text, names);
            let error = Error::new(Kind::UnknownName, message).at(word.span);
            match near[..] {
                [] => error.with_help(format!("one of {}", listed(names))),
                _ => error.with_help(format!("close: {}", listed(near))),
            }
        })
    }

    /// An aggregate that no bracket follows, which can be a count only.
    pub(super) fn aggregate_without_arguments(
        &mut self,
        function: AggregateFn,
        of: Of,
        word: Word<'_>,
        span: Span,
    ) -> Result<NodeId, Error> {
        if function != AggregateFn::Count {
            let error = Error::new(Kind::Argument, format!("`{function}` needs a value")).at(word.span);
            return Err(error.with_help(format!("it is `{}`", form(function))));
        }
        self.aggregate(function, of, Parts { value: None, window: None }, span)
    }

    /// The value and the window of an aggregate, read in the place of its rows.
    pub(super) fn aggregate_arguments(
        &mut self,
        ast: &Ast<'t>,
        function: AggregateFn,
        arguments: &[Argument<'t>],
        span: Span,
    ) -> Result<Parts, Error> {
        by_position(function.name(), form(function), arguments)?;
        let (value, window) = match (function, arguments) {
            (AggregateFn::Count, []) => (None, None),
            (AggregateFn::Count, [window]) => (None, Some(window)),
            (AggregateFn::Count, _) | (_, []) => {
                return Err(signature_error(function.name(), form(function), span));
            }
            (_, [value]) => (Some(value), None),
            (_, [value, window]) => (Some(value), Some(window)),
            _ => return Err(signature_error(function.name(), form(function), span)),
        };
        let at = |argument: &Argument<'t>| ast.nodes[argument.value].span;
        Ok(Parts {
            value: match value {
                Some(value) => Some((self.series(ast, value.value)?, at(value))),
                None => None,
            },
            window: match window {
                Some(window) => Some((self.reach(ast, window, "window")?, at(window))),
                None => None,
            },
        })
    }

    /// The node of an aggregate, whose value is read where it stands.
    pub(super) fn aggregate(
        &mut self,
        function: AggregateFn,
        of: Of,
        parts: Parts,
        span: Span,
    ) -> Result<NodeId, Error> {
        let window = match (of.window, parts.window) {
            (Some(window), Some((_, at))) => {
                let message = format!("second window, after the `{window}` before the source");
                return Err(Error::new(Kind::Argument, message).at(at).with_help("give one of them"));
            }
            (Some(window), None) => Some(Reach::Time(window)),
            (None, window) => window.map(|(window, _)| window),
        };
        let spans: Vec<Span> = [of.condition, parts.value].into_iter().flatten().map(|(_, at)| at).collect();
        let (condition, value) = (of.condition.map(|(id, _)| id), parts.value.map(|(id, _)| id));
        let op = ExprOp::Aggregate { function, condition, value, source: of.source, window };
        self.add(op, &spans, span)
    }

    /// The error for a filter that no aggregate follows.
    pub(super) fn bare_filter(span: Span) -> Error {
        let error = Error::new(Kind::Type, "`filter` picks rows, and no aggregate makes a value of them");
        error.at(span).with_help("go on with `.count`, `.sum(x)`, `.avg(x)`, `.max(x)` or `.min(x)`")
    }
}

/// How an aggregate is written.
fn form(function: AggregateFn) -> &'static str {
    match function {
        AggregateFn::Count => "count(window)",
        AggregateFn::Sum => "sum(value, window)",
        AggregateFn::Avg => "avg(value, window)",
        AggregateFn::Max => "max(value, window)",
        AggregateFn::Min => "min(value, window)",
    }
}
