//! What a source of data offers: its fields, what is derived from them, and which of them bound others.
//!
//! The runtime knows sources only by these tables. A crate adds one of its own with [`inventory::submit!`]:
//!
//! ```
//! use ta_runtime::dataset::{Downsample, Field, SourceSchema};
//!
//! static QUOTES: SourceSchema = SourceSchema {
//!     name: "quotes",
//!     doc: "Best bid and ask.",
//!     bars: false,
//!     fields: &[
//!         Field { name: "bid", doc: "Best price to sell at.", downsample: Downsample::Last },
//!         Field { name: "ask", doc: "Best price to buy at.", downsample: Downsample::Last },
//!     ],
//!     derived: &[],
//!     ordered: &[],
//!     expected: &[],
//! };
//! ta_runtime::dataset::inventory::submit!(&QUOTES);
//!
//! assert!(SourceSchema::linked().iter().any(|schema| schema.name == "quotes"));
//! ```
//!
//! `inventory` carries these tables as it carries kernels: `linkme`, the other way to collect constants at link time, does
//! not build for wasm.

use std::hash::{Hash, Hasher};

/// A kind of source. Two of the same name are the same.
#[derive(Debug, Clone, Copy)]
pub struct SourceSchema {
    /// Its name, such as `ohlcv`.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Whether its rows are bars, which last for a while and come in timeframes; otherwise they are events.
    pub bars: bool,
    /// The fields that are stored, in their usual order. Every source has `ts` besides.
    pub fields: &'static [Field],
    /// Further names for what can be computed from the fields.
    pub derived: &'static [Derived],
    /// Pairs of fields of which the first is never above the second; data that say otherwise are refused.
    pub ordered: &'static [(&'static str, &'static str)],
    /// Pairs of fields of which the first should not be above the second; data that say otherwise are reported.
    pub expected: &'static [(&'static str, &'static str)],
}

/// A field that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What stands for many rows when they become one.
    pub downsample: Downsample,
}

/// What stands for the values of many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Downsample {
    /// The first one that is present.
    First,
    /// The last one that is present.
    Last,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
    /// How many are present.
    Count,
}

impl Downsample {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::First, Self::Last, Self::Max, Self::Min, Self::Sum, Self::Avg, Self::Count];

    /// The name used in text.
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::Max => "max",
            Self::Min => "min",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Count => "count",
        }
    }
}

/// A name for an expression over stored fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Derived {
    /// The name.
    pub name: &'static str,
    /// What it stands for, over stored fields only.
    pub expression: &'static str,
}

