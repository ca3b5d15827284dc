//! The canonical text of a checked expression.

use std::fmt;

use ta_kernel_api::ParamValue;

use super::op::UnaryOp;
use super::token::{TokenKind, tokens};
use super::typed::{Expr, ExprOp};

/// The text of a node.
struct Piece {
    text: String,
    /// How tightly its outermost operator binds.
    power: u8,
    /// Whether it is made of numbers alone.
    constant: bool,
}

/// More than any operator: names, numbers, calls.
const WHOLE: u8 = u8::MAX;

impl Piece {
    /// The text, in brackets when its operator binds less tightly than what stands around it.
    fn within(self, power: u8) -> String {
        if self.power < power { format!("({})", self.text) } else { self.text }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pieces: Vec<Piece> = Vec::new();
        for node in &self.nodes {
            // The operands are the last pieces made, in order.
            let operands = pieces.split_off(pieces.len() - node.op.operands().count());
            pieces.push(self.piece(&node.op, operands));
        }
        pieces.iter().try_for_each(|piece| f.write_str(&piece.text))
    }
}

impl Expr {
    fn piece(&self, op: &ExprOp, operands: Vec<Piece>) -> Piece {
        let constant = operands.iter().all(|operand| operand.constant);
        let mut operands = operands.into_iter();
        let mut operand = |power| operands.next().map(|piece| piece.within(power)).unwrap_or_default();
        match op {
            ExprOp::Field(name) => Piece { text: name.to_string(), power: WHOLE, constant: false },
            ExprOp::Literal(text) => {
                let power = if text.starts_with('-') { UnaryOp::Neg.power() } else { WHOLE };
                Piece { text: text.to_string(), power, constant: true }
            }
            ExprOp::Unary(op, _) => {
                let space = if *op == UnaryOp::Not { " " } else { "" };
                Piece { text: format!("{op}{space}{}", operand(op.power())), power: op.power(), constant }
            }
            ExprOp::Binary(op, ..) => {
                // Grows the left side instead of copying it, so that a long chain takes no more than its own length.
                let mut text = operand(op.left_power());
                for part in [" ", op.symbol(), " ", &operand(op.right_power())] {
                    text.push_str(part);
                }
                Piece { text, power: op.power(), constant }
            }
            ExprOp::History(_, bars) => {
                Piece { text: format!("{}[{bars}]", operand(WHOLE)), power: WHOLE, constant: false }
            }
            ExprOp::Output(call, index) => {
                let name = self.output_names(*call).nth(*index).unwrap_or_default();
                Piece { text: format!("{}.{name}", operand(WHOLE)), power: WHOLE, constant: false }
            }
            ExprOp::Call { def, params, .. } => {
                let mut arguments = Vec::new();
                let mut by_name = false;
                for (input, piece) in def.spec.inputs.iter().zip(operands) {
                    // A number without a name could be taken for a parameter.
                    by_name |= piece.constant;
                    arguments.push(if by_name {
                        format!("{}={}", input.name, piece.text)
                    } else {
                        piece.text
                    });
                }
                arguments.extend(def.named(params).map(|(name, value)| format!("{name}={}", Word(value))));
                let text = format!("{}({})", def.spec.id, arguments.join(", "));
                Piece { text, power: WHOLE, constant: false }
            }
        }
    }
}

/// A parameter as it is written in a call: quoted when it would not be read as one word.
struct Word<'p>(&'p ParamValue);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ParamValue::Choice(word) if !is_name(word) => write!(f, "\"{word}\""),
            value => write!(f, "{value}"),
        }
    }
}

fn is_name(word: &str) -> bool {
    tokens(word).is_ok_and(|tokens| matches!(tokens[..], [token] if token.kind == TokenKind::Name))
}
