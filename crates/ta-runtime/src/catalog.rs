//! The registry as data: what each kernel is, ready for tables, pages and JSON.
//!
//! ```
//! use ta_kernel_api::Registry;
//!
//! let registry = Registry::linked()?;
//! let json = serde_json::to_string_pretty(&ta_runtime::catalog::entries(&registry)).unwrap();
//! assert_eq!(json, "[]"); // no kernel crate is linked here
//! # Ok::<(), ta_kernel_api::Error>(())
//! ```

mod page;
pub mod python;

use serde::Serialize;
use ta_kernel_api::spec::{
    Domain, InputSpec, KernelSpec, MissingInputs, OutputKind, ParamSpec, Parity, Place, Warmup,
};
use ta_kernel_api::{Decimal, KernelDef, Node, Registry, Scalar, ScalarKind};

pub use page::page;

/// All that is known about a kernel, with its parameters at their defaults where a number depends on them.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// The name under which it is called.
    pub id: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// The group it is listed under.
    pub family: &'static str,
    /// The version of its crate that first had it.
    pub since: &'static str,
    /// The first line of its documentation.
    pub summary: &'static str,
    /// Its documentation, in Markdown.
    pub doc: &'static str,
    /// How it is called; see [`signature`].
    pub signature: String,
    /// Its inputs in the order of positional arguments.
    pub inputs: Vec<Input>,
    /// Its parameters in the order of positional arguments.
    pub params: Vec<Param>,
    /// Its outputs.
    pub outputs: Vec<Output>,
    /// The scalars it computes with.
    pub scalars: &'static [ScalarKind],
    /// Whether its batch form is its own or drives the step form: `own` or `derived`.
    pub batch: &'static str,
    /// How closely batch and steps agree: `exact`, `ulps(4)`, `relative(1e-12)`.
    pub parity: String,
    /// Why they do not agree exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parity_reason: Option<&'static str>,
    /// What happens to rows with missing inputs: `policy` (the plan decides) or `pass` (the kernel sees them).
    pub missing: &'static str,
    /// Whether the warm-up is as long as the lookback (`exact`) or depends on the data (`data`).
    pub warmup: &'static str,
    /// Rows until outputs no longer depend on where the data began.
    pub stabilisation: usize,
    /// The version of its saved state.
    pub state_version: u32,
    /// Where a chart draws it.
    pub plot: Plot,
    /// Where it is declared.
    pub declared: Declared,
}

/// An input of a kernel.
#[derive(Debug, Clone, Serialize)]
pub struct Input {
    /// Its name, also as a keyword.
    pub name: &'static str,
    /// The field that is read when it is left out; without one it is required.
    pub default: Option<&'static str>,
}

/// A parameter of a kernel.
#[derive(Debug, Clone, Serialize)]
pub struct Param {
    /// Its name, also as a keyword.
    pub name: &'static str,
    /// What it means, in Markdown.
    pub doc: &'static str,
    /// What it accepts, and its default.
    #[serde(flatten)]
    pub domain: ParamDomain,
}

