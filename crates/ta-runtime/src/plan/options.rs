//! What a plan is made for.

use ta_kernel_api::{Missing, ScalarKind};

use crate::dataset::{OHLCV, SourceSchema};
use crate::expr::Limits;

/// The choices that belong to a plan as a whole.
///
/// ```
/// use ta_kernel_api::ScalarKind;
/// use ta_runtime::plan::PlanOptions;
///
/// let options = PlanOptions { scalar: ScalarKind::Decimal, ..PlanOptions::default() };
/// ```
#[derive(Debug, Clone)]
pub struct PlanOptions {
    /// The source whose fields are read; bars of prices unless said otherwise.
    pub schema: &'static SourceSchema,
    /// The scalar to compute with; `f64` unless said otherwise.
    pub scalar: ScalarKind,
    /// What happens at rows where an input of a kernel is missing; they are skipped unless said otherwise.
    pub missing: Missing,
    /// The bounds on what is accepted.
    pub limits: Limits,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self { schema: &OHLCV, scalar: ScalarKind::F64, missing: Missing::Skip, limits: Limits::default() }
    }
}
