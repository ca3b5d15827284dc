//! The kernels and sources this library is linked with.

use std::sync::{Arc, PoisonError, RwLock};

use ta_kernel_api::Registry;
use ta_runtime::dataset::SourceSchema;

use crate::errors::{Class, Refusal, listed};

/// The kernels there are: those that are linked, and those that were registered since.
static CURRENT: RwLock<Option<Arc<Registry>>> = RwLock::new(None);

/// The kernels there are now.
pub(crate) fn registry() -> Result<Arc<Registry>, Refusal> {
    if let Some(current) = &*CURRENT.read().unwrap_or_else(PoisonError::into_inner) {
        return Ok(Arc::clone(current));
    }
    let linked = Registry::linked().map_err(|error| Refusal::new(Class::Internal, error.to_string()))?;
    let mut current = CURRENT.write().unwrap_or_else(PoisonError::into_inner);
    Ok(Arc::clone(current.get_or_insert_with(|| Arc::new(linked))))
}

/// Goes on with other kernels. Who looks at those of before is not disturbed.
pub(crate) fn replace(registry: Registry) {
    *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(registry));
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
