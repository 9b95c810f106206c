//! Which legs have left: the departures that somebody posted and nobody reversed, by leg. What a receipt implied
//! is none of them. A diversion sends its new leg off, and a split the leg of its child: their goods are under
//! way already.

use crate::audit::entry::EntryWriter;
use crate::core::id::{ConsignmentId, EventId, LegId, LoadId, derived};
use crate::db::schema::{consignments, events, legs};
use crate::db::{Clause, Conn, among, either};
use crate::ledger::event::STANDS;
use crate::writer::{Shelf, Wanted};
use diesel::QueryResult;
use diesel::prelude::*;
use std::any::Any;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A departure that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Departure {
    pub(super) event: EventId,
    pub(super) sequence: i64,
}

/// The leg of the child that a split makes for goods under way.
pub(super) fn split_leg(split: EventId) -> LegId {
    derived(split.0, "split leg", 0)
}

enum Undo {
    Noted(LegId),
    Loaded(LoadId),
    Reversed(EventId),
}

/// The departures of the legs a batch asks for.
#[derive(Default)]
pub struct Departures {
    stored: HashMap<LegId, Vec<Departure>>,
    noted: HashMap<LegId, Vec<Departure>>,
    reversed: HashSet<EventId>,
    wanted: HashSet<LegId>,
    /// What departed on a load, by which event.
    loaded: HashMap<LoadId, Vec<(ConsignmentId, EventId)>>,
    loaded_now: HashMap<LoadId, Vec<(ConsignmentId, EventId)>>,
    wanted_loads: HashSet<LoadId>,
    journal: Vec<Undo>,
}

impl Departures {
    /// The departures of a leg that stand.
    ///
    /// # Errors
    /// [`Wanted`] where they are not loaded.
    pub(super) fn of(&mut self, leg: LegId) -> Result<Vec<Departure>, Wanted> {
        let Some(stored) = self.stored.get(&leg) else {
            self.wanted.insert(leg);
            return Err(Wanted);
        };
        let all = stored.iter().chain(self.noted.get(&leg).into_iter().flatten());
        Ok(all.filter(|one| !self.reversed.contains(&one.event)).copied().collect())
    }

    /// The events that sent a leg off and stand.
    ///
    /// # Errors
    /// [`Wanted`] where they are not loaded.
    pub fn posted_of(&mut self, leg: LegId) -> Result<Vec<EventId>, Wanted> {
        Ok(self.of(leg)?.into_iter().map(|departure| departure.event).collect())
    }

    /// Notes a departure of this batch.
    pub(super) fn note(&mut self, leg: LegId, event: EventId, sequence: i64) {
        self.noted.entry(leg).or_default().push(Departure { event, sequence });
        self.journal.push(Undo::Noted(leg));
    }

    /// The consignments that departed on a load, each once, in the order of their identifiers.
    ///
    /// # Errors
    /// [`Wanted`] where they are not loaded.
    pub(super) fn on_load(&mut self, load: LoadId) -> Result<Vec<ConsignmentId>, Wanted> {
        let Some(stored) = self.loaded.get(&load) else {
            self.wanted_loads.insert(load);
            return Err(Wanted);
        };
        let all = stored.iter().chain(self.loaded_now.get(&load).into_iter().flatten());
        let standing = all.filter(|(_, event)| !self.reversed.contains(event));
        let each: BTreeSet<ConsignmentId> = standing.map(|(consignment, _)| *consignment).collect();
        Ok(each.into_iter().collect())
    }

    /// Notes what departed on a load in this batch.
    pub(super) fn note_load(&mut self, load: LoadId, consignment: ConsignmentId, event: EventId) {
        self.loaded_now.entry(load).or_default().push((consignment, event));
        self.journal.push(Undo::Loaded(load));
    }

    fn load_loads(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let wanted: Vec<LoadId> = self.wanted_loads.drain().collect();
        let rows: Vec<(Option<LoadId>, Option<ConsignmentId>, EventId)> = either!(conn, one => {
            events::table
                .filter(among(events::load_id.assume_not_null(), &wanted))
                .filter(events::load_id.is_not_null().and(events::kind.eq("departed")))
                .filter(Clause(STANDS))
                .select((events::load_id, events::consignment_id, events::id))
                .load(one)
        })?;
        self.loaded.extend(wanted.into_iter().map(|load| (load, Vec::new())));
        for (load, consignment, event) in rows {
            if let (Some(load), Some(consignment)) = (load, consignment) {
                self.loaded.entry(load).or_default().push((consignment, event));
            }
        }
        Ok(())
    }

    /// Notes that a departure was reversed.
    pub fn reverse(&mut self, event: EventId) {
        if self.reversed.insert(event) {
            self.journal.push(Undo::Reversed(event));
        }
    }
}

impl Shelf for Departures {
    fn is_wanting(&self) -> bool {
        !self.wanted.is_empty() || !self.wanted_loads.is_empty()
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        if !self.wanted_loads.is_empty() {
            self.load_loads(conn)?;
        }
        if self.wanted.is_empty() {
            return Ok(());
        }
        let wanted: Vec<LegId> = self.wanted.drain().collect();
        // By the consignment, whose events have an index; that of a leg's events would cost every event that has one.
        let sent_off: Vec<(LegId, EventId, i64)> = either!(conn, one => {
            legs::table
                .inner_join(events::table.on(events::consignment_id.eq(legs::consignment_id.nullable())))
                .filter(among(legs::id, &wanted).and(events::leg_id.eq(legs::id.nullable())))
                .filter(events::kind.eq("departed").or(events::kind.eq("diverted")))
                .filter(events::inferred.eq(false))
                .filter(Clause(STANDS))
                .select((legs::id, events::id, events::sequence))
                .load(one)
        })?;
        let split: Vec<(LegId, EventId, i64)> = either!(conn, one => {
            legs::table
                .inner_join(consignments::table.on(consignments::id.eq(legs::consignment_id)))
                .inner_join(events::table.on(events::consignment_id.eq(consignments::parent_id)))
                .filter(among(legs::id, &wanted).and(consignments::parent_id.is_not_null()))
                .filter(events::kind.eq("split").and(events::leg_id.is_not_null()))
                .filter(Clause(STANDS))
                .select((legs::id, events::id, events::sequence))
                .load(one)
        })?;
        for leg in wanted {
            let sent_off = sent_off.iter().filter(|(of, ..)| *of == leg);
            let split = split.iter().filter(|(of, event, _)| *of == leg && split_leg(*event) == leg);
            let departure = |event, sequence| Departure { event, sequence };
            let mut all: Vec<Departure> = sent_off.map(|one| departure(one.1, one.2)).collect();
            all.extend(split.map(|one| departure(one.1, one.2)));
            self.stored.insert(leg, all);
        }
        Ok(())
    }

    fn mark(&self) -> usize {
        self.journal.len()
    }

    fn undo(&mut self, mark: usize) {
        while self.journal.len() > mark {
            match self.journal.pop() {
                Some(Undo::Noted(leg)) => drop(self.noted.get_mut(&leg).and_then(Vec::pop)),
                Some(Undo::Loaded(load)) => drop(self.loaded_now.get_mut(&load).and_then(Vec::pop)),
                Some(Undo::Reversed(event)) => drop(self.reversed.remove(&event)),
                None => return,
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
