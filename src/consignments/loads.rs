//! Reading loads: vehicles, containers and flights, with what their papers say.

use super::read::{in_countries, of_organization};
use super::store::Load;
use crate::auth::{Bound, Named, Permit, Scope, action};
use crate::core::id::LoadId;
use crate::core::problem::Outcome;
use crate::db::schema::{consignments, events, legs, loads, sites};
use crate::db::{Conn, read_failure};
use diesel::dsl::exists;
use diesel::prelude::*;

/// That an event of a consignment under a condition names the load. A macro, since the type of such a condition cannot be
/// written down.
macro_rules! carrying {
    ($consignments:expr) => {
        exists(
            events::table.filter(events::load_id.eq(loads::id.nullable())).filter(exists(
                consignments::table
                    .filter(consignments::id.nullable().eq(events::consignment_id))
                    .filter($consignments),
            )),
        )
    };
}

/// That one of the load's ends is a site under a condition.
macro_rules! at_end {
    ($sites:expr) => {
        exists(
            sites::table.filter(sites::id.eq(loads::from_id).or(sites::id.eq(loads::to_id))).filter($sites),
        )
    };
}

/// Narrows to the loads a scope reaches: whose carrier or ends it reaches, or that carry a consignment it reaches.
pub fn loads_within<'a>(
    mut query: loads::BoxedQuery<'a, crate::db::Backend>,
    scope: &Scope,
) -> loads::BoxedQuery<'a, crate::db::Backend> {
    for bound in scope.bounds() {
        query = match bound {
            Bound::Organization(own) => query.filter(
                at_end!(sites::operator_id.eq(*own))
                    .or(loads::carrier_id.is_not_null().and(loads::carrier_id.assume_not_null().eq(*own)))
                    .or(carrying!(of_organization!(*own))),
            ),
            Bound::Countries(own) => query.filter(
                at_end!(sites::country.eq_any(own.clone())).or(carrying!(in_countries!(own.clone()))),
            ),
            // A vehicle carries what others gave too.
            Bound::OwnPledges(_) => query.filter(loads::id.is_null()),
        };
    }
    query
}

/// Loads in order of their identifier, as far as the scope reaches.
///
/// # Errors
/// What the database says.
pub fn load_list(
    conn: &mut Conn,
    permit: &Permit<action::LoadRead>,
    after: Option<LoadId>,
    limit: i64,
) -> Outcome<Vec<Load>> {
    let mut query = loads_within(loads::table.into_boxed(), permit.scope());
    if let Some(after) = after {
        query = query.filter(loads::id.gt(after));
    }
    query.order(loads::id).limit(limit).select(Load::as_select()).load(conn).map_err(read_failure)
}

/// Whether the scope reaches a load.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn load_reached<A: Named>(conn: &mut Conn, permit: &Permit<A>, id: LoadId) -> Outcome<()> {
    let found = loads_within(loads::table.into_boxed(), permit.scope()).filter(loads::id.eq(id));
    found.select(loads::id).first::<LoadId>(conn).map(drop).map_err(read_failure)
}
