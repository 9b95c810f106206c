//! Many rows in one go: one body, compiled for each connection.
//!
//! The enum cannot carry batch inserts or upserts. SQLite runs a cached single-row statement for each row
//! (no round trip to save there); PostgreSQL gets multi-row statements. Rows must always name all their
//! columns (`treat_none_as_default_value = false`), so that one text serves them all.

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
                        struct Upsert;
                        let statement = diesel::insert_into($table)
                            .values(row)
                            .on_conflict($target)
                            .do_update()
                            .set($set)
                            .filter($guard);
                        written += $crate::db::Fixed::new(statement, Upsert).execute(sqlite)?;
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

/// `change_row!(conn, update)`: runs an UPDATE whose text is the same for all values, prepared once;
/// returns rows changed.
macro_rules! change_row {
    ($conn:expr, $update:expr) => {{
        use diesel::RunQueryDsl as _;
        struct Update;
        match $conn {
            $crate::db::Conn::Sqlite(sqlite) => $crate::db::Fixed::new($update, Update).execute(sqlite),
            $crate::db::Conn::Postgres(postgres) => $crate::db::Fixed::new($update, Update).execute(postgres),
        }
    }};
}

pub(crate) use {change_row, insert_all, upsert_all};
