//! A session: one login and everything done under it, and the secret that continues it.
//!
//! A session's row is a record: the log tells when it began and how it ended. What continues it is not: an opaque
//! secret that a field device exchanges for a new one at each use, or that a browser keeps as its cookie. Only its
//! SHA-256 is stored.
//!
//! A secret is a family, by which it is found, and 256 bits that nobody can guess. Whoever presents the family with
//! another secret than the present one had an old one, and an old one is in use by a thief or by the owner after a
//! thief: the session ends. One thing is forgiven: that the answer with the next secret got lost. The next secret is
//! therefore derived from the spent one and a stored nonce, so that the same can be given again for half a minute
//! without being kept anywhere; `docs/decisions/0016-sessions.md` weighs that.

use super::policy::Role;
use crate::core::id::{SessionId, SessionSecretId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::writer::{Actor, Desk, Loose, Refusal, Update, record};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How long a spent secret is answered with the same successor once more: a reply may be lost on a bad line.
pub const LOST_REPLY_GRACE: i64 = 30 * MICROSECONDS;

/// How often it is noted that a cookie is in use: as often as tokens are refreshed.
const USE_NOTED_EVERY: i64 = 10 * 60 * MICROSECONDS;

/// How a session is continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// By access tokens, and a refresh token that changes at each use.
    Token,
    /// By a browser's cookie.
    Cookie,
}

impl SessionKind {
    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Cookie => "cookie",
        }
    }

    /// What its secrets begin with, so that whoever finds one in a file knows what it is.
    fn prefix(self) -> &'static str {
        match self {
            Self::Token => "relief_refresh_",
            Self::Cookie => "relief_session_",
        }
    }
}

/// How a session ended, in the words of the database and the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// Its user logged out.
    LoggedOut,
    /// Its user or an administrator ended it from elsewhere.
    Ended,
    /// The password changed.
    PasswordChanged,
    /// The account was disabled.
    Disabled,
    /// A spent refresh token was used again.
    Reused,
    /// It lasted as long as it may.
    Expired,
    /// Its user began too many others.
    TooMany,
}

impl SessionEnd {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::Ended => "ended",
            Self::PasswordChanged => "password_changed",
            Self::Disabled => "disabled",
            Self::Reused => "reused",
            Self::Expired => "expired",
            Self::TooMany => "too_many",
        }
    }
}

record! {
    /// A login and what became of it.
    pub struct Session in sessions key id: SessionId, group user_id: UserId, open(ended_at) {
        /// Key; the `sid` of its access tokens.
        id: SessionId,
        /// Whose.
        user_id: UserId,
        /// The word of a [`SessionKind`].
        kind: String,
        /// When it began.
        began_at: Timestamp,
        /// Until when it may last, as its user's role was when it began.
        ends_at: Timestamp,
        /// When it ended, if it did.
        ended_at: Option<Timestamp>,
        /// The word of a [`SessionEnd`].
        ended_as: Option<String>,
        /// Who ended it.
        ended_by: Option<UserId>,
    }
}

impl Session {
    /// A session that begins now, for as long as the role may stay logged in.
    pub fn begin(id: SessionId, user: UserId, kind: SessionKind, role: Role, now: Timestamp) -> Self {
        Self {
            id,
            user_id: user,
            kind: kind.word().to_owned(),
            began_at: now,
            ends_at: Timestamp(now.0 + role.session_lifetime()),
            ended_at: None,
            ended_as: None,
            ended_by: None,
        }
    }

    /// Whether it has neither ended nor lasted as long as it may. A role that may stay logged in for a shorter time
    /// shortens the sessions that a user has already.
    pub fn is_live(&self, role: Role, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.ends_at && now.0 < self.began_at.0 + role.session_lifetime()
    }

    /// The same session, ended.
    pub fn ended(&self, at: Timestamp, how: SessionEnd, by: UserId) -> Self {
        Self { ended_at: Some(at), ended_as: Some(how.word().to_owned()), ended_by: Some(by), ..self.clone() }
    }
}

