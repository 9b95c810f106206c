//! One entry of the log after the other: its place, its hash, its form, its time.
//!
//! Never here: where entries come from, and what they say about rows.

use super::entry::{Entry, EntryError};
use super::finding::{Finding, Report};
use super::tile_store::{Node, append_noting};
use super::tree::{RightEdge, leaf_hash};

/// The log as far as it was read.
pub(super) struct Chain {
    /// The tree over the bodies of the entries so far: a changed body changes every root after it.
    pub(super) edge: RightEdge,
    /// The hashes above the leaves, as the leaves make them.
    pub(super) nodes: Vec<Node>,
    /// When the last entry was recorded.
    pub(super) last_at: i64,
    expected: i64,
}

impl Chain {
    /// Nothing read yet.
    pub(super) fn new() -> Self {
        Self { edge: RightEdge::new(), nodes: Vec::new(), last_at: i64::MIN, expected: 0 }
    }

    /// Appends an entry; `stored` is the hash that is kept of it, where one is.
    pub(super) fn append(&mut self, position: i64, body: &[u8], stored: Option<&[u8]>, report: &mut Report) {
        if position != self.expected {
            let problem = format!("positions {} to {} are not there", self.expected, position - 1);
            report.find(Finding::new("log_entries", position.to_string(), problem));
        }
        self.expected = position + 1;
        let hash = leaf_hash(body);
        if stored.is_some_and(|stored| stored != hash.0.as_slice()) {
            let problem = "the body is not the one that was hashed";
            let finding = Finding::new("log_entries", position.to_string(), problem);
            report.find(finding.column("body").entry(position));
        }
        append_noting(&mut self.edge, hash, &mut self.nodes);
    }

    /// Reads an entry that was appended.
    pub(super) fn read<'b>(
        &mut self,
        position: i64,
        body: &'b [u8],
        report: &mut Report,
    ) -> Option<Entry<'b>> {
        let key = position.to_string();
        let entry = match Entry::parse(body) {
            Ok(entry) => entry,
            Err(error @ EntryError::UnknownVersion(_)) => {
                report.unchecked.push(format!("log entry {position}: {error}"));
                return None;
            }
            Err(error @ (EntryError::Malformed(_) | EntryError::NotCanonical(_))) => {
                let finding = Finding::new("log_entries", key, error.to_string());
                report.find(finding.column("body").entry(position));
                return None;
            }
        };
        if entry.sequence.is_some_and(|sequence| sequence != position + 1) {
            let problem = format!("says sequence {:?} at position {position}", entry.sequence);
            report.find(Finding::new("log_entries", key.clone(), problem).entry(position));
        }
        if entry.recorded_at_us <= self.last_at {
            let problem = "was recorded no later than the entry before it";
            report.find(Finding::new("log_entries", key, problem).entry(position));
        }
        self.last_at = entry.recorded_at_us;
        Some(entry)
    }
}
