//! The ledger's tables: loading what the book asks for, and writing what it holds.

use super::account::{Account, Condition};
use super::book::{Book, Entry, Posted, Scope, Stated};
use super::cell::{Cell, CellKey};
use super::facts::{ConsignmentFacts, LineFacts, SiteFacts, TitlePasses};
use super::history::History;
use super::rollup::{Changes, Place, Sums};
use crate::audit::digest::Value;
use crate::audit::entry::EntryWriter;
use crate::core::id::{ConsignmentId, ItemId, LegId, LotId, OrganizationId, PledgeLineId, SiteId};
use crate::core::time::Timestamp;
use crate::db::schema::{
    balances, consignments, pledge_lines, pledges, postings, rollups, sites, statements,
};
use crate::db::{Conn, insert_all, upsert_all};
use diesel::prelude::*;
use diesel::upsert::excluded;

#[derive(Queryable, Selectable, Insertable, Clone)]
#[diesel(table_name = balances, treat_none_as_default_value = false)]
pub(super) struct BalanceRow {
    pub(super) cell: Vec<u8>,
    pub(super) account: i32,
    pub(super) condition: i32,
    pub(super) pledge_line_id: PledgeLineId,
    pub(super) lot_id: LotId,
    pub(super) item_id: ItemId,
    pub(super) consignment_id: Option<ConsignmentId>,
    pub(super) leg_id: Option<LegId>,
    pub(super) site_id: Option<SiteId>,
    pub(super) holder_id: Option<OrganizationId>,
    pub(super) quantity: i64,
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
    pub(super) revision: i64,
}

impl BalanceRow {
    /// The cell this row is about, and its key.
    pub(super) fn cell(&self) -> QueryResult<(Cell, CellKey)> {
        let broken = |what: &str| {
            diesel::result::Error::DeserializationError(format!("balances.{what} cannot be read").into())
        };
        let cell = Cell {
            account: Account::from_code(self.account).ok_or_else(|| broken("account"))?,
            condition: Condition::from_code(self.condition).ok_or_else(|| broken("condition"))?,
            line: self.pledge_line_id,
            lot: self.lot_id,
            item: self.item_id,
            consignment: self.consignment_id,
            leg: self.leg_id,
            site: self.site_id,
            holder: self.holder_id,
        };
        let key = <[u8; 16]>::try_from(self.cell.as_slice()).map_err(|_| broken("cell"))?;
        Ok((cell, CellKey(key)))
    }
}

#[derive(Insertable)]
#[diesel(table_name = postings, treat_none_as_default_value = false)]
struct PostingRow<'a> {
    sequence: i64,
    ordinal: i64,
    cell: &'a [u8],
    account: i32,
    condition: i32,
    pledge_line_id: PledgeLineId,
    lot_id: LotId,
    item_id: ItemId,
    consignment_id: Option<ConsignmentId>,
    leg_id: Option<LegId>,
    site_id: Option<SiteId>,
    holder_id: Option<OrganizationId>,
    quantity: i64,
    chosen: i32,
    effective_at: Timestamp,
}

#[derive(Insertable)]
#[diesel(table_name = statements)]
struct StatementRow {
    sequence: i64,
    ordinal: i64,
    pledge_line_id: PledgeLineId,
    lot_id: LotId,
    item_id: ItemId,
    promised: i64,
    surplus: i64,
    effective_at: Timestamp,
}

