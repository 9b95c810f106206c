//! A thread that keeps the keys of access tokens: sees what other processes and commands changed in the folder, and
//! lets a new key sign when the present one is old.
//!
//! Requests read no files: they use what this thread read last. Never here: the log's own key, which is not rotated.

use super::background::Background;
use crate::audit::keys::TokenKeys;
use crate::core::problem::Outcome;
use crate::users::key_store::{KEY_OVERLAP, KeyChange};
use crate::web::State;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How often the folder is read: what changed there acts within a second or so.
const PERIOD: Duration = Duration::from_secs(1);
/// Every how many readings the age of the key is looked at.
const AGE_EVERY: u32 = 60;

/// Starts keeping the keys of a folder, letting one sign for at most `lifetime`.
///
/// # Errors
/// Where the thread cannot be started.
pub(super) fn keep_keys(state: State, folder: PathBuf, lifetime: Duration) -> Outcome<Background> {
    Background::start("relief-keys", move |stopped| {
        let mut count = 0;
        loop {
            if count % AGE_EVERY == 0 {
                rotate_when_old(&state, &folder, lifetime);
            }
            count = count.wrapping_add(1);
            if stopped.within(PERIOD) {
                return;
            }
            if let Err(refusal) = state.auth.tokens().reread() {
                tracing::warn!(%refusal, "the key folder cannot be read; the keys stay as they are");
            }
        }
    })
}

fn rotate_when_old(state: &State, folder: &std::path::Path, lifetime: Duration) {
    let now = SystemTime::now();
    match TokenKeys::rotate(folder, now, KEY_OVERLAP, Some(lifetime)) {
        Ok(None) => {}
        Ok(Some(rotation)) => {
            tracing::info!(new = %rotation.new, old = %rotation.old, "a new key signs access tokens");
            note(state, KeyChange::rotated(KeyChange::server(), &rotation));
            drop(state.auth.tokens().reread());
        }
        Err(error) => tracing::warn!(%error, "the keys of access tokens cannot be rotated"),
    }
    match TokenKeys::retire(folder, now, None) {
        Ok(kids) => {
            for kid in kids {
                note(state, KeyChange::retired(KeyChange::server(), &kid));
            }
        }
        Err(error) => tracing::warn!(%error, "keys whose time is over cannot be removed"),
    }
}

fn note(state: &State, change: KeyChange) {
    if let Err(problem) = state.writer.record_blocking(change) {
        tracing::error!(cause = problem.internal.as_deref(), "a change of keys is not in the log");
    }
}
