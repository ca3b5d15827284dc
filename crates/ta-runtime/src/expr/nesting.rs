//! Brackets that match, and a bound on how deep they and the operators nest.
//!
//! The grammar is recursive, so its depth is worked out on the tokens before it runs.

use super::op::UnaryOp;
use super::span::Span;
use super::token::{Token, TokenKind};
use crate::error::{Error, Kind};

/// Something whose right side is not yet complete.
#[derive(Clone, Copy)]
enum Open {
    /// An opening bracket and the one that will close it.
    Bracket { span: Span, close: TokenKind },
    /// An operator; another one that binds less tightly than `power` ends its right side.
    Operator { power: u8 },
}

/// Checks that brackets match and that no more than `limit` brackets and operators are open at once.
pub(crate) fn check(tokens: &[Token<'_>], limit: usize) -> Result<(), Error> {
    let mut open: Vec<Open> = Vec::new();
    let mut after_value = false;
    for token in tokens {
        match token.kind {
            TokenKind::LeftParen => {
                open.push(Open::Bracket { span: token.span, close: TokenKind::RightParen });
            }
            TokenKind::LeftBracket => {
                open.push(Open::Bracket { span: token.span, close: TokenKind::RightBracket });
            }
            TokenKind::RightParen | TokenKind::RightBracket => {
                end_operators(&mut open, 0);
                match open.pop() {
                    Some(Open::Bracket { close, .. }) if close == token.kind => {}
                    Some(_) => return Err(unmatched(token, "does not close the bracket that is open")),
                    None => return Err(unmatched(token, "closes nothing")),
                }
            }
            TokenKind::Comma => end_operators(&mut open, 0),
            TokenKind::Not => open.push(Open::Operator { power: UnaryOp::Not.power() }),
            TokenKind::Op(op) if after_value => {
                end_operators(&mut open, op.power());
                open.push(Open::Operator { power: op.right_power() });
            }
            TokenKind::Op(_) => open.push(Open::Operator { power: UnaryOp::Neg.power() }),
            _ => {}
        }
        if open.len() > limit {
            let message = format!("expression nests deeper than {limit} levels");
            return Err(Error::new(Kind::Limit, message).at(token.span));
        }
        after_value = !matches!(
            token.kind,
            TokenKind::LeftParen
                | TokenKind::LeftBracket
                | TokenKind::Comma
                | TokenKind::Assign
                | TokenKind::Not
                | TokenKind::Op(_)
        );
    }
    let unclosed = open.into_iter().rev().find_map(|open| match open {
        Open::Bracket { span, close } => Some((span, close)),
        Open::Operator { .. } => None,
    });
    match unclosed {
        Some((span, TokenKind::RightParen)) => Err(Error::new(Kind::Syntax, "`(` is never closed").at(span)),
        Some((span, _)) => Err(Error::new(Kind::Syntax, "`[` is never closed").at(span)),
        None => Ok(()),
    }
}

/// Ends the right sides that an operator of this power ends, up to the innermost bracket.
fn end_operators(open: &mut Vec<Open>, power: u8) {
    while matches!(open.last(), Some(Open::Operator { power: held }) if *held > power) {
        open.pop();
    }
}

fn unmatched(token: &Token<'_>, what: &str) -> Error {
    Error::new(Kind::Syntax, format!("`{}` {what}", token.text)).at(token.span)
}
