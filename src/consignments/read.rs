//! Reading consignments: lists, one with its legs, standing and history, and what the public may see of it.

use super::rules::{ConsignmentState, Standing, state};
use super::store::{Consignment, Leg};
use crate::auth::{Bound, Fields, Named, Permit, Scope};
use crate::core::id::{ConsignmentId, EventId, ItemId, LegId, OrganizationId, ProgrammeId, SiteId, UserId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{
    balances, consignments, events, legs, pledge_lines, pledges, postings, programmes, sites,
};
use crate::db::{Conn, either, in_parts, read_failure};
use crate::evidence::rules::is_hand_over;
use crate::evidence::{Evidence, evidence_of};
use crate::ledger::Account;
use crate::ledger::origin::IS_FROM_PAPER;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// What a list of consignments is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct ConsignmentFilter {
    /// Of this programme.
    pub programme: Option<ProgrammeId>,
    /// For this consignee.
    pub consignee: Option<OrganizationId>,
    /// From this origin.
    pub origin: Option<SiteId>,
    /// To this destination.
    pub destination: Option<SiteId>,
    /// With this number.
    pub reference: Option<String>,
}

type Boxed<'a> = consignments::BoxedQuery<'a, crate::db::Backend>;

/// Consignments that concern an organization: as consignor, consignee or carrier, or at sites it runs. A macro,
/// since the type of such a condition cannot be written down.
macro_rules! of_organization {
    ($organization:expr) => {
        consignments::consignor_id
            .eq($organization)
            .or(consignments::consignee_id.eq($organization).assume_not_null())
            .or(diesel::dsl::exists(
                legs::table
                    .filter(legs::consignment_id.eq(consignments::id))
                    .filter(legs::carrier_id.eq($organization)),
            ))
            .or(diesel::dsl::exists(
                sites::table
                    .filter(
                        sites::id.eq(consignments::origin_id).or(sites::id.eq(consignments::destination_id)),
                    )
                    .filter(sites::operator_id.eq($organization)),
            ))
    };
}

/// Consignments from or to one of these countries.
macro_rules! in_countries {
    ($countries:expr) => {
        diesel::dsl::exists(
            sites::table
                .filter(sites::id.eq(consignments::origin_id).or(sites::id.eq(consignments::destination_id)))
                .filter(sites::country.eq_any($countries)),
        )
    };
}
pub(crate) use {in_countries, of_organization};

/// Narrows to the consignments a scope reaches.
pub fn consignments_within<'a>(mut query: Boxed<'a>, scope: &Scope) -> Boxed<'a> {
    for bound in scope.bounds() {
        query = match bound {
            Bound::Organization(organization) => query.filter(of_organization!(*organization)),
            Bound::Countries(countries) => query.filter(in_countries!(countries.clone())),
            Bound::OwnPledges(donor) => query.filter(diesel::dsl::exists(
                balances::table
                    .inner_join(pledge_lines::table.on(pledge_lines::id.eq(balances::pledge_line_id)))
                    .inner_join(pledges::table.on(pledges::id.eq(pledge_lines::pledge_id)))
                    .filter(balances::consignment_id.eq(consignments::id.nullable()))
                    .filter(pledges::donor_id.eq(*donor)),
            )),
        };
    }
    query
}

/// Whether a consignment or load between these is the caller's to record: whether the scope would reach it. `named` is
/// the field that says whose it is, as a pointer, and what its parties are.
///
/// # Errors
/// `invalid` where it would not, or what the database says.
pub fn check_within(
    conn: &mut Conn,
    scope: &Scope,
    named: (&str, &str),
    parties: [Option<OrganizationId>; 2],
    ends: [SiteId; 2],
) -> Outcome<()> {
    check_ends(scope, named, parties, (ends, &ends_within(conn, scope, &ends)?))
}

/// Who runs sites, and in which countries they are.
pub type Ends = HashMap<SiteId, (Option<OrganizationId>, String)>;

