//! A thread that makes dated blocks of what was recorded, so that figures of the past are read and not folded.
//!
//! Nobody waits for it: what no block has yet is folded from the postings. Several servers on one database make the
//! same blocks; who is second writes nothing.

use super::background::Background;
use crate::core::problem::Outcome;
use crate::db::{Conn, connect};
use crate::events::Kind;
use crate::ledger::keep_next;
use std::time::Duration;

/// How often it is asked whether there is another block to make: a block is thousands of entries.
const PERIOD: Duration = Duration::from_secs(5);
/// Between two blocks where many are to be made, as after a large import, so that others come first.
const BREATH: Duration = Duration::from_millis(20);

/// Starts making blocks.
///
/// # Errors
/// Where the thread cannot be started.
pub(super) fn keep_dated(url: String) -> Outcome<Background> {
    Background::start("relief-dated", move |stopped| {
        let mut conn: Option<Conn> = None;
        loop {
            let made = make(&mut conn, &url);
            let wait = match &made {
                Ok(true) => BREATH,
                Ok(false) => PERIOD,
                Err(problem) => {
                    let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
                    tracing::warn!(cause, "no dated block for now");
                    conn = None;
                    PERIOD
                }
            };
            if stopped.within(wait) {
                return;
            }
        }
    })
}

/// Makes the next block, on the connection that is there.
fn make(conn: &mut Option<Conn>, url: &str) -> Outcome<bool> {
    let conn = match conn {
        Some(conn) => conn,
        None => conn.insert(connect(url)?),
    };
    keep_next(conn, Kind::is_deploying)
}
