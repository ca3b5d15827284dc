//! The kernels and sources this library is linked with.

use std::sync::OnceLock;

use ta_kernel_api::Registry;
use ta_runtime::dataset::SourceSchema;

use crate::errors::{Class, Refusal, listed};

/// The linked kernels, gathered once.
pub(crate) fn registry() -> Result<&'static Registry, Refusal> {
    static LINKED: OnceLock<Registry> = OnceLock::new();
    if let Some(registry) = LINKED.get() {
        return Ok(registry);
    }
    let registry = Registry::linked().map_err(|error| Refusal::new(Class::Internal, error.to_string()))?;
    Ok(LINKED.get_or_init(|| registry))
}

/// The linked source of this name.
pub(crate) fn source(name: &str) -> Result<&'static SourceSchema, Refusal> {
    let linked = SourceSchema::linked();
    linked.iter().find(|schema| schema.name == name).copied().ok_or_else(|| {
        let names: Vec<String> = linked.iter().map(|schema| schema.name.to_owned()).collect();
        let message = format!("there is no source `{name}` (accepted: {})", listed(&names));
        Refusal::new(Class::Parameter, message)
            .with("parameter", "source")
            .with("given", name)
            .with("accepted", names)
    })
}
