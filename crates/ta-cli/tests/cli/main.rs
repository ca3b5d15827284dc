//! The program, from the outside.

mod commands;
mod data;
mod editor;
mod eval;
mod revise;
mod stream;
mod ta;
