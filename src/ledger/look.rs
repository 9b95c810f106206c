//! Looking up what is recorded already: an event's postings and statements, and who drew from a balance.

use super::book::{Book, Draw, Posted};
use super::cell::{Cell, Statement};
use crate::core::time::Timestamp;
use crate::writer::Wanted;
use std::collections::BTreeSet;

impl Book {
    /// The postings of a recorded event.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn postings_of(&mut self, sequence: i64) -> Result<Vec<Posted>, Wanted> {
        if let Some(known) = self.recorded.get(&sequence) {
            return Ok(known.clone());
        }
        let here: Vec<Posted> =
            self.postings.iter().filter(|one| one.sequence == sequence).cloned().collect();
        if !here.is_empty() {
            return Ok(here);
        }
        self.wants.events.insert(sequence);
        Err(Wanted)
    }

    /// What was staged under a sequence in this batch, each posting with what its cell holds since.
    pub fn staged(&self, sequence: i64) -> Vec<(Posted, i64)> {
        let staged = self.postings.iter().filter(|one| one.sequence == sequence);
        let held = |one: &Posted| self.entries.get(&one.key).map_or(0, |entry| entry.quantity);
        staged.map(|one| (one.clone(), held(one))).collect()
    }

    /// The statements of a recorded event, and from when each counts.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn statements_of(&mut self, sequence: i64) -> Result<Vec<(Timestamp, Statement)>, Wanted> {
        if let Some(known) = self.recorded_statements.get(&sequence) {
            return Ok(known.clone());
        }
        let here = self.statements.iter().filter(|one| one.sequence == sequence);
        let here: Vec<_> = here.map(|one| (one.effective_at, one.statement)).collect();
        if self.postings.iter().any(|one| one.sequence == sequence) {
            return Ok(here);
        }
        self.wants.events.insert(sequence);
        Err(Wanted)
    }

    /// Later events that drew from any of these cells, in the order of recording.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn later_draws(&mut self, cells: &[Cell], after: i64) -> Result<Vec<Draw>, Wanted> {
        let mut found = BTreeSet::new();
        let mut missing = false;
        for cell in cells {
            let key = cell.key();
            match self.draws.get(&key) {
                Some(draws) => found.extend(draws.iter().filter(|draw| draw.sequence > after).cloned()),
                None => {
                    self.wants.draws.insert(key);
                    missing = true;
                }
            }
            let here = self.postings.iter().filter(|one| one.key == key && one.quantity < 0);
            let here = here.filter(|one| one.sequence > after);
            found.extend(here.map(|one| Draw { sequence: one.sequence, event: None }));
        }
        if missing { Err(Wanted) } else { Ok(found.into_iter().collect()) }
    }
}
