//! What events of a file said, read once in a batch: a large pledge is decided unit by unit, and each further unit
//! looks at all that was told before it.
//!
//! Never here: anything that is staged, or that is not in the rows on the desk.

use super::posted::Standing;
use crate::audit::entry::EntryWriter;
use crate::core::id::EventId;
use crate::db::Conn;
use crate::ledger::event::EventRecord;
use crate::writer::Shelf;
use diesel::QueryResult;
use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

/// Events with what they say, each with the rows that was read from.
#[derive(Default)]
pub(super) struct Readings {
    known: HashMap<EventId, (Vec<Arc<EventRecord>>, Arc<Standing>)>,
}

impl Readings {
    /// What an event says, where it was read from these very rows: rows that were taken back and put again are
    /// others, even under the same identifiers.
    pub(super) fn of(&self, id: EventId, rows: &[Arc<EventRecord>]) -> Option<Arc<Standing>> {
        let (read, standing) = self.known.get(&id)?;
        let same =
            read.len() == rows.len() && read.iter().zip(rows).all(|(one, other)| Arc::ptr_eq(one, other));
        same.then(|| Arc::clone(standing))
    }

    /// Keeps what was read from these rows.
    pub(super) fn keep(&mut self, rows: Vec<Arc<EventRecord>>, standing: &Arc<Standing>) {
        self.known.insert(standing.id, (rows, Arc::clone(standing)));
    }
}

/// It asks for nothing and stages nothing, so there is nothing to load, take back or write.
impl Shelf for Readings {
    fn is_wanting(&self) -> bool {
        false
    }

    fn load(&mut self, _conn: &mut Conn) -> QueryResult<()> {
        Ok(())
    }

    fn mark(&self) -> usize {
        0
    }

    fn undo(&mut self, _mark: usize) {}

    fn describe(&self, _mark: usize, _entry: &mut EntryWriter) {}

    fn flush(&mut self, _conn: &mut Conn) -> QueryResult<()> {
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
