//! Where a verifier gets the rows of a table from, as the log hashed them.
//!
//! Never here: which tables there are. Whoever may see them all brings the list.

use super::digest::Value;
use crate::db::Conn;
use diesel::QueryResult;

/// Gets key and columns of a row.
pub type VisitRow<'v> = dyn FnMut(&str, &[(&'static str, Value<'_>)]) + 'v;

/// One table whose rows the log vouches for.
#[derive(Clone, Copy)]
pub struct RowSource {
    /// The table's name.
    pub table: &'static str,
    /// How its rows are read.
    pub reading: Reading,
}

/// How the rows of a table are read.
#[derive(Clone, Copy)]
pub enum Reading {
    /// All of them, in pages: rows that change, so that the last entry about each counts.
    Whole(fn(&mut Conn, &mut VisitRow<'_>) -> QueryResult<()>),
    /// Those of the ledger sequences from the first to the last: rows that are written once, by the entry
    /// of their own sequence.
    BySequence(fn(&mut Conn, i64, i64, &mut VisitRow<'_>) -> QueryResult<()>),
}
