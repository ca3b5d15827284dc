//! Parameter sets: the defaults, the edges of each domain, and random ones that shrink towards small numbers.

use proptest::prelude::*;
use proptest::sample::select;

use crate::params::{ParamValue, Params};
use crate::registry::KernelDef;
use crate::spec::Domain;

/// One parameter at an end of its domain (or at another choice), the others at their defaults; then all at their
/// smallest, and all at their largest. Sets that the kernel's own rule refuses are left out.
pub(super) fn edges(def: &KernelDef) -> Vec<Params> {
    let ends: Vec<Vec<ParamValue>> = def.spec.params.iter().map(|param| ends(param.domain)).collect();
    let defaults: Vec<ParamValue> = def.spec.params.iter().map(|param| param.domain.default()).collect();
    let mut sets = Vec::new();
    for (at, ends) in ends.iter().enumerate() {
        for end in ends {
            let mut values = defaults.clone();
            values[at] = end.clone();
            sets.push(values);
        }
    }
    for last in [false, true] {
        let pick = |ends: &Vec<ParamValue>| if last { ends.last() } else { ends.first() }.cloned();
        sets.extend(ends.iter().map(pick).collect::<Option<Vec<_>>>());
    }
    let mut known = vec![def.defaults()];
    for params in sets.into_iter().filter_map(|values| accept(def, values)) {
        if !known.contains(&params) {
            known.push(params);
        }
    }
    known.split_off(1)
}

fn ends(domain: Domain) -> Vec<ParamValue> {
    match domain {
        Domain::Int { min, max, .. } => vec![min.into(), max.into()],
        Domain::Real { min, max, .. } => vec![min.into(), max.into()],
        Domain::Flag { .. } => vec![false.into(), true.into()],
        Domain::Choice { names, .. } => names.iter().map(|&name| name.into()).collect(),
    }
}

/// Random sets that the kernel accepts.
pub(super) fn sampled(def: &'static KernelDef) -> impl Strategy<Value = Params> {
    let each: Vec<_> = def.spec.params.iter().map(|param| within(param.domain)).collect();
    each.prop_filter_map("refused by the kernel's own rule", |values| accept(def, values))
}

/// Mostly small, now and then anywhere in the domain.
fn within(domain: Domain) -> BoxedStrategy<ParamValue> {
    match domain {
        Domain::Int { default, min, max } => prop_oneof![
            8 => min..=max.min(min.saturating_add(30)),
            2 => min.max(default.saturating_sub(10))..=max.min(default.saturating_add(10)),
            1 => min..=max.min(min.saturating_add(1000)),
        ]
        .prop_map(ParamValue::Int)
        .boxed(),
        Domain::Real { default, min, max } => {
            let reach = default.abs().max(1.0);
            prop_oneof![
                4 => min.max(default - reach)..=max.min(default + reach),
                1 => min..=max,
                1 => Just(default),
            ]
            // Few digits, as a person would write them.
            .prop_map(move |value| ParamValue::Real(((value * 1000.0).round() / 1000.0).clamp(min, max)))
            .boxed()
        }
        Domain::Flag { .. } => any::<bool>().prop_map(ParamValue::Flag).boxed(),
        Domain::Choice { names, .. } => select(names).prop_map(ParamValue::from).boxed(),
    }
}

fn accept(def: &KernelDef, values: Vec<ParamValue>) -> Option<Params> {
    def.params(def.spec.params.iter().map(|param| param.name).zip(values)).ok()
}
