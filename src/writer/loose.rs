//! A shelf of rows the log does not tell of: what changes with each use and proves nothing, such as when a session was
//! last continued.
//!
//! Such a row is written in the same transaction as everything else of its batch, and undone with its update. Never
//! here: anything somebody could want to prove later; that is a [`Drawer`]'s.

use super::desk::Shelf;
use super::drawer::{Drawer, Record};
use crate::audit::entry::EntryWriter;
use crate::db::Conn;
use diesel::QueryResult;
use std::any::Any;
use std::ops::{Deref, DerefMut};

/// Rows of one table on the desk that no entry of the log describes.
pub struct Loose<R: Record>(Drawer<R>);

impl<R: Record> Default for Loose<R> {
    fn default() -> Self {
        Self(Drawer::default())
    }
}

impl<R: Record> Deref for Loose<R> {
    type Target = Drawer<R>;
    fn deref(&self) -> &Drawer<R> {
        &self.0
    }
}

impl<R: Record> DerefMut for Loose<R> {
    fn deref_mut(&mut self) -> &mut Drawer<R> {
        &mut self.0
    }
}

impl<R: Record> Shelf for Loose<R> {
    fn is_wanting(&self) -> bool {
        self.0.is_wanting()
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        self.0.load(conn)
    }

    fn mark(&self) -> usize {
        self.0.mark()
    }

    fn undo(&mut self, mark: usize) {
        self.0.undo(mark);
    }

    fn describe(&self, _mark: usize, _entry: &mut EntryWriter) {}

    fn flush(&mut self, conn: &mut Conn) -> QueryResult<()> {
        self.0.flush(conn)
    }

    fn settle(&mut self) {
        self.0.settle();
    }

    fn is_loose(&self) -> bool {
        true
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
