//! What names mean: kernels, sources and their fields.

use ta_kernel_api::{Registry, near_names};

use super::Limits;
use super::words::listed;
use crate::dataset::{SourceRef, SourceSchema, Timeframe};
use crate::error::{Error, Kind};

/// What names mean in an expression, and how large it may be.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The kernels that can be called.
    pub registry: &'a Registry,
    /// The source whose fields can be read without naming it. Others are named; all that the program is linked with are known.
    pub schema: &'a SourceSchema,
    /// The bounds on what is accepted.
    pub limits: &'a Limits,
}

impl<'a> Scope<'a> {
    /// The source whose fields are read at a place.
    pub(super) fn schema_at(self, place: &SourceRef) -> &'a SourceSchema {
        place.source.unwrap_or(self.schema)
    }

    /// Whether a place has a field of this name, stored or derived.
    pub(super) fn is_field(self, place: &SourceRef, name: &str) -> bool {
        has_field(self.schema_at(place), name)
    }

    /// The error for a name that is no field of a place.
    pub(super) fn unknown_field(self, place: &SourceRef, name: &str) -> Error {
        let schema = self.schema_at(place);
        let error = Error::new(Kind::UnknownName, format!("unknown field `{name}`"));
        let stored = schema.fields.iter().map(|field| field.name);
        let near = near_names(name, stored.clone().chain(schema.derived.iter().map(|derived| derived.name)));
        if name.parse::<Timeframe>().is_ok() {
            let error = Error::new(Kind::Type, format!("`{name}` is a timeframe where a value is needed"));
            error.with_help(format!("name a value of it, as in `{name}.close`"))
        } else if let Some(source) = self.source(name) {
            let error = Error::new(Kind::Type, format!("`{name}` is a source where a value is needed"));
            let field = source.fields.first().map_or("ts", |field| field.name);
            error.with_help(format!("name a value of it, as in `{name}.{field}`"))
        } else if self.registry.get(name).is_ok() {
            error.with_help(format!("a kernel is called with brackets: `{name}()`"))
        } else if near.is_empty() {
            error.with_help(format!("`{}` has {}", schema.name, listed(stored.chain(["ts"]))))
        } else {
            error.with_help(format!("close: {}", listed(near)))
        }
    }

    /// The source of this name.
    pub(super) fn source(self, name: &str) -> Option<&'a SourceSchema> {
        if name == self.schema.name {
            return Some(self.schema);
        }
        linked(name).map(|schema| schema as &SourceSchema)
    }
}

/// The source of this name among those that the program is linked with.
pub(super) fn linked(name: &str) -> Option<&'static SourceSchema> {
    SourceSchema::linked().into_iter().find(|schema| schema.name == name)
}

/// Whether a source has a field of this name, stored or derived.
pub(super) fn has_field(schema: &SourceSchema, name: &str) -> bool {
    name == "ts" || schema.field(name).is_some() || schema.derived(name).is_some()
}
