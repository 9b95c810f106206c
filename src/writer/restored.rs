//! The first entry of a log that continues another one: what was put back from a backup has a name of its own.

use super::Update;
use super::desk::{Actor, Desk, Entry, Refusal, Shelf};
use super::source::Source;
use crate::audit::entry::EntryWriter;
use crate::audit::renaming::{RESTORED, Renaming};
use crate::audit::tree::TreeHead;
use crate::core::id::{SubjectId, derived};
use crate::db::Conn;
use crate::db::schema::ledger_state;
use diesel::prelude::*;
use std::any::Any;
use uuid::Uuid;

/// Has the log go on under a new name, and says of which log it has its entries so far.
pub struct Restored {
    actor: Actor,
    renaming: Renaming,
    reason: String,
}

impl Restored {
    /// A log with this name so far, whose last checkpoint here was this; `signed` says how many of its leaves were signed
    /// where that is more than there are.
    pub fn new(actor: Actor, old: &str, last: Option<&TreeHead>, signed: Option<u64>) -> Self {
        let renaming = Renaming { old: old.to_owned(), new: Source::Machine.name() };
        let reason = renaming.reason(last, signed);
        Self { actor, renaming, reason }
    }

    /// What the log is called from then on.
    pub fn name(&self) -> &str {
        &self.renaming.new
    }

    /// What its first entry says.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl Update for Restored {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let id: SubjectId = derived(Uuid::nil(), &self.renaming.new, 0);
        desk.begin(Entry {
            action: RESTORED.to_owned(),
            kind: "log",
            id: id.0,
            reason: Some(self.reason.clone()),
        });
        desk.shelf::<Name>().given = Some(self.renaming.new.clone());
        Ok(())
    }
}

/// The name the log gets with this batch. No row tells of it but the log's own, and the entry does in words.
#[derive(Default)]
struct Name {
    given: Option<String>,
}

impl Shelf for Name {
    fn is_wanting(&self) -> bool {
        false
    }

    fn load(&mut self, _conn: &mut Conn) -> QueryResult<()> {
        Ok(())
    }

    fn mark(&self) -> usize {
        usize::from(self.given.is_some())
    }

    fn undo(&mut self, mark: usize) {
        if mark == 0 {
            self.given = None;
        }
    }

    fn describe(&self, _mark: usize, _entry: &mut EntryWriter) {}

    fn flush(&mut self, conn: &mut Conn) -> QueryResult<()> {
        if let Some(name) = self.given.take() {
            diesel::update(ledger_state::table.filter(ledger_state::id.eq(1)))
                .set(ledger_state::origin.eq(name))
                .execute(conn)?;
        }
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
