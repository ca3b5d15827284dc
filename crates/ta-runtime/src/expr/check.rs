//! Syntax tree to checked expression: names are looked up, types must fit.

use ta_kernel_api::{Decimal, KernelDef, Registry, Scalar, near_names};

use super::ast::{Ast, AstNode, Form, NodeId};
use super::op::{BinaryOp, UnaryOp};
use super::span::Span;
use super::typed::{Expr, ExprNode, ExprOp, ValueKind};
use super::{Limits, number};
use crate::dataset::SourceSchema;
use crate::error::{Error, Kind};

/// What names mean in an expression, and how large it may be.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The kernels that can be called.
    pub registry: &'a Registry,
    /// The source whose fields can be read.
    pub schema: &'a SourceSchema,
    /// The bounds on what is accepted.
    pub limits: &'a Limits,
}

/// Checks a syntax tree.
pub(crate) fn check(ast: &Ast<'_>, scope: Scope<'_>) -> Result<Expr, Error> {
    let mut checker = Checker { scope, nodes: Vec::new(), constants: Vec::new(), values: Vec::new() };
    for node in &ast.nodes {
        let value = checker.visit(ast, node)?;
        checker.values.push(value);
    }
    let root = checker.series(ast, ast.nodes.len() - 1)?;
    Ok(Expr::new(checker.nodes, root))
}

