//! What expressions mean, without data.

use serde::Serialize;
use serde_json::{Map, Value};
use ta_kernel_api::{KernelDef, ParamValue, Params, Registry};

use super::Problem;
use crate::dataset::SourceRef;
use crate::exec::shared;
use crate::expr::Script;
use crate::plan::{Op, Plan, PlanNode, PlanOptions, PlanOutput, Requirement, Rows, texts};

/// What is known of expressions, or what is wrong with them. In JSON the facts stand beside `valid`.
#[derive(Debug, Clone, Serialize)]
pub struct Analysis {
    /// Whether they can be run.
    pub valid: bool,
    /// What is wrong otherwise, with each statement that is not valid.
    pub errors: Vec<Problem>,
    /// What is known when they are.
    #[serde(flatten)]
    pub facts: Option<Facts>,
}

/// What is known of expressions.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    /// Their canonical text: one line for each binding and each output, with everything written out.
    pub text: String,
    /// What decides the results, as 64 hexadecimal digits: equal ones, equal results.
    pub fingerprint: String,
    /// The source of the rows they are computed on.
    pub source: &'static str,
    /// The scalar they are computed with.
    pub scalar: &'static str,
    /// What happens at rows with a missing input.
    pub missing: &'static str,
    /// The columns they give.
    pub outputs: Vec<Column>,
    /// The rows that are read, each as it is written before a field; empty for the plan's own.
    pub sources: Vec<String>,
    /// The symbols that are named, with the exchange where it is.
    pub symbols: Vec<String>,
    /// The timeframes that are named.
    pub timeframes: Vec<String>,
    /// The fields that are read of any rows.
    pub fields: Vec<String>,
    /// What is read of which rows, and how much of the past.
    pub requirements: Vec<Need>,
    /// The calls of kernels, each once.
    pub kernels: Vec<KernelUse>,
    /// How many operations it takes.
    pub nodes: usize,
    /// How many of them are read more than once and computed once.
    pub shared: usize,
}

/// A column that is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// `number` or `bool`.
    pub kind: &'static str,
    /// On data without gaps, rows before its first value.
    pub lookback: usize,
    /// Rows until it no longer matters where the data began; none when it always does.
    pub stabilisation: Option<usize>,
}

/// A field that is read, and how much of its past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Need {
    /// The rows, as they are written before a field; empty for the plan's own.
    pub source: String,
    /// The field.
    pub field: String,
    /// Rows before the current one without which there is no value yet.
    pub lookback: usize,
    /// Rows before the current one after which it no longer matters where the data began; none when it always does.
    pub stabilisation: Option<usize>,
    /// Milliseconds that are looked back besides.
    pub span: i64,
    /// For other rows than the plan's own: over how many of the plan's rows they are read. None when it is all of them.
    pub behind: Option<usize>,
}

/// A call of a kernel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KernelUse {
    /// The kernel.
    pub id: &'static str,
    /// The call with everything written out.
    pub text: String,
    /// All its parameters by name.
    pub params: Map<String, Value>,
    /// For each output, rows of its inputs before its first value.
    pub lookback: Vec<usize>,
    /// Rows until it no longer matters where its inputs began; none when it always does.
    pub stabilisation: Option<usize>,
}

/// Says all that can be said of expressions without data: what they need and give, or all that is wrong with them.
pub fn analyze(registry: &Registry, expressions: &[(Option<&str>, &str)], options: &PlanOptions) -> Analysis {
    match Plan::diagnose(registry, expressions, options) {
        Ok(plan) => {
            Analysis { valid: true, errors: Vec::new(), facts: Some(Facts::new(plan.script(), &plan)) }
        }
        Err(errors) => {
            Analysis { valid: false, errors: errors.iter().map(Problem::from).collect(), facts: None }
        }
    }
}

