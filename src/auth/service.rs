//! Everything about callers, together, as the server holds it.

use super::api_key::ApiKeySecret;
use super::credential::{Caller, Credential};
use super::delay::Delays;
use super::password::{NOBODY, Passwords};
use super::principal::{Claim, KnownFor, Principal, Principals};
use super::sealed::{Nobody, login_key};
use super::session::{Secret, SessionKind, random};
use super::token::{ACCESS_TOKEN_SECONDS, TokenRefusal, Tokens};
use super::user::{User, find_by_login, normal_login};
use crate::core::id::{SessionId, UserId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Database;
use crate::vault::Vault;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// A login whose password was right; the session is still to be recorded.
#[derive(Clone, Debug)]
pub struct Login {
    /// Who logged in.
    pub principal: Principal,
    /// Wrong passwords that came just before.
    pub failures_before: u32,
}

/// Who is calling: passwords, tokens, sessions, roles.
pub struct Auth {
    database: Database,
    vault: Vault,
    nobody: Arc<Nobody>,
    tokens: Tokens,
    principals: Principals,
    passwords: Passwords,
    delays: Delays,
    failures: AtomicU64,
    first_secret: Mutex<Option<[u8; 32]>>,
}

impl Auth {
    /// The service over a database, with the token keys and the vault of a folder.
    ///
    /// # Errors
    /// An internal problem where the keys cannot be used.
    pub fn new(database: Database, keys: &Path) -> Outcome<Self> {
        let tokens = Tokens::open(keys).map_err(|error| Problem::internal(error.to_string()))?;
        let vault = Vault::open_or_create(keys)?;
        Ok(Self {
            principals: Principals::new(database.clone()),
            database,
            nobody: Arc::new(Nobody::seal(&vault, NOBODY)?),
            vault,
            tokens,
            passwords: Passwords::start()?,
            delays: Delays::default(),
            failures: AtomicU64::new(0),
            first_secret: Mutex::new(None),
        })
    }

    /// Access tokens and their keys.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Hashing and checking of passwords.
    pub fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// Logins that failed since the start.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Makes the next request of everyone read role and session anew.
    pub fn forget_callers(&self) {
        self.principals.forget();
    }

    /// Who is calling with this credential. Who was known is believed for as long as `known_for` says, which is
    /// [`PRINCIPAL_LIFETIME`] in the ordinary.
    ///
    /// [`PRINCIPAL_LIFETIME`]: super::PRINCIPAL_LIFETIME
    ///
    /// # Errors
    /// `unauthenticated` where there is none that is good, or the user is gone or disabled, or the session is over.
    pub async fn authenticate(
        &self,
        credential: Option<Credential>,
        known_for: KnownFor<'_>,
    ) -> Outcome<Caller> {
        let claim = match credential {
            None => {
                return Err(Problem::new(
                    Code::Unauthenticated,
                    "Send the header Authorization: Bearer with the access token that POST /api/v1/auth/login gives, or with \
                     a machine's key.",
                ));
            }
            Some(Credential::Bearer(token)) => {
                let verified = match self.tokens.verify(&token) {
                    // Another process may sign with a key that came a moment ago.
                    Err(TokenRefusal::OtherKey) if self.tokens.may_reread() => {
                        self.tokens.reread().and_then(|()| self.tokens.verify(&token))
                    }
                    verified => verified,
                };
                let (user, session) = verified.map_err(|refusal| refused().log(refusal))?;
                Claim::Session(user, session)
            }
            Some(Credential::Cookie(text)) => {
                let secret = Secret::parse(SessionKind::Cookie, &text).ok_or_else(refused)?;
                Claim::Cookie(secret.id(), secret.hash())
            }
            Some(Credential::Key(text)) => {
                let key = ApiKeySecret::parse(&text).ok_or_else(refused)?;
                return self.principals.find_machine(key, known_for).await?.ok_or_else(refused);
            }
            Some(Credential::Other) => return Err(refused()),
        };
        self.principals.find(claim, known_for).await?.ok_or_else(refused)
    }

    /// An access token of a session.
    ///
    /// # Errors
    /// An internal problem where it cannot be signed.
    pub fn issue(&self, user: UserId, session: SessionId) -> Outcome<String> {
        self.tokens.issue(user, session).map_err(|error| Problem::internal(error.to_string()))
    }

    /// Lets a session that could not be recorded, as the disk is full, be good in this process for as long as its
    /// one access token.
    pub fn admit_unrecorded(&self, user: UserId, session: SessionId) {
        self.principals.admit_unrecorded(user, session, Duration::from_secs(ACCESS_TOKEN_SECONDS));
    }

    /// Checks a login and its password. Beginning a session and recording it is the caller's part.
    ///
    /// # Errors
    /// `unauthenticated`, in the same words and time whether or not there is such a user; `too_many_requests`
    /// where too many passwords wait to be checked.
    pub async fn log_in(&self, login: &str, password: String, from: Option<IpAddr>) -> Outcome<Login> {
        let login = normal_login(login);
        // Not even the memory of attempts has logins in clear.
        let account = login_key(&self.vault, &login);
        self.wait_turn(&account, from).await;
        let (database, vault, nobody) = (self.database.clone(), self.vault.clone(), Arc::clone(&self.nobody));
        let (user, hash) = off_thread(move || {
            let user = database.read(|conn| find_by_login(conn, &vault, &login))?;
            let hash = nobody.or_password_of(&vault, user.as_ref());
            Ok((user, hash))
        })
        .await?;
        let is_right = self.passwords.verify(password, hash).await?;
        let principal = user.as_ref().map(User::principal).transpose()?.flatten();
        let Some(principal) = principal.filter(|_| is_right) else {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return Err(Problem::new(
                Code::Unauthenticated,
                "Login or password is wrong, or the account is disabled.",
            ));
        };
        Ok(Login { principal, failures_before: self.delays.succeeded(&account, from) })
    }

    /// Checks the password of somebody who is logged in, with the same pauses as a login: a stolen token must not
    /// be a way to guess passwords quickly.
    ///
    /// # Errors
    /// `invalid` at `/password` where it is another; `too_many_requests` where too many passwords wait to be checked.
    pub async fn check_own_password(
        &self,
        user: &User,
        password: String,
        from: Option<IpAddr>,
    ) -> Outcome<()> {
        self.wait_turn(&user.login, from).await;
        let (vault, nobody, whose) = (self.vault.clone(), Arc::clone(&self.nobody), user.clone());
        let hash = off_thread(move || Ok(nobody.or_password_of(&vault, Some(&whose)))).await?;
        if !self.passwords.verify(password, hash).await? {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return Err(Problem::field("/password", "This is not your present password."));
        }
        self.delays.succeeded(&user.login, from);
        Ok(())
    }

    async fn wait_turn(&self, login: &str, from: Option<IpAddr>) {
        let pause = self.delays.begin(login, from);
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }

    /// Makes the secret with which the first administrator is added; only its hash is kept, in memory.
    ///
    /// # Errors
    /// An internal problem where there are no random bytes.
    pub fn make_first_secret(&self) -> Outcome<String> {
        let secret = Uuid::from_bytes(random()?).simple().to_string();
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

fn refused() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        "What you sent to say who you are is not valid or has expired. Log in again.",
    )
}

/// Runs blocking work on a thread that may block.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Outcome<T> + Send + 'static,
) -> Outcome<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Problem::internal(format!("a blocking task ended: {error}")))?
}