record! {
    /// What continues a session. The log does not tell of these rows: they change with each use.
    pub struct SessionSecret in session_secrets key id: SessionSecretId, group session_id: SessionId {
        /// Key: made from the family.
        id: SessionSecretId,
        /// Which session.
        session_id: SessionId,
        /// SHA-256 of the secret that is good now.
        present_hash: Vec<u8>,
        /// SHA-256 of the one before it, until the present one is used.
        spent_hash: Option<Vec<u8>>,
        /// With this and the spent secret itself the present one is made again.
        nonce: Option<Vec<u8>>,
        /// When the present one was given out, or the cookie was last noted to be in use.
        used_at: Timestamp,
    }
}

impl SessionSecret {
    /// Whether the use of a cookie was not noted for so long that it is to be.
    pub fn is_use_due(&self, now: Timestamp) -> bool {
        now.0 - self.used_at.0 >= USE_NOTED_EVERY
    }
}

/// Notes that a cookie is in use. It is no entry of the log.
pub struct CookieUse {
    actor: Actor,
    secret: SessionSecretId,
}

impl CookieUse {
    /// By this caller.
    pub fn new(actor: Actor, secret: SessionSecretId) -> Self {
        Self { actor, secret }
    }
}

impl Update for CookieUse {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Loose<SessionSecret>>().want(self.secret);
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let now = desk.now();
        let drawer = desk.shelf::<Loose<SessionSecret>>();
        // Several requests of a page ask for it at once.
        if let Some(secret) = drawer.find(self.secret)?.filter(|secret| secret.is_use_due(now)) {
            drawer.put(SessionSecret { used_at: now, ..SessionSecret::clone(&secret) });
        }
        Ok(())
    }
}

/// A secret in clear: with the caller, and here only for as long as a request takes.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    kind: SessionKind,
    family: [u8; 16],
    key: [u8; 32],
}

impl Secret {
    /// The first secret of a family.
    ///
    /// # Errors
    /// An internal problem where there are no random bytes.
    pub fn draw(kind: SessionKind) -> Outcome<Self> {
        Ok(Self { kind, family: random()?, key: random()? })
    }

    /// Reads a secret of a kind; nothing where the text is none.
    pub fn parse(kind: SessionKind, text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(kind.prefix())?).ok()?;
        let (family, key) = bytes.split_at_checked(16)?;
        Some(Self { kind, family: family.try_into().ok()?, key: key.try_into().ok()? })
    }

    /// The text a caller keeps.
    pub fn text(&self) -> String {
        format!(
            "{}{}",
            self.kind.prefix(),
            URL_SAFE_NO_PAD.encode([&self.family[..], &self.key[..]].concat())
        )
    }

    /// By what its row is found.
    pub fn id(&self) -> SessionSecretId {
        let digest = Sha256::new().chain_update(b"relief-ledger family").chain_update(self.family).finalize();
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        SessionSecretId(Uuid::from_bytes(bytes))
    }

    /// What is stored of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"relief-ledger secret").chain_update(self.key).finalize().into()
    }

    /// The next secret of the family: always the same for the same nonce, and of no use to whoever knows only
    /// the nonce.
    pub fn successor(&self, nonce: &[u8]) -> Self {
        let key = Sha256::new()
            .chain_update(b"relief-ledger successor")
            .chain_update(self.key)
            .chain_update(nonce)
            .finalize();
        Self { key: key.into(), ..self.clone() }
    }
}

/// Random bytes, as many as the answer has room for.
///
/// # Errors
/// An internal problem where the operating system gives none.
pub fn random<const COUNT: usize>() -> Outcome<[u8; COUNT]> {
    let mut bytes = [0_u8; COUNT];
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut bytes)
        .map_err(|error| Problem::internal(format!("no random bytes: {error}")))?;
    Ok(bytes)
}
