//! Bringing a database to the present schema.

use super::{Conn, CountRow};
use crate::core::problem::{Outcome, Problem};
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::Text;
use diesel::{PgConnection, QueryResult, QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Runs what is missing; returns the names of what ran.
///
/// # Errors
/// An internal problem naming the migration that failed.
pub fn migrate(conn: &mut Conn) -> Outcome<Vec<String>> {
    let ran = match conn {
        Conn::Sqlite(sqlite) => sqlite.run_pending_migrations(SQLITE).map(names),
        Conn::Postgres(postgres) => postgres.run_pending_migrations(POSTGRES).map(names),
    };
    ran.map_err(|error| Problem::internal(format!("migration failed: {error}")))
}

/// The names of migrations that have not run. Nothing is written, so that it may be asked in a read.
///
/// # Errors
/// An internal problem where the database cannot be asked.
pub fn pending(conn: &mut Conn) -> Outcome<Vec<String>> {
    let waiting = match conn {
        Conn::Sqlite(sqlite) => sqlite
            .pending_migrations(SQLITE)
            .map(|all| all.iter().map(|one| one.name().to_string()).collect()),
        Conn::Postgres(postgres) => pending_on_postgres(postgres),
    };
    waiting.map_err(|error| Problem::internal(format!("the migrations cannot be listed: {error}")))
}

#[derive(QueryableByName)]
struct Ran {
    #[diesel(sql_type = Text)]
    version: String,
}

/// As diesel's own list, which first makes its table and so is refused in a transaction that only reads.
fn pending_on_postgres(postgres: &mut PgConnection) -> diesel::migration::Result<Vec<String>> {
    let ran = ran_on_postgres(postgres)?;
    let all: Vec<Box<dyn Migration<Pg>>> = POSTGRES.migrations()?;
    let waiting = all.iter().filter(|one| {
        let version = one.name().version().to_string();
        !ran.contains(&version)
    });
    let mut names: Vec<String> = waiting.map(|one| one.name().to_string()).collect();
    names.sort();
    Ok(names)
}

fn ran_on_postgres(postgres: &mut PgConnection) -> QueryResult<Vec<String>> {
    let table: CountRow = sql_query(
        "SELECT CAST(CASE WHEN to_regclass('__diesel_schema_migrations') IS NULL THEN 0 ELSE 1 END AS BIGINT) \
         AS value",
    )
    .get_result(postgres)?;
    if table.value == 0 {
        return Ok(Vec::new());
    }
    let ran: Vec<Ran> = sql_query("SELECT CAST(version AS TEXT) AS version FROM __diesel_schema_migrations")
        .load(postgres)?;
    Ok(ran.into_iter().map(|one| one.version).collect())
}

fn names(versions: Vec<diesel::migration::MigrationVersion<'_>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}
