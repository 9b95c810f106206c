//! Users in the database: reading them, and the updates the writer records.

use super::access_store::{AccessChange, note_added, note_changed};
use super::api_key_store::check_person;
use super::grant::{Rights, Way, keep, proposed_entry, way};
use super::invitation_store::{Invitation, InvitationEnd, NewInvitation, end_invitations};
use super::outside_store::check_ours;
use super::rules::{check_bounds, check_not_self};
use super::session_store::{end_open, role_of};
use crate::auth::{
    Role, Session, SessionEnd, User, UserWords, countries_text, find_by_login, is_operator, login_key,
    seal_new_user, seal_password, user_was_erased,
};
use crate::core::check::taken;
use crate::core::id::{ApprovalId, OrganizationId, SessionId, UserId, derived};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{organizations, users};
use crate::db::{Conn, read_failure};
use crate::vault::Vault;
use crate::web::{IfMatch, Paging};
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Register, Unique, Update};
use diesel::prelude::*;
use uuid::Uuid;

/// What a new user is, checked; the password is hashed already.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Key.
    pub id: UserId,
    /// In its normal form.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// PHC string, or [`crate::auth::NO_PASSWORD`].
    pub password_hash: String,
    /// What the user is.
    pub role: Role,
    /// For whom.
    pub organization: Option<OrganizationId>,
    /// Where: country codes, none where that is no bound.
    pub countries: Vec<String>,
}

/// A new user whose name and password are sealed; the login is here for the words of a refusal.
#[derive(Clone)]
pub struct SealedUser {
    /// Key.
    pub id: UserId,
    login: String,
    /// By what the user is found.
    key: String,
    words: Vec<u8>,
    password: Option<Vec<u8>>,
    /// What the user is.
    pub role: Role,
    /// For whom.
    pub organization: Option<OrganizationId>,
    /// Where.
    pub countries: Vec<String>,
}

impl SealedUser {
    /// Whether a password was given.
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }
}

impl NewUser {
    /// The same sealed, under a key that is made. It reads and writes files.
    ///
    /// # Errors
    /// Where the key cannot be made.
    pub fn sealed(self, vault: &Vault) -> Outcome<SealedUser> {
        let words = UserWords { login: self.login, name: self.name };
        Ok(SealedUser {
            id: self.id,
            key: login_key(vault, &words.login),
            words: seal_new_user(vault, self.id, &words)?,
            password: seal_password(vault, self.id, &self.password_hash)?,
            login: words.login,
            role: self.role,
            organization: self.organization,
            countries: self.countries,
        })
    }

    /// The identifier of the first administrator: always the same, so that there is only one.
    pub fn first_id() -> UserId {
        derived(Uuid::nil(), "first administrator", 0)
    }
}

/// Which user is found by which key of a login.
pub struct Logins;

impl Unique for Logins {
    type Holder = UserId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, UserId)>> {
        users::table.filter(users::login.eq_any(texts)).select((users::login, users::id)).load(conn)
    }
}

/// Adds a user.
pub struct UserAdd {
    /// Who adds.
    pub actor: Actor,
    /// Whom.
    pub user: SealedUser,
}

impl Update for UserAdd {
    type Answer = User;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<User>>().want(self.user.id);
        desk.shelf::<Register<Logins>>().want(&self.user.key);
    }

    fn decide(&self, desk: &mut Desk) -> Result<User, Refusal> {
        self.add(desk, Way::Operator).map(|(user, _)| user)
    }
}

