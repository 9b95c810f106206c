//! Who decides about rights: whether anybody does besides whoever acts, and whether whoever acts is the reason that
//! nobody does.
//!
//! Access is taken away by one administrator alone, or a stolen account could stay. So that one is not enough to be left
//! alone by it: whoever took the right to decide from somebody who has not got it back acts for two nowhere.

use super::access_store::AccessChange;
use crate::audit::entry::EntryWriter;
use crate::auth::{Action, User, roles_of};
use crate::core::id::UserId;
use crate::db::Conn;
use crate::db::schema::{access_changes, users};
use crate::writer::{Desk, Drawer, Refusal, Shelf, Wanted};
use diesel::prelude::*;
use std::any::Any;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Those who could decide about rights, as the database has them.
#[derive(Default)]
pub struct Deciders {
    stored: Option<Known>,
    is_wanted: bool,
}

#[derive(Clone)]
struct Known {
    /// Who could now.
    now: Vec<UserId>,
    /// Who could at any time.
    ever: Vec<UserId>,
}

impl Shelf for Deciders {
    fn is_wanting(&self) -> bool {
        self.is_wanted
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let roles = roles_of(Action::UserWrite);
        let now = users::table
            .filter(users::role.eq_any(roles.clone()))
            .filter(users::disabled.eq(false))
            .order(users::id)
            .select(users::id)
            .load(conn)?;
        let ever = access_changes::table
            .filter(access_changes::role.eq_any(roles))
            .filter(access_changes::disabled.eq(false))
            .order(access_changes::user_id)
            .select(access_changes::user_id)
            .distinct()
            .load(conn)?;
        self.stored = Some(Known { now, ever });
        self.is_wanted = false;
        Ok(())
    }

    fn mark(&self) -> usize {
        0
    }

    fn undo(&mut self, _mark: usize) {}

    fn describe(&self, _mark: usize, _entry: &mut EntryWriter) {}

    fn flush(&mut self, _conn: &mut Conn) -> QueryResult<()> {
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

fn known(desk: &mut Desk) -> Result<Known, Refusal> {
    let deciders = desk.shelf::<Deciders>();
    deciders.stored.clone().ok_or_else(|| {
        deciders.is_wanted = true;
        Wanted.into()
    })
}

/// Whether somebody else than whoever acts and the user concerned could decide about rights now.
///
/// # Errors
/// Where it is not known yet who else there is.
pub(super) fn another_decides(desk: &mut Desk, subject: UserId) -> Result<bool, Refusal> {
    let stored = known(desk)?.now;
    let actor = desk.actor().user;
    let drawer = desk.shelf::<Drawer<User>>();
    let mut is_missed = false;
    for id in stored {
        is_missed |= drawer.find(id).is_err();
    }
    if is_missed {
        return Err(Wanted.into());
    }
    // With those of this batch, as it leaves them.
    let roles = roles_of(Action::UserWrite);
    let fits = |user: &User| {
        !user.disabled && roles.contains(&user.role.as_str()) && ![actor, subject].contains(&user.id)
    };
    Ok(drawer.with(fits).is_some())
}

/// Whether whoever acts took the right to decide from somebody who has not got it back. It goes by the person and has no
/// end: who is patient would be alone after it.
///
/// # Errors
/// Where the changes of somebody's rights are not loaded yet.
pub(super) fn took_from_others(desk: &mut Desk) -> Result<bool, Refusal> {
    let known = known(desk)?;
    let actor = desk.actor().user;
    let drawer = desk.shelf::<Drawer<AccessChange>>();
    let people: BTreeSet<UserId> = known.now.into_iter().chain(known.ever).collect();
    let (mut took, mut is_missed) = (false, false);
    for id in people {
        match drawer.group(id) {
            Ok(changes) => took |= taken_by(&changes) == Some(actor),
            Err(Wanted) => is_missed = true,
        }
    }
    if is_missed { Err(Wanted.into()) } else { Ok(took) }
}

/// Who took from a user the right to decide about rights, if the user had it and has not got it back.
fn taken_by(changes: &[Arc<AccessChange>]) -> Option<UserId> {
    let roles = roles_of(Action::UserWrite);
    let mut changes: Vec<&Arc<AccessChange>> = changes.iter().collect();
    changes.sort_by_key(|change| change.since);
    let (mut decided, mut taken) = (false, None);
    for change in changes {
        let decides = !change.disabled && roles.contains(&change.role.as_str());
        match (decided, decides) {
            (_, true) => taken = None,
            (true, false) => taken = change.changed_by,
            (false, false) => {}
        }
        decided = decides;
    }
    taken
}
