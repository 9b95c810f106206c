//! The two databases behind one connection type.
//!
//! SQLite is embedded and the default; PostgreSQL serves at scale. The URL's scheme picks. Only this room
//! and `writer` know there are two. Nothing here decides anything, and nothing from a database error
//! reaches a client.
//!
//! | file | what it is |
//! |---|---|
//! | `pool`, `sessions`, `migrate` | opening and pooling; what a connection has to be; the present schema |
//! | `schema`, `types` | the tables as diesel sees them; how our types lie in a column |
//! | `among`, `listed`, `search` | lists of any length, short lists, beginnings of texts |
//! | `asked`, `statement`, `fixed` | queries in words: with their values, put together, prepared once |
//! | `bulk` | many rows in one go |
//! | `gather`, `together` | reads that wait at the same time; several queries in one statement |
//! | `failure` | what each failure means to a caller |
//! | `replica` | a copy on another machine, and how late it is |
//! | `carry` | a whole database into a file, out of it, and into the other kind |
//! | `purge` | clearing bytes that were in clear |

mod among;
mod asked;
mod bulk;
pub mod carry;
mod failure;
mod fixed;
mod gather;
mod listed;
mod migrate;
mod pool;
mod purge;
mod replica;
pub mod schema;
mod search;
mod sessions;
mod statement;
mod together;
mod types;

pub use among::{VALUES_PER_QUERY, among, in_parts};
pub use asked::{Bind, Binds, ask};
pub(crate) use bulk::{each_part, either, insert_all, upsert_all};
pub use failure::{COMMIT_UNKNOWN, commit_failure, read_failure};
pub use fixed::{Clause, InsertThen, replacing};
pub use gather::Gather;
pub use listed::listed;
pub use migrate::{migrate, pending, scratch};
pub use pool::{
    BUSY_WAIT_MS, Database, Settings, connect, exclusive, keep_little, move_pages, read_by_index, redacted,
    snapshot, write_derived,
};
pub use purge::{purge_due, purges_due};
pub use replica::{
    DEFAULT_READ_LAG_SECONDS, READ_LAG_SECONDS_LIMIT, Replica, SILENCE, Standing, check_replica,
};
pub use search::begins_with;
pub use sessions::check_own_sessions;
pub use statement::Statement;
pub(crate) use together::{Together, together};
pub use types::SharedBytes;

use diesel::{MultiConnection, PgConnection, SqliteConnection};

/// A connection to either database.
#[derive(MultiConnection)]
pub enum Conn {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite, in this process.
    Sqlite(SqliteConnection),
}

/// The backend of [`Conn`], for signatures that name one.
pub type Backend = <Conn as diesel::Connection>::Backend;

/// Reads one aggregate of type BIGINT.
#[derive(diesel::QueryableByName)]
pub struct CountRow {
    /// The value.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub value: i64,
}
