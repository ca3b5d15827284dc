//! Kernels written in Python: classes that a program registers while it runs.
//!
//! A registered class is a [`KernelDef`](ta_kernel_api::KernelDef) like any other, so functions, expressions, plans, sessions, snapshots and the
//! conformance harness know nothing of Python. Each registration leaks a declaration of some hundred bytes, and keeps its class: plans hold
//! their kernels for ever. Registering another class under the same name replaces it, as running a cell of a notebook again should; plans
//! that were made before go on with the class they were made with.
//!
//! An error raised in a class leaves the kernel as [`Thrown`](ta_kernel_api::Thrown), by unwinding; calls into the module catch it and raise it.

pub(crate) mod certify;
mod declared;
mod instance;
mod node;
mod plain;
pub(crate) mod register;
mod thrown;

pub(crate) use instance::is_inside;
pub(crate) use register::{is_own, replaced};
pub(crate) use thrown::{caught, raised};
