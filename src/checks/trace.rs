//! The trace of a lot, for a recall: forward, where all of it is and whom it reached; backward, who gave it, how it
//! came, and which lots it was before.

use super::trace_queries::{
    GivenRow, PassedRow, PlaceRow, RelotRow, consignments_reached, given, passed, places, relots,
};
use crate::auth::Scope;
use crate::core::id::{
    ConsignmentId, EventId, ItemId, LegId, LotId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId, SiteId,
};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{items, lots, organizations, sites};
use crate::db::{Conn, read_failure};
use crate::ledger::{Account, Condition};
use crate::writer::last_sequence;
use diesel::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Lots that one becomes, itself among them, and as many that it comes from, all steps together: no lot on record was
/// named anew more than twice.
const LOTS_MAXIMUM: usize = 500;
/// Events by which goods come from elsewhere.
const RECEIPTS: [&str; 2] = ["collected", "received"];

/// The trace of a lot.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TraceView {
    /// The lot, and those that goods of it became or were before.
    pub lots: Vec<TraceLot>,
    /// How they were named anew, in the order in which it was recorded.
    pub relots: Vec<TraceRelot>,
    /// Where goods of the lot, and of those it became, are now.
    pub now: Vec<TracePlace>,
    /// Every delivery and distribution of them; what restates one stands as an entry of its own, below zero where it
    /// takes back.
    pub reached: Vec<TracePassage>,
    /// Pledges that goods of the lot, and of those it was before, are of.
    pub given: Vec<TraceGift>,
    /// How they came: collected from donors, and received.
    pub received: Vec<TracePassage>,
    /// Whether the caller's scope reaches everything; else there may be more of it beyond.
    pub complete: bool,
    /// The ledger sequence these figures are as of.
    pub sequence: i64,
}

/// A lot of a trace.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TraceLot {
    /// The lot.
    pub id: LotId,
    /// Its item.
    pub item: ItemId,
    /// The item's name.
    pub item_name: String,
    /// What one is.
    pub base_unit: String,
    /// Its number.
    pub number: String,
    /// Its expiry.
    pub expires_on: Option<String>,
    /// Whether it is under recall.
    pub recalled: bool,
    /// What it is to the lot that is traced.
    pub is: TraceRole,
}

/// What a lot is to the one that is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceRole {
    /// It is the one.
    Traced,
    /// Goods of the one became goods of it.
    After,
    /// Goods of it became goods of the one.
    Before,
}

/// That goods were named anew.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TraceRelot {
    /// Ledger sequence.
    pub sequence: i64,
    /// The event.
    pub event: EventId,
    /// Its kind.
    pub kind: String,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// The lot they were of; null where it was not known.
    pub from: Option<LotId>,
    /// The lot they are of since.
    pub to: Option<LotId>,
    /// Base units.
    pub quantity: i64,
}

/// Goods in one place.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TracePlace {
    /// The lot.
    pub lot: LotId,
    /// Where they stand.
    pub account: &'static str,
    /// In what condition.
    pub condition: &'static str,
    /// The site; under way, where they go.
    pub site: Option<SiteId>,
    /// Its name.
    pub site_name: Option<String>,
    /// Its country.
    pub country: Option<String>,
    /// The consignment; null too where it is beyond the caller's reach, as are its leg and holder.
    pub consignment: Option<ConsignmentId>,
    /// The leg.
    pub leg: Option<LegId>,
    /// Who holds them.
    pub holder: Option<OrganizationId>,
    /// The holder's name.
    pub holder_name: Option<String>,
    /// Base units.
    pub quantity: i64,
}

/// That an event brought goods, or handed them over.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TracePassage {
    /// Ledger sequence.
    pub sequence: i64,
    /// The event; absent where it is beyond the caller's reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// Its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// The lot.
    pub lot: LotId,
    /// The account the goods came to, or below zero left again.
    pub account: &'static str,
    /// The site.
    pub site: Option<SiteId>,
    /// Its name.
    pub site_name: Option<String>,
    /// Its country.
    pub country: Option<String>,
    /// The consignment; null too where it is beyond the caller's reach, as is who got them.
    pub consignment: Option<ConsignmentId>,
    /// Who got them.
    pub holder: Option<OrganizationId>,
    /// The holder's name.
    pub holder_name: Option<String>,
    /// Base units.
    pub quantity: i64,
}

/// A pledge line that goods are of.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TraceGift {
    /// The lot.
    pub lot: LotId,
    /// The pledge.
    pub pledge: PledgeId,
    /// Its line.
    pub line: PledgeLineId,
    /// The programme.
    pub programme: ProgrammeId,
    /// Who gave, where that is known.
    pub donor: Option<OrganizationId>,
    /// The donor's name.
    pub donor_name: Option<String>,
    /// Base units of it that were promised.
    pub promised: i64,
    /// Base units that came beyond that.
    pub surplus: i64,
}

