//! The balances a batch works on, in memory: loaded by scope, drawn from and added to, undone where an
//! update is refused.

use super::account::Account;
use super::cell::{Cell, CellKey, Movement, Statement};
use super::event::{Part, Rehearsal};
use super::facts::{ConsignmentFacts, LineFacts, SiteFacts};
use super::history::History;
use super::store;
use crate::audit::entry::EntryWriter;
use crate::core::id::{ConsignmentId, ItemId, LotId, PledgeLineId, SiteId};
use crate::core::problem::{Code, Problem};
use crate::core::quantity;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::writer::{Moment, Refusal, Shelf, Wanted};
use diesel::QueryResult;
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A balance as the book keeps it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) cell: Cell,
    pub(super) quantity: i64,
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
    pub(super) revision: i64,
    pub(super) stored_revision: i64,
    pub(super) history: History,
}

impl Entry {
    fn empty(cell: Cell, first_at: Timestamp) -> Self {
        Self {
            cell,
            quantity: 0,
            first_at,
            last_at: Timestamp(i64::MIN),
            revision: 0,
            stored_revision: 0,
            history: History::settled(Timestamp(i64::MIN)),
        }
    }
}

/// A heap of goods that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// What and where.
    pub cell: Cell,
    /// Base units now.
    pub quantity: i64,
    /// When the first of it came.
    pub first_at: Timestamp,
}

/// A posting of this batch.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The event's sequence.
    pub sequence: i64,
    /// Its number within the event.
    pub ordinal: i64,
    /// The cell.
    pub cell: Cell,
    /// Its key.
    pub key: CellKey,
    /// Base units, signed.
    pub quantity: i64,
    /// How the line was chosen, as [`super::Chosen`] codes it.
    pub chosen: i32,
    /// When it counts from.
    pub effective_at: Timestamp,
}

/// A statement of this batch.
#[derive(Clone, Debug)]
pub(super) struct Stated {
    pub(super) sequence: i64,
    pub(super) ordinal: i64,
    pub(super) statement: Statement,
    pub(super) effective_at: Timestamp,
}

/// A set of cells that is loaded as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Scope {
    Consignment(ConsignmentId),
    Stock(SiteId, ItemId),
    Site(SiteId),
    Line(PledgeLineId),
    Lot(LotId),
    Unplaced(ItemId),
    Cell(CellKey),
}

enum Undo {
    Cell(CellKey, Option<Entry>),
    Postings(usize),
    Statements(usize),
}

/// What the book was asked for and does not have yet.
#[derive(Default)]
pub(super) struct Wants {
    pub(super) scopes: BTreeSet<Scope>,
    pub(super) histories: BTreeMap<CellKey, Timestamp>,
    pub(super) lines: HashSet<PledgeLineId>,
    pub(super) consignments: HashSet<ConsignmentId>,
    pub(super) sites: HashSet<SiteId>,
    pub(super) events: BTreeSet<i64>,
    pub(super) draws: BTreeSet<CellKey>,
}

impl Wants {
    fn is_empty(&self) -> bool {
        self.scopes.is_empty()
            && self.histories.is_empty()
            && self.lines.is_empty()
            && self.consignments.is_empty()
            && self.sites.is_empty()
            && self.events.is_empty()
            && self.draws.is_empty()
    }
}

/// The ledger's shelf on the desk.
#[derive(Default)]
pub struct Book {
    pub(super) entries: HashMap<CellKey, Entry>,
    by_consignment: HashMap<ConsignmentId, BTreeSet<CellKey>>,
    by_site: HashMap<SiteId, BTreeSet<CellKey>>,
    by_line: HashMap<PledgeLineId, BTreeSet<CellKey>>,
    by_lot: HashMap<LotId, BTreeSet<CellKey>>,
    pub(super) loaded: HashSet<Scope>,
    pub(super) wants: Wants,
    pub(super) lines: HashMap<PledgeLineId, LineFacts>,
    pub(super) consignments: HashMap<ConsignmentId, ConsignmentFacts>,
    pub(super) sites: HashMap<SiteId, SiteFacts>,
    pub(super) postings: Vec<Posted>,
    pub(super) statements: Vec<Stated>,
    pub(super) recorded: HashMap<i64, Vec<Posted>>,
    pub(super) recorded_statements: HashMap<i64, Vec<Statement>>,
    pub(super) draws: HashMap<CellKey, Vec<i64>>,
    rehearsed: Rehearsal,
    journal: Vec<Undo>,
}

