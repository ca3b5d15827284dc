//! How large an expression may be.

use serde::Serialize;

/// Bounds on the text, on its depth and on what it asks for.
///
/// Expressions come from outside, so each way in which a short text could ask for unbounded work or memory has a bound. The
/// defaults are far above what people write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Bytes of one expression's text.
    pub text: usize,
    /// Bytes of a graph as JSON.
    pub payload: usize,
    /// How many brackets and operators may be open at once.
    pub depth: usize,
    /// Nodes of all expressions of a plan together.
    pub nodes: usize,
    /// Columns of a plan.
    pub outputs: usize,
    /// Bars one value may look back, by the windows and the history along its path together.
    pub lookback: usize,
    /// Milliseconds a window or a shift over time may last.
    pub span: i64,
    /// Bars all windows of a plan keep together.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text: 65_536,
            payload: 4_194_304,
            depth: 128,
            nodes: 10_000,
            outputs: 10_000,
            lookback: 1_000_000,
            span: 10 * 366 * 86_400_000,
            memory: 20_000_000,
        }
    }
}
