//! The signed answer to one write: this entry has this place in this log.
//!
//! Whoever keeps a receipt can ask later for the proof that its leaf is in the tree; a log that lost
//! or changed the entry cannot give one. The receipts of one commit share a signature, version 2: each
//! is a leaf of a small tree (`receipt_batch` makes it), and its batch says how to get from there to
//! the root that was signed. All numbers are big-endian and 8 bytes long:
//!
//! ```text
//! leaf   = SHA-256(0 ‖ "relief-receipt-v2" ‖ 0 ‖ leaf index ‖ leaf hash, 32 bytes
//!            ‖ recorded_at_us, two's complement ‖ length of entity id ‖ entity id)
//! node   = SHA-256(1 ‖ left ‖ right)                            the tree is that of RFC 6962
//! signed = 0 ‖ "relief-receipts-v2" ‖ 0 ‖ length of origin ‖ origin ‖ key id, 4 bytes ‖ batch size ‖ root
//! ```
//!
//! A receipt without version and batch is of version 1 and has a signature of its own:
//!
//! ```text
//! signed = 0 ‖ "relief-receipt-v1" ‖ 0 ‖ length of origin ‖ origin ‖ leaf index ‖ leaf hash, 32 bytes
//!            ‖ recorded_at_us, two's complement ‖ length of entity id ‖ entity id
//! ```
//!
//! None is made any more, and those handed out are believed as before. The log's key signs checkpoints
//! too; as no note may contain a zero byte, neither can pass for the other, and no body of an entry
//! begins as a leaf here does. Never here: a promise that the entry is in a checkpoint already.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signature;
use serde::{Deserialize, Serialize};

use super::hash::Hash256;
use super::note::{KeyId, VerifierKey};
use super::proof::{VerifyError, inclusion_root};
use super::tree::leaf_hash;

/// The version of the receipts made here.
pub const RECEIPT_VERSION: u32 = 2;

const ALONE_PREFIX: &[u8] = b"\0relief-receipt-v1\0";
/// Behind the zero byte that every leaf's hash begins with.
const MEMBER_PREFIX: &[u8] = b"relief-receipt-v2\0";
const BATCH_PREFIX: &[u8] = b"\0relief-receipts-v2\0";

/// A receipt as it is sent, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The version of its form: 2, and left out in the first.
    #[serde(default = "first_version", skip_serializing_if = "is_first_version")]
    pub version: u32,
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
    /// Its place among the receipts signed together; left out in the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchPlace>,
    /// 64 bytes, base64url.
    pub signature: String,
}

/// How a receipt leads to what was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchPlace {
    /// Which one of its batch, from 0.
    pub index: u64,
    /// How many were signed together.
    pub size: u64,
    /// From the receipt's neighbour to the child of the root, each base64url; empty where it is alone.
    pub path: Vec<Hash256>,
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
    /// It is of a form that is not known here.
    #[error("receipt's version {0} must be 1 or {RECEIPT_VERSION}; a later one needs a newer program")]
    OtherVersion(u32),
    /// It is half of one form and half of the other.
    #[error("receipt of version {0} must have a batch in version 2 and none in version 1")]
    WrongForm(u32),
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
    /// It cannot have this place in its batch.
    #[error("receipt's batch must lead from it to what was signed: {0}")]
    WrongBatch(#[from] VerifyError),
    /// Something in it was changed, or it was never signed.
    #[error("receipt's signature must be 64 bytes in base64url that fit its other fields")]
    WrongSignature,
}

impl Receipt {
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
    /// When it is of another version, log or key, or any field was changed.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), ReceiptError> {
        if !(1..=RECEIPT_VERSION).contains(&self.version) {
            return Err(ReceiptError::OtherVersion(self.version));
        }
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
        let signed = match (self.version, &self.batch) {
            (1, None) => signed_alone(&self.origin, &self.leaf()),
            (RECEIPT_VERSION, Some(BatchPlace { index, size, path })) => {
                let root = inclusion_root(member_hash(&self.leaf()), *index, *size, path)?;
                signed_together(&self.origin, key.id(), *size, &root)
            }
            (version, _) => return Err(ReceiptError::WrongForm(version)),
        };
        let bytes = URL_SAFE_NO_PAD.decode(&self.signature).map_err(|_| ReceiptError::WrongSignature)?;
        let signature = Signature::from_slice(&bytes).map_err(|_| ReceiptError::WrongSignature)?;
        key.public_key().verify_strict(&signed, &signature).map_err(|_| ReceiptError::WrongSignature)
    }
}

fn first_version() -> u32 {
    1
}

fn is_first_version(version: &u32) -> bool {
    *version == first_version()
}

/// What is signed of a receipt that is alone, as in version 1.
fn signed_alone(origin: &str, leaf: &ReceiptLeaf<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ALONE_PREFIX.len() + 64 + origin.len() + leaf.entity_id.len());
    bytes.extend_from_slice(ALONE_PREFIX);
    push_text(&mut bytes, origin);
    push_leaf(&mut bytes, leaf);
    bytes
}

/// A receipt as a leaf of its batch's tree.
pub(super) fn member_hash(leaf: &ReceiptLeaf<'_>) -> Hash256 {
    let mut bytes = Vec::with_capacity(MEMBER_PREFIX.len() + 64 + leaf.entity_id.len());
    bytes.extend_from_slice(MEMBER_PREFIX);
    push_leaf(&mut bytes, leaf);
    leaf_hash(&bytes)
}

/// What is signed of a batch.
pub(super) fn signed_together(origin: &str, key: KeyId, size: u64, root: &Hash256) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BATCH_PREFIX.len() + 64 + origin.len());
    bytes.extend_from_slice(BATCH_PREFIX);
    push_text(&mut bytes, origin);
    bytes.extend_from_slice(&key.0);
    bytes.extend_from_slice(&size.to_be_bytes());
    bytes.extend_from_slice(&root.0);
    bytes
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn push_leaf(bytes: &mut Vec<u8>, leaf: &ReceiptLeaf<'_>) {
    bytes.extend_from_slice(&leaf.index.to_be_bytes());
    bytes.extend_from_slice(&leaf.hash.0);
    bytes.extend_from_slice(&leaf.recorded_at_us.to_be_bytes());
    push_text(bytes, leaf.entity_id);
}
