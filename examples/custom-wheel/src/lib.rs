//! The module `acme_ta`: the standard kernels, and those of `acme` as `acme_ta.acme`.

// A dependency that no code names registers nothing.
use custom_kernel as _;

ta_py::export!(acme_ta);
