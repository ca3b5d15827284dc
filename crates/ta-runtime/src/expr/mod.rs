//! Expressions: from text or JSON to a checked, typed graph.
//!
//! ```text
//! let fast = ema(close, 12)
//! up = fast > fast[1] and rsi(14) < 70
//! buyers = binance.BTCUSDT.trades.filter(side > 0).sum(amount, 1h)
//! far = (close / BTCUSDT.1d.sma(close, 20) - 1) * 100
//! ```
//!
//! A [`Script`] is the checked form of one text or several, each of one or more statements. A plan takes the texts directly
//! ([`Plan::compile`](crate::plan::Plan::compile)); a script is for those who want to look at them, or to keep them as JSON, without running
//! them.
//!
//! ```
//! use ta_kernel_api::Registry;
//! use ta_runtime::dataset::OHLCV;
//! use ta_runtime::expr::{Limits, Scope, Script};
//!
//! let (registry, limits) = (Registry::linked()?, Limits::default());
//! let scope = Scope { registry: &registry, schema: &OHLCV, limits: &limits };
//! let script = Script::parse(&[(Some("gap"), "BTCUSDT.60m.close.change_24h")], scope)?;
//! assert_eq!(script.to_string(), "gap = BTCUSDT.1h.(close - close.1d_ago)");
//! assert!(Script::parse(&[(None, &script.to_string())], scope)? == script);
//! assert!(Script::from_json(script.to_json().to_string(), scope)? == script);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod aggregate;
mod ast;
mod call;
mod chain;
mod check;
mod display;
mod form;
mod fragment;
mod graph;
mod limits;
mod nesting;
mod number;
mod op;
mod parse;
mod payload;
mod place;
mod scope;
mod script;
mod span;
mod statement;
mod token;
mod words;

pub use fragment::Fragment;
pub use limits::Limits;
pub use op::{AggregateFn, BinaryOp, UnaryOp};
pub use payload::payload_schema;
pub use scope::Scope;
pub use script::{Reach, Script, ValueKind};

pub(crate) use check::MOST_ERRORS;
pub(crate) use payload::{Payload as GraphPayload, read as read_payload, with_constants};
pub(crate) use script::{ExprNode, ExprOp};

use crate::Error;

impl Script {
    /// Reads and checks texts, each with a name for its only output or without. What one binds, those after it see.
    ///
    /// # Errors
    /// When a text is no expression, a name is unknown, a type or an argument does not fit, or a bound is passed; with the
    /// position of the text and the place in it.
    pub fn parse(texts: &[(Option<&str>, &str)], scope: Scope<'_>) -> Result<Self, Error> {
        Self::parse_all(texts, scope).map_err(|mut errors| errors.swap_remove(0))
    }

    /// As [`parse`](Self::parse), but finds something wrong with every statement that is not valid.
    ///
    /// # Errors
    /// At least one, in the order of the texts.
    pub fn parse_all(texts: &[(Option<&str>, &str)], scope: Scope<'_>) -> Result<Self, Vec<Error>> {
        check::script(texts, scope)
    }
}

#[cfg(test)]
mod payload_tests;
#[cfg(test)]
mod tests;
