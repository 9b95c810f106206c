//! The row of a user, and finding one by login. What says who the user is, is opened by [`super::sealed`].

use super::policy::Role;
use super::principal::Principal;
use super::scope::countries_of;
use super::sealed::login_key;
use crate::core::id::{OrganizationId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::users;
use crate::db::{Conn, read_failure};
use crate::vault::Vault;
use crate::writer::record;
use diesel::prelude::*;

record! {
    /// A user who can log in.
    pub struct User in users key id: UserId, group id: UserId, personal(salt: login, name, password_hash) {
        /// Key.
        id: UserId,
        /// By what the user is found: what [`login_key`] makes of the login; who was erased is found by none.
        login: String,
        /// Empty; before names were sealed, the person's name.
        name: String,
        /// Empty; before they were sealed, the PHC string of argon2id.
        password_hash: String,
        /// The word of a [`Role`].
        role: String,
        /// The organization the user acts for.
        organization_id: Option<OrganizationId>,
        /// The countries the user is bound to, ISO 3166-1 alpha-2 with commas between them.
        country: Option<String>,
        /// Whether the user may not log in any more.
        disabled: bool,
        /// Counts changes from 1.
        revision: i64,
        /// When it was added.
        created_at: Timestamp,
        /// When it was changed last.
        updated_at: Timestamp,
        /// What the log's commitments to the personal columns are salted with; none for users from before it was, and
        /// once erased.
        salt: Option<Vec<u8>>,
        /// Login and name, sealed; none once erased.
        sealed: Option<Vec<u8>>,
        /// The PHC string of argon2id, sealed; none where there is no password.
        sealed_password: Option<Vec<u8>>,
        /// When the user was erased, if that was.
        erased_at: Option<Timestamp>,
        /// Who erased it.
        erased_by: Option<UserId>,
        /// Why, in one word.
        erased_as: Option<String>,
    }
}

impl User {
    /// The countries the user is bound to; none where that is no bound.
    pub fn countries(&self) -> Vec<String> {
        self.country.as_deref().map(countries_of).unwrap_or_default()
    }

    /// The caller this user is; `None` for one who may not call any more.
    ///
    /// # Errors
    /// An internal problem where the stored role is none of ours.
    pub fn principal(&self) -> Outcome<Option<Principal>> {
        let role = Role::from_word(&self.role)
            .ok_or_else(|| Problem::internal(format!("users.role of {} is {:?}", self.id, self.role)))?;
        if self.disabled {
            return Ok(None);
        }
        Ok(Some(Principal {
            user: self.id,
            role,
            organization: self.organization_id,
            countries: self.countries(),
        }))
    }
}

/// What the login of a user begins with whom an outside issuer introduced. No other login has such a letter.
const OUTSIDE_BEGINNING: &str = "outside:";

/// The login of a user whom an outside issuer introduced. It is nothing that could be taken for somebody else's, and
/// tells nothing of the person.
pub fn outside_login(identity: uuid::Uuid) -> String {
    format!("{OUTSIDE_BEGINNING}{}", identity.simple())
}

/// Whether a login in its normal form is such a user's.
pub fn is_outside_login(login: &str) -> bool {
    login.starts_with(OUTSIDE_BEGINNING)
}

/// The form in which logins are stored and compared: without spaces around, in lower case.
pub fn normal_login(login: &str) -> String {
    login.trim().to_lowercase()
}

/// Finds a user by login in its normal form.
///
/// # Errors
/// What the database says.
pub fn find_by_login(conn: &mut Conn, vault: &Vault, login: &str) -> Outcome<Option<User>> {
    users::table
        .filter(users::login.eq(login_key(vault, login)))
        .select(User::as_select())
        .first(conn)
        .optional()
        .map_err(read_failure)
}

/// How many users there are.
///
/// # Errors
/// What the database says.
pub fn count_users(conn: &mut Conn) -> Outcome<i64> {
    users::table.count().get_result(conn).map_err(read_failure)
}
