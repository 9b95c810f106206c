//! The queries over corridors: which there are, what went along them, and how long it took.

use super::corridors::{CorridorFilter, CorridorKey, GOODS_MAXIMUM};
use super::reach::{own_lines, reached};
use super::rules::{DAY, MINUTE};
use super::trips::{standing, times_text};
use crate::auth::{Bound, Scope};
use crate::core::id::{Identifier, ItemId, SiteId};
use crate::core::problem::Outcome;
use crate::db::{Bind, Binds, Conn, ask};
use crate::ledger::{Account, Cut};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};

/// The corridor of a row.
#[derive(QueryableByName)]
pub(super) struct CorridorRow {
    #[diesel(sql_type = Binary)]
    pub(super) from_id: SiteId,
    #[diesel(sql_type = Binary)]
    pub(super) to_id: SiteId,
    #[diesel(sql_type = Text)]
    pub(super) mode: String,
}

impl CorridorRow {
    pub(super) fn key(&self) -> CorridorKey {
        (self.from_id.uuid(), self.to_id.uuid(), self.mode.clone())
    }
}

#[derive(QueryableByName)]
pub(super) struct LegsRow {
    #[diesel(embed)]
    pub(super) corridor: CorridorRow,
    #[diesel(sql_type = BigInt)]
    pub(super) shipments: i64,
    /// Grams of those whose weight is declared.
    #[diesel(sql_type = BigInt)]
    pub(super) declared_g: i64,
    /// Grams of those that neither is known of, but of the loads they went in.
    #[diesel(sql_type = BigInt)]
    pub(super) loaded_g: i64,
    /// Those of which something has no weight at all.
    #[diesel(sql_type = BigInt)]
    pub(super) unweighed: i64,
}

#[derive(QueryableByName)]
pub(super) struct GoodsRow {
    #[diesel(embed)]
    pub(super) corridor: CorridorRow,
    #[diesel(sql_type = Binary)]
    pub(super) item: ItemId,
    #[diesel(sql_type = BigInt)]
    pub(super) quantity: i64,
    /// Base units in shipments that are weighed by packs.
    #[diesel(sql_type = BigInt)]
    pub(super) by_packs: i64,
    /// Base units that have no weight at all.
    #[diesel(sql_type = BigInt)]
    pub(super) unweighed: i64,
}

#[derive(QueryableByName)]
pub(super) struct TripsRow {
    #[diesel(embed)]
    pub(super) corridor: CorridorRow,
    #[diesel(sql_type = BigInt)]
    pub(super) trips: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) p10: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) p50: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) p90: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pub(super) planned: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) late: i64,
}

/// Whether only a part of what shipments carry is asked for, which no declared weight tells.
fn is_partial(scope: &Scope, filter: &CorridorFilter) -> bool {
    let is_donors = scope.bounds().iter().any(|bound| match bound {
        Bound::OwnPledges(_) => true,
        Bound::Organization(_) | Bound::Countries(_) => false,
    });
    is_donors || filter.donor.is_some() || filter.item.is_some()
}

/// What goods count, as a condition on a table that has item and pledge line.
fn counted(scope: &Scope, filter: &CorridorFilter, table: &str, binds: &mut Binds) -> String {
    let lines = own_lines(scope, filter.donor, &format!("{table}.pledge_line_id"), binds);
    match filter.item {
        Some(item) => format!("{lines} AND {table}.item_id = {}", binds.id(item)),
        None => lines,
    }
}

/// Which legs `l` of consignments count: asked for, within reach, and with goods that count.
fn legs_condition(scope: &Scope, filter: &CorridorFilter, binds: &mut Binds) -> String {
    let mut conditions = vec![reached(scope, binds)];
    if let Some(programme) = filter.programme {
        conditions.push(format!("consignments.programme_id = {}", binds.id(programme)));
    }
    for (column, site) in [("from_id", filter.from), ("to_id", filter.to)] {
        if let Some(site) = site {
            conditions.push(format!("l.{column} = {}", binds.id(site)));
        }
    }
    if let Some(mode) = filter.mode {
        conditions.push(format!("l.mode = {}", binds.place(Bind::Words(mode.word().to_owned()))));
    }
    if is_partial(scope, filter) {
        let goods = counted(scope, filter, "balances", binds);
        conditions.push(format!(
            "EXISTS (SELECT 1 FROM balances WHERE balances.consignment_id = l.consignment_id \
             AND balances.leg_id = l.id AND balances.account = {} AND {goods})",
            Account::InTransit.code()
        ));
    }
    conditions.join(" AND ")
}

