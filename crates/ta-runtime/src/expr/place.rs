//! Paths: how one place is said from another.

use std::fmt;

use super::token::is_name;
use crate::dataset::{SourceRef, SourceSchema, Timeframe};

/// What a path names: that in which a place differs from the one where the path stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Path {
    pub(super) exchange: Option<Box<str>>,
    pub(super) symbol: Option<Box<str>>,
    pub(super) timeframe: Option<Timeframe>,
    pub(super) source: Option<Source>,
}

/// A source that a path names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Source {
    /// That of the plan's own rows, which places do not repeat.
    Own,
    Other(&'static SourceSchema),
}

impl Path {
    /// The place it leads to from another one, in a script over rows of `own`.
    pub(super) fn place(&self, from: &SourceRef, own: &SourceSchema) -> SourceRef {
        let source = match self.source {
            Some(Source::Other(source)) => Some(source),
            Some(Source::Own) | None => None,
        };
        let mut from = from.clone();
        if self.source == Some(Source::Own) {
            from.source = None;
            from.timeframe = from.timeframe.filter(|_| own.bars);
        }
        let (exchange, symbol) = (self.exchange.clone(), self.symbol.clone());
        SourceRef { exchange, symbol, timeframe: self.timeframe, source }.within(&from)
    }

    /// The shortest path from one place to another; `None` when there is none, as a path can name something else but nothing less.
    pub(super) fn between(from: &SourceRef, to: &SourceRef, own: &SourceSchema) -> Option<Self> {
        let symbol = (&from.exchange, &from.symbol) != (&to.exchange, &to.symbol);
        let source = (from.source != to.source).then(|| to.source.map_or(Source::Own, Source::Other));
        let mut path = Self {
            exchange: to.exchange.clone().filter(|_| symbol),
            symbol: to.symbol.clone().filter(|_| symbol),
            timeframe: None,
            source,
        };
        if path.place(from, own).timeframe != to.timeframe {
            path.timeframe = to.timeframe;
        }
        (path.place(from, own) == *to).then_some(path)
    }

    /// The same path with its source named, which does not change where it leads.
    pub(super) fn with_source(self, to: &SourceRef) -> Self {
        Self { source: Some(to.source.map_or(Source::Own, Source::Other)), ..self }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The path as it is written, without the dot that follows. Names that `taken` has another meaning for are put in quotes.
    pub(super) fn text(&self, own: &SourceSchema, taken: impl Fn(&str) -> bool) -> String {
        let name =
            |name: &str| if taken(name) { Quoted(name).to_string() } else { AnyName(name).to_string() };
        let source = self.source.map(|source| match source {
            Source::Own => own.name,
            Source::Other(source) => source.name,
        });
        let names = [&self.exchange, &self.symbol].into_iter().flatten().map(|text| name(text));
        let timeframe = self.timeframe.map(|timeframe| timeframe.to_string());
        names.chain(timeframe).chain(source.map(str::to_owned)).collect::<Vec<_>>().join(".")
    }
}

/// A name as it is written: in quotes when it is not one word.
pub(super) struct AnyName<'n>(pub(super) &'n str);

impl fmt::Display for AnyName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_name(self.0) { f.write_str(self.0) } else { Quoted(self.0).fmt(f) }
    }
}

/// A text in the quotes that it does not hold itself.
pub(super) struct Quoted<'n>(pub(super) &'n str);

impl Quoted<'_> {
    /// Whether the language has a way to write it; otherwise what cannot be written is replaced.
    pub(super) fn is_exact(&self) -> bool {
        let quotes = self.0.contains('"') && self.0.contains('\'');
        !quotes && !self.0.contains(char::is_control)
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_exact() {
            let text = self.0.replace('"', "'").replace(char::is_control, " ");
            write!(f, "\"{text}\"")
        } else if self.0.contains('"') {
            write!(f, "'{}'", self.0)
        } else {
            write!(f, "\"{}\"", self.0)
        }
    }
}
