//! Clearing bytes that were in clear from the files of a database, once what they said is sealed.
//!
//! A database keeps what a row was before: in free pages, dead rows, statistics and its write-ahead log. What is due is a
//! row of `purges_due`, made by the migration that brought the sealing, so that a crash in between forgets nothing.

use super::{Conn, read_failure};
use crate::core::problem::{Code, Outcome, Problem};
use diesel::connection::SimpleConnection;
use diesel::sql_types::{Bool, Integer, Text};
use diesel::{PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};
use std::time::Duration;

/// How long PostgreSQL waits for others who use a table, before the next start tries again.
const LOCK_WAIT: &str = "SET lock_timeout = '10s'";

/// Looks whether somebody still sees old rows, and the pause between them: ten seconds.
const OLDER_LOOKS: u32 = 100;
const OLDER_STEP: Duration = Duration::from_millis(100);

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Is {
    #[diesel(sql_type = Bool)]
    is_so: bool,
}

#[derive(QueryableByName)]
struct Checkpointed {
    #[diesel(sql_type = Integer)]
    busy: i32,
}

/// The tables whose old bytes are still to be cleared.
///
/// # Errors
/// What the database says.
pub fn purges_due(conn: &mut Conn) -> Outcome<Vec<String>> {
    let due: Vec<Named> =
        diesel::sql_query("SELECT name FROM purges_due ORDER BY name").load(conn).map_err(read_failure)?;
    Ok(due.into_iter().map(|due| due.name).collect())
}

/// Clears the old bytes of a table that is due, and notes that it is done.
///
/// # Errors
/// `unavailable` where others use the database, so that it must be tried again; what the database says.
pub fn purge_due(conn: &mut Conn, table: &str) -> Outcome<()> {
    // The name goes into statements that take no values, so it must be one of ours.
    let table =
        ["outside_identities", "users"].into_iter().find(|known| *known == table).ok_or_else(|| {
            Problem::internal(format!("purges_due names {table:?}, which is no table to clear"))
        })?;
    match conn {
        Conn::Sqlite(sqlite) => rewrite_file(sqlite)?,
        Conn::Postgres(postgres) => rewrite_table(postgres, table)?,
    }
    diesel::sql_query("DELETE FROM purges_due WHERE name = $1")
        .bind::<Text, _>(table)
        .execute(conn)
        .map_err(read_failure)?;
    Ok(())
}

/// Writes the files of a table anew, and those of the statistics, where common values of columns stand.
fn rewrite_table(postgres: &mut PgConnection, table: &str) -> Outcome<()> {
    // PostgreSQL passes over what somebody may not rewrite, and only warns.
    let owner: Is = diesel::sql_query(
        "SELECT pg_has_role(current_user, datdba, 'USAGE') AS is_so FROM pg_database \
         WHERE datname = current_database()",
    )
    .get_result(postgres)
    .map_err(read_failure)?;
    if !owner.is_so {
        let detail =
            "Only a role that owns the database can rewrite its statistics. Run relief migrate as one, once.";
        return Err(Problem::new(Code::Unavailable, detail));
    }
    // From here on old rows and old statistics are dead; what is dead to everybody is left out when files are rewritten.
    postgres.batch_execute(&format!("ANALYZE {table}")).map_err(read_failure)?;
    wait_for_older(postgres)?;
    postgres.batch_execute(LOCK_WAIT).map_err(read_failure)?;
    // Each by itself: neither may be part of a transaction.
    let table = postgres.batch_execute(&format!("VACUUM FULL {table}"));
    let statistics = postgres.batch_execute("VACUUM FULL pg_statistic");
    postgres.batch_execute("RESET lock_timeout").map_err(read_failure)?;
    table.and(statistics).map_err(read_failure)
}

/// Whether PostgreSQL keeps what is dead since a moment, and would write it anew too: for whoever reads in this database
/// since before, be it another server, its own look through a table, a session of which it may not be said what it does,
/// a standby or a slot; and for whoever writes since before in any database of the cluster, whom the rewriting itself
/// has to reckon with.
const OLDER: &str = "SELECT pg_snapshot_xmin(pg_current_snapshot()) <= $1::xid8 \
    OR EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
        AND (datname = current_database() OR backend_type = 'walsender') \
        AND (query = '<insufficient privilege>' OR age(backend_xmin) > age($1::xid8::xid))) \
    OR EXISTS (SELECT FROM pg_replication_slots WHERE age(xmin) > age($1::xid8::xid)) AS is_so";

/// Waits until nobody sees any more what rows were before now.
fn wait_for_older(postgres: &mut PgConnection) -> Outcome<()> {
    let now: Named = diesel::sql_query("SELECT pg_current_xact_id()::text AS name")
        .get_result(postgres)
        .map_err(read_failure)?;
    for _ in 0..OLDER_LOOKS {
        let there: Is =
            diesel::sql_query(OLDER).bind::<Text, _>(&now.name).get_result(postgres).map_err(read_failure)?;
        if !there.is_so {
            return Ok(());
        }
        std::thread::sleep(OLDER_STEP);
    }
    let detail = "Somebody reads or writes for so long that old rows cannot be cleared. Start again later.";
    Err(Problem::new(Code::Unavailable, detail))
}

/// Writes the whole file anew, without free pages, and empties the write-ahead log.
fn rewrite_file(sqlite: &mut SqliteConnection) -> Outcome<()> {
    sqlite.batch_execute("PRAGMA secure_delete = ON; VACUUM").map_err(read_failure)?;
    let state: Checkpointed =
        diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(sqlite).map_err(read_failure)?;
    if state.busy == 0 {
        return Ok(());
    }
    let detail =
        "The write-ahead log cannot be emptied while another process reads. Stop it and start again.";
    Err(Problem::new(Code::Unavailable, detail))
}
