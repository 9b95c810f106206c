//! One SHA-256 value, and the one way it is written in JSON: base64url without padding, 43 characters.
//!
//! Never here: what is hashed. That is said where it is done (`tree`, `digest`).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Bytes in a SHA-256 value.
pub const HASH_BYTES: usize = 32;
/// Characters of a SHA-256 value as base64url without padding.
pub const HASH_CHARACTERS: usize = 43;

/// A SHA-256 value. The order is that of the bytes and means nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash256(pub [u8; HASH_BYTES]);

/// Why a text is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("hash \"{0}\" must be 32 bytes written as 43 characters of base64url without padding")]
pub struct HashError(String);

impl Hash256 {
    /// SHA-256 of the bytes, with nothing added.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads what [`fmt::Display`] writes; exactly one text stands for each value.
    ///
    /// # Errors
    /// When the text is not 43 characters of canonical base64url.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        let mut bytes = [0; HASH_BYTES];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(HASH_BYTES) => Ok(Self(bytes)),
            Ok(_) | Err(_) => Err(HashError(text.chars().take(2 * HASH_CHARACTERS).collect())),
        }
    }
}

impl fmt::Display for Hash256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Hash256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hash256({self})")
    }
}

impl Serialize for Hash256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Writes a hash over the [`HASH_CHARACTERS`] bytes of `place`, which were kept free for it.
pub(super) fn put_hash(place: &mut [u8], hash: &Hash256) {
    // The only error is a place too short, and the callers made it themselves with that constant.
    let _written = URL_SAFE_NO_PAD.encode_slice(hash.0, place);
}

/// Writes bytes as base64url without padding at the end of `out`, without an allocation of its own.
pub(super) fn push_base64url(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    // Four characters for each three bytes begun are always room enough.
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = URL_SAFE_NO_PAD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
}
