//! Where rows come from: a symbol, a timeframe and a source.

use std::fmt;

use super::{SourceSchema, Timeframe};

/// Which rows a name in an expression means, as far as it says: what is left out is that of the place where it stands, in the
/// end that of the plan's own rows.
///
/// `binance.BTCUSDT.1h.trades` says everything, `1h` the timeframe alone, and the default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SourceRef {
    /// The exchange, which is said together with a symbol only.
    pub exchange: Option<Box<str>>,
    /// The symbol.
    pub symbol: Option<Box<str>>,
    /// How long a bar lasts; not for sources without bars.
    pub timeframe: Option<Timeframe>,
    /// The kind of source.
    pub source: Option<&'static SourceSchema>,
}

/// The rows of one symbol, timeframe and source in a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PartitionKey {
    /// The exchange, when the symbol is qualified with one.
    pub exchange: Option<Box<str>>,
    /// The symbol.
    pub symbol: Box<str>,
    /// How long a bar lasts; `None` for sources without bars, and where it is not known.
    pub timeframe: Option<Timeframe>,
    /// The kind of source.
    pub source: &'static SourceSchema,
}

impl SourceRef {
    /// This reference seen from another one: what it leaves out is taken from there. Another source without bars has no timeframe.
    #[must_use]
    pub fn within(&self, outer: &Self) -> Self {
        let source = self.source.or(outer.source);
        let barless = self.source.is_some_and(|source| !source.bars);
        let (exchange, symbol) = match &self.symbol {
            Some(_) => (self.exchange.clone(), self.symbol.clone()),
            None => (outer.exchange.clone(), outer.symbol.clone()),
        };
        let timeframe = self.timeframe.or(if barless { None } else { outer.timeframe });
        Self { exchange, symbol, timeframe, source }
    }

    /// The rows meant, for a plan that runs over those of `base`.
    pub fn resolve(&self, base: &PartitionKey) -> PartitionKey {
        let source = self.source.unwrap_or(base.source);
        let (exchange, symbol) = match &self.symbol {
            Some(symbol) => (self.exchange.clone(), symbol.clone()),
            None => (base.exchange.clone(), base.symbol.clone()),
        };
        let timeframe = if source.bars { self.timeframe.or(base.timeframe) } else { None };
        PartitionKey { exchange, symbol, timeframe, source }
    }

    /// Whether it says nothing: the plan's own rows.
    pub fn is_base(&self) -> bool {
        *self == Self::default()
    }
}

impl PartitionKey {
    /// From when on a row is known: its end where it is a bar of known length, its own time otherwise.
    pub fn known(&self, ts: i64) -> i64 {
        self.timeframe.map_or(ts, |timeframe| timeframe.end_of(ts))
    }
}

/// As it is written before a field, without the dot that follows; empty for the plan's own rows.
impl fmt::Display for SourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [self.exchange.as_deref(), self.symbol.as_deref()].map(|name| name.map(quoted));
        let [exchange, symbol] = names;
        let timeframe = self.timeframe.map(|timeframe| timeframe.to_string());
        let parts = [exchange, symbol, timeframe, self.source.map(|source| source.name.to_owned())];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join("."))
    }
}

impl fmt::Display for PartitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PartitionKey { exchange, symbol, timeframe, source } = self.clone();
        SourceRef { exchange, symbol: Some(symbol), timeframe, source: Some(source) }.fmt(f)
    }
}

/// A name as an expression writes it: in quotes when it is not one word, in single ones when it holds a double one.
fn quoted(name: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(word);
    match name.contains('"') {
        _ if plain => name.to_owned(),
        false => format!("\"{name}\""),
        true => format!("'{name}'"),
    }
}
