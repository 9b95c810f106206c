//! Passwords: argon2id as RFC 9106 recommends for memory-constrained servers, two at a time.

use super::service::off_thread;
use crate::core::problem::{Code, Outcome, Problem};
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

/// Memory of one hash, in KiB: 64 MiB.
const MEMORY_KIB: u32 = 64 * 1_024;
/// Passes over it.
const PASSES: u32 = 3;
/// Lanes.
const LANES: u32 = 1;
/// Hashes at once: each takes 64 MiB and a tenth of a second of a core.
const AT_ONCE: usize = 2;
/// Logins that may wait for their turn: five seconds of work at twenty a second.
const WAITING_LIMIT: usize = 100;
/// Shortest password accepted, in characters.
pub const PASSWORD_LENGTH_MINIMUM: usize = 12;
/// Longest password accepted, in characters; longer ones only cost time.
pub const PASSWORD_LENGTH_MAXIMUM: usize = 256;

/// Stands in for the hash of a user who is not there, so that the answer takes as long. It is no hash of
/// any known password.
const NOBODY: &str =
    "$argon2id$v=19$m=65536,t=3,p=1$cmVsaWVmLWxlZGdlci0wMQ$bm8gcGFzc3dvcmQgaGFzaGVzIHRvIHRoaXMgdmFsdWU";

/// Hashes and checks passwords, within the limits of the machine.
pub struct Passwords {
    turns: Semaphore,
    waiting: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), waiting: Semaphore::new(WAITING_LIMIT) }
    }
}

impl Passwords {
    /// Hashes a password into a PHC string.
    ///
    /// # Errors
    /// `unavailable` where too many wait.
    pub async fn hash(&self, password: String) -> Outcome<String> {
        self.in_turn(move || Self::hash_blocking(&password)).await
    }

    /// As [`Passwords::hash`], for a command that has the machine to itself.
    ///
    /// # Errors
    /// An internal problem where there are no random bytes or no memory.
    pub fn hash_blocking(password: &str) -> Outcome<String> {
        hasher()?
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| Problem::internal(format!("a password could not be hashed: {error}")))
    }

    /// Whether this is the password of this hash; without a hash it takes as long and says no.
    ///
    /// # Errors
    /// `unavailable` where too many wait.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Outcome<bool> {
        self.in_turn(move || {
            let is_known = hash.is_some();
            let text = hash.as_deref().unwrap_or(NOBODY);
            let hash = PasswordHash::new(text)
                .map_err(|error| Problem::internal(format!("a stored password hash is broken: {error}")))?;
            match hasher()?.verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(is_known),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(Problem::internal(format!("a password could not be checked: {error}"))),
            }
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let busy =
            || Problem::new(Code::Unavailable, "Too many people log in at once. Try again in a few seconds.");
        let waiting = self.waiting.try_acquire().map_err(|_| busy())?;
        let turn = self.turns.acquire().await.map_err(|_| busy())?;
        let result = off_thread(work).await;
        drop(turn);
        drop(waiting);
        result
    }
}

fn hasher() -> Outcome<Argon2<'static>> {
    let parameters = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| Problem::internal(format!("argon2 parameters: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}

/// Refuses passwords that are too short to resist guessing or absurdly long.
///
/// # Errors
/// `invalid` at `pointer`.
pub fn check_password(pointer: &str, password: &str) -> Outcome<()> {
    let length = password.chars().count();
    if (PASSWORD_LENGTH_MINIMUM..=PASSWORD_LENGTH_MAXIMUM).contains(&length) {
        return Ok(());
    }
    Err(Problem::field(
        pointer,
        format!(
            "A password has {PASSWORD_LENGTH_MINIMUM} to {PASSWORD_LENGTH_MAXIMUM} characters; this one has {length}."
        ),
    ))
}
