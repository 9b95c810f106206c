//! Lots and where their goods are, as far as a scope reaches: one query for a page of lots, and one for all their places.

use crate::auth::Scope;
use crate::checks::{About, LotPlace, consignments_reached};
use crate::core::id::{ConsignmentId, ItemId, LotId, ProgrammeId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::db::{Binds, Conn, ask};
use crate::ledger::{Account, Cut, Held, KNOWN_LOT};
use diesel::QueryableByName;
use diesel::sql_types::{Binary, Nullable, Text};
use std::collections::{BTreeMap, BTreeSet};

/// Places of all lots of one page, as many as a trace has; beyond that a smaller page is asked for.
pub const PLACES_MAXIMUM: usize = 20_000;

/// Where a heap is.
const HEAP: About<'static> = About {
    consignment: "balances.consignment_id",
    site: "balances.site_id",
    pledge: "(SELECT in_line.pledge_id FROM pledge_lines AS in_line WHERE in_line.id = balances.pledge_line_id)",
};

/// What lists of lots are narrowed to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LotFilter {
    pub(super) item: Option<ItemId>,
    pub(super) site: Option<SiteId>,
    pub(super) programme: Option<ProgrammeId>,
}

/// Which goods are looked for, on which accounts, as of when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought<'a> {
    pub(super) accounts: &'a [Account],
    pub(super) filter: LotFilter,
    pub(super) past: Option<Cut>,
    /// Whether lots that have no goods are told of all the same.
    pub(super) with_none: bool,
}

impl Sought<'_> {
    /// Those within a scope, as the words of a query over `balances`.
    fn words(&self, scope: &Scope, binds: &mut Binds) -> (Held, String) {
        let held = Held::at(self.past, binds);
        let accounts: Vec<String> = self.accounts.iter().map(|one| one.code().to_string()).collect();
        let mut words = format!(
            "{KNOWN_LOT} AND balances.account IN ({}) AND {} AND {}",
            accounts.join(", "),
            held.condition,
            HEAP.within(scope, binds)
        );
        if let Some(item) = self.filter.item {
            words.push_str(&format!(" AND balances.item_id = {}", binds.id(item)));
        }
        if let Some(site) = self.filter.site {
            words.push_str(&format!(" AND balances.site_id = {}", binds.id(site)));
        }
        if let Some(programme) = self.filter.programme {
            words.push_str(&format!(
                " AND balances.pledge_line_id IN (SELECT in_line.id FROM pledge_lines AS in_line JOIN pledges AS in_pledge \
                 ON in_pledge.id = in_line.pledge_id WHERE in_pledge.programme_id = {})",
                binds.id(programme)
            ));
        }
        (held, words)
    }
}

/// A lot of a page.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct LotRow {
    #[diesel(sql_type = Binary)]
    pub(super) lot: LotId,
    #[diesel(sql_type = Binary)]
    pub(super) item: ItemId,
    #[diesel(sql_type = Text)]
    pub(super) number: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) expires_on: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) code: String,
    #[diesel(sql_type = Text)]
    pub(super) item_name: String,
    #[diesel(sql_type = Text)]
    pub(super) base_unit: String,
}

/// Lots with goods of those sought, or all of them, in an order; `which` says of `lots` which ones.
///
/// # Errors
/// What the database says.
pub(super) fn lots_with(
    conn: &mut Conn,
    scope: &Scope,
    sought: &Sought<'_>,
    (which, mut binds): (String, Binds),
    order: &str,
    limit: i64,
) -> Outcome<Vec<LotRow>> {
    let condition = match (sought.with_none, sought.filter.item) {
        (true, None) => "1 = 1".to_owned(),
        (true, Some(item)) => format!("lots.item_id = {}", binds.id(item)),
        (false, _) => {
            let (Held { joined, quantity, .. }, goods) = sought.words(scope, &mut binds);
            format!(
                "EXISTS (SELECT 1 FROM balances {joined} WHERE balances.lot_id = lots.id AND {goods} \
                 GROUP BY balances.cell HAVING SUM({quantity}) <> 0)"
            )
        }
    };
    let text = format!(
        "SELECT lots.id AS lot, lots.item_id AS item, lots.number AS number, lots.expires_on AS expires_on, \
         items.code AS code, items.name AS item_name, items.base_unit AS base_unit \
         FROM lots JOIN items ON items.id = lots.item_id WHERE {which} AND {condition} ORDER BY {order} LIMIT {}",
        binds.number(limit)
    );
    ask(conn, text, binds)
}

