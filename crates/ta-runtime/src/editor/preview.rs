//! A run over history with what is inside it.

use serde::Serialize;
use serde_json::{Map, Value};
use ta_kernel_api::{Scalar, ScalarKind};

use super::Need;
use super::analysis::parameters;
use crate::Error;
use crate::catalog::Plot;
use crate::dataset::{Dataset, Partition, PartitionKey};
use crate::exec::{Envelope, Output, evaluate, evaluate_in};
use crate::expr::ValueKind;
use crate::plan::{Op, Plan};

/// What a plan gives over history, and the series of the kernels inside it.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// How many rows the history has.
    pub rows: usize,
    /// The times of those that are shown, the last ones, in milliseconds since the epoch.
    pub ts: Vec<i64>,
    /// The columns the plan gives.
    pub outputs: Vec<Series>,
    /// The outputs of the calls inside it, each once, as they are known at each row.
    pub indicators: Vec<Indicator>,
    /// What the plan reads.
    pub requirements: Vec<Need>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// `number` or `bool`.
    pub kind: &'static str,
    /// A value for each row.
    pub values: Vec<Cell>,
    /// For bools the times at which it is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub true_at: Option<Vec<i64>>,
}

/// An output of a call.
#[derive(Debug, Clone, Serialize)]
pub struct Indicator {
    /// The output with everything written out: `sma(close, period=20)`.
    pub label: String,
    /// The kernel.
    pub kernel: &'static str,
    /// The name of the output.
    pub output: &'static str,
    /// The parameters by name.
    pub params: Map<String, Value>,
    /// `number` or `bool`.
    pub kind: &'static str,
    /// Where a chart draws it.
    pub plot: Plot,
    /// Whether a chart draws it as bars from zero.
    pub histogram: bool,
    /// A value for each row.
    pub values: Vec<Cell>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// None is there: `null`.
    Missing,
    /// `true` or `false`.
    Truth(bool),
    /// A number.
    Number(f64),
    /// An exact decimal, as a text, so that no digit is lost.
    Exact(String),
}

/// Computes a plan over the rows of a partition, and shows the last `trim` of them, or all.
///
/// ```
/// use ta_kernel_api::Registry;
/// use ta_runtime::dataset::{OHLCV, Partition};
/// use ta_runtime::editor::preview;
/// use ta_runtime::plan::{Plan, PlanOptions};
///
/// let plan = Plan::compile(&Registry::linked()?, &[(Some("up"), "close > close[1]")], &PlanOptions::default())?;
/// let bars = Partition::from_columns(&OHLCV, &[0, 60_000, 120_000], &[("close", &[1.0, 2.0, 1.5])])?;
/// let preview = preview(&plan, &bars, Some(2))?;
/// assert_eq!((preview.rows, &preview.ts[..]), (3, &[60_000, 120_000][..]));
/// let json = serde_json::to_value(&preview.outputs[0])?;
/// assert_eq!(json["values"], serde_json::json!([true, false]));
/// assert_eq!(json["true_at"], serde_json::json!([60_000]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`evaluate`].
pub fn preview<S: Scalar>(plan: &Plan, rows: &Partition<S>, trim: Option<usize>) -> Result<Preview, Error> {
    show(plan, trim, |plan| evaluate(plan, rows))
}

/// Computes a plan over the rows of one partition of a dataset, and shows the last `trim` of them, or all.
///
/// # Errors
/// As [`evaluate_in`].
pub fn preview_in<S: Scalar>(
    plan: &Plan,
    dataset: &Dataset<S>,
    base: &PartitionKey,
    trim: Option<usize>,
) -> Result<Preview, Error> {
    show(plan, trim, |plan| evaluate_in(plan, dataset, base))
}

fn show<S: Scalar>(
    plan: &Plan,
    trim: Option<usize>,
    run: impl FnOnce(&Plan) -> Result<Envelope<S>, Error>,
) -> Result<Preview, Error> {
    let (whole, calls) = plan.with_calls();
    let Envelope { mut ts, outputs, .. } = run(&whole)?;
    let rows = ts.len();
    let first = rows.saturating_sub(trim.unwrap_or(rows));
    ts.drain(..first);
    let (mut series, mut indicators) = (Vec::new(), Vec::new());
    let mut outputs = outputs.into_iter();
    for Output { name, kind, values } in outputs.by_ref().take(plan.outputs().len()) {
        let values = cells(&values[first..], kind);
        let is_true = |(ts, value): (&i64, &Cell)| (*value == Cell::Truth(true)).then_some(*ts);
        let true_at = (kind == ValueKind::Bool).then(|| ts.iter().zip(&values).filter_map(is_true).collect());
        series.push(Series { name, kind: kind.name(), values, true_at });
    }
    for (Output { name, kind, values }, (call, output)) in outputs.zip(calls) {
        let Op::Call { def, params } = plan.nodes()[call].op() else { continue };
        let output = &def.spec.outputs[output];
        indicators.push(Indicator {
            label: name,
            kernel: def.spec.id,
            output: output.name,
            params: parameters(def, params),
            kind: kind.name(),
            plot: Plot::from(&def.spec),
            histogram: output.histogram,
            values: cells(&values[first..], kind),
        });
    }
    Ok(Preview { rows, ts, outputs: series, indicators, requirements: Need::of(plan) })
}

fn cells<S: Scalar>(values: &[S], kind: ValueKind) -> Vec<Cell> {
    let cell = |&value: &S| match kind {
        _ if value.is_missing() => Cell::Missing,
        ValueKind::Bool => value.truth().map_or(Cell::Missing, Cell::Truth),
        ValueKind::Number if S::KIND == ScalarKind::Decimal => Cell::Exact(value.to_string()),
        ValueKind::Number => Cell::Number(value.to_f64()),
    };
    values.iter().map(cell).collect()
}
