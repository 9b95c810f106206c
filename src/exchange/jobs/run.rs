//! Jobs taken up one after the other, each by one process, and again where that one ended in between.
//!
//! A process says with each part that it still runs its job; where it says nothing any more another takes the job up. Two
//! that run one job for a moment double nothing, as every row has an identifier of its own.

use super::steps::{End, Steps};
use super::store::{ImportJob, ImportState, claim, is_waiting, write, write_job};
use crate::auth::now;
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::{Conn, connect};
use crate::writer::Writer;

/// How long a process runs a job without saying again that it does: longer than a part of it takes behind everybody else.
pub(super) const HELD_SECONDS: i64 = 120;
/// Before a job is tried again that the database, and not its file, ended.
const AGAIN_SECONDS: i64 = 5;
/// How often a job is taken up before it is given up: a server that ends each time should not do so for ever.
const ATTEMPTS_MAXIMUM: i64 = 20;

/// Whether the server is to stop.
pub type Stopping<'a> = &'a dyn Fn() -> bool;

/// Runs jobs.
pub struct Runner {
    url: String,
    writer: Writer,
    /// What tells this process from others, at random.
    process: i64,
    conn: Option<Conn>,
}

pub(super) fn seconds_from(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp(now.0.saturating_add(seconds.saturating_mul(MICROSECONDS)))
}

impl Runner {
    /// One that records by this writer; `process` tells it from others.
    pub fn new(url: &str, writer: Writer, process: i64) -> Self {
        Self { url: url.to_owned(), writer, process, conn: None }
    }

    /// Runs the oldest job that nobody runs, if there is one; whether there was one.
    ///
    /// # Errors
    /// Where the database cannot be read or written; the next step tries again.
    pub fn step(&mut self, stopping: Stopping<'_>) -> Outcome<bool> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => connect(&self.url)?,
        };
        let now = now();
        let held_until = seconds_from(now, HELD_SECONDS);
        let process = self.process;
        // Looking takes no lock; there is seldom anything to take up.
        let claimed = match is_waiting(&mut conn, now)? {
            true => write(&mut conn, |conn| claim(conn, process, (now, held_until)))?,
            false => None,
        };
        if let Some(job) = claimed {
            self.run(&mut conn, job, stopping)?;
            self.conn = Some(conn);
            return Ok(true);
        }
        self.conn = Some(conn);
        Ok(false)
    }

    fn run(&self, conn: &mut Conn, job: ImportJob, stopping: Stopping<'_>) -> Outcome<()> {
        if job.attempts > ATTEMPTS_MAXIMUM {
            // Whatever ended the process may be in the file.
            let words = format!(
                "It was taken up {ATTEMPTS_MAXIMUM} times and never ended; have it run again, or send it in parts."
            );
            return ended_with(conn, job, Some(words));
        }
        let mut steps = Steps { conn, url: &self.url, writer: &self.writer, stopping, job };
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| steps.run()));
        let mut job = steps.job;
        let Ok(ended) = ended else {
            // A file that ends its reader badly would do so again. The connection may be within a transaction still.
            *conn = connect(&self.url)?;
            return ended_with(conn, job, Some("It could not be read.".to_owned()));
        };
        let now = now();
        match ended {
            Ok(End::Whole) => return ended_with(conn, job, None),
            // Whoever starts next goes on.
            Ok(End::Stopped) => job.held_until = Timestamp(0),
            Ok(End::TakenOver) => return Ok(()),
            Err(problem) if is_passing(&problem) && job.attempts < ATTEMPTS_MAXIMUM => {
                let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
                tracing::warn!(cause, job = %job.id, "an import is tried again");
                job.held_until = seconds_from(now, AGAIN_SECONDS);
            }
            Err(problem) => return ended_with(conn, job, Some(problem.detail)),
        }
        write(conn, |conn| write_job(conn, &job)).map(drop)
    }
}

/// Writes down that a job ended; with words, where it did without its rows.
fn ended_with(conn: &mut Conn, job: ImportJob, problem: Option<String>) -> Outcome<()> {
    let state = if problem.is_none() { ImportState::Done } else { ImportState::Failed };
    // Whoever has it run again need not wait for this process.
    let held_until = Timestamp(0);
    let state = state.word().to_owned();
    let job = ImportJob { state, finished_at: Some(now()), problem, held_until, ..job };
    write(conn, |conn| write_job(conn, &job)).map(drop)
}

/// Whether the database and not the file is at fault.
fn is_passing(problem: &Problem) -> bool {
    matches!(problem.code, Code::Unavailable | Code::StorageFull | Code::Internal)
}
