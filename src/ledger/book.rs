//! The balances a batch works on, in memory: loaded by scope, drawn from and added to, undone where an
//! update is refused.

use super::account::Account;
use super::cell::{Cell, CellKey, Statement};
use super::event::Rehearsal;
use super::facts::{ConsignmentFacts, LineFacts, SiteFacts};
use super::history::History;
use super::{load, rows, store};
use crate::audit::entry::EntryWriter;
use crate::core::id::{ConsignmentId, EventId, ItemId, LotId, PledgeLineId, SiteId};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::writer::{Shelf, Wanted};
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
    pub(super) fn empty(cell: Cell, first_at: Timestamp) -> Self {
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

    /// How it stands before a posting is added to its history.
    pub(super) fn before(&self, added: (Timestamp, i64)) -> Before {
        let Self { quantity, first_at, last_at, revision, .. } = *self;
        Before { quantity, first_at, last_at, revision, added }
    }

    /// Has it stand as it stood before.
    fn go_back(&mut self, before: &Before) {
        self.quantity = before.quantity;
        self.first_at = before.first_at;
        self.last_at = before.last_at;
        self.revision = before.revision;
        self.history.take_back(before.added.0, before.added.1);
    }

    fn holding(&self) -> Holding {
        Holding { cell: self.cell, quantity: self.quantity, first_at: self.first_at }
    }
}

/// A balance before a posting changed it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    quantity: i64,
    first_at: Timestamp,
    last_at: Timestamp,
    revision: i64,
    /// What was added to its history: effective time and change.
    added: (Timestamp, i64),
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

/// A recorded event that drew from a balance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Draw {
    /// Its sequence.
    pub sequence: i64,
    /// The event; absent where this batch recorded it.
    pub event: Option<EventId>,
}

/// A set of cells that is loaded as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Scope {
    Consignment(ConsignmentId),
    Stock(SiteId, ItemId, Account),
    /// What was in storage and was emptied after a time.
    Emptied(SiteId, ItemId, Timestamp),
    Line(PledgeLineId),
    Lot(LotId),
    Unplaced(ItemId),
    Cell(CellKey),
}

pub(super) enum Undo {
    /// How it was. Its history is as it was then but for the posting: nothing is loaded between a posting and its undo.
    Cell(CellKey, Before),
    NewCell(CellKey),
    Postings(usize),
    Statements(usize),
    Volume(Volume),
}

/// How much the whole ledger holds and has moved, as far as somebody asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Volume {
    /// Everything ever promised or in excess, less what was taken back.
    pub(super) stated: Option<i64>,
    /// The largest figure of any rollup that only grows.
    pub(super) moved: Option<i64>,
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
    pub(super) stated: bool,
    pub(super) moved: bool,
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
            && !self.stated
            && !self.moved
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
    /// The sequences among the postings that leave what was ever delivered as it is.
    pub(super) undeployed: HashSet<i64>,
    pub(super) recorded: HashMap<i64, Vec<Posted>>,
    pub(super) recorded_statements: HashMap<i64, Vec<(Timestamp, Statement)>>,
    pub(super) draws: HashMap<CellKey, Vec<Draw>>,
    pub(super) volume: Volume,
    pub(super) rehearsed: Rehearsal,
    pub(super) journal: Vec<Undo>,
}

impl Book {
    /// Whether this batch has moved goods of an item.
    pub fn has_moved(&self, item: ItemId) -> bool {
        self.postings.iter().any(|posted| posted.cell.item == item)
    }

    /// Goods of a consignment, wherever they are.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn of_consignment(&mut self, consignment: ConsignmentId) -> Result<Vec<Holding>, Wanted> {
        self.need(Scope::Consignment(consignment))?;
        Ok(self.collect(self.by_consignment.get(&consignment), |_| true))
    }

    /// Goods of one item at a site, on one account.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn of_stock(&mut self, site: SiteId, item: ItemId, account: Account) -> Result<Vec<Holding>, Wanted> {
        self.need(Scope::Stock(site, item, account))?;
        Ok(self.collect(self.by_site.get(&site), |cell| cell.item == item && cell.account == account))
    }

    /// What is in storage at a site, with the cells that held something at a time and nothing any more.
    ///
    /// # Errors
    /// [`Wanted`] where not loaded.
    pub fn in_storage_since(
        &mut self,
        site: SiteId,
        item: ItemId,
        at: Timestamp,
    ) -> Result<Vec<Holding>, Wanted> {
        let now = self.need(Scope::Stock(site, item, Account::InStorage));
        self.need(Scope::Emptied(site, item, at))?;
        now?;
        let keys = self.by_site.get(&site).into_iter().flatten();
        let entries = keys.filter_map(|key| self.entries.get(key));
        Ok(entries
            .filter(|entry| entry.cell.item == item && entry.cell.account == Account::InStorage)
            .map(Entry::holding)
            .collect())
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
        entries.filter(|entry| entry.quantity != 0 && fits(&entry.cell)).map(Entry::holding).collect()
    }

    /// Asks for a consignment's goods ahead of time.
    pub fn want_consignment(&mut self, consignment: ConsignmentId) {
        let _ = self.need(Scope::Consignment(consignment));
        if !self.consignments.contains_key(&consignment) {
            self.wants.consignments.insert(consignment);
        }
    }

    /// Asks for an item's goods at a site ahead of time.
    pub fn want_stock(&mut self, site: SiteId, item: ItemId, account: Account) {
        let _ = self.need(Scope::Stock(site, item, account));
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

    pub(super) fn know(&mut self, cell: &Cell, key: CellKey) -> Result<(), Wanted> {
        let covered = self.entries.contains_key(&key)
            || cell.consignment.is_some_and(|id| self.loaded.contains(&Scope::Consignment(id)))
            || self.loaded.contains(&Scope::Line(cell.line))
            || self.loaded.contains(&Scope::Cell(key));
        if covered {
            return Ok(());
        }
        self.wants.scopes.insert(Scope::Cell(key));
        Err(Wanted)
    }

    pub(super) fn know_facts(&mut self, cell: &Cell) -> Result<(), Wanted> {
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
            .map(Entry::holding)
            .collect();
        holdings.sort_unstable_by_key(|holding| holding.cell.key());
        Ok(holdings)
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

impl Shelf for Book {
    fn is_wanting(&self) -> bool {
        !self.wants.is_empty()
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        load::load(conn, self)
    }

    fn mark(&self) -> usize {
        self.journal.len()
    }

    fn undo(&mut self, mark: usize) {
        while self.journal.len() > mark {
            match self.journal.pop() {
                Some(Undo::Cell(key, before)) => {
                    if let Some(entry) = self.entries.get_mut(&key) {
                        entry.go_back(&before);
                    }
                }
                Some(Undo::NewCell(key)) => {
                    // The indexes may keep the key; a cell that is not there is passed over.
                    self.entries.remove(&key);
                }
                Some(Undo::Postings(length)) => self.postings.truncate(length),
                Some(Undo::Statements(length)) => self.statements.truncate(length),
                Some(Undo::Volume(before)) => self.volume = before,
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
                Undo::Cell(..) | Undo::NewCell(_) | Undo::Volume(_) => {}
            }
        }
        for posting in &self.postings[postings..] {
            rows::describe_posting(posting, entry);
        }
        for statement in &self.statements[statements..] {
            rows::describe_statement(statement, entry);
        }
    }

    fn flush(&mut self, conn: &mut Conn) -> QueryResult<()> {
        store::flush(conn, self)?;
        self.forget();
        Ok(())
    }

    fn settle(&mut self) {
        self.journal.clear();
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
