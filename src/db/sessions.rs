//! Whether a connection to the database is a session of its own, as everything here takes it to be.

use super::{Conn, connect, read_failure};
use crate::core::problem::{Outcome, Problem};
use diesel::connection::SimpleConnection;
use diesel::sql_types::{Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl};

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Nullable<Text>)]
    word: Option<String>,
}

/// Refuses an address at which sessions are shared, as they are behind a pgbouncer that pools by transaction: what one
/// connection prepared or set would be another's. It looks whether a second connection sees what the first one set, or the
/// first one sees it no more, unless others come in between; no address is refused that gives each connection its own.
///
/// # Errors
/// `invalid` at `/database_url`, or `unavailable` where nothing answers.
pub fn check_own_sessions(url: &str) -> Outcome<()> {
    let mut first = connect(url)?;
    let word = match &mut first {
        Conn::Sqlite(_) => return Ok(()),
        Conn::Postgres(_) => format!("{:016x}", rand::random::<u64>()),
    };
    first.batch_execute(&format!("SET relief.session = '{word}'")).map_err(read_failure)?;
    let mut second = connect(url)?;
    if is_set(&mut first, &word)? && !is_set(&mut second, &word)? {
        return Ok(());
    }
    Err(Problem::field(
        "/database_url",
        "Connections to this address share sessions. Let pgbouncer pool by session: pool_mode = session.",
    ))
}

/// Whether this is what a connection sees as set.
fn is_set(conn: &mut Conn, word: &str) -> Outcome<bool> {
    let seen: Word = diesel::sql_query("SELECT current_setting('relief.session', true) AS word")
        .get_result(conn)
        .map_err(read_failure)?;
    Ok(seen.word.as_deref() == Some(word))
}
