//! Damage is refused or harmless: saved nodes come from disks and networks, and are not trusted.
//!
//! Another version or parameters outside their domain are refused. A state in which a number, a length or a kind of value
//! was changed is refused, or the node goes on with it; in no case does anything panic.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::{Cases, Judged, LONGEST, Rows, Rule, Verdict};
use crate::conformance::case::{Case, advance, step};
use crate::conformance::catch::caught;
use crate::conformance::compare::answered;
use crate::conformance::saved::Saved;
use crate::conformance::series::Kind;
use crate::conformance::tree::Tree;
use crate::thrown::Thrown;

/// Saved values that are damaged one by one; of a larger state, as many spread over all of it.
const PLACES: usize = 48;

pub(super) fn rule<S: Saved>() -> Rule<S> {
    let rows = |shape: &super::Shape| {
        if shape.lookback > LONGEST { Rows::None } else { Rows::Exactly(2 * shape.lookback + 24) }
    };
    Rule::Cases(Cases { judge, kinds: |_| vec![Kind::Walk], rows, vary: false })
}

/// Once in the middle of the warm-up, once after it.
fn judge<S: Saved>(case: &Case<S>) -> Judged {
    let warm = case.timing().longest();
    for rows in [warm / 2, case.rows() / 2] {
        saved_after(case, rows).map_err(|said| format!("saved after {rows} rows: {said}"))?;
    }
    Ok(answered(&case.steps(), case.rows()))
}

fn saved_after<S: Saved>(case: &Case<S>, rows: usize) -> Verdict {
    let mut node = case.node();
    step::<S>(&mut *node, &case.inputs, 0..rows, &mut Vec::new());
    let bytes = S::named(&*node)?;
    let saved = SavedNode { tree: Tree::read(&bytes)? };
    envelope(case, &saved)?;
    for cut in (0..bytes.len()).step_by(1 + bytes.len() / PLACES) {
        survives(case, &bytes[..cut], &format!("cut after {cut} of {} bytes", bytes.len()))?;
    }
    let mut state = Tree::Nil;
    saved.changed("state", |saved| state = saved.clone())?;
    for place in (0..state.len()).step_by(1 + state.len() / PLACES) {
        let Some(original) = state.at(place).cloned() else { break };
        for form in original.damaged() {
            let what = format!("{original:?} in its state became {form:?}");
            let put = |state: &mut Tree| state.at(place).into_iter().for_each(|at| *at = form.clone());
            survives(case, &saved.changed("state", put)?, &what)?;
        }
    }
    Ok(())
}

/// A node as it was saved, under the one name it is read back by.
struct SavedNode {
    tree: Tree,
}

impl SavedNode {
    /// The bytes with one part of the node changed: its version, its parameters or its state.
    fn changed(&self, part: &str, change: impl FnOnce(&mut Tree)) -> Result<Vec<u8>, String> {
        let mut tree = self.tree.clone();
        let node = tree.only().and_then(|node| node.get(part));
        change(node.ok_or_else(|| format!("saved without its {part}"))?);
        tree.write()
    }
}

/// Whether another version and other parameters than the declared ones are refused.
fn envelope<S: Saved>(case: &Case<S>, saved: &SavedNode) -> Verdict {
    let version = i64::from(case.def.spec.state_version);
    for other in [version - 1, version + 1] {
        let bytes = saved.changed("version", |tree| *tree = Tree::Int(other))?;
        is_refused::<S>(&bytes, &format!("version {version} became {other}"))?;
    }
    let text = |text: &str| Tree::Text(text.to_owned());
    let wrong = || Tree::Map(vec![(text("choice"), text("no such word"))]);
    for param in case.def.spec.params {
        let put = |params: &mut Tree| params.get(param.name).into_iter().for_each(|value| *value = wrong());
        is_refused::<S>(
            &saved.changed("params", put)?,
            &format!("parameter `{}` became another", param.name),
        )?;
    }
    let add = |params: &mut Tree| {
        if let Tree::Map(entries) = params {
            entries.push((text("no_such_parameter"), wrong()));
        }
    };
    is_refused::<S>(&saved.changed("params", add)?, "a parameter was added")
}

fn is_refused<S: Saved>(bytes: &[u8], what: &str) -> Verdict {
    match caught(|| Ok(S::load(bytes).is_err())) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("{what}: loaded all the same")),
        Err(panic) => Err(format!("{what}: {panic}")),
    }
}

/// Goes on; a kernel of another language may refuse what it makes nothing of by an error of its own.
fn unless_thrown(go_on: impl FnOnce() -> Verdict) -> Verdict {
    catch_unwind(AssertUnwindSafe(go_on)).unwrap_or_else(|payload| match Thrown::caught(payload) {
        Ok(_) => Ok(()),
        Err(panic) => resume_unwind(panic),
    })
}

/// Whether what is loaded, if it is, goes on without a panic.
fn survives<S: Saved>(case: &Case<S>, bytes: &[u8], what: &str) -> Verdict {
    let go_on = || {
        if let Ok(mut node) = S::load(bytes) {
            let half = case.rows() / 2;
            step::<S>(&mut *node, &case.inputs, half..case.rows(), &mut Vec::new());
            advance::<S>(&mut *node, &case.inputs, 0..half, &mut Vec::new());
        }
        Ok(())
    };
    caught(|| unless_thrown(go_on)).map_err(|panic| format!("{what}: {panic}"))
}
