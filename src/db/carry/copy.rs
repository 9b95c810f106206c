//! Every row of one database into another, in one transaction, and shown to be the same before it is kept.

use super::cell::{Cell, Inserter, each_row, rows_of};
use super::tables::{columns, is_empty, tables_to_carry};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{Conn, CountRow, commit_failure, exclusive, read_failure, snapshot};
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;

/// Rows after which progress is told.
const ROWS_PER_WORD: u64 = 1_000;

/// What was copied.
#[derive(Clone, Debug)]
pub struct Copied {
    /// Rows of each table.
    pub rows: Vec<(&'static str, u64)>,
    /// How many sums of quantities were compared.
    pub sums: usize,
    /// Why no statistics could be gathered of the copy, which is whole without them.
    pub without_statistics: Option<String>,
}

/// Sums of quantities by account, condition and item, of postings and of what is added up from them.
#[derive(Clone, Debug, PartialEq)]
pub struct Sums(Vec<Vec<Cell>>);

/// The questions whose answers must be the same in both databases.
const SUMS: [&str; 3] = [
    "SELECT account, condition, item_id, CAST(SUM(quantity) AS BIGINT), COUNT(*) FROM postings \
     GROUP BY account, condition, item_id ORDER BY item_id, account, condition",
    "SELECT account, condition, item_id, CAST(SUM(quantity) AS BIGINT), COUNT(*) FROM balances \
     GROUP BY account, condition, item_id ORDER BY item_id, account, condition",
    "SELECT cuboid, CAST(SUM(in_storage) AS BIGINT), CAST(SUM(in_transit) AS BIGINT), CAST(SUM(missing) AS BIGINT), \
     CAST(SUM(delivered) AS BIGINT), CAST(SUM(distributed) AS BIGINT), CAST(SUM(ever_delivered) AS BIGINT), COUNT(*) \
     FROM rollups GROUP BY cuboid ORDER BY cuboid",
];

impl Sums {
    /// Those of a database.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn of(conn: &mut Conn) -> Outcome<Self> {
        let mut sums = Vec::new();
        for sql in SUMS {
            sums.extend(rows_of(conn, sql)?);
        }
        Ok(Self(sums))
    }
}

/// Copies every row of `from`, as it is in one snapshot, into `to`, which must be empty and have the same schema.
/// `tell` hears the table, rows done and rows in all. Row counts and sums are compared, then `check` may look at both
/// before it is committed.
///
/// # Errors
/// Where the other one is not empty, has another schema or does not have the same rows; whatever the databases say.
/// Then nothing is kept.
pub fn copy_all<T>(
    from: &mut Conn,
    to: &mut Conn,
    tell: &mut dyn FnMut(&'static str, u64, u64),
    check: impl FnOnce(&mut Conn, &mut Conn) -> Outcome<T>,
) -> Outcome<(Copied, T)> {
    snapshot(from).map_err(read_failure)?;
    let done = exclusive(to)
        .map_err(read_failure)
        .and_then(|()| within(from, to, tell))
        .and_then(|copied| Ok((copied, check(from, to)?)));
    let mut kept = match done {
        Ok(done) => to.batch_execute("COMMIT").map_err(commit_failure).map(|()| done),
        Err(problem) => Err(problem),
    };
    if kept.is_err() {
        // Whatever came of it, nothing stays: a connection that ends rolls back as well.
        drop(to.batch_execute("ROLLBACK"));
    }
    drop(from.batch_execute("COMMIT"));
    if let Ok((copied, _)) = &mut kept {
        // Plans follow statistics, which nobody has gathered of rows that came all at once. The copy is there
        // without them.
        copied.without_statistics = to.batch_execute("ANALYZE").err().map(|error| error.to_string());
    }
    kept
}

fn within(from: &mut Conn, to: &mut Conn, tell: &mut dyn FnMut(&'static str, u64, u64)) -> Outcome<Copied> {
    if !is_empty(to)? {
        let words = "The database to copy into is not empty. Name one that has nothing in it, or a file that is not \
                     there.";
        return Err(Problem::field("/to", words));
    }
    let tables = tables_to_carry(from)?;
    // A log that was only named gives way to the one that comes.
    to.batch_execute("DELETE FROM ledger_state").map_err(read_failure)?;
    let mut total = 0;
    for table in &tables {
        total += count(from, table)?;
    }
    let mut copied = Copied { rows: Vec::new(), sums: 0, without_statistics: None };
    let mut done = 0;
    for table in tables {
        let rows = copy_table(from, to, table, &mut |rows| tell(table, done + rows, total))?;
        done += rows;
        tell(table, done, total);
        let there = count(to, table)?;
        if there != rows {
            return Err(differing(&format!("{table} has {there} rows where {rows} were copied")));
        }
        copied.rows.push((table, rows));
    }
    let (ours, theirs) = (Sums::of(from)?, Sums::of(to)?);
    if ours != theirs {
        return Err(differing("sums of quantities are others"));
    }
    copied.sums = ours.0.len();
    Ok(copied)
}

fn copy_table(
    from: &mut Conn,
    to: &mut Conn,
    table: &'static str,
    tell: &mut dyn FnMut(u64),
) -> Outcome<u64> {
    let columns_there = columns(to, table)?;
    let columns = columns(from, table)?;
    if columns != columns_there {
        let words = format!("{table} has other columns in the other database. Run relief migrate on both.");
        return Err(Problem::new(Code::WrongState, words));
    }
    let mut inserter = Inserter::new(to, table, &columns);
    let mut rows = 0;
    each_row(from, table, &columns, |row| {
        rows += 1;
        if rows % ROWS_PER_WORD == 0 {
            tell(rows);
        }
        inserter.put(row)
    })?;
    inserter.finish()?;
    Ok(rows)
}

fn count(conn: &mut Conn, table: &str) -> Outcome<u64> {
    let sql = format!("SELECT COUNT(*) AS value FROM \"{table}\"");
    let found: CountRow = diesel::sql_query(sql).get_result(conn).map_err(read_failure)?;
    Ok(u64::try_from(found.value).unwrap_or(0))
}

fn differing(cause: &str) -> Problem {
    let words = "The copy is not what was copied, so it was not kept.";
    Problem::new(Code::WrongState, words).log(cause)
}
