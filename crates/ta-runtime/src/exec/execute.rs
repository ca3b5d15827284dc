//! A whole plan over a dataset in one call, whichever way it is run.

use std::sync::atomic::{AtomicU64, Ordering};

use ta_kernel_api::Scalar;

use super::{Envelope, Mode, Session, Settings, evaluate_in, parity};
use crate::Error;
use crate::dataset::{Dataset, PartitionKey};
use crate::plan::Plan;

/// Runs a plan over the rows of `base` as the settings say, and answers the same in every mode.
///
/// In [`Mode::Shadow`] rows are answered one after the other, and a sample of the runs is computed over whole columns too. Where the
/// two differ, the answer stays the first one; the differences are counted and described in
/// [`Meta::parity`](super::Meta::parity), and reported through `tracing`.
///
/// # Errors
/// As [`evaluate_in`].
pub fn execute<S: Scalar>(
    plan: &Plan,
    dataset: &Dataset<S>,
    base: &PartitionKey,
    settings: &Settings,
) -> Result<Envelope<S>, Error> {
    if settings.mode() == Mode::Batch {
        return evaluate_in(plan, dataset, base);
    }
    let (_, mut envelope) = Session::initialize_in(plan, dataset, base)?;
    envelope.meta.mode = settings.mode();
    if settings.mode() == Mode::Shadow {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        if settings.samples(RUNS.fetch_add(1, Ordering::Relaxed)) {
            let expected = evaluate_in(plan, dataset, base)?;
            envelope.meta.parity = Some(parity::compare(&envelope, &expected));
        }
    }
    Ok(envelope)
}

/// Runs one plan over the rows of each base, in parallel where the feature `parallel` is on. Each answers for itself.
pub fn execute_each<S: Scalar>(
    plan: &Plan,
    dataset: &Dataset<S>,
    bases: &[PartitionKey],
    settings: &Settings,
) -> Vec<Result<Envelope<S>, Error>> {
    let run = |base: &PartitionKey| execute(plan, dataset, base, settings);
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        bases.par_iter().map(run).collect()
    }
    #[cfg(not(feature = "parallel"))]
    {
        bases.iter().map(run).collect()
    }
}
