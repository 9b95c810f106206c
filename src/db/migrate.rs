//! Bringing a database to the present schema.

use super::{Conn, connect, read_failure};
use crate::core::problem::{Outcome, Problem};
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The lock under which PostgreSQL is migrated; not the writer's, which a running server may hold.
const LOCK: &str = "SELECT pg_advisory_lock(7310584630)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(7310584630)";

/// Runs what is missing; returns the names of what ran.
///
/// # Errors
/// An internal problem naming the migration that failed.
pub fn migrate(conn: &mut Conn) -> Outcome<Vec<String>> {
    let ran = match conn {
        Conn::Sqlite(sqlite) => sqlite.run_pending_migrations(SQLITE).map(names),
        Conn::Postgres(postgres) => {
            // Processes that start at once take turns; the lock goes with the session at the latest.
            postgres.batch_execute(LOCK).map_err(read_failure)?;
            let ran = postgres.run_pending_migrations(POSTGRES).map(names);
            postgres.batch_execute(UNLOCK).map_err(read_failure)?;
            ran
        }
    };
    ran.map_err(|error| Problem::internal(format!("migration failed: {error}")))
}

/// An empty database in memory, of the present schema, that is gone with its connection.
///
/// # Errors
/// `unavailable` where it cannot be made.
pub fn scratch() -> Outcome<Conn> {
    let mut conn = connect("sqlite://:memory:")?;
    migrate(&mut conn)?;
    Ok(conn)
}

/// A version that ran, as diesel notes it.
#[derive(QueryableByName)]
struct Ran {
    #[diesel(sql_type = Text)]
    version: String,
}

/// The names of migrations that have not run. Only reads, so it may be asked in a reading transaction.
///
/// # Errors
/// An internal problem where the database cannot be asked, as where nothing ran at all.
pub fn pending(conn: &mut Conn) -> Outcome<Vec<String>> {
    let ran: Vec<Ran> = diesel::sql_query("SELECT version FROM __diesel_schema_migrations")
        .load(conn)
        .map_err(read_failure)?;
    let known = match conn {
        Conn::Sqlite(_) => known::<diesel::sqlite::Sqlite>(SQLITE),
        Conn::Postgres(_) => known::<diesel::pg::Pg>(POSTGRES),
    };
    let known = known
        .map_err(|error| Problem::internal(format!("the embedded migrations cannot be listed: {error}")))?;
    let waiting = known.into_iter().filter(|(version, _)| ran.iter().all(|one| one.version != *version));
    Ok(waiting.map(|(_, name)| name).collect())
}

/// Version and name of every migration in this build.
fn known<DB: diesel::backend::Backend>(
    source: EmbeddedMigrations,
) -> diesel::migration::Result<Vec<(String, String)>> {
    let migrations: Vec<Box<dyn Migration<DB>>> = source.migrations()?;
    Ok(migrations
        .iter()
        .map(|migration| (migration.name().version().to_string(), migration.name().to_string()))
        .collect())
}

fn names(versions: Vec<diesel::migration::MigrationVersion<'_>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}
