//! Operations on constants, carried out when the plan is made.
//!
//! They are computed in the plan's scalar by the same functions that compute rows, so nothing changes by it.

use ta_kernel_api::Scalar;

use super::Op;
use crate::exec::ops;
use crate::expr::ValueKind;

/// The constant a text stands for.
pub(crate) fn literal<S: Scalar>(text: &str) -> S {
    match text {
        "true" => S::ONE,
        "false" => S::ZERO,
        number => S::parse(number).unwrap_or(S::MISSING),
    }
}

/// What an operation gives on constants, as a text that stands for it.
pub(super) fn fold<S: Scalar>(op: &Op, inputs: &[&str], kinds: &[ValueKind]) -> String {
    let input = |at: usize| literal::<S>(inputs[at]);
    let value = match op {
        Op::Unary(op) => ops::unary(*op, input(0)),
        Op::Binary(op) => ops::binary(*op, input(0), input(1)),
        Op::If => ops::choose(input(0), input(1), input(2)),
        _ => S::MISSING,
    };
    match kinds {
        _ if value.is_missing() => "missing".to_owned(),
        [ValueKind::Bool] => if value == S::ZERO { "false" } else { "true" }.to_owned(),
        _ => value.to_string(),
    }
}
