//! Things that happen: outputs are true or false.
//!
//! Where several bars are compared, equality is neither above nor below.

pub mod cross;
pub mod crossdown;
pub mod crossup;
pub mod enter;
pub mod exit;
pub mod falling;
pub mod falling_pct;
pub mod in_channel;
pub mod out;
pub mod rising;
pub mod rising_pct;
mod runs;
