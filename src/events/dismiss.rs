//! Dismissing an acknowledged update that was refused once it could be posted: somebody has dealt with it, as by sending
//! it corrected, and it stands among what is open no more. What was said of it stays on record.

use super::store::{RefusalRecord, WaitingRecord};
use crate::core::check::{WORDS_CHARS_MAX, check_text};
use crate::core::id::{EventId, UserId};
use crate::core::problem::{Code, Problem};
use crate::core::time::Timestamp;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update, record};
use std::sync::Arc;

record! {
    /// That a refused update is dealt with.
    pub struct Dismissal in dismissals key event_id: EventId, group event_id: EventId {
        /// The update.
        event_id: EventId,
        /// What became of it.
        reason: String,
        /// Who says so.
        dismissed_by: UserId,
        /// When.
        dismissed_at: Timestamp,
    }
}

/// Dismisses a refused update.
pub struct WaitingDismiss {
    /// Who.
    pub actor: Actor,
    /// Which.
    pub id: EventId,
    /// What became of it.
    pub reason: String,
}

impl Update for WaitingDismiss {
    type Answer = Arc<Dismissal>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<WaitingRecord>>().want(self.id);
        desk.shelf::<Drawer<RefusalRecord>>().want(self.id);
        desk.shelf::<Drawer<Dismissal>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Dismissal>, Refusal> {
        let reason = self.reason.trim();
        check_text("/reason", Some(&self.reason), WORDS_CHARS_MAX)?;
        let waited = desk.shelf::<Drawer<WaitingRecord>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        if let Some(known) = desk.shelf::<Drawer<Dismissal>>().find(self.id)? {
            if known.dismissed_by == self.actor.user && known.reason == reason {
                return Ok(known);
            }
            let detail = format!("This was dismissed already at {}.", known.dismissed_at);
            return Err(Problem::new(Code::WrongState, detail).into());
        }
        if desk.shelf::<Drawer<RefusalRecord>>().find(self.id)?.is_none() {
            let detail = if waited.posted {
                "This waits no more; it was posted, or somebody decides about it."
            } else {
                "This waits still and posts by itself; only what was refused is dismissed."
            };
            return Err(Problem::new(Code::WrongState, detail).into());
        }
        let action = format!("event.{}.dismissed", waited.kind);
        let moment =
            desk.begin(Entry { action, kind: "event", id: self.id.0, reason: Some(reason.to_owned()) });
        let row = Dismissal {
            event_id: self.id,
            reason: reason.to_owned(),
            dismissed_by: self.actor.user,
            dismissed_at: moment.recorded_at,
        };
        desk.shelf::<Drawer<Dismissal>>().put(row.clone());
        Ok(Arc::new(row))
    }
}
