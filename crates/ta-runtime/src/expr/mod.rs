//! Expressions: from text to a checked, typed form.
//!
//! ```text
//! close > sma(20) and rsi(14) < 70      macd(12, 26, 9).signal      (close - close[1]) / close[1]
//! ```
//!
//! Numbers, `true` and `false`; the fields of the source and what is derived from them; `+ - * / % **`, comparisons,
//! `and or not`; calls of kernels with arguments by position and by name; `.output` of a call with several; `[bars]` for the
//! value so many rows earlier. A plan takes the text directly ([`Plan::compile`](crate::plan::Plan::compile)); [`Expr`] is for those who
//! want to look at an expression without running it.

mod ast;
mod call;
mod check;
mod display;
mod limits;
mod name;
mod nesting;
mod number;
mod op;
mod parse;
mod span;
mod token;
mod typed;

pub use check::Scope;
pub use limits::Limits;
pub use name::split_name;
pub use op::{BinaryOp, UnaryOp};
pub use typed::{Expr, ValueKind};

pub(crate) use span::Span;
pub(crate) use typed::{ExprNode, ExprOp};

use crate::Error;

impl Expr {
    /// Reads and checks one expression.
    ///
    /// # Errors
    /// When the text is no expression, a name is unknown, a type or an argument does not fit, or a bound is passed; with the
    /// place in the text.
    pub fn parse(text: &str, scope: Scope<'_>) -> Result<Self, Error> {
        check::check(&parse::parse(text, scope.limits)?, scope)
    }
}

#[cfg(test)]
mod tests;
