//! Passwords: argon2id as RFC 9106 recommends for memory-constrained servers, one at a time.
//!
//! A thread of their own hashes them, in the order they come and at a low priority, so that however many try
//! to log in, at most one core and 64 MiB are theirs. A caller who goes away frees nothing: what was begun is
//! finished, and what waits keeps its place.

use crate::core::problem::{Code, Fault, Outcome, Problem};
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use tokio::sync::oneshot;

/// Memory of one hash, in KiB: 64 MiB.
const MEMORY_KIB: u32 = 64 * 1_024;
/// Passes over it.
const PASSES: u32 = 3;
/// Lanes.
const LANES: u32 = 1;
/// Logins that may wait for their turn: some five seconds of work at ten a second.
const WAITING_LIMIT: usize = 50;
/// When to come back where more wait.
const COME_BACK_SECONDS: u64 = 5;
/// How far below everything else the hashing thread runs, in steps of `nice`.
const NICENESS: i32 = 10;
/// Shortest password accepted, in characters.
pub const PASSWORD_LENGTH_MINIMUM: usize = 12;
/// Longest password accepted, in characters; longer ones only cost time.
pub const PASSWORD_LENGTH_MAXIMUM: usize = 256;

/// Words of a login or name that are this long must not be in a password.
const KNOWN_WORD_LENGTH: usize = 4;
/// Words that name this program.
const PRODUCT_WORDS: [&str; 2] = ["reliefledger", "relief-ledger"];
/// The power of ten of guesses that a password must resist: with the pauses between attempts ten million take more
/// than a year, and with a stolen hash some days.
const GUESSES_LOG10_MINIMUM: f64 = 7.0;

/// Stands in for the hash of a user who is not there, so that the answer takes as long. It is no hash of
/// any known password.
pub(super) const NOBODY: &str =
    "$argon2id$v=19$m=65536,t=3,p=1$cmVsaWVmLWxlZGdlci0wMQ$bm8gcGFzc3dvcmQgaGFzaGVzIHRvIHRoaXMgdmFsdWU";

/// Stands for a hash where a user has set no password yet: no password is this one.
pub const NO_PASSWORD: &str = "none";

type Work = Box<dyn FnOnce() + Send>;

/// Hashes and checks passwords, within the limits of the machine.
pub struct Passwords {
    queue: SyncSender<Work>,
}

impl Passwords {
    /// Starts the thread; it ends with the last handle.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn start() -> Outcome<Self> {
        let (queue, work) = sync_channel(WAITING_LIMIT);
        std::thread::Builder::new()
            .name("relief-passwords".to_owned())
            .spawn(move || hash_in_turn(&work))
            .map_err(|error| Problem::internal(format!("passwords cannot be checked: {error}")))?;
        Ok(Self { queue })
    }

    /// Hashes a password into a PHC string.
    ///
    /// # Errors
    /// `too_many_requests` where too many wait.
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
    /// `too_many_requests` where too many wait.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Outcome<bool> {
        self.in_turn(move || {
            let hash = hash.filter(|hash| hash != NO_PASSWORD);
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
        let (answer, answered) = oneshot::channel();
        // Whoever asked may have gone; then nobody wants the answer.
        let work: Work = Box::new(move || drop(answer.send(work())));
        self.queue.try_send(work).map_err(|refused| match refused {
            TrySendError::Full(_) => too_many(),
            TrySendError::Disconnected(_) => Problem::internal("the thread that checks passwords has ended"),
        })?;
        answered.await.map_err(|_| Problem::internal("a password was not checked to its end"))?
    }
}

fn hash_in_turn(queue: &Receiver<Work>) {
    // On Linux a thread has a niceness of its own. Where it cannot be had, hashing is as urgent as the rest.
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "passwords are hashed at the ordinary priority");
    }
    while let Ok(work) = queue.recv() {
        work();
    }
}

fn too_many() -> Problem {
    let detail = format!("Too many people log in at this moment. Try again in {COME_BACK_SECONDS} s.");
    Problem::new(Code::TooManyRequests, detail).with("retry_after_s", COME_BACK_SECONDS)
}

fn hasher() -> Outcome<Argon2<'static>> {
    let parameters = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| Problem::internal(format!("argon2 parameters: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}

/// Refuses passwords that are too short to resist guessing, absurdly long, made of what is known of their user, or so
/// common that they are tried first. `known` are the user's login and name.
///
/// # Errors
/// `invalid` at `pointer`.
pub fn check_password(pointer: &str, password: &str, known: &[&str]) -> Outcome<()> {
    let length = password.chars().count();
    if !(PASSWORD_LENGTH_MINIMUM..=PASSWORD_LENGTH_MAXIMUM).contains(&length) {
        let code = if length < PASSWORD_LENGTH_MINIMUM { Fault::TooShort } else { Fault::TooLong };
        return Err(Problem::field(
            pointer,
            format!(
                "A password has {PASSWORD_LENGTH_MINIMUM} to {PASSWORD_LENGTH_MAXIMUM} characters; this one has {length}."
            ),
        )
        .coded(code)
        .at_least(PASSWORD_LENGTH_MINIMUM)
        .at_most(PASSWORD_LENGTH_MAXIMUM));
    }
    let words: Vec<String> = known
        .iter()
        .flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()).chain([*text]))
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= KNOWN_WORD_LENGTH)
        .chain(PRODUCT_WORDS.map(str::to_owned))
        .collect();
    let lower = password.to_lowercase();
    if words.iter().any(|word| lower.contains(word)) {
        return Err(Problem::field(
            pointer,
            "A password contains neither the login nor the name of its user nor the name of this program: those are \
             tried first.",
        )
        .coded(Fault::EasilyGuessed));
    }
    let known: Vec<&str> = words.iter().map(String::as_str).collect();
    if is_repetition(&lower) || zxcvbn::zxcvbn(password, &known).guesses_log10() < GUESSES_LOG10_MINIMUM {
        return Err(Problem::field(
            pointer,
            "This password is among those that are tried first: well-known ones, repetitions, rows of keys and dates. \
             Take several words that do not belong together.",
        )
        .coded(Fault::EasilyGuessed));
    }
    Ok(())
}

/// Whether a text is a shorter one again and again.
fn is_repetition(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    (1..=letters.len() / 2).any(|period| letters.iter().zip(letters.iter().skip(period)).all(|(a, b)| a == b))
}