/// What [`check_ends`] asks of sites; nothing where a scope reaches everything.
///
/// # Errors
/// What the database says.
pub fn ends_within(conn: &mut Conn, scope: &Scope, ids: &[SiteId]) -> Outcome<Ends> {
    if scope.is_everything() {
        return Ok(Ends::new());
    }
    let found: Vec<(SiteId, Option<OrganizationId>, String)> = in_parts(ids, |part| {
        let query = sites::table.filter(sites::id.eq_any(part));
        query.select((sites::id, sites::operator_id, sites::country)).load(conn)
    })
    .map_err(read_failure)?;
    Ok(found.into_iter().map(|(id, operator, country)| (id, (operator, country))).collect())
}

/// As [`check_within`], over sites that were looked up.
///
/// # Errors
/// `invalid` where it would not.
pub fn check_ends(
    scope: &Scope,
    named: (&str, &str),
    parties: [Option<OrganizationId>; 2],
    (ends, known): ([SiteId; 2], &Ends),
) -> Outcome<()> {
    for bound in scope.bounds() {
        let mut at_ends = ends.iter().filter_map(|end| known.get(end));
        let (is_within, right) = match bound {
            Bound::Organization(own) | Bound::OwnPledges(own) => {
                let is_within =
                    parties.contains(&Some(*own)) || at_ends.any(|(operator, _)| *operator == Some(*own));
                (is_within, format!("the organization {own} must be its {}, or run one of its ends", named.1))
            }
            Bound::Countries(own) => {
                let is_within = at_ends.any(|(_, country)| own.iter().any(|code| code == country));
                (is_within, format!("it must start or end in {}", own.join(" or ")))
            }
        };
        if !is_within {
            let detail = format!("it is not within your account's reach; {right}");
            return Err(Problem::field(named.0, detail).coded(Fault::NotAllowed));
        }
    }
    Ok(())
}

/// Consignments in order of their identifier, as far as the scope reaches.
///
/// # Errors
/// What the database says.
pub fn consignment_list<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    filter: &ConsignmentFilter,
    after: Option<ConsignmentId>,
    limit: i64,
) -> Outcome<Vec<Consignment>> {
    let mut query = consignments_within(consignments::table.into_boxed(), permit.scope());
    if let Some(programme) = filter.programme {
        query = query.filter(consignments::programme_id.eq(programme));
    }
    if let Some(consignee) = filter.consignee {
        query = query.filter(consignments::consignee_id.eq(consignee));
    }
    if let Some(origin) = filter.origin {
        query = query.filter(consignments::origin_id.eq(origin));
    }
    if let Some(destination) = filter.destination {
        query = query.filter(consignments::destination_id.eq(destination));
    }
    if permit.fields() == Fields::Traced && (filter.origin.is_some() || filter.destination.is_some()) {
        // Whoever is not told a place cannot ask for it either.
        let open = programmes::table
            .filter(programmes::id.eq(consignments::programme_id))
            .filter(programmes::sensitive.eq(false));
        query = query.filter(diesel::dsl::exists(open));
    }
    if let Some(reference) = &filter.reference {
        query = query.filter(consignments::reference.eq(reference.clone()));
    }
    if let Some(after) = after {
        query = query.filter(consignments::id.gt(after));
    }
    query
        .order(consignments::id)
        .limit(limit)
        .select(Consignment::as_select())
        .load(conn)
        .map_err(read_failure)
}

/// One consignment, if the scope reaches it.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn consignment_read<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: ConsignmentId,
) -> Outcome<Consignment> {
    if permit.scope().is_everything() {
        return either!(conn, one => {
            consignments::table.filter(consignments::id.eq(id)).select(Consignment::as_select()).first(one)
        })
        .map_err(read_failure);
    }
    consignments_within(consignments::table.into_boxed(), permit.scope())
        .filter(consignments::id.eq(id))
        .select(Consignment::as_select())
        .first(conn)
        .map_err(read_failure)
}

