//! How large an expression may be.

/// Bounds on the text, on its depth and on what it asks for.
///
/// Expressions come from outside, so each way in which a short text could ask for unbounded work or memory has a bound. The
/// defaults are far above what people write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one expression's text.
    pub text: usize,
    /// How many brackets and operators may be open at once.
    pub depth: usize,
    /// Nodes of all expressions of a plan together.
    pub nodes: usize,
    /// Bars one value may look back, by the windows and the history along its path together.
    pub lookback: usize,
    /// Bars all windows of a plan keep together.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { text: 65_536, depth: 128, nodes: 10_000, lookback: 1_000_000, memory: 20_000_000 }
    }
}
