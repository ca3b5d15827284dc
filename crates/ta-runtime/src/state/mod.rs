//! What a session remembers, to be saved, read back and looked at.

mod header;
mod inspect;
pub(crate) mod rows;
mod sealed;
mod snapshot;
pub mod store;
