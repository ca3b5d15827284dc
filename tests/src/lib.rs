//! Nothing of its own: the code in the book runs as the documentation tests of this crate.

#[doc = include_str!("../../docs/getting-started.md")]
#[doc = include_str!("../../docs/reading-data.md")]
#[doc = include_str!("../../docs/writing-a-kernel.md")]
#[doc = include_str!("../../docs/datasets.md")]
const _: () = ();
