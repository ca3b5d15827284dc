//! What the language and the linked crates offer.

use serde::Serialize;
use ta_kernel_api::Registry;

use super::language::{self, Example, Form, Named, Operator, Timeframes};
use crate::catalog::{self, Entry};
use crate::dataset::SourceSchema;
use crate::expr::Limits;
use crate::plan::{Plan, PlanOptions};

/// All there is to write expressions with: what an editor needs for completion, help and settings.
///
/// ```
/// use ta_kernel_api::Registry;
/// use ta_runtime::editor::Manifest;
///
/// let manifest = Manifest::new(&Registry::linked()?);
/// let bars = manifest.sources.iter().find(|source| source.name == "ohlcv").unwrap();
/// assert_eq!(bars.fields[1].name, "high");
/// assert_eq!(bars.fields[1].downsample, "max");
/// let json = serde_json::to_value(&manifest).unwrap();
/// assert_eq!(json["operators"][0]["symbol"], "or");
/// # Ok::<(), ta_kernel_api::Error>(())
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct Manifest {
    /// The version of this crate.
    pub version: &'static str,
    /// The sources whose fields can be read.
    pub sources: Vec<Source>,
    /// The kernels that can be called.
    pub kernels: Vec<Entry>,
    /// The operators, the loosest first.
    pub operators: Vec<Operator>,
    /// What can be made of the rows of a source or a filter.
    pub aggregates: Vec<Named>,
    /// What can stand for many rows in `downsample`.
    pub downsamplings: Vec<Named>,
    /// Ways to write values of earlier rows.
    pub shifts: Vec<Form>,
    /// All other ways to write something.
    pub forms: Vec<Form>,
    /// How lengths of time are written.
    pub timeframes: Timeframes,
    /// The bounds on what is accepted, unless a program sets others.
    pub limits: Limits,
    /// What can happen at rows where an input is missing.
    pub missing: Vec<Named>,
    /// The ways to run a plan.
    pub modes: Vec<Named>,
    /// The numbers to compute with.
    pub scalars: Vec<Named>,
    /// Valid expressions over bars: some of the language, and one for each kernel.
    pub examples: Vec<Example>,
}

/// A source of rows.
#[derive(Debug, Clone, Serialize)]
pub struct Source {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Whether its rows are bars, which come in timeframes.
    pub bars: bool,
    /// The fields that are stored; `ts` comes with all sources.
    pub fields: Vec<SourceField>,
    /// Names for what can be computed from them.
    pub derived: Vec<DerivedField>,
}

/// A field that is stored.
#[derive(Debug, Clone, Serialize)]
pub struct SourceField {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What stands for many rows when they become one.
    pub downsample: &'static str,
}

/// A name for an expression over stored fields.
#[derive(Debug, Clone, Serialize)]
pub struct DerivedField {
    /// The name.
    pub name: &'static str,
    /// What it stands for.
    pub expression: &'static str,
}

impl Manifest {
    /// What the linked sources and the kernels of a registry offer.
    pub fn new(registry: &Registry) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            sources: SourceSchema::linked().into_iter().map(Source::from).collect(),
            kernels: catalog::entries(registry),
            operators: language::operators(),
            aggregates: language::aggregates(),
            downsamplings: language::downsamplings(),
            shifts: language::SHIFTS.to_vec(),
            forms: language::FORMS.to_vec(),
            timeframes: language::TIMEFRAMES,
            limits: Limits::default(),
            missing: language::policies(),
            modes: language::modes(),
            scalars: language::scalars(),
            examples: examples(registry),
        }
    }
}

/// The examples of the language, then a call of each kernel. A kernel that cannot be called over bars has none.
fn examples(registry: &Registry) -> Vec<Example> {
    let language = language::EXAMPLES
        .into_iter()
        .map(|(text, meaning)| Example { text: text.to_owned(), meaning: meaning.to_owned() });
    let calls = registry.iter().map(|def| {
        let given = ["close", "open", "high", "low", "volume"].into_iter().cycle();
        let inputs = def.spec.inputs.iter().zip(given).filter(|(input, _)| input.field.is_none());
        let inputs = inputs.map(|(input, field)| format!("{}={field}", input.name));
        let params = def.spec.params.iter().map(|param| format!("{}={}", param.name, param.domain.default()));
        let arguments: Vec<String> = inputs.chain(params).collect();
        let text = format!("{}({})", def.spec.id, arguments.join(", "));
        Example { text, meaning: def.spec.summary().to_owned() }
    });
    let valid = |example: &Example| {
        Plan::compile(registry, &[(None, &example.text)], &PlanOptions::default()).is_ok()
    };
    language.chain(calls).filter(valid).collect()
}

impl From<&SourceSchema> for Source {
    fn from(schema: &SourceSchema) -> Self {
        let fields = schema.fields.iter().map(|field| SourceField {
            name: field.name,
            doc: field.doc,
            downsample: field.downsample.name(),
        });
        let derived = schema
            .derived
            .iter()
            .map(|derived| DerivedField { name: derived.name, expression: derived.expression });
        Self {
            name: schema.name,
            doc: schema.doc,
            bars: schema.bars,
            fields: fields.collect(),
            derived: derived.collect(),
        }
    }
}