impl UserAdd {
    /// Adds the user, or, where another decides about that, a user who cannot log in until then.
    pub(super) fn add(&self, desk: &mut Desk, way: Way) -> Result<(User, Option<ApprovalId>), Refusal> {
        if desk.shelf::<Drawer<User>>().find(self.user.id)?.is_some() {
            return Err(Problem::new(Code::WrongState, "This user was added already. Log in.").into());
        }
        let new = &self.user;
        let logins = desk.shelf::<Register<Logins>>();
        if let Some(holder) = logins.holder(&new.key)? {
            return Err(taken("/login", "user", &new.login, holder).into());
        }
        logins.assign(&new.key, Some(new.id));
        let moment = desk.begin(entry("user.added", new.id, Some(format!("role {}", new.role))));
        let user = User {
            id: new.id,
            login: new.key.clone(),
            name: String::new(),
            password_hash: String::new(),
            role: new.role.word().to_owned(),
            organization_id: new.organization,
            country: countries_text(new.countries.iter().cloned()),
            disabled: way == Way::Proposed,
            revision: 1,
            created_at: moment.recorded_at,
            updated_at: moment.recorded_at,
            salt: Some(desk.salt(new.id.0).to_vec()),
            sealed: Some(new.words.clone()),
            sealed_password: new.password.clone(),
            erased_at: None,
            erased_by: None,
            erased_as: None,
        };
        desk.shelf::<Drawer<User>>().put(user.clone());
        note_added(desk, &user);
        let before = Rights { disabled: true, ..Rights::of(&user) };
        let after = Rights { disabled: false, ..Rights::of(&user) };
        let approval = keep(desk, (user.id, moment.recorded_at), before, after, way)?;
        Ok((user, approval))
    }
}

/// Adds a user in the name of an administrator: at once where nobody else could decide, else as a proposal.
pub struct UserGrant {
    /// The user.
    pub add: UserAdd,
    /// The link by which the user sets a password, where none was given.
    pub invitation: Option<NewInvitation>,
}

/// A user as added, with the link and what another decides.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The user.
    pub user: User,
    /// The link.
    pub invitation: Option<Invitation>,
    /// Where another decides whether the user is let in.
    pub approval: Option<ApprovalId>,
}

impl Update for UserGrant {
    type Answer = Granted;

    fn actor(&self) -> &Actor {
        self.add.actor()
    }

    fn keys(&self, desk: &mut Desk) {
        self.add.keys(desk);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Granted, Refusal> {
        let way = way(desk, self.add.user.id)?;
        if way == Way::Proposed && self.add.user.has_password() {
            let detail = "is not yours to set where another administrator decides about the user; leave it out, and \
                          the user sets it by a link of which each of you hands over a half";
            return Err(Problem::field("/password", detail).coded(Fault::NotAllowed).into());
        }
        let (user, approval) = self.add.add(desk, way)?;
        let made = (user.id, user.created_at);
        let invitation = self.invitation.as_ref().map(|invitation| invitation.put(desk, made, approval));
        Ok(Granted { user, invitation, approval })
    }
}

/// A user as changed, with what another decides.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The user.
    pub user: User,
    /// Where another decides about the rights that were asked for.
    pub approval: Option<ApprovalId>,
}

/// What is to be different; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Login and another name, sealed.
    pub words: Option<Vec<u8>>,
    /// Another password, hashed and sealed.
    pub password: Option<Vec<u8>>,
    /// Another role.
    pub role: Option<Role>,
    /// Another organization, or none.
    pub organization: Option<Option<OrganizationId>>,
    /// Other countries, or none.
    pub countries: Option<Vec<String>>,
    /// Whether the user may log in.
    pub disabled: Option<bool>,
}

impl Changes {
    fn touch_access(&self, user: &User) -> bool {
        self.role.is_some_and(|role| role.word() != user.role)
            || self.disabled.is_some_and(|disabled| disabled != user.disabled)
    }

    /// Whether it only lets a user in no more, or again.
    fn is_about_access_alone(&self) -> bool {
        self.words.is_none()
            && self.password.is_none()
            && self.role.is_none()
            && self.organization.is_none()
            && self.countries.is_none()
    }