/// Loads everything the book asked for, one query for each kind of question.
pub(super) fn load(conn: &mut Conn, book: &mut Book) -> QueryResult<()> {
    let wants = std::mem::take(&mut book.wants);
    let mut rows = Vec::new();
    let mut by_consignment = Vec::new();
    let mut by_stock = (Vec::new(), Vec::new());
    let mut by_site = Vec::new();
    let mut by_line = Vec::new();
    let mut by_lot = Vec::new();
    let mut by_item = Vec::new();
    let mut by_cell = Vec::new();
    for scope in &wants.scopes {
        match scope {
            Scope::Consignment(id) => by_consignment.push(*id),
            Scope::Stock(site, item) => {
                by_stock.0.push(*site);
                by_stock.1.push(*item);
            }
            Scope::Site(id) => by_site.push(*id),
            Scope::Line(id) => by_line.push(*id),
            Scope::Lot(id) => by_lot.push(*id),
            Scope::Unplaced(item) => by_item.push(*item),
            Scope::Cell(key) => by_cell.push(key.0.to_vec()),
        }
    }
    let select = BalanceRow::as_select();
    if !by_consignment.is_empty() {
        rows.extend(
            balances::table
                .filter(balances::consignment_id.eq_any(&by_consignment))
                .select(select)
                .load::<BalanceRow>(conn)?,
        );
    }
    if !by_stock.0.is_empty() {
        // The product of both lists covers every pair asked for; the few more are welcome.
        rows.extend(
            balances::table
                .filter(balances::site_id.eq_any(&by_stock.0).and(balances::item_id.eq_any(&by_stock.1)))
                .filter(
                    balances::account
                        .eq(Account::InStorage.code())
                        .or(balances::consignment_id.is_null())
                        .or(balances::quantity.ne(0)),
                )
                .select(select)
                .load::<BalanceRow>(conn)?,
        );
    }
    if !by_site.is_empty() {
        rows.extend(
            balances::table
                .filter(balances::site_id.eq_any(&by_site))
                .select(select)
                .load::<BalanceRow>(conn)?,
        );
    }
    if !by_line.is_empty() {
        rows.extend(
            balances::table
                .filter(balances::pledge_line_id.eq_any(&by_line))
                .select(select)
                .load::<BalanceRow>(conn)?,
        );
    }
    if !by_lot.is_empty() {
        rows.extend(
            balances::table
                .filter(balances::lot_id.eq_any(&by_lot))
                .select(select)
                .load::<BalanceRow>(conn)?,
        );
    }
    if !by_item.is_empty() {
        rows.extend(
            balances::table
                .filter(balances::site_id.is_null().and(balances::item_id.eq_any(&by_item)))
                .filter(balances::account.eq(Account::Unallocated.code()).and(balances::quantity.gt(0)))
                .select(select)
                .load::<BalanceRow>(conn)?,
        );
    }
    if !by_cell.is_empty() {
        rows.extend(
            balances::table
                .filter(balances::cell.eq_any(&by_cell))
                .select(select)
                .load::<BalanceRow>(conn)?,
        );
    }
    for row in rows {
        let (cell, key) = row.cell()?;
        if !book.entries.contains_key(&key) {
            let entry = Entry {
                cell,
                quantity: row.quantity,
                first_at: row.first_at,
                last_at: row.last_at,
                revision: row.revision,
                stored_revision: row.revision,
                history: History::settled(row.last_at),
            };
            book.file(key, entry);
        }
    }
    book.loaded.extend(wants.scopes);
    load_histories(conn, book, &wants.histories)?;
    load_events(conn, book, &wants.events)?;
    load_draws(conn, book, &wants.draws)?;
    load_facts(conn, book, wants.lines, wants.consignments, wants.sites)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = postings)]
pub(super) struct PostingRead {
    pub(super) sequence: i64,
    pub(super) ordinal: i64,
    pub(super) cell: Vec<u8>,
    pub(super) account: i32,
    pub(super) condition: i32,
    pub(super) pledge_line_id: PledgeLineId,
    pub(super) lot_id: LotId,
    pub(super) item_id: ItemId,
    pub(super) consignment_id: Option<ConsignmentId>,
    pub(super) leg_id: Option<LegId>,
    pub(super) site_id: Option<SiteId>,
    pub(super) holder_id: Option<OrganizationId>,
    pub(super) quantity: i64,
    pub(super) chosen: i32,
    pub(super) effective_at: Timestamp,
}

impl PostingRead {
    pub(super) fn posted(self) -> QueryResult<Posted> {
        let broken = || diesel::result::Error::DeserializationError("a posting cannot be read".into());
        let cell = Cell {
            account: Account::from_code(self.account).ok_or_else(broken)?,
            condition: Condition::from_code(self.condition).ok_or_else(broken)?,
            line: self.pledge_line_id,
            lot: self.lot_id,
            item: self.item_id,
            consignment: self.consignment_id,
            leg: self.leg_id,
            site: self.site_id,
            holder: self.holder_id,
        };
        let key = CellKey(<[u8; 16]>::try_from(self.cell.as_slice()).map_err(|_| broken())?);
        let Self { sequence, ordinal, quantity, chosen, effective_at, .. } = self;
        Ok(Posted { sequence, ordinal, cell, key, quantity, chosen, effective_at })
    }
}

