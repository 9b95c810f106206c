//! Writing what the book holds.

use super::book::{Book, Posted, Stated};
use super::cell::CellKey;
use super::cuboids::{RollupRow, fold, rollup_rows, write_rollups};
use super::rollup::Changes;
use super::rows::{BalanceRow, PostingRow, StatementRow, balance_row, posting_row, statement_row};
use crate::db::schema::{balances, postings, statements};
use crate::db::{Conn, insert_all, upsert_all};
use diesel::prelude::*;

/// Rows that follow from what is posted.
pub(super) struct Derived {
    balances: Vec<BalanceRow>,
    rollups: Vec<RollupRow>,
}

/// Writes postings, statements, balances and rollups.
pub(super) fn flush(conn: &mut Conn, book: &mut Book) -> QueryResult<()> {
    if book.postings.is_empty() && book.statements.is_empty() {
        return Ok(());
    }
    let derived = derive(book)?;
    write(conn, &book.postings, &book.statements, &derived)?;
    settle(book, &derived);
    Ok(())
}

/// The balances the book has changed, as they are now, and the rollups of what it has posted.
pub(super) fn derive(book: &Book) -> QueryResult<Derived> {
    let mut balances: Vec<BalanceRow> = book
        .entries
        .iter()
        .filter(|(_, entry)| entry.revision != entry.stored_revision)
        .map(|(key, entry)| balance_row(*key, entry))
        .collect();
    balances.sort_unstable_by(|left, right| left.cell.cmp(&right.cell));
    let mut changes = Changes::default();
    fold(book, &mut changes).map_err(|line| {
        diesel::result::Error::DeserializationError(format!("the pledge line {line} is not known").into())
    })?;
    Ok(Derived { balances, rollups: rollup_rows(&changes) })
}

/// Writes rows, however they came about.
pub(super) fn write(
    conn: &mut Conn,
    posted: &[Posted],
    stated: &[Stated],
    derived: &Derived,
) -> QueryResult<()> {
    write_postings(conn, posted)?;
    let stated: Vec<StatementRow> = stated.iter().map(statement_row).collect();
    insert_all!(conn, statements::table, &stated)?;
    write_balances(conn, &derived.balances)?;
    write_rollups(conn, &derived.rollups)
}

/// Writes postings alone.
pub(super) fn write_postings(conn: &mut Conn, posted: &[Posted]) -> QueryResult<()> {
    let rows: Vec<PostingRow> = posted.iter().map(posting_row).collect();
    insert_all!(conn, postings::table, &rows).map(|_| ())
}

/// Notes in the book that its balances are written.
pub(super) fn settle(book: &mut Book, derived: &Derived) {
    for row in &derived.balances {
        let Ok(key) = <[u8; 16]>::try_from(row.cell.as_slice()) else { continue };
        if let Some(entry) = book.entries.get_mut(&CellKey(key)) {
            entry.revision = row.revision;
            entry.stored_revision = row.revision;
        }
    }
}

/// What a balance that stands already becomes. The guard compares one change at a time, so a balance that
/// this batch changed thrice counts once.
const REPLACING: &str = " ON CONFLICT (cell) DO UPDATE SET quantity = excluded.quantity, \
    first_at = excluded.first_at, last_at = excluded.last_at, revision = excluded.revision \
    WHERE balances.revision + 1 = excluded.revision";

/// Writes each changed balance as it is now; a balance that somebody else changed meanwhile matches no
/// row, and the batch fails.
fn write_balances(conn: &mut Conn, rows: &[BalanceRow]) -> QueryResult<()> {
    let written = upsert_all!(conn, balances::table, rows, REPLACING)?;
    if written == rows.len() { Ok(()) } else { Err(diesel::result::Error::RollbackTransaction) }
}
