//! The last record of each row that changes, in as few bytes as tell it apart, until the row itself is seen.
//!
//! Names and hashes are kept as numbers of 64 bits, made under a key that only this run knows: two that differ are taken for
//! the same with a chance of one in 2^64, whoever chose them. Never here: what a row is.

use super::entry::Entry;
use super::hash::Hash256;
use crate::core::drawn::DrawnMap;
use std::hash::{BuildHasher, RandomState};

/// What is remembered of a row.
#[derive(Clone, Copy)]
pub(super) struct Remembered {
    /// The position of the entry that wrote it last.
    pub(super) position: i64,
    hash: u64,
}

/// Rows by their names.
#[derive(Default)]
pub(super) struct RememberedRows {
    secret: RandomState,
    rows: DrawnMap<Remembered>,
}

impl RememberedRows {
    /// Remembers the record of a row in place of an earlier one.
    pub(super) fn put(&mut self, table: &str, key: &str, position: i64, hash: Hash256) {
        let hash = self.secret.hash_one(hash);
        self.rows.insert(self.name(table, key), Remembered { position, hash });
    }

    /// Takes out what is remembered of a row.
    pub(super) fn take(&mut self, table: &str, key: &str) -> Option<Remembered> {
        self.rows.remove(&self.name(table, key))
    }

    /// Whether a row with this hash is the one that was recorded.
    pub(super) fn is_of(&self, record: Remembered, hash: Hash256) -> bool {
        record.hash == self.secret.hash_one(hash)
    }

    /// The rows that were not taken, by the positions of their entries.
    pub(super) fn left(&self) -> Vec<(u64, i64)> {
        let mut left: Vec<(u64, i64)> =
            self.rows.iter().map(|(name, record)| (*name, record.position)).collect();
        left.sort_unstable_by_key(|(name, position)| (*position, *name));
        left
    }

    /// Table and key of a row that was not taken, as the entry says that wrote it.
    pub(super) fn named<'e>(&self, name: u64, entry: &'e Entry<'_>) -> Option<(&'e str, &'e str)> {
        let row = entry.rows.iter().find(|row| self.name(&row.table, &row.key) == name)?;
        Some((&row.table, &row.key))
    }

    fn name(&self, table: &str, key: &str) -> u64 {
        self.secret.hash_one((table, key))
    }
}