impl Book {
    /// Goods of a consignment, wherever they are.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn of_consignment(&mut self, consignment: ConsignmentId) -> Result<Vec<Holding>, Wanted> {
        self.need(Scope::Consignment(consignment))?;
        Ok(self.collect(self.by_consignment.get(&consignment), |_| true))
    }

    /// Goods of one item at a site.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn of_stock(&mut self, site: SiteId, item: ItemId) -> Result<Vec<Holding>, Wanted> {
        if !self.loaded.contains(&Scope::Site(site)) {
            self.need(Scope::Stock(site, item))?;
        }
        Ok(self.collect(self.by_site.get(&site), |cell| cell.item == item))
    }

    /// All goods at a site.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn of_site(&mut self, site: SiteId) -> Result<Vec<Holding>, Wanted> {
        self.need(Scope::Site(site))?;
        Ok(self.collect(self.by_site.get(&site), |_| true))
    }

    /// All goods of a pledge line, sources included.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn of_line(&mut self, line: PledgeLineId) -> Result<Vec<Holding>, Wanted> {
        self.need(Scope::Line(line))?;
        Ok(self.collect(self.by_line.get(&line), |_| true))
    }

    /// All goods of a lot.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn of_lot(&mut self, lot: LotId) -> Result<Vec<Holding>, Wanted> {
        self.need(Scope::Lot(lot))?;
        Ok(self.collect(self.by_lot.get(&lot), |_| true))
    }

    fn collect(&self, keys: Option<&BTreeSet<CellKey>>, fits: impl Fn(&Cell) -> bool) -> Vec<Holding> {
        let entries = keys.into_iter().flatten().filter_map(|key| self.entries.get(key));
        entries
            .filter(|entry| entry.quantity != 0 && fits(&entry.cell))
            .map(|entry| Holding { cell: entry.cell, quantity: entry.quantity, first_at: entry.first_at })
            .collect()
    }

    /// Asks for a consignment's goods ahead of time.
    pub fn want_consignment(&mut self, consignment: ConsignmentId) {
        let _ = self.need(Scope::Consignment(consignment));
        if !self.consignments.contains_key(&consignment) {
            self.wants.consignments.insert(consignment);
        }
    }

    /// Asks for an item's goods at a site ahead of time.
    pub fn want_stock(&mut self, site: SiteId, item: ItemId) {
        let _ = self.need(Scope::Stock(site, item));
        self.want_site_facts(site);
    }

    /// Asks for a pledge line's goods ahead of time.
    pub fn want_line(&mut self, line: PledgeLineId) {
        let _ = self.need(Scope::Line(line));
        if !self.lines.contains_key(&line) {
            self.wants.lines.insert(line);
        }
    }

    fn want_site_facts(&mut self, site: SiteId) {
        if !self.sites.contains_key(&site) {
            self.wants.sites.insert(site);
        }
    }

    fn need(&mut self, scope: Scope) -> Result<(), Wanted> {
        if self.loaded.contains(&scope) {
            return Ok(());
        }
        self.wants.scopes.insert(scope);
        Err(Wanted)
    }

    /// The base units a cell holds now; 0 where it holds none.
    ///
    /// # Errors
    /// [`Wanted`] where it is not known yet.
    pub fn balance(&mut self, cell: &Cell) -> Result<i64, Wanted> {
        let key = cell.key();
        self.know(cell, key)?;
        Ok(self.entries.get(&key).map_or(0, |entry| entry.quantity))
    }

    /// What can be drawn from a cell at `at` without any later moment falling short.
    ///
    /// # Errors
    /// [`Wanted`] where its history is not loaded.
    pub fn available(&mut self, cell: &Cell, at: Timestamp) -> Result<i64, Wanted> {
        let key = cell.key();
        self.know(cell, key)?;
        let Some(entry) = self.entries.get(&key) else { return Ok(0) };
        if at >= entry.last_at {
            return Ok(entry.quantity);
        }
        if !entry.history.reaches(at) {
            let since = self.wants.histories.entry(key).or_insert(at);
            *since = (*since).min(at);
            return Err(Wanted);
        }
        Ok(entry.history.least_from(at, entry.quantity).max(0))
    }

    /// The earliest time, `at` or later, at which all movements together can be posted.
    ///
    /// # Errors
    /// `insufficient` where a cell never holds enough, or [`Wanted`].
    pub fn earliest(&mut self, movements: &[Movement], at: Timestamp) -> Result<Timestamp, Refusal> {
        let mut earliest = at;
        for (cell, change) in net(movements) {
            if change >= 0 || cell.account.is_source() {
                continue;
            }
            let available = self.available(&cell, at)?;
            if available >= -change {
                continue;
            }
            let entry = self.entries.get(&cell.key());
            let (balance, found) = match entry {
                Some(entry) => (entry.quantity, entry.history.earliest_with(at, -change, entry.quantity)),
                None => (0, None),
            };
            match found {
                Some(time) => earliest = earliest.max(time),
                None => return Err(insufficient(&cell, balance, -change).into()),
            }
        }
        Ok(earliest)
    }

    /// What a pledge line says.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn line(&mut self, line: PledgeLineId) -> Result<&LineFacts, Wanted> {
        if !self.lines.contains_key(&line) {
            self.wants.lines.insert(line);
        }
        self.lines.get(&line).ok_or(Wanted)
    }

    /// Tells the book of a pledge line that this batch makes.
    pub fn know_line(&mut self, facts: LineFacts) {
        self.loaded.insert(Scope::Line(facts.line));
        self.lines.insert(facts.line, facts);
    }

    /// Tells the book of a consignment that this batch makes.
    pub fn know_consignment(&mut self, facts: ConsignmentFacts) {
        self.loaded.insert(Scope::Consignment(facts.consignment));
        self.consignments.insert(facts.consignment, facts);
    }

    /// Tells the book of a site.
    pub fn know_site(&mut self, facts: SiteFacts) {
        self.sites.insert(facts.site, facts);
    }

    fn know(&mut self, cell: &Cell, key: CellKey) -> Result<(), Wanted> {
        let covered = self.entries.contains_key(&key)
            || cell.consignment.is_some_and(|id| self.loaded.contains(&Scope::Consignment(id)))
            || cell.site.is_some_and(|id| {
                self.loaded.contains(&Scope::Stock(id, cell.item)) || self.loaded.contains(&Scope::Site(id))
            })
            || self.loaded.contains(&Scope::Line(cell.line))
            || self.loaded.contains(&Scope::Cell(key));
        if covered {
            return Ok(());
        }
        self.wants.scopes.insert(Scope::Cell(key));
        Err(Wanted)
    }

    fn know_facts(&mut self, cell: &Cell) -> Result<(), Wanted> {
        let mut missing = self.line(cell.line).is_err();
        let mut sites = [cell.site, None, None];
        if let Some(consignment) = cell.consignment {
            match self.consignments.get(&consignment) {
                Some(facts) => sites = [cell.site, Some(facts.origin), Some(facts.destination)],
                None => {
                    self.wants.consignments.insert(consignment);
                    missing = true;
                }
            }
        }
        for site in sites.into_iter().flatten() {
            if !self.sites.contains_key(&site) {
                self.wants.sites.insert(site);
                missing = true;
            }
        }
        if missing { Err(Wanted) } else { Ok(()) }
    }

    /// Posts movements and what documents state, each part at its own effective time.
    ///
    /// # Errors
    /// `insufficient` where a cell but a source's would go below zero; `invalid` where a figure would grow
    /// beyond what can be counted; [`Refusal::Missed`].
    pub fn post(&mut self, moment: Moment, parts: &[Part<'_>]) -> Result<(), Refusal> {
        self.know_parts(parts)?;
        self.journal.push(Undo::Postings(self.postings.len()));
        self.journal.push(Undo::Statements(self.statements.len()));
        let mut before: Vec<(CellKey, i64)> = Vec::new();
        let mut ordinal = 0;
        let mut stated = 0;
        for part in parts {
            for (cell, change) in net(part.movements) {
                let key = cell.key();
                if !before.iter().any(|(known, _)| *known == key) {
                    before.push((key, self.entries.get(&key).map_or(0, |entry| entry.quantity)));
                }
                let chosen = part.movements.iter().find(|one| one.from == cell || one.to == cell);
                self.change(cell, key, change, part.effective_at);
                self.postings.push(Posted {
                    sequence: moment.sequence,
                    ordinal,
                    cell,
                    key,
                    quantity: change,
                    chosen: chosen.map_or(0, |one| one.chosen.code()),
                    effective_at: part.effective_at,
                });
                ordinal += 1;
            }
            for statement in part.statements {
                self.statements.push(Stated {
                    sequence: moment.sequence,
                    ordinal: stated,
                    statement: *statement,
                    effective_at: part.effective_at,
                });
                stated += 1;
            }
        }
        self.check_bounds(&before)
    }

    fn know_parts(&mut self, parts: &[Part<'_>]) -> Result<(), Wanted> {
        let mut missing = false;
        for part in parts {
            for movement in part.movements {
                for cell in [&movement.from, &movement.to] {
                    missing |= self.know(cell, cell.key()).is_err();
                    missing |= self.know_facts(cell).is_err();
                }
            }
            for statement in part.statements {
                missing |= self.line(statement.line).is_err();
            }
        }
        if missing { Err(Wanted) } else { Ok(()) }
    }

    /// Whether every cell an event changed is still at or above zero, and countable.
    fn check_bounds(&self, before: &[(CellKey, i64)]) -> Result<(), Refusal> {
        for (key, quantity) in before {
            let Some(entry) = self.entries.get(key) else { continue };
            if entry.quantity < 0 && !entry.cell.account.is_source() {
                return Err(insufficient(&entry.cell, *quantity, quantity - entry.quantity).into());
            }
            if entry.quantity.abs() > quantity::MAXIMUM {
                let account = entry.cell.account.word();
                let detail = format!(
                    "{account} would grow to {}, beyond {} base units.",
                    entry.quantity,
                    quantity::MAXIMUM
                );
                return Err(Problem::new(Code::Invalid, detail).into());
            }
        }
        Ok(())
    }

    /// Goods of one item that are with their donors.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn of_unplaced(&mut self, item: ItemId) -> Result<Vec<Holding>, Wanted> {
        self.need(Scope::Unplaced(item))?;
        let mut holdings: Vec<Holding> = self
            .entries
            .values()
            .filter(|entry| {
                entry.cell.item == item && entry.cell.account == Account::Unallocated && entry.quantity > 0
            })
            .map(|entry| Holding { cell: entry.cell, quantity: entry.quantity, first_at: entry.first_at })
            .collect();
        holdings.sort_unstable_by_key(|holding| holding.cell.key());
        Ok(holdings)
    }

    /// Notes what a rehearsed event would post, and changes balances as if it had; to be undone by the desk.
    ///
    /// # Errors
    /// [`Wanted`] where a balance is not known.
    pub fn rehearse(&mut self, parts: &[Part<'_>]) -> Result<(), Refusal> {
        self.know_parts(parts)?;
        for part in parts {
            self.pretend(&net(part.movements))?;
            self.rehearsed.movements.extend_from_slice(part.movements);
            self.rehearsed.statements.extend_from_slice(part.statements);
        }
        Ok(())
    }

    /// Hands over what was rehearsed.
    pub fn take_rehearsal(&mut self) -> Rehearsal {
        std::mem::take(&mut self.rehearsed)
    }

    /// Changes balances for a rehearsal, below zero if need be; to be undone by the desk.
    ///
    /// # Errors
    /// [`Wanted`] where a balance is not known.
    pub fn pretend(&mut self, changes: &[(Cell, i64)]) -> Result<(), Wanted> {
        let mut missing = false;
        for (cell, _) in changes {
            missing |= self.know(cell, cell.key()).is_err();
        }
        if missing {
            return Err(Wanted);
        }
        for (cell, change) in changes {
            let key = cell.key();
            let before = self.entries.get(&key).cloned();
            let mut entry = before.clone().unwrap_or_else(|| Entry::empty(*cell, Timestamp(0)));
            entry.quantity += change;
            // As if it had been so for ever: the rehearsal asks at the time of the event it stands for.
            entry.last_at = Timestamp(i64::MIN);
            self.journal.push(Undo::Cell(key, before));
            self.file(key, entry);
        }
        Ok(())
    }

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

    /// The statements of a recorded event.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn statements_of(&mut self, sequence: i64) -> Result<Vec<Statement>, Wanted> {
        if let Some(known) = self.recorded_statements.get(&sequence) {
            return Ok(known.clone());
        }
        let here = self.statements.iter().filter(|one| one.sequence == sequence);
        let here: Vec<Statement> = here.map(|one| one.statement).collect();
        if self.postings.iter().any(|one| one.sequence == sequence) {
            return Ok(here);
        }
        self.wants.events.insert(sequence);
        Err(Wanted)
    }

    /// The sequences of later events that drew from any of these cells.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn later_draws(&mut self, cells: &[Cell], after: i64) -> Result<Vec<i64>, Wanted> {
        let mut found = BTreeSet::new();
        let mut missing = false;
        for cell in cells {
            let key = cell.key();
            match self.draws.get(&key) {
                Some(draws) => found.extend(draws.iter().filter(|sequence| **sequence > after)),
                None => {
                    self.wants.draws.insert(key);
                    missing = true;
                }
            }
            let here = self.postings.iter().filter(|one| one.key == key && one.quantity < 0);
            found.extend(here.map(|one| one.sequence).filter(|sequence| *sequence > after));
        }
        if missing { Err(Wanted) } else { Ok(found.into_iter().collect()) }
    }

    /// The base units a cell held at a time.
    ///
    /// # Errors
    /// [`Wanted`] where its history is not loaded.
    pub fn balance_at(&mut self, cell: &Cell, at: Timestamp) -> Result<i64, Wanted> {
        self.available(cell, at)?;
        Ok(self.entries.get(&cell.key()).map_or(0, |entry| entry.history.balance_at(at, entry.quantity)))
    }

    fn change(&mut self, cell: Cell, key: CellKey, change: i64, effective_at: Timestamp) {
        let before = self.entries.get(&key).cloned();
        let mut entry = before.clone().unwrap_or_else(|| Entry::empty(cell, effective_at));
        if entry.quantity == 0 && change > 0 {
            entry.first_at = effective_at;
        }
        entry.quantity += change;
        entry.revision += 1;
        entry.last_at = entry.last_at.max(effective_at);
        entry.history.add(effective_at, change);
        self.journal.push(Undo::Cell(key, before));
        self.file(key, entry);
    }

    /// Stages a posting that was decided before, as it was.
    pub(super) fn repeat(&mut self, posted: Posted) {
        self.change(posted.cell, posted.key, posted.quantity, posted.effective_at);
        self.postings.push(posted);
    }

    /// Lets go of what is written.
    pub(super) fn forget(&mut self) {
        self.journal.clear();
        self.postings.clear();
        self.statements.clear();
    }

    /// Puts an entry where every scope finds it.
    pub(super) fn file(&mut self, key: CellKey, entry: Entry) {
        let cell = entry.cell;
        if self.entries.insert(key, entry).is_none() {
            if let Some(consignment) = cell.consignment {
                self.by_consignment.entry(consignment).or_default().insert(key);
            }
            if let Some(site) = cell.site {
                self.by_site.entry(site).or_default().insert(key);
            }
            self.by_line.entry(cell.line).or_default().insert(key);
            self.by_lot.entry(cell.lot).or_default().insert(key);
        }
    }
}