/// A page of the corridors that legs go.
///
/// # Errors
/// What the database says.
pub(super) fn chosen(
    conn: &mut Conn,
    scope: &Scope,
    filter: &CorridorFilter,
    after: Option<&CorridorKey>,
    limit: i64,
) -> Outcome<Vec<CorridorRow>> {
    let mut binds = Binds::default();
    let mut condition = legs_condition(scope, filter, &mut binds);
    if let Some((from, to, mode)) = after {
        let (from, to) = (binds.id(SiteId(*from)), binds.id(SiteId(*to)));
        let mode = binds.place(Bind::Words(mode.clone()));
        condition.push_str(&format!(" AND (l.from_id, l.to_id, l.mode) > ({from}, {to}, {mode})"));
    }
    let limit = binds.number(limit);
    let text = format!(
        "SELECT l.from_id AS from_id, l.to_id AS to_id, l.mode AS mode FROM legs AS l \
         JOIN consignments ON consignments.id = l.consignment_id WHERE {condition} \
         GROUP BY l.from_id, l.to_id, l.mode ORDER BY l.from_id, l.to_id, l.mode LIMIT {limit}"
    );
    ask(conn, text, binds)
}

/// The legs of some corridors that count, as a query. Cross joins keep SQLite to the order in which they stand, where each
/// row is found by an index.
fn legs_text(
    scope: &Scope,
    filter: &CorridorFilter,
    corridors: &[CorridorRow],
    past: Option<Cut>,
    binds: &mut Binds,
) -> String {
    let planned_arrival = planned_arrival(past, binds);
    let condition = legs_condition(scope, filter, binds);
    let each = corridors.iter().map(|row| {
        let (from, to) = (binds.id(row.from_id), binds.id(row.to_id));
        format!("({from}, {to}, {})", binds.place(Bind::Words(row.mode.clone())))
    });
    let each = each.collect::<Vec<_>>().join(", ");
    format!(
        "SELECT l.id AS id, l.consignment_id AS consignment_id, l.from_id AS from_id, l.to_id AS to_id, \
         l.mode AS mode, {planned_arrival} AS planned_arrival, consignments.parent_id AS parent_id, \
         consignments.gross_weight_g AS gross_weight_g \
         FROM (VALUES {each}) AS given CROSS JOIN legs AS l \
         JOIN consignments ON consignments.id = l.consignment_id \
         WHERE l.from_id = given.column1 AND l.to_id = given.column2 AND l.mode = given.column3 AND {condition}"
    )
}

/// When a leg `l` was planned to arrive: as it says, or where another moment is asked for, as it said then.
fn planned_arrival(past: Option<Cut>, binds: &mut Binds) -> String {
    match past {
        Some(cut) => as_known("planned_arrival", &binds.number(cut.known_at)),
        None => "l.planned_arrival".to_owned(),
    }
}

/// What a column of a leg `l` said at a sequence; null where the leg was not there yet.
pub(super) fn as_known(column: &str, known_at: &str) -> String {
    let of_leg = "FROM leg_plans AS p WHERE p.leg_id = l.id";
    format!(
        "CASE WHEN EXISTS (SELECT 1 {of_leg}) THEN (SELECT p.{column} {of_leg} AND p.sequence <= {known_at} \
         ORDER BY p.sequence DESC LIMIT 1) ELSE l.{column} END"
    )
}

