//! A whole plan over a dataset in one call, whichever way it is run.

use ta_kernel_api::{Registry, Scalar};

use super::{Envelope, ExecutionBackend, Live, Mode, Rerun, Settings, Shadow};
use crate::Error;
use crate::dataset::handle::{self, DatasetId};
use crate::dataset::{Dataset, PartitionKey};
use crate::expr::Limits;
use crate::plan::Plan;

/// Runs a plan over the rows of `base` as the settings say, and answers the same in every mode.
///
/// In [`Mode::Shadow`] rows are answered one after the other, and a sample of the runs is computed over whole columns too. Where the
/// two differ, the answer stays the first one; the differences are counted and described in
/// [`Meta::parity`](super::Meta::parity), and reported through `tracing`.
///
/// # Errors
/// As [`evaluate_in`](super::evaluate_in).
pub fn execute<S: Scalar>(
    plan: &Plan,
    dataset: &Dataset<S>,
    base: &PartitionKey,
    settings: &Settings,
) -> Result<Envelope<S>, Error> {
    match settings.mode() {
        Mode::Batch => Rerun::evaluate(plan, dataset, base, settings),
        Mode::Incremental => <Live<S> as ExecutionBackend<S>>::evaluate(plan, dataset, base, settings),
        Mode::Shadow => Shadow::evaluate(plan, dataset, base, settings),
    }
}

/// Runs a plan, as [JSON](Plan::to_json), over the rows of each base of a dataset, by its number: one call for callers that hold neither.
///
/// ```
/// use ta_kernel_api::{Registry, ScalarKind};
/// use ta_runtime::dataset::handle;
/// use ta_runtime::exec::{Settings, execute_plan};
///
/// let registry = Registry::linked()?;
/// let id = handle::create(ScalarKind::F64);
/// let aapl = "AAPL.1d".parse()?;
/// handle::with_mut(id, |data| data.of_mut::<f64>()?.append_series(&aapl, "close", &[0, 1], &[130.0, 131.5]))?;
/// let payload = r#"{
///     "format": "ta-plan", "version": 1,
///     "graph": {
///         "format": "ta-graph", "version": 1, "source": "ohlcv",
///         "nodes": [{"op": "field", "name": "close"}, {"op": "ago", "x": 0, "by": {"rows": 1}}],
///         "outputs": [{"name": "before", "node": 1}]
///     }
/// }"#;
/// let answers = execute_plan::<f64>(&registry, id, payload, &[aapl], &Settings::default())?;
/// assert_eq!(answers[0].as_ref().unwrap().outputs[0].values[1], 130.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`Plan::from_json`]; no such dataset, or one of another scalar. Each base answers for itself otherwise.
pub fn execute_plan<S: Scalar>(
    registry: &Registry,
    dataset: DatasetId,
    payload: impl AsRef<[u8]>,
    bases: &[PartitionKey],
    settings: &Settings,
) -> Result<Vec<Result<Envelope<S>, Error>>, Error> {
    let plan = Plan::from_json(registry, payload, &Limits::default())?;
    let data = handle::view(dataset)?;
    Ok(execute_each(&plan, data.of::<S>()?, bases, settings))
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
