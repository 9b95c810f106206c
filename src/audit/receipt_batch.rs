//! The receipts of one commit, and the one signature they share.
//!
//! A signature takes about twenty microseconds of a processor, two fifths of what the log cost an update when each
//! had its own; a small tree takes two hashes a receipt. Whoever asks for the first receipt of a
//! batch signs, the others reuse it, and where nobody asks, as for a file, nothing is signed.
//! Never here: what a receipt says and how it is believed (`receipt`).

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::hash::Hash256;
use super::note::NoteSigner;
use super::receipt::{BatchPlace, RECEIPT_VERSION, Receipt, ReceiptLeaf, member_hash, signed_together};
use super::tree::node_hash;

/// One entry of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchEntry {
    /// The leaf hash of its body.
    pub hash: Hash256,
    /// What was written with it.
    pub entity: Uuid,
    /// When it was recorded, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
}

/// Entries that follow each other in the log and were committed together.
#[derive(Debug)]
pub struct ReceiptBatch {
    /// The leaf index of the first.
    first: u64,
    entries: Vec<BatchEntry>,
    signed: OnceLock<Signed>,
}

/// What all receipts of a batch have in common.
#[derive(Debug)]
struct Signed {
    origin: String,
    key_id: String,
    signature: String,
    /// The leaves, and above them each level up to the root.
    levels: Vec<Vec<Hash256>>,
}

impl ReceiptBatch {
    /// Entries from this leaf index on.
    #[must_use]
    pub fn new(first: u64, entries: Vec<BatchEntry>) -> Self {
        Self { first, entries, signed: OnceLock::new() }
    }

    /// The receipt of an entry, by its leaf index; signs the batch if nobody did. The signer's name is
    /// the log's origin. Nothing for an entry that is not of this batch.
    #[must_use]
    pub fn receipt(&self, index: u64, signer: &NoteSigner) -> Option<Receipt> {
        let place = usize::try_from(index.checked_sub(self.first)?).ok()?;
        let entry = self.entries.get(place)?;
        let signed = self.signed.get_or_init(|| self.sign(signer));
        Some(Receipt {
            version: RECEIPT_VERSION,
            origin: signed.origin.clone(),
            leaf_index: index,
            leaf_hash: entry.hash,
            entity_id: entry.entity.to_string(),
            recorded_at_us: entry.recorded_at_us,
            key_id: signed.key_id.clone(),
            batch: Some(BatchPlace {
                index: place as u64,
                size: self.entries.len() as u64,
                path: path(&signed.levels, place),
            }),
            signature: signed.signature.clone(),
        })
    }

    fn sign(&self, signer: &NoteSigner) -> Signed {
        let levels = levels(self.members());
        let verifier = signer.verifier();
        let root = levels.last().and_then(|top| top.first()).copied().unwrap_or_else(super::tree::empty_root);
        let bytes = signed_together(verifier.name(), verifier.id(), self.entries.len() as u64, &root);
        Signed {
            origin: verifier.name().to_owned(),
            key_id: verifier.id().to_string(),
            signature: URL_SAFE_NO_PAD.encode(signer.sign_bytes(&bytes).to_bytes()),
            levels,
        }
    }

    /// The receipts as leaves of their tree.
    fn members(&self) -> Vec<Hash256> {
        let mut text = Uuid::encode_buffer();
        let member = |(index, entry): (u64, &BatchEntry)| {
            member_hash(&ReceiptLeaf {
                index,
                hash: entry.hash,
                entity_id: entry.entity.hyphenated().encode_lower(&mut text),
                recorded_at_us: entry.recorded_at_us,
            })
        };
        (self.first..).zip(&self.entries).map(member).collect()
    }
}

/// A tree from the bottom up: on each level neighbours are joined, and one left over goes up as it is. That is the
/// tree of RFC 6962, and so every sibling is there when a path is asked for.
fn levels(leaves: Vec<Hash256>) -> Vec<Vec<Hash256>> {
    let mut levels = Vec::new();
    let mut level = leaves;
    while level.len() > 1 {
        let (pairs, left_over) = level.as_chunks::<2>();
        let mut above: Vec<Hash256> = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
        above.extend_from_slice(left_over);
        levels.push(std::mem::replace(&mut level, above));
    }
    levels.push(level);
    levels
}

/// The neighbours on the way up; whatever is left over has none on its level.
fn path(levels: &[Vec<Hash256>], place: usize) -> Vec<Hash256> {
    let neighbour = |(height, level): (usize, &Vec<Hash256>)| level.get((place >> height) ^ 1).copied();
    levels.iter().enumerate().filter_map(neighbour).collect()
}
