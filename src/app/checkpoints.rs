//! A thread that signs the log's head about once a second while it grows, and what it found in the way of that.
//!
//! The thread has a connection of its own and shares nothing with the writer; what it keeps is one guarded
//! row outside any batch, and a file beside the key. Where the log does not continue what was signed, or a verifier
//! says that the database was edited, the server goes on, and says so on every answer.

use super::background::Background;
use crate::audit::beside::Beside;
use crate::audit::note::NoteSigner;
use crate::audit::signer::CheckpointSigner;
use crate::core::problem::{Code, Outcome};
use crate::core::time::Timestamp;
use crate::db::{Conn, connect};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often the log's head is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// Why what this server says is not to be believed without looking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The log does not continue what was signed before, or the last signature is of another key. Nothing is signed.
    Log,
    /// A verifier found so many places that are not as recorded, the first in this table.
    Record {
        /// How many.
        count: usize,
        /// The table of the first.
        table: String,
    },
}

impl Reason {
    /// The word in headers and answers.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Record { .. } => "record",
        }
    }

    /// What it means and what to do.
    pub fn words(&self) -> String {
        match self {
            Self::Log => {
                "The log does not continue the last signed checkpoint, so nothing is signed any more. Run \
                          relief verify; if an older copy was put back, tell those who keep checkpoints."
                    .to_owned()
            }
            Self::Record { count, table } => format!(
                "relief verify found {count} places that are not as they were recorded, the first in {table}. Run it \
                 again to see them; this ends when it finds none."
            ),
        }
    }
}

/// Whether checkpoints are signed and the record is believed.
#[derive(Default)]
pub struct Signing {
    doubt: RwLock<Option<Reason>>,
}

impl Signing {
    /// What stands against believing this server. Recording goes on, and somebody must look.
    pub fn doubt(&self) -> Option<Reason> {
        self.doubt.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn say(&self, reason: Option<Reason>) {
        if self.doubt() != reason {
            *self.doubt.write().unwrap_or_else(PoisonError::into_inner) = reason;
        }
    }
}

/// Starts signing. Stop it when the writer has stopped: then it signs once more.
///
/// # Errors
/// Where the thread cannot be started.
pub(super) fn keep_signing(
    url: String,
    signer: NoteSigner,
    beside: Beside,
    signing: Arc<Signing>,
) -> Outcome<Background> {
    Background::start("relief-checkpoints", move |stopped| {
        let look = || {
            let found = beside.doubt();
            signing.say(found.map(|doubt| Reason::Record { count: doubt.count, table: doubt.table }));
            stopped.within(PERIOD)
        };
        if let Err(problem) = sign_while(&url, &signer, &beside, look) {
            signing.say(Some(Reason::Log));
            tracing::error!(cause = problem.internal.as_deref(), "checkpoints are signed no more");
        }
    })
}

/// Signs at once and whenever the log has grown, until `stopped`, which waits for a while; once more after that. A
/// database that does not answer is asked again; a log that does not fit ends it.
fn sign_while(
    url: &str,
    signer: &NoteSigner,
    beside: &Beside,
    mut stopped: impl FnMut() -> bool,
) -> Outcome<()> {
    let mut resumed: Option<(Conn, CheckpointSigner)> = None;
    let mut is_last = false;
    loop {
        let signed = match &mut resumed {
            None => resume(url, signer, beside).map(|taken_up| resumed = Some(taken_up)),
            // Another process may write too, so the database is asked whether the log has grown: one row.
            Some((conn, checkpoints)) => {
                let signed = checkpoints.sign(conn, now()).map(|_| ());
                if signed.is_err()
                    && let Ok(renewed) = connect(url)
                {
                    // What was read of the log is kept: taking it up anew would read all of it.
                    *conn = renewed;
                }
                signed
            }
        };
        match signed {
            Ok(()) => {}
            Err(problem) if problem.code == Code::Internal => return Err(problem),
            Err(problem) => {
                tracing::warn!(cause = problem.internal.as_deref(), "no checkpoint for now");
            }
        }
        if is_last {
            return Ok(());
        }
        is_last = stopped();
    }
}

/// Takes up signing and signs what was recorded meanwhile.
fn resume(url: &str, signer: &NoteSigner, beside: &Beside) -> Outcome<(Conn, CheckpointSigner)> {
    let mut conn = connect(url)?;
    let mut checkpoints = CheckpointSigner::resume(&mut conn, signer.clone(), Some(beside.clone()))?;
    checkpoints.sign(&mut conn, now())?;
    Ok((conn, checkpoints))
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
