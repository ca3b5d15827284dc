//! What takes in bytes from outside, under any bytes. Each function is the body of a fuzz target of the same name, and what its
//! corpus is replayed with.

mod csv;
mod events;
mod market;
mod payload;
mod plan;
mod snapshot;
mod text;

use std::sync::OnceLock;

use ta_kernel_api::{Missing, Registry, ScalarKind};
use ta_kernels_std as _;
use ta_runtime::Error;
use ta_runtime::dataset::OHLCV;
use ta_runtime::expr::{Limits, Scope};
use ta_runtime::plan::{Plan, PlanOptions};

pub use csv::csv;
pub use events::events;
pub use payload::payload;
pub use plan::plan;
pub use snapshot::snapshot;
pub use text::text;

/// Tight, so that an execution takes no longer than it must.
const LIMITS: Limits = Limits {
    text: 4096,
    payload: 65_536,
    depth: 64,
    nodes: 200,
    outputs: 50,
    lookback: 2000,
    span: 400 * 86_400_000,
    memory: 20_000,
};

fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| Registry::linked().expect("the standard kernels have ids of their own"))
}

fn scope() -> Scope<'static> {
    Scope { registry: registry(), schema: &OHLCV, limits: &LIMITS }
}

/// A choice of scalar and policy.
fn options(choice: u8) -> PlanOptions {
    let scalar = [ScalarKind::F64, ScalarKind::Decimal][usize::from(choice & 1)];
    let missing =
        [Missing::Skip, Missing::Hold, Missing::Restart, Missing::Error][usize::from(choice >> 1 & 3)];
    PlanOptions { schema: &OHLCV, scalar, missing, limits: LIMITS }
}

/// Compiles the texts, and runs the plan when there is one.
fn run(texts: &[(Option<&str>, &str)], options: &PlanOptions) {
    match Plan::diagnose(registry(), texts, options) {
        Ok(plan) => market::agree(&plan),
        Err(errors) => refused(texts, &errors),
    }
}

/// What holds for every refusal of texts.
fn refused(texts: &[(Option<&str>, &str)], errors: &[Error]) {
    assert!(!errors.is_empty(), "refused without a reason");
    for error in errors {
        printable(error);
        let Some(text) = error.expression().map(|index| texts[index].1) else {
            assert!(error.span().is_none(), "{error:?} is of no text");
            continue;
        };
        assert_eq!(error.text(), Some(text));
        if let Some(span) = error.span() {
            assert!(text.get(span.clone()).is_some(), "{error:?} lies outside of {text:?}");
            assert!(error.excerpt().is_some());
        }
    }
}

/// A message is one line that does nothing to a terminal.
fn printable(error: &Error) {
    let message = error.to_string();
    assert!(!message.is_empty() && !message.contains(char::is_control), "{message:?}");
}
