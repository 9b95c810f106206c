//! How much of which consignments is meant for a need: asked by the need, where matches are read by the goods.

use super::rules::MatchKind;
use crate::audit::entry::EntryWriter;
use crate::core::id::{NeedId, SubjectId};
use crate::db::schema::need_matches;
use crate::db::{Conn, among, either};
use crate::writer::{Shelf, Wanted};
use diesel::QueryResult;
use diesel::prelude::*;
use std::any::Any;
use std::collections::{HashMap, HashSet};

/// What is meant for the needs that a batch asks for.
#[derive(Default)]
pub(super) struct MeantFor {
    stored: HashMap<NeedId, HashMap<SubjectId, i64>>,
    noted: HashMap<NeedId, Vec<(SubjectId, i64)>>,
    wanted: HashSet<NeedId>,
    journal: Vec<NeedId>,
}

impl MeantFor {
    /// How much of each consignment is meant for a need.
    ///
    /// # Errors
    /// [`Wanted`] where it is not loaded.
    pub(super) fn of(&mut self, need: NeedId) -> Result<HashMap<SubjectId, i64>, Wanted> {
        let Some(stored) = self.stored.get(&need) else {
            self.wanted.insert(need);
            return Err(Wanted);
        };
        let mut found = stored.clone();
        // What was said last counts.
        found.extend(self.noted.get(&need).into_iter().flatten().copied());
        Ok(found)
    }

    /// Asks for a need ahead of time.
    pub(super) fn want(&mut self, need: NeedId) {
        if !self.stored.contains_key(&need) {
            self.wanted.insert(need);
        }
    }

    /// Notes what is said in this batch.
    pub(super) fn note(&mut self, need: NeedId, consignment: SubjectId, quantity: i64) {
        self.noted.entry(need).or_default().push((consignment, quantity));
        self.journal.push(need);
    }
}

impl Shelf for MeantFor {
    fn is_wanting(&self) -> bool {
        !self.wanted.is_empty()
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let wanted: Vec<NeedId> = self.wanted.drain().collect();
        let rows: Vec<(NeedId, SubjectId, i64)> = either!(conn, one => {
            need_matches::table
                .filter(among(need_matches::need_id, &wanted))
                .filter(need_matches::kind.eq(MatchKind::Consignment.word()))
                .order(need_matches::sequence)
                .select((need_matches::need_id, need_matches::subject_id, need_matches::quantity))
                .load(one)
        })?;
        for need in wanted {
            self.stored.insert(need, HashMap::new());
        }
        // In the order of saying, so that what was said last stays.
        for (need, consignment, quantity) in rows {
            self.stored.entry(need).or_default().insert(consignment, quantity);
        }
        Ok(())
    }

    fn mark(&self) -> usize {
        self.journal.len()
    }

    fn undo(&mut self, mark: usize) {
        while self.journal.len() > mark {
            let Some(need) = self.journal.pop() else { return };
            if let Some(noted) = self.noted.get_mut(&need) {
                noted.pop();
            }
        }
    }

    // The rows are another shelf's.
    fn describe(&self, _mark: usize, _entry: &mut EntryWriter) {}

    fn flush(&mut self, _conn: &mut Conn) -> QueryResult<()> {
        self.journal.clear();
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