/// The consignment of a tracking code.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn consignment_by_code(conn: &mut Conn, code: &str) -> Outcome<Consignment> {
    consignments::table
        .filter(consignments::tracking_code.eq(code))
        .select(Consignment::as_select())
        .first(conn)
        .map_err(read_failure)
}

/// All legs of a consignment, replaced ones too, in the order of the journey.
///
/// # Errors
/// What the database says.
pub(super) fn legs_read(conn: &mut Conn, consignment: ConsignmentId) -> Outcome<Vec<Leg>> {
    either!(conn, one => {
        legs::table
            .filter(legs::consignment_id.eq(consignment))
            .order(legs::ordinal)
            .select(Leg::as_select())
            .load(one)
    })
    .map_err(read_failure)
}

/// An event in a consignment's history.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = events)]
pub struct HistoryRow {
    /// The consignment.
    #[diesel(column_name = consignment_id)]
    pub consignment: Option<ConsignmentId>,
    /// Ledger sequence.
    pub sequence: i64,
    /// The event.
    pub id: EventId,
    /// Its kind.
    pub kind: String,
    /// The leg.
    #[diesel(column_name = leg_id)]
    pub leg: Option<LegId>,
    /// The site.
    #[diesel(column_name = site_id)]
    pub site: Option<SiteId>,
    /// In the world.
    pub occurred_at: Timestamp,
    /// How exactly that is known.
    #[diesel(column_name = occurred_precision)]
    pub precision: String,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// Here.
    pub recorded_at: Timestamp,
    /// Whether it counts later than it occurred.
    pub moved: bool,
    /// Whether it was worked out from another event.
    pub inferred: bool,
    /// The event it corrects, reverses or confirms.
    #[diesel(column_name = about_id)]
    pub about: Option<EventId>,
    /// Who posted it.
    #[diesel(column_name = actor_id)]
    pub actor: UserId,
    /// Whether it was entered for somebody else from paper.
    #[diesel(select_expression = events::body.like(IS_FROM_PAPER))]
    #[diesel(select_expression_type = diesel::dsl::Like<events::body, &'static str>)]
    pub from_paper: bool,
}

/// Events of a consignment shown with it: its latest.
pub const HISTORY_SHOWN: usize = 500;

/// The latest events of a consignment, in the order they were recorded.
///
/// # Errors
/// What the database says.
pub(super) fn latest_history(conn: &mut Conn, consignment: ConsignmentId) -> Outcome<Vec<HistoryRow>> {
    let mut rows: Vec<HistoryRow> = either!(conn, one => {
        events::table
            .filter(events::consignment_id.eq(consignment))
            .order(events::sequence.desc())
            .limit(HISTORY_SHOWN as i64)
            .select(HistoryRow::as_select())
            .load(one)
    })
    .map_err(read_failure)?;
    rows.reverse();
    Ok(rows)
}

/// A consignment's events in the order they were recorded, if the scope reaches it.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn history_read<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: ConsignmentId,
    after: i64,
    limit: i64,
) -> Outcome<Vec<HistoryRow>> {
    let consignment = consignment_read(conn, permit, id)?.id;
    either!(conn, one => {
        events::table
            .filter(events::consignment_id.eq(consignment).and(events::sequence.gt(after)))
            .order(events::sequence)
            .limit(limit)
            .select(HistoryRow::as_select())
            .load(one)
    })
    .map_err(read_failure)
}

/// What verifies the hand-overs of a history.
///
/// # Errors
/// What the database says.
pub(super) fn told_evidence(conn: &mut Conn, history: &[HistoryRow]) -> Outcome<Evidence> {
    let handed = history.iter().filter(|row| is_hand_over(&row.kind)).map(|row| row.id);
    evidence_of(conn, &handed.collect::<Vec<_>>())
}

