//! Reading sheets: what was recorded at their minute, lists, and views. A sheet is within reach where its site is.

use super::crossing::{Crossing, crossings};
use super::fill::Snapshot;
use super::rules::Recorded;
use super::store::{CountLine, CountSheet};
use crate::auth::{Action, Bound, Named, Permit, Scope};
use crate::core::id::{ApprovalId, CountSheetId, EventId, ItemId, LotId, ProgrammeId, SiteId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{approvals, count_lines, count_sheets, events, items, lots, sites};
use crate::db::{Backend, Binds, Conn, ask, read_failure};
use crate::events::approval_of;
use crate::ledger::{Account, Condition};
use crate::proposals::ApprovalState;
use crate::web::Paging;
use crate::writer::last_sequence;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use serde::Serialize;
use std::collections::HashMap;

type Sheets<'a> = count_sheets::BoxedQuery<'a, Backend>;

/// Narrows to the sheets of sites a scope reaches; none of them is a donor's.
fn sheets_within<'a>(mut query: Sheets<'a>, scope: &Scope) -> Sheets<'a> {
    for bound in scope.bounds() {
        let site = sites::table.filter(sites::id.eq(count_sheets::site_id));
        query = match bound {
            Bound::Organization(own) => query.filter(exists(site.filter(sites::operator_id.eq(*own)))),
            Bound::Countries(own) => query.filter(exists(site.filter(sites::country.eq_any(own.clone())))),
            Bound::OwnPledges(_) => query.filter(count_sheets::id.is_null()),
        };
    }
    query
}

/// Whether a scope reaches a site, so that what lies there may be read and counted.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn site_reached(conn: &mut Conn, scope: &Scope, site: SiteId) -> Outcome<()> {
    let mut query = sites::table.filter(sites::id.eq(site)).select(sites::id).into_boxed();
    for bound in scope.bounds() {
        query = match bound {
            Bound::Organization(own) => query.filter(sites::operator_id.eq(*own)),
            Bound::Countries(own) => query.filter(sites::country.eq_any(own.clone())),
            // A warehouse holds what others gave too.
            Bound::OwnPledges(_) => return Err(Problem::not_found()),
        };
    }
    query.first::<SiteId>(conn).map(|_| ()).map_err(read_failure)
}

#[derive(QueryableByName)]
struct RecordedRow {
    #[diesel(sql_type = Binary)]
    item: ItemId,
    #[diesel(sql_type = Binary)]
    lot: LotId,
    #[diesel(sql_type = Integer)]
    condition: i32,
    #[diesel(sql_type = Nullable<Text>)]
    number: Option<String>,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

/// The free stock of a site at a minute, of some items or of all, by item code, lot and condition: what there is now
/// less what came and went since.
///
/// # Errors
/// What the database says.
pub(super) fn snapshot(
    conn: &mut Conn,
    site: SiteId,
    as_of: Timestamp,
    wanted: Option<&[ItemId]>,
) -> Outcome<Snapshot> {
    let known_at = last_sequence(conn)?;
    let mut binds = Binds::default();
    let (site, at) = (binds.id(site), binds.number(as_of.0));
    let among = wanted.map(|ids| format!("AND b.item_id IN ({})", binds.ids(ids))).unwrap_or_default();
    let text = format!(
        "SELECT heaps.item, heaps.lot, heaps.condition, lots.number, CAST(heaps.quantity AS BIGINT) AS quantity FROM \
         (SELECT b.item_id AS item, b.lot_id AS lot, b.condition AS condition, \
         SUM(b.quantity - COALESCE((SELECT SUM(p.quantity) FROM postings AS p \
         WHERE p.cell = b.cell AND p.effective_at > {at}), 0)) AS quantity FROM balances AS b \
         WHERE b.site_id = {site} AND b.account = {account} AND (b.quantity <> 0 OR b.last_at > {at}) {among} \
         GROUP BY b.item_id, b.lot_id, b.condition) AS heaps \
         JOIN items ON items.id = heaps.item LEFT JOIN lots ON lots.id = heaps.lot WHERE heaps.quantity > 0 \
         ORDER BY items.code, COALESCE(lots.number, ''), heaps.condition",
        account = Account::InStorage.code(),
    );
    let rows: Vec<RecordedRow> = ask(conn, text, binds)?;
    let heap = |row: RecordedRow| Recorded {
        heap: (row.item, row.lot, row.condition),
        lot: row.number,
        quantity: row.quantity,
    };
    Ok(Snapshot { heaps: rows.into_iter().map(heap).collect(), known_at })
}

/// The same for a sheet that is there and within reach.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn snapshot_of<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: CountSheetId,
) -> Outcome<Snapshot> {
    let sheet = sheet_reached(conn, permit, id)?;
    snapshot(conn, sheet.site_id, sheet.as_of, None)
}

