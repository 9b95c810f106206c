//! Writing what the book holds.

use super::book::Book;
use super::cell::CellKey;
use super::cuboids::{fold, write_rollups};
use super::rollup::Changes;
use super::rows::{BalanceRow, PostingRow, StatementRow, balance_row, posting_row, statement_row};
use crate::db::schema::{balances, postings, statements};
use crate::db::{Conn, insert_all, upsert_all};
use diesel::prelude::*;
use diesel::upsert::excluded;

/// Writes postings, statements, balances and rollups.
pub(super) fn flush(conn: &mut Conn, book: &mut Book) -> QueryResult<()> {
    if book.postings.is_empty() && book.statements.is_empty() {
        return Ok(());
    }
    let rows: Vec<PostingRow<'_>> = book.postings.iter().map(posting_row).collect();
    insert_all!(conn, postings::table, &rows)?;
    let stated: Vec<StatementRow> = book.statements.iter().map(statement_row).collect();
    insert_all!(conn, statements::table, &stated)?;
    flush_balances(conn, book)?;
    let mut changes = Changes::default();
    fold(book, &mut changes).map_err(|line| {
        diesel::result::Error::DeserializationError(format!("the pledge line {line} is not known").into())
    })?;
    write_rollups(conn, &changes)
}

/// Writes each changed balance as it is now; a balance that somebody else changed meanwhile matches no
/// row, and the batch fails.
fn flush_balances(conn: &mut Conn, book: &mut Book) -> QueryResult<()> {
    let mut changed: Vec<(CellKey, BalanceRow)> = book
        .entries
        .iter()
        .filter(|(_, entry)| entry.revision != entry.stored_revision)
        .map(|(key, entry)| (*key, balance_row(*key, entry)))
        .collect();
    changed.sort_unstable_by_key(|(key, _)| *key);
    // The guard compares one change at a time, so a balance changed thrice by this batch counts once.
    let rows: Vec<BalanceRow> = changed.iter().map(|(_, row)| row.clone()).collect();
    let written = upsert_all!(
        conn,
        balances::table,
        &rows,
        balances::cell,
        (
            balances::quantity.eq(excluded(balances::quantity)),
            balances::first_at.eq(excluded(balances::first_at)),
            balances::last_at.eq(excluded(balances::last_at)),
            balances::revision.eq(excluded(balances::revision)),
        ),
        (balances::revision + 1).eq(excluded(balances::revision))
    )?;
    if written != rows.len() {
        return Err(diesel::result::Error::RollbackTransaction);
    }
    for (key, row) in changed {
        if let Some(entry) = book.entries.get_mut(&key) {
            entry.revision = row.revision;
            entry.stored_revision = row.revision;
        }
    }
    Ok(())
}