inventory::collect!(&'static SourceSchema);
inventory::submit!(&OHLCV);
inventory::submit!(&TRADES);
inventory::submit!(&ORDERBOOK);
inventory::submit!(&LIQUIDATION);

/// Bars of prices with their volume.
pub static OHLCV: SourceSchema = SourceSchema {
    name: "ohlcv",
    doc: "Bars of prices with their volume.",
    bars: true,
    fields: &[
        Field { name: "open", doc: "First price of the bar.", downsample: Downsample::First },
        Field { name: "high", doc: "Highest price of the bar.", downsample: Downsample::Max },
        Field { name: "low", doc: "Lowest price of the bar.", downsample: Downsample::Min },
        Field { name: "close", doc: "Last price of the bar.", downsample: Downsample::Last },
        Field { name: "volume", doc: "Quantity traded in the bar.", downsample: Downsample::Sum },
    ],
    derived: &[
        Derived { name: "hl2", expression: "(high + low) / 2" },
        Derived { name: "median_price", expression: "(high + low) / 2" },
        Derived { name: "hlc3", expression: "(high + low + close) / 3" },
        Derived { name: "typical_price", expression: "(high + low + close) / 3" },
        Derived { name: "ohlc4", expression: "(open + high + low + close) / 4" },
        Derived { name: "average_price", expression: "(open + high + low + close) / 4" },
        Derived { name: "hlcc4", expression: "(high + low + close * 2) / 4" },
        Derived { name: "weighted_close", expression: "(high + low + close * 2) / 4" },
    ],
    ordered: &[("low", "high")],
    expected: &[("low", "open"), ("low", "close"), ("open", "high"), ("close", "high")],
};

/// Single trades.
pub static TRADES: SourceSchema = SourceSchema {
    name: "trades",
    doc: "Single trades.",
    bars: false,
    fields: &[
        Field { name: "price", doc: "Price of the trade.", downsample: Downsample::Last },
        Field { name: "amount", doc: "Quantity traded.", downsample: Downsample::Sum },
        Field {
            name: "side",
            doc: "1 when the buyer took, -1 when the seller did.",
            downsample: Downsample::Last,
        },
    ],
    derived: &[
        Derived { name: "cost", expression: "price * amount" },
        Derived { name: "signed_amount", expression: "side * amount" },
    ],
    ordered: &[],
    expected: &[],
};

/// The top of an order book, whenever it changes.
pub static ORDERBOOK: SourceSchema = SourceSchema {
    name: "orderbook",
    doc: "The top of an order book, whenever it changes.",
    bars: false,
    fields: &[
        Field { name: "bid", doc: "Best price to sell at.", downsample: Downsample::Last },
        Field { name: "ask", doc: "Best price to buy at.", downsample: Downsample::Last },
        Field { name: "bid_size", doc: "Quantity at the best bid.", downsample: Downsample::Last },
        Field { name: "ask_size", doc: "Quantity at the best ask.", downsample: Downsample::Last },
    ],
    derived: &[
        Derived { name: "mid", expression: "(bid + ask) / 2" },
        Derived { name: "spread", expression: "ask - bid" },
        Derived {
            name: "microprice",
            expression: "(bid * ask_size + ask * bid_size) / (bid_size + ask_size)",
        },
        Derived { name: "imbalance", expression: "(bid_size - ask_size) / (bid_size + ask_size)" },
    ],
    ordered: &[],
    // A crossed book is seen for moments, and is worth a look.
    expected: &[("bid", "ask")],
};

/// Positions that an exchange closed by force.
pub static LIQUIDATION: SourceSchema = SourceSchema {
    name: "liquidation",
    doc: "Positions that an exchange closed by force.",
    bars: false,
    fields: &[
        Field { name: "price", doc: "Price of the closing order.", downsample: Downsample::Last },
        Field { name: "amount", doc: "Quantity closed.", downsample: Downsample::Sum },
        Field {
            name: "side",
            doc: "1 when shorts were bought back, -1 when longs were sold.",
            downsample: Downsample::Last,
        },
    ],
    derived: &[
        Derived { name: "cost", expression: "price * amount" },
        Derived { name: "signed_amount", expression: "side * amount" },
    ],
    ordered: &[],
    expected: &[],
};

impl PartialEq for SourceSchema {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for SourceSchema {}

impl Hash for SourceSchema {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl SourceSchema {
    /// The schemas of every crate that this program names, sorted by name.
    pub fn linked() -> Vec<&'static Self> {
        let mut schemas: Vec<&Self> = inventory::iter::<&Self>.into_iter().copied().collect();
        schemas.sort_by_key(|schema| schema.name);
        schemas
    }

    /// The stored field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The derived field of this name.
    pub fn derived(&self, name: &str) -> Option<&'static Derived> {
        self.derived.iter().find(|derived| derived.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_name_stored_fields_and_no_name_is_used_twice() {
        for schema in SourceSchema::linked() {
            for (low, high) in schema.ordered.iter().chain(schema.expected) {
                assert!(schema.field(low).is_some() && schema.field(high).is_some(), "{low} {high}");
            }
            let fields = schema.fields.iter().map(|field| field.name);
            let mut names: Vec<_> = fields.chain(schema.derived.iter().map(|derived| derived.name)).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{}", schema.name);
            assert!(!names.contains(&"ts"));
        }
    }

    #[test]
    fn bars_are_a_linked_source() {
        assert!(SourceSchema::linked().contains(&&OHLCV));
        assert_eq!(OHLCV.derived("hl2").map(|derived| derived.expression), Some("(high + low) / 2"));
    }
}
