//! A thread that imports files that were sent, one after the other, beside everything else. It records by the writer, behind
//! whatever people post, and goes on where another process or an earlier one stopped.

use super::background::Background;
use crate::auth::random;
use crate::core::problem::Outcome;
use crate::exchange::jobs::Runner;
use crate::web::State;
use std::time::Duration;

/// How often it is looked whether a file waits.
const STEP: Duration = Duration::from_millis(200);

/// Starts importing.
///
/// # Errors
/// Where the thread cannot be started, or there are no random bytes.
pub(super) fn keep_importing(state: &State) -> Outcome<Background> {
    let process = i64::from_be_bytes(random()?);
    let mut runner = Runner::new(state.database.url(), state.writer.clone(), process);
    Background::start("relief-importing", move |stopped| {
        while !stopped.within(STEP) {
            if let Err(problem) = runner.step(&|| stopped.within(Duration::ZERO)) {
                let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
                tracing::warn!(cause, "nothing is imported for now");
            }
        }
    })
}
