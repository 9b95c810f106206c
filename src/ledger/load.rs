//! Loading what the book asks for, one query for each kind of question.

use super::account::Account;
use super::book::{Book, Draw, Entry, Scope, Wants};
use super::cell::CellKey;
use super::facts::{ConsignmentFacts, LineFacts, SiteFacts, TitlePasses};
use super::history::History;
use super::rows::{BalanceRow, PostingRead};
use crate::core::id::{
    ConsignmentId, EventId, ItemId, LotId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId, SiteId,
};
use crate::core::time::Timestamp;
use crate::db::schema::{balances, consignments, events, pledge_lines, pledges, postings, sites, statements};
use crate::db::{Clause, Conn, VALUES_PER_QUERY, among, either, in_parts};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The words the partial indexes of balances are made with; a bound number would not match them.
pub const NOT_EMPTY: &str = "balances.quantity <> 0";
/// Of what is in storage alone, whose cells are emptied seldom: what is reserved or under way is emptied each time.
const EMPTIED_IN_STORAGE: &str = "balances.quantity = 0 AND balances.account = 3";
const _: () = assert!(Account::InStorage as i32 == 3, "the index names the account by its code");

/// Goods of unknown lot carry their item's id as lot: nobody looks for them by it, and most goods are such.
pub const KNOWN_LOT: &str = "balances.lot_id <> balances.item_id";

