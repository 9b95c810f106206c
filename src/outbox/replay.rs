//! Having letters told again that were given up.

use super::store::Letter;
use crate::core::id::{LetterId, OutletId};
use crate::writer::{Actor, Desk, Entry, Loose, Refusal, Update};

/// Letters that are told again at once: as many as a page has.
pub const REPLAY_MAXIMUM: usize = 500;

/// Has letters of an outlet told again, as if for the first time.
pub struct LettersReplay {
    actor: Actor,
    outlet: OutletId,
    kind: &'static str,
    letters: Vec<LetterId>,
}

impl LettersReplay {
    /// Asked for by somebody; `kind` is what the log calls the outlet. Letters that are not this outlet's, or were not given
    /// up, are passed over.
    pub fn new(actor: Actor, outlet: OutletId, kind: &'static str, letters: Vec<LetterId>) -> Self {
        Self { actor, outlet, kind, letters }
    }
}

impl Update for LettersReplay {
    type Answer = usize;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        for id in &self.letters {
            desk.shelf::<Loose<Letter>>().want(*id);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<usize, Refusal> {
        let now = desk.now();
        let mut again = Vec::new();
        for id in &self.letters {
            let found = desk.shelf::<Loose<Letter>>().find(*id)?;
            again.extend(found.filter(|one| one.outlet_id == self.outlet && one.next_at.is_none()));
        }
        if again.is_empty() {
            return Ok(0);
        }
        let action = format!("{}.replayed", self.kind);
        desk.begin(Entry { action, kind: self.kind, id: self.outlet.0, reason: None });
        for letter in &again {
            let row = Letter { attempts: 0, next_at: Some(now), ..letter.as_ref().clone() };
            desk.shelf::<Loose<Letter>>().put(row);
        }
        Ok(again.len())
    }
}
