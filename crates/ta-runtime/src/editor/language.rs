//! The language as tables: operators, forms, aggregates, words for choices, examples.

use serde::Serialize;
use ta_kernel_api::{Missing, ScalarKind};

use crate::dataset::{Downsample, TIMEFRAME_ACCEPTED};
use crate::exec::Mode;
use crate::expr::{AggregateFn, BinaryOp, UnaryOp};

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Operator {
    /// How it is written.
    pub symbol: &'static str,
    /// `unary` or `binary`.
    pub operands: &'static str,
    /// `arithmetic`, `comparison` or `logic`.
    pub kind: &'static str,
    /// How tightly it binds; more is tighter.
    pub precedence: u8,
    /// What it means.
    pub meaning: &'static str,
}

/// A way to write something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Form {
    /// The words that make it, with `x` for a value, `N` for a number of rows and `1h` for any timeframe.
    pub form: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// A word for one of several choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The word.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// How lengths of time are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Timeframes {
    /// In words.
    pub syntax: &'static str,
    /// What can follow the number.
    pub units: [&'static str; 7],
}

/// An expression that is valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The expression.
    pub text: String,
    /// What it says.
    pub meaning: String,
}

/// The operators, the loosest first.
pub(super) fn operators() -> Vec<Operator> {
    let unary = UnaryOp::ALL.into_iter().map(|op| Operator {
        symbol: op.symbol(),
        operands: "unary",
        kind: match op {
            UnaryOp::Neg => "arithmetic",
            UnaryOp::Not => "logic",
        },
        precedence: op.power(),
        meaning: match op {
            UnaryOp::Neg => "the opposite number",
            UnaryOp::Not => "whether it is false; unknown stays unknown",
        },
    });
    let binary = BinaryOp::ALL.into_iter().map(|op| Operator {
        symbol: op.symbol(),
        operands: "binary",
        kind: match op {
            _ if op.is_logic() => "logic",
            _ if op.is_comparison() => "comparison",
            _ => "arithmetic",
        },
        precedence: op.power(),
        meaning: match op {
            BinaryOp::Add => "sum",
            BinaryOp::Sub => "difference",
            BinaryOp::Mul => "product",
            BinaryOp::Div => "quotient; missing when the right side is zero",
            BinaryOp::Rem => "remainder with the sign of the left side; missing when the right side is zero",
            BinaryOp::Pow => "power, taken from the right",
            BinaryOp::Lt => "less",
            BinaryOp::Le => "less or equal",
            BinaryOp::Gt => "greater",
            BinaryOp::Ge => "greater or equal",
            BinaryOp::Eq => "equal, two numbers or two bools",
            BinaryOp::Ne => "not equal, two numbers or two bools",
            BinaryOp::And => "both; false when either is false, unknown when that is open",
            BinaryOp::Or => "either; true when either is true, unknown when that is open",
        },
    });
    let mut operators: Vec<Operator> = unary.chain(binary).collect();
    operators.sort_by_key(|operator| operator.precedence);
    operators
}

/// What stands for the rows a filter or a source gives.
pub(super) fn aggregates() -> Vec<Named> {
    let meaning = |function| match function {
        AggregateFn::Count => "how many rows, or how many values that are present",
        AggregateFn::Sum => "the sum of the values",
        AggregateFn::Avg => "their mean",
        AggregateFn::Max => "the largest",
        AggregateFn::Min => "the smallest",
    };
    AggregateFn::ALL.into_iter().map(|of| Named { name: of.name(), meaning: meaning(of) }).collect()
}

/// What stands for many rows when they become one.
pub(super) fn downsamplings() -> Vec<Named> {
    let meaning = |rule| match rule {
        Downsample::First => "the first value that is present",
        Downsample::Last => "the last value that is present",
        Downsample::Max => "the largest",
        Downsample::Min => "the smallest",
        Downsample::Sum => "their sum",
        Downsample::Avg => "their mean",
        Downsample::Count => "how many are present",
    };
    Downsample::ALL.into_iter().map(|rule| Named { name: rule.name(), meaning: meaning(rule) }).collect()
}

