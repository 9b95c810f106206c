//! How far a caller's scope reaches into events: what it may read, as a part of the SQL, and what it may post
//! about, looked up before anything is queued. What it does not reach is missing, to it.

use super::kind::{Command, Kind};
use super::wait::subjects;
use crate::auth::{Bound, Scope};
use crate::consignments::{consignments_within, in_countries, moves_own, of_organization};
use crate::core::id::{ConsignmentId, EventId, PledgeId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{
    approvals, balances, claims, consignments, events, legs, pledge_lines, pledges, postings, sites,
};
use crate::db::{Backend, Conn, read_failure};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// A query over events that can be narrowed.
pub type Events<'a> = events::BoxedQuery<'a, Backend>;
type Sites<'a> = sites::BoxedQuery<'a, Backend>;
type Pledges<'a> = pledges::BoxedQuery<'a, Backend>;

// Each of these asks about the one row at hand, by its key: whoever has a hundred thousand consignments in reach, and asks
// for one event, has none of them listed first.
macro_rules! donated {
    ($pledge:expr, $donor:expr) => {
        diesel::dsl::exists(
            pledges::table.filter(pledges::id.nullable().eq($pledge)).filter(pledges::donor_id.eq($donor)),
        )
    };
}

macro_rules! earmarked {
    ($pledge:expr, $countries:expr) => {
        diesel::dsl::exists(
            pledge_lines::table
                .filter(pledge_lines::pledge_id.nullable().eq($pledge))
                .filter(pledge_lines::earmark_country.eq_any($countries)),
        )
    };
}

macro_rules! of_organization_too {
    ($consignment:expr, $site:expr, $organization:expr) => {
        diesel::dsl::exists(
            consignments::table
                .filter(consignments::id.nullable().eq($consignment))
                .filter(of_organization!($organization)),
        )
        .or(diesel::dsl::exists(
            sites::table.filter(sites::id.nullable().eq($site)).filter(sites::operator_id.eq($organization)),
        ))
    };
}

macro_rules! in_countries_too {
    ($consignment:expr, $site:expr, $countries:expr) => {
        diesel::dsl::exists(
            consignments::table
                .filter(consignments::id.nullable().eq($consignment))
                .filter(in_countries!($countries)),
        )
        .or(diesel::dsl::exists(
            sites::table.filter(sites::id.nullable().eq($site)).filter(sites::country.eq_any($countries)),
        ))
    };
}

/// Events a scope reaches: of consignments and pledges it reaches, and at its sites; of own pledges those that moved
/// their goods.
pub fn events_within<'a>(mut query: Events<'a>, scope: &Scope) -> Events<'a> {
    for bound in scope.bounds() {
        query = match bound {
            Bound::Organization(organization) => query.filter(
                of_organization_too!(events::consignment_id, events::site_id, *organization)
                    .or(donated!(events::pledge_id, *organization)),
            ),
            Bound::Countries(countries) => query.filter(
                in_countries_too!(events::consignment_id, events::site_id, countries.clone())
                    .or(earmarked!(events::pledge_id, countries.clone())),
            ),
            // Of a shared consignment only what moved the own goods.
            Bound::OwnPledges(donor) => {
                query.filter(donated!(events::pledge_id, *donor).or(moves_own!(*donor)))
            }
        };
    }
    query
}

/// Narrows what is kept about events, with what they are about, to what a scope reaches; none of it is a donor's.
macro_rules! about_events_within {
    ($query:expr, $scope:expr, $table:ident) => {{
        let mut query = $query;
        for bound in $scope.bounds() {
            query = match bound {
                Bound::Organization(organization) => query.filter(
                    of_organization_too!($table::consignment_id, $table::site_id, *organization)
                        .or(donated!($table::pledge_id, *organization)),
                ),
                Bound::Countries(countries) => query.filter(
                    in_countries_too!($table::consignment_id, $table::site_id, countries.clone())
                        .or(earmarked!($table::pledge_id, countries.clone())),
                ),
                Bound::OwnPledges(_) => query.filter($table::id.is_null()),
            };
        }
        query
    }};
}

