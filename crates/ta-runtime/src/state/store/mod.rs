//! Where sessions live between two runs of a program: the newest snapshot, the events since, and some snapshots before.
//!
//! A [`StateStore`] keeps, under a name, a state together with the place in the stream it belongs to, and changes both in one
//! step. The place is a `sequence`: how many events the session has taken in. So what arrives twice is stored once, what is left out
//! is noticed, and a program that was stopped at any moment goes on where it was:
//!
//! 1. [`load`](StateStore::load) the snapshot, restore the session, and let it take in the events after it once more;
//! 2. [`append`](StateStore::append) events as they arrive, and answer them when they are stored;
//! 3. now and then, [`save`](StateStore::save) a snapshot, which lets go of the events up to it.
//!
//! [`MemoryStore`] is for tests and for programs that need not outlive themselves; `SqliteStore` (feature `sqlite`) keeps all in one
//! file that survives crashes. They answer the same. The store knows bytes only.
//!
//! ```
//! use ta_runtime::state::store::{LoggedEvent, MemoryStore, Point, Replaced, Snapshot, StateStore};
//!
//! # fn main() -> Result<(), ta_runtime::Error> {
//! let plan = [7; 32]; // `Plan::fingerprint`
//! let mut store = MemoryStore::default();
//! assert_eq!(store.load("btc", &plan)?, None);
//!
//! // The session before its first event, then two events.
//! let at = Point { sequence: 0, ts: None };
//! store.save("btc", &Snapshot { plan: &plan, at, state: b"fresh", replaced: Replaced::Dropped })?;
//! let event = |sequence, ts| LoggedEvent { sequence, partition: "1h".into(), ts, bytes: b"bar".into() };
//! store.append("btc", &[event(1, 3_600_000), event(2, 7_200_000)])?;
//!
//! // The feed is not sure whether the second arrived, and sends it again.
//! let appended = store.append("btc", &[event(2, 7_200_000), event(3, 10_800_000)])?;
//! assert_eq!((appended.repeated, appended.added), (1, 1));
//! assert!(store.append("btc", &[event(5, 18_000_000)]).unwrap_err().is_gap());
//!
//! // After a restart.
//! let saved = store.load("btc", &plan)?.unwrap();
//! assert_eq!((saved.state.as_slice(), saved.events.len()), (b"fresh".as_slice(), 3));
//! assert!(store.load("btc", &[8; 32]).unwrap_err().is_snapshot()); // of another plan
//! # Ok(())
//! # }
//! ```

mod memory;
mod record;
mod rules;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use memory::MemoryStore;
pub use record::{
    Appended, Checkpoint, Fingerprint, LoggedEvent, Point, Replaced, Saved, SessionInfo, Snapshot,
};
pub use rules::{MAX_EVENT, MAX_NAME, MAX_STATE};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

use crate::Error;

/// Sessions by name, each with its newest snapshot, the events since, and some snapshots before.
///
/// A call is carried out as a whole or, when it is refused, not at all; what was there before is there still, and the call can be
/// repeated. Whatever was answered is the store's to keep.
///
/// A session's first call is a [`save`](Self::save), which names its plan. Names and bytes over [`MAX_NAME`], [`MAX_EVENT`] and
/// [`MAX_STATE`] are refused with [`Error::is_limit`].
///
/// # Errors
/// Besides what each method names, and from a store on disk alone: [`Error::is_damaged`] for bytes that are not the ones
/// that were saved, [`Error::is_full`] without room, [`Error::is_in_use`] while another program reads, [`Error::is_io`] for
/// whatever else the disk refuses.
pub trait StateStore: Send {
    /// Everything needed to go on; `None` for a session that was never saved.
    ///
    /// # Errors
    /// With [`Error::is_snapshot`] when it is of another plan.
    fn load(&mut self, session: &str, plan: &Fingerprint) -> Result<Option<Saved>, Error>;

    /// Adds events that the session takes in. Those stored already are left out, and counted in the answer.
    ///
    /// # Errors
    /// In this order: events that do not count up by one ([`Error::is_data`]); a session never saved ([`Error::is_unknown_name`]); a first
    /// event after the next one ([`Error::is_gap`]); an event that is in the log with other content ([`Error::is_data`]).
    fn append(&mut self, session: &str, events: &[LoggedEvent]) -> Result<Appended, Error>;

    /// Makes this the newest snapshot and drops the events up to it. Events after it stay.
    ///
    /// It may be ahead of the log, of a state that took in events which were never appended; the session goes on from there.
    ///
    /// # Errors
    /// In this order: a session of another plan ([`Error::is_snapshot`]); a place before the newest snapshot ([`Error::is_stale`]).
    fn save(&mut self, session: &str, snapshot: &Snapshot<'_>) -> Result<(), Error>;

    /// Where there are snapshots before the newest one, newest first; none of a session that was never saved.
    ///
    /// # Errors
    /// With [`Error::is_snapshot`] when it is of another plan.
    fn checkpoints(&mut self, session: &str, plan: &Fingerprint) -> Result<Vec<Point>, Error>;

    /// The checkpoint at this sequence; `None` when there is none.
    ///
    /// # Errors
    /// With [`Error::is_snapshot`] when it is of another plan.
    fn checkpoint(
        &mut self,
        session: &str,
        plan: &Fingerprint,
        sequence: u64,
    ) -> Result<Option<Checkpoint>, Error>;

    /// The sessions there are, sorted by name.
    ///
    /// # Errors
    /// Only those of the disk.
    fn sessions(&mut self) -> Result<Vec<SessionInfo>, Error>;

    /// Forgets a session, even one that is damaged or of another plan; whether there was one.
    ///
    /// # Errors
    /// Only those of the disk.
    fn remove(&mut self, session: &str) -> Result<bool, Error>;
}
