//! Many rows in one go: one body, compiled for each connection.
//!
//! The enum cannot carry batch inserts or upserts. SQLite runs a cached single-row statement for each row
//! (no round trip to save there); PostgreSQL gets multi-row statements.

/// Rows of one multi-row statement on PostgreSQL: 1,000 rows of 40 columns stay below the protocol's
/// 65,535 parameters.
pub const ROWS_PER_STATEMENT: usize = 1_000;

/// `insert_all!(conn, table, rows)`: inserts a slice of `Insertable` references; returns rows written.
macro_rules! insert_all {
    ($conn:expr, $table:path, $rows:expr) => {{
        use diesel::RunQueryDsl as _;
        let rows = $rows;
        (|| -> diesel::QueryResult<usize> {
            let mut written = 0;
            match $conn {
                $crate::db::Conn::Sqlite(sqlite) => {
                    for row in rows {
                        written += diesel::insert_into($table).values(row).execute(sqlite)?;
                    }
                }
                $crate::db::Conn::Postgres(postgres) => {
                    for chunk in rows.chunks($crate::db::ROWS_PER_STATEMENT) {
                        written += diesel::insert_into($table).values(chunk).execute(postgres)?;
                    }
                }
            }
            Ok(written)
        })()
    }};
}

/// `upsert_all!(conn, table, rows, target, set)` and the same with a `guard`: what stands already is
/// changed as `set` says, where `guard` holds; returns rows written.
macro_rules! upsert_all {
    ($conn:expr, $table:path, $rows:expr, $target:expr, $set:expr, $guard:expr) => {{
        use diesel::RunQueryDsl as _;
        use diesel::query_dsl::methods::FilterDsl as _;
        let rows = $rows;
        (|| -> diesel::QueryResult<usize> {
            let mut written = 0;
            match $conn {
                $crate::db::Conn::Sqlite(sqlite) => {
                    for row in rows {
                        written += diesel::insert_into($table)
                            .values(row)
                            .on_conflict($target)
                            .do_update()
                            .set($set)
                            .filter($guard)
                            .execute(sqlite)?;
                    }
                }
                $crate::db::Conn::Postgres(postgres) => {
                    for chunk in rows.chunks($crate::db::ROWS_PER_STATEMENT) {
                        written += diesel::insert_into($table)
                            .values(chunk)
                            .on_conflict($target)
                            .do_update()
                            .set($set)
                            .filter($guard)
                            .execute(postgres)?;
                    }
                }
            }
            Ok(written)
        })()
    }};
}

pub(crate) use {insert_all, upsert_all};
