//! The queries of a trace: each over some lots, and within a scope where it says what lies with whom.

use super::reach::About;
use crate::auth::Scope;
use crate::consignments::consignments_within;
use crate::core::id::{
    ConsignmentId, EventId, ItemId, LegId, LotId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId, SiteId,
};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::consignments;
use crate::db::{Binds, Conn, ask, in_parts, read_failure};
use crate::ledger::Account;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use std::collections::HashSet;

/// Rows of one list of a trace, as many as totals have.
const ROWS_MAXIMUM: i64 = 20_000;

/// Goods of a lot in one place.
#[derive(Clone, Debug, QueryableByName)]
pub struct LotPlace {
    /// The lot.
    #[diesel(sql_type = Binary)]
    pub lot: LotId,
    /// The code of the account.
    #[diesel(sql_type = Integer)]
    pub account: i32,
    /// The code of the condition.
    #[diesel(sql_type = Integer)]
    pub condition: i32,
    /// The site.
    #[diesel(sql_type = Nullable<Binary>)]
    pub site: Option<SiteId>,
    /// The consignment.
    #[diesel(sql_type = Nullable<Binary>)]
    pub consignment: Option<ConsignmentId>,
    /// The leg.
    #[diesel(sql_type = Nullable<Binary>)]
    pub leg: Option<LegId>,
    /// Base units.
    #[diesel(sql_type = BigInt)]
    pub quantity: i64,
}

/// Goods of a lot in one place, and with whom.
#[derive(QueryableByName)]
pub(super) struct PlaceRow {
    #[diesel(embed)]
    pub(super) place: LotPlace,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) holder: Option<OrganizationId>,
}

/// What an event did with goods of a lot.
#[derive(QueryableByName)]
pub(super) struct PassedRow {
    #[diesel(sql_type = BigInt)]
    pub(super) sequence: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) event: Option<EventId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) kind: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub(super) effective_at: Timestamp,
    #[diesel(sql_type = Binary)]
    pub(super) lot: LotId,
    #[diesel(sql_type = Integer)]
    pub(super) account: i32,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) site: Option<SiteId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) consignment: Option<ConsignmentId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) holder: Option<OrganizationId>,
    #[diesel(sql_type = BigInt)]
    pub(super) quantity: i64,
}

/// A pledge line that goods of a lot are of.
#[derive(QueryableByName)]
pub(super) struct GivenRow {
    #[diesel(sql_type = Binary)]
    pub(super) lot: LotId,
    #[diesel(sql_type = Binary)]
    pub(super) pledge: PledgeId,
    #[diesel(sql_type = Binary)]
    pub(super) line: PledgeLineId,
    #[diesel(sql_type = Binary)]
    pub(super) programme: ProgrammeId,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) donor: Option<OrganizationId>,
    #[diesel(sql_type = BigInt)]
    pub(super) promised: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) surplus: i64,
}

/// That an event named goods of one lot anew, as of another.
#[derive(QueryableByName)]
pub(super) struct RelotRow {
    #[diesel(sql_type = BigInt)]
    pub(super) sequence: i64,
    #[diesel(sql_type = Binary)]
    pub(super) event: EventId,
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = BigInt)]
    pub(super) effective_at: Timestamp,
    #[diesel(sql_type = Binary)]
    pub(super) item: ItemId,
    #[diesel(sql_type = Binary)]
    pub(super) from_lot: LotId,
    #[diesel(sql_type = Binary)]
    pub(super) to_lot: LotId,
    #[diesel(sql_type = BigInt)]
    pub(super) quantity: i64,
}

/// Where a heap `b` is, or a posting to it.
const HEAP: About<'static> = About {
    consignment: "b.consignment_id",
    site: "b.site_id",
    pledge: "(SELECT y.pledge_id FROM pledge_lines AS y WHERE y.id = b.pledge_line_id)",
};
const EVENT: About<'static> =
    About { consignment: "e.consignment_id", site: "e.site_id", pledge: "e.pledge_id" };
const PLEDGE: About<'static> =
    About { consignment: "NULLIF(g.id, g.id)", site: "NULLIF(g.id, g.id)", pledge: "g.id" };

/// The heaps of some lots, as the words of a query. What has no lot has the item's own identifier, which the index of
/// lots leaves out.
fn heaps(lots: &[LotId], binds: &mut Binds) -> String {
    format!("b.lot_id IN ({}) AND b.lot_id <> b.item_id", binds.ids(lots))
}

