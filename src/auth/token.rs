//! Access tokens: JWT as RFC 9068 says, signed with Ed25519, valid ten minutes.
//!
//! A token says who, never what that person may do: roles are read per request. Verified tokens are
//! remembered by their SHA-256 until they expire, so that a signature is checked once.

use crate::audit::keys::KeyRing;
use crate::core::id::UserId;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Who makes tokens.
pub const ISSUER: &str = "relief-ledger";
/// Whom they are for.
pub const AUDIENCE: &str = "relief-ledger-api";
/// Their type (RFC 9068): no other kind of JWT passes for one.
pub const TOKEN_TYPE: &str = "at+jwt";
/// How long a token is good, in seconds.
pub const ACCESS_TOKEN_SECONDS: u64 = 600;
/// How far the clocks of two servers may differ, in seconds.
const CLOCK_LEEWAY_SECONDS: u64 = 5;
/// Longest token looked at; ours have some 450 characters.
const TOKEN_LENGTH_MAXIMUM: usize = 2_048;
/// Tokens remembered as verified.
const VERIFIED_LIMIT: usize = 16_384;

/// What a token says; all of it is required.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Who made it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The user.
    pub sub: Uuid,
    /// The session: all tokens of one login share it.
    pub sid: Uuid,
    /// This token.
    pub jti: Uuid,
    /// Made at, seconds since 1970.
    pub iat: u64,
    /// Good from.
    pub nbf: u64,
    /// Good until.
    pub exp: u64,
}

/// Why a token is not believed; for the log, as a caller learns only that it is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// Longer than any of ours.
    #[error("token must have at most {TOKEN_LENGTH_MAXIMUM} characters")]
    TooLong,
    /// It is another kind of JWT.
    #[error("token's typ must be {TOKEN_TYPE}")]
    OtherType,
    /// It names no key of ours.
    #[error("token's kid must be one of this server's keys")]
    OtherKey,
    /// Its times do not fit each other or now.
    #[error("token's iat, nbf and exp must be ten minutes of the present")]
    OtherTime,
    /// Whatever the signature or the claims lack.
    #[error("token must be signed by this server and complete: {0}")]
    Broken(String),
}

struct Verified {
    user: UserId,
    good_until: u64,
}

/// Makes and verifies access tokens.
pub struct Tokens {
    key_id: String,
    public_x: String,
    signing: EncodingKey,
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
    verified: Mutex<HashMap<[u8; 32], Verified>>,
}

impl Tokens {
    /// Tokens of this key ring.
    ///
    /// # Errors
    /// Where the key cannot be used to verify.
    pub fn new(keys: &KeyRing) -> Result<Self, TokenRefusal> {
        let key_id = keys.tokens_key_id();
        let public_x = keys.tokens_public_x();
        let verifying = DecodingKey::from_ed_components(&public_x)
            .map_err(|error| TokenRefusal::Broken(error.to_string()))?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.validate_nbf = true;
        validation.leeway = CLOCK_LEEWAY_SECONDS;
        Ok(Self {
            signing: EncodingKey::from_ed_der(&keys.tokens_pkcs8_der()),
            keys: HashMap::from([(key_id.clone(), verifying)]),
            key_id,
            public_x,
            validation,
            verified: Mutex::new(HashMap::new()),
        })
    }

    /// A new token for a user, in a session.
    ///
    /// # Errors
    /// Where signing fails.
    pub fn issue(&self, user: UserId, session: Uuid) -> Result<String, TokenRefusal> {
        let now = seconds_since_1970();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.0,
            sid: session,
            jti: Uuid::now_v7(),
            iat: now,
            nbf: now,
            exp: now + ACCESS_TOKEN_SECONDS,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(self.key_id.clone());
        encode(&header, &claims, &self.signing).map_err(|error| TokenRefusal::Broken(error.to_string()))
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn verify(&self, token: &str) -> Result<UserId, TokenRefusal> {
        if token.len() > TOKEN_LENGTH_MAXIMUM {
            return Err(TokenRefusal::TooLong);
        }
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let now = seconds_since_1970();
        {
            let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = verified.get(&digest)
                && now < known.good_until
            {
                return Ok(known.user);
            }
        }
        let claims = self.decode(token, now)?;
        let user = UserId(claims.sub);
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= VERIFIED_LIMIT {
            verified.retain(|_, known| now < known.good_until);
            if verified.len() >= VERIFIED_LIMIT {
                verified.clear();
            }
        }
        verified.insert(digest, Verified { user, good_until: claims.exp });
        Ok(user)
    }

    fn decode(&self, token: &str, now: u64) -> Result<Claims, TokenRefusal> {
        let broken = |error: jsonwebtoken::errors::Error| TokenRefusal::Broken(error.to_string());
        let header = decode_header(token).map_err(broken)?;
        if header.typ.as_deref() != Some(TOKEN_TYPE) {
            return Err(TokenRefusal::OtherType);
        }
        let key = header.kid.as_ref().and_then(|kid| self.keys.get(kid)).ok_or(TokenRefusal::OtherKey)?;
        let claims = decode::<Claims>(token, key, &self.validation).map_err(broken)?.claims;
        let is_present = claims.iat <= now + CLOCK_LEEWAY_SECONDS
            && claims.nbf >= claims.iat
            && claims.exp > claims.iat
            && claims.exp - claims.iat <= ACCESS_TOKEN_SECONDS;
        if is_present { Ok(claims) } else { Err(TokenRefusal::OtherTime) }
    }

    /// The public keys as a JWK set (RFC 7517, RFC 8037).
    pub fn key_set(&self) -> serde_json::Value {
        serde_json::json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": self.key_id, "x": self.public_x,
        }]})
    }
}

fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
