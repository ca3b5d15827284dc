//! The declaration is sound: it accepts its own defaults, refuses what lies outside, and says something about everything.

use super::{FARTHEST, Rule, Subject, Verdict};
use crate::conformance::case::{Named, bind, timing};
use crate::conformance::sample::edges;
use crate::conformance::saved::Saved;
use crate::node::Node;
use crate::params::ParamValue;
use crate::registry::KernelDef;
use crate::spec::{Domain, ParamSpec, Parity};

pub(super) fn rule<S: Saved>() -> Rule<S> {
    Rule::Kernel(judge::<S>)
}

fn judge<S: Saved>(&Subject { def, .. }: &Subject) -> Verdict {
    defaults_are_accepted(def)?;
    for param in def.spec.params {
        outside_is_refused(def, param)?;
    }
    texts_are_there(def)?;
    counts_are_coherent::<S>(def)
}

fn defaults_are_accepted(def: &KernelDef) -> Verdict {
    let defaults = def.defaults();
    let given = def.named(&defaults).map(|(name, value)| (name, value.clone()));
    match def.params(given) {
        Ok(params) if params == defaults => Ok(()),
        Ok(_) => Err("the defaults become other values when they are given by name".to_owned()),
        Err(err) => Err(format!("the defaults are refused: {err}")),
    }
}

/// Whether the values next to the domain, and values of other types, are refused by the parameter's name.
fn outside_is_refused(def: &KernelDef, param: &ParamSpec) -> Verdict {
    let name = param.name;
    let mut wrong = vec![ParamValue::Choice("no such word".to_owned())];
    match param.domain {
        Domain::Int { min, max, .. } => {
            wrong.extend(min.checked_sub(1).map(ParamValue::Int));
            wrong.extend(max.checked_add(1).map(ParamValue::Int));
            wrong.extend([ParamValue::Real(f64::NAN), ParamValue::Flag(true)]);
        }
        Domain::Real { min, max, .. } => {
            let beyond = [min.next_down(), max.next_up(), f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
            wrong.extend(beyond.map(ParamValue::Real));
        }
        Domain::Flag { .. } | Domain::Choice { .. } => wrong.push(ParamValue::Int(1)),
    }
    for value in wrong {
        match def.params([(name, value.clone())]) {
            Ok(_) => return Err(format!("parameter `{name}` accepts {value} (declared: {})", param.domain)),
            Err(err) if !err.to_string().contains(&format!("`{name}`")) => {
                return Err(format!("parameter `{name}` refuses {value} without its name: {err}"));
            }
            Err(_) => {}
        }
    }
    Ok(())
}

fn texts_are_there(def: &KernelDef) -> Verdict {
    let spec = &def.spec;
    let mut texts = vec![
        ("id".to_owned(), spec.id),
        ("family".to_owned(), spec.family),
        ("since".to_owned(), spec.since),
    ];
    texts.push(("doc comment of the kernel".to_owned(), spec.summary()));
    texts.extend(
        spec.params.iter().map(|param| (format!("doc comment of parameter `{}`", param.name), param.doc)),
    );
    if spec.outputs.len() > 1 {
        let docs = spec
            .outputs
            .iter()
            .map(|output| (format!("doc comment of output `{}`", output.name), output.doc));
        texts.extend(docs);
    }
    if let Parity::Ulps { reason, .. } | Parity::Relative { reason, .. } = spec.parity {
        texts.push(("reason of the parity".to_owned(), reason));
    }
    let empty = texts.into_iter().find(|(_, text)| text.trim().is_empty());
    empty.map_or(Ok(()), |(what, _)| Err(format!("the {what} is empty")))
}

/// Whether nodes can be made at both ends of every domain, except where a window would be longer than any plan accepts, with the
/// parameters they were given and counts that fit each other.
fn counts_are_coherent<S: Saved>(def: &'static KernelDef) -> Verdict {
    for params in std::iter::once(def.defaults()).chain(edges(def)) {
        let timing = timing::<S>(def, &params);
        let (lookback, stabilisation) = (timing.longest(), timing.stabilisation);
        let with =
            if params.values().is_empty() { String::new() } else { format!(" with{}", Named(def, &params)) };
        if lookback <= FARTHEST && bind::<S>(def, &params).params() != params {
            return Err(format!("the node answers other parameters than it was bound{with}"));
        }
        if lookback > stabilisation {
            return Err(format!(
                "the stabilisation of {stabilisation} is below the lookback of {lookback}{with}"
            ));
        }
    }
    Ok(())
}
