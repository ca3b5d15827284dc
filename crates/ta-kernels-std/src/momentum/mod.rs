//! How fast and how far prices move.

pub mod macd;
#[expect(clippy::module_inception, reason = "the family is named after its oldest member")]
pub mod momentum;
pub mod roc;
pub mod rsi;
pub mod stochastic;
