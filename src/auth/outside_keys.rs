//! The keys an outside issuer publishes: found by its configuration, fetched over TLS, remembered for an hour.
//!
//! A token of a key that is not known is a reason to fetch them anew, but not more than every few seconds, however many
//! are sent; and where the issuer cannot be reached the keys of a day ago go on. Nothing is followed elsewhere, and
//! what comes has a size and a time. Never here: what a token says.

use super::outgoing::agent_config;
use super::outside::{Outside, OutsideKeys, OutsideRefusal, is_safe_place};
use super::service::off_thread;
use crate::core::problem::{Code, Outcome, Problem};
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use ureq::Agent;

/// How long keys are used without asking again: a key that the issuer takes back is believed no longer than this.
const KEYS_FRESH: Duration = Duration::from_secs(60 * 60);
/// How long they are used where the issuer cannot be reached.
const KEYS_USABLE: Duration = Duration::from_secs(24 * 60 * 60);
/// How often they are asked for at most.
const ASK_PAUSE: Duration = Duration::from_secs(5);
/// How long one question may take, from the name to the last byte.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most that is read of an answer; key sets have some thousands of bytes.
const ANSWER_LIMIT: u64 = 256 * 1_024;

/// An issuer and its keys.
pub struct OutsideIssuer {
    settings: Outside,
    agent: Agent,
    known: Mutex<Known>,
    /// One asks, the others wait for what comes.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: Arc<OutsideKeys>,
    fetched_at: Option<Instant>,
    asked_at: Option<Instant>,
}

/// What is read of an issuer's configuration.
#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

impl OutsideIssuer {
    /// An issuer nobody has asked yet: it need not be up for this server to start.
    pub fn new(settings: Outside) -> Self {
        let agent = agent_config(PATIENCE, "the outside issuer").build().new_agent();
        Self { settings, agent, known: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }

    /// What its tokens mean here.
    pub fn settings(&self) -> &Outside {
        &self.settings
    }

    /// The keys that a token can be checked with: those that are known, or, where it names none of these or they are
    /// old, those that are published now.
    ///
    /// # Errors
    /// Why the token cannot be believed whatever the keys are; `unavailable` where there are no keys.
    pub async fn keys_for(
        self: &Arc<Self>,
        token: &str,
    ) -> Outcome<Result<Arc<OutsideKeys>, OutsideRefusal>> {
        if let Some(keys) = self.fresh(token)? {
            return Ok(keys);
        }
        let asking = self.asking.lock().await;
        if let Some(keys) = self.fresh(token)? {
            return Ok(keys);
        }
        let may_ask = {
            let mut known = self.known();
            let may_ask = known.asked_at.is_none_or(|at| at.elapsed() >= ASK_PAUSE);
            if may_ask {
                known.asked_at = Some(Instant::now());
            }
            may_ask
        };
        if may_ask {
            let issuer = Arc::clone(self);
            match off_thread(move || issuer.fetch()).await {
                Ok(keys) => {
                    let mut known = self.known();
                    known.keys = Arc::new(keys);
                    known.fetched_at = Some(Instant::now());
                }
                Err(problem) => {
                    tracing::warn!(
                        cause = problem.internal.as_deref(),
                        "the outside issuer's keys cannot be fetched"
                    );
                }
            }
        }
        drop(asking);
        let known = self.known();
        if known.fetched_at.is_some_and(|at| at.elapsed() < KEYS_USABLE) {
            return Ok(Ok(Arc::clone(&known.keys)));
        }
        Err(Problem::new(
            Code::Unavailable,
            "The outside issuer cannot be reached. Try again in some seconds.",
        ))
    }

    /// The known keys, where they are fresh and have the one the token names; the refusal of what is no token at all.
    fn fresh(&self, token: &str) -> Outcome<Option<Result<Arc<OutsideKeys>, OutsideRefusal>>> {
        let known = self.known();
        let is_fresh = known.fetched_at.is_some_and(|at| at.elapsed() < KEYS_FRESH);
        Ok(match self.settings.key_of(token, &known.keys) {
            Ok(_) if is_fresh => Some(Ok(Arc::clone(&known.keys))),
            Ok(_) | Err(OutsideRefusal::Key) => None,
            Err(refusal) => Some(Err(refusal)),
        })
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetch(&self) -> Outcome<OutsideKeys> {
        let failed = |words: String| Problem::internal(format!("the outside issuer: {words}"));
        let place =
            format!("{}/.well-known/openid-configuration", self.settings.issuer.trim_end_matches('/'));
        let configuration: Configuration =
            serde_json::from_slice(&self.get(&place)?).map_err(|error| failed(error.to_string()))?;
        if configuration.issuer != self.settings.issuer {
            return Err(failed(format!("its configuration is that of {:?}", configuration.issuer)));
        }
        if !is_safe_place(&configuration.jwks_uri) {
            return Err(failed(format!("its keys are at {:?}, which is not https", configuration.jwks_uri)));
        }
        OutsideKeys::parse(&self.get(&configuration.jwks_uri)?).map_err(failed)
    }

    fn get(&self, place: &str) -> Outcome<Vec<u8>> {
        let failed = |error: &dyn std::fmt::Display| Problem::internal(format!("{place}: {error}"));
        let mut answer = self.agent.get(place).call().map_err(|error| failed(&error))?;
        if !answer.status().is_success() {
            return Err(failed(&answer.status()));
        }
        answer.body_mut().with_config().limit(ANSWER_LIMIT).read_to_vec().map_err(|error| failed(&error))
    }
}