fn load_events(
    conn: &mut Conn,
    book: &mut Book,
    wanted: &std::collections::BTreeSet<i64>,
) -> QueryResult<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let rows: Vec<PostingRead> = postings::table
        .filter(postings::sequence.eq_any(wanted.iter().copied().collect::<Vec<_>>()))
        .order((postings::sequence, postings::ordinal))
        .select(PostingRead::as_select())
        .load(conn)?;
    let stated: Vec<(i64, PledgeLineId, LotId, ItemId, i64, i64)> = statements::table
        .filter(statements::sequence.eq_any(wanted.iter().copied().collect::<Vec<_>>()))
        .order((statements::sequence, statements::ordinal))
        .select((
            statements::sequence,
            statements::pledge_line_id,
            statements::lot_id,
            statements::item_id,
            statements::promised,
            statements::surplus,
        ))
        .load(conn)?;
    for sequence in wanted {
        book.recorded.insert(*sequence, Vec::new());
        book.recorded_statements.insert(*sequence, Vec::new());
    }
    for row in rows {
        let posted = row.posted()?;
        book.recorded.entry(posted.sequence).or_default().push(posted);
    }
    for (sequence, line, lot, item, promised, surplus) in stated {
        let statement = super::cell::Statement { line, lot, item, promised, surplus };
        book.recorded_statements.entry(sequence).or_default().push(statement);
    }
    Ok(())
}

fn load_draws(
    conn: &mut Conn,
    book: &mut Book,
    wanted: &std::collections::BTreeSet<CellKey>,
) -> QueryResult<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let rows: Vec<(Vec<u8>, i64)> = postings::table
        .filter(postings::cell.eq_any(wanted.iter().map(|key| key.0.to_vec()).collect::<Vec<_>>()))
        .filter(postings::quantity.lt(0))
        .select((postings::cell, postings::sequence))
        .load(conn)?;
    for key in wanted {
        let draws = rows.iter().filter(|(cell, _)| cell.as_slice() == key.0).map(|(_, sequence)| *sequence);
        book.draws.insert(*key, draws.collect());
    }
    Ok(())
}

fn load_histories(
    conn: &mut Conn,
    book: &mut Book,
    wanted: &std::collections::BTreeMap<CellKey, Timestamp>,
) -> QueryResult<()> {
    let Some(since) = wanted.values().min().copied() else { return Ok(()) };
    let keys: Vec<Vec<u8>> = wanted.keys().map(|key| key.0.to_vec()).collect();
    let rows: Vec<(Vec<u8>, i64, Timestamp)> = postings::table
        .filter(postings::cell.eq_any(&keys))
        .filter(postings::effective_at.gt(since))
        .select((postings::cell, postings::quantity, postings::effective_at))
        .load(conn)?;
    for key in wanted.keys() {
        let mut history = History::settled(since);
        for (cell, quantity, at) in rows.iter().filter(|(cell, _, _)| cell.as_slice() == key.0) {
            debug_assert_eq!(cell.len(), key.0.len());
            history.add(*at, *quantity);
        }
        // What this batch posted already is not in the database yet.
        for posting in book.postings.iter().filter(|posting| posting.key == *key) {
            history.add(posting.effective_at, posting.quantity);
        }
        if let Some(entry) = book.entries.get_mut(key) {
            entry.history = history;
        }
    }
    Ok(())
}

