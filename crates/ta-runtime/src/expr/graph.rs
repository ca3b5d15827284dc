//! Operations in the making: each is checked against what it reads, and made once.

use std::collections::HashMap;

use ta_kernel_api::{Decimal, KernelDef, Scalar};

use super::op::{AggregateFn, BinaryOp, UnaryOp};
use super::script::{ExprNode, ExprOp, NodeId, Reach, ValueKind};
use super::span::Span;
use super::{Limits, number};
use crate::dataset::{Downsample, SourceRef, Timeframe};
use crate::error::{Error, Kind};

/// The operations made so far, each after those it reads.
pub(super) struct Graph<'a> {
    limits: &'a Limits,
    pub(super) nodes: Vec<ExprNode>,
    /// Each operation by what it does and where.
    known: HashMap<(ExprOp, SourceRef), NodeId>,
    /// For each node made of numbers alone what it comes to; missing where that has no answer.
    constants: Vec<Option<Decimal>>,
}

/// Where an operation is written and carried out.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) place: SourceRef,
    pub(super) span: Span,
    /// Which of the given texts the span is in.
    pub(super) text: usize,
}

/// Why an operation is refused, and which of its operands is to blame when it is one of them.
#[derive(Debug)]
pub(super) struct Fault {
    error: Error,
    operand: Option<usize>,
}

impl Fault {
    /// The error at the place of the operand to blame, or of the whole operation.
    pub(super) fn at(self, operands: &[Span], whole: Span) -> Error {
        let place = self.operand.and_then(|operand| operands.get(operand)).copied();
        self.error.at(place.unwrap_or(whole))
    }

    /// The error alone.
    pub(super) fn error(self) -> Error {
        self.error
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { error, operand: None }
    }
}

impl<'a> Graph<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, nodes: Vec::new(), known: HashMap::new(), constants: Vec::new() }
    }

    /// The node of an operation, whose fields, parameters and place are known to be right.
    pub(super) fn add(&mut self, op: ExprOp, mut site: Site) -> Result<NodeId, Fault> {
        let kind = self.kind(&op)?;
        let op = match op {
            ExprOp::Unary(UnaryOp::Neg, x) => match &self.nodes[x].op {
                // A number with its sign is one number.
                ExprOp::Literal(text) => ExprOp::Literal(number::negated(text).into()),
                _ => op,
            },
            // The only output of a call is the call.
            ExprOp::Output(call, _) if self.nodes[call].kind.is_some() => return Ok(call),
            ExprOp::Output(call, _) => {
                site.place = self.nodes[call].place.clone();
                op
            }
            _ => op,
        };
        if let ExprOp::Literal(_) = op {
            site.place = SourceRef::default();
        }
        let key = (op, site.place);
        if let Some(&id) = self.known.get(&key) {
            return Ok(id);
        }
        self.constants.push(self.constant(&key.0, kind));
        let (op, place) = key.clone();
        self.nodes.push(ExprNode { op, kind, place, span: site.span, text: site.text });
        let id = self.nodes.len() - 1;
        self.known.insert(key, id);
        Ok(id)
    }

    /// What an operation on numbers alone comes to, in exact arithmetic.
    fn constant(&self, op: &ExprOp, kind: Option<ValueKind>) -> Option<Decimal> {
        match *op {
            ExprOp::Literal(ref text) if kind == Some(ValueKind::Number) => {
                Some(Decimal::parse(text).unwrap_or(Decimal::MISSING))
            }
            ExprOp::Unary(UnaryOp::Neg, x) => self.constants[x].map(|value| -value),
            ExprOp::Binary(op, a, b) if !op.is_comparison() && !op.is_logic() => {
                self.constants[a].zip(self.constants[b]).map(|(a, b)| arithmetic(op, a, b))
            }
            _ => None,
        }
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

    /// The kernel a node calls.
    pub(super) fn def(&self, id: NodeId) -> Option<&'static KernelDef> {
        match self.nodes[id].op {
            ExprOp::Call { def, .. } => Some(def),
            _ => None,
        }
    }

    /// What an operation gives, when what it reads fits.
    fn kind(&self, op: &ExprOp) -> Result<Option<ValueKind>, Fault> {
        use ValueKind::{Bool, Number};
        let operands: Vec<NodeId> = op.operands().collect();
        let read = Read { graph: self, operands: &operands };
        Ok(Some(match op {
            ExprOp::Literal(text) if matches!(&**text, "true" | "false") => Bool,
            ExprOp::Field { .. } | ExprOp::Literal(_) => Number,
            ExprOp::Unary(UnaryOp::Neg, _) => read.wanted(0, Number, "`-`")?,
            ExprOp::Unary(UnaryOp::Not, _) => read.wanted(0, Bool, "`not`")?,
            ExprOp::Binary(op @ (BinaryOp::Eq | BinaryOp::Ne), ..) => {
                read.alike(0, 1, |left, right| format!("`{op}` compares a {left} with a {right}"))?;
                Bool
            }
            ExprOp::Binary(op, ..) => {
                let wanted = if op.is_logic() { Bool } else { Number };
                let sign = format!("`{op}`");
                read.wanted(0, wanted, &sign)?;
                read.wanted(1, wanted, &sign)?;
                if op.is_logic() || op.is_comparison() { Bool } else { Number }
            }
            ExprOp::If(..) => {
                read.wanted(0, Bool, "the condition of `if`")?;
                read.alike(1, 2, |left, right| format!("`if` gives a {left} or a {right}"))?
            }
            ExprOp::Ago(_, reach) => {
                self.bounded("history", *reach)?;
                read.series("history", "`[bars]` follows a series, as in `close[1]`")?
            }
            ExprOp::Within(_, age) => {
                if let Some(age) = age {
                    self.bounded("age", Reach::Time(*age))?;
                }
                read.series("age", "`within` and `fresh` follow a series, as in `1h.close.fresh`")?
            }
            ExprOp::Downsample(_, reach, rule) => {
                self.bounded("window", *reach)?;
                match (
                    read.series("rows", "`downsample` follows a series, as in `close.downsample(5)`")?,
                    rule,
                ) {
                    (_, Downsample::Count) => Number,
                    (kind, Downsample::First | Downsample::Last) => kind,
                    _ => read.wanted(0, Number, &format!("`downsample` to `{}`", rule.name()))?,
                }
            }
            ExprOp::Aggregate { function, condition, value, window, .. } => {
                if let Some(window) = window {
                    self.bounded("window", *window)?;
                }
                if condition.is_some() {
                    read.wanted(0, Bool, "`filter`")?;
                }
                match (function, value) {
                    (AggregateFn::Count, None) => Number,
                    (AggregateFn::Count, Some(_)) => {
                        return Err(Error::new(Kind::Argument, "`count` takes no value").into());
                    }
                    (_, Some(_)) => {
                        read.wanted(usize::from(condition.is_some()), Number, &format!("`{function}`"))?
                    }
                    (_, None) => {
                        return Err(Error::new(Kind::Argument, format!("`{function}` needs a value")).into());
                    }
                }
            }
            ExprOp::Call { def, .. } => {
                for (position, input) in def.spec.inputs.iter().enumerate() {
                    let user = format!("input `{}` of `{}`", input.name, def.spec.id);
                    read.wanted(position, Number, &user)?;
                }
                return Ok(match def.spec.outputs {
                    [output] => Some(output.kind.into()),
                    _ => None,
                });
            }
            ExprOp::Output(call, index) => {
                let outputs = self.def(*call).map_or(&[][..], |def| def.spec.outputs);
                let Some(output) = outputs.get(*index) else {
                    let message = format!("there is no output {index} of {}", outputs.len());
                    return Err(Error::new(Kind::UnknownName, message).into());
                };
                output.kind.into()
            }
        }))
    }

    /// Whether so much can be kept.
    pub(super) fn bounded(&self, what: &str, reach: Reach) -> Result<(), Error> {
        let (asked, limit) = match reach {
            Reach::Rows(0) => return Err(Error::new(Kind::Type, format!("{what} of no bars"))),
            Reach::Rows(rows) if rows > self.limits.lookback => {
                (format!("{rows} bars"), self.limits.lookback.to_string())
            }
            Reach::Time(length) if length.approximate() > self.limits.span => {
                let limit = Timeframe::milliseconds(self.limits.span);
                (format!("`{length}`"), limit.map_or("0ms".to_owned(), |limit| format!("`{limit}`")))
            }
            _ => return Ok(()),
        };
        Err(Error::new(Kind::Limit, format!("{what} of {asked} is longer than {limit}")))
    }
}