/// What a parameter accepts, and its default.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[expect(missing_docs, reason = "the fields say themselves what they are")]
pub enum ParamDomain {
    /// A whole number.
    Int { default: i64, min: i64, max: i64 },
    /// A number.
    Real { default: f64, min: f64, max: f64 },
    /// `true` or `false`.
    Flag { default: bool },
    /// One of several words.
    Choice { default: &'static str, names: &'static [&'static str] },
}

/// An output of a kernel.
#[derive(Debug, Clone, Serialize)]
pub struct Output {
    /// Its name, as in `macd(12, 26, 9).signal`.
    pub name: &'static str,
    /// What it means, in Markdown.
    pub doc: &'static str,
    /// `number` or `bool`.
    pub kind: &'static str,
    /// Rows before its first value.
    pub lookback: usize,
    /// Whether a chart draws it as bars from zero.
    pub histogram: bool,
}

/// Where a chart draws a kernel.
#[derive(Debug, Clone, Serialize)]
pub struct Plot {
    /// `overlay` or `pane`.
    pub place: &'static str,
    /// Horizontal lines.
    pub levels: &'static [f64],
}

/// Where a kernel is declared.
#[derive(Debug, Clone, Serialize)]
pub struct Declared {
    /// The crate.
    #[serde(rename = "crate")]
    pub krate: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line.
    pub line: u32,
}

/// All kernels of a registry, sorted by id.
pub fn entries(registry: &Registry) -> Vec<Entry> {
    registry.iter().map(Entry::from).collect()
}

impl From<&'static KernelDef> for Entry {
    fn from(def: &'static KernelDef) -> Self {
        let spec = &def.spec;
        let timing = timing::<f64>(def).or_else(|| timing::<Decimal>(def)).unwrap_or_default();
        let (parity_reason, parity) = match spec.parity {
            Parity::Exact => (None, spec.parity.to_string()),
            Parity::Ulps { reason, .. } | Parity::Relative { reason, .. } => {
                (Some(reason), spec.parity.to_string())
            }
        };
        let outputs = spec.outputs.iter().enumerate().map(|(index, output)| Output {
            name: output.name,
            doc: output.doc,
            kind: match output.kind {
                OutputKind::Number => "number",
                OutputKind::Bool => "bool",
            },
            lookback: timing.lookback.get(index).copied().unwrap_or_default(),
            histogram: output.histogram,
        });
        Self {
            id: spec.id,
            aliases: spec.aliases,
            family: spec.family,
            since: spec.since,
            summary: spec.summary(),
            doc: spec.doc,
            signature: signature(spec),
            inputs: spec.inputs.iter().map(Input::from).collect(),
            params: spec.params.iter().map(Param::from).collect(),
            outputs: outputs.collect(),
            scalars: spec.scalars,
            batch: if timing.batch_is_derived { "derived" } else { "own" },
            parity,
            parity_reason,
            missing: match spec.missing {
                MissingInputs::Policy => "policy",
                MissingInputs::Pass => "pass",
            },
            warmup: match spec.warmup {
                Warmup::Exact => "exact",
                Warmup::Data => "data",
            },
            stabilisation: timing.stabilisation,
            state_version: spec.state_version,
            plot: Plot::from(spec),
            declared: Declared {
                krate: spec.krate,
                version: spec.krate_version,
                file: spec.file,
                line: spec.line,
            },
        }
    }
}

impl From<&KernelSpec> for Plot {
    fn from(spec: &KernelSpec) -> Self {
        let place = match spec.plot.place {
            Place::Overlay => "overlay",
            Place::Pane => "pane",
        };
        Self { place, levels: spec.plot.levels }
    }
}

impl From<&InputSpec> for Input {
    fn from(input: &InputSpec) -> Self {
        Self { name: input.name, default: input.field }
    }
}

impl From<&ParamSpec> for Param {
    fn from(param: &ParamSpec) -> Self {
        let domain = match param.domain {
            Domain::Int { default, min, max } => ParamDomain::Int { default, min, max },
            Domain::Real { default, min, max } => ParamDomain::Real { default, min, max },
            Domain::Flag { default } => ParamDomain::Flag { default },
            Domain::Choice { default, names } => ParamDomain::Choice { default, names },
        };
        Self { name: param.name, doc: param.doc, domain }
    }
}

/// What only a bound kernel can tell.
#[derive(Default)]
struct Timing {
    lookback: Vec<usize>,
    stabilisation: usize,
    batch_is_derived: bool,
}

fn timing<S: Scalar>(def: &KernelDef) -> Option<Timing> {
    let node = def.bind::<S>(&def.defaults()).ok()?;
    Some(Timing {
        lookback: node.lookback(),
        stabilisation: node.stabilisation(),
        batch_is_derived: node.batch_is_derived(),
    })
}

/// How a kernel is called, with the defaults of its arguments: `sma(source=close, period=20)`. Arguments without a default are
/// required.
pub fn signature(spec: &KernelSpec) -> String {
    let inputs = spec.inputs.iter().map(|input| match input.field {
        Some(field) => format!("{}={field}", input.name),
        None => input.name.to_owned(),
    });
    let params = spec.params.iter().map(|param| format!("{}={}", param.name, param.domain.default()));
    format!("{}({})", spec.id, inputs.chain(params).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_kernels::registry;

    #[test]
    fn an_entry_says_all_about_a_kernel() {
        let registry = registry();
        let mut entry = serde_json::to_value(Entry::from(registry.get("mean").unwrap())).unwrap();
        let declared = entry.as_object_mut().unwrap().remove("declared").unwrap();
        assert_eq!(declared["crate"], "ta-runtime");
        assert_eq!(
            entry,
            json!({
                "id": "avg",
                "aliases": ["mean"],
                "family": "test",
                "since": "0.1",
                "summary": "Mean of the last bars.",
                "doc": "Mean of the last bars.",
                "signature": "avg(source=close, period=20)",
                "inputs": [{"name": "source", "default": "close"}],
                "params": [
                    {"name": "period", "doc": "Bars.", "type": "int", "default": 20, "min": 1, "max": 100_000}
                ],
                "outputs": [
                    {"name": "avg", "doc": "", "kind": "number", "lookback": 19, "histogram": false}
                ],
                "scalars": ["f64", "decimal"],
                "batch": "derived",
                "parity": "exact",
                "missing": "policy",
                "warmup": "exact",
                "stabilisation": 19,
                "state_version": 1,
                "plot": {"place": "pane", "levels": []},
            })
        );
    }

    #[test]
    fn entries_come_sorted_with_their_signatures() {
        let signatures: Vec<_> = entries(&registry()).into_iter().map(|entry| entry.signature).collect();
        let expected = [
            "above(a, b)",
            "avg(source=close, period=20)",
            "bands(source=close, width=2)",
            "boundless(source=close, bars=2)",
            "range(high=high, low=low)",
            "scaled(source, by=2)",
            "smooth(source=close, weight=0.5, seed=first, negative=false)",
        ];
        assert_eq!(signatures, expected);
    }
}