/// Proposals a scope reaches: those about events it would reach. A donor is shown none.
pub fn approvals_within<'a>(
    query: approvals::BoxedQuery<'a, Backend>,
    scope: &Scope,
) -> approvals::BoxedQuery<'a, Backend> {
    about_events_within!(query, scope, approvals)
}

/// Claims a scope reaches: those for events it reaches. A donor is shown none.
pub fn claims_within<'a>(
    query: claims::BoxedQuery<'a, Backend>,
    scope: &Scope,
) -> claims::BoxedQuery<'a, Backend> {
    about_events_within!(query, scope, claims)
}

/// Narrows what waits to what a scope reaches; none of it is traced from a pledge yet.
macro_rules! waiting_within {
    ($query:expr, $scope:expr) => {
        for bound in $scope.bounds() {
            $query = match bound {
                Bound::Organization(organization) => $query.filter(of_organization_too!(
                    waiting::consignment_id,
                    waiting::site_id,
                    *organization
                )),
                Bound::Countries(countries) => $query.filter(in_countries_too!(
                    waiting::consignment_id,
                    waiting::site_id,
                    countries.clone()
                )),
                Bound::OwnPledges(_) => $query.filter(waiting::id.is_null()),
            };
        }
    };
}
pub(super) use {in_countries_too, of_organization_too, waiting_within};

fn reached_consignments<'a>(scope: &Scope) -> consignments::BoxedQuery<'a, Backend> {
    consignments_within(consignments::table.into_boxed(), scope)
}

fn reached_sites<'a>(scope: &Scope) -> Sites<'a> {
    let mut query = sites::table.into_boxed();
    for bound in scope.bounds() {
        query = match bound {
            Bound::Organization(own) | Bound::OwnPledges(own) => query.filter(sites::operator_id.eq(*own)),
            Bound::Countries(own) => query.filter(sites::country.eq_any(own.clone())),
        };
    }
    query
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
    if let Kind::EarmarkChanged(body) = kind {
        return Some(body.pledge);
    }
    if let Kind::PledgeWithdrawn(body) = kind { Some(body.pledge) } else { None }
}

/// Whether a scope reaches what each of these events is about: its consignment, else its site, else its
/// pledge, else the event it corrects or reverses; and where goods are taken out of free stock, its site too.
/// What is not known is not reached either, so that a bound caller cannot tell the two apart.
///
/// # Errors
/// What the database says.
pub(super) fn check(conn: &mut Conn, scope: &Scope, kinds: &[&Kind]) -> Outcome<Vec<Outcome<()>>> {
    if scope.is_everything() {
        return Ok(kinds.iter().map(|_| Ok(())).collect());
    }
    let wanted = wanted(conn, kinds)?;
    let reached = Reached::load(conn, scope, wanted.iter().flatten().flatten())?;
    let verdict = |subjects: Outcome<Vec<Subjects>>| {
        if subjects?.iter().all(|one| reached.has_all(one)) { Ok(()) } else { Err(Problem::not_found()) }
    };
    Ok(wanted.into_iter().map(verdict).collect())
}

/// What must be reached for each event; for a correction also what the event is to be about by it.
fn wanted(conn: &mut Conn, kinds: &[&Kind]) -> Outcome<Vec<Outcome<Vec<Subjects>>>> {
    let corrected: Vec<EventId> = kinds
        .iter()
        .filter_map(|kind| if let Kind::Corrected(body) = kind { Some(body.event) } else { None })
        .collect();
    let mut words: HashMap<EventId, String> = HashMap::new();
    if !corrected.is_empty() {
        let found: Vec<(EventId, String)> = events::table
            .filter(events::id.eq_any(corrected))
            .select((events::id, events::kind))
            .load(conn)
            .map_err(read_failure)?;
        words.extend(found);
    }
    let of = |kind: &Kind| -> Outcome<Vec<Subjects>> {
        let mut subjects = vec![Subjects::of(kind)?];
        if let Kind::Corrected(body) = kind
            && let Some(word) = words.get(&body.event)
        {
            // What cannot be read is refused where it is decided.
            if let Ok(right) = Command::read_details(word, body.right.clone()) {
                subjects.push(Subjects::of(&right)?);
            }
        }
        Ok(subjects)
    };
    Ok(kinds.iter().map(|kind| of(kind)).collect())
}

