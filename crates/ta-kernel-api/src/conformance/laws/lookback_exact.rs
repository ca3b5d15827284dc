//! The lookback is exact: nothing before it, a value at it.
//!
//! Judged on walks and trends, where no bar repeats and none is empty. Elsewhere a value may be missing for a good
//! reason, such as a denominator of zero.

use super::{Cases, Judged, Rule, Verdict, usual_rows};
use crate::conformance::case::{Case, Columns};
use crate::conformance::compare::{Shown, answered, place};
use crate::conformance::saved::Saved;
use crate::conformance::series::Kind;
use crate::spec::Warmup;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Cases(Cases { judge, kinds: |_| vec![Kind::Walk, Kind::Trend], rows: usual_rows, vary: true })
}

fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let lookback = case.timing().lookback;
    let mut judged = 0;
    for (form, out) in [("step", case.steps()), ("batch", case.batch())] {
        warm_up(case, &lookback, form, &out)?;
        judged += answered(&out, case.rows());
    }
    Ok(judged)
}

fn warm_up<S: Saved>(case: &Case<S>, lookback: &[usize], form: &str, out: &Columns<S>) -> Verdict {
    for (output, (column, &lookback)) in out.iter().zip(lookback).enumerate() {
        let at = |row| place(case.def, output, row);
        let early = column.iter().take(lookback).position(|value| !value.is_missing());
        if let Some(row) = early {
            return Err(format!(
                "{}: {form} {}, though the lookback is {lookback}",
                at(row),
                Shown(column[row])
            ));
        }
        let first = column.get(lookback).filter(|value| value.is_missing());
        if first.is_some() && case.def.spec.warmup == Warmup::Exact {
            return Err(format!("{}: {form} missing, though the lookback is {lookback}", at(lookback)));
        }
    }
    Ok(())
}