/// Loads everything the book asked for.
pub(super) fn load(conn: &mut Conn, book: &mut Book) -> QueryResult<()> {
    let wants = std::mem::take(&mut book.wants);
    for row in load_scopes(conn, &wants)? {
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
    book.load_volume(conn, wants.stated, wants.moved)?;
    load_facts(conn, book, wants.lines, wants.consignments, wants.sites)
}

/// The balances that meet a condition about a part of a list.
macro_rules! meeting {
    ($conn:expr, $values:expr, $part:ident => $condition:expr) => {
        in_parts($values, |$part| {
            either!($conn, one => {
                balances::table.filter($condition).select(BalanceRow::as_select()).load::<BalanceRow>(one)
            })
        })?
    };
}

/// Scopes by the condition they are loaded with.
#[derive(Default)]
struct Sorted {
    consignments: Vec<ConsignmentId>,
    lines: Vec<PledgeLineId>,
    lots: Vec<LotId>,
    items: Vec<ItemId>,
    cells: Vec<Vec<u8>>,
    stock: BTreeMap<Account, (Vec<SiteId>, Vec<ItemId>)>,
    emptied: Option<(Vec<SiteId>, Vec<ItemId>, Timestamp)>,
}

impl Sorted {
    fn of(wants: &Wants) -> Self {
        let mut sorted = Self::default();
        for scope in &wants.scopes {
            match scope {
                Scope::Consignment(id) => sorted.consignments.push(*id),
                Scope::Stock(site, item, account) => {
                    let (sites, items) = sorted.stock.entry(*account).or_default();
                    sites.push(*site);
                    items.push(*item);
                }
                Scope::Emptied(site, item, at) => {
                    let (sites, items, since) =
                        sorted.emptied.get_or_insert_with(|| (Vec::new(), Vec::new(), *at));
                    sites.push(*site);
                    items.push(*item);
                    *since = (*since).min(*at);
                }
                Scope::Line(id) => sorted.lines.push(*id),
                Scope::Lot(id) => sorted.lots.push(*id),
                Scope::Unplaced(item) => sorted.items.push(*item),
                Scope::Cell(key) => sorted.cells.push(key.0.to_vec()),
            }
        }
        sorted
    }
}

/// The balances of all scopes. What can pile up over the years, a site's or an item's goods, is loaded
/// without its empty cells, through the partial index.
fn load_scopes(conn: &mut Conn, wants: &Wants) -> QueryResult<Vec<BalanceRow>> {
    let Sorted { consignments, lines, lots, items, cells, stock, emptied } = Sorted::of(wants);
    let mut rows: Vec<BalanceRow> =
        meeting!(conn, &consignments, part => among(balances::consignment_id, part));
    for (account, (sites, items)) in stock {
        // The product of both lists covers every pair asked for; the few more are welcome.
        for sites in sites.chunks(VALUES_PER_QUERY) {
            rows.extend(meeting!(conn, &items, part => among(balances::site_id, sites)
                .and(among(balances::item_id, part))
                .and(balances::account.eq(account.code()))
                .and(Clause(NOT_EMPTY))));
        }
    }
    if let Some((sites, items, since)) = emptied {
        for sites in sites.chunks(VALUES_PER_QUERY) {
            rows.extend(meeting!(conn, &items, part => among(balances::site_id, sites)
                .and(among(balances::item_id, part))
                .and(balances::last_at.gt(since))
                .and(Clause(EMPTIED_IN_STORAGE))));
        }
    }
    rows.extend(meeting!(conn, &lines, part => among(balances::pledge_line_id, part)));
    rows.extend(meeting!(conn, &lots, part => among(balances::lot_id, part).and(Clause(KNOWN_LOT))));
    // With their donors still.
    rows.extend(meeting!(conn, &items, part => balances::site_id
        .is_null()
        .and(among(balances::item_id, part))
        .and(balances::account.eq(Account::Unallocated.code()))
        .and(Clause(NOT_EMPTY))));
    rows.extend(meeting!(conn, &cells, part => among(balances::cell, part)));
    Ok(rows)
}

fn load_events(conn: &mut Conn, book: &mut Book, wanted: &BTreeSet<i64>) -> QueryResult<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let sequences: Vec<i64> = wanted.iter().copied().collect();
    let rows: Vec<PostingRead> = in_parts(&sequences, |part| {
        either!(conn, one => {
            postings::table
                .filter(among(postings::sequence, part))
                .order((postings::sequence, postings::ordinal))
                .select(PostingRead::as_select())
                .load(one)
        })
    })?;
    let stated: Vec<(i64, PledgeLineId, LotId, ItemId, i64, i64, Timestamp)> =
        in_parts(&sequences, |part| {
            either!(conn, one => {
                statements::table
                    .filter(among(statements::sequence, part))
                    .order((statements::sequence, statements::ordinal))
                    .select((
                        statements::sequence,
                        statements::pledge_line_id,
                        statements::lot_id,
                        statements::item_id,
                        statements::promised,
                        statements::surplus,
                        statements::effective_at,
                    ))
                    .load(one)
            })
        })?;
    for sequence in wanted {
        book.recorded.insert(*sequence, Vec::new());
        book.recorded_statements.insert(*sequence, Vec::new());
    }
    for row in rows {
        let posted = row.posted()?;
        book.recorded.entry(posted.sequence).or_default().push(posted);
    }
    for (sequence, line, lot, item, promised, surplus, effective_at) in stated {
        let statement = super::cell::Statement { line, lot, item, promised, surplus };
        book.recorded_statements.entry(sequence).or_default().push((effective_at, statement));
    }
    Ok(())
}

/// The keys of cells as the database holds them.
fn stored_keys<'a>(keys: impl Iterator<Item = &'a CellKey>) -> Vec<Vec<u8>> {
    keys.map(|key| key.0.to_vec()).collect()
}

fn load_draws(conn: &mut Conn, book: &mut Book, wanted: &BTreeSet<CellKey>) -> QueryResult<()> {
    let rows: Vec<(Vec<u8>, i64, EventId)> = in_parts(&stored_keys(wanted.iter()), |part| {
        either!(conn, one => {
            postings::table
                .inner_join(events::table.on(events::sequence.eq(postings::sequence)))
                .filter(among(postings::cell, part))
                .filter(postings::quantity.lt(0))
                .select((postings::cell, postings::sequence, events::id))
                .load(one)
        })
    })?;
    let mut draws: HashMap<Vec<u8>, Vec<Draw>> = HashMap::new();
    for (cell, sequence, event) in rows {
        draws.entry(cell).or_default().push(Draw { sequence, event: Some(event) });
    }
    for key in wanted {
        book.draws.insert(*key, draws.remove(key.0.as_slice()).unwrap_or_default());
    }
    Ok(())
}

