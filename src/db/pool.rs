//! Opening databases and pooling connections.

use super::Conn;
use super::failure::read_failure;
use super::schema::ledger_state;
use crate::core::problem::{Code, Outcome, Problem};
use diesel::connection::SimpleConnection;
use diesel::{Connection, OptionalExtension, PgConnection, QueryDsl, RunQueryDsl, SqliteConnection};
use std::time::Duration;

/// Connections kept for reading; reads are short, and more than this only contend for two to eight cores.
const POOL_SIZE: u32 = 8;
/// How long a reader waits for a connection before the answer is 503.
const POOL_WAIT: Duration = Duration::from_secs(5);
/// How long the writer waits for another process's lock before its callers are told to come back.
pub const BUSY_WAIT_MS: u32 = 5_000;

/// Where the database is and how to treat it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite://relief.db` or `postgres://…`.
    pub url: String,
}

/// A database that can be read by many at once.
#[derive(Clone)]
pub struct Database {
    settings: Settings,
    pool: r2d2::Pool<Manager>,
}

struct Manager {
    url: String,
    purpose: Purpose,
}

/// What the connections of a pool are told about how they will be used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Whatever comes.
    Any,
    /// Rows by their keys.
    ByIndex,
    /// Everything, once, from the first to the last.
    InOrder,
}

/// A connection of the pool. One that could not begin or end a transaction is never used again: the
/// server behind it may be gone.
struct Pooled {
    conn: Conn,
    broken: bool,
}

impl r2d2::ManageConnection for Manager {
    type Connection = Pooled;
    type Error = ConnectionFailure;

    fn connect(&self) -> Result<Pooled, ConnectionFailure> {
        let opened = connect(&self.url).and_then(|mut conn| {
            match self.purpose {
                Purpose::Any => {}
                Purpose::ByIndex => read_by_index(&mut conn)?,
                Purpose::InOrder => read_in_order(&mut conn)?,
            }
            Ok(Pooled { conn, broken: false })
        });
        opened.map_err(|problem| ConnectionFailure(problem.to_string()))
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), ConnectionFailure> {
        match &mut pooled.conn {
            Conn::Sqlite(_) => Ok(()),
            Conn::Postgres(postgres) => diesel::sql_query("SELECT 1")
                .execute(postgres)
                .map(|_| ())
                .map_err(|error| ConnectionFailure(error.to_string())),
        }
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.broken || std::thread::panicking()
    }
}

/// A connection that could not be opened; the words are for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConnectionFailure(String);

impl Database {
    /// Opens a pool; the database must exist or be creatable.
    ///
    /// # Errors
    /// `invalid` where the URL has another scheme, `unavailable` where nothing answers.
    pub fn open(settings: Settings) -> Outcome<Self> {
        // One connection first, so that a bad URL is told at once and in words.
        drop(connect(&settings.url)?);
        let pool = pool(&settings, POOL_SIZE, Purpose::Any)?;
        Ok(Self { settings, pool })
    }

    /// A pool for a database that need not answer yet; it is connected to when it is read first.
    ///
    /// # Errors
    /// `unavailable` where no pool can be made.
    pub fn expected(settings: Settings) -> Outcome<Self> {
        Ok(Self { pool: pool(&settings, POOL_SIZE, Purpose::Any)?, settings })
    }

    /// The same database for reading rows by their keys, with a few connections of its own that are told so.
    ///
    /// # Errors
    /// `unavailable` where no pool can be made.
    pub fn by_index(&self, connections: u32) -> Outcome<Self> {
        let pool = pool(&self.settings, connections, Purpose::ByIndex)?;
        Ok(Self { pool, settings: self.settings.clone() })
    }

    /// The same database for reading all of it in order, with connections of its own that keep little of what they read:
    /// nothing of it is asked for again.
    ///
    /// # Errors
    /// `unavailable` where no pool can be made.
    pub fn in_order(&self, connections: u32) -> Outcome<Self> {
        let pool = pool(&self.settings, connections, Purpose::InOrder)?;
        Ok(Self { pool, settings: self.settings.clone() })
    }

    /// The URL this database was opened with.
    pub fn url(&self) -> &str {
        &self.settings.url
    }

