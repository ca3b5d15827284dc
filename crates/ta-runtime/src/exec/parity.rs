//! Whether two runs of a plan agree.

use ta_kernel_api::Scalar;

use super::Envelope;
use crate::dataset::time;

/// How many differences are described.
const DESCRIBED: usize = 10;

/// What came of computing rows a second time, over whole columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parity {
    /// How many values were compared.
    pub compared: usize,
    /// How many of them differ in any bit.
    pub differing: usize,
    /// The first of those, in words.
    pub differences: Vec<String>,
}

/// Compares what was answered with what is expected, and reports what differs.
pub(crate) fn compare<S: Scalar>(answered: &Envelope<S>, expected: &Envelope<S>) -> Parity {
    let mut parity = Parity::default();
    let first = expected.ts.len().saturating_sub(answered.ts.len());
    for (a, e) in answered.outputs.iter().zip(&expected.outputs) {
        let rows = a.values.iter().zip(e.values.iter().skip(first)).zip(&answered.ts);
        for ((answered, expected), &ts) in rows {
            parity.compared += 1;
            if answered.same(*expected) {
                continue;
            }
            parity.differing += 1;
            if parity.differences.len() < DESCRIBED {
                let at = time::iso(ts);
                parity.differences.push(format!("{at}, `{}`: {answered} and in batch {expected}", a.name));
            }
        }
    }
    if answered.ts.len() > expected.ts.len() {
        parity.differing += 1;
        parity.differences.push(format!("{} rows and in batch {}", answered.ts.len(), expected.ts.len()));
    }
    if parity.differing > 0 {
        tracing::warn!(
            compared = parity.compared,
            differing = parity.differing,
            first = parity.differences.first().map_or("", String::as_str),
            "rows and columns of a plan differ"
        );
    }
    parity
}