/// How far a sheet has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SheetState {
    /// Figures are entered.
    Counting,
    /// It was handed in, and nothing of it counts yet.
    Submitted,
    /// What it found is proposed; somebody else decides.
    Proposed,
    /// What it found counts.
    Posted,
    /// What it found counted, and was reversed.
    Reversed,
    /// It is void.
    Void,
}

/// A count sheet.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CountSheet)]
pub struct SheetView {
    /// Key.
    pub id: CountSheetId,
    /// Where.
    pub site: SiteId,
    /// The minute what lies there is compared with.
    pub as_of: Timestamp,
    /// How far it has come.
    pub state: SheetState,
    /// Whether what is recorded is not shown before it is handed in.
    pub blind: bool,
    /// Whether it is about all that lies there, and not about items that were named.
    pub whole: bool,
    /// The programme for goods found that nothing was known of.
    pub programme: Option<ProgrammeId>,
    /// In words.
    pub note: Option<String>,
    /// The ledger sequence up to which what was recorded at that minute was looked up: when it was handed in, before
    /// that when it was opened.
    pub known_at: i64,
    /// Who opened it.
    pub opened_by: UserId,
    /// When.
    pub opened_at: Timestamp,
    /// Who handed it in.
    pub submitted_by: Option<UserId>,
    /// When.
    pub submitted_at: Option<Timestamp>,
    /// The event it was posted as, or is proposed as.
    pub event: Option<EventId>,
    /// Where somebody else decides, or decided, about what it found.
    pub approval: Option<ApprovalId>,
    /// Who voided it.
    pub voided_by: Option<UserId>,
    /// When.
    pub voided_at: Option<Timestamp>,
    /// Why.
    pub void_reason: Option<String>,
    /// Counts the changes, from 1.
    pub revision: i64,
    /// What it lists; only where one sheet is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineView>>,
    /// Movements and late entries that its figures have to be read with; only where one sheet is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crossed_by: Option<Vec<Crossing>>,
    /// Whether more crosses it than is told: then count anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crossed_by_more: Option<bool>,
}

/// A line of a sheet.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = CountSheetLine)]
pub struct LineView {
    /// Its number on the sheet.
    pub line: i64,
    /// The item.
    pub item: ItemId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub item_name: String,
    /// What one is.
    pub base_unit: String,
    /// The lot number, where it is known.
    pub lot: Option<String>,
    /// Its expiry.
    pub expires_on: Option<String>,
    /// In what condition.
    pub condition: Condition,
    /// Base units recorded at the minute of the sheet; absent from a blind one before it is handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<i64>,
    /// Whether the counters added it.
    pub found: bool,
    /// Base units counted.
    pub counted: Option<i64>,
    /// By how much more was counted than was recorded; only once it is handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<i64>,
}

/// A sheet without its lines, if it is within reach.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn sheet_reached<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: CountSheetId,
) -> Outcome<CountSheet> {
    sheets_within(count_sheets::table.into_boxed(), permit.scope())
        .filter(count_sheets::id.eq(id))
        .select(CountSheet::as_select())
        .first(conn)
        .map_err(read_failure)
}

/// A sheet with its lines as the database has them.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn sheet_read<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: CountSheetId,
) -> Outcome<(CountSheet, Vec<CountLine>)> {
    let sheet = sheet_reached(conn, permit, id)?;
    let lines = count_lines::table
        .filter(count_lines::sheet_id.eq(id))
        .order(count_lines::ordinal)
        .select(CountLine::as_select())
        .load(conn)
        .map_err(read_failure)?;
    Ok((sheet, lines))
}

/// A sheet as it is shown, with its lines and what crosses it.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn sheet_view<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: CountSheetId,
) -> Outcome<SheetView> {
    let (sheet, lines) = sheet_read(conn, permit, id)?;
    // Whoever may not read events is told of none.
    let scope = permit.reach(Action::EventRead).ok_or_else(Problem::not_found)?;
    let (crossed_by, is_more) = crossings(conn, &scope, &sheet, &lines)?;
    let shown = line_views(conn, &sheet, lines)?;
    let view = brief(conn, vec![sheet])?.pop().ok_or_else(Problem::not_found)?;
    Ok(SheetView { lines: Some(shown), crossed_by: Some(crossed_by), crossed_by_more: Some(is_more), ..view })
}

