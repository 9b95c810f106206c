//! Erasing a user who left: what says who it was is emptied, and the key of it destroyed.
//!
//! The row stays with role, bounds and times, and so does all the user did, by identifier. In this order a crash in
//! between leaves a row that says *erased* with a key, which is destroyed at the next start. Never here: people who sign,
//! receive or drive, which are the room `people`'s.

use super::http::{UserView, opened};
use super::invitation_store::{InvitationEnd, end_invitations};
use super::rules::check_disabled_before_erasing;
use super::session_store::end_open;
use super::store::{Logins, entry, finish, want_user};
use crate::auth::{Permit, SessionEnd, User, action, destroy_user_key, erased_login, has_user_key};
use crate::core::id::UserId;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::users;
use crate::db::{Conn, Database, read_failure};
use crate::vault::Vault;
use crate::web::{Json, Path, Routes, State, Written, WrittenBody};
use crate::writer::{Actor, Desk, Drawer, Recorded, Refusal, Register, Update};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// Users read at once.
const USERS_PER_READ: i64 = 500;

/// Why a user was erased whom another administrator did not let in, in one word.
pub(super) const NOT_LET_IN: &str = "not_let_in";

/// Why a user is erased: one of few words, since the log is kept for ever and a sentence could name somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserErasureReason {
    /// The user asked for it.
    Requested,
    /// The user should not have been added.
    Mistaken,
    /// Who it was is needed no more.
    NotNeeded,
}

impl UserErasureReason {
    const ALL: [Self; 3] = [Self::Requested, Self::Mistaken, Self::NotNeeded];

    /// The word in the database, the log and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Mistaken => "mistaken",
            Self::NotNeeded => "not_needed",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// Empties the row of a user who is disabled; destroying the key comes after it. Done twice it is the same.
pub struct UserErase {
    /// Who erases.
    pub actor: Actor,
    /// Whom.
    pub id: UserId,
    /// Why.
    pub reason: UserErasureReason,
}

impl Update for UserErase {
    type Answer = User;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        want_user(desk, self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<User, Refusal> {
        let found = desk.shelf::<Drawer<User>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        if found.erased_at.is_some() {
            return Ok(User::clone(&found));
        }
        check_disabled_before_erasing(found.disabled)?;
        let word = self.reason.word();
        let moment = desk.begin(entry("user.erased", self.id, Some(word.to_owned())));
        empty(desk, &found, moment.recorded_at, word)
    }
}

/// Empties the row of a user within the entry that is open, and ends what was open of the user.
///
/// # Errors
/// Where sessions and links are not loaded yet.
pub(super) fn empty(desk: &mut Desk, found: &User, at: Timestamp, word: &str) -> Result<User, Refusal> {
    end_open(desk, found.id, None, (at, SessionEnd::Disabled))?;
    end_invitations(desk, found.id, (at, InvitationEnd::Replaced))?;
    // Whoever comes later in this batch may have the login.
    desk.shelf::<Register<Logins>>().assign(&found.login, None);
    let mut user = User {
        login: erased_login(found.id),
        name: String::new(),
        password_hash: String::new(),
        salt: None,
        sealed: None,
        sealed_password: None,
        erased_at: Some(at),
        erased_by: Some(desk.actor().user),
        erased_as: Some(word.to_owned()),
        ..found.clone()
    };
    finish(desk, &mut user, at);
    Ok(user)
}

/// Destroys the keys of users who were erased, as after a crash in between, or after a backup of the key folder was put
/// back. Answers how many there were.
///
/// # Errors
/// What the database or the key folder says.
pub fn destroy_left_keys(database: &Database, vault: &Vault) -> Outcome<usize> {
    let (mut left, mut after) = (0, None);
    loop {
        let users = database.read(|conn| erased(conn, after))?;
        let Some(last) = users.last() else { return Ok(left) };
        after = Some(*last);
        for id in users {
            // A key that is overwritten but not removed counts as none here, and is removed all the same.
            left += usize::from(has_user_key(vault, id)?);
            destroy_user_key(vault, id)?;
        }
    }
}

fn erased(conn: &mut Conn, after: Option<UserId>) -> Outcome<Vec<UserId>> {
    let mut query = users::table.filter(users::erased_at.is_not_null()).into_boxed();
    if let Some(after) = after {
        query = query.filter(users::id.gt(after));
    }
    query.order(users::id).limit(USERS_PER_READ).select(users::id).load(conn).map_err(read_failure)
}

/// Why a user is erased.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserErasure {
    /// A word, since the log keeps it for ever.
    pub reason: UserErasureReason,
}

/// Erases a user who left and is disabled: login, name and password are gone for good, in the database, its logs and
/// its copies; what the user did stays. Done twice it is the same.
#[utoipa::path(post, path = "/api/v1/users/{id}/erase", tag = "users", request_body = UserErasure,
    params(("id" = UserId, Path)),
    responses((status = 200, description = "Erased", body = WrittenBody<UserView>),
        (status = 409, description = "The user may still log in")))]
pub async fn user_erase(
    permit: Permit<action::UserWrite>,
    state: State,
    id: Path<UserId>,
    body: Json<UserErasure>,
) -> Outcome<Written<UserView>> {
    let erase = UserErase { actor: permit.actor(), id: id.0, reason: body.0.reason };
    let Recorded { answer, leaf } = state.writer.record(erase).await?;
    let id = answer.id;
    state.with_vault(move |vault| destroy_user_key(vault, id)).await?;
    state.auth.forget_callers();
    let answer = opened(&state, answer).await?;
    let revision = answer.revision;
    Ok(Written::changed(Recorded { answer, leaf }).revision(revision))
}

/// The route.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_user_erase, user_erase);
}
