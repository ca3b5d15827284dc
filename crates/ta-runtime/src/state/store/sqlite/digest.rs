//! The checksums of what is stored.
//!
//! `SQLite` does not notice a flipped bit in a page. Here every record has a checksum, and each event's goes into the next one's, so the
//! last link, which the session holds, stands for the whole log.

use super::super::{Fingerprint, LoggedEvent, Point};

/// A BLAKE3 hash.
pub(super) type Digest = [u8; blake3::OUT_LEN];

/// The link a log begins with.
pub(super) fn start(session: &str, plan: &Fingerprint, sequence: u64) -> Digest {
    Fields::new("ta-runtime store: start of a log")
        .bytes(session.as_bytes())
        .bytes(plan)
        .number(sequence)
        .digest()
}

/// The link of an event.
pub(super) fn link(before: &Digest, event: &LoggedEvent) -> Digest {
    let fields = Fields::new("ta-runtime store: event").bytes(before).number(event.sequence);
    fields.bytes(event.partition.as_bytes()).number(event.ts as u64).bytes(&event.bytes).digest()
}

/// The checksum of a state.
pub(super) fn content(state: &[u8]) -> Digest {
    Fields::new("ta-runtime store: state").bytes(state).digest()
}

/// The checksum of a snapshot.
pub(super) fn snapshot(
    session: &str,
    plan: &Fingerprint,
    at: Point,
    link: &Digest,
    content: &Digest,
) -> Digest {
    let fields =
        Fields::new("ta-runtime store: snapshot").bytes(session.as_bytes()).bytes(plan).number(at.sequence);
    let ts = at.ts.map(i64::to_le_bytes);
    fields.bytes(ts.as_ref().map_or(&[], |ts| ts)).bytes(link).bytes(content).digest()
}

/// The checksum of a session.
pub(super) fn session(
    name: &str,
    plan: &Fingerprint,
    sequence: u64,
    link: &Digest,
    snapshots: u64,
) -> Digest {
    let fields = Fields::new("ta-runtime store: session").bytes(name.as_bytes()).bytes(plan);
    fields.number(sequence).bytes(link).number(snapshots).digest()
}

/// Fields on their way into a hash, each with its length: no two lists of fields are the same bytes.
struct Fields(blake3::Hasher);

impl Fields {
    fn new(kind: &str) -> Self {
        Self(blake3::Hasher::new_derive_key(kind))
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        self
    }

    fn number(mut self, number: u64) -> Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    fn digest(self) -> Digest {
        self.0.finalize().into()
    }
}
