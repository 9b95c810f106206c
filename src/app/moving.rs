//! A thread that moves what SQLite wrote ahead into the database, beside the writer and in small parts, so that the commit
//! that would else have to move all of it finds little left.

use super::background::Background;
use crate::core::problem::Outcome;
use crate::db::{Conn, connect, move_pages};
use std::time::Duration;

/// How often: a page that is written time and again moves as often as this, and what one commit finds left when its turn
/// comes is what was written since.
const PERIOD: Duration = Duration::from_millis(250);

/// Starts moving pages, where the database is one that leaves that to its callers.
///
/// # Errors
/// Where the thread cannot be started.
pub(super) fn keep_moving(url: String) -> Outcome<Background> {
    Background::start("relief-moving", move |stopped| {
        let mut conn: Option<Conn> = None;
        while !stopped.within(PERIOD) {
            match moved(&mut conn, &url) {
                Ok(true) => {}
                Ok(false) => return,
                Err(problem) => {
                    // Nothing is lost: commits move what this thread does not.
                    let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
                    tracing::debug!(cause, "no pages were moved for now");
                    conn = None;
                }
            }
        }
    })
}

fn moved(conn: &mut Option<Conn>, url: &str) -> Outcome<bool> {
    let conn = match conn {
        Some(conn) => conn,
        None => conn.insert(connect(url)?),
    };
    move_pages(conn)
}