/// Lines as they are shown.
///
/// # Errors
/// What the database says.
pub(super) fn line_views(
    conn: &mut Conn,
    sheet: &CountSheet,
    lines: Vec<CountLine>,
) -> Outcome<Vec<LineView>> {
    let named: Vec<ItemId> = lines.iter().map(|line| line.item_id).collect();
    let named: Vec<(ItemId, String, String, String)> = items::table
        .filter(items::id.eq_any(named))
        .select((items::id, items::code, items::name, items::base_unit))
        .load(conn)
        .map_err(read_failure)?;
    let known: Vec<LotId> = lines.iter().map(|line| line.lot_id).collect();
    let expiry: Vec<(LotId, Option<String>)> = lots::table
        .filter(lots::id.eq_any(known))
        .select((lots::id, lots::expires_on))
        .load(conn)
        .map_err(read_failure)?;
    let expiry: HashMap<LotId, Option<String>> = expiry.into_iter().collect();
    let is_in = sheet.submitted_at.is_some();
    let view = |line: CountLine| {
        let item = named.iter().find(|(id, ..)| *id == line.item_id);
        let (code, item_name, base_unit) =
            item.map(|(_, code, name, unit)| (code.clone(), name.clone(), unit.clone())).unwrap_or_default();
        LineView {
            line: line.ordinal,
            item: line.item_id,
            code,
            item_name,
            base_unit,
            expires_on: expiry.get(&line.lot_id).cloned().flatten(),
            condition: line.condition(),
            expected: (is_in || !sheet.blind).then_some(line.expected),
            found: line.found,
            counted: line.counted,
            difference: is_in.then(|| line.difference()),
            lot: line.lot,
        }
    };
    Ok(lines.into_iter().map(view).collect())
}

/// Sheets by identifier, which is the order in which they were opened as far as clocks agree.
///
/// # Errors
/// What the database says.
pub(super) fn sheet_list<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    site: Option<SiteId>,
    paging: &Paging<CountSheetId>,
) -> Outcome<Vec<SheetView>> {
    let mut query = sheets_within(count_sheets::table.into_boxed(), permit.scope());
    if let Some(site) = site {
        query = query.filter(count_sheets::site_id.eq(site));
    }
    if let Some(after) = paging.after {
        query = query.filter(count_sheets::id.gt(after));
    }
    let rows: Vec<CountSheet> = query
        .order(count_sheets::id)
        .limit(paging.limit + 1)
        .select(CountSheet::as_select())
        .load(conn)
        .map_err(read_failure)?;
    brief(conn, rows)
}

/// Sheets without their lines, each with how far it has come.
fn brief(conn: &mut Conn, sheets: Vec<CountSheet>) -> Outcome<Vec<SheetView>> {
    let named: Vec<EventId> = sheets.iter().filter_map(|sheet| sheet.event_id).collect();
    let posted: Vec<EventId> = events::table
        .filter(events::id.eq_any(&named))
        .select(events::id)
        .load(conn)
        .map_err(read_failure)?;
    let reversed: Vec<Option<EventId>> = events::table
        .filter(events::about_id.eq_any(&named).and(events::kind.eq("reversed")))
        .select(events::about_id)
        .load(conn)
        .map_err(read_failure)?;
    let proposals: Vec<ApprovalId> = named.iter().map(|event| approval_of(*event)).collect();
    let proposals: Vec<(ApprovalId, String)> = approvals::table
        .filter(approvals::id.eq_any(proposals))
        .select((approvals::id, approvals::state))
        .load(conn)
        .map_err(read_failure)?;
    let view = |sheet: CountSheet| {
        let approval = sheet.event_id.map(approval_of);
        let approval = proposals.iter().find(|(id, _)| Some(*id) == approval);
        let is_proposed = approval.is_some_and(|(_, state)| state == ApprovalState::Proposed.word());
        let is_posted = sheet.event_id.is_some_and(|event| posted.contains(&event));
        let is_reversed = is_posted && reversed.contains(&sheet.event_id);
        let state = if sheet.voided_at.is_some() {
            SheetState::Void
        } else if is_reversed {
            SheetState::Reversed
        } else if is_posted {
            SheetState::Posted
        } else if is_proposed {
            SheetState::Proposed
        } else if sheet.submitted_at.is_some() {
            SheetState::Submitted
        } else {
            SheetState::Counting
        };
        view_of(sheet, state, approval.map(|(id, _)| *id))
    };
    Ok(sheets.into_iter().map(view).collect())
}

fn view_of(sheet: CountSheet, state: SheetState, approval: Option<ApprovalId>) -> SheetView {
    SheetView {
        id: sheet.id,
        site: sheet.site_id,
        as_of: sheet.as_of,
        state,
        blind: sheet.blind,
        whole: sheet.whole,
        programme: sheet.programme_id,
        note: sheet.note,
        known_at: sheet.submitted_known_at.unwrap_or(sheet.known_at),
        opened_by: sheet.opened_by,
        opened_at: sheet.opened_at,
        submitted_by: sheet.submitted_by,
        submitted_at: sheet.submitted_at,
        event: sheet.event_id,
        approval,
        voided_by: sheet.voided_by,
        voided_at: sheet.voided_at,
        void_reason: sheet.void_reason,
        revision: sheet.revision,
        lines: None,
        crossed_by: None,
        crossed_by_more: None,
    }
}
