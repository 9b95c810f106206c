//! Keys of machines: a name that may be seen, and 256 bits that nobody can guess.
//!
//! A machine is a user of its own, with a role and bounds as users have them, that has no password and no session: its
//! key is all it has. What the log says of who did something is thus the same for machines as for people. Only the
//! SHA-256 of a secret is stored. Never here: who makes and revokes keys, which is the room `users`.

use super::session::random;
use crate::core::id::{ApiKeyId, UserId};
use crate::core::problem::Outcome;
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::schema::api_keys;
use crate::db::{Conn, read_failure};
use crate::writer::{Actor, Desk, Loose, Refusal, Update, record};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

/// What every key begins with, so that whoever finds one in a file knows what it is, and scanners find it.
pub const API_KEY_BEGINNING: &str = "relief_key_";
/// What the login of a machine begins with. No person's can: it has a letter that logins do not have.
const LOGIN_BEGINNING: &str = "key:";
/// Letters of the visible part of a key: 40 bits, so that no two keys of a ledger share one by chance.
const PREFIX_LENGTH: usize = 8;
/// What they are taken from: 32 letters that are not mistaken for one another.
const PREFIX_LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// How often it is noted that a key is in use.
const USE_NOTED_EVERY: i64 = 60 * MICROSECONDS;

record! {
    /// A machine's key.
    pub struct ApiKey in api_keys key id: ApiKeyId, group user_id: UserId {
        /// Key; the same UUID as its user's.
        id: ApiKeyId,
        /// The machine as a user.
        user_id: UserId,
        /// The part of it that may be seen.
        prefix: String,
        /// SHA-256 of the secret part.
        secret_hash: Vec<u8>,
        /// Who made it.
        made_by: UserId,
        /// When.
        made_at: Timestamp,
        /// Until when it may be used.
        good_until: Timestamp,
        /// When it was revoked, if it was.
        revoked_at: Option<Timestamp>,
        /// Who revoked it.
        revoked_by: Option<UserId>,
    }
}

impl ApiKey {
    /// Whether it may be used now.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.good_until
    }
}

record! {
    /// When a key was last used. The log does not tell of these rows: they change with use.
    pub struct ApiKeyUse in api_key_uses key id: ApiKeyId, group id: ApiKeyId {
        /// Which key.
        id: ApiKeyId,
        /// When.
        used_at: Timestamp,
    }
}

/// The login of the machine whose key shows this prefix.
pub fn machine_login(prefix: &str) -> String {
    format!("{LOGIN_BEGINNING}{prefix}")
}

/// Whether a login in its normal form is a machine's.
pub fn is_machine_login(login: &str) -> bool {
    login.starts_with(LOGIN_BEGINNING)
}

/// A key in clear: with its machine, and here only for as long as a request takes.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeySecret {
    prefix: String,
    secret: [u8; 32],
}

impl ApiKeySecret {
    /// A new one.
    ///
    /// # Errors
    /// An internal problem where there are no random bytes.
    pub fn draw() -> Outcome<Self> {
        let bytes: [u8; PREFIX_LENGTH] = random()?;
        let prefix = bytes.map(|byte| char::from(PREFIX_LETTERS[usize::from(byte) % PREFIX_LETTERS.len()]));
        Ok(Self { prefix: prefix.iter().collect(), secret: random()? })
    }

    /// Reads one; nothing where the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, secret) = text.strip_prefix(API_KEY_BEGINNING)?.split_once('_')?;
        let is_prefix =
            prefix.len() == PREFIX_LENGTH && prefix.bytes().all(|byte| PREFIX_LETTERS.contains(&byte));
        let secret = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
        is_prefix.then(|| Self { prefix: prefix.to_owned(), secret })
    }

    /// The text its machine keeps.
    pub fn text(&self) -> String {
        format!("{API_KEY_BEGINNING}{}_{}", self.prefix, URL_SAFE_NO_PAD.encode(self.secret))
    }

    /// The part that may be seen.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What is stored of the rest.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"relief-ledger api key").chain_update(self.secret).finalize().into()
    }

    /// Under what a caller who has it is remembered.
    pub(super) fn digest(&self) -> [u8; 32] {
        let digest = Sha256::new().chain_update(b"relief-ledger api key caller").chain_update(&self.prefix);
        digest.chain_update(self.secret).finalize().into()
    }
}

/// The key that shows this prefix and has this hash, where it may be used now, and whether its use is to be noted.
/// A prefix that is none and a secret that is another's cost the same one query.
///
/// # Errors
/// What the database says.
pub(super) fn find_key(
    conn: &mut Conn,
    prefix: &str,
    hash: &[u8; 32],
    now: Timestamp,
) -> Outcome<Option<(ApiKey, bool)>> {
    let found: Option<ApiKey> = api_keys::table
        .filter(api_keys::prefix.eq(prefix))
        .select(ApiKey::as_select())
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    // Digests of 256 random bits are compared, so the time it takes tells nothing of use.
    let Some(key) = found.filter(|key| key.secret_hash == hash && key.is_live(now)) else { return Ok(None) };
    let used = <ApiKeyUse as crate::writer::Record>::load(conn, &[key.id]).map_err(read_failure)?.pop();
    let is_due = is_use_due(used.as_ref(), now);
    Ok(Some((key, is_due)))
}

fn is_use_due(used: Option<&ApiKeyUse>, now: Timestamp) -> bool {
    used.is_none_or(|used| now.0 - used.used_at.0 >= USE_NOTED_EVERY)
}

/// Notes that a key is in use. It is no entry of the log.
pub struct KeyUse {
    actor: Actor,
    key: ApiKeyId,
}

impl KeyUse {
    /// By this caller.
    pub fn new(actor: Actor, key: ApiKeyId) -> Self {
        Self { actor, key }
    }
}

impl Update for KeyUse {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Loose<ApiKeyUse>>().want(self.key);
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let now = desk.now();
        let drawer = desk.shelf::<Loose<ApiKeyUse>>();
        // Several requests ask for it at once.
        if is_use_due(drawer.find(self.key)?.as_deref(), now) {
            drawer.put(ApiKeyUse { id: self.key, used_at: now });
        }
        Ok(())
    }
}
