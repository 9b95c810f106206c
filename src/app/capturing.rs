//! A thread that settles events of other systems, once the document that brought them is recorded and answered.

use super::background::Background;
use crate::captures::Settling;
use crate::core::problem::Outcome;
use crate::web::State;
use std::time::{Duration, Instant};

/// How often it is looked whether this process recorded something.
const STEP: Duration = Duration::from_millis(100);
/// How often it is looked all the same: another process may have ended before it came to what it had accepted.
const PERIOD: Duration = Duration::from_secs(10);

/// Before it is tried again where the database, or the writer, does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts settling.
///
/// # Errors
/// Where the thread cannot be started.
pub(super) fn keep_capturing(state: &State) -> Outcome<Background> {
    let mut settling = Settling::new(state.database.clone(), state.writer.clone());
    let recorded = state.writer.sequence();
    Background::start("relief-capturing", move |stopped| {
        let mut wait = Duration::ZERO;
        let mut looked = Instant::now();
        while !stopped.within(wait) {
            let last = *recorded.borrow();
            let is_due = looked.elapsed() >= PERIOD;
            if is_due {
                looked = Instant::now();
            }
            wait = match settling.step(last, is_due) {
                Ok(true) => Duration::ZERO,
                Ok(false) => STEP,
                Err(problem) => {
                    let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
                    tracing::warn!(cause, "events of other systems are not settled for now");
                    PAUSE
                }
            };
        }
    })
}