/// Goods of a lot in one place, and where their consignment goes.
#[derive(Clone, Debug, QueryableByName)]
pub(super) struct HeapRow {
    #[diesel(embed)]
    pub(super) place: LotPlace,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) destination: Option<SiteId>,
}

impl HeapRow {
    /// The account; one that cannot be read is found by the verifier.
    pub(super) fn account(&self) -> Option<Account> {
        Account::from_code(self.place.account)
    }
}

/// Where the goods of some lots are, lot by lot, each place once.
///
/// # Errors
/// `invalid` where there are too many places, or what the database says.
pub(super) fn places_of(
    conn: &mut Conn,
    scope: &Scope,
    sought: &Sought<'_>,
    lots: &[LotId],
) -> Outcome<BTreeMap<LotId, Vec<HeapRow>>> {
    if lots.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut binds = Binds::default();
    let (Held { joined, quantity, .. }, goods) = sought.words(scope, &mut binds);
    let place = "balances.lot_id, balances.account, balances.condition, balances.site_id, balances.consignment_id, \
                 balances.leg_id, consignments.destination_id";
    let text = format!(
        "SELECT balances.lot_id AS lot, balances.account AS account, balances.condition AS condition, \
         balances.site_id AS site, balances.consignment_id AS consignment, balances.leg_id AS leg, \
         consignments.destination_id AS destination, CAST(SUM({quantity}) AS BIGINT) AS quantity \
         FROM balances {joined} LEFT JOIN consignments ON consignments.id = balances.consignment_id \
         WHERE balances.lot_id IN ({}) AND {goods} GROUP BY {place} HAVING SUM({quantity}) <> 0 LIMIT {}",
        binds.ids(lots),
        binds.number(i64::try_from(PLACES_MAXIMUM + 1).unwrap_or(i64::MAX))
    );
    let found: Vec<HeapRow> = ask(conn, text, binds)?;
    if found.len() > PLACES_MAXIMUM {
        let words = format!(
            "has lots in more than {PLACES_MAXIMUM} places; ask for fewer rows, or for one item or site"
        );
        return Err(Problem::field("/limit", words));
    }
    let mut places: BTreeMap<LotId, Vec<HeapRow>> = BTreeMap::new();
    for row in found {
        places.entry(row.place.lot).or_default().push(row);
    }
    for rows in places.values_mut() {
        let place =
            |place: &LotPlace| (place.account, place.condition, place.site, place.consignment, place.leg);
        rows.sort_unstable_by_key(|row| place(&row.place));
    }
    Ok(places)
}

/// Takes out in whose consignments goods are, where those are out of reach: that they are at a site, or of a pledge, is told
/// to whoever reaches that, and the rest is the consignment's.
///
/// # Errors
/// What the database says.
pub(super) fn hide_consignments(
    conn: &mut Conn,
    scope: &Scope,
    places: &mut BTreeMap<LotId, Vec<HeapRow>>,
) -> Outcome<()> {
    if scope.is_everything() {
        return Ok(());
    }
    let named: BTreeSet<ConsignmentId> =
        places.values().flatten().filter_map(|row| row.place.consignment).collect();
    let reached = consignments_reached(conn, scope, &Vec::from_iter(named))?;
    for row in places.values_mut().flatten() {
        if row.place.consignment.is_some_and(|id| !reached.contains(&id)) {
            (row.place.consignment, row.place.leg, row.destination) = (None, None, None);
        }
    }
    Ok(())
}