    /// Runs a read in one snapshot, so that figures read together belong together.
    ///
    /// # Errors
    /// What `work` refuses; `unavailable` where no connection comes free in time.
    pub fn read<T>(&self, work: impl FnOnce(&mut Conn) -> Outcome<T>) -> Outcome<T> {
        within(self.begin()?, work)
    }

    /// As [`Database::read`], or from another database where this one cannot be connected to, or does not hold this
    /// entry of the ledger in the very snapshot that would be read.
    ///
    /// # Errors
    /// As [`Database::read`] of the one that is read.
    pub fn read_or<T>(
        &self,
        other: &Self,
        holding: i64,
        work: impl FnOnce(&mut Conn) -> Outcome<T>,
    ) -> Outcome<T> {
        match self.begin_holding(holding) {
            Ok(pooled) => within(pooled, work),
            Err(problem) => {
                tracing::warn!(cause = problem.internal.as_deref(), "a replica was not read");
                other.read(work)
            }
        }
    }

    /// As [`Database::read`], on a thread that may block.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn read_apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let database = self.clone();
        apart(move || database.read(work)).await
    }

    /// As [`Database::read_or`], on a thread that may block.
    ///
    /// # Errors
    /// As [`Database::read_or`].
    pub async fn read_apart_or<T: Send + 'static>(
        &self,
        other: &Self,
        holding: i64,
        work: impl FnOnce(&mut Conn) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let (database, other) = (self.clone(), other.clone());
        apart(move || database.read_or(&other, holding, work)).await
    }

    /// As [`Database::read`], for work that is one statement and so its own snapshot: on PostgreSQL nothing is
    /// sent before and after it. SQLite runs several statements where PostgreSQL has one, in a snapshot.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub fn read_once<T>(&self, work: impl Fn(&mut Conn) -> Outcome<T>) -> Outcome<T> {
        for _ in 0..POOL_SIZE {
            let mut pooled = self.take()?;
            if matches!(pooled.conn, Conn::Sqlite(_)) {
                break;
            }
            match work(&mut pooled.conn) {
                // After a restart of the server every idle connection is dead: each is thrown away once.
                Err(problem) if problem.internal.is_some() && !answers(&mut pooled.conn) => {
                    pooled.broken = true
                }
                result => return result,
            }
        }
        self.read(work)
    }

    fn take(&self) -> Outcome<r2d2::PooledConnection<Manager>> {
        self.pool.get().map_err(|error| {
            Problem::new(Code::Unavailable, "The database is busy. Try again in a moment.").log(error)
        })
    }

    /// A connection in a snapshot that has this entry of the ledger in it. One that has not may be another server's
    /// than the one that was seen to hold it, so it is not used again.
    fn begin_holding(&self, holding: i64) -> Outcome<r2d2::PooledConnection<Manager>> {
        let mut pooled = self.begin()?;
        let held = last_entry(&mut pooled.conn);
        if let Ok(last) = held
            && last >= holding
        {
            return Ok(pooled);
        }
        pooled.broken = true;
        let last = held?;
        let words = "The replica does not hold what it was seen to hold.";
        Err(Problem::new(Code::Unavailable, words).log(format!("entry {last}, where {holding} was seen")))
    }

    /// A connection in a snapshot. After a restart of the server every idle connection is dead: each is
    /// tried once and thrown away, then a new one is made.
    fn begin(&self) -> Outcome<r2d2::PooledConnection<Manager>> {
        let mut attempts = POOL_SIZE;
        loop {
            let mut pooled = self.take()?;
            match snapshot(&mut pooled.conn) {
                Ok(()) => return Ok(pooled),
                Err(error) => {
                    pooled.broken = true;
                    if attempts == 0 {
                        return Err(read_failure(error));
                    }
                    attempts -= 1;
                }
            }
        }
    }
}

/// The last entry of the ledger in a snapshot: one row, by its key.
fn last_entry(conn: &mut Conn) -> Outcome<i64> {
    let last = ledger_state::table.find(1).select(ledger_state::sequence).first(conn).optional();
    last.map(Option::unwrap_or_default).map_err(read_failure)
}

