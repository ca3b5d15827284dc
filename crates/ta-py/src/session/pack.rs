//! Snapshots of several engines as one; that of a single engine is its own.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `TASYMBOL` |
//! | 4 | how many snapshots follow, little endian |
//! | 8 and as many | for each its length, little endian, and the snapshot itself |
//!
//! Each snapshot has a checksum and says which rows it is of, so what is cut off, repeated or flipped is refused.

use ta_runtime::Error;
use ta_runtime::exec::Settings;
use ta_runtime::plan::Plan;

use super::engine::Engine;
use crate::errors::{Class, Refusal};
use crate::eval::refuse::of_runtime;

const MAGIC: &[u8; 8] = b"TASYMBOL";

pub(super) fn pack(engines: &[Engine]) -> Result<Vec<u8>, Error> {
    if let [engine] = engines {
        return engine.snapshot();
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend((engines.len() as u32).to_le_bytes());
    for engine in engines {
        let snapshot = engine.snapshot()?;
        bytes.extend((snapshot.len() as u64).to_le_bytes());
        bytes.extend(snapshot);
    }
    Ok(bytes)
}

pub(super) fn unpack(plan: &Plan, bytes: &[u8], settings: &Settings) -> Result<Vec<Engine>, Refusal> {
    let restore = |bytes: &[u8]| Engine::restore(plan, bytes, settings).map_err(|error| of_runtime(&error));
    let Some(rest) = bytes.strip_prefix(MAGIC) else { return Ok(vec![restore(bytes)?]) };
    let cut = || Refusal::new(Class::Snapshot, "snapshot of several symbols is cut off or damaged");
    let (count, mut rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let mut engines: Vec<Engine> = Vec::new();
    for _ in 0..u32::from_le_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| cut())?;
        let (snapshot, after) = after.split_at_checked(length).ok_or_else(cut)?;
        let engine = restore(snapshot)?;
        if engines.iter().any(|other| other.key() == engine.key()) {
            return Err(cut());
        }
        engines.push(engine);
        rest = after;
    }
    if engines.is_empty() || !rest.is_empty() {
        return Err(cut());
    }
    Ok(engines)
}