#[expect(clippy::type_complexity, reason = "the columns of one query")]
pub(super) fn load_facts(
    conn: &mut Conn,
    book: &mut Book,
    lines: std::collections::HashSet<PledgeLineId>,
    wanted_consignments: std::collections::HashSet<ConsignmentId>,
    mut wanted_sites: std::collections::HashSet<SiteId>,
) -> QueryResult<()> {
    // A loaded cell's line and places will be asked for as soon as it is drawn from.
    let mut lines = lines;
    for entry in book.entries.values() {
        if !book.lines.contains_key(&entry.cell.line) {
            lines.insert(entry.cell.line);
        }
        if let Some(site) = entry.cell.site.filter(|site| !book.sites.contains_key(site)) {
            wanted_sites.insert(site);
        }
    }
    for chunk in lines.into_iter().collect::<Vec<_>>().chunks(1_000) {
        let rows: Vec<(
            PledgeLineId,
            crate::core::id::PledgeId,
            crate::core::id::ProgrammeId,
            Option<OrganizationId>,
            ItemId,
            Option<String>,
            String,
        )> = pledge_lines::table
            .inner_join(pledges::table)
            .filter(pledge_lines::id.eq_any(chunk))
            .select((
                pledge_lines::id,
                pledges::id,
                pledges::programme_id,
                pledges::donor_id,
                pledge_lines::item_id,
                pledge_lines::earmark_country,
                pledge_lines::title_passes,
            ))
            .load(conn)?;
        for (line, pledge, programme, donor, item, earmark, title) in rows {
            let title_passes = TitlePasses::from_word(&title).unwrap_or_default();
            let facts = LineFacts { line, pledge, programme, donor, item, earmark, title_passes };
            book.lines.entry(line).or_insert(facts);
        }
    }
    if !wanted_consignments.is_empty() {
        let rows: Vec<(ConsignmentId, OrganizationId, SiteId, SiteId)> = consignments::table
            .filter(consignments::id.eq_any(wanted_consignments.into_iter().collect::<Vec<_>>()))
            .select((
                consignments::id,
                consignments::consignee_id,
                consignments::origin_id,
                consignments::destination_id,
            ))
            .load(conn)?;
        for (consignment, consignee, origin, destination) in rows {
            wanted_sites.extend([origin, destination]);
            let facts = ConsignmentFacts { consignment, consignee, origin, destination };
            book.consignments.entry(consignment).or_insert(facts);
        }
    }
    wanted_sites.retain(|site| !book.sites.contains_key(site));
    if !wanted_sites.is_empty() {
        let rows: Vec<(SiteId, String, Option<OrganizationId>)> = sites::table
            .filter(sites::id.eq_any(wanted_sites.into_iter().collect::<Vec<_>>()))
            .select((sites::id, sites::country, sites::operator_id))
            .load(conn)?;
        for (site, country, operator) in rows {
            book.sites.entry(site).or_insert(SiteFacts { site, country, operator });
        }
    }
    Ok(())
}

/// Rows that follow from what is posted.
pub(super) struct Derived {
    balances: Vec<BalanceRow>,
    rollups: Vec<RollupRow>,
}

/// Writes postings, statements, balances and rollups.
pub(super) fn flush(conn: &mut Conn, book: &mut Book) -> QueryResult<()> {
    if book.postings.is_empty() && book.statements.is_empty() {
        return Ok(());
    }
    let derived = derive(book)?;
    write(conn, &book.postings, &book.statements, &derived)?;
    settle(book, &derived);
    Ok(())
}

/// The balances the book has changed, as they are now, and the rollups of what it has posted.
pub(super) fn derive(book: &Book) -> QueryResult<Derived> {
    let mut balances: Vec<BalanceRow> = book
        .entries
        .iter()
        .filter(|(_, entry)| entry.revision != entry.stored_revision)
        .map(|(key, entry)| balance_row(*key, entry))
        .collect();
    balances.sort_unstable_by(|left, right| left.cell.cmp(&right.cell));
    let mut changes = Changes::default();
    fold(book, &mut changes).map_err(|line| {
        diesel::result::Error::DeserializationError(format!("the pledge line {line} is not known").into())
    })?;
    Ok(Derived { balances, rollups: rollup_rows(&changes) })
}

/// Writes rows, however they came about.
pub(super) fn write(
    conn: &mut Conn,
    posted: &[Posted],
    stated: &[Stated],
    derived: &Derived,
) -> QueryResult<()> {
    write_postings(conn, posted)?;
    let stated: Vec<StatementRow> = stated.iter().map(statement_row).collect();
    insert_all!(conn, statements::table, &stated)?;
    write_balances(conn, &derived.balances)?;
    write_rollups(conn, &derived.rollups)
}