/// Values of earlier rows, and how they compare.
pub(super) const SHIFTS: [Form; 5] = [
    Form { form: "x[N]", meaning: "the value N rows earlier" },
    Form { form: "x.1h_ago", meaning: "the last value known so much earlier; `x.N_ago` counts rows" },
    Form { form: "x.change_1h", meaning: "the difference from then; `x.change_N` counts rows" },
    Form { form: "x.change_pct_1h", meaning: "the change in percent of the value then" },
    Form { form: "x.roc_N", meaning: "the same under its other name" },
];

/// Everything else that can be written.
pub(super) const FORMS: [Form; 12] = [
    Form { form: "name = x", meaning: "an output with a name" },
    Form { form: "let name = x", meaning: "a name for a value, for the statements that follow" },
    Form {
        form: "kernel(x, 20, period=20)",
        meaning: "a kernel: series, then parameters, by position or by name",
    },
    Form { form: "kernel(x).output", meaning: "one output of a kernel that has several" },
    Form { form: "if(condition, x, y)", meaning: "x where the condition is true, y where it is false" },
    Form { form: "1h.x", meaning: "the value on bars of another timeframe, as it is known at each row" },
    Form { form: "BTCUSDT.x", meaning: "the value of another symbol; an exchange can stand before it" },
    Form { form: "trades.x", meaning: "the value of another source" },
    Form {
        form: "source.filter(condition).count",
        meaning: "an aggregate of the rows that meet a condition",
    },
    Form { form: "x.within(1h)", meaning: "the value when it is no older than that" },
    Form { form: "x.fresh", meaning: "the value in the row alone in which it is new" },
    Form {
        form: "x.downsample(N, rule)",
        meaning: "one value for so many rows, or for each bar of a timeframe",
    },
];

pub(super) const TIMEFRAMES: Timeframes =
    Timeframes { syntax: TIMEFRAME_ACCEPTED, units: ["ms", "s", "m", "h", "d", "w", "M"] };

/// What can happen at rows where an input is missing.
pub(super) fn policies() -> Vec<Named> {
    let meaning = |policy| match policy {
        Missing::Skip => "no step: the outputs of that row are missing and the state stays as it was",
        Missing::Hold => "the last value of that input stands in for it",
        Missing::Restart => "the outputs of that row are missing and the kernel starts afresh after it",
        Missing::Error => "the row is refused",
    };
    Missing::ALL.into_iter().map(|of| Named { name: of.name(), meaning: meaning(of) }).collect()
}

/// The ways to run a plan.
pub(super) fn modes() -> Vec<Named> {
    let meaning = |mode| match mode {
        Mode::Batch => "over whole columns",
        Mode::Incremental => "row by row, with a state that goes on",
        Mode::Shadow => "row by row, and a sample of the runs over whole columns too, to compare",
    };
    Mode::ALL.into_iter().map(|mode| Named { name: mode.name(), meaning: meaning(mode) }).collect()
}

/// The numbers to compute with.
pub(super) fn scalars() -> Vec<Named> {
    let meaning = |scalar| match scalar {
        ScalarKind::F64 => "double precision",
        ScalarKind::Decimal => "exact decimals of up to 28 digits",
    };
    let scalars = [ScalarKind::F64, ScalarKind::Decimal];
    scalars.into_iter().map(|scalar| Named { name: scalar.name(), meaning: meaning(scalar) }).collect()
}

/// Expressions over bars that need no kernel.
pub(super) const EXAMPLES: [(&str, &str); 12] = [
    ("close > open", "the bar closed above its open"),
    ("(high + low) / 2", "the middle of the bar"),
    ("close / close[1] - 1", "the return since the bar before"),
    ("close > high[1] and volume > volume[1]", "a close above the last high on more volume"),
    ("gap = open - close[1]", "the gap to the last close, as an output with a name"),
    ("close.change_pct_24h", "the change of a day in percent"),
    ("close > close.24h_ago", "higher than a day ago"),
    ("1d.close > 1d.open", "the last whole day that is known closed above its open"),
    ("close / BTCUSDT.close", "the price in another symbol"),
    ("trades.filter(amount > 10).sum(cost, 1h)", "what was paid in large trades in the last hour"),
    ("if(close > open, volume, -volume)", "volume with the sign of the bar"),
    ("let width = high - low; width > 2 * width[1]", "twice the range of the bar before"),
];
