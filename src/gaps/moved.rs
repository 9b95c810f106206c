//! Whether goods or needs of an item changed after somebody worked out what is lacking of it.

use crate::audit::entry::EntryWriter;
use crate::core::id::ItemId;
use crate::db::schema::{needs, postings};
use crate::db::{Conn, among, either};
use crate::writer::{Shelf, Wanted};
use diesel::QueryResult;
use diesel::dsl::max;
use diesel::prelude::*;
use std::any::Any;
use std::collections::{HashMap, HashSet};

/// The newest entry of the log about each item that a batch asks for, as far as it is after what was asked.
#[derive(Default)]
pub(super) struct LastMoved {
    /// After which entry it was looked, and the newest one there is.
    stored: HashMap<ItemId, (i64, i64)>,
    wanted: HashSet<(ItemId, i64)>,
}

impl LastMoved {
    /// Asks ahead of time.
    pub(super) fn want(&mut self, item: ItemId, after: i64) {
        if self.stored.get(&item).is_none_or(|(looked, _)| *looked > after) {
            self.wanted.insert((item, after));
        }
    }

    /// Whether anything of an item is recorded after an entry of the log.
    ///
    /// # Errors
    /// [`Wanted`] where it is not loaded.
    pub(super) fn is_after(&mut self, item: ItemId, after: i64) -> Result<bool, Wanted> {
        self.want(item, after);
        match self.stored.get(&item) {
            Some((looked, newest)) if *looked <= after => Ok(*newest > after),
            Some(_) | None => Err(Wanted),
        }
    }
}

impl Shelf for LastMoved {
    fn is_wanting(&self) -> bool {
        !self.wanted.is_empty()
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let wanted: Vec<(ItemId, i64)> = self.wanted.drain().collect();
        let Some(after) = wanted.iter().map(|(_, after)| *after).min() else { return Ok(()) };
        let items: Vec<ItemId> =
            wanted.iter().map(|(item, _)| *item).collect::<HashSet<_>>().into_iter().collect();
        // What is recorded after a moment ago is little, and first in the order of the keys.
        let goods: Vec<(ItemId, Option<i64>)> = either!(conn, one => {
            postings::table
                .filter(postings::sequence.gt(after))
                .filter(among(postings::item_id, &items))
                .group_by(postings::item_id)
                .select((postings::item_id, max(postings::sequence)))
                .load(one)
        })?;
        let stated: Vec<(ItemId, Option<i64>)> = either!(conn, one => {
            needs::table
                .filter(needs::sequence.gt(after))
                .filter(among(needs::item_id, &items))
                .group_by(needs::item_id)
                .select((needs::item_id, max(needs::sequence)))
                .load(one)
        })?;
        self.stored.extend(items.into_iter().map(|item| (item, (after, after))));
        for (item, newest) in goods.into_iter().chain(stated) {
            if let Some((_, known)) = self.stored.get_mut(&item) {
                *known = (*known).max(newest.unwrap_or(after));
            }
        }
        Ok(())
    }

    fn mark(&self) -> usize {
        0
    }

    // Nothing is staged here.
    fn undo(&mut self, _mark: usize) {}

    fn describe(&self, _mark: usize, _entry: &mut EntryWriter) {}

    fn flush(&mut self, _conn: &mut Conn) -> QueryResult<()> {
        self.stored.clear();
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