/// Writes postings alone.
pub(super) fn write_postings(conn: &mut Conn, posted: &[Posted]) -> QueryResult<()> {
    let rows: Vec<PostingRow<'_>> = posted.iter().map(posting_row).collect();
    insert_all!(conn, postings::table, &rows).map(|_| ())
}

/// Notes in the book that its balances are written.
pub(super) fn settle(book: &mut Book, derived: &Derived) {
    for row in &derived.balances {
        let Ok(key) = <[u8; 16]>::try_from(row.cell.as_slice()) else { continue };
        if let Some(entry) = book.entries.get_mut(&CellKey(key)) {
            entry.revision = row.revision;
            entry.stored_revision = row.revision;
        }
    }
}

fn posting_row(posting: &Posted) -> PostingRow<'_> {
    let cell = posting.cell;
    PostingRow {
        sequence: posting.sequence,
        ordinal: posting.ordinal,
        cell: &posting.key.0,
        account: cell.account.code(),
        condition: cell.condition.code(),
        pledge_line_id: cell.line,
        lot_id: cell.lot,
        item_id: cell.item,
        consignment_id: cell.consignment,
        leg_id: cell.leg,
        site_id: cell.site,
        holder_id: cell.holder,
        quantity: posting.quantity,
        chosen: posting.chosen,
        effective_at: posting.effective_at,
    }
}

fn statement_row(stated: &Stated) -> StatementRow {
    StatementRow {
        sequence: stated.sequence,
        ordinal: stated.ordinal,
        pledge_line_id: stated.statement.line,
        lot_id: stated.statement.lot,
        item_id: stated.statement.item,
        promised: stated.statement.promised,
        surplus: stated.statement.surplus,
        effective_at: stated.effective_at,
    }
}

/// Writes each changed balance as it is now; a balance that somebody else changed meanwhile matches no
/// row, and the batch fails.
fn write_balances(conn: &mut Conn, rows: &[BalanceRow]) -> QueryResult<()> {
    // The guard compares one change at a time, so a balance changed thrice by this batch counts once.
    let written = upsert_all!(
        conn,
        balances::table,
        rows,
        balances::cell,
        (
            balances::quantity.eq(excluded(balances::quantity)),
            balances::first_at.eq(excluded(balances::first_at)),
            balances::last_at.eq(excluded(balances::last_at)),
            balances::revision.eq(excluded(balances::revision)),
        ),
        (balances::revision + 1).eq(excluded(balances::revision))
    )?;
    if written == rows.len() { Ok(()) } else { Err(diesel::result::Error::RollbackTransaction) }
}

fn balance_row(key: CellKey, entry: &Entry) -> BalanceRow {
    let cell = entry.cell;
    BalanceRow {
        cell: key.0.to_vec(),
        account: cell.account.code(),
        condition: cell.condition.code(),
        pledge_line_id: cell.line,
        lot_id: cell.lot,
        item_id: cell.item,
        consignment_id: cell.consignment,
        leg_id: cell.leg,
        site_id: cell.site,
        holder_id: cell.holder,
        quantity: entry.quantity,
        first_at: entry.first_at,
        last_at: entry.last_at,
        revision: entry.stored_revision + 1,
    }
}

/// Adds the rollup changes of all postings and statements in the book.
///
/// # Errors
/// The pledge line that is not known.
pub(super) fn fold(book: &Book, changes: &mut Changes) -> Result<(), PledgeLineId> {
    let mut sequence = None;
    for posting in &book.postings {
        if sequence.is_some_and(|before| before != posting.sequence) {
            changes.end_event();
        }
        sequence = Some(posting.sequence);
        let line = book.lines.get(&posting.cell.line).ok_or(posting.cell.line)?;
        let consignment = posting.cell.consignment.and_then(|id| book.consignments.get(&id));
        let place = Place::of(&posting.cell, posting.effective_at, line, consignment, &book.sites);
        changes.post(&place, &posting.cell, posting.quantity);
    }
    changes.end_event();
    for stated in &book.statements {
        let statement = stated.statement;
        let line = book.lines.get(&statement.line).ok_or(statement.line)?;
        let cell = Cell::source(Account::Promised, statement.line, statement.lot, statement.item);
        let place = Place::of(&cell, stated.effective_at, line, None, &book.sites);
        changes.state(&place, statement.promised, statement.surplus);
    }
    Ok(())
}

