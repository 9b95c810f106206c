//! How far a caller's scope reaches into events: what it may read, as a part of the SQL, and what it may post
//! about, looked up before anything is queued. What it does not reach is missing, to it.

use super::kind::Kind;
use super::wait::subjects;
use crate::auth::Scope;
use crate::consignments::{consignments_within, in_country, of_organization};
use crate::core::id::{ConsignmentId, EventId, PledgeId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{balances, consignments, events, legs, pledge_lines, pledges, sites};
use crate::db::{Backend, Conn, read_failure};
use diesel::prelude::*;
use std::collections::HashSet;

/// A query over events that can be narrowed.
pub(super) type Events<'a> = events::BoxedQuery<'a, Backend>;
type Sites<'a> = sites::BoxedQuery<'a, Backend>;
type Pledges<'a> = pledges::BoxedQuery<'a, Backend>;

macro_rules! donated {
    ($donor:expr) => {
        pledges::table.filter(pledges::donor_id.eq($donor)).select(pledges::id.nullable())
    };
}

macro_rules! of_organization_too {
    ($consignment:expr, $site:expr, $organization:expr) => {
        $consignment
            .eq_any(
                consignments::table
                    .filter(of_organization!($organization))
                    .select(consignments::id.nullable()),
            )
            .or($site.eq_any(
                sites::table.filter(sites::operator_id.eq($organization)).select(sites::id.nullable()),
            ))
    };
}

macro_rules! in_country_too {
    ($consignment:expr, $site:expr, $country:expr) => {
        $consignment
            .eq_any(consignments::table.filter(in_country!($country)).select(consignments::id.nullable()))
            .or($site.eq_any(sites::table.filter(sites::country.eq($country)).select(sites::id.nullable())))
    };
}

/// Events a scope reaches: of consignments and pledges it reaches, and at its sites.
pub(super) fn events_within<'a>(query: Events<'a>, scope: &Scope) -> Events<'a> {
    match scope {
        Scope::All => query,
        Scope::Organization(organization) => query.filter(
            of_organization_too!(events::consignment_id, events::site_id, *organization)
                .or(events::pledge_id.eq_any(donated!(*organization))),
        ),
        Scope::Country(country) => query.filter(
            in_country_too!(events::consignment_id, events::site_id, country.clone()).or(events::pledge_id
                .eq_any(
                    pledge_lines::table
                        .filter(pledge_lines::earmark_country.eq(country.clone()))
                        .select(pledge_lines::pledge_id.nullable()),
                )),
        ),
        Scope::OwnPledges(donor) => query.filter(
            events::pledge_id.eq_any(donated!(*donor)).or(events::consignment_id.eq_any(
                balances::table
                    .inner_join(pledge_lines::table.on(pledge_lines::id.eq(balances::pledge_line_id)))
                    .inner_join(pledges::table.on(pledges::id.eq(pledge_lines::pledge_id)))
                    .filter(pledges::donor_id.eq(*donor).and(balances::consignment_id.is_not_null()))
                    .select(balances::consignment_id),
            )),
        ),
    }
}

/// Narrows what waits to what a scope reaches; a donor sees none of it.
macro_rules! waiting_within {
    ($query:expr, $scope:expr) => {
        match $scope {
            Scope::All | Scope::OwnPledges(_) => $query,
            Scope::Organization(organization) => {
                $query.filter(of_organization_too!(waiting::consignment_id, waiting::site_id, *organization))
            }
            Scope::Country(country) => {
                $query.filter(in_country_too!(waiting::consignment_id, waiting::site_id, country.clone()))
            }
        }
    };
}
pub(super) use {in_country_too, of_organization_too, waiting_within};

fn reached_consignments<'a>(scope: &Scope) -> consignments::BoxedQuery<'a, Backend> {
    consignments_within(consignments::table.into_boxed(), scope)
}

fn reached_sites<'a>(scope: &Scope) -> Sites<'a> {
    let all = sites::table.into_boxed();
    match scope {
        Scope::All => all,
        Scope::Organization(organization) | Scope::OwnPledges(organization) => {
            all.filter(sites::operator_id.eq(*organization))
        }
        Scope::Country(country) => all.filter(sites::country.eq(country.clone())),
    }
}

