//! What a witness adds to a checkpoint, as specified at c2sp.org/tlog-cosignature, with Ed25519: that at this time this
//! was the largest tree it had seen of the log, and that it continues all it had seen before.
//!
//! The signature is over these lines, the last of which are the checkpoint's own text; 8 bytes of time, big-endian,
//! stand before it in the signature line:
//!
//! ```text
//! cosignature/v1
//! time 1679315147
//! origin …
//! ```
//!
//! Never here: whether the checkpoint continues the last one; whoever cosigns has shown that first.

use super::note::{KeyId, Note, NoteError, NoteSignature, check_name};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::fmt;

/// The signature type byte of timestamped Ed25519 cosignatures.
const COSIGNATURE: u8 = 0x04;
const TIME_BYTES: usize = 8;

/// A witness and its key.
pub struct Witness {
    name: String,
    key: SigningKey,
}

/// What others check its cosignatures with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    key: VerifyingKey,
}

impl Witness {
    /// Names a key.
    ///
    /// # Errors
    /// When the name is empty or contains spaces, control characters or `+`.
    pub fn new(name: &str, key: SigningKey) -> Result<Self, NoteError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), key })
    }

    /// What others check its cosignatures with.
    #[must_use]
    pub fn verifier(&self) -> WitnessKey {
        WitnessKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Adds this witness's signature to a checkpoint, as of `time`, seconds since 1970.
    pub fn cosign(&self, note: &mut Note, time: u64) {
        let signature = self.key.sign(message(note, time).as_bytes());
        let mut bytes = time.to_be_bytes().to_vec();
        bytes.extend_from_slice(&signature.to_bytes());
        let id = KeyId::of_kind(&self.name, COSIGNATURE, &self.key.verifying_key());
        note.add(NoteSignature { name: self.name.clone(), id, bytes });
    }
}

impl WitnessKey {
    /// When this witness cosigned the checkpoint, seconds since 1970.
    ///
    /// # Errors
    /// When it did not, or something was changed.
    pub fn cosigned_at(&self, note: &Note) -> Result<u64, NoteError> {
        let id = KeyId::of_kind(&self.name, COSIGNATURE, &self.key);
        let found = note.signatures().iter().find(|one| one.name == self.name && one.id == id);
        let found = found.ok_or_else(|| NoteError::Unsigned(self.name.clone()))?;
        let wrong = || NoteError::WrongSignature(self.name.clone());
        let (time, signature) = found.bytes.split_first_chunk::<TIME_BYTES>().ok_or_else(wrong)?;
        let time = u64::from_be_bytes(*time);
        Signature::from_slice(signature)
            .and_then(|signature| self.key.verify_strict(message(note, time).as_bytes(), &signature))
            .map_err(|_| wrong())?;
        Ok(time)
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed_key = vec![COSIGNATURE];
        typed_key.extend_from_slice(self.key.as_bytes());
        let id = KeyId::of_kind(&self.name, COSIGNATURE, &self.key);
        write!(formatter, "{}+{id}+{}", self.name, STANDARD.encode(typed_key))
    }
}

fn message(note: &Note, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{}", note.unverified_text())
}