/// The way of a consignment, if the scope reaches it.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn way_read<A: Named>(conn: &mut Conn, permit: &Permit<A>, id: ConsignmentId) -> Outcome<Vec<Leg>> {
    let consignment = consignment_read(conn, permit, id)?.id;
    legs_read(conn, consignment)
}

/// Base units of an item that an event of a consignment put into storage at a site, or took out of it.
pub(super) type StorageMove = (SiteId, ItemId, i64);

/// What these events put into storage and took out of it: stored goods carry no consignment, so their balances do not
/// tell. A macro, since the type of such a query cannot be written down.
macro_rules! storage_moves {
    ($these:expr) => {
        postings::table
            .filter(crate::db::listed(
                postings::sequence,
                events::table.filter($these).select(events::sequence),
            ))
            .filter(postings::account.eq($crate::ledger::Account::InStorage.code()))
    };
}
pub(super) use storage_moves;

/// What a consignment's goods are doing.
///
/// # Errors
/// What the database says.
pub(super) fn standing_read(conn: &mut Conn, consignment: ConsignmentId) -> Outcome<Standing> {
    let rows: Vec<(i32, i64)> = either!(conn, one => {
        balances::table
            .filter(balances::consignment_id.eq(consignment).and(balances::quantity.ne(0)))
            .select((balances::account, balances::quantity))
            .load(one)
    })
    .map_err(read_failure)?;
    let stored: Vec<StorageMove> = either!(conn, one => {
        storage_moves!(events::consignment_id.eq(consignment))
            .select((postings::site_id.assume_not_null(), postings::item_id, postings::quantity))
            .load(one)
    })
    .map_err(read_failure)?;
    Ok(standing_of(rows, stored))
}

/// How much of what a consignment put into storage it has not taken out again. What it took from a place beyond that
/// was there before it.
fn stored(moves: impl IntoIterator<Item = StorageMove>) -> i64 {
    let mut left: HashMap<(SiteId, ItemId), i64> = HashMap::new();
    for (site, item, quantity) in moves {
        *left.entry((site, item)).or_default() += quantity;
    }
    left.into_values().filter(|quantity| *quantity > 0).sum()
}

/// What goods are doing that lie in these accounts, and that were put into storage.
pub(super) fn standing_of(
    rows: impl IntoIterator<Item = (i32, i64)>,
    moves: impl IntoIterator<Item = StorageMove>,
) -> Standing {
    let mut standing = Standing { stored: stored(moves), ..Standing::default() };
    for (account, quantity) in rows {
        match Account::from_code(account) {
            Some(Account::Allocated) => standing.allocated += quantity,
            Some(Account::InTransit) => standing.in_transit += quantity,
            Some(Account::Missing) => standing.missing += quantity,
            Some(Account::Delivered | Account::Distributed) => standing.delivered += quantity,
            Some(Account::Lost | Account::Disposed | Account::Returned) => standing.ended += quantity,
            Some(
                Account::Promised
                | Account::Surplus
                | Account::Unallocated
                | Account::InStorage
                | Account::Withdrawn,
            )
            | None => {}
        }
    }
    standing
}

/// The events of a history that were not reversed.
pub fn standing_events(history: &[HistoryRow]) -> impl Iterator<Item = &HistoryRow> {
    let reversed: HashSet<EventId> =
        history.iter().filter(|event| event.kind == "reversed").filter_map(|event| event.about).collect();
    history.iter().filter(move |event| event.kind != "reversed" && !reversed.contains(&event.id))
}

/// The state of a consignment in one word, from its goods and its history.
pub fn state_of(consignment: &Consignment, standing: Standing, history: &[HistoryRow]) -> ConsignmentState {
    let has = |kind: &str| standing_events(history).any(|event| event.kind == kind);
    // Of a long history only the latest is read; goods that have so much of it have been on their way.
    let is_long = history.len() >= HISTORY_SHOWN;
    state(standing, consignment.cancelled, is_long || has("departed"), is_long || has("received"))
}
