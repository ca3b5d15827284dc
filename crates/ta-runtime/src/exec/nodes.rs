//! What a plan remembers between two rows.

use ta_kernel_api::Scalar;
use ta_kernel_api::missing::Gate;

use super::Ring;
use crate::error::{Error, Kind};
use crate::plan::{Op, Plan};

/// All memory of a running plan: kernels behind their gates and rings of earlier values, each in the order of the plan.
#[derive(Debug, Clone)]
pub(crate) struct Nodes<S: Scalar> {
    pub(crate) gates: Vec<Gate<S>>,
    pub(crate) rings: Vec<Ring<S>>,
}

impl<S: Scalar> Nodes<S> {
    /// The memory before the first row.
    pub(crate) fn fresh(plan: &Plan) -> Result<Self, Error> {
        let gates = bind::<S>(plan)?.into_iter().map(|node| Gate::new(node, plan.missing())).collect();
        let rings = plan.nodes().iter().filter_map(|node| match node.op() {
            Op::History { bars } => Some(Ring::new(*bars)),
            _ => None,
        });
        Ok(Self { gates, rings: rings.collect() })
    }
}

/// The kernels of a plan with fresh states, in its order.
pub(crate) fn bind<S: Scalar>(plan: &Plan) -> Result<Vec<Box<S::Node>>, Error> {
    let calls = plan.nodes().iter().filter_map(|node| match node.op() {
        Op::Call { def, params } => Some(def.bind::<S>(params)),
        _ => None,
    });
    calls.map(|node| node.map_err(|err| Error::new(Kind::Unsupported, err.to_string()))).collect()
}
