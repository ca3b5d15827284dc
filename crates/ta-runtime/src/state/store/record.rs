//! What is put into a store and what comes out.

/// What tells plans apart: [`Plan::fingerprint`](crate::plan::Plan::fingerprint).
pub type Fingerprint = [u8; 32];

/// A place in the stream of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// How many events the session has taken in; also the number of the last one.
    pub sequence: u64,
    /// The time of the last one; `None` before the first.
    pub ts: Option<i64>,
}

/// An event as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Its number in the session, beginning with 1.
    pub sequence: u64,
    /// Where it belongs, as text.
    pub partition: String,
    /// Its time in milliseconds since the epoch.
    pub ts: i64,
    /// The event itself.
    pub bytes: Vec<u8>,
}

/// A state to be saved.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    /// The plan it is of.
    pub plan: &'a Fingerprint,
    /// The place it belongs to.
    pub at: Point,
    /// The state itself, as [`Session::snapshot`](crate::exec::Session::snapshot) makes it.
    pub state: &'a [u8],
    /// What becomes of the snapshots before.
    pub replaced: Replaced,
}

/// What becomes of the snapshot that a new one replaces, and of the checkpoints. One at the same sequence as the new one is replaced in
/// any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// It is dropped, and the checkpoints stay.
    Dropped,
    /// It becomes the newest checkpoint, and the oldest are dropped until there are this many.
    Kept {
        /// How many checkpoints stay at most.
        at_most: usize,
    },
    /// Events after this one were corrected: it is dropped, and so are the checkpoints that knew them as they were.
    Corrected {
        /// The sequence up to which all is as it was.
        after: u64,
    },
}

/// What a session goes on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The place of the newest snapshot.
    pub at: Point,
    /// Its state.
    pub state: Vec<u8>,
    /// The events after it, in order and without a gap.
    pub events: Vec<LoggedEvent>,
}

impl Saved {
    /// The number of the last event that is stored, in the snapshot or after it.
    pub fn sequence(&self) -> u64 {
        self.events.last().map_or(self.at.sequence, |event| event.sequence)
    }
}

/// A snapshot before the newest one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its place.
    pub at: Point,
    /// Its state.
    pub state: Vec<u8>,
}

/// What became of events that were appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// How many were stored before.
    pub repeated: usize,
    /// How many were added.
    pub added: usize,
    /// The number of the last event that is stored now.
    pub sequence: u64,
}

/// A session of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// Its name.
    pub name: String,
    /// The plan it is of.
    pub plan: Fingerprint,
    /// The place of its newest snapshot.
    pub saved: Point,
    /// The number of the last event that is stored, in the snapshot or after it.
    pub sequence: u64,
    /// How many checkpoints it has.
    pub checkpoints: usize,
}

impl SessionInfo {
    /// How many events there are after the newest snapshot.
    pub fn events(&self) -> u64 {
        self.sequence.saturating_sub(self.saved.sequence)
    }
}