/// What is wrong with expressions: nothing when they are valid, something with each statement that is not.
///
/// ```
/// use ta_kernel_api::Registry;
/// use ta_runtime::editor::validate;
/// use ta_runtime::plan::PlanOptions;
///
/// let (registry, options) = (Registry::linked()?, PlanOptions::default());
/// assert!(validate(&registry, &[(None, "close > open")], &options).is_empty());
///
/// let errors = validate(&registry, &[(None, "close >"), (None, "high - lo")], &options);
/// let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
/// assert_eq!(messages, ["expected a value, found the end", "unknown field `lo`"]);
/// # Ok::<(), ta_kernel_api::Error>(())
/// ```
pub fn validate(
    registry: &Registry,
    expressions: &[(Option<&str>, &str)],
    options: &PlanOptions,
) -> Vec<Problem> {
    let errors = Plan::diagnose(registry, expressions, options).err().unwrap_or_default();
    errors.iter().map(Problem::from).collect()
}

impl Facts {
    fn new(script: &Script, plan: &Plan) -> Self {
        let rows = plan.clocks().iter().filter_map(|rows| match rows {
            Rows::Source(source) => Some(source),
            Rows::Every { .. } => None,
        });
        let rows: Vec<&SourceRef> = rows.collect();
        let symbol = |source: &&SourceRef| {
            let SourceRef { exchange, symbol, .. } = (*source).clone();
            SourceRef { exchange, symbol, ..SourceRef::default() }.to_string()
        };
        let timeframes = rows.iter().filter_map(|source| source.timeframe);
        let fields = plan.requirements().iter().map(|need| need.field().to_owned());
        let words = texts(plan);
        let call = |node: &PlanNode| match node.op() {
            Op::Call { def, params } => {
                let text = words[node.first().index()].text();
                Some(KernelUse::new(def, params, node, text))
            }
            _ => None,
        };
        Self {
            text: script.to_string(),
            fingerprint: plan.fingerprint_hex(),
            source: plan.schema().name,
            scalar: plan.scalar().name(),
            missing: plan.missing().name(),
            outputs: plan.outputs().iter().map(Column::from).collect(),
            sources: rows.iter().map(ToString::to_string).collect(),
            symbols: once(rows.iter().map(symbol)),
            timeframes: once(timeframes.map(|timeframe| timeframe.to_string())),
            fields: once(fields),
            requirements: Need::of(plan),
            kernels: plan.nodes().iter().filter_map(call).collect(),
            nodes: plan.nodes().len(),
            shared: shared(plan),
        }
    }
}

/// Each text that says something once, sorted.
fn once(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// A count of rows, none when there is no end to them.
fn finite(rows: usize) -> Option<usize> {
    (rows != usize::MAX).then_some(rows)
}

impl From<&PlanOutput> for Column {
    fn from(output: &PlanOutput) -> Self {
        Self {
            name: output.name().to_owned(),
            kind: output.kind().name(),
            lookback: output.lookback(),
            stabilisation: finite(output.stabilisation()),
        }
    }
}

impl Need {
    /// What a plan needs.
    pub(super) fn of(plan: &Plan) -> Vec<Self> {
        plan.requirements().iter().map(Self::from).collect()
    }
}

impl From<&Requirement> for Need {
    fn from(need: &Requirement) -> Self {
        Self {
            source: need.source().to_string(),
            field: need.field().to_owned(),
            lookback: need.lookback(),
            stabilisation: finite(need.stabilisation()),
            span: need.span(),
            behind: finite(need.behind()),
        }
    }
}

impl KernelUse {
    fn new(def: &'static KernelDef, params: &Params, node: &PlanNode, text: &str) -> Self {
        // The text of a call with several outputs is that of its first one.
        let output = def.spec.outputs.first().filter(|_| node.width() > 1);
        let text = output.and_then(|output| text.strip_suffix(&format!(".{}", output.name))).unwrap_or(text);
        Self {
            id: def.spec.id,
            text: text.to_owned(),
            params: parameters(def, params),
            lookback: node.lookback().to_vec(),
            stabilisation: finite(node.stabilisation()),
        }
    }
}

/// The parameters of a call by name, each as plain JSON: a number, `true`, `false` or a word.
pub(super) fn parameters(def: &KernelDef, params: &Params) -> Map<String, Value> {
    let json = |value: &ParamValue| match value {
        ParamValue::Int(value) => Value::from(*value),
        ParamValue::Real(value) => Value::from(*value),
        ParamValue::Flag(value) => Value::from(*value),
        ParamValue::Choice(word) => Value::from(word.as_str()),
    };
    def.named(params).map(|(name, value)| (name.to_owned(), json(value))).collect()
}
