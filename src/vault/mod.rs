//! What says who a person is, sealed: the database holds only ciphertext, and the keys lie outside it.
//!
//! Each person, each user, each attachment, each webhook and each mailing has a key of its own, a file below `vault` in the key folder. So the database, its
//! write-ahead logs, its dead rows, its backups and its replicas can be kept as long as they may: erasing somebody is
//! destroying one small file. The log hashes the ciphertext as any other column, so that it still verifies when
//! nobody can read the ciphertext any more.
//!
//! | file | what it is |
//! |---|---|
//! | `mod` | sealing, opening, destroying; lookups under a key |
//! | `seal` | ChaCha20-Poly1305 (RFC 8439) and HMAC-SHA-256 over bytes |
//! | `files` | the key files: made whole or not at all, overwritten before they go |
//!
//! A sealed value is bound to its owner and to its part, such as `name`: moved to another row or column it does not
//! open. Whether a value that does not open was erased or its key is lost is said by the recorded row, never by the
//! folder. Never here: what is sealed, who may open it, or a clear value that outlives a call.

mod files;
mod seal;

use crate::audit::keys::KeyError;
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::SealedId;
use crate::core::problem::{Code, Outcome, Problem};
use files::{Folder, KEY_BYTES};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The folder of the keys, within the key folder.
pub const VAULT_FOLDER: &str = "vault";

/// Seals and opens; clones are cheap. Its calls read and write files, so they belong on a thread that may block.
#[derive(Clone)]
pub struct Vault {
    folder: Arc<Folder>,
    lookup: [u8; KEY_BYTES],
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Vault(secret)")
    }
}

impl Vault {
    /// The vault within a key folder; what is missing is made.
    ///
    /// # Errors
    /// `invalid` where the folder cannot be used or is open to others.
    pub fn open_or_create(keys: &Path) -> Outcome<Self> {
        let folder = Folder::open_or_create(keys, &keys.join(VAULT_FOLDER)).map_err(unusable)?;
        let lookup = folder.lookup_key().map_err(unusable)?;
        Ok(Self { folder: Arc::new(folder), lookup })
    }

    /// The vault within a key folder, if there is one; nothing is made.
    ///
    /// # Errors
    /// `invalid` where the folder cannot be used or is open to others.
    pub fn find(keys: &Path) -> Outcome<Option<Self>> {
        let Some(folder) = Folder::find(&keys.join(VAULT_FOLDER)).map_err(unusable)? else { return Ok(None) };
        let lookup = folder.find_lookup_key().map_err(unusable)?;
        Ok(lookup.map(|lookup| Self { folder: Arc::new(folder), lookup }))
    }

    /// Seals a value for a new owner, or one who has a key already; the key is made where there is none.
    ///
    /// # Errors
    /// An internal problem where the key cannot be read or made.
    pub fn seal_new(&self, owner: SealedId, part: &str, clear: &[u8]) -> Outcome<Vec<u8>> {
        let key = self.folder.key_or_create(owner).map_err(broken)?;
        seal::seal(&key, &bound_to(owner, part), clear)
    }

    /// Seals another value for an owner who has a key. No key is made, so that a change which races with erasing
    /// leaves nothing that opens.
    ///
    /// # Errors
    /// `key_missing` where there is no key; an internal problem where it cannot be read.
    pub fn seal(&self, owner: SealedId, part: &str, clear: &[u8]) -> Outcome<Vec<u8>> {
        let key = self.folder.key(owner).map_err(broken)?.ok_or_else(|| key_missing(owner))?;
        seal::seal(&key, &bound_to(owner, part), clear)
    }

    /// Opens a value; nothing where its key is gone. Ask the row whether it was erased, or else answer with
    /// [`key_missing`].
    ///
    /// # Errors
    /// An internal problem where the key cannot be read, or the value is not what was sealed for this owner and part.
    pub fn open(&self, owner: SealedId, part: &str, sealed: &[u8]) -> Outcome<Option<Vec<u8>>> {
        let Some(key) = self.folder.key(owner).map_err(broken)? else { return Ok(None) };
        match seal::open(&key, &bound_to(owner, part), sealed) {
            Some(clear) => Ok(Some(clear)),
            // While the key was read it may have been overwritten: then it is gone by now.
            None if self.folder.key(owner).map_err(broken)?.is_none() => Ok(None),
            None => Err(Problem::internal(format!(
                "what is sealed as {part} of {owner} does not open with its key: the row or the key is not what it was"
            ))),
        }
    }

    /// Whether an owner has a key.
    ///
    /// # Errors
    /// An internal problem where the folder cannot be read.
    pub fn has_key(&self, owner: SealedId) -> Outcome<bool> {
        self.folder.key(owner).map(|key| key.is_some()).map_err(broken)
    }

    /// Destroys an owner's key: overwrites it, makes that durable, and takes its name away. Whatever was sealed for
    /// the owner opens nowhere any more. Answers whether there was a key.
    ///
    /// # Errors
    /// An internal problem where the file cannot be overwritten or removed.
    pub fn destroy(&self, owner: SealedId) -> Outcome<bool> {
        self.folder.destroy(owner).map_err(broken)
    }

    /// A text by which a value can be found again without being kept: HMAC-SHA-256 under a key of the folder, after a
    /// word that tells which key that is.
    pub fn lookup(&self, purpose: &str, value: &str) -> String {
        format!("{}{}", self.lookup_prefix(), seal::keyed(&self.lookup, purpose, value.as_bytes()))
    }

    /// The keyed hash of a value in hexadecimal: HMAC-SHA-256 under a key that a key of the folder gives for the purpose.
    pub fn keyed(&self, purpose: &str, value: &str) -> String {
        hexadecimal(seal::digest(&self.lookup, purpose, value.as_bytes()).as_ref())
    }

    /// What every lookup under this vault's key begins with. One that begins otherwise was made in another folder.
    pub fn lookup_prefix(&self) -> String {
        let mut word = seal::keyed(&self.lookup, "name of the key", b"");
        word.truncate(8);
        format!("{word}:")
    }
}

/// What a sealed value is bound to.
fn bound_to(owner: SealedId, part: &str) -> Vec<u8> {
    [b"relief-vault-v1\0", owner.0.as_bytes().as_slice(), part.as_bytes()].concat()
}

/// That something is sealed, was not erased, and its key is not where it should be.
pub fn key_missing(owner: SealedId) -> Problem {
    let detail = "What is sealed here was not erased, but its key is not in the server's key folder, so nobody can \
                  read it. Ask the operator to restore the folder vault from its backup.";
    Problem::new(Code::KeyMissing, detail).log(format!("the vault has no key of {owner}"))
}

fn unusable(error: KeyError) -> Problem {
    Problem::new(Code::Invalid, error.to_string()).at("/keys")
}

fn broken(error: KeyError) -> Problem {
    Problem::internal(error.to_string())
}
