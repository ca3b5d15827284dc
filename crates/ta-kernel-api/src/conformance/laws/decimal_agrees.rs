//! Decimals agree with doubles: the same meaning, computed in two arithmetics.

use super::{Cases, Judged, Rule, usual_rows};
use crate::conformance::case::{Case, Columns, Setting};
use crate::conformance::compare::{Answers, agree, close, scale};
use crate::conformance::saved::Saved;
use crate::conformance::series::Kind;
use crate::spec::OutputKind;

/// On series whose numbers both scalars hold exactly, and whose squares and sums decimals hold.
pub(super) fn rule<S: Saved>() -> Rule<S> {
    let kinds = |_: &_| vec![Kind::Walk, Kind::Trend, Kind::Spikes];
    Rule::Cases(Cases { judge, kinds, rows: usual_rows, vary: true })
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let setting = Setting { params: case.params.clone(), series: case.series };
    let double = Case::<f64>::new(case.def, &setting).steps();
    let in_f64 = |column: &Vec<S>| column.iter().map(|value| value.to_f64()).collect();
    let exact: Columns<f64> = case.steps().iter().map(in_f64).collect();
    let floors: Vec<f64> = exact.iter().map(|column| 0.001 * scale(column)).collect();
    let turned = may_turn(case, &exact, &double);
    let alike = |output: usize, a, b| turned[output] || close(a, b, 1e-9, floors[output]);
    agree(case.def, &Answers("decimal", &exact), &Answers("f64", &double), alike)
}

/// For each output, whether it is a boolean that differs in a few rows only: where two computed numbers are equal, the
/// last digit decides which is larger, and doubles round it otherwise than decimals.
fn may_turn<S: Saved>(case: &Case<S>, exact: &Columns<f64>, double: &Columns<f64>) -> Vec<bool> {
    let few = 1 + case.rows() / 50;
    let turned =
        |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).filter(|(a, b)| !close(**a, **b, 0.0, 0.0)).count();
    let bools = case.def.spec.outputs.iter().map(|output| output.kind == OutputKind::Bool);
    bools.zip(exact.iter().zip(double)).map(|(bool, pair)| bool && turned(pair) <= few).collect()
}
