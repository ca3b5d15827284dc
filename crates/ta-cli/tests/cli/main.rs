//! The program, from the outside.

mod commands;
mod eval;
mod stream;
mod ta;
