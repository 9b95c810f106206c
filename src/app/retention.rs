//! A thread that erases people whose time is over, and destroys keys that erased people and users left: when the server
//! starts, and once a day.
//!
//! Never here: who is erased and how; that is `people::expire`.

use super::background::Background;
use crate::auth::now;
use crate::core::problem::Outcome;
use crate::people::expire::expire;
use crate::users::erase::destroy_left_keys;
use crate::web::State;
use std::time::Duration;

/// Nobody is kept longer than a day beyond the time that was said.
const PERIOD: Duration = Duration::from_secs(24 * 60 * 60);

/// Starts erasing those whose time is over.
///
/// # Errors
/// Where the thread cannot be started.
pub(super) fn keep_retention(state: State) -> Outcome<Background> {
    Background::start("relief-retention", move |stopped| {
        loop {
            match expire(&state.database, &state.writer, &state.vault, now()) {
                Ok(done) if done.erased + done.keys > 0 => {
                    tracing::info!(erased = done.erased, keys = done.keys, "people's time was over");
                }
                Ok(_) => {}
                Err(problem) => {
                    let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
                    tracing::error!(cause, "people whose time is over could not be erased");
                }
            }
            if let Err(problem) = destroy_left_keys(&state.database, &state.vault) {
                let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
                tracing::error!(cause, "keys of users who were erased could not be destroyed");
            }
            if stopped.within(PERIOD) {
                return;
            }
        }
    })
}
