//! Reading loads: vehicles, containers and flights, with what their papers say.

use super::read::{in_countries, of_organization};
use super::store::Load;
use crate::auth::{Bound, Named, Permit, Scope, action};
use crate::core::id::LoadId;
use crate::core::problem::Outcome;
use crate::db::schema::{consignments, events, legs, loads, sites};
use crate::db::{Conn, read_failure};
use diesel::prelude::*;

/// The loads that events of consignments under a condition name. A macro, since the type of such a condition cannot be
/// written down.
macro_rules! loads_of {
    ($consignments:expr) => {
        events::table
            .filter(
                events::consignment_id
                    .eq_any(consignments::table.filter($consignments).select(consignments::id.nullable())),
            )
            .filter(events::load_id.is_not_null())
            .select(events::load_id.assume_not_null())
    };
}

/// Narrows to the loads a scope reaches: whose carrier or ends it reaches, or that carry a consignment it reaches.
fn loads_within<'a>(
    mut query: loads::BoxedQuery<'a, crate::db::Backend>,
    scope: &Scope,
) -> loads::BoxedQuery<'a, crate::db::Backend> {
    for bound in scope.bounds() {
        query = match bound {
            Bound::Organization(own) => {
                let runs = || sites::table.filter(sites::operator_id.eq(*own)).select(sites::id);
                query.filter(
                    loads::from_id
                        .eq_any(runs())
                        .or(loads::to_id.eq_any(runs()))
                        .or(loads::carrier_id.is_not_null().and(loads::carrier_id.assume_not_null().eq(*own)))
                        .or(loads::id.eq_any(loads_of!(of_organization!(*own)))),
                )
            }
            Bound::Countries(own) => {
                let lies = || sites::table.filter(sites::country.eq_any(own.clone())).select(sites::id);
                query.filter(
                    loads::from_id
                        .eq_any(lies())
                        .or(loads::to_id.eq_any(lies()))
                        .or(loads::id.eq_any(loads_of!(in_countries!(own.clone())))),
                )
            }
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
