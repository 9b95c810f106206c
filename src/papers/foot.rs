//! Up to which entry of the ledger a paper goes, and the signed checkpoint that covers it: whoever has the paper can ask
//! later whether the ledger still says so.

use super::rules::Language;
use super::words::Phrase;
use crate::audit::store::{StoredCheckpoint, checkpoints_above, newest_checkpoint};
use crate::core::problem::Outcome;
use crate::db::{Conn, read_failure};

/// The lines at the foot of a paper that goes up to this entry. The first checkpoint that covers it is always the same;
/// until one does, which takes about a second, the newest stands there.
///
/// # Errors
/// What the database says.
pub fn foot(conn: &mut Conn, language: Language, sequence: i64) -> Outcome<Vec<String>> {
    let covering = checkpoints_above(conn, sequence - 1, 1).map_err(read_failure)?.pop();
    let checkpoint = match covering {
        Some(checkpoint) => Some(checkpoint),
        None => newest_checkpoint(conn).map_err(read_failure)?,
    };
    let mut lines = vec![format!("ReliefLedger · {}: {sequence}", Phrase::LedgerSequence.said(language))];
    lines.extend(checkpoint.map(|checkpoint| told(language, &checkpoint)));
    Ok(lines)
}

/// Origin, size and root hash, as the first lines of the note say them.
fn told(language: Language, checkpoint: &StoredCheckpoint) -> String {
    let lines: Vec<&str> = checkpoint.note.lines().take(3).collect();
    format!("{}: {}", Phrase::Checkpoint.said(language), lines.join(" · "))
}
