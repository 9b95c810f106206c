//! The entries of the log that a checkpoint draws.

use super::rules::{ALGORITHM, draw};
use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::Entry;
use crate::audit::note::Note;
use crate::audit::store::{StoredCheckpoint, StoredEntry, checkpoint_of, newest_checkpoint};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::log_entries;
use crate::db::{Conn, among, either, read_failure};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::HashMap;

/// Entries of a sample: more than anybody looks at one by one.
pub(super) const SAMPLE_MAXIMUM: i64 = 500;
/// Entries of a sample when the caller does not say.
pub(super) const SAMPLE_DEFAULT: i64 = 25;

/// A sample of the log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SampleView {
    /// How it was drawn.
    pub algorithm: &'static str,
    /// The checkpoint it was drawn from, a signed note; with it anybody draws the same.
    pub checkpoint: String,
    /// Entries it was drawn out of.
    pub entries: u64,
    /// The root hash it was drawn by, base64.
    pub root: String,
    /// What was drawn, in the order in which it was drawn.
    pub items: Vec<SampledEntry>,
}

/// An entry that was drawn.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SampledEntry {
    /// Its position in the tree, from 0; `audit/entries` and `audit/proof` have the rest.
    pub position: u64,
    /// SHA-256(0x00 ‖ body), base64url without padding.
    pub leaf_hash: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// In what role.
    pub role: String,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub entity_kind: String,
    /// To which.
    pub entity_id: String,
    /// Rows it left behind.
    pub rows: usize,
}

/// Draws a sample from the checkpoint over `size` entries, or from the newest.
///
/// # Errors
/// `invalid` where no such checkpoint was signed here, `not_found` where none was yet, or what the database says.
pub(super) fn sample_read(conn: &mut Conn, size: Option<i64>, count: i64) -> Outcome<SampleView> {
    let stored = match size {
        Some(size) => checkpoint_of(conn, size).map_err(read_failure)?.ok_or_else(|| unknown(size))?,
        None => newest_checkpoint(conn).map_err(read_failure)?.ok_or_else(Problem::not_found)?,
    };
    let checkpoint = parsed(&stored)?;
    let wanted = usize::try_from(count).unwrap_or(0);
    let drawn = draw(&checkpoint.head.root, checkpoint.head.size, wanted);
    let positions: Vec<i64> = drawn.iter().filter_map(|position| i64::try_from(*position).ok()).collect();
    let found: Vec<StoredEntry> = either!(conn, one => {
        log_entries::table
            .filter(among(log_entries::position, &positions))
            .select(StoredEntry::as_select())
            .load(one)
    })
    .map_err(read_failure)?;
    let mut found: HashMap<i64, StoredEntry> =
        found.into_iter().map(|entry| (entry.position, entry)).collect();
    let mut items = Vec::with_capacity(positions.len());
    for position in &positions {
        let missing = || Problem::internal(format!("entry {position} of the log is not there"));
        items.push(shown(found.remove(position).ok_or_else(missing)?)?);
    }
    Ok(SampleView {
        algorithm: ALGORITHM,
        checkpoint: stored.note,
        entries: checkpoint.head.size,
        root: STANDARD.encode(checkpoint.head.root.0),
        items,
    })
}

fn unknown(size: i64) -> Problem {
    let words = format!(
        "no checkpoint over {size} entries was signed here; take the number in the second line of one you keep, or \
         leave it out"
    );
    Problem::field("/checkpoint", words)
}

fn parsed(stored: &StoredCheckpoint) -> Outcome<Checkpoint> {
    let note = Note::parse(&stored.note).map_err(|error| Problem::internal(error.to_string()))?;
    Checkpoint::parse_text(note.unverified_text()).map_err(|error| Problem::internal(error.to_string()))
}

fn shown(stored: StoredEntry) -> Outcome<SampledEntry> {
    let entry = Entry::parse(stored.body.as_bytes()).map_err(|error| {
        let words =
            format!("Entry {} of the log cannot be read: {error}. Ask the operator.", stored.position);
        Problem::new(Code::WrongState, words)
    })?;
    Ok(SampledEntry {
        position: stored.position.unsigned_abs(),
        leaf_hash: URL_SAFE_NO_PAD.encode(stored.leaf_hash),
        recorded_at: Timestamp(entry.recorded_at_us),
        actor: entry.actor.into_owned(),
        role: entry.role.into_owned(),
        action: entry.action.into_owned(),
        entity_kind: entry.entity_kind.into_owned(),
        entity_id: entry.entity_id.into_owned(),
        rows: entry.rows.len(),
    })
}
