//! A shelf of what belongs to a key, such as the units that were ever reserved for a consignment.
//!
//! It is read by one query for all keys that a batch asks for, and knows what the batch itself has noted since. Nothing is
//! written from here and no entry of the log tells of it: the rows are another shelf's.

use super::desk::{Shelf, Wanted};
use crate::audit::entry::EntryWriter;
use crate::db::Conn;
use diesel::QueryResult;
use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// What is looked up by a key.
pub trait Lookup: 'static {
    /// The key.
    type Key: Copy + Eq + Hash + Send;
    /// What belongs to it.
    type Value: Copy + Send;

    /// Finds what belongs to each of `keys`, of each in the order in which it is to be told.
    ///
    /// # Errors
    /// Whatever the database says.
    fn load(conn: &mut Conn, keys: &[Self::Key]) -> QueryResult<Vec<(Self::Key, Self::Value)>>;
}

/// What belongs to the keys that a batch asks for.
pub struct Index<L: Lookup> {
    stored: HashMap<L::Key, Vec<L::Value>>,
    noted: HashMap<L::Key, Vec<L::Value>>,
    wanted: HashSet<L::Key>,
    journal: Vec<L::Key>,
}

impl<L: Lookup> Default for Index<L> {
    fn default() -> Self {
        Self { stored: HashMap::new(), noted: HashMap::new(), wanted: HashSet::new(), journal: Vec::new() }
    }
}

impl<L: Lookup> Index<L> {
    /// What belongs to a key: what is stored, and behind it what was noted in this batch.
    ///
    /// # Errors
    /// [`Wanted`] where it is not loaded.
    pub fn of(&mut self, key: L::Key) -> Result<Vec<L::Value>, Wanted> {
        let Some(stored) = self.stored.get(&key) else {
            self.wanted.insert(key);
            return Err(Wanted);
        };
        Ok(stored.iter().chain(self.noted.get(&key).into_iter().flatten()).copied().collect())
    }

    /// Asks for a key ahead of time.
    pub fn want(&mut self, key: L::Key) {
        if !self.stored.contains_key(&key) {
            self.wanted.insert(key);
        }
    }

    /// Notes what belongs to a key from now on.
    pub fn note(&mut self, key: L::Key, value: L::Value) {
        self.noted.entry(key).or_default().push(value);
        self.journal.push(key);
    }
}

impl<L: Lookup> Shelf for Index<L> {
    fn is_wanting(&self) -> bool {
        !self.wanted.is_empty()
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let wanted: Vec<L::Key> = self.wanted.drain().collect();
        let found = L::load(conn, &wanted)?;
        self.stored.extend(wanted.into_iter().map(|key| (key, Vec::new())));
        for (key, value) in found {
            self.stored.entry(key).or_default().push(value);
        }
        Ok(())
    }

    fn mark(&self) -> usize {
        self.journal.len()
    }

    fn undo(&mut self, mark: usize) {
        while self.journal.len() > mark {
            let Some(key) = self.journal.pop() else { return };
            if let Some(noted) = self.noted.get_mut(&key) {
                noted.pop();
            }
        }
    }

    fn describe(&self, _mark: usize, _entry: &mut EntryWriter) {}

    fn flush(&mut self, _conn: &mut Conn) -> QueryResult<()> {
        self.journal.clear();
        Ok(())
    }

    fn settle(&mut self) {
        self.journal.clear();
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