    fn apply(&self, user: &mut User) {
        if let Some(words) = &self.words {
            user.sealed = Some(words.clone());
        }
        if let Some(password) = &self.password {
            user.sealed_password = Some(password.clone());
        }
        if let Some(role) = self.role {
            role.word().clone_into(&mut user.role);
        }
        if let Some(organization) = self.organization {
            user.organization_id = organization;
        }
        if let Some(countries) = &self.countries {
            user.country = countries_text(countries.iter().cloned());
        }
        if let Some(disabled) = self.disabled {
            user.disabled = disabled;
        }
    }

    /// What is changed, in the words of the log; never a value that is personal.
    fn words(&self) -> String {
        let mut words = Vec::new();
        if let Some(role) = self.role {
            words.push(format!("role {role}"));
        }
        if let Some(disabled) = self.disabled {
            words.push(if disabled { "disabled".to_owned() } else { "enabled".to_owned() });
        }
        for (is_changed, word) in [
            (self.password.is_some(), "password"),
            (self.words.is_some(), "name"),
            (self.organization.is_some(), "organization"),
            (self.countries.is_some(), "countries"),
        ] {
            if is_changed {
                words.push(word.to_owned());
            }
        }
        words.join(", ")
    }
}

/// Changes a user.
pub struct UserChange {
    /// Who changes.
    pub actor: Actor,
    /// Whom.
    pub id: UserId,
    /// The revision the caller read; the command line, which shows no revision, has none.
    pub read: Option<IfMatch>,
    /// What.
    pub changes: Changes,
}

