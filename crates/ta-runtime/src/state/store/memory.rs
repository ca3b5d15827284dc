//! A store that lives as long as the program.

use std::collections::BTreeMap;

use super::{
    Appended, Checkpoint, Fingerprint, LoggedEvent, Point, Saved, SessionInfo, Snapshot, StateStore, rules,
};
use crate::Error;

/// A store in memory, for tests and for programs that need not outlive themselves.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    sessions: BTreeMap<String, Held>,
}

/// What is held of a session.
#[derive(Debug, Clone)]
struct Held {
    plan: Fingerprint,
    newest: Checkpoint,
    /// Newest first.
    checkpoints: Vec<Checkpoint>,
    /// Those after the newest snapshot.
    events: Vec<LoggedEvent>,
}

impl Held {
    fn sequence(&self) -> u64 {
        self.newest.at.sequence + self.events.len() as u64
    }
}

impl MemoryStore {
    /// The session, of this plan.
    fn of(&self, session: &str, plan: &Fingerprint) -> Result<Option<&Held>, Error> {
        rules::check_name(session)?;
        let held = self.sessions.get(session);
        held.map_or(Ok(()), |held| rules::check_plan(session, &held.plan, plan))?;
        Ok(held)
    }
}

impl StateStore for MemoryStore {
    fn load(&mut self, session: &str, plan: &Fingerprint) -> Result<Option<Saved>, Error> {
        let held = self.of(session, plan)?;
        Ok(held.map(|held| {
            let Checkpoint { at, state } = held.newest.clone();
            Saved { at, state, events: held.events.clone() }
        }))
    }

    fn append(&mut self, session: &str, events: &[LoggedEvent]) -> Result<Appended, Error> {
        rules::check_name(session)?;
        rules::check_events(events)?;
        let held = self.sessions.get_mut(session).ok_or_else(|| rules::unknown(session))?;
        let (repeats, new) = events.split_at(rules::repeated(events, held.sequence())?);
        let logged = repeats.iter().filter(|event| event.sequence > held.newest.at.sequence);
        for event in logged {
            if held.events[(event.sequence - held.newest.at.sequence - 1) as usize] != *event {
                return Err(rules::conflict(event));
            }
        }
        held.events.extend_from_slice(new);
        Ok(Appended { repeated: repeats.len(), added: new.len(), sequence: held.sequence() })
    }

    fn save(&mut self, session: &str, snapshot: &Snapshot<'_>) -> Result<(), Error> {
        rules::check_snapshot(snapshot)?;
        let held = self.of(session, snapshot.plan)?;
        let newest = Checkpoint { at: snapshot.at, state: snapshot.state.to_vec() };
        let sequence = snapshot.at.sequence;
        if held.is_none() {
            let held = Held { plan: *snapshot.plan, newest, checkpoints: Vec::new(), events: Vec::new() };
            self.sessions.insert(session.to_owned(), held);
        } else if let Some(held) = self.sessions.get_mut(session) {
            rules::check_newer(sequence, held.newest.at.sequence)?;
            let before: Vec<_> = held.checkpoints.iter().map(|checkpoint| checkpoint.at.sequence).collect();
            let kept = rules::checkpoints(snapshot.replaced, sequence, held.newest.at.sequence, &before);
            let replaced = std::mem::replace(&mut held.newest, newest);
            held.checkpoints.insert(0, replaced);
            held.checkpoints.retain(|checkpoint| kept.contains(&checkpoint.at.sequence));
            held.events.retain(|event| event.sequence > sequence);
        }
        Ok(())
    }

    fn checkpoints(&mut self, session: &str, plan: &Fingerprint) -> Result<Vec<Point>, Error> {
        let held = self.of(session, plan)?;
        let points = |held: &Held| held.checkpoints.iter().map(|checkpoint| checkpoint.at).collect();
        Ok(held.map_or_else(Vec::new, points))
    }

    fn checkpoint(
        &mut self,
        session: &str,
        plan: &Fingerprint,
        sequence: u64,
    ) -> Result<Option<Checkpoint>, Error> {
        let held = self.of(session, plan)?;
        let checkpoints = held.map_or(&[][..], |held| held.checkpoints.as_slice());
        Ok(checkpoints.iter().find(|checkpoint| checkpoint.at.sequence == sequence).cloned())
    }

    fn sessions(&mut self) -> Result<Vec<SessionInfo>, Error> {
        let info = |(name, held): (&String, &Held)| SessionInfo {
            name: name.clone(),
            plan: held.plan,
            saved: held.newest.at,
            sequence: held.sequence(),
            checkpoints: held.checkpoints.len(),
        };
        Ok(self.sessions.iter().map(info).collect())
    }

    fn remove(&mut self, session: &str) -> Result<bool, Error> {
        Ok(self.sessions.remove(session).is_some())
    }
}