/// Traces a lot.
///
/// # Errors
/// `not_found` where there is no such lot, or nothing of it is within the scope; `invalid` where there is more than one
/// answer holds; what the database says.
pub(super) fn trace_read(conn: &mut Conn, scope: &Scope, id: LotId) -> Outcome<TraceView> {
    let known: Option<LotId> =
        lots::table.find(id).select(lots::id).first(conn).optional().map_err(read_failure)?;
    known.ok_or_else(Problem::not_found)?;
    let mut named = BTreeMap::new();
    let after = family(conn, scope, id, &mut named, |row| (row.from_lot, row.to_lot))?;
    let before = family(conn, scope, id, &mut named, |row| (row.to_lot, row.from_lot))?;
    let mut now = places(conn, scope, &after)?;
    let handed = [Account::Delivered, Account::Distributed];
    let mut reached = passed(conn, scope, &after, &handed, None)?;
    let given = given(conn, scope, &before)?;
    let came = [Account::InStorage, Account::Allocated, Account::Delivered];
    let mut received = passed(conn, scope, &before, &came, Some(&RECEIPTS))?;
    if now.is_empty() && reached.is_empty() && given.is_empty() && received.is_empty() {
        return Err(Problem::not_found());
    }
    hide_consignments(conn, scope, &mut now, [&mut reached, &mut received])?;
    let names = Names::load(conn, &now, [&reached, &received], &given)?;
    let sequence = last_sequence(conn)?;
    Ok(TraceView {
        lots: lots_of(conn, id, &after, &before)?,
        relots: named.into_values().map(relot).collect(),
        now: now.into_iter().map(|row| names.place(row)).collect(),
        reached: reached.into_iter().map(|row| names.passage(row)).collect(),
        given: given.into_iter().map(|row| names.gift(row)).collect(),
        received: received.into_iter().map(|row| names.passage(row)).collect(),
        complete: scope.is_everything(),
        sequence,
    })
}

/// Takes out in whose consignments goods are, and with whom, where those are out of reach: that they are at a site, or of
/// a pledge, is told to whoever reaches that, and the rest is the consignment's.
fn hide_consignments(
    conn: &mut Conn,
    scope: &Scope,
    now: &mut [PlaceRow],
    passages: [&mut Vec<PassedRow>; 2],
) -> Outcome<()> {
    if scope.is_everything() {
        return Ok(());
    }
    let passed = || passages.iter().flat_map(|rows| rows.iter());
    let named: BTreeSet<ConsignmentId> = now
        .iter()
        .filter_map(|row| row.place.consignment)
        .chain(passed().filter_map(|row| row.consignment))
        .collect();
    let reached = consignments_reached(conn, scope, &Vec::from_iter(named))?;
    let is_hidden = |id: Option<ConsignmentId>| id.is_some_and(|id| !reached.contains(&id));
    for row in now.iter_mut().filter(|row| is_hidden(row.place.consignment)) {
        (row.place.consignment, row.place.leg, row.holder) = (None, None, None);
    }
    for row in passages.into_iter().flatten().filter(|row| is_hidden(row.consignment)) {
        (row.consignment, row.holder) = (None, None);
    }
    Ok(())
}

/// What tells one naming anew from another.
type Naming = (i64, LotId, LotId);

/// A lot and all that follow from it, step by step; `step` says of a naming anew from which lot to which one goes. Too
/// many are refused: half a recall is none.
fn family(
    conn: &mut Conn,
    scope: &Scope,
    id: LotId,
    named: &mut BTreeMap<Naming, RelotRow>,
    step: fn(&RelotRow) -> (LotId, LotId),
) -> Outcome<Vec<LotId>> {
    let mut all = BTreeSet::from([id]);
    let mut last = vec![id];
    while !last.is_empty() {
        let mut next = Vec::new();
        for row in relots(conn, scope, &last)? {
            let (here, there) = step(&row);
            if !last.contains(&here) {
                continue;
            }
            if !there.is_unknown_of(row.item) && all.insert(there) {
                next.push(there);
            }
            named.insert((row.sequence, row.from_lot, row.to_lot), row);
        }
        if all.len() > LOTS_MAXIMUM {
            let words = format!(
                "This lot became, or came from, more than {LOTS_MAXIMUM} lots; its `relotted` events say which. Trace each \
                 of them."
            );
            return Err(Problem::new(Code::Invalid, words));
        }
        last = next;
    }
    Ok(all.into_iter().collect())
}

fn relot(row: RelotRow) -> TraceRelot {
    let known = |lot: LotId| (!lot.is_unknown_of(row.item)).then_some(lot);
    TraceRelot {
        sequence: row.sequence,
        event: row.event,
        from: known(row.from_lot),
        to: known(row.to_lot),
        kind: row.kind,
        effective_at: row.effective_at,
        quantity: row.quantity,
    }
}

