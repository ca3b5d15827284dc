//! A kernel speaks: with its defaults every output has a value somewhere, and not always the same number.

use super::{LONGEST, Rule, Subject, Verdict, every_kind, too_long};
use crate::conformance::case::{Case, Setting, timing};
use crate::conformance::saved::Saved;
use crate::conformance::series::Series;
use crate::scalar::ScalarKind;
use crate::spec::OutputKind;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Kernel(judge::<S>)
}

fn judge<S: Saved>(&Subject { def, seed }: &Subject) -> Verdict {
    let params = def.defaults();
    let lookback = timing::<S>(def, &params).longest();
    if lookback > LONGEST {
        return Err(too_long("lookback", lookback));
    }
    let rows = lookback + if S::KIND == ScalarKind::F64 { 400 } else { 200 };
    let mut heard: Vec<Vec<S>> = vec![Vec::new(); def.spec.outputs.len()];
    for kind in every_kind(&def.spec) {
        let setting = Setting { params: params.clone(), series: Series { kind, seed, rows } };
        for (heard, column) in heard.iter_mut().zip(Case::<S>::new(def, &setting).batch()) {
            let news = column
                .into_iter()
                .find(|value| !value.is_missing() && !heard.iter().any(|old| old.same(*value)));
            heard.extend(news);
        }
    }
    for (output, heard) in def.spec.outputs.iter().zip(heard) {
        match heard.as_slice() {
            [] => return Err(format!("output `{}` is missing in every row of every series", output.name)),
            [only] if output.kind == OutputKind::Number => {
                return Err(format!("output `{}` is {only} in every row of every series", output.name));
            }
            _ => {}
        }
    }
    Ok(())
}
