//! Every standard kernel obeys every law.

ta_kernel_api::conformance_main!(ta_kernels_std);