fn lots_of(conn: &mut Conn, traced: LotId, after: &[LotId], before: &[LotId]) -> Outcome<Vec<TraceLot>> {
    type Found = (LotId, ItemId, String, Option<String>, bool, String, String);
    let wanted: Vec<LotId> = after.iter().chain(before).copied().collect();
    let found: Vec<Found> = lots::table
        .inner_join(items::table.on(items::id.eq(lots::item_id)))
        .filter(lots::id.eq_any(wanted))
        .order(lots::id)
        .select((
            lots::id,
            lots::item_id,
            lots::number,
            lots::expires_on,
            lots::recalled,
            items::name,
            items::base_unit,
        ))
        .load(conn)
        .map_err(read_failure)?;
    let view = |(id, item, number, expires_on, recalled, item_name, base_unit): Found| {
        let is = if id == traced {
            TraceRole::Traced
        } else if after.contains(&id) {
            TraceRole::After
        } else {
            TraceRole::Before
        };
        TraceLot { id, item, item_name, base_unit, number, expires_on, recalled, is }
    };
    Ok(found.into_iter().map(view).collect())
}

/// The names of what a trace names.
struct Names {
    sites: HashMap<SiteId, (String, String)>,
    organizations: HashMap<OrganizationId, String>,
}

impl Names {
    fn load(
        conn: &mut Conn,
        now: &[PlaceRow],
        passages: [&Vec<PassedRow>; 2],
        gifts: &[GivenRow],
    ) -> Outcome<Self> {
        let passed = || passages.into_iter().flatten();
        let places: BTreeSet<SiteId> =
            now.iter().filter_map(|row| row.place.site).chain(passed().filter_map(|row| row.site)).collect();
        let holders: BTreeSet<OrganizationId> = now
            .iter()
            .filter_map(|row| row.holder)
            .chain(passed().filter_map(|row| row.holder))
            .chain(gifts.iter().filter_map(|row| row.donor))
            .collect();
        let mut names = Self { sites: HashMap::new(), organizations: HashMap::new() };
        for part in Vec::from_iter(places).chunks(NAMES_PER_QUERY) {
            let found: Vec<(SiteId, String, String)> = sites::table
                .filter(sites::id.eq_any(part))
                .select((sites::id, sites::name, sites::country))
                .load(conn)
                .map_err(read_failure)?;
            names.sites.extend(found.into_iter().map(|(id, name, country)| (id, (name, country))));
        }
        for part in Vec::from_iter(holders).chunks(NAMES_PER_QUERY) {
            let found: Vec<(OrganizationId, String)> = organizations::table
                .filter(organizations::id.eq_any(part))
                .select((organizations::id, organizations::name))
                .load(conn)
                .map_err(read_failure)?;
            names.organizations.extend(found);
        }
        Ok(names)
    }

    fn site(&self, id: Option<SiteId>) -> (Option<String>, Option<String>) {
        id.and_then(|id| self.sites.get(&id)).cloned().unzip()
    }

    fn organization(&self, id: Option<OrganizationId>) -> Option<String> {
        id.and_then(|id| self.organizations.get(&id)).cloned()
    }

    fn place(&self, PlaceRow { place, holder }: PlaceRow) -> TracePlace {
        let (site_name, country) = self.site(place.site);
        TracePlace {
            lot: place.lot,
            account: account(place.account),
            condition: Condition::from_code(place.condition).unwrap_or_default().word(),
            site: place.site,
            site_name,
            country,
            consignment: place.consignment,
            leg: place.leg,
            holder,
            holder_name: self.organization(holder),
            quantity: place.quantity,
        }
    }

    fn passage(&self, row: PassedRow) -> TracePassage {
        let (site_name, country) = self.site(row.site);
        TracePassage {
            sequence: row.sequence,
            event: row.event,
            kind: row.kind,
            effective_at: row.effective_at,
            lot: row.lot,
            account: account(row.account),
            site: row.site,
            site_name,
            country,
            consignment: row.consignment,
            holder: row.holder,
            holder_name: self.organization(row.holder),
            quantity: row.quantity,
        }
    }

    fn gift(&self, row: GivenRow) -> TraceGift {
        TraceGift {
            lot: row.lot,
            pledge: row.pledge,
            line: row.line,
            programme: row.programme,
            donor: row.donor,
            donor_name: self.organization(row.donor),
            promised: row.promised,
            surplus: row.surplus,
        }
    }
}

/// Names of one IN list; SQLite takes 32,766 bound values.
const NAMES_PER_QUERY: usize = 5_000;

fn account(code: i32) -> &'static str {
    Account::from_code(code).map_or("unknown", Account::word)
}