/// What a node of the syntax tree turned out to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'t> {
    /// A name, whose meaning depends on where it stands.
    Word(&'t str),
    /// A text in quotes.
    Text(&'t str),
    /// A value, by its node.
    Node(NodeId),
}

/// A checked expression in the making.
pub(super) struct Checker<'a, 't> {
    pub(super) scope: Scope<'a>,
    nodes: Vec<ExprNode>,
    /// For each node made of numbers alone what it comes to; missing where that has no answer.
    constants: Vec<Option<Decimal>>,
    /// For each node of the syntax tree so far what it is.
    values: Vec<Value<'t>>,
}

impl<'t> Checker<'_, 't> {
    fn visit(&mut self, ast: &Ast<'t>, node: &AstNode<'t>) -> Result<Value<'t>, Error> {
        let span = node.span;
        let id = match &node.form {
            Form::Name(name) => return Ok(Value::Word(name)),
            Form::Text(text) => return Ok(Value::Text(text)),
            Form::Number(written) => {
                let text = number::canonical(written).ok_or_else(|| {
                    let message = format!("number `{written}` is too large or too small");
                    Error::new(Kind::Limit, message)
                        .at(span)
                        .with_help("at most about 1.8e308, at least about 5e-324")
                })?;
                self.number(&text, span)
            }
            Form::Bool(truth) => {
                self.push(ExprOp::Literal(truth.to_string().into()), Some(ValueKind::Bool), span, None)
            }
            Form::Unary(UnaryOp::Neg, x) => self.negative(ast, *x, span)?,
            Form::Unary(UnaryOp::Not, x) => {
                let x = self.operand(ast, *x, ValueKind::Bool, "`not`")?;
                self.push(ExprOp::Unary(UnaryOp::Not, x), Some(ValueKind::Bool), span, None)
            }
            Form::Binary(op, a, b) => self.binary(ast, *op, [*a, *b], span)?,
            Form::History { base, bars } => self.history(ast, *base, *bars, span)?,
            Form::Output { base, name, name_span } => self.output(*base, (name, *name_span), span)?,
            Form::Call { name, name_span, arguments } => {
                self.call(ast, (name, *name_span), arguments, span)?
            }
        };
        Ok(Value::Node(id))
    }

    pub(super) fn push(
        &mut self,
        op: ExprOp,
        kind: Option<ValueKind>,
        span: Span,
        constant: Option<Decimal>,
    ) -> NodeId {
        self.nodes.push(ExprNode { op, kind, span });
        self.constants.push(constant);
        self.nodes.len() - 1
    }

    fn number(&mut self, text: &str, span: Span) -> NodeId {
        let constant = Decimal::parse(text).unwrap_or(Decimal::MISSING);
        self.push(ExprOp::Literal(text.into()), Some(ValueKind::Number), span, Some(constant))
    }

    fn negative(&mut self, ast: &Ast<'t>, x: NodeId, span: Span) -> Result<NodeId, Error> {
        let x = self.operand(ast, x, ValueKind::Number, "`-`")?;
        if let ExprOp::Literal(text) = &self.nodes[x].op {
            let text = number::negated(text);
            return Ok(self.number(&text, span));
        }
        let constant = self.constants[x].map(|value| -value);
        Ok(self.push(ExprOp::Unary(UnaryOp::Neg, x), Some(ValueKind::Number), span, constant))
    }

    fn binary(
        &mut self,
        ast: &Ast<'t>,
        op: BinaryOp,
        sides: [NodeId; 2],
        span: Span,
    ) -> Result<NodeId, Error> {
        let sign = format!("`{op}`");
        if matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
            let [a, b] = [self.one(ast, sides[0])?, self.one(ast, sides[1])?];
            let kinds = [a, b].map(|(_, kind)| kind);
            if kinds[0] != kinds[1] {
                let [left, right] = kinds.map(ValueKind::name);
                let message = format!("{sign} compares a {left} with a {right}");
                let error = Error::new(Kind::Type, message).at(span);
                return Err(error.with_help("two numbers or two bools"));
            }
            return Ok(self.push(ExprOp::Binary(op, a.0, b.0), Some(ValueKind::Bool), span, None));
        }
        let wanted = if op.is_logic() { ValueKind::Bool } else { ValueKind::Number };
        let a = self.operand(ast, sides[0], wanted, &sign)?;
        let b = self.operand(ast, sides[1], wanted, &sign)?;
        if op.is_logic() || op.is_comparison() {
            return Ok(self.push(ExprOp::Binary(op, a, b), Some(ValueKind::Bool), span, None));
        }
        let constant = self.constants[a].zip(self.constants[b]).map(|(a, b)| arithmetic(op, a, b));
        Ok(self.push(ExprOp::Binary(op, a, b), Some(ValueKind::Number), span, constant))
    }

    fn history(&mut self, ast: &Ast<'t>, base: NodeId, bars: NodeId, span: Span) -> Result<NodeId, Error> {
        let (base_id, kind) = self.one(ast, base)?;
        if self.is_constant(base_id) {
            let error = Error::new(Kind::Type, "a constant has no history").at(ast.nodes[base].span);
            return Err(error.with_help("`[bars]` follows a series, as in `close[1]`"));
        }
        let bars_span = ast.nodes[bars].span;
        let count = match self.values[bars] {
            Value::Node(id) => self.constant_text(id),
            Value::Word(_) | Value::Text(_) => None,
        };
        let Some(count) = count else {
            let error = Error::new(Kind::Type, "bars of history are not a constant number").at(bars_span);
            return Err(error.with_help("a whole number of bars back, as in `close[1]`"));
        };
        let limit = self.scope.limits.lookback;
        let Ok(bars) = count.parse::<i64>() else {
            let error = Error::new(Kind::Type, format!("`{count}` is not a number of bars")).at(bars_span);
            return Err(error.with_help(format!("a whole number from 1 to {limit}")));
        };
        if bars < 0 {
            let error = Error::new(Kind::Type, format!("history of `{bars}` bars looks into the future"));
            return Err(error.at(bars_span).with_help("`[1]` is the bar before"));
        }
        match usize::try_from(bars) {
            Ok(0) => Ok(base_id),
            Ok(bars) if bars <= limit => {
                Ok(self.push(ExprOp::History(base_id, bars), Some(kind), span, None))
            }
            _ => {
                let message = format!("history of {bars} bars is longer than {limit}");
                Err(Error::new(Kind::Limit, message).at(bars_span))
            }
        }
    }

    fn output(&mut self, base: NodeId, (name, name_span): (&str, Span), span: Span) -> Result<NodeId, Error> {
        let call = match self.values[base] {
            Value::Node(id) => self.def(id).map(|def| (id, def)),
            Value::Word(_) | Value::Text(_) => None,
        };
        let Some((call, def)) = call else {
            let error = Error::new(Kind::Type, format!("`.{name}` follows something that has no outputs"))
                .at(name_span);
            return Err(error.with_help("only the call of a kernel has outputs"));
        };
        let Some(index) = def.spec.outputs.iter().position(|output| output.name == name) else {
            let message = format!("`{}` has no output `{name}`", def.spec.id);
            let error = Error::new(Kind::UnknownName, message).at(name_span);
            return Err(
                error.with_help(format!("outputs: {}", listed(def.spec.outputs.iter().map(|o| o.name))))
            );
        };
        if def.spec.outputs.len() == 1 {
            return Ok(call);
        }
        let kind = def.spec.outputs[index].kind.into();
        Ok(self.push(ExprOp::Output(call, index), Some(kind), span, None))
    }

    /// The node of a value, whatever its type; names are fields here.
    pub(super) fn series(&mut self, ast: &Ast<'t>, at: NodeId) -> Result<NodeId, Error> {
        let span = ast.nodes[at].span;
        match self.values[at] {
            Value::Node(id) => Ok(id),
            Value::Word(name) => self.field(name, span),
            Value::Text(text) => {
                let error =
                    Error::new(Kind::Type, format!("text `{text}` stands where a value is needed")).at(span);
                Err(error.with_help("only parameters of calls are texts"))
            }
        }
    }

    /// The node of a single value and what it is.
    fn one(&mut self, ast: &Ast<'t>, at: NodeId) -> Result<(NodeId, ValueKind), Error> {
        let id = self.series(ast, at)?;
        if let Some(kind) = self.nodes[id].kind {
            return Ok((id, kind));
        }
        let (id, outputs) = self.def(id).map_or(("", &[][..]), |def| (def.spec.id, def.spec.outputs));
        let message = format!("`{id}` has {} outputs where one value is needed", outputs.len());
        let written: Vec<_> = outputs.iter().map(|output| format!("`{id}(...).{}`", output.name)).collect();
        let error = Error::new(Kind::Type, message).at(ast.nodes[at].span);
        Err(error.with_help(format!("write {}", written.join(" or "))))
    }

    /// The node of a single value that must be a number, or a bool, for `user`.
    pub(super) fn operand(
        &mut self,
        ast: &Ast<'t>,
        at: NodeId,
        wanted: ValueKind,
        user: &str,
    ) -> Result<NodeId, Error> {
        let (id, kind) = self.one(ast, at)?;
        if kind == wanted {
            return Ok(id);
        }
        let help = match wanted {
            ValueKind::Number => "bools are joined with `and`, `or`, `not` and compared with `==`, `!=`",
            ValueKind::Bool => "a comparison such as `x > 0` makes a bool of a number",
        };
        let message = format!("{user} needs a {}, this is a {}", wanted.name(), kind.name());
        Err(Error::new(Kind::Type, message).at(ast.nodes[at].span).with_help(help))
    }

    /// The node that reads a field.
    pub(super) fn field(&mut self, name: &str, span: Span) -> Result<NodeId, Error> {
        if self.is_field(name) {
            return Ok(self.push(ExprOp::Field(name.into()), Some(ValueKind::Number), span, None));
        }
        let schema = self.scope.schema;
        let error = Error::new(Kind::UnknownName, format!("unknown field `{name}`")).at(span);
        let stored = schema.fields.iter().map(|field| field.name);
        let near = near_names(name, stored.clone().chain(schema.derived.iter().map(|derived| derived.name)));
        Err(if self.scope.registry.get(name).is_ok() {
            error.with_help(format!("a kernel is called with brackets: `{name}()`"))
        } else if near.is_empty() {
            error.with_help(format!("`{}` has {}", schema.name, listed(stored.chain(["ts"]))))
        } else {
            error.with_help(format!("close: {}", listed(near)))
        })
    }

    /// Whether the source has a field of this name, stored or derived.
    pub(super) fn is_field(&self, name: &str) -> bool {
        let schema = self.scope.schema;
        name == "ts" || schema.field(name).is_some() || schema.derived(name).is_some()
    }

    /// The kernel a node calls.
    fn def(&self, id: NodeId) -> Option<&'static KernelDef> {
        match self.nodes[id].op {
            ExprOp::Call { def, .. } => Some(def),
            _ => None,
        }
    }

    /// What a node of the syntax tree turned out to be.
    pub(super) fn value(&self, at: NodeId) -> Value<'t> {
        self.values[at]
    }

    /// Whether a node is the same at every row.
    pub(super) fn is_constant(&self, id: NodeId) -> bool {
        self.constants[id].is_some() || matches!(self.nodes[id].op, ExprOp::Literal(_))
    }

    /// What a constant node comes to, as a canonical number, `true` or `false`. `None` for a series, and for arithmetic on
    /// constants without an answer.
    pub(super) fn constant_text(&self, id: NodeId) -> Option<String> {
        match &self.nodes[id].op {
            ExprOp::Literal(text) => Some(text.to_string()),
            _ => self.constants[id].and_then(number::of_decimal),
        }
    }
}

/// Names in backticks, separated by commas.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Exact arithmetic on constants.
fn arithmetic(op: BinaryOp, a: Decimal, b: Decimal) -> Decimal {
    match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div => a / b,
        BinaryOp::Rem => a % b,
        BinaryOp::Pow => a.powf(b),
        _ => Decimal::MISSING,
    }
}
