//! What a snapshot belongs to.

use rmp_serde::Deserializer;
use rmp_serde::decode::ReadReader;
use serde::{Deserialize, Serialize};
use ta_kernel_api::spec::KernelSpec;
use ta_kernel_api::{Missing, Registry, Scalar, ScalarKind};

use super::sealed::{DEPTH, misfit, other_plan, refused, shown, unread, unseal};
use crate::dataset::PartitionKey;
use crate::error::Error;
use crate::exec::{Binding, Layout};
use crate::plan::{Op, Plan};

/// What the content belongs to.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) holds: Holds,
    pub(super) scalar: ScalarKind,
    pub(super) missing: Missing,
    pub(super) kernels: Vec<KernelHeader>,
    pub(super) fingerprint: [u8; 32],
    /// The partitions that feed the plan, in their order.
    pub(super) feeds: Vec<String>,
}

/// A kernel of the plan.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KernelHeader {
    pub(super) id: String,
    #[serde(rename = "crate")]
    pub(super) krate: String,
    pub(super) crate_version: String,
    pub(super) state_version: u32,
}

/// What the content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Holds {
    /// What a session remembers.
    State,
    /// The rows that were taken in.
    Rows,
}

/// What is left to be read of a snapshot.
pub(super) type Content<'b> = Deserializer<ReadReader<&'b [u8]>>;

/// Reads the header of a snapshot that belongs to a plan: what fed the plan, and the reader of the rest.
pub(super) fn open<'b, S: Scalar>(
    holds: Holds,
    plan: &Plan,
    bytes: &'b [u8],
) -> Result<(Binding, Content<'b>), Error> {
    plan.require::<S>()?;
    let mut reader = Deserializer::new(unseal(bytes)?);
    reader.set_max_depth(DEPTH);
    let header = Header::deserialize(&mut reader).map_err(|err| unread("header", &err))?;
    header.check(holds, plan)?;
    Ok((header.binding(plan)?, reader))
}

impl Header {
    /// Of a running plan.
    pub(super) fn new(holds: Holds, plan: &Plan, binding: &Binding) -> Self {
        let kernels = specs(plan).map(|spec| KernelHeader {
            id: spec.id.to_owned(),
            krate: spec.krate.to_owned(),
            crate_version: spec.krate_version.to_owned(),
            state_version: spec.state_version,
        });
        Self {
            holds,
            scalar: plan.scalar(),
            missing: plan.missing(),
            kernels: kernels.collect(),
            fingerprint: plan.fingerprint(),
            feeds: binding.feeds().iter().map(|feed| feed.key().to_string()).collect(),
        }
    }

    /// Whether this belongs to the plan and to the way it is run.
    fn check(&self, holds: Holds, plan: &Plan) -> Result<(), Error> {
        if self.holds != holds {
            let (has, help) = match self.holds {
                Holds::State => ("a state", "it was made in the mode `incremental` or `shadow`"),
                Holds::Rows => ("rows", "it was made in the mode `batch`"),
            };
            return Err(refused(format!("snapshot holds {has}"), help));
        }
        for (what, saved, wanted) in [
            ("scalar", self.scalar.name(), plan.scalar().name()),
            ("missing-data policy", self.missing.name(), plan.missing().name()),
        ] {
            if saved != wanted {
                let message = format!("snapshot has the {what} `{saved}`");
                return Err(refused(message, &format!("the plan has `{wanted}`")));
            }
        }
        let ids = self.kernels.iter().map(|kernel| kernel.id.as_str());
        if !ids.eq(specs(plan).map(|spec| spec.id)) {
            return Err(self.unlinked(plan).unwrap_or_else(other_plan));
        }
        for (kernel, spec) in self.kernels.iter().zip(specs(plan)) {
            if kernel.state_version != spec.state_version {
                let KernelHeader { id, krate, crate_version, state_version, .. } = kernel;
                let message =
                    format!("state of `{id}` has version {state_version}, saved by {krate} {crate_version}");
                let here =
                    format!("{} {} reads version {}", spec.krate, spec.krate_version, spec.state_version);
                return Err(refused(message, &here));
            }
        }
        if self.fingerprint != plan.fingerprint() {
            return Err(other_plan());
        }
        Ok(())
    }

    /// The feeds of the plan as they were.
    fn binding(&self, plan: &Plan) -> Result<Binding, Error> {
        let keys: Result<Vec<PartitionKey>, _> = self.feeds.iter().map(|key| key.parse()).collect();
        let keys = keys.map_err(|_| misfit("partitions"))?;
        let base = keys.last().ok_or_else(|| misfit("partitions"))?;
        let binding = Binding::new(plan, base, &keys)?;
        if binding.feeds().iter().map(Layout::key).ne(&keys) {
            return Err(misfit("partitions"));
        }
        Ok(binding)
    }

    /// The first kernel that neither the plan has nor the program is linked with.
    fn unlinked(&self, plan: &Plan) -> Option<Error> {
        let linked = Registry::linked().ok()?;
        let planned = |id: &str| {
            plan.nodes().iter().any(|node| matches!(node.op(), Op::Call { def, .. } if def.spec.id == id))
        };
        let kernel =
            self.kernels.iter().find(|kernel| !planned(&kernel.id) && linked.get(&kernel.id).is_err())?;
        let message = format!("snapshot needs the kernel {}", shown(&kernel.id));
        let help =
            format!("it is not linked; it was in {} {}", shown(&kernel.krate), shown(&kernel.crate_version));
        Some(refused(message, &help))
    }
}

/// The kernels a plan calls, in its order.
fn specs(plan: &Plan) -> impl Iterator<Item = &'static KernelSpec> {
    plan.nodes().iter().filter_map(|node| match node.op() {
        Op::Call { def, .. } => Some(&def.spec),
        _ => None,
    })
}
