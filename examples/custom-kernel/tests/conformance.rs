//! Every kernel of this crate obeys every law.

ta_kernel_api::conformance_main!(custom_kernel);
