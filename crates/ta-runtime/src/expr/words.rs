//! Words that messages and several forms share.

use super::script::Reach;
use crate::dataset::{Downsample, Timeframe};

/// The words that stand where a kernel would be called and are none.
pub(super) const RESERVED: [&str; 3] = ["let", "if", "filter"];

/// Names in backticks, separated by commas.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What a word after a dot makes of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shift {
    /// `24h_ago`: the value then.
    Ago,
    /// `change_24h`: the difference from it.
    Change,
    /// `change_pct_24h`, `roc_24h`: the same in percent of it.
    Percent,
}

impl Shift {
    /// Reads `24h_ago`, `5_ago`, `change_24h`, `change_pct_24h`, `roc_24`. Rows may be nought here.
    pub(super) fn read(word: &str) -> Option<(Self, Reach)> {
        let (shift, reach) = None
            .or_else(|| Some((Self::Ago, word.strip_suffix("_ago")?)))
            .or_else(|| Some((Self::Percent, word.strip_prefix("change_pct_")?)))
            .or_else(|| Some((Self::Percent, word.strip_prefix("roc_")?)))
            .or_else(|| Some((Self::Change, word.strip_prefix("change_")?)))?;
        Some((shift, reach_of(reach)?))
    }
}

/// Reads `24` or `24h`.
pub(super) fn reach_of(text: &str) -> Option<Reach> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // So many rows are too many on any machine.
        return Some(Reach::Rows(text.parse().unwrap_or(usize::MAX)));
    }
    text.parse().ok().map(Reach::Time)
}

/// Whether a word can begin a path's timeframe.
pub(super) fn timeframe(word: &str) -> Option<Timeframe> {
    word.parse().ok()
}

/// The rule of this name.
pub(super) fn rule(name: &str) -> Option<Downsample> {
    Downsample::ALL.into_iter().find(|rule| rule.name() == name)
}
