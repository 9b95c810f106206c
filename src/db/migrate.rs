//! Bringing a database to the present schema.

use super::Conn;
use crate::core::problem::{Outcome, Problem};
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

/// The names of migrations that have not run.
///
/// # Errors
/// An internal problem where the database cannot be asked.
pub fn pending(conn: &mut Conn) -> Outcome<Vec<String>> {
    let waiting = match conn {
        Conn::Sqlite(sqlite) => sqlite
            .pending_migrations(SQLITE)
            .map(|all| all.iter().map(|one| one.name().to_string()).collect()),
        Conn::Postgres(postgres) => postgres
            .pending_migrations(POSTGRES)
            .map(|all| all.iter().map(|one| one.name().to_string()).collect()),
    };
    waiting.map_err(|error| Problem::internal(format!("the migrations cannot be listed: {error}")))
}

fn names(versions: Vec<diesel::migration::MigrationVersion<'_>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}
