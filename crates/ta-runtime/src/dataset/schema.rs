//! What a source of data offers: its fields, what is derived from them, and which of them bound others.
//!
//! The runtime knows sources only by these tables. A crate adds one of its own with [`inventory::submit!`]:
//!
//! ```
//! use ta_runtime::dataset::{Field, SourceSchema};
//!
//! static QUOTES: SourceSchema = SourceSchema {
//!     name: "quotes",
//!     doc: "Best bid and ask.",
//!     fields: &[
//!         Field { name: "bid", doc: "Best price to sell at." },
//!         Field { name: "ask", doc: "Best price to buy at." },
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

/// A kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceSchema {
    /// Its name, such as `ohlcv`.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
}

/// A name for an expression over stored fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Derived {
    /// The name.
    pub name: &'static str,
    /// What it stands for, over stored fields only.
    pub expression: &'static str,
}

inventory::collect!(&'static SourceSchema);
inventory::submit!(&OHLCV);

/// Bars of prices with their volume.
pub static OHLCV: SourceSchema = SourceSchema {
    name: "ohlcv",
    doc: "Bars of prices with their volume.",
    fields: &[
        Field { name: "open", doc: "First price of the bar." },
        Field { name: "high", doc: "Highest price of the bar." },
        Field { name: "low", doc: "Lowest price of the bar." },
        Field { name: "close", doc: "Last price of the bar." },
        Field { name: "volume", doc: "Quantity traded in the bar." },
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