fn sources() -> String {
    format!("{}, {}", Account::Promised.code(), Account::Surplus.code())
}

/// Where goods of these lots are now.
///
/// # Errors
/// `invalid` where there is too much to tell, or what the database says.
pub(super) fn places(conn: &mut Conn, scope: &Scope, lots: &[LotId]) -> Outcome<Vec<PlaceRow>> {
    let mut binds = Binds::default();
    let (heaps, within) = (heaps(lots, &mut binds), HEAP.within(scope, &mut binds));
    let text = format!(
        "SELECT b.lot_id AS lot, b.account AS account, b.condition AS condition, b.site_id AS site, \
         b.consignment_id AS consignment, b.leg_id AS leg, b.holder_id AS holder, \
         CAST(SUM(b.quantity) AS BIGINT) AS quantity FROM balances AS b \
         WHERE {heaps} AND b.quantity <> 0 AND b.account NOT IN ({}) AND {within} \
         GROUP BY b.lot_id, b.account, b.condition, b.site_id, b.consignment_id, b.leg_id, b.holder_id \
         ORDER BY b.lot_id, b.account, b.condition LIMIT {}",
        sources(),
        binds.number(ROWS_MAXIMUM + 1)
    );
    whole(ask(conn, text, binds)?)
}

/// What events did with goods of these lots on some accounts, in the order in which it was recorded; only events of some
/// kinds, where they are named, with what restates them.
///
/// # Errors
/// As [`places`].
pub(super) fn passed(
    conn: &mut Conn,
    scope: &Scope,
    lots: &[LotId],
    accounts: &[Account],
    kinds: Option<&[&str]>,
) -> Outcome<Vec<PassedRow>> {
    let mut binds = Binds::default();
    let (heaps, within) = (heaps(lots, &mut binds), HEAP.within(scope, &mut binds));
    let reached = EVENT.within(scope, &mut binds);
    let codes: Vec<String> = accounts.iter().map(|account| account.code().to_string()).collect();
    // What restates such an event counts with it, and so does what restates that.
    let kinds = kinds.map_or(String::new(), |kinds| {
        let words: Vec<String> = kinds.iter().map(|kind| format!("'{kind}'")).collect();
        let words = words.join(", ");
        format!(
            "AND (k.kind IN ({words}) OR EXISTS (SELECT 1 FROM events AS r WHERE r.id = k.about_id \
             AND k.kind IN ('corrected', 'reversed') AND (r.kind IN ({words}) OR EXISTS \
             (SELECT 1 FROM events AS t WHERE t.id = r.about_id AND r.kind = 'corrected' AND t.kind IN ({words})))))"
        )
    });
    let text = format!(
        "SELECT p.sequence AS sequence, e.id AS event, e.kind AS kind, p.effective_at AS effective_at, \
         b.lot_id AS lot, b.account AS account, b.site_id AS site, b.consignment_id AS consignment, \
         b.holder_id AS holder, CAST(SUM(p.quantity) AS BIGINT) AS quantity FROM balances AS b \
         JOIN postings AS p ON p.cell = b.cell JOIN events AS k ON k.sequence = p.sequence \
         LEFT JOIN events AS e ON e.sequence = p.sequence AND {reached} \
         WHERE {heaps} AND b.account IN ({}) AND {within} {kinds} \
         GROUP BY p.sequence, e.id, e.kind, p.effective_at, b.lot_id, b.account, b.site_id, b.consignment_id, \
         b.holder_id HAVING SUM(p.quantity) <> 0 ORDER BY p.sequence, b.lot_id, b.account LIMIT {}",
        codes.join(", "),
        binds.number(ROWS_MAXIMUM + 1)
    );
    whole(ask(conn, text, binds)?)
}