/// Runs a read in the snapshot that was begun, and ends it.
fn within<T>(
    mut pooled: r2d2::PooledConnection<Manager>,
    work: impl FnOnce(&mut Conn) -> Outcome<T>,
) -> Outcome<T> {
    let result = work(&mut pooled.conn);
    if let Err(error) = pooled.conn.batch_execute("COMMIT") {
        pooled.broken = true;
        return Err(read_failure(error));
    }
    result
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Problem::internal(format!("a reading task ended: {error}")))?
}

/// Connections that are opened when they are needed first.
fn pool(settings: &Settings, connections: u32, purpose: Purpose) -> Outcome<r2d2::Pool<Manager>> {
    r2d2::Pool::builder()
        .max_size(connections)
        .min_idle(Some(0))
        .connection_timeout(POOL_WAIT)
        .test_on_check_out(false)
        .error_handler(Box::new(r2d2::NopErrorHandler))
        .build(Manager { url: settings.url.clone(), purpose })
        .map_err(|error| Problem::new(Code::Unavailable, "The database does not answer.").log(error))
}

/// Pages of SQLite's write-ahead log, of 4 KiB each, before they are moved into the database: pages that many
/// commits touch, as rollups are, move once for all of them, and reading the log anew after a crash stays
/// a matter of a tenth of a second. Where a server moves them beside the writer ([`move_pages`]), few are left to the commit
/// that comes upon this number; only a commit can begin the log anew.
const WAL_PAGES: u32 = 16_000;

/// Bytes that a server process of PostgreSQL takes once and gives back when a connection is opened. From then on its C
/// library (glibc) keeps twice as much between statements instead of handing everything above 128 KiB back to
/// the system and taking it anew for each, which was a fifth of what the server process spent on reading a consignment.
/// Elsewhere it does nothing. They are written a KiB at a time, which costs 2 ms a connection; byte by byte it would be 6.
const KEPT_BYTES: u32 = 1 << 20;

/// What PostgreSQL takes for the cost of reading a page out of order, where reading the next one costs 1. Its default of
/// 4 is that of a turning disk, and has it gather a handful of rows by bitmap, which costs more than following the index.
const RANDOM_PAGE_COST: f32 = 1.1;

/// Opens one connection, set up the way the ledger needs it.
///
/// # Errors
/// `invalid` where the URL has another scheme, `unavailable` where nothing answers.
pub fn connect(url: &str) -> Outcome<Conn> {
    if let Some(path) = url.strip_prefix("sqlite://") {
        make_private(path);
        let mut conn = SqliteConnection::establish(path).map_err(|error| {
            Problem::new(Code::Unavailable, format!("The database file {path:?} cannot be opened."))
                .log(error)
        })?;
        conn.batch_execute(&format!(
            "PRAGMA busy_timeout = {BUSY_WAIT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA cache_size = -65536; \
             PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456; PRAGMA wal_autocheckpoint = {WAL_PAGES};"
        ))
        .map_err(|error| {
            Problem::new(Code::Unavailable, format!("{path:?} is not a usable SQLite database.")).log(error)
        })?;
        return Ok(Conn::Sqlite(conn));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let mut conn = PgConnection::establish(url).map_err(|error| {
            Problem::new(Code::Unavailable, "PostgreSQL does not answer at the given URL.").log(error)
        })?;
        conn.batch_execute(&format!(
            "SET TIME ZONE 'UTC'; SET client_min_messages = warning; \
             SET random_page_cost = {RANDOM_PAGE_COST}; \
             SELECT octet_length(repeat(repeat(' ', 1024), {}))",
            KEPT_BYTES / 1_024
        ))
        .map_err(read_failure)?;
        return Ok(Conn::Postgres(conn));
    }
    Err(Problem::field(
        "/database_url",
        format!(
            "{:?} is not a database URL; write sqlite://relief.db or postgres://user@host/name",
            redacted(url)
        ),
    ))
}

/// Makes a new database file that only its owner can read: it holds logins, names and hashes of passwords.
/// SQLite gives the files beside it the same mode. What is there already stays as its owner made it.
fn make_private(path: &str) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        if path.is_empty() || path.starts_with(':') || std::path::Path::new(path).exists() {
            return;
        }
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        // Where it cannot be made SQLite says why in a moment.
        if let Err(error) = made {
            tracing::debug!(%error, "a database file was not made in advance");
        }
    }
}

