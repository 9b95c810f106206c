//! Tokens, how long a link is good, and what a count comes to. Pure.

use crate::core::id::{ItemId, ReceiptLinkId};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Days a link is good where nobody says: goods under way by sea take weeks.
pub const DAYS: i64 = 30;
/// And at most: a waybill that lies longer in a drawer is printed anew.
pub const DAYS_MAXIMUM: i64 = 180;

/// A token in clear: shown once to whoever made it.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// Of random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads one; nothing where the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// As it stands in the address.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"relief-ledger receipt link").chain_update(self.0).finalize().into()
    }

    /// By what its row is found: another digest, so that the key gives nothing of the hash away.
    pub fn id(&self) -> ReceiptLinkId {
        let digest =
            Sha256::new().chain_update(b"relief-ledger receipt link id").chain_update(self.0).finalize();
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        ReceiptLinkId(Uuid::from_bytes(bytes))
    }
}

/// What came of an item, as its receiver counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Which item.
    pub item: ItemId,
    /// Base units that are on the way.
    pub expected: i64,
    /// Base units that came and are usable.
    pub good: i64,
    /// Base units that came and are not.
    pub damaged: i64,
}

impl Count {
    /// What is short of what is on the way; below nothing where more came.
    pub fn missing(self) -> i64 {
        self.expected - self.good - self.damaged
    }

    /// The line of a receipt that says it.
    pub fn line(self, reason: &str) -> Value {
        let (missing, surplus) = (self.missing().max(0), (-self.missing()).max(0));
        // What came beyond what was sent is told apart from what was sent, so of the good only the rest is.
        let good = self.good - surplus.min(self.good);
        let damaged = self.damaged - (surplus - surplus.min(self.good));
        let surplus = self.good + self.damaged - good - damaged;
        let mut line = json!({
            "item": self.item, "good": good, "damaged": damaged, "missing": missing, "surplus": surplus,
        });
        if !reason.is_empty()
            && let Some(members) = line.as_object_mut()
        {
            members.insert("reason".to_owned(), Value::from(reason));
        }
        line
    }
}
