//! The calls of the language itself: `if`, `within` and `downsample`.

use super::ast::{Argument, Ast, Word};
use super::check::{Checker, PlaceId, Value};
use super::script::{ExprOp, NodeId, Reach};
use super::span::Span;
use super::words::{listed, rule};
use crate::dataset::Downsample;
use crate::error::{Error, Kind};

impl<'t> Checker<'_, 't> {
    /// `if(condition, then, otherwise)`.
    pub(super) fn choice(
        &mut self,
        ast: &Ast<'t>,
        arguments: &[Argument<'t>],
        span: Span,
    ) -> Result<NodeId, Error> {
        let [c, a, b] = arguments else {
            return Err(signature_error("if", "if(condition, then, otherwise)", span));
        };
        by_position("if", "if(condition, then, otherwise)", arguments)?;
        let mut operands = [0; 3];
        for (operand, argument) in operands.iter_mut().zip([c, a, b]) {
            *operand = self.series(ast, argument.value)?;
        }
        let spans = [c, a, b].map(|argument| ast.nodes[argument.value].span);
        self.add(ExprOp::If(operands[0], operands[1], operands[2]), &spans, span)
    }

    /// `x.within(5m)`, `x.downsample(1h, max)`.
    pub(super) fn method(
        &mut self,
        ast: &Ast<'t>,
        ((id, leads), base): ((NodeId, Option<PlaceId>), Span),
        callee: Word<'t>,
        arguments: &[Argument<'t>],
        span: Span,
    ) -> Result<Value<'t>, Error> {
        if callee.text == "within" {
            let [age] = arguments else {
                return Err(signature_error("within", "x.within(time)", span));
            };
            by_position("within", "x.within(time)", arguments)?;
            let Reach::Time(age) = self.reach(ast, age, "age")? else {
                let error = Error::new(Kind::Type, "age is not a time").at(ast.nodes[age.value].span);
                return Err(error.with_help("a time such as `5m`"));
            };
            return Ok(Value::Node(self.add(ExprOp::Within(id, Some(age)), &[base], span)?, None));
        }
        let form = "x.downsample(rows or time, rule)";
        let (to, how) = match arguments {
            [to] => (to, None),
            [to, how] => (to, Some(how)),
            _ => return Err(signature_error("downsample", form, span)),
        };
        by_position("downsample", form, arguments)?;
        let to = self.reach(ast, to, "window")?;
        let how = match how {
            None => Downsample::Last,
            Some(how) => {
                let named = match self.written(how.value) {
                    Value::Word(word) | Value::Text(word) => rule(word),
                    _ => None,
                };
                named.ok_or_else(|| {
                    let error = Error::new(Kind::Argument, "no rule to make one row of many");
                    let rules = listed(Downsample::ALL.map(Downsample::name));
                    error.at(ast.nodes[how.value].span).with_help(format!("one of {rules}"))
                })?
            }
        };
        let place = self.place_of(leads);
        Ok(Value::Node(self.add_at(ExprOp::Downsample(id, to, how), place, &[base], span)?, leads))
    }
}

/// Refuses arguments by name.
pub(super) fn by_position(callee: &str, form: &str, arguments: &[Argument<'_>]) -> Result<(), Error> {
    match arguments.iter().find_map(|argument| argument.keyword) {
        Some((_, span)) => {
            let error = Error::new(Kind::Argument, format!("`{callee}` takes no arguments by name"));
            Err(error.at(span).with_help(format!("it is `{form}`")))
        }
        None => Ok(()),
    }
}

/// The error for a call with too few or too many arguments.
pub(super) fn signature_error(callee: &str, form: &str, span: Span) -> Error {
    let error = Error::new(Kind::Argument, format!("arguments do not fit `{callee}`")).at(span);
    error.with_help(format!("it is `{form}`"))
}
