//! Keys of machines in the database: the updates the writer records, and reading them.
//!
//! A key and its machine, which is a user, come in one entry of the log and go in one: a machine
//! whose key is revoked is disabled as well, so that the review of access tells it.

use super::access_store::{AccessChange, note_changed};
use super::grant::way;
use super::store::{SealedUser, UserAdd, finish};
use crate::auth::{ApiKey, ApiKeyUse, User};
use crate::core::id::{ApiKeyId, ApprovalId, UserId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{api_key_uses, api_keys, users};
use crate::db::{Conn, read_failure};
use crate::web::Paging;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update};
use diesel::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// A key with its machine and when it was last used.
#[derive(Clone, Debug)]
pub struct KnownKey {
    /// The key.
    pub key: ApiKey,
    /// The machine.
    pub machine: User,
    /// When it was last used, as far as that was noted.
    pub used_at: Option<Timestamp>,
}

/// A key as made, with what another decides.
#[derive(Clone, Debug)]
pub struct MadeKey {
    /// The key with its machine.
    pub known: KnownKey,
    /// Where another decides whether the machine is let in.
    pub approval: Option<ApprovalId>,
}

/// Makes a key and its machine: at once where nobody else could decide, else a machine that is not let in until another
/// administrator says so.
pub struct ApiKeyMake {
    /// Who makes it.
    pub actor: Actor,
    /// The machine.
    pub machine: SealedUser,
    /// What may be seen of the key.
    pub prefix: String,
    /// What is stored of the rest.
    pub secret_hash: [u8; 32],
    /// Until when it may be used.
    pub good_until: Timestamp,
}

impl Update for ApiKeyMake {
    type Answer = MadeKey;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        self.add().keys(desk);
    }

    fn decide(&self, desk: &mut Desk) -> Result<MadeKey, Refusal> {
        if desk.shelf::<Drawer<User>>().find(self.machine.id)?.is_some() {
            let words = "This key was made already, and is shown only once. Where it was not kept, revoke it and \
                         make another.";
            return Err(Problem::new(Code::WrongState, words).into());
        }
        let way = way(desk, self.machine.id)?;
        // The machine's login is made of the prefix, so two keys with one prefix are refused here.
        let (machine, approval) = self.add().add(desk, way)?;
        let key = ApiKey {
            id: ApiKeyId(machine.id.0),
            user_id: machine.id,
            prefix: self.prefix.clone(),
            secret_hash: self.secret_hash.to_vec(),
            made_by: self.actor.user,
            made_at: machine.created_at,
            good_until: self.good_until,
            revoked_at: None,
            revoked_by: None,
        };
        desk.shelf::<Drawer<ApiKey>>().put(key.clone());
        Ok(MadeKey { known: KnownKey { key, machine, used_at: None }, approval })
    }
}

impl ApiKeyMake {
    fn add(&self) -> UserAdd {
        UserAdd { actor: self.actor.clone(), user: self.machine.clone() }
    }
}

/// Revokes a key, which disables its machine.
pub struct ApiKeyRevoke {
    /// Who revokes it.
    pub actor: Actor,
    /// Which.
    pub id: ApiKeyId,
}

impl Update for ApiKeyRevoke {
    type Answer = (ApiKey, User);

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<ApiKey>>().want(self.id);
        desk.shelf::<Drawer<User>>().want(UserId(self.id.0));
        desk.shelf::<Drawer<AccessChange>>().want_group(UserId(self.id.0));
    }

    fn decide(&self, desk: &mut Desk) -> Result<(ApiKey, User), Refusal> {
        let key = desk.shelf::<Drawer<ApiKey>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        let found = desk.shelf::<Drawer<User>>().find(key.user_id)?.ok_or_else(Problem::not_found)?;
        if key.revoked_at.is_some() {
            return Ok((ApiKey::clone(&key), User::clone(&found)));
        }
        let moment = desk.begin(Entry {
            action: "api_key.revoked".to_owned(),
            kind: "api_key",
            id: self.id.0,
            reason: None,
        });
        let revoked = put_revoked(desk, &key, moment.recorded_at);
        let mut machine = User::clone(&found);
        machine.disabled = true;
        finish(desk, &mut machine, moment.recorded_at);
        note_changed(desk, &found, &machine)?;
        Ok((revoked, machine))
    }
}

/// Stages, within the entry that is open, that a key is revoked by whoever acts.
fn put_revoked(desk: &mut Desk, key: &ApiKey, at: Timestamp) -> ApiKey {
    let by = desk.actor().user;
    let revoked = ApiKey { revoked_at: Some(at), revoked_by: Some(by), ..ApiKey::clone(key) };
    desk.shelf::<Drawer<ApiKey>>().put(revoked.clone());
    revoked
}

