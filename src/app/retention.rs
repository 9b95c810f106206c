//! A thread that erases people, photos and scans whose time is over, destroys keys that erased ones left, and removes
//! imports that ended long ago: when the server starts, and once a day.
//!
//! Never here: who is erased and how; that is `people::expire`, `documents::expire`, `users::erase` and
//! `exchange::jobs::expire`.

use super::background::Background;
use crate::auth::now;
use crate::core::problem::Outcome;
use crate::documents::expire::expire as expire_attachments;
use crate::exchange::jobs::expire::expire as expire_imports;
use crate::mail::expire::expire as expire_mailings;
use crate::people::expire::{Expiry, expire};
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
            let parts = (&state.database, &state.writer, &state.vault);
            report("people", expire(parts.0, parts.1, parts.2, now()));
            report("photos and scans", expire_attachments(parts, state.person_retention_days, now()));
            report("mailings", expire_mailings(parts.0, parts.1, parts.2, now()));
            report("imports", expire_imports(state.database.url(), now()));
            let keys = destroy_left_keys(&state.database, &state.vault);
            report("users", keys.map(|keys| Expiry { erased: 0, keys }));
            if stopped.within(PERIOD) {
                return;
            }
        }
    })
}

fn report(of: &str, done: Outcome<Expiry>) {
    match done {
        Ok(done) if done.erased + done.keys > 0 => {
            tracing::info!(of, erased = done.erased, keys = done.keys, "their time was over");
        }
        Ok(_) => {}
        Err(problem) => {
            let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
            tracing::error!(of, cause, "those whose time is over could not be erased");
        }
    }
}
