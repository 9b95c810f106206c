//! Sealing bytes: ChaCha20-Poly1305 with a nonce drawn for each value, and HMAC-SHA-256 for lookups.
//!
//! A key seals the few versions of one owner's values, so that nonces of 96 random bits never meet.

use super::files::KEY_BYTES;
use crate::core::problem::{Outcome, Problem};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng;
use rand::rngs::SysRng;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

/// The first byte of a sealed value: how it was sealed.
const FIRST_WAY: u8 = 1;

/// One byte that says how, the nonce, the ciphertext, the tag.
pub(super) fn seal(key: &[u8; KEY_BYTES], bound_to: &[u8], clear: &[u8]) -> Outcome<Vec<u8>> {
    let mut nonce = [0; NONCE_LEN];
    SysRng.try_fill_bytes(&mut nonce).map_err(|error| Problem::internal(format!("random bytes: {error}")))?;
    let mut body = clear.to_vec();
    cipher(key)
        .and_then(|cipher| {
            let nonce = Nonce::assume_unique_for_key(nonce);
            cipher.seal_in_place_append_tag(nonce, Aad::from(bound_to), &mut body).ok()
        })
        .ok_or_else(|| Problem::internal("a value could not be sealed"))?;
    Ok([[FIRST_WAY].as_slice(), &nonce, &body].concat())
}

/// The clear value; nothing where key, binding or value are not those of the sealing.
pub(super) fn open(key: &[u8; KEY_BYTES], bound_to: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, body) = sealed.strip_prefix(&[FIRST_WAY])?.split_first_chunk::<NONCE_LEN>()?;
    let mut body = body.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let length = cipher(key)?.open_in_place(nonce, Aad::from(bound_to), &mut body).ok()?.len();
    body.truncate(length);
    Some(body)
}

fn cipher(key: &[u8; KEY_BYTES]) -> Option<LessSafeKey> {
    UnboundKey::new(&CHACHA20_POLY1305, key).ok().map(LessSafeKey::new)
}

/// A keyed digest as text.
pub(super) fn keyed(key: &[u8; KEY_BYTES], purpose: &str, value: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(key, purpose, value))
}

/// A keyed digest.
pub(super) fn digest(key: &[u8; KEY_BYTES], purpose: &str, value: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    context.update(purpose.as_bytes());
    context.update(&[0]);
    context.update(value);
    context.sign()
}
