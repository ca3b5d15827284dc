//! Decoders that can panic.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::cell;
use crate::error::{Error, Kind};

/// What a decoder answers. Those of Arrow and Parquet refuse most damaged files, and panic on some of the others; that becomes an
/// error too. Nothing the decoder touched may be used after it failed.
pub(super) fn decode<T, E: Display>(name: &str, decode: impl FnOnce() -> Result<T, E>) -> Result<T, Error> {
    let damaged = |why: &str| Error::new(Kind::Data, format!("damaged {name}: {why}"));
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(done) => done.map_err(|err| damaged(&cell::shown(err.to_string().as_bytes()))),
        Err(_) => Err(damaged("it cannot be decoded")),
    }
}
