//! Saving and loading nodes, which `typetag` offers on concrete trait objects only.

use crate::node::{DecimalNode, F64Node};
use crate::scalar::{Decimal, Scalar};

/// A scalar whose nodes the harness can save and load.
pub(super) trait Saved: Scalar {
    /// `MessagePack` with fields by position.
    fn compact(node: &Self::Node) -> Result<Vec<u8>, String>;
    /// `MessagePack` with fields by name.
    fn named(node: &Self::Node) -> Result<Vec<u8>, String>;
    /// JSON, which is written for readers and never loaded.
    fn json(node: &Self::Node) -> Result<String, String>;
    /// A node from either form of `MessagePack`.
    fn load(bytes: &[u8]) -> Result<Box<Self::Node>, String>;
}

macro_rules! saved {
    ($scalar:ty, $node:ident) => {
        impl Saved for $scalar {
            fn compact(node: &dyn $node) -> Result<Vec<u8>, String> {
                rmp_serde::to_vec(node).map_err(|err| format!("cannot be saved: {err}"))
            }
            fn named(node: &dyn $node) -> Result<Vec<u8>, String> {
                rmp_serde::to_vec_named(node).map_err(|err| format!("cannot be saved with names: {err}"))
            }
            fn json(node: &dyn $node) -> Result<String, String> {
                serde_json::to_string(node).map_err(|err| format!("cannot be written as JSON: {err}"))
            }
            fn load(bytes: &[u8]) -> Result<Box<dyn $node>, String> {
                rmp_serde::from_slice(bytes).map_err(|err| err.to_string())
            }
        }
    };
}

saved!(f64, F64Node);
saved!(Decimal, DecimalNode);