/// What an operation reads.
struct Read<'g> {
    graph: &'g Graph<'g>,
    operands: &'g [NodeId],
}

impl Read<'_> {
    /// What an operand is, which has to be one value.
    fn one(&self, position: usize) -> Result<ValueKind, Fault> {
        let id = self.operands[position];
        if let Some(kind) = self.graph.nodes[id].kind {
            return Ok(kind);
        }
        let (id, outputs) = self.graph.def(id).map_or(("", &[][..]), |def| (def.spec.id, def.spec.outputs));
        let message = format!("`{id}` has {} outputs where one value is needed", outputs.len());
        let written: Vec<_> = outputs.iter().map(|output| format!("`{id}(...).{}`", output.name)).collect();
        let error = Error::new(Kind::Type, message).with_help(format!("write {}", written.join(" or ")));
        Err(Fault { error, operand: Some(position) })
    }

    /// Checks that an operand is a number, or a bool, as `user` needs it.
    fn wanted(&self, position: usize, wanted: ValueKind, user: &str) -> Result<ValueKind, Fault> {
        let kind = self.one(position)?;
        if kind == wanted {
            return Ok(kind);
        }
        let help = match wanted {
            ValueKind::Number => "bools are joined with `and`, `or`, `not` and compared with `==`, `!=`",
            ValueKind::Bool => "a comparison such as `x > 0` makes a bool of a number",
        };
        let message = format!("{user} needs a {}, this is a {}", wanted.name(), kind.name());
        Err(Fault { error: Error::new(Kind::Type, message).with_help(help), operand: Some(position) })
    }

    /// Checks that two operands are of one kind, and gives it.
    fn alike(
        &self,
        left: usize,
        right: usize,
        message: impl Fn(&str, &str) -> String,
    ) -> Result<ValueKind, Fault> {
        let (a, b) = (self.one(left)?, self.one(right)?);
        if a == b {
            return Ok(a);
        }
        let error = Error::new(Kind::Type, message(a.name(), b.name()));
        Err(error.with_help("two numbers or two bools").into())
    }

    /// Checks that the only operand is one value that is not the same at every row.
    fn series(&self, what: &str, help: &str) -> Result<ValueKind, Fault> {
        let kind = self.one(0)?;
        if self.graph.is_constant(self.operands[0]) {
            let error = Error::new(Kind::Type, format!("a constant has no {what}")).with_help(help);
            return Err(Fault { error, operand: Some(0) });
        }
        Ok(kind)
    }
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
