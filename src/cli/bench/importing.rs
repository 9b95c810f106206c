//! Importing a table through the ledger, beside writing the same rows by bulk SQL.

use super::figure::Figure;
use super::scratch::Scratch;
use crate::core::problem::Outcome;
use crate::db::{connect, exclusive, migrate, read_failure};
use crate::events::wake;
use crate::exchange::apply::Recorder;
use crate::exchange::import::{import, read};
use crate::writer::{Source, Writer, WriterSettings};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use std::path::Path;
use std::time::Instant;

#[derive(QueryableByName)]
struct TableName {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Measures the import of a file by the mapping for the SCMS delivery history, into SQLite.
///
/// # Errors
/// Where the file cannot be read or the database refuses.
pub(super) fn measure(scratch: &Scratch, file: &Path, figures: &mut Vec<Figure>) -> Outcome<()> {
    let (imported, copied) = (scratch.sqlite("import.db"), scratch.sqlite("import-copy.db"));
    migrate(&mut connect(&imported)?)?;
    migrate(&mut connect(&copied)?)?;
    let began = Instant::now();
    let reading = read(file, "scms")?;
    let writer = Writer::start(WriterSettings {
        url: imported.clone(),
        wake: Some(wake),
        one_by_one: false,
        source: Source::Machine,
    })?;
    let result = import(&reading.plan, &mut Recorder::Writer(writer.clone()), &mut |_, _| {});
    writer.stop();
    result?;
    let through_ledger = began.elapsed().as_secs_f64();
    let in_bulk = copy(&imported, &copied)?;
    figures.extend([
        Figure::shown("import of the SCMS file", "s", through_ledger),
        Figure::shown("the same rows by bulk SQL", "s", in_bulk),
        Figure::at_most("import over bulk SQL", "times", through_ledger / in_bulk, 5.0),
    ]);
    Ok(())
}

/// Seconds to write every row of one database file into another with the same schema.
fn copy(from: &str, to: &str) -> Outcome<f64> {
    // Tables in the order they were made in: a row comes after what it refers to.
    let mut conn = connect(to)?;
    let path = from.trim_start_matches("sqlite://").replace('\'', "''");
    conn.batch_execute(&format!("ATTACH DATABASE '{path}' AS source")).map_err(read_failure)?;
    let tables: Vec<TableName> = diesel::sql_query(
        "SELECT name FROM source.sqlite_master WHERE type = 'table' \
         AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%diesel%' ORDER BY rowid",
    )
    .load(&mut conn)
    .map_err(read_failure)?;
    let began = Instant::now();
    exclusive(&mut conn).map_err(read_failure)?;
    for table in &tables {
        let name = &table.name;
        conn.batch_execute(&format!("INSERT INTO main.{name} SELECT * FROM source.{name}"))
            .map_err(read_failure)?;
    }
    conn.batch_execute("COMMIT").map_err(read_failure)?;
    Ok(began.elapsed().as_secs_f64())
}
