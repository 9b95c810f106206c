//! audit: what an outsider can check about the log, and what each check catches.

mod entry;
mod keys;
pub mod receipts;
mod signed;
mod tree;

use ed25519_dalek::SigningKey;
use relief_ledger::audit::hash::Hash256;
use relief_ledger::audit::note::NoteSigner;
use relief_ledger::audit::tree::leaf_hash;

/// The hashes of leaves whose bodies are their own numbers.
fn numbered_leaves(count: u64) -> Vec<Hash256> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

pub fn signer(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::new(name, SigningKey::from_bytes(&[seed; 32])).unwrap()
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|start| u8::from_str_radix(&text[start..start + 2], 16).unwrap()).collect()
}

fn hash_from_hex(text: &str) -> Hash256 {
    Hash256(from_hex(text).try_into().unwrap())
}