#[derive(Insertable, Queryable, Selectable, Clone, Debug, PartialEq)]
#[diesel(table_name = rollups, treat_none_as_default_value = false)]
pub(super) struct RollupRow {
    pub(super) cuboid: i32,
    pub(super) cell: Vec<u8>,
    pub(super) programme_id: crate::core::id::ProgrammeId,
    pub(super) donor_id: Option<OrganizationId>,
    pub(super) item_id: Option<ItemId>,
    pub(super) lot_id: Option<LotId>,
    pub(super) pledge_id: Option<crate::core::id::PledgeId>,
    pub(super) site_id: Option<SiteId>,
    pub(super) country_at: Option<String>,
    pub(super) country_for: Option<String>,
    pub(super) holder_id: Option<OrganizationId>,
    pub(super) owner_id: Option<OrganizationId>,
    pub(super) consignee_id: Option<OrganizationId>,
    pub(super) origin_id: Option<SiteId>,
    pub(super) destination_id: Option<SiteId>,
    pub(super) month: Option<i32>,
    pub(super) stated_promised: i64,
    pub(super) stated_surplus: i64,
    pub(super) promised: i64,
    pub(super) surplus: i64,
    pub(super) unallocated: i64,
    pub(super) in_storage: i64,
    pub(super) allocated: i64,
    pub(super) in_transit: i64,
    pub(super) missing: i64,
    pub(super) delivered: i64,
    pub(super) distributed: i64,
    pub(super) lost: i64,
    pub(super) disposed: i64,
    pub(super) returned: i64,
    pub(super) withdrawn: i64,
    pub(super) on_hold: i64,
    pub(super) damaged: i64,
    pub(super) moved_in: i64,
    pub(super) moved_out: i64,
    pub(super) ever_delivered: i64,
}

