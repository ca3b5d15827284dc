//! What a session remembers, to be saved, read back and looked at.

mod inspect;
mod snapshot;
pub mod store;
