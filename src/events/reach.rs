//! How far a caller's scope reaches into events: what it may read, as a part of the SQL, and what it may post
//! about, looked up before anything is queued. What it does not reach is missing, to it.

use super::kind::{Command, Kind};
use super::named::Named;
use crate::auth::{Bound, Scope};
use crate::consignments::{
    consignments_within, in_countries, loads_within, moves_own, of_organization, tells_sensitive_way,
};
use crate::core::id::EventId;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::schema::{
    approvals, balances, claims, consignments, events, legs, loads, pledge_lines, pledges, postings, sites,
    users,
};
use crate::db::{Backend, Conn, read_failure};
use crate::evidence::rules::is_hand_over;
use diesel::dsl::{exists, not};
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
            // Of a shared consignment only what moved the own goods, and of a sensitive programme nothing of the way.
            Bound::OwnPledges(donor) => query
                .filter(donated!(events::pledge_id, *donor).or(moves_own!(*donor)))
                .filter(not(tells_sensitive_way!())),
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

pub(super) fn reached_consignments<'a>(scope: &Scope) -> consignments::BoxedQuery<'a, Backend> {
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

fn reached_loads<'a>(scope: &Scope) -> loads::BoxedQuery<'a, Backend> {
    loads_within(loads::table.into_boxed(), scope)
}

/// Hand-overs that whom a scope binds may restate: to the own organization, at sites it runs, or told of by its users; in
/// the own countries.
fn restated_within<'a>(mut query: Events<'a>, scope: &Scope) -> Events<'a> {
    for bound in scope.bounds() {
        let here = sites::table.filter(sites::id.nullable().eq(events::site_id));
        query = match bound {
            Bound::Organization(own) => {
                let here = here.filter(sites::operator_id.eq(*own).assume_not_null());
                let got = consignments::table
                    .filter(consignments::id.nullable().eq(events::consignment_id))
                    .filter(consignments::consignee_id.eq(*own));
                let told = users::table
                    .filter(users::id.eq(events::actor_id))
                    .filter(users::organization_id.eq(*own).assume_not_null());
                query.filter(exists(here).or(exists(got)).or(exists(told)))
            }
            Bound::Countries(own) => query.filter(exists(here.filter(sites::country.eq_any(own.clone())))),
            Bound::OwnPledges(_) => query.filter(events::id.is_null()),
        };
    }
    events_within(query, scope)
}

fn reached_pledges<'a>(scope: &Scope) -> Pledges<'a> {
    crate::pledges::pledges_within(pledges::table.into_boxed(), scope)
}

/// Whether a scope reaches all that each of these events names and [`Named::is_asked`] says: its consignment, its site
/// where it is about no consignment's goods, its pledge, its load, the event it is about. What is not known is not
/// reached either, so that a bound caller cannot tell the two apart. There is a verdict for each of them.
///
/// # Errors
/// What the database says.
pub fn check_reached(conn: &mut Conn, scope: &Scope, kinds: &[&Kind]) -> Outcome<Vec<Outcome<()>>> {
    if scope.is_everything() {
        return Ok(kinds.iter().map(|_| Ok(())).collect());
    }
    let wanted = wanted(conn, kinds)?;
    let reached = Reached::load(conn, scope, wanted.iter().flatten().flatten())?;
    let verdict = |named: Outcome<Vec<Vec<Named>>>| {
        if named?.iter().all(|one| reached.has_all(one)) { Ok(()) } else { Err(Problem::not_found()) }
    };
    Ok(wanted.into_iter().map(verdict).collect())
}

/// What must be reached for each event; for a correction also what the event is to be about by it, and of a hand-over
/// that is corrected or reversed more than that it is read.
fn wanted(conn: &mut Conn, kinds: &[&Kind]) -> Outcome<Vec<Outcome<Vec<Vec<Named>>>>> {
    let restated: Vec<EventId> = kinds.iter().filter_map(|kind| restates(kind)).collect();
    let mut words: HashMap<EventId, String> = HashMap::new();
    if !restated.is_empty() {
        let found: Vec<(EventId, String)> = events::table
            .filter(events::id.eq_any(restated))
            .select((events::id, events::kind))
            .load(conn)
            .map_err(read_failure)?;
        words.extend(found);
    }
    let of = |kind: &Kind| -> Outcome<Vec<Vec<Named>>> {
        let mut named = vec![asked(kind)?];
        if let Some(event) = restates(kind)
            && words.get(&event).is_some_and(|word| is_hand_over(word))
        {
            named.push(vec![Named::HandOver(event)]);
        }
        if let Kind::Corrected(body) = kind
            && let Some(word) = words.get(&body.event)
        {
            // What cannot be read is refused where it is decided.
            if let Ok(right) = Command::read_details(word, body.right.clone()) {
                named.push(asked(&right)?);
            }
        }
        Ok(named)
    };
    Ok(kinds.iter().map(|kind| of(kind)).collect())
}

/// The event that one corrects or reverses.
fn restates(kind: &Kind) -> Option<EventId> {
    match kind {
        Kind::Corrected(body) => Some(body.event),
        Kind::Reversed(body) => Some(body.event),
        _ => None,
    }
}

/// What a scope must reach for one event.
fn asked(kind: &Kind) -> Outcome<Vec<Named>> {
    if let Kind::Allocated(body) = kind
        && body.site.is_none()
        && body.pledge.is_none()
    {
        let detail = "is missing; your account reaches only a part of the goods with donors, so say of which \
                      pledge to take them, or from which site";
        return Err(Problem::field("/pledge", detail).coded(Fault::Required));
    }
    Ok(kind.names().into_iter().filter(|named| named.is_asked()).collect())
}

/// What of all that a scope does reach; each by its kind too, since clients make identifiers.
struct Reached(HashSet<Named>);

impl Reached {
    fn load<'a>(
        conn: &mut Conn,
        scope: &Scope,
        wanted: impl Iterator<Item = &'a Vec<Named>> + Clone,
    ) -> Outcome<Self> {
        let mut found = HashSet::new();
        // Most batches are about one kind of thing; of the others nothing is asked.
        macro_rules! reached {
            ($kind:ident, $query:expr, $id:path) => {{
                let of = |named: &Named| if let Named::$kind(id) = named { Some(*id) } else { None };
                let ids: Vec<_> = wanted.clone().flatten().filter_map(of).collect();
                if !ids.is_empty() {
                    let rows = $query.filter($id.eq_any(ids)).select($id).load(conn).map_err(read_failure)?;
                    found.extend(rows.into_iter().map(Named::$kind));
                }
            }};
        }
        reached!(Consignment, reached_consignments(scope), consignments::id);
        reached!(Site, reached_sites(scope), sites::id);
        reached!(Pledge, reached_pledges(scope), pledges::id);
        reached!(Load, reached_loads(scope), loads::id);
        reached!(Event, events_within(events::table.into_boxed(), scope), events::id);
        reached!(HandOver, restated_within(events::table.into_boxed(), scope), events::id);
        Ok(Self(found))
    }

    /// An event that names nothing a scope could reach is for whoever reaches everything.
    fn has_all(&self, named: &[Named]) -> bool {
        !named.is_empty() && named.iter().all(|one| self.0.contains(one))
    }
}
