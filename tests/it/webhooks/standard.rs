//! Standard Webhooks, read from its text and written without a line of the product: HMAC (RFC 2104) over SHA-256 by hand.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::receiver::Heard;

/// RFC 2104: the key, filled up with noughts to a block of 64 bytes.
fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64, "a longer key would be hashed first");
    let pad = |with: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect() };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

/// The signature of a message.
pub fn signature(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> String {
    let key = secret.strip_prefix("whsec_").expect("a secret begins so");
    let key = STANDARD.decode(key).expect("a secret is base64");
    let text = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &text)))
}

/// Whether a message is signed with a secret, and was sent within five minutes.
pub fn verifies(secret: &str, heard: &Heard) -> bool {
    let (id, timestamp) = (heard.id(), heard.header("webhook-timestamp"));
    let seconds: i64 = timestamp.parse().expect("a time in seconds");
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time");
    let now = i64::try_from(since.as_secs()).expect("a time");
    assert!((now - seconds).abs() <= 300, "{seconds} at {now}");
    let right = signature(secret, id, timestamp, &heard.body);
    heard.header("webhook-signature").split(' ').any(|one| one == right)
}

#[test]
fn the_example_of_the_standard_has_the_signature_it_says() {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
    assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}
