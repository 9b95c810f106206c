//! What says who a user is, sealed under the user's own key: login, name and the hash of the password.
//!
//! The row keeps a keyed digest of the login, by which it is found and which is unique; logins of machines and of those
//! whom an outside issuer introduces tell nothing of a person and stay as they are. Everything here that opens reads
//! files, so it belongs on a thread that may block.

use super::api_key::is_machine_login;
use super::password::NO_PASSWORD;
use super::user::{User, is_outside_login};
use crate::core::id::{SealedId, UserId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::vault::{Vault, key_missing};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const WORDS: &str = "words";
const PASSWORD: &str = "password";
/// What lookups of logins are made for.
const LOGINS: &str = "login of a user";

/// What is said of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserWords {
    /// What is typed to log in, in its normal form.
    pub login: String,
    /// The person's name.
    pub name: String,
}

/// What can be said of a user now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenedUser {
    /// All that was sealed.
    Kept(UserWords),
    /// Nothing, as it was erased then.
    Erased(Timestamp),
    /// Nothing, as the key folder lacks the key.
    KeyMissing,
}

impl OpenedUser {
    /// The words, where there are any.
    pub fn words(&self) -> Option<&UserWords> {
        match self {
            Self::Kept(words) => Some(words),
            Self::Erased(_) | Self::KeyMissing => None,
        }
    }

    /// One of the words, or why there is none.
    pub fn shown(&self, word: impl Fn(&UserWords) -> &String) -> String {
        match self {
            Self::Kept(words) => word(words).clone(),
            Self::Erased(at) => format!("erased on {}", at.day()),
            Self::KeyMissing => "not readable: its key is missing".to_owned(),
        }
    }
}

fn owner(id: UserId) -> SealedId {
    SealedId(id.0)
}

/// By what a user is found who logs in with this, in its normal form.
pub fn login_key(vault: &Vault, login: &str) -> String {
    if is_machine_login(login) || is_outside_login(login) {
        return login.to_owned();
    }
    vault.lookup(LOGINS, login)
}

/// Whether a user who logs in by typing is found by another key than this vault's.
pub fn is_of_another_vault(vault: &Vault, user: &User) -> bool {
    user.erased_at.is_none()
        && !is_machine_login(&user.login)
        && !is_outside_login(&user.login)
        && !user.login.starts_with(&vault.lookup_prefix())
}

/// What stands as the login of whoever was erased: unique, and nothing that could be typed.
pub fn erased_login(id: UserId) -> String {
    format!("erased:{}", id.0.simple())
}

/// Seals what is said of a new user; the key is made.
///
/// # Errors
/// Where the key cannot be made.
pub fn seal_new_user(vault: &Vault, id: UserId, words: &UserWords) -> Outcome<Vec<u8>> {
    vault.seal_new(owner(id), WORDS, &text_of(words)?)
}

/// Seals other words of a user who is known.
///
/// # Errors
/// `key_missing` where there is no key.
pub fn seal_user_words(vault: &Vault, id: UserId, words: &UserWords) -> Outcome<Vec<u8>> {
    vault.seal(owner(id), WORDS, &text_of(words)?)
}

/// Seals the hash of a password of a user who is known; none where there is no password.
///
/// # Errors
/// `key_missing` where there is no key.
pub fn seal_password(vault: &Vault, id: UserId, hash: &str) -> Outcome<Option<Vec<u8>>> {
    if hash == NO_PASSWORD {
        return Ok(None);
    }
    vault.seal(owner(id), PASSWORD, hash.as_bytes()).map(Some)
}

/// Opens what is said of a user.
///
/// # Errors
/// An internal problem where it is not what was sealed; `unavailable` where it is not sealed yet.
pub fn open_user(vault: &Vault, user: &User) -> Outcome<OpenedUser> {
    if let Some(at) = user.erased_at {
        return Ok(OpenedUser::Erased(at));
    }
    let Some(sealed) = &user.sealed else {
        let detail = "The users of this database are not sealed yet. Run relief migrate.";
        return Err(
            Problem::new(Code::Unavailable, detail).log(format!("users.sealed of {} is empty", user.id))
        );
    };
    let Some(clear) = vault.open(owner(user.id), WORDS, sealed)? else { return Ok(OpenedUser::KeyMissing) };
    serde_json::from_slice(&clear)
        .map(OpenedUser::Kept)
        .map_err(|_| Problem::internal(format!("what is sealed of user {} is not words", user.id)))
}

/// Opens the words of a user who is to be changed.
///
/// # Errors
/// `wrong_state` where they were erased, `key_missing` where their key is not there.
pub fn open_kept_user(vault: &Vault, user: &User) -> Outcome<UserWords> {
    match open_user(vault, user)? {
        OpenedUser::Kept(words) => Ok(words),
        OpenedUser::Erased(at) => Err(user_was_erased(user.id, at)),
        OpenedUser::KeyMissing => Err(key_missing(owner(user.id))),
    }
}

/// Refuses what cannot be done with a user who was erased.
pub fn user_was_erased(id: UserId, at: Timestamp) -> Problem {
    let detail = format!("User {id} was erased at {at}, which cannot be undone. Add a new one.");
    Problem::new(Code::WrongState, detail)
}

/// Destroys the key of a user. Answers whether there was one.
///
/// # Errors
/// Where the file cannot be destroyed.
pub fn destroy_user_key(vault: &Vault, id: UserId) -> Outcome<bool> {
    vault.destroy(owner(id))
}

/// Whether there is a key of a user still.
///
/// # Errors
/// Where the folder cannot be read.
pub fn has_user_key(vault: &Vault, id: UserId) -> Outcome<bool> {
    vault.has_key(owner(id))
}

fn text_of(words: &UserWords) -> Outcome<Vec<u8>> {
    serde_json::to_vec(words).map_err(|_| Problem::internal("words of a user could not be written"))
}

/// What is opened where there is no password of anybody, so that finding out costs the same: as long a value, of an
/// owner who is nobody.
pub(super) struct Nobody(Vec<u8>);

impl Nobody {
    /// Seals it; nobody's key is made where there is none.
    pub(super) fn seal(vault: &Vault, hash: &str) -> Outcome<Self> {
        vault.seal_new(SealedId(Uuid::nil()), PASSWORD, hash.as_bytes()).map(Self)
    }

    /// Opens the hash of a user's password: one file is read and one value opened, whether there is such a user,
    /// such a password, or neither. What cannot be opened is no password, and the operator is told.
    pub(super) fn or_password_of(&self, vault: &Vault, user: Option<&User>) -> Option<String> {
        let own =
            user.and_then(|user| user.sealed_password.as_deref().map(|sealed| (owner(user.id), sealed)));
        let (whose, sealed) = own.unwrap_or((SealedId(Uuid::nil()), &self.0));
        match vault.open(whose, PASSWORD, sealed) {
            Ok(Some(hash)) if own.is_some() => String::from_utf8(hash).ok(),
            Ok(Some(_)) => None,
            Ok(None) => {
                tracing::error!(user = %whose.0, "the key of a password is missing: nobody logs in with it");
                None
            }
            Err(problem) => {
                let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
                tracing::error!(user = %whose.0, cause, "a password could not be opened");
                None
            }
        }
    }
}
