//! Access tokens: JWT as RFC 9068 says, signed with Ed25519, valid ten minutes.
//!
//! A token says who, never what that person may do: roles are read per request. Verified tokens are
//! remembered by their SHA-256 until they expire, so that a signature is checked once. The keys are those of the
//! folder: one signs, and those before it verify until the last token they signed has expired.

use crate::audit::keys::TokenKeys;
use crate::core::id::{SessionId, UserId};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Who makes tokens.
pub const ISSUER: &str = "relief-ledger";
/// Whom they are for.
pub const AUDIENCE: &str = "relief-ledger-api";
/// Their type (RFC 9068): no other kind of JWT passes for one.
pub const TOKEN_TYPE: &str = "at+jwt";
/// How they are signed, and in no other way.
const ALGORITHM: &str = "EdDSA";
/// How long a token is good, in seconds.
pub const ACCESS_TOKEN_SECONDS: u64 = 600;
/// How far the clocks of two servers may differ, in seconds.
const CLOCK_LEEWAY_SECONDS: u64 = 5;
/// Longest token looked at; ours have some 450 characters.
const TOKEN_LENGTH_MAXIMUM: usize = 2_048;
/// How often tokens of keys that are not known make the folder be read.
const REREAD_PAUSE: Duration = Duration::from_millis(250);
/// Tokens remembered as verified.
const VERIFIED_LIMIT: usize = 16_384;

/// What a token says; all of it is required.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// It is signed in another way.
    #[error("token's alg must be {ALGORITHM}")]
    OtherAlgorithm,
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
    session: SessionId,
    good_until: u64,
}

/// A key as it verifies.
struct Verifying {
    key: DecodingKey,
    public_x: String,
    /// Seconds since 1970; the key that signs has no end.
    until: Option<u64>,
}

/// The keys of the folder as they were read last.
struct KeySet {
    key_id: String,
    signing: EncodingKey,
    keys: HashMap<String, Verifying>,
}

impl KeySet {
    fn read(folder: &Path) -> Result<Self, TokenRefusal> {
        let broken = |error: &dyn std::fmt::Display| TokenRefusal::Broken(error.to_string());
        let found = TokenKeys::read(folder).map_err(|error| broken(&error))?;
        let mut keys = HashMap::new();
        for one in std::iter::once(&found.signing).chain(&found.earlier) {
            let key = DecodingKey::from_ed_components(&one.public_x).map_err(|error| broken(&error))?;
            keys.insert(one.id.clone(), Verifying { key, public_x: one.public_x.clone(), until: one.until });
        }
        let signing = EncodingKey::from_ed_der(&found.signing.pkcs8_der());
        Ok(Self { key_id: found.signing.id, signing, keys })
    }

    fn is_same(&self, other: &Self) -> bool {
        let ends = |set: &Self| -> BTreeMap<String, Option<u64>> {
            set.keys.iter().map(|(id, key)| (id.clone(), key.until)).collect()
        };
        self.key_id == other.key_id && ends(self) == ends(other)
    }
}

/// The header of our tokens: these three members, each once, and no other. A header that names a key, a place to get
/// one from, or an extension that must be understood is none of ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OurHeader {
    typ: String,
    alg: String,
    kid: String,
}

/// Makes and verifies access tokens.
pub struct Tokens {
    folder: PathBuf,
    keys: RwLock<Arc<KeySet>>,
    reread_at: Mutex<Instant>,
    validation: Validation,
    verified: Mutex<HashMap<[u8; 32], Verified>>,
}

