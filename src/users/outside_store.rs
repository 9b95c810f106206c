//! Users an outside issuer introduces: the row that says who is who, and the update of an entry.
//!
//! A user is made at the first entry, and only where the mapping gives a role. From then on role and bounds follow what
//! the issuer says at each entry, as changes of access like any other; who has no role any more comes in no more, and
//! what is open ends. Nobody is ever found by a name that somebody else could have: issuer and subject count alone, and
//! neither is kept: the row is found by a digest of both under a key of the vault.

use super::access_store::{AccessChange, note_changed};
use super::rules::{check_bounds, check_name};
use super::session_store::end_open;
use super::store::{NewUser, SealedUser, UserAdd, entry, finish, want_user};
use crate::auth::{Introduced, NO_PASSWORD, Role, SessionEnd, User, countries_text, outside_login};
use crate::core::id::{OutsideIdentityId, UserId, derived};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Conn, read_failure};
use crate::vault::Vault;
use crate::writer::{Actor, Desk, Drawer, Record, Refusal, Update, record};
use uuid::Uuid;

/// What stands as the role of whoever acts where the issuer's word is carried out.
const ISSUER_ROLE: &str = "outside-issuer";

record! {
    /// Whom an issuer means by a subject.
    pub struct OutsideIdentity in outside_identities key id: OutsideIdentityId, group user_id: UserId,
        personal(salt: subject) {
        /// Key: made from issuer and subject, and what only the vault has.
        id: OutsideIdentityId,
        /// The user.
        user_id: UserId,
        /// The issuer.
        issuer: String,
        /// Empty; before it was kept nowhere, the issuer's name for the person.
        subject: String,
        /// When the person first came in.
        first_at: Timestamp,
        /// What the log's commitment to the subject was salted with.
        salt: Option<Vec<u8>>,
    }
}

/// Carries out what an issuer says of somebody who wants to come in.
pub struct OutsideEntry {
    actor: Actor,
    issuer: String,
    introduced: Introduced,
    ids: Ids,
    /// The user to be made, where there is none.
    new: Option<SealedUser>,
}

/// The keys under which somebody may be known.
#[derive(Clone, Copy)]
pub struct Ids {
    now: OutsideIdentityId,
    /// From before keys were made with what only the vault has.
    before: OutsideIdentityId,
}

impl Ids {
    /// Those of whoever an issuer calls so.
    pub fn of(vault: &Vault, issuer: &str, subject: &str) -> Self {
        let text = format!("{issuer}\n{subject}");
        let keyed = vault.lookup("outside identity", &text);
        Self { now: derived(Uuid::nil(), &keyed, 0), before: derived(Uuid::nil(), &text, 0) }
    }

    /// Whether somebody is known under one of them.
    ///
    /// # Errors
    /// What the database says.
    pub fn are_known(self, conn: &mut Conn) -> Outcome<bool> {
        let found = OutsideIdentity::load(conn, &[self.now, self.before]).map_err(read_failure)?;
        Ok(!found.is_empty())
    }
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Entered {
    /// The user may come in.
    Welcome(Box<User>),
    /// The mapping gives no role, or the account is disabled.
    Refused,
}

impl OutsideEntry {
    /// By this issuer's word.
    pub fn new(issuer: &str, introduced: Introduced, ids: Ids, new: Option<SealedUser>) -> Self {
        let actor =
            Actor { user: UserId(Uuid::nil()), role: ISSUER_ROLE.to_owned(), scope: "all".to_owned() };
        Self { actor, issuer: issuer.to_owned(), introduced, ids, new }
    }
}

/// A user as an issuer introduces one, sealed; nothing where it gives no role.
///
/// # Errors
/// Where the key cannot be made.
pub fn introduced_user(vault: &Vault, introduced: &Introduced, ids: Ids) -> Outcome<Option<SealedUser>> {
    let Some(role) = introduced.role else { return Ok(None) };
    let said = introduced.name.as_deref().map(str::trim).filter(|name| check_name(name).is_ok());
    let user = NewUser {
        id: UserId(Uuid::now_v7()),
        login: outside_login(ids.now.0),
        name: said.unwrap_or("Unnamed").to_owned(),
        password_hash: NO_PASSWORD.to_owned(),
        role,
        organization: introduced.organization,
        countries: introduced.countries.clone(),
    };
    user.sealed(vault).map(Some)
}

impl Update for OutsideEntry {
    type Answer = Entered;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<OutsideIdentity>>().want(self.ids.now);
        desk.shelf::<Drawer<OutsideIdentity>>().want(self.ids.before);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Entered, Refusal> {
        let drawer = desk.shelf::<Drawer<OutsideIdentity>>();
        let (now, before) = (drawer.find(self.ids.now)?, drawer.find(self.ids.before)?);
        match (now.or(before), self.introduced.role) {
            (None, None) => Ok(Entered::Refused),
            (None, Some(role)) => {
                check_bounds(role, self.introduced.organization, !self.introduced.countries.is_empty())?;
                let new = self.new.clone().ok_or_else(|| Problem::internal("a new user was not sealed"))?;
                let user = UserAdd { actor: self.actor.clone(), user: new }.decide(desk)?;
                desk.shelf::<Drawer<OutsideIdentity>>().put(OutsideIdentity {
                    id: self.ids.now,
                    user_id: user.id,
                    issuer: self.issuer.clone(),
                    subject: String::new(),
                    first_at: user.created_at,
                    salt: None,
                });
                Ok(Entered::Welcome(Box::new(user)))
            }
            (Some(identity), role) => self.again(desk, identity.user_id, role),
        }
    }
}

impl OutsideEntry {
    fn again(&self, desk: &mut Desk, id: UserId, role: Option<Role>) -> Result<Entered, Refusal> {
        want_user(desk, id);
        desk.shelf::<Drawer<AccessChange>>().want_group(id);
        let found = desk.shelf::<Drawer<User>>().find(id)?.ok_or_else(Problem::not_found)?;
        if found.disabled {
            return Ok(Entered::Refused);
        }
        let Some(role) = role else {
            let reason = Some("the outside issuer gives no role any more".to_owned());
            let moment = desk.begin(entry("session.ended", id, reason));
            end_open(desk, id, None, (moment.recorded_at, SessionEnd::Ended))?;
            return Ok(Entered::Refused);
        };
        check_bounds(role, self.introduced.organization, !self.introduced.countries.is_empty())?;
        let mut user = User::clone(&found);
        role.word().clone_into(&mut user.role);
        user.organization_id = self.introduced.organization;
        user.country = countries_text(self.introduced.countries.iter().cloned());
        if user != *found {
            let moment = desk.begin(entry(
                "user.changed",
                id,
                Some(format!("role {role}, as the outside issuer says")),
            ));
            finish(desk, &mut user, moment.recorded_at);
            note_changed(desk, &found, &user)?;
        }
        Ok(Entered::Welcome(Box::new(user)))
    }
}

/// Refuses what an outside issuer says and nobody here does.
///
/// # Errors
/// `wrong_state`.
pub(super) fn check_ours(user: &User) -> Outcome<()> {
    if crate::auth::is_outside_login(&user.login) {
        let detail = "Role, bounds and password of this user are the outside issuer's to say. Disable the user here, or \
                      change what the issuer says.";
        return Err(Problem::new(Code::WrongState, detail));
    }
    Ok(())
}
