//! Rows of the ledger written as they are, with nothing decided: what the bench measures the writer
//! against, and how it fills a ledger with figures that nobody waits for.
//!
//! Never here: a rule. Nothing that counts is recorded this way; only the bench calls it.

use super::book::{Book, Posted};
use super::cuboids::{rollup_rows, write_rollups};
use super::rollup::Changes;
use super::rows::PostingRead;
use super::store::{self, Derived};
use crate::db::Conn;
use crate::db::schema::postings;
use crate::writer::Shelf;
use diesel::prelude::*;

/// Postings with the balances and rollups as they stand after them.
pub struct Slice {
    posted: Vec<Posted>,
    derived: Derived,
}

impl Slice {
    /// Writes all rows, in the caller's transaction.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn write(&self, conn: &mut Conn) -> QueryResult<()> {
        store::write(conn, &self.posted, &[], &self.derived)
    }
}

/// Goes through a ledger's postings from the first on and works out the rows each stretch of it wrote.
#[derive(Default)]
pub struct Replay {
    book: Book,
}

impl Replay {
    /// The rows of the events from `first` to `last`; to be asked in the order of sequences.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn slice(&mut self, conn: &mut Conn, first: i64, last: i64) -> QueryResult<Slice> {
        let rows: Vec<PostingRead> = postings::table
            .filter(postings::sequence.between(first, last))
            .order((postings::sequence, postings::ordinal))
            .select(PostingRead::as_select())
            .load(conn)?;
        let posted = rows.iter().map(PostingRead::posted).collect::<QueryResult<Vec<_>>>()?;
        for one in &posted {
            self.book.wants.lines.insert(one.cell.line);
            self.book.wants.consignments.extend(one.cell.consignment);
            self.book.wants.sites.extend(one.cell.site);
        }
        self.book.load(conn)?;
        for one in &posted {
            self.book.repeat(one.clone());
        }
        let derived = store::derive(&self.book)?;
        store::settle(&mut self.book, &derived);
        self.book.forget();
        Ok(Slice { posted, derived })
    }
}

/// Writes postings and adds to the rollups, in the caller's transaction; balances stay as they are.
///
/// # Errors
/// Whatever the database says.
pub fn write_figures(conn: &mut Conn, posted: &[Posted], changes: &Changes) -> QueryResult<()> {
    store::write_postings(conn, posted)?;
    write_rollups(conn, &rollup_rows(changes))
}
