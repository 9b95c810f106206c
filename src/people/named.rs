//! People whom other records name by identifier: a signatory, or who consented. Each is there, within the reach of
//! whoever names it, and not erased.

use super::http::PersonView;
use super::store::{Person, PersonFilter, list_people};
use crate::auth::{Action, Bound, Named, Permit, Scope};
use crate::core::id::PersonId;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::Conn;
use crate::parties::Organization;
use crate::vault::Vault;
use crate::writer::{Desk, Drawer, Refusal, Wanted};
use std::collections::HashMap;
use std::sync::Arc;

/// The person that a record is about to name.
///
/// # Errors
/// `invalid` at the pointer where nobody within reach has the identifier, or was erased; rows missing on the desk.
pub fn check_named(
    desk: &mut Desk,
    scope: &Scope,
    pointer: &str,
    id: PersonId,
) -> Result<Arc<Person>, Refusal> {
    let person = check_reached(desk, scope, pointer, id)?;
    match person.erased_at {
        None => Ok(person),
        Some(at) => {
            let detail = format!("{id} was erased at {at}; record the person anew, under another id");
            Err(Problem::field(pointer, detail).into())
        }
    }
}

/// The same of somebody who may have been erased since.
///
/// # Errors
/// As [`check_named`].
pub fn check_reached(
    desk: &mut Desk,
    scope: &Scope,
    pointer: &str,
    id: PersonId,
) -> Result<Arc<Person>, Refusal> {
    let found = desk.shelf::<Drawer<Person>>().find(id)?;
    if let Some(person) = found
        && is_reached(desk, scope, &person)?
    {
        return Ok(person);
    }
    // Who is out of reach is missing, to the caller.
    Err(Problem::field(pointer, format!("{id} is nobody on record for you; record the person first"))
        .coded(Fault::Unknown)
        .into())
}

/// Whether a person is within a scope, as lists of people have it.
fn is_reached(desk: &mut Desk, scope: &Scope, person: &Person) -> Result<bool, Wanted> {
    for bound in scope.bounds() {
        let is_within = match bound {
            Bound::Organization(own) => person.organization_id == *own,
            Bound::Countries(own) => desk
                .shelf::<Drawer<Organization>>()
                .find(person.organization_id)?
                .and_then(|organization| organization.country.clone())
                .is_some_and(|country| own.contains(&country)),
            Bound::OwnPledges(_) => false,
        };
        if !is_within {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Of these people those whom the caller of another room may read.
///
/// # Errors
/// What the database says.
pub fn people_named<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    ids: Vec<PersonId>,
) -> Outcome<Vec<Person>> {
    let Some(scope) = permit.reach(Action::PersonRead).filter(|_| !ids.is_empty()) else {
        return Ok(Vec::new());
    };
    let most = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let filter = PersonFilter { ids: Some(ids), ..PersonFilter::default() };
    list_people(conn, &scope, &filter, (None, most))
}

/// What to print for each of them: the name, or that and when it was erased.
///
/// # Errors
/// An internal problem where something is not what was sealed.
pub fn shown_as(vault: &Vault, people: &[Person]) -> Outcome<HashMap<PersonId, String>> {
    people.iter().map(|person| Ok((person.id, PersonView::open(vault, person)?.shown_as))).collect()
}
