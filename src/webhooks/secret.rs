//! What messages are signed with, and signing them, as Standard Webhooks 1.0 says: HMAC-SHA-256 over the identifier, the
//! time and the body with dots between them, in base64 after `v1,`.

use crate::auth::random;
use crate::core::id::{SealedId, WebhookId};
use crate::core::problem::{Outcome, Problem};
use crate::vault::{Vault, key_missing};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// What every secret begins with, so that whoever finds one in a file knows what it is.
pub const SECRET_BEGINNING: &str = "whsec_";
/// Bytes of a secret: as many as the hash has.
const SECRET_BYTES: usize = 32;
/// What it is sealed as.
const PART: &str = "secret of a webhook";

/// A secret in clear: with its receiver, and here only for as long as it takes to sign.
pub struct WebhookSecret([u8; SECRET_BYTES]);

fn owner(id: WebhookId) -> SealedId {
    SealedId(id.0)
}

impl WebhookSecret {
    /// A new one.
    ///
    /// # Errors
    /// An internal problem where there are no random bytes.
    pub fn draw() -> Outcome<Self> {
        random().map(Self)
    }

    /// The text its receiver keeps.
    pub fn text(&self) -> String {
        format!("{SECRET_BEGINNING}{}", STANDARD.encode(self.0))
    }

    /// Seals it for a new webhook, whose key is made.
    ///
    /// # Errors
    /// An internal problem where the key cannot be made.
    pub(super) fn seal_new(&self, vault: &Vault, id: WebhookId) -> Outcome<Vec<u8>> {
        vault.seal_new(owner(id), PART, &self.0)
    }

    /// Seals it for a webhook that is there. Of one that is removed meanwhile no key comes back.
    ///
    /// # Errors
    /// `key_missing` where the webhook has no key.
    pub(super) fn seal(&self, vault: &Vault, id: WebhookId) -> Outcome<Vec<u8>> {
        vault.seal(owner(id), PART, &self.0)
    }

    /// Opens what was sealed.
    ///
    /// # Errors
    /// `key_missing` where the key folder lacks the key; an internal problem where it is not what was sealed.
    pub(super) fn open(vault: &Vault, id: WebhookId, sealed: &[u8]) -> Outcome<Self> {
        let clear = vault.open(owner(id), PART, sealed)?.ok_or_else(|| key_missing(owner(id)))?;
        let bytes = clear.try_into();
        bytes
            .map(Self)
            .map_err(|_| Problem::internal(format!("the secret of webhook {id} has another length")))
    }

    /// Signs a message, told at this second.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0));
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

/// Destroys the key of a webhook that is no more.
///
/// # Errors
/// Where the file cannot be destroyed.
pub(super) fn destroy(vault: &Vault, id: WebhookId) -> Outcome<bool> {
    vault.destroy(owner(id))
}