/// Prepares a connection for whoever reads nothing but single rows by their indexes, again and again with the same
/// statements: the writer, and callers who gather.
///
/// PostgreSQL guesses from statistics that lag behind: until it next looks, a table that just grew by ten
/// thousand rows is small to it and read whole for each batch. Its plans for these statements are made once.
///
/// # Errors
/// Whatever the database says.
pub fn read_by_index(conn: &mut Conn) -> Outcome<()> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Postgres(postgres) => postgres
            .batch_execute(
                "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; SET jit = off",
            )
            .map_err(read_failure),
    }
}

/// KiB that SQLite keeps of a database for whoever goes once through a long file, instead of 64 MiB: more would not be read again.
const KEPT_LITTLE_KIBIBYTES: u32 = 8 * 1_024;

/// Has SQLite keep little of a database.
///
/// # Errors
/// Whatever the database says.
pub fn keep_little(conn: &mut Conn) -> Outcome<()> {
    match conn {
        Conn::Postgres(_) => Ok(()),
        Conn::Sqlite(sqlite) => sqlite
            .batch_execute(&format!("PRAGMA cache_size = -{KEPT_LITTLE_KIBIBYTES}"))
            .map_err(read_failure),
    }
}

/// Has SQLite keep little of a database it reads through once, and sort on disk what is more than that.
fn read_in_order(conn: &mut Conn) -> Outcome<()> {
    match conn {
        Conn::Postgres(_) => Ok(()),
        Conn::Sqlite(sqlite) => sqlite
            .batch_execute("PRAGMA mmap_size = 0; PRAGMA cache_size = -4096; PRAGMA temp_store = FILE")
            .map_err(read_failure),
    }
}

/// Moves what SQLite wrote ahead into its database as far as nobody is reading what it would overwrite, and waits for
/// nobody; answers whether there is such a thing to move at all.
///
/// # Errors
/// Whatever the database says; then a later commit moves it.
pub fn move_pages(conn: &mut Conn) -> Outcome<bool> {
    match conn {
        Conn::Postgres(_) => Ok(false),
        Conn::Sqlite(sqlite) => {
            sqlite.batch_execute("PRAGMA wal_checkpoint(PASSIVE)").map_err(read_failure)?;
            Ok(true)
        }
    }
}

/// Whether there still is a server behind a connection.
fn answers(conn: &mut Conn) -> bool {
    conn.batch_execute("SELECT 1").is_ok()
}

/// A URL without its password, for messages.
pub fn redacted(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}://…{}", &url[..scheme], &url[at..]),
        _ => url.to_owned(),
    }
}

/// Begins the one transaction that may write at this moment, over all processes.
///
/// SQLite takes the write lock at once. PostgreSQL takes a lock of its own kind first, so that the first
/// statement that reads already sees what the last writer committed. Both wait [`BUSY_WAIT_MS`] for whoever
/// holds it and then fail.
///
/// # Errors
/// Whatever the database says, for the writer to judge.
pub fn exclusive(conn: &mut Conn) -> diesel::QueryResult<()> {
    match conn {
        Conn::Sqlite(sqlite) => sqlite.batch_execute("BEGIN IMMEDIATE"),
        Conn::Postgres(postgres) => postgres.batch_execute(&format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {BUSY_WAIT_MS}; \
             SELECT pg_advisory_xact_lock(7310584629)"
        )),
    }
}

/// Writes rows that follow from what is recorded, all of them or none, beside the writer and without its lock.
///
/// # Errors
/// Whatever the database says; then nothing is written.
pub fn write_derived(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> diesel::QueryResult<()>,
) -> diesel::QueryResult<()> {
    match conn {
        Conn::Sqlite(sqlite) => sqlite.batch_execute("BEGIN IMMEDIATE")?,
        Conn::Postgres(postgres) => postgres.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED")?,
    }
    match work(conn) {
        Ok(()) => conn.batch_execute("COMMIT"),
        Err(error) => {
            conn.batch_execute("ROLLBACK")?;
            Err(error)
        }
    }
}

/// Begins a transaction that only reads, and reads one state of the database to its end.
///
/// # Errors
/// Whatever the database says.
pub fn snapshot(conn: &mut Conn) -> diesel::QueryResult<()> {
    let begin = match conn {
        Conn::Sqlite(_) => "BEGIN DEFERRED",
        Conn::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    };
    conn.batch_execute(begin)
}
