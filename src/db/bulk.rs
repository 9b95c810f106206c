//! Many rows in one go: one body, compiled for each connection.
//!
//! The enum cannot carry batch inserts or upserts. SQLite runs a cached single-row statement for each row
//! (no round trip to save there); PostgreSQL gets statements of 256, 64, 16, 4 and 1 rows, which it has prepared
//! before: parsing and planning a statement of a thousand rows costs more than the few round trips. Rows
//! must always name all their columns (`treat_none_as_default_value = false`), so that one text serves them
//! all.

/// `each_part!(rows, part => run)`: runs `run` for each part of a slice, as arrays of 256, 64, 16, 4 and 1.
macro_rules! each_part {
    ($rows:expr, $part:ident => $run:expr) => {{
        let rows = $rows;
        let mut written = 0;
        let (parts, rest) = rows.as_chunks::<256>();
        for $part in parts {
            written += $run?;
        }
        let (parts, rest) = rest.as_chunks::<64>();
        for $part in parts {
            written += $run?;
        }
        let (parts, rest) = rest.as_chunks::<16>();
        for $part in parts {
            written += $run?;
        }
        let (parts, rest) = rest.as_chunks::<4>();
        for $part in parts {
            written += $run?;
        }
        let (parts, _) = rest.as_chunks::<1>();
        for $part in parts {
            written += $run?;
        }
        Ok(written)
    }};
}

/// `insert_all!(conn, table, rows)`: inserts a slice of `Insertable` rows; returns rows written.
macro_rules! insert_all {
    ($conn:expr, $table:path, $rows:expr) => {{
        use diesel::RunQueryDsl as _;
        let rows = $rows;
        (|| -> diesel::QueryResult<usize> {
            match $conn {
                $crate::db::Conn::Sqlite(sqlite) => {
                    let mut written = 0;
                    for row in rows {
                        written += diesel::insert_into($table).values(row).execute(sqlite)?;
                    }
                    Ok(written)
                }
                $crate::db::Conn::Postgres(postgres) => {
                    $crate::db::each_part!(rows, part => diesel::insert_into($table).values(part).execute(postgres))
                }
            }
        })()
    }};
}

/// `upsert_all!(conn, table, rows, clause)`: inserts rows, and where the words of `clause` say so
/// (` ON CONFLICT …`) changes what stands already; returns rows written.
macro_rules! upsert_all {
    ($conn:expr, $table:path, $rows:expr, $clause:expr) => {{
        use diesel::RunQueryDsl as _;
        struct Clause;
        let rows = $rows;
        let clause: &'static str = $clause;
        (|| -> diesel::QueryResult<usize> {
            match $conn {
                $crate::db::Conn::Sqlite(sqlite) => {
                    let mut written = 0;
                    for row in rows {
                        let insert = diesel::insert_into($table).values(row);
                        written += $crate::db::InsertThen::new(insert, clause, Clause).execute(sqlite)?;
                    }
                    Ok(written)
                }
                $crate::db::Conn::Postgres(postgres) => $crate::db::each_part!(rows, part => {
                    let insert = diesel::insert_into($table).values(part);
                    $crate::db::InsertThen::new(insert, clause, Clause).execute(postgres)
                }),
            }
        })()
    }};
}

/// `either!(conn, one => query.load(one))`: runs the same query on whichever connection this is, compiled for
/// each. What is read most goes this way: the enum writes the words of a query anew each time and boxes
/// every value of every row.
macro_rules! either {
    ($conn:expr, $one:ident => $run:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite($one) => $run,
            $crate::db::Conn::Postgres($one) => $run,
        }
    };
}

pub(crate) use {each_part, either, insert_all, upsert_all};
