//! The bodies of the fuzz targets. The code in the book runs as the documentation tests of this crate.

pub mod fuzz;

#[doc = include_str!("../../docs/getting-started.md")]
#[doc = include_str!("../../docs/reading-data.md")]
#[doc = include_str!("../../docs/writing-a-kernel.md")]
#[doc = include_str!("../../docs/datasets.md")]
const _: () = ();