impl Tokens {
    /// Tokens of the keys in a folder, which must be there.
    ///
    /// # Errors
    /// Where the keys cannot be used to sign and verify.
    pub fn open(folder: &Path) -> Result<Self, TokenRefusal> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.validate_nbf = true;
        validation.leeway = CLOCK_LEEWAY_SECONDS;
        Ok(Self {
            folder: folder.to_owned(),
            keys: RwLock::new(Arc::new(KeySet::read(folder)?)),
            reread_at: Mutex::new(Instant::now()),
            validation,
            verified: Mutex::new(HashMap::new()),
        })
    }

    /// Reads the folder again and takes up what has changed; what cannot be read leaves the keys as they are.
    ///
    /// # Errors
    /// Why the folder cannot be read.
    pub fn reread(&self) -> Result<(), TokenRefusal> {
        let found = KeySet::read(&self.folder)?;
        if found.is_same(&self.keys()) {
            return Ok(());
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(found);
        // What a key verified that is there no more is verified no more.
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    /// Whether a token of a key that is not known is a reason to look into the folder: not more than a few times a
    /// second, however many are sent.
    pub(super) fn may_reread(&self) -> bool {
        let mut reread_at = self.reread_at.lock().unwrap_or_else(PoisonError::into_inner);
        if reread_at.elapsed() < REREAD_PAUSE {
            return false;
        }
        *reread_at = Instant::now();
        true
    }

    fn keys(&self) -> Arc<KeySet> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A new token for a user, in a session.
    ///
    /// # Errors
    /// Where signing fails.
    pub fn issue(&self, user: UserId, session: SessionId) -> Result<String, TokenRefusal> {
        let now = seconds_since_1970();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.0,
            sid: session.0,
            jti: Uuid::now_v7(),
            iat: now,
            nbf: now,
            exp: now + ACCESS_TOKEN_SECONDS,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        let keys = self.keys();
        header.kid = Some(keys.key_id.clone());
        encode(&header, &claims, &keys.signing).map_err(|error| TokenRefusal::Broken(error.to_string()))
    }

    /// Whose token this is, and of which session.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn verify(&self, token: &str) -> Result<(UserId, SessionId), TokenRefusal> {
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
                return Ok((known.user, known.session));
            }
        }
        let claims = self.decode(token, now)?;
        let (user, session) = (UserId(claims.sub), SessionId(claims.sid));
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= VERIFIED_LIMIT {
            verified.retain(|_, known| now < known.good_until);
            if verified.len() >= VERIFIED_LIMIT {
                verified.clear();
            }
        }
        verified.insert(digest, Verified { user, session, good_until: claims.exp });
        Ok((user, session))
    }

    fn decode(&self, token: &str, now: u64) -> Result<Claims, TokenRefusal> {
        let header: OurHeader = header_of(token)?;
        if header.typ != TOKEN_TYPE {
            return Err(TokenRefusal::OtherType);
        }
        if header.alg != ALGORITHM {
            return Err(TokenRefusal::OtherAlgorithm);
        }
        let keys = self.keys();
        let key = keys.keys.get(&header.kid).filter(|key| key.until.is_none_or(|until| now <= until));
        let key = key.ok_or(TokenRefusal::OtherKey)?;
        let claims = decode::<Claims>(token, &key.key, &self.validation)
            .map_err(|error| TokenRefusal::Broken(error.to_string()))?
            .claims;
        let is_present = claims.iat <= now + CLOCK_LEEWAY_SECONDS
            && claims.nbf >= claims.iat
            && claims.exp > claims.iat
            && claims.exp - claims.iat <= ACCESS_TOKEN_SECONDS;
        if is_present { Ok(claims) } else { Err(TokenRefusal::OtherTime) }
    }

    /// The public keys as a JWK set (RFC 7517, RFC 8037): the one that signs first.
    pub fn key_set(&self) -> serde_json::Value {
        let (keys, now) = (self.keys(), seconds_since_1970());
        let mut good: Vec<(&String, &Verifying)> =
            keys.keys.iter().filter(|(_, key)| key.until.is_none_or(|until| now <= until)).collect();
        good.sort_by_key(|(_, key)| std::cmp::Reverse(key.until.unwrap_or(u64::MAX)));
        let shown = good.into_iter().map(|(id, key)| {
            serde_json::json!({
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": ALGORITHM, "kid": id, "x": key.public_x,
            })
        });
        serde_json::json!({"keys": shown.collect::<Vec<_>>()})
    }
}

/// The header of a token of three parts, read more strictly than the signature asks for.
fn header_of(token: &str) -> Result<OurHeader, TokenRefusal> {
    let broken = |words: &str| TokenRefusal::Broken(words.to_owned());
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(broken("it has not three parts"));
    };
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| broken("its header is not base64url"))?;
    serde_json::from_slice(&header).map_err(|error| TokenRefusal::Broken(error.to_string()))
}

fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
