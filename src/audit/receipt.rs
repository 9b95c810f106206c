//! The signed answer to one write: this entry has this place in this log.
//!
//! Whoever keeps a receipt can ask later for the proof that its leaf is in the tree; a log that lost
//! or changed the entry cannot give one. The signature is Ed25519 over these bytes, all numbers
//! big-endian and 8 bytes long:
//!
//! ```text
//! 0 ‖ "relief-receipt-v1" ‖ 0 ‖ length of origin ‖ origin ‖ leaf index ‖ leaf hash, 32 bytes
//!   ‖ recorded_at_us, two's complement ‖ length of entity id ‖ entity id
//! ```
//!
//! The log's key signs checkpoints too; as no note may contain a zero byte, neither can pass for the
//! other. Never here: a promise that the entry is in a checkpoint already.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signature;
use serde::{Deserialize, Serialize};

use super::hash::Hash256;
use super::note::{NoteSigner, VerifierKey};

const RECEIPT_PREFIX: &[u8] = b"\0relief-receipt-v1\0";

/// A receipt as it is sent, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Which log this is.
    pub origin: String,
    /// The number of the entry in the log, from 0.
    pub leaf_index: u64,
    /// The RFC 6962 leaf hash of the entry's body, base64url.
    pub leaf_hash: Hash256,
    /// The id of what was written.
    pub entity_id: String,
    /// When it was recorded, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// The id of the key that signed, 8 hexadecimal digits, as in the log's verifier key.
    pub key_id: String,
    /// 64 bytes, base64url.
    pub signature: String,
}

/// The leaf a receipt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptLeaf<'a> {
    /// See [`Receipt::leaf_index`].
    pub index: u64,
    /// See [`Receipt::leaf_hash`].
    pub hash: Hash256,
    /// See [`Receipt::entity_id`].
    pub entity_id: &'a str,
    /// See [`Receipt::recorded_at_us`].
    pub recorded_at_us: i64,
}

/// Why a receipt is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// It is of another log.
    #[error("receipt's origin \"{found}\" must be \"{expected}\", the log of this key")]
    OtherOrigin {
        /// The origin it states.
        found: String,
        /// The name of the key.
        expected: String,
    },
    /// It was signed with another key of this log, or none.
    #[error(
        "receipt's key id \"{found}\" must be \"{expected}\"; an older receipt needs the key of its time"
    )]
    OtherKey {
        /// The id it states.
        found: String,
        /// The id of the key at hand.
        expected: String,
    },
    /// Something in it was changed, or it was never signed.
    #[error("receipt's signature must be 64 bytes in base64url that fit its other fields")]
    WrongSignature,
}

impl Receipt {
    /// Signs the receipt of a leaf; the signer's name is the log's origin.
    #[must_use]
    pub fn sign(leaf: &ReceiptLeaf<'_>, signer: &NoteSigner) -> Self {
        let origin = signer.verifier().name();
        let signature = signer.sign_bytes(&signed_bytes(origin, leaf));
        Self {
            origin: origin.to_owned(),
            leaf_index: leaf.index,
            leaf_hash: leaf.hash,
            entity_id: leaf.entity_id.to_owned(),
            recorded_at_us: leaf.recorded_at_us,
            key_id: signer.verifier().id().to_string(),
            signature: URL_SAFE_NO_PAD.encode(signature.to_bytes()),
        }
    }

    /// The leaf this receipt is for.
    #[must_use]
    pub fn leaf(&self) -> ReceiptLeaf<'_> {
        ReceiptLeaf {
            index: self.leaf_index,
            hash: self.leaf_hash,
            entity_id: &self.entity_id,
            recorded_at_us: self.recorded_at_us,
        }
    }

    /// Shows that the holder of this key signed this receipt.
    ///
    /// # Errors
    /// When it is of another log or key, or any field was changed.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), ReceiptError> {
        if self.origin != key.name() {
            return Err(ReceiptError::OtherOrigin {
                found: self.origin.clone(),
                expected: key.name().to_owned(),
            });
        }
        let expected = key.id().to_string();
        if self.key_id != expected {
            return Err(ReceiptError::OtherKey { found: self.key_id.clone(), expected });
        }
        let bytes = URL_SAFE_NO_PAD.decode(&self.signature).map_err(|_| ReceiptError::WrongSignature)?;
        let signature = Signature::from_slice(&bytes).map_err(|_| ReceiptError::WrongSignature)?;
        key.public_key()
            .verify_strict(&signed_bytes(&self.origin, &self.leaf()), &signature)
            .map_err(|_| ReceiptError::WrongSignature)
    }
}

fn signed_bytes(origin: &str, leaf: &ReceiptLeaf<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(RECEIPT_PREFIX.len() + 64 + origin.len() + leaf.entity_id.len());
    bytes.extend_from_slice(RECEIPT_PREFIX);
    bytes.extend_from_slice(&(origin.len() as u64).to_be_bytes());
    bytes.extend_from_slice(origin.as_bytes());
    bytes.extend_from_slice(&leaf.index.to_be_bytes());
    bytes.extend_from_slice(&leaf.hash.0);
    bytes.extend_from_slice(&leaf.recorded_at_us.to_be_bytes());
    bytes.extend_from_slice(&(leaf.entity_id.len() as u64).to_be_bytes());
    bytes.extend_from_slice(leaf.entity_id.as_bytes());
    bytes
}
