//! Plans as JSON.

use ta_runtime::plan::Plan;

use super::{LIMITS, market, printable, registry};

/// A plan as JSON.
pub fn plan(bytes: &[u8]) {
    match Plan::from_json(registry(), bytes, &LIMITS) {
        Err(error) => printable(&error),
        Ok(plan) => {
            same_again(&plan);
            market::agree(&plan);
        }
    }
}

/// A plan is what its JSON is read as.
fn same_again(plan: &Plan) {
    let json = plan.to_json();
    match Plan::from_json(registry(), json.to_string(), &LIMITS) {
        Ok(again) => {
            assert_eq!(again.fingerprint(), plan.fingerprint(), "{json}");
            assert_eq!(again.to_json(), json);
        }
        Err(error) => panic!("{json}: {error}"),
    }
}
