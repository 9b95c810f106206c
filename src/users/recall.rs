//! What a backup lets people and machines in with, taken back when it was restored.
//!
//! Some of it was revoked or used since, and nobody can tell which without the database that is gone. Never here:
//! passwords and rights, which stay as they were then and are for people to look through.

use super::api_key_store::ApiKeyRevoke;
use super::invitation_store::{Invitation, InvitationEnd, end_invitations};
use super::store::entry;
use crate::auth::now;
use crate::core::id::{ApiKeyId, UserId};
use crate::core::problem::Outcome;
use crate::db::schema::{api_keys, invitations};
use crate::db::{Conn, read_failure};
use crate::writer::{Actor, Desk, Drawer, Refusal, Update, Writer};
use diesel::prelude::*;

/// How much was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// Keys of machines.
    pub api_keys: usize,
    /// One-time links.
    pub links: usize,
}

/// Revokes every key of a machine and ends every one-time link that could be used now, each as an entry of the log.
///
/// # Errors
/// Whatever the database says.
pub fn recall_access(conn: &mut Conn, writer: &Writer, actor: &Actor) -> Outcome<Recalled> {
    let keys: Vec<ApiKeyId> = api_keys::table
        .filter(api_keys::revoked_at.is_null().and(api_keys::good_until.gt(now())))
        .order(api_keys::id)
        .select(api_keys::id)
        .load(conn)
        .map_err(read_failure)?;
    for id in &keys {
        writer.record_blocking(ApiKeyRevoke { actor: actor.clone(), id: *id })?;
    }
    let invited: Vec<UserId> = invitations::table
        .filter(invitations::ended_at.is_null().and(invitations::good_until.gt(now())))
        .order(invitations::user_id)
        .select(invitations::user_id)
        .distinct()
        .load(conn)
        .map_err(read_failure)?;
    let mut links = 0;
    for user in invited {
        links += writer.record_blocking(LinksRevoke { actor: actor.clone(), user })?.answer;
    }
    Ok(Recalled { api_keys: keys.len(), links })
}

/// Ends the open links of a user.
struct LinksRevoke {
    actor: Actor,
    user: UserId,
}

impl Update for LinksRevoke {
    type Answer = usize;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Invitation>>().want_group(self.user);
    }

    fn decide(&self, desk: &mut Desk) -> Result<usize, Refusal> {
        let links = desk.shelf::<Drawer<Invitation>>().group(self.user)?;
        let open = links.iter().filter(|link| link.ended_at.is_none()).count();
        if open > 0 {
            let reason = "the database was restored from a backup".to_owned();
            let moment = desk.begin(entry("invitation.revoked", self.user, Some(reason)));
            end_invitations(desk, self.user, (moment.recorded_at, InvitationEnd::Revoked))?;
        }
        Ok(open)
    }
}