/// What each leg carried of each item, as the words before a query over `carried`. What restates a departure, a diversion
/// or a split counts as that: what was sent elsewhere under way is taken from its leg again. A consignment's declared
/// weight is that of the whole, so it does not count where something was split off, or only a part is asked for. Where no pack says
/// what something weighs, the loads a leg left in tell its weight, if each states its own and carried nothing else.
fn carried_text(
    scope: &Scope,
    filter: &CorridorFilter,
    corridors: &[CorridorRow],
    cut: Cut,
    binds: &mut Binds,
) -> String {
    let legs = legs_text(scope, filter, corridors, None, binds);
    let goods = counted(scope, filter, "postings", binds);
    let counts = cut.condition("postings", binds);
    let declared = if is_partial(scope, filter) {
        "CAST(NULL AS BIGINT)".to_owned()
    } else {
        "CASE WHEN asked.parent_id IS NULL AND NOT EXISTS (SELECT 1 FROM events AS splits \
         WHERE splits.consignment_id = asked.consignment_id AND splits.kind = 'split') THEN asked.gross_weight_g END"
            .to_owned()
    };
    let loaded =
        if is_partial(scope, filter) { "CAST(NULL AS BIGINT)".to_owned() } else { loaded_text(cut, binds) };
    format!(
        "WITH asked AS ({legs}), put AS ( \
         SELECT asked.id AS leg, balances.item_id AS item, CAST(SUM(postings.quantity) AS BIGINT) AS quantity \
         FROM asked CROSS JOIN balances CROSS JOIN postings CROSS JOIN events AS e \
         LEFT JOIN events AS of_e ON of_e.id = e.about_id AND e.kind IN ('corrected', 'reversed') \
         LEFT JOIN events AS of_that ON of_that.id = of_e.about_id AND of_e.kind = 'corrected' \
         WHERE balances.consignment_id = asked.consignment_id AND balances.leg_id = asked.id \
         AND balances.account = {} AND postings.cell = balances.cell AND e.sequence = postings.sequence \
         AND COALESCE(of_that.kind, of_e.kind, e.kind) IN ('departed', 'diverted', 'split') AND {counts} AND {goods} \
         GROUP BY asked.id, balances.item_id HAVING SUM(postings.quantity) > 0 \
         ), weighed AS ( \
         SELECT asked.from_id AS from_id, asked.to_id AS to_id, asked.mode AS mode, put.leg AS leg, put.item AS item, \
         put.quantity AS quantity, {declared} AS declared_g, {loaded} AS loaded_g, \
         CASE WHEN EXISTS (SELECT 1 FROM packs WHERE packs.item_id = put.item AND packs.gross_weight_g IS NOT NULL) \
         THEN 0 ELSE 1 END AS weightless FROM put JOIN asked ON asked.id = put.leg \
         ), whole AS (SELECT leg, MAX(weightless) AS weightless FROM weighed GROUP BY leg), carried AS ( \
         SELECT weighed.from_id AS from_id, weighed.to_id AS to_id, weighed.mode AS mode, weighed.leg AS leg, \
         weighed.item AS item, weighed.quantity AS quantity, weighed.weightless AS weightless, \
         weighed.declared_g AS declared_g, \
         CASE WHEN weighed.declared_g IS NULL AND whole.weightless = 1 THEN weighed.loaded_g END AS loaded_g \
         FROM weighed JOIN whole ON whole.leg = weighed.leg)",
        Account::InTransit.code()
    )
}

/// Grams of the loads that a leg left in: null where a departure names none, or one that states no weight or carried
/// something else as well.
fn loaded_text(cut: Cut, binds: &mut Binds) -> String {
    let standing = standing(cut, binds);
    let left = format!(
        "e.consignment_id = asked.consignment_id AND e.leg_id = asked.id AND e.kind = 'departed' AND {standing}"
    );
    format!(
        "CASE WHEN NOT EXISTS (SELECT 1 FROM events AS e LEFT JOIN loads AS w ON w.id = e.load_id WHERE {left} \
         AND (w.gross_weight_g IS NULL OR EXISTS (SELECT 1 FROM events AS o WHERE o.load_id = e.load_id \
         AND o.kind = 'departed' AND o.leg_id <> asked.id))) \
         THEN (SELECT CAST(SUM(w.gross_weight_g) AS BIGINT) FROM loads AS w \
         WHERE w.id IN (SELECT e.load_id FROM events AS e WHERE {left})) END"
    )
}

/// How many shipments each of these corridors had, with what they are declared to weigh.
///
/// # Errors
/// What the database says.
pub(super) fn shipments(
    conn: &mut Conn,
    scope: &Scope,
    filter: &CorridorFilter,
    corridors: &[CorridorRow],
    cut: Cut,
) -> Outcome<Vec<LegsRow>> {
    let mut binds = Binds::default();
    let carried = carried_text(scope, filter, corridors, cut, &mut binds);
    let text = format!(
        "{carried}, shipped AS (SELECT from_id, to_id, mode, leg, MAX(declared_g) AS declared_g, \
         MAX(loaded_g) AS loaded_g, MAX(weightless) AS weightless FROM carried GROUP BY from_id, to_id, mode, leg) \
         SELECT from_id, to_id, mode, CAST(COUNT(*) AS BIGINT) AS shipments, \
         CAST(COALESCE(SUM(declared_g), 0) AS BIGINT) AS declared_g, \
         CAST(COALESCE(SUM(loaded_g), 0) AS BIGINT) AS loaded_g, \
         CAST(SUM(CASE WHEN declared_g IS NULL AND loaded_g IS NULL THEN weightless ELSE 0 END) AS BIGINT) \
         AS unweighed FROM shipped GROUP BY from_id, to_id, mode"
    );
    ask(conn, text, binds)
}