/// Which pledge lines goods of these lots are of, and how much of each.
///
/// # Errors
/// As [`places`].
pub(super) fn given(conn: &mut Conn, scope: &Scope, lots: &[LotId]) -> Outcome<Vec<GivenRow>> {
    let mut binds = Binds::default();
    let (heaps, within) = (heaps(lots, &mut binds), HEAP.within(scope, &mut binds));
    let given = PLEDGE.within(scope, &mut binds);
    let text = format!(
        "SELECT b.lot_id AS lot, g.id AS pledge, y.id AS line, g.programme_id AS programme, g.donor_id AS donor, \
         CAST(SUM(CASE WHEN b.account = {promised} THEN -b.quantity ELSE 0 END) AS BIGINT) AS promised, \
         CAST(SUM(CASE WHEN b.account = {surplus} THEN -b.quantity ELSE 0 END) AS BIGINT) AS surplus \
         FROM balances AS b JOIN pledge_lines AS y ON y.id = b.pledge_line_id JOIN pledges AS g ON g.id = y.pledge_id \
         WHERE {heaps} AND b.account IN ({sources}) AND b.quantity <> 0 AND ({within} OR {given}) \
         GROUP BY b.lot_id, g.id, y.id, g.programme_id, g.donor_id ORDER BY b.lot_id, g.id, y.id LIMIT {limit}",
        promised = Account::Promised.code(),
        surplus = Account::Surplus.code(),
        sources = sources(),
        limit = binds.number(ROWS_MAXIMUM + 1)
    );
    whole(ask(conn, text, binds)?)
}

/// Events that named goods of these lots as of others, or goods of others as of these: what leaves its source under one
/// lot comes again under another.
///
/// # Errors
/// As [`places`].
pub(super) fn relots(conn: &mut Conn, scope: &Scope, lots: &[LotId]) -> Outcome<Vec<RelotRow>> {
    let mut binds = Binds::default();
    let (heaps, reached) = (heaps(lots, &mut binds), EVENT.within(scope, &mut binds));
    let text = format!(
        "SELECT m.sequence AS sequence, e.id AS event, e.kind AS kind, e.effective_at AS effective_at, \
         m.item AS item, \
         CASE WHEN m.quantity > 0 THEN m.lot ELSE o.lot_id END AS from_lot, \
         CASE WHEN m.quantity > 0 THEN o.lot_id ELSE m.lot END AS to_lot, \
         CAST(CASE WHEN ABS(m.quantity) < ABS(SUM(o.quantity)) THEN ABS(m.quantity) ELSE ABS(SUM(o.quantity)) END \
         AS BIGINT) AS quantity FROM \
         (SELECT p.sequence AS sequence, p.item_id AS item, p.lot_id AS lot, SUM(p.quantity) AS quantity \
         FROM balances AS b JOIN postings AS p ON p.cell = b.cell \
         WHERE {heaps} AND b.account IN ({sources}) GROUP BY p.sequence, p.item_id, p.lot_id) AS m \
         JOIN postings AS o ON o.sequence = m.sequence AND o.item_id = m.item AND o.lot_id <> m.lot \
         AND o.account IN ({sources}) JOIN events AS e ON e.sequence = m.sequence \
         WHERE {reached} \
         GROUP BY m.sequence, e.id, e.kind, e.effective_at, m.item, m.lot, m.quantity, o.lot_id \
         HAVING (m.quantity > 0 AND SUM(o.quantity) < 0) OR (m.quantity < 0 AND SUM(o.quantity) > 0) \
         ORDER BY m.sequence LIMIT {limit}",
        sources = sources(),
        limit = binds.number(ROWS_MAXIMUM + 1)
    );
    whole(ask(conn, text, binds)?)
}

/// Which of these consignments a scope reaches.
///
/// # Errors
/// What the database says.
pub fn consignments_reached(
    conn: &mut Conn,
    scope: &Scope,
    named: &[ConsignmentId],
) -> Outcome<HashSet<ConsignmentId>> {
    let found = in_parts(named, |part| {
        consignments_within(consignments::table.into_boxed(), scope)
            .filter(consignments::id.eq_any(part))
            .select(consignments::id)
            .load(conn)
    });
    Ok(found.map_err(read_failure)?.into_iter().collect())
}

/// Refuses to leave anything out: half a recall is none.
fn whole<R>(rows: Vec<R>) -> Outcome<Vec<R>> {
    if i64::try_from(rows.len()).unwrap_or(i64::MAX) <= ROWS_MAXIMUM {
        return Ok(rows);
    }
    let words = format!(
        "This lot has more than {ROWS_MAXIMUM} places or hand-overs; ask for totals by lot and site, and for the events \
         of each site."
    );
    Err(Problem::new(crate::core::problem::Code::Invalid, words))
}