/// The change of each cell, without those that cancel out, in a fixed order.
pub fn net(movements: &[Movement]) -> Vec<(Cell, i64)> {
    let mut changes: Vec<(Cell, i64)> = Vec::with_capacity(movements.len() * 2);
    let mut add = |cell: Cell, change: i64| match changes.iter_mut().find(|(known, _)| *known == cell) {
        Some((_, sum)) => *sum += change,
        None => changes.push((cell, change)),
    };
    for movement in movements {
        add(movement.from, -movement.quantity);
        add(movement.to, movement.quantity);
    }
    changes.retain(|(_, change)| *change != 0);
    changes
}

fn insufficient(cell: &Cell, available: i64, asked: i64) -> Problem {
    let account = cell.account.word();
    Problem::new(
        Code::Insufficient,
        format!(
            "Only {available} base units are {account} where {asked} are asked for; nothing was changed."
        ),
    )
    .with("account", account)
    .with("available", available)
    .with("asked", asked)
    .with("item", cell.item.to_string())
}

impl Shelf for Book {
    fn is_wanting(&self) -> bool {
        !self.wants.is_empty()
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        store::load(conn, self)
    }

    fn mark(&self) -> usize {
        self.journal.len()
    }

    fn undo(&mut self, mark: usize) {
        while self.journal.len() > mark {
            match self.journal.pop() {
                Some(Undo::Cell(key, Some(entry))) => {
                    self.entries.insert(key, entry);
                }
                Some(Undo::Cell(key, None)) => {
                    // The indexes may keep the key; a cell that is not there is passed over.
                    self.entries.remove(&key);
                }
                Some(Undo::Postings(length)) => self.postings.truncate(length),
                Some(Undo::Statements(length)) => self.statements.truncate(length),
                None => return,
            }
        }
    }

    fn describe(&self, mark: usize, entry: &mut EntryWriter) {
        let (mut postings, mut statements) = (self.postings.len(), self.statements.len());
        for undo in &self.journal[mark..] {
            match undo {
                Undo::Postings(length) => postings = postings.min(*length),
                Undo::Statements(length) => statements = statements.min(*length),
                Undo::Cell(..) => {}
            }
        }
        for posting in &self.postings[postings..] {
            store::describe_posting(posting, entry);
        }
        for statement in &self.statements[statements..] {
            store::describe_statement(statement, entry);
        }
    }

    fn flush(&mut self, conn: &mut Conn) -> QueryResult<()> {
        store::flush(conn, self)?;
        self.forget();
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