fn load_histories(
    conn: &mut Conn,
    book: &mut Book,
    wanted: &BTreeMap<CellKey, Timestamp>,
) -> QueryResult<()> {
    let Some(since) = wanted.values().min().copied() else { return Ok(()) };
    let rows: Vec<(Vec<u8>, i64, Timestamp)> = in_parts(&stored_keys(wanted.keys()), |part| {
        either!(conn, one => {
            postings::table
                .filter(among(postings::cell, part))
                .filter(postings::effective_at.gt(since))
                .select((postings::cell, postings::quantity, postings::effective_at))
                .load(one)
        })
    })?;
    let mut histories: HashMap<[u8; 16], Vec<(Timestamp, i64)>> =
        wanted.keys().map(|key| (key.0, Vec::new())).collect();
    for (cell, quantity, at) in rows {
        if let Some(changes) = histories.get_mut(cell.as_slice()) {
            changes.push((at, quantity));
        }
    }
    // What this batch posted already is not in the database yet.
    for posting in &book.postings {
        if let Some(changes) = histories.get_mut(&posting.key.0) {
            changes.push((posting.effective_at, posting.quantity));
        }
    }
    for (key, changes) in histories {
        if let Some(entry) = book.entries.get_mut(&CellKey(key)) {
            entry.history = History::of(since, changes);
        }
    }
    Ok(())
}

pub(super) fn load_facts(
    conn: &mut Conn,
    book: &mut Book,
    lines: HashSet<PledgeLineId>,
    wanted_consignments: HashSet<ConsignmentId>,
    mut wanted_sites: HashSet<SiteId>,
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
    load_lines(conn, book, lines)?;
    let wanted: Vec<ConsignmentId> = wanted_consignments.into_iter().collect();
    let rows: Vec<(ConsignmentId, OrganizationId, SiteId, SiteId)> = in_parts(&wanted, |part| {
        either!(conn, one => {
            consignments::table
                .filter(among(consignments::id, part))
                .select((
                    consignments::id,
                    consignments::consignee_id,
                    consignments::origin_id,
                    consignments::destination_id,
                ))
                .load(one)
        })
    })?;
    for (consignment, consignee, origin, destination) in rows {
        wanted_sites.extend([origin, destination]);
        let facts = ConsignmentFacts { consignment, consignee, origin, destination };
        book.consignments.entry(consignment).or_insert(facts);
    }
    wanted_sites.retain(|site| !book.sites.contains_key(site));
    let wanted: Vec<SiteId> = wanted_sites.into_iter().collect();
    let rows: Vec<(SiteId, String, Option<OrganizationId>)> = in_parts(&wanted, |part| {
        either!(conn, one => {
            sites::table
                .filter(among(sites::id, part))
                .select((sites::id, sites::country, sites::operator_id))
                .load(one)
        })
    })?;
    for (site, country, operator) in rows {
        book.sites.entry(site).or_insert(SiteFacts { site, country, operator });
    }
    Ok(())
}

/// A pledge line with its pledge: line, pledge, programme, donor, item, earmark and when title passes.
type LineRow = (PledgeLineId, PledgeId, ProgrammeId, Option<OrganizationId>, ItemId, Option<String>, String);

fn load_lines(conn: &mut Conn, book: &mut Book, lines: HashSet<PledgeLineId>) -> QueryResult<()> {
    let wanted: Vec<PledgeLineId> = lines.into_iter().collect();
    let rows: Vec<LineRow> = in_parts(&wanted, |part| {
        either!(conn, one => {
            pledge_lines::table
                .inner_join(pledges::table)
                .filter(among(pledge_lines::id, part))
                .select((
                    pledge_lines::id,
                    pledges::id,
                    pledges::programme_id,
                    pledges::donor_id,
                    pledge_lines::item_id,
                    pledge_lines::earmark_country,
                    pledge_lines::title_passes,
                ))
                .load(one)
        })
    })?;
    for (line, pledge, programme, donor, item, earmark, title) in rows {
        let title_passes = TitlePasses::from_word(&title).unwrap_or_default();
        let facts = LineFacts { line, pledge, programme, donor, item, earmark, title_passes };
        book.lines.entry(line).or_insert(facts);
    }
    Ok(())
}