/// All that a scope must reach for one event.
#[derive(Default)]
struct Subjects {
    consignment: Option<ConsignmentId>,
    site: Option<SiteId>,
    pledge: Option<PledgeId>,
    event: Option<EventId>,
}

impl Subjects {
    fn of(kind: &Kind) -> Outcome<Self> {
        // Free stock is anybody's until it is reserved: being party to the consignment it is reserved for says
        // nothing about being entitled to it.
        if let Kind::Allocated(body) = kind {
            if body.site.is_none() && body.pledge.is_none() {
                let detail = "is missing; your account reaches only a part of the goods with donors, so say of which \
                              pledge to take them, or from which site";
                return Err(Problem::field("/pledge", detail));
            }
            let consignment = Some(body.consignment);
            // Goods in a warehouse are the warehouse's to give, whoever pledged them.
            let pledge = body.pledge.filter(|_| body.site.is_none());
            return Ok(Self { consignment, site: body.site, pledge, event: None });
        }
        // What is delivered comes out of the site's free stock, whatever consignment it is delivered under.
        if let Kind::Delivered(body) = kind {
            return Ok(Self { consignment: body.consignment, site: Some(body.site), ..Self::default() });
        }
        // Who runs a warehouse records what is brought to it, whoever gave it, so `collected` asks for the site.
        let (consignment, site) = subjects(kind);
        Ok(match (consignment, site, pledge_of(kind)) {
            (Some(_), _, _) => Self { consignment, ..Self::default() },
            (None, Some(_), _) => Self { site, ..Self::default() },
            (None, None, Some(pledge)) => Self { pledge: Some(pledge), ..Self::default() },
            (None, None, None) => Self { event: kind.about(), ..Self::default() },
        })
    }

    fn is_empty(&self) -> bool {
        self.consignment.is_none() && self.site.is_none() && self.pledge.is_none() && self.event.is_none()
    }
}

/// What of all that a scope does reach.
struct Reached {
    consignments: HashSet<ConsignmentId>,
    sites: HashSet<SiteId>,
    pledges: HashSet<PledgeId>,
    events: HashSet<EventId>,
}

impl Reached {
    fn load<'a>(
        conn: &mut Conn,
        scope: &Scope,
        wanted: impl Iterator<Item = &'a Subjects> + Clone,
    ) -> Outcome<Self> {
        // Most batches are about one kind of thing; of the others nothing is asked.
        macro_rules! reached {
            ($query:expr, $id:path, $member:ident) => {{
                let ids: Vec<_> = wanted.clone().filter_map(|subjects| subjects.$member).collect();
                if ids.is_empty() {
                    HashSet::new()
                } else {
                    let found = $query.filter($id.eq_any(ids)).select($id).load(conn);
                    found.map_err(read_failure)?.into_iter().collect()
                }
            }};
        }
        Ok(Self {
            consignments: reached!(reached_consignments(scope), consignments::id, consignment),
            sites: reached!(reached_sites(scope), sites::id, site),
            pledges: reached!(reached_pledges(scope), pledges::id, pledge),
            events: reached!(events_within(events::table.into_boxed(), scope), events::id, event),
        })
    }

    fn has_all(&self, subjects: &Subjects) -> bool {
        !subjects.is_empty()
            && subjects.consignment.is_none_or(|id| self.consignments.contains(&id))
            && subjects.site.is_none_or(|id| self.sites.contains(&id))
            && subjects.pledge.is_none_or(|id| self.pledges.contains(&id))
            && subjects.event.is_none_or(|id| self.events.contains(&id))
    }
}