/// The key of a user who is a machine.
///
/// # Errors
/// Where it is not loaded yet.
fn key_of(desk: &mut Desk, user: UserId) -> Result<Option<Arc<ApiKey>>, Refusal> {
    Ok(desk.shelf::<Drawer<ApiKey>>().find(ApiKeyId(user.0))?)
}

/// Refuses to let a machine in whose key was revoked meanwhile.
///
/// # Errors
/// `wrong_state`, or where the key is not loaded yet.
pub(super) fn check_not_revoked(desk: &mut Desk, user: UserId) -> Result<(), Refusal> {
    if key_of(desk, user)?.is_none_or(|key| key.revoked_at.is_none()) {
        return Ok(());
    }
    let detail =
        "The key of this machine was revoked since this was proposed. Refuse it; a new key is another.";
    Err(Problem::new(Code::WrongState, detail).into())
}

/// Revokes, within the entry that is open, the key of a machine that nobody lets in.
///
/// # Errors
/// Where the key is not loaded yet.
pub(super) fn end_key(desk: &mut Desk, user: UserId, at: Timestamp) -> Result<(), Refusal> {
    if let Some(key) = key_of(desk, user)?.filter(|key| key.revoked_at.is_none()) {
        put_revoked(desk, &key, at);
    }
    Ok(())
}

/// Refuses for a machine what is for people alone: passwords, and rights other than its key was made with.
///
/// # Errors
/// `wrong_state`.
pub(super) fn check_person(user: &User) -> Outcome<()> {
    if crate::auth::is_machine_login(&user.login) {
        let detail = "This is a machine: it has no password, and its rights are those its key was made with. Revoke \
                      the key and make another.";
        return Err(Problem::new(Code::WrongState, detail));
    }
    Ok(())
}

/// A page of keys, in the order they were made; one row more than the limit tells that there are more.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut Conn, paging: &Paging<ApiKeyId>) -> Outcome<Vec<KnownKey>> {
    let mut query =
        api_keys::table.select(ApiKey::as_select()).order(api_keys::id).limit(paging.limit + 1).into_boxed();
    if let Some(after) = paging.after {
        query = query.filter(api_keys::id.gt(after));
    }
    let keys = query.load(conn).map_err(read_failure)?;
    known(conn, keys)
}

/// One key.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn api_key(conn: &mut Conn, id: ApiKeyId) -> Outcome<KnownKey> {
    let key: ApiKey = api_keys::table
        .filter(api_keys::id.eq(id))
        .select(ApiKey::as_select())
        .first(conn)
        .map_err(read_failure)?;
    known(conn, vec![key])?.pop().ok_or_else(Problem::not_found)
}

/// The key that shows a prefix.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn by_prefix(conn: &mut Conn, prefix: &str) -> Outcome<ApiKey> {
    api_keys::table
        .filter(api_keys::prefix.eq(prefix))
        .select(ApiKey::as_select())
        .first(conn)
        .map_err(read_failure)
}

fn known(conn: &mut Conn, keys: Vec<ApiKey>) -> Outcome<Vec<KnownKey>> {
    let people: Vec<UserId> = keys.iter().map(|key| key.user_id).collect();
    let machines: Vec<User> = users::table
        .filter(users::id.eq_any(people))
        .select(User::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let mut machines: HashMap<UserId, User> =
        machines.into_iter().map(|machine| (machine.id, machine)).collect();
    let ids: Vec<ApiKeyId> = keys.iter().map(|key| key.id).collect();
    let used: Vec<ApiKeyUse> = api_key_uses::table
        .filter(api_key_uses::id.eq_any(ids))
        .select(ApiKeyUse::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let used: HashMap<ApiKeyId, Timestamp> = used.into_iter().map(|used| (used.id, used.used_at)).collect();
    let with_machine = keys.into_iter().filter_map(|key| {
        let machine = machines.remove(&key.user_id)?;
        let used_at = used.get(&key.id).copied();
        Some(KnownKey { key, machine, used_at })
    });
    Ok(with_machine.collect())
}

/// Until when the keys of machines are good, for the review of access.
///
/// # Errors
/// What the database says.
pub(super) fn ends(conn: &mut Conn) -> Outcome<HashMap<UserId, Timestamp>> {
    let ends: Vec<(UserId, Timestamp)> =
        api_keys::table.select((api_keys::user_id, api_keys::good_until)).load(conn).map_err(read_failure)?;
    Ok(ends.into_iter().collect())
}