impl Update for UserChange {
    type Answer = Changed;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        want_user(desk, self.id);
        desk.shelf::<Drawer<AccessChange>>().want_group(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Changed, Refusal> {
        let found = desk.shelf::<Drawer<User>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        if let Some(read) = self.read {
            read.check(found.revision)?;
        }
        check_kept(&found)?;
        check_person(&found)?;
        if !self.changes.is_about_access_alone() {
            check_ours(&found)?;
        }
        check_not_self(self.actor.user, self.id, self.changes.touch_access(&found))?;
        if self.changes.password.is_some() && !is_operator(&self.actor) {
            let detail =
                "Nobody sets a password that is somebody else's. Make a link, by which the user does.";
            return Err(Problem::new(Code::WrongState, detail).into());
        }
        let mut user = User::clone(&found);
        self.changes.apply(&mut user);
        if user == *found {
            return Ok(Changed { user, approval: None });
        }
        let (before, after) = (Rights::of(&found), Rights::of(&user));
        let granted = after.are_granted_over(&before);
        if granted {
            check_bounds(role_of(&user)?, user.organization_id, user.country.is_some())?;
        }
        let way = if granted { way(desk, user.id)? } else { Way::Operator };
        let begun = if way == Way::Proposed {
            // Until another decides, only what is no right changes, and access that is taken away.
            Rights { disabled: before.disabled || after.disabled, ..before.clone() }.give(&mut user);
            proposed_entry(user.id, self.changes.words())
        } else {
            entry("user.changed", user.id, Some(self.changes.words()))
        };
        let moment = desk.begin(begun);
        let before = if way == Way::Proposed { Rights::of(&user) } else { before };
        let approval = keep(desk, (user.id, moment.recorded_at), before, after, way)?;
        if user != *found {
            finish(desk, &mut user, moment.recorded_at);
            note_changed(desk, &found, &user)?;
        }
        let how = match (user.disabled && !found.disabled, self.changes.password.is_some()) {
            (true, _) => Some(SessionEnd::Disabled),
            (false, true) => Some(SessionEnd::PasswordChanged),
            (false, false) => None,
        };
        if let Some(how) = how {
            end_open(desk, user.id, None, (moment.recorded_at, how))?;
            end_invitations(desk, user.id, (moment.recorded_at, InvitationEnd::Replaced))?;
        }
        Ok(Changed { user, approval })
    }
}

/// Changes the own password, which ends all other sessions.
pub struct OwnPassword {
    /// Who changes it: the user.
    pub actor: Actor,
    /// Whose.
    pub id: UserId,
    /// The session that stays.
    pub keep: Option<SessionId>,
    /// What was sealed of the password that was checked.
    pub old: Option<Vec<u8>>,
    /// The new one, hashed and sealed.
    pub new: Option<Vec<u8>>,
}

impl Update for OwnPassword {
    type Answer = User;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        want_user(desk, self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<User, Refusal> {
        let found = desk.shelf::<Drawer<User>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        if found.sealed_password != self.old {
            let detail =
                "Your password was changed meanwhile from elsewhere. Log in with the one that counts now.";
            return Err(Problem::new(Code::WrongState, detail).into());
        }
        let moment = desk.begin(entry("user.password_changed", self.id, None));
        let mut user = User::clone(&found);
        user.sealed_password.clone_from(&self.new);
        finish(desk, &mut user, moment.recorded_at);
        end_open(desk, self.id, self.keep, (moment.recorded_at, SessionEnd::PasswordChanged))?;
        end_invitations(desk, self.id, (moment.recorded_at, InvitationEnd::Replaced))?;
        Ok(user)
    }
}

/// Asks for a user with everything that ends with the user's access.
pub(super) fn want_user(desk: &mut Desk, id: UserId) {
    desk.shelf::<Drawer<User>>().want(id);
    desk.shelf::<Drawer<Session>>().want_group(id);
    desk.shelf::<Drawer<Invitation>>().want_group(id);
}

/// Counts a change of a user and stages the row.
pub(super) fn finish(desk: &mut Desk, user: &mut User, at: Timestamp) {
    user.revision += 1;
    user.updated_at = at;
    if user.salt.is_none() && user.erased_at.is_none() {
        user.salt = Some(desk.salt(user.id.0).to_vec());
    }
    desk.shelf::<Drawer<User>>().put(user.clone());
}

/// Refuses what cannot be done with a user who was erased.
///
/// # Errors
/// `wrong_state`.
pub(super) fn check_kept(user: &User) -> Outcome<()> {
    user.erased_at.map_or(Ok(()), |at| Err(user_was_erased(user.id, at)))
}

pub(super) fn entry(action: &str, user: UserId, reason: Option<String>) -> Entry {
    Entry { action: action.to_owned(), kind: "user", id: user.0, reason }
}

/// One user.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn user(conn: &mut Conn, id: UserId) -> Outcome<User> {
    users::table.filter(users::id.eq(id)).select(User::as_select()).first(conn).map_err(read_failure)
}

/// A page of users, in the order they were added; one row more than the limit tells that there are more.
///
/// # Errors
/// What the database says.
pub fn list(conn: &mut Conn, paging: &Paging<UserId>) -> Outcome<Vec<User>> {
    let mut query =
        users::table.select(User::as_select()).order(users::id).limit(paging.limit + 1).into_boxed();
    if let Some(after) = paging.after {
        query = query.filter(users::id.gt(after));
    }
    query.load(conn).map_err(read_failure)
}

/// Refuses a login that is taken, before its password costs anybody time, and an organization that is not
/// there. [`UserAdd`] asks for the login once more: another user may have got it meanwhile.
///
/// # Errors
/// `duplicate` or `invalid`.
pub fn check_references(
    conn: &mut Conn,
    login: Option<(&Vault, &str)>,
    organization: Option<OrganizationId>,
) -> Outcome<()> {
    if let Some((vault, login)) = login
        && let Some(user) = find_by_login(conn, vault, login)?
    {
        return Err(taken("/login", "user", login, user.id));
    }
    if let Some(id) = organization {
        let found: i64 = organizations::table
            .filter(organizations::id.eq(id))
            .count()
            .get_result(conn)
            .map_err(read_failure)?;
        if found == 0 {
            return Err(Problem::field("/organization_id", format!("There is no organization {id}."))
                .coded(Fault::Unknown));
        }
    }
    Ok(())
}
