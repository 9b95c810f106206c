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
/// connection prepared or set would be another's. It looks whether a second connection sees what the first one set,
/// which it does there unless others come in between; no address is refused that gives each connection its own.
///
/// # Errors
/// `invalid` at `/database_url`, or `unavailable` where nothing answers.
pub fn check_own_sessions(url: &str) -> Outcome<()> {
    let Conn::Postgres(mut first) = connect(url)? else { return Ok(()) };
    let word = format!("{:016x}", rand::random::<u64>());
    first.batch_execute(&format!("SET relief.session = '{word}'")).map_err(read_failure)?;
    let Conn::Postgres(mut second) = connect(url)? else { return Ok(()) };
    let seen: Word = diesel::sql_query("SELECT current_setting('relief.session', true) AS word")
        .get_result(&mut second)
        .map_err(read_failure)?;
    if seen.word.as_ref() != Some(&word) {
        return Ok(());
    }
    Err(Problem::field(
        "/database_url",
        "Connections to this address share sessions. Let pgbouncer pool by session: pool_mode = session.",
    ))
}