impl RollupRow {
    /// What the row adds up, by column.
    pub(super) fn figures(&self) -> [(&'static str, i64); 20] {
        [
            ("stated_promised", self.stated_promised),
            ("stated_surplus", self.stated_surplus),
            ("promised", self.promised),
            ("surplus", self.surplus),
            ("unallocated", self.unallocated),
            ("in_storage", self.in_storage),
            ("allocated", self.allocated),
            ("in_transit", self.in_transit),
            ("missing", self.missing),
            ("delivered", self.delivered),
            ("distributed", self.distributed),
            ("lost", self.lost),
            ("disposed", self.disposed),
            ("returned", self.returned),
            ("withdrawn", self.withdrawn),
            ("on_hold", self.on_hold),
            ("damaged", self.damaged),
            ("moved_in", self.moved_in),
            ("moved_out", self.moved_out),
            ("ever_delivered", self.ever_delivered),
        ]
    }
}

pub(super) fn rollup_row(cuboid: i32, key: CellKey, place: &Place, sums: &Sums) -> RollupRow {
    let account = |account: Account| sums.accounts[account as usize];
    RollupRow {
        cuboid,
        cell: key.0.to_vec(),
        programme_id: place.programme,
        donor_id: place.donor,
        item_id: place.item,
        lot_id: place.lot,
        pledge_id: place.pledge,
        site_id: place.site,
        country_at: place.country_at.clone(),
        country_for: place.country_for.clone(),
        holder_id: place.holder,
        owner_id: place.owner,
        consignee_id: place.consignee,
        origin_id: place.origin,
        destination_id: place.destination,
        month: place.month.map(|month| month.0),
        stated_promised: sums.stated_promised,
        stated_surplus: sums.stated_surplus,
        promised: account(Account::Promised),
        surplus: account(Account::Surplus),
        unallocated: account(Account::Unallocated),
        in_storage: account(Account::InStorage),
        allocated: account(Account::Allocated),
        in_transit: account(Account::InTransit),
        missing: account(Account::Missing),
        delivered: account(Account::Delivered),
        distributed: account(Account::Distributed),
        lost: account(Account::Lost),
        disposed: account(Account::Disposed),
        returned: account(Account::Returned),
        withdrawn: account(Account::Withdrawn),
        on_hold: sums.on_hold,
        damaged: sums.damaged,
        moved_in: sums.moved_in,
        moved_out: sums.moved_out,
        ever_delivered: sums.ever_delivered,
    }
}

macro_rules! grow {
    ($($column:ident),*) => {
        ($(rollups::$column.eq(rollups::$column + excluded(rollups::$column)),)*)
    };
}

/// The rows of rollup changes, in the order of their keys, so that a page of the table is touched once.
pub(super) fn rollup_rows(changes: &Changes) -> Vec<RollupRow> {
    let mut rows: Vec<RollupRow> = changes
        .rows
        .iter()
        .map(|((cuboid, key), (place, sums))| rollup_row(*cuboid, *key, place, sums))
        .collect();
    rows.sort_unstable_by(|left, right| (left.cuboid, &left.cell).cmp(&(right.cuboid, &right.cell)));
    rows
}

/// Adds rows to the rollups that stand.
pub(super) fn write_rollups(conn: &mut Conn, rows: &[RollupRow]) -> QueryResult<()> {
    upsert_all!(
        conn,
        rollups::table,
        rows,
        (rollups::cuboid, rollups::cell),
        grow!(
            stated_promised,
            stated_surplus,
            promised,
            surplus,
            unallocated,
            in_storage,
            allocated,
            in_transit,
            missing,
            delivered,
            distributed,
            lost,
            disposed,
            returned,
            withdrawn,
            on_hold,
            damaged,
            moved_in,
            moved_out,
            ever_delivered
        ),
        rollups::cuboid.eq(excluded(rollups::cuboid))
    )
    .map(|_| ())
}

/// Names a posting's columns to the log, in the order of the table.
pub(super) fn describe_posting(posting: &Posted, entry: &mut EntryWriter) {
    let cell = &posting.cell;
    let key = format!("{}/{}", posting.sequence, posting.ordinal);
    let mut row = entry.row("postings", &key);
    row.column("sequence", Value::Integer(posting.sequence));
    row.column("ordinal", Value::Integer(posting.ordinal));
    row.column("cell", Value::Bytes(&posting.key.0));
    row.column("account", Value::Integer(i64::from(cell.account.code())));
    row.column("condition", Value::Integer(i64::from(cell.condition.code())));
    row.column("pledge_line_id", Value::Bytes(cell.line.0.as_bytes()));
    row.column("lot_id", Value::Bytes(cell.lot.0.as_bytes()));
    row.column("item_id", Value::Bytes(cell.item.0.as_bytes()));
    row.column(
        "consignment_id",
        cell.consignment.as_ref().map_or(Value::Null, |id| Value::Bytes(id.0.as_bytes())),
    );
    row.column("leg_id", cell.leg.as_ref().map_or(Value::Null, |id| Value::Bytes(id.0.as_bytes())));
    row.column("site_id", cell.site.as_ref().map_or(Value::Null, |id| Value::Bytes(id.0.as_bytes())));
    row.column("holder_id", cell.holder.as_ref().map_or(Value::Null, |id| Value::Bytes(id.0.as_bytes())));
    row.column("quantity", Value::Integer(posting.quantity));
    row.column("chosen", Value::Integer(i64::from(posting.chosen)));
    row.column("effective_at", Value::Integer(posting.effective_at.0));
}

/// Names a statement's columns to the log, in the order of the table.
pub(super) fn describe_statement(stated: &Stated, entry: &mut EntryWriter) {
    let statement = &stated.statement;
    let key = format!("{}/{}", stated.sequence, stated.ordinal);
    let mut row = entry.row("statements", &key);
    row.column("sequence", Value::Integer(stated.sequence));
    row.column("ordinal", Value::Integer(stated.ordinal));
    row.column("pledge_line_id", Value::Bytes(statement.line.0.as_bytes()));
    row.column("lot_id", Value::Bytes(statement.lot.0.as_bytes()));
    row.column("item_id", Value::Bytes(statement.item.0.as_bytes()));
    row.column("promised", Value::Integer(statement.promised));
    row.column("surplus", Value::Integer(statement.surplus));
    row.column("effective_at", Value::Integer(stated.effective_at.0));
}
