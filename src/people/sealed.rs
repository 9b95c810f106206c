//! Sealing and opening what says who a person is. Everything here reads files, so it belongs on a thread that may block.

use super::rules::Words;
use super::store::{Person, users_among};
use crate::core::id::{PersonId, SealedId};
use crate::core::problem::{Outcome, Problem};
use crate::db::Database;
use crate::vault::{Vault, key_missing};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const WORDS: &str = "words";
const SIGNATURE: &str = "signature";

/// What is stored of a person in place of words and picture.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Name, title and contact.
    pub words: Vec<u8>,
    /// The picture of the signature.
    pub signature: Option<Vec<u8>>,
}

/// What can be said of a person now.
pub enum Opened {
    /// All that was sealed.
    Kept(Words),
    /// Nothing, as it was erased.
    Erased,
    /// Nothing, as the key folder lacks the key.
    KeyMissing,
}

fn owner(id: PersonId) -> SealedId {
    SealedId(id.0)
}

/// Seals a new person.
///
/// # Errors
/// Where the key cannot be made.
pub fn seal_new(vault: &Vault, id: PersonId, words: &Words, picture: Option<&[u8]>) -> Outcome<Sealed> {
    let signature = picture.map(|bytes| vault.seal_new(owner(id), SIGNATURE, bytes)).transpose()?;
    Ok(Sealed { words: vault.seal_new(owner(id), WORDS, &text_of(words)?)?, signature })
}

/// Seals other words of a person who is known.
///
/// # Errors
/// `key_missing` where there is no key.
pub fn seal_words(vault: &Vault, id: PersonId, words: &Words) -> Outcome<Vec<u8>> {
    vault.seal(owner(id), WORDS, &text_of(words)?)
}

/// Seals another picture of a person who is known.
///
/// # Errors
/// `key_missing` where there is no key.
pub fn seal_picture(vault: &Vault, id: PersonId, picture: &[u8]) -> Outcome<Vec<u8>> {
    vault.seal(owner(id), SIGNATURE, picture)
}

/// Opens what is said of a person.
///
/// # Errors
/// An internal problem where it is not what was sealed.
pub fn open(vault: &Vault, person: &Person) -> Outcome<Opened> {
    let Some(sealed) = person.sealed.as_deref().filter(|_| person.erased_at.is_none()) else {
        return Ok(Opened::Erased);
    };
    let Some(clear) = vault.open(owner(person.id), WORDS, sealed)? else { return Ok(Opened::KeyMissing) };
    serde_json::from_slice(&clear)
        .map(Opened::Kept)
        .map_err(|_| Problem::internal(format!("what is sealed of person {} is not words", person.id)))
}

/// Opens the picture of a person's signature, if there is one that can be read.
///
/// # Errors
/// As [`open`].
pub fn open_picture(vault: &Vault, person: &Person) -> Outcome<Option<Vec<u8>>> {
    match person.signature.as_deref().filter(|_| person.erased_at.is_none()) {
        Some(sealed) => vault.open(owner(person.id), SIGNATURE, sealed),
        None => Ok(None),
    }
}

/// Opens the words of a person who is to be changed or compared.
///
/// # Errors
/// `wrong_state` where they were erased, `key_missing` where their key is not there.
pub fn open_kept(vault: &Vault, person: &Person) -> Outcome<Words> {
    match open(vault, person)? {
        Opened::Kept(words) => Ok(words),
        Opened::Erased => Err(super::store::was_erased(person.id, person.erased_at)),
        Opened::KeyMissing => Err(key_missing(owner(person.id))),
    }
}

/// Destroys the keys of people who were erased. Answers how many there were.
///
/// A person from before ids of users were refused may have one: that key is the user's, and stays until the user is
/// erased.
///
/// # Errors
/// What the database says, or where a file cannot be destroyed.
pub fn destroy(vault: &Vault, database: &Database, ids: &[PersonId]) -> Outcome<usize> {
    let of_users = database.read(|conn| users_among(conn, ids))?;
    let mut destroyed = 0;
    for id in ids.iter().filter(|id| !of_users.contains(id)) {
        // A key that is overwritten but not removed counts as none here, and is removed all the same.
        destroyed += usize::from(vault.has_key(owner(*id))?);
        vault.destroy(owner(*id))?;
    }
    Ok(destroyed)
}

fn text_of(words: &Words) -> Outcome<Vec<u8>> {
    serde_json::to_vec(words).map_err(|_| Problem::internal("words of a person could not be written"))
}

/// The bytes of a picture a caller sent.
///
/// # Errors
/// `invalid` at `/signature` where it is not base64.
pub fn picture_of(text: &str) -> Outcome<Vec<u8>> {
    STANDARD.decode(text.trim()).map_err(|_| Problem::field("/signature", "is not base64 of a picture"))
}