fn reached_pledges<'a>(scope: &Scope) -> Pledges<'a> {
    crate::pledges::pledges_within(pledges::table.into_boxed(), scope)
}

/// The pledge an event is about where it is about nothing else.
fn pledge_of(kind: &Kind) -> Option<PledgeId> {
    if let Kind::PledgeAccepted(body) = kind {
        return Some(body.pledge);
    }
    if let Kind::PledgeDeclined(body) = kind {
        return Some(body.pledge);
    }
    if let Kind::PledgeWithdrawn(body) = kind { Some(body.pledge) } else { None }
}

/// Whether a scope reaches what each of these events is about: its consignment, else its site, else its
/// pledge, else the event it corrects or reverses. What is not known is not reached either, so that a bound
/// caller cannot tell the two apart.
///
/// # Errors
/// What the database says.
pub(super) fn check(conn: &mut Conn, scope: &Scope, kinds: &[&Kind]) -> Outcome<Vec<Outcome<()>>> {
    if *scope == Scope::All {
        return Ok(kinds.iter().map(|_| Ok(())).collect());
    }
    let wanted: Vec<Subject> = kinds.iter().map(|kind| Subject::of(kind)).collect();
    let pick = |want: fn(&Subject) -> Option<uuid::Uuid>| -> Vec<uuid::Uuid> {
        wanted.iter().filter_map(want).collect()
    };
    let consignments: HashSet<ConsignmentId> = reached_consignments(scope)
        .filter(consignments::id.eq_any(pick(Subject::consignment).into_iter().map(ConsignmentId)))
        .select(consignments::id)
        .load(conn)
        .map_err(read_failure)?
        .into_iter()
        .collect();
    let sites: HashSet<SiteId> = reached_sites(scope)
        .filter(sites::id.eq_any(pick(Subject::site).into_iter().map(SiteId)))
        .select(sites::id)
        .load(conn)
        .map_err(read_failure)?
        .into_iter()
        .collect();
    let pledges: HashSet<PledgeId> = reached_pledges(scope)
        .filter(pledges::id.eq_any(pick(Subject::pledge).into_iter().map(PledgeId)))
        .select(pledges::id)
        .load(conn)
        .map_err(read_failure)?
        .into_iter()
        .collect();
    let events: HashSet<EventId> = events_within(events::table.into_boxed(), scope)
        .filter(events::id.eq_any(pick(Subject::event).into_iter().map(EventId)))
        .select(events::id)
        .load(conn)
        .map_err(read_failure)?
        .into_iter()
        .collect();
    let is_reached = |subject: &Subject| match subject {
        Subject::Consignment(id) => consignments.contains(id),
        Subject::Site(id) => sites.contains(id),
        Subject::Pledge(id) => pledges.contains(id),
        Subject::Event(id) => events.contains(id),
        Subject::Nothing => false,
    };
    Ok(wanted
        .iter()
        .map(|subject| if is_reached(subject) { Ok(()) } else { Err(Problem::not_found()) })
        .collect())
}

/// What a scope is asked about for one event.
enum Subject {
    Consignment(ConsignmentId),
    Site(SiteId),
    Pledge(PledgeId),
    Event(EventId),
    Nothing,
}

impl Subject {
    fn of(kind: &Kind) -> Self {
        let (consignment, site) = subjects(kind);
        match (consignment, site, pledge_of(kind), kind.about()) {
            (Some(id), _, _, _) => Self::Consignment(id),
            (None, Some(id), _, _) => Self::Site(id),
            (None, None, Some(id), _) => Self::Pledge(id),
            (None, None, None, Some(id)) => Self::Event(id),
            (None, None, None, None) => Self::Nothing,
        }
    }

    fn consignment(&self) -> Option<uuid::Uuid> {
        if let Self::Consignment(id) = self { Some(id.0) } else { None }
    }

    fn site(&self) -> Option<uuid::Uuid> {
        if let Self::Site(id) = self { Some(id.0) } else { None }
    }

    fn pledge(&self) -> Option<uuid::Uuid> {
        if let Self::Pledge(id) = self { Some(id.0) } else { None }
    }

    fn event(&self) -> Option<uuid::Uuid> {
        if let Self::Event(id) = self { Some(id.0) } else { None }
    }
}
