//! Everything about callers, together, as the server holds it.

use super::delay::Delays;
use super::password::Passwords;
use super::policy::{Action, Grant, authorize};
use super::principal::{Principal, Principals};
use super::token::{ACCESS_TOKEN_SECONDS, Tokens};
use super::user::{User, find_by_login, normal_login};
use crate::audit::keys::KeyRing;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Database;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// A login that succeeded.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who logged in.
    pub principal: Arc<Principal>,
    /// The session.
    pub id: Uuid,
    /// The access token.
    pub token: String,
    /// How long it is good, in seconds.
    pub expires_in: u64,
    /// Wrong passwords that came just before.
    pub failures_before: u32,
}

/// Who is calling: passwords, tokens, roles.
pub struct Auth {
    database: Database,
    tokens: Tokens,
    principals: Principals,
    passwords: Passwords,
    delays: Delays,
    failures: AtomicU64,
    first_secret: Mutex<Option<[u8; 32]>>,
}

impl Auth {
    /// The service over a database, with the tokens of a key ring.
    ///
    /// # Errors
    /// An internal problem where the keys cannot be used.
    pub fn new(database: Database, keys: &KeyRing) -> Outcome<Self> {
        let tokens = Tokens::new(keys).map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Self {
            principals: Principals::new(database.clone()),
            database,
            tokens,
            passwords: Passwords::start()?,
            delays: Delays::default(),
            failures: AtomicU64::new(0),
            first_secret: Mutex::new(None),
        })
    }

    /// Hashing and checking of passwords.
    pub fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// The public keys of the tokens.
    pub fn key_set(&self) -> serde_json::Value {
        self.tokens.key_set()
    }

    /// Logins that failed since the start.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Makes the next request of everyone read the role anew.
    pub fn forget_roles(&self) {
        self.principals.forget();
    }

    /// Who sends this `Authorization` header.
    ///
    /// # Errors
    /// `unauthenticated` where there is no good token or the user is gone or disabled.
    pub async fn authenticate(&self, header: Option<&str>) -> Outcome<Arc<Principal>> {
        let token = header.and_then(bearer).ok_or_else(|| {
            Problem::new(
                Code::Unauthenticated,
                "Send the header Authorization: Bearer with the access token that POST /api/v1/auth/login gives.",
            )
        })?;
        let refused = || {
            Problem::new(Code::Unauthenticated, "The access token is not valid or has expired. Log in again.")
        };
        let user = self.tokens.verify(token).map_err(|refusal| refused().log(refusal))?;
        self.principals.find(user).await?.ok_or_else(refused)
    }

    /// Authenticates and authorizes in one step.
    ///
    /// # Errors
    /// `unauthenticated` or `forbidden`.
    pub async fn grant(&self, header: Option<&str>, action: Action) -> Outcome<Grant> {
        let principal = self.authenticate(header).await?;
        authorize(&principal, action)
    }

    /// Checks a login and its password, and starts a session. Recording it is the caller's part.
    ///
    /// # Errors
    /// `unauthenticated`, in the same words and time whether or not there is such a user; `too_many_requests`
    /// where too many wait.
    pub async fn log_in(&self, login: &str, password: String, from: Option<IpAddr>) -> Outcome<Session> {
        let login = normal_login(login);
        let pause = self.delays.begin(&login, from).map_err(|wait| {
            let seconds = wait.as_secs() + 1;
            let detail = format!("Too many attempts at this account wait already. Try again in {seconds} s.");
            Problem::new(Code::TooManyRequests, detail).with("retry_after_s", seconds)
        })?;
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        let database = self.database.clone();
        let wanted = login.clone();
        let user = off_thread(move || database.read(|conn| find_by_login(conn, &wanted))).await?;
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let is_right = self.passwords.verify(password, hash).await?;
        let principal = user.as_ref().map(User::principal).transpose()?.flatten();
        let Some(principal) = principal.filter(|_| is_right) else {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return Err(Problem::new(
                Code::Unauthenticated,
                "Login or password is wrong, or the account is disabled.",
            ));
        };
        let failures_before = self.delays.succeeded(&login, from);
        let id = Uuid::now_v7();
        let token =
            self.tokens.issue(principal.user, id).map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Session {
            principal: Arc::new(principal),
            id,
            token,
            expires_in: ACCESS_TOKEN_SECONDS,
            failures_before,
        })
    }

    /// Makes the secret with which the first administrator is added; only its hash is kept, in memory.
    ///
    /// # Errors
    /// An internal problem where there are no random bytes.
    pub fn make_first_secret(&self) -> Outcome<String> {
        let mut bytes = [0_u8; 16];
        rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut bytes)
            .map_err(|error| Problem::internal(format!("no random bytes: {error}")))?;
        let secret = Uuid::from_bytes(bytes).simple().to_string();
        *self.secret() = Some(Sha256::digest(secret.as_bytes()).into());
        Ok(secret)
    }

    /// Whether this is the secret.
    ///
    /// # Errors
    /// `unauthenticated` where it is another, or none is waiting.
    pub fn check_first_secret(&self, secret: &str) -> Outcome<()> {
        let digest: [u8; 32] = Sha256::digest(secret.trim().as_bytes()).into();
        // Digests of 128 random bits are compared, so the time it takes tells nothing of use.
        if *self.secret() == Some(digest) {
            return Ok(());
        }
        Err(Problem::new(
            Code::Unauthenticated,
            "This is not the one-time secret, or it was used. It is printed when the server starts with no user; \
             `relief user add` works as well.",
        ))
    }

    /// Ends the secret: it was used.
    pub fn forget_first_secret(&self) {
        *self.secret() = None;
    }

    fn secret(&self) -> std::sync::MutexGuard<'_, Option<[u8; 32]>> {
        self.first_secret.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// Runs blocking work on a thread that may block.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Outcome<T> + Send + 'static,
) -> Outcome<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Problem::internal(format!("a blocking task ended: {error}")))?
}
