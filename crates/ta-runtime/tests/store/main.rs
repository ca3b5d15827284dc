//! What a store promises: the same laws for every implementation, and for the one on disk what holds when it is killed, damaged or full.

#[cfg(feature = "sqlite")]
mod damage;
#[cfg(feature = "sqlite")]
mod full;
#[cfg(feature = "sqlite")]
mod kill;
mod laws;
#[cfg(feature = "sqlite")]
mod open;