/// What each of these corridors carried of each item; one row more than [`GOODS_MAXIMUM`] at most.
///
/// # Errors
/// What the database says.
pub(super) fn goods(
    conn: &mut Conn,
    scope: &Scope,
    filter: &CorridorFilter,
    corridors: &[CorridorRow],
    cut: Cut,
) -> Outcome<Vec<GoodsRow>> {
    let mut binds = Binds::default();
    let carried = carried_text(scope, filter, corridors, cut, &mut binds);
    let text = format!(
        "{carried} SELECT from_id, to_id, mode, item, CAST(SUM(quantity) AS BIGINT) AS quantity, \
         CAST(SUM(CASE WHEN declared_g IS NULL AND loaded_g IS NULL THEN quantity ELSE 0 END) AS BIGINT) AS by_packs, \
         CAST(SUM(CASE WHEN declared_g IS NULL AND loaded_g IS NULL AND weightless = 1 THEN quantity ELSE 0 END) AS BIGINT) \
         AS unweighed FROM carried GROUP BY from_id, to_id, mode, item LIMIT {}",
        GOODS_MAXIMUM + 1
    );
    ask(conn, text, binds)
}

/// How long the trips of each of these corridors took, by the quantiles of [`super::rules`], and how many arrivals came late,
/// also of those whose departure nobody told.
///
/// # Errors
/// What the database says.
pub(super) fn trips(
    conn: &mut Conn,
    scope: &Scope,
    filter: &CorridorFilter,
    corridors: &[CorridorRow],
    (cut, past): (Cut, Option<Cut>),
) -> Outcome<Vec<TripsRow>> {
    let mut binds = Binds::default();
    let legs = legs_text(scope, filter, corridors, past, &mut binds);
    let standing = standing(cut, &mut binds);
    let times = times_text("SELECT * FROM asked", &standing);
    let quantile = |tenths: i64| {
        format!("MAX(CASE WHEN ranked.place = ({tenths} * ranked.trips + 9) / 10 THEN ranked.minutes END)")
    };
    let text = format!(
        "WITH asked AS ({legs}), timed AS ( \
         SELECT told.from_id AS from_id, told.to_id AS to_id, told.mode AS mode, told.leg AS leg, \
         CASE WHEN told.by_day = 1 THEN (told.arrived_at / {DAY} - told.departed_at / {DAY}) * 1440 \
         WHEN told.arrived_at < told.departed_at THEN -1 \
         ELSE (told.arrived_at - told.departed_at) / {MINUTE} END AS minutes, \
         CASE WHEN asked.planned_arrival IS NULL THEN 0 ELSE 1 END AS is_planned, \
         CASE WHEN told.arrived_at / {DAY} > asked.planned_arrival / {DAY} THEN 1 ELSE 0 END AS is_late \
         FROM ({times}) AS told JOIN asked ON asked.id = told.leg WHERE told.arrived_at IS NOT NULL \
         ), ranked AS ( \
         SELECT leg, minutes, ROW_NUMBER() OVER (PARTITION BY from_id, to_id, mode ORDER BY minutes, leg) AS place, \
         COUNT(*) OVER (PARTITION BY from_id, to_id, mode) AS trips FROM timed WHERE minutes >= 0) \
         SELECT timed.from_id AS from_id, timed.to_id AS to_id, timed.mode AS mode, \
         CAST(COALESCE(MAX(ranked.trips), 0) AS BIGINT) AS trips, {} AS p10, {} AS p50, {} AS p90, \
         CAST(SUM(timed.is_planned) AS BIGINT) AS planned, CAST(SUM(timed.is_late) AS BIGINT) AS late \
         FROM timed LEFT JOIN ranked ON ranked.leg = timed.leg GROUP BY timed.from_id, timed.to_id, timed.mode",
        quantile(1),
        quantile(5),
        quantile(9)
    );
    ask(conn, text, binds)
}
