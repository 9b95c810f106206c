//! Dismissing events that wait: somebody has dealt with them, as by an event posted by hand. What was said of them stays on
//! record.

use super::record::settled;
use super::store::{CapturedEvent, CapturedState};
use crate::core::check::{WORDS_CHARS_MAX, check_text};
use crate::core::id::{CaptureId, CapturedEventId};
use crate::core::problem::Problem;
use crate::writer::{Actor, Desk, Drawer, Entry, Moment, Refusal, Update};
use std::sync::Arc;

/// Dismisses one.
pub(super) struct EventDismiss {
    pub(super) actor: Actor,
    pub(super) id: CapturedEventId,
    pub(super) reason: String,
}

impl Update for EventDismiss {
    type Answer = Arc<CapturedEvent>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<CapturedEvent>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<CapturedEvent>, Refusal> {
        let reason = self.reason.trim();
        check_text("/reason", Some(&self.reason), WORDS_CHARS_MAX)?;
        let Some(row) = desk.shelf::<Drawer<CapturedEvent>>().find(self.id)? else {
            return Err(Problem::not_found().into());
        };
        let is_mine = row.decided_by == Some(self.actor.user) && row.reason.as_deref() == Some(reason);
        if row.stands() == CapturedState::Dismissed && is_mine {
            return Ok(row);
        }
        if row.stands() != CapturedState::Waiting {
            return Err(settled(&row).into());
        }
        let (action, words) = ("captured_event.dismissed".to_owned(), Some(reason.to_owned()));
        let moment = desk.begin(Entry { action, kind: "captured_event", id: self.id.0, reason: words });
        let row = dismissed(&row, &self.actor, reason, moment);
        desk.shelf::<Drawer<CapturedEvent>>().put(row.clone());
        Ok(Arc::new(row))
    }
}

/// Dismisses those of a document that wait, in one entry of the log.
pub(super) struct CaptureDismiss {
    pub(super) actor: Actor,
    pub(super) id: CaptureId,
    /// Those that were found to wait, as far as the caller reaches.
    pub(super) events: Vec<CapturedEventId>,
    pub(super) reason: String,
}

impl Update for CaptureDismiss {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        for id in &self.events {
            desk.shelf::<Drawer<CapturedEvent>>().want(*id);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let reason = self.reason.trim();
        check_text("/reason", Some(&self.reason), WORDS_CHARS_MAX)?;
        let mut rows = Vec::with_capacity(self.events.len());
        for id in &self.events {
            rows.extend(desk.shelf::<Drawer<CapturedEvent>>().find(*id)?);
        }
        rows.retain(|row| row.stands() == CapturedState::Waiting);
        if rows.is_empty() {
            return Ok(());
        }
        let (action, words) = ("capture.dismissed".to_owned(), Some(reason.to_owned()));
        let moment = desk.begin(Entry { action, kind: "capture", id: self.id.0, reason: words });
        for row in rows {
            desk.shelf::<Drawer<CapturedEvent>>().put(dismissed(&row, &self.actor, reason, moment));
        }
        Ok(())
    }
}

/// The row of an event once somebody has dealt with it.
fn dismissed(row: &CapturedEvent, actor: &Actor, reason: &str, moment: Moment) -> CapturedEvent {
    CapturedEvent {
        state: CapturedState::Dismissed.word().to_owned(),
        reason: Some(reason.to_owned()),
        settled_at: row.settled_at.or(Some(moment.recorded_at)),
        decided_by: Some(actor.user),
        decided_at: Some(moment.recorded_at),
        revision: row.revision + 1,
        ..row.clone()
    }
}
