//! Canonical outputs: no infinity, no second kind of NaN, and a boolean is zero, one or missing.

use super::{Cases, Judged, Rule, Verdict, every_kind};
use crate::conformance::case::{Case, Columns};
use crate::conformance::compare::{Shown, answered, place};
use crate::conformance::saved::Saved;
use crate::conformance::series::Kind;
use crate::scalar::Scalar;
use crate::spec::OutputKind;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    let kinds = |spec: &_| every_kind(spec).into_iter().chain([Kind::Extreme]).collect();
    Rule::Cases(Cases { kinds, ..Rule::cases(judge) })
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let mut judged = 0;
    for (form, out) in [("step", case.steps()), ("batch", case.batch())] {
        canonical(case, form, &out)?;
        judged += answered(&out, case.rows());
    }
    Ok(judged)
}

fn canonical<S: Saved>(case: &Case<S>, form: &str, out: &Columns<S>) -> Verdict {
    for (output, column) in out.iter().enumerate() {
        let bool = case.def.spec.outputs[output].kind == OutputKind::Bool;
        for (row, &value) in column.iter().enumerate() {
            let at = place(case.def, output, row);
            if bool && !value.is_missing() && !value.same(S::ZERO) && !value.same(S::ONE) {
                return Err(format!("{at}: {form} {}, which is no boolean", Shown(value)));
            }
            if !value.is_missing() && !value.to_f64().is_finite() {
                return Err(format!("{at}: {form} {}, which is not finite", Shown(value)));
            }
            if value.is_missing() && S::KIND == crate::ScalarKind::F64 && !one_nan(value) {
                return Err(format!("{at}: {form} answers a NaN of other bits than the missing value"));
            }
        }
    }
    Ok(())
}

/// Whether a missing double has the bits of the missing value.
fn one_nan<S: Scalar>(value: S) -> bool {
    value.to_f64().to_bits() == S::MISSING.to_f64().to_bits()
}
