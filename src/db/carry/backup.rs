//! A file with a whole database: written while others write, read without changing it, put in place.
//!
//! Of SQLite it is a database file, of PostgreSQL an archive of `pg_dump`. It holds what the database holds: no key.

use super::draft::{Draft, companion};
use super::dump::{self, MAGIC, UNREADABLE};
use super::tables::tables;
use super::tools::{self, Tools};
use super::url::Address;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::schema::{checkpoints, ledger_state, log_entries};
use crate::db::{Conn, connect, read_failure};
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What the first bytes of a SQLite database are.
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";
/// Entries of the log read at once.
const ENTRIES_PER_READ: i64 = 2_000;

/// Where the log in a backup says it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The last sequence.
    pub sequence: i64,
    /// The tree's right edge.
    pub edge: Vec<u8>,
    /// The log's name.
    pub origin: String,
}

/// Writes a backup of a database, as it is at one moment, beside the name it gets once it was found whole and placed.
///
/// # Errors
/// Where there is such a file, PostgreSQL's programs are missing, or the database or the disk fails.
pub fn write_backup(url: &str, file: &Path) -> Outcome<Draft> {
    let mut conn = connect(url)?;
    let draft = Draft::make(file, ".partial")?;
    match &mut conn {
        Conn::Sqlite(sqlite) => {
            let path = absolute(draft.path())?;
            diesel::sql_query("VACUUM INTO $1")
                .bind::<Text, _>(path)
                .execute(sqlite)
                .map_err(read_failure)?;
        }
        Conn::Postgres(_) => {
            let tools = Tools::for_server(&mut conn)?;
            drop(conn);
            let mut command = tools.on("pg_dump", &Address::of(url));
            command.arg("--format=custom").arg("--file").arg(draft.path());
            tools::run(&mut command, "pg_dump could not write the backup. Nothing was kept.")?;
        }
    }
    Ok(draft)
}

/// A path SQLite takes for nothing but a path: one that began with `file:` would be an address to it.
fn absolute(path: &Path) -> Outcome<String> {
    let path = std::path::absolute(path).map_err(|error| Problem::field("/file", error.to_string()))?;
    path.into_os_string()
        .into_string()
        .map_err(|path| Problem::field("/file", format!("{} is not UTF-8", path.display())))
}

enum Kind {
    Sqlite(RefCell<Conn>),
    Postgres(Tools),
}

/// A backup that is read; nothing about the file is changed.
pub struct Backup {
    path: PathBuf,
    kind: Kind,
}

impl Backup {
    /// Opens a file that `relief backup` wrote.
    ///
    /// # Errors
    /// Where it cannot be read, is something else, or is a database that is in use.
    pub fn open(path: &Path) -> Outcome<Self> {
        let wrong = |words: &str| Problem::field("/file", format!("{}: {words}", path.display()));
        let mut first = Vec::new();
        let file = File::open(path).map_err(|error| wrong(&error.to_string()))?;
        file.take(SQLITE_MAGIC.len() as u64)
            .read_to_end(&mut first)
            .map_err(|error| wrong(&error.to_string()))?;
        let kind = if first == SQLITE_MAGIC {
            if companion(path, "-wal").metadata().is_ok_and(|wal| wal.len() > 0) {
                return Err(wrong("this is a database in use and not a backup; make one with relief backup"));
            }
            let mut conn = open_unchanged(path)?;
            // Before any question: one about a page that is not there would be a fault of ours.
            check_pages(&mut conn)?;
            if !tables(&mut conn)?.iter().any(|table| table == "ledger_state") {
                return Err(wrong("this is a database that is none of relief's"));
            }
            Kind::Sqlite(RefCell::new(conn))
        } else if first.starts_with(MAGIC) {
            Kind::Postgres(Tools::newest()?)
        } else {
            return Err(wrong("this is no backup that relief backup wrote"));
        };
        Ok(Self { path: path.to_owned(), kind })
    }

    /// Which kind of database it is of, in words.
    pub fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite(_) => "SQLite",
            Kind::Postgres(_) => "PostgreSQL",
        }
    }

    /// Where its log says it stands; none where nothing was ever recorded.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn head(&self) -> Outcome<Option<LogHead>> {
        match &self.kind {
            Kind::Sqlite(conn) => log_head(&mut conn.borrow_mut()),
            Kind::Postgres(tools) => {
                let mut head = None;
                dump::each_row(tools, &self.path, "ledger_state", false, &mut |row| {
                    let (sequence, edge) = (row.integer("sequence")?, row.binary("edge")?);
                    head = Some(LogHead { sequence, edge, origin: row.text("origin")?.to_owned() });
                    Ok(())
                })?;
                Ok(head)
            }
        }
    }

    /// The newest signed checkpoint, as a note.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn newest_checkpoint(&self) -> Outcome<Option<String>> {
        match &self.kind {
            Kind::Sqlite(conn) => newest_note(&mut conn.borrow_mut()),
            Kind::Postgres(tools) => {
                let mut newest: Option<(i64, String)> = None;
                dump::each_row(tools, &self.path, "checkpoints", false, &mut |row| {
                    let size = row.integer("size")?;
                    if newest.as_ref().is_none_or(|(largest, _)| *largest < size) {
                        newest = Some((size, row.text("note")?.to_owned()));
                    }
                    Ok(())
                })?;
                Ok(newest.map(|(_, note)| note))
            }
        }
    }

    /// Shows position and body of every entry of the log, perhaps not in order. Of an archive it reads all the rest
    /// too, as opening does of a database.
    ///
    /// # Errors
    /// Where anything in the file cannot be read.
    pub fn each_entry(&self, visit: &mut dyn FnMut(i64, &[u8]) -> Outcome<()>) -> Outcome<()> {
        match &self.kind {
            Kind::Sqlite(conn) => each_entry_of(&mut conn.borrow_mut(), visit),
            Kind::Postgres(tools) => dump::each_row(tools, &self.path, "log_entries", true, &mut |row| {
                visit(row.integer("position")?, row.text("body")?.as_bytes())
            }),
        }
    }
}

/// Where the log of a database says it stands; none where nothing was ever recorded.
///
/// # Errors
/// Whatever the database says.
pub fn log_head(conn: &mut Conn) -> Outcome<Option<LogHead>> {
    let head = ledger_state::table
        .select((ledger_state::sequence, ledger_state::edge, ledger_state::origin))
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    Ok(head.map(|(sequence, edge, origin)| LogHead { sequence, edge, origin }))
}

/// The newest signed checkpoint of a database, as a note.
///
/// # Errors
/// Whatever the database says.
pub fn newest_note(conn: &mut Conn) -> Outcome<Option<String>> {
    let newest = checkpoints::table.order(checkpoints::size.desc()).select(checkpoints::note).first(conn);
    newest.optional().map_err(read_failure)
}

/// Shows position and body of every entry of the log of a database, in order.
///
/// # Errors
/// Whatever the database says.
pub fn each_entry_of(conn: &mut Conn, visit: &mut dyn FnMut(i64, &[u8]) -> Outcome<()>) -> Outcome<()> {
    let mut after = -1;
    loop {
        let rows: Vec<(i64, String)> = log_entries::table
            .filter(log_entries::position.gt(after))
            .order(log_entries::position)
            .limit(ENTRIES_PER_READ)
            .select((log_entries::position, log_entries::body))
            .load(conn)
            .map_err(read_failure)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = *last;
        for (position, body) in &rows {
            visit(*position, body.as_bytes())?;
        }
    }
}

/// SQLite's own look at every page of a file.
fn check_pages(conn: &mut Conn) -> Outcome<()> {
    #[derive(QueryableByName)]
    struct Said {
        #[diesel(sql_type = Text)]
        quick_check: String,
    }
    let unreadable = |cause: String| Problem::new(Code::WrongState, UNREADABLE).log(cause);
    let said: QueryResult<Vec<Said>> = diesel::sql_query("PRAGMA quick_check(1)").load(conn);
    match said.map_err(|error| unreadable(error.to_string()))?.pop() {
        Some(said) if said.quick_check != "ok" => Err(unreadable(said.quick_check)),
        Some(_) | None => Ok(()),
    }
}

/// Opens a SQLite file that nobody writes, in such a way that neither it nor anything beside it changes.
fn open_unchanged(path: &Path) -> Outcome<Conn> {
    let path = absolute(path)?;
    let escaped = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let opened = SqliteConnection::establish(&format!("file:{escaped}?mode=ro&immutable=1"));
    opened.map(Conn::Sqlite).map_err(|error| Problem::new(Code::Unavailable, UNREADABLE).log(error))
}

/// Puts a backup into an empty or missing database. `finish` gets the URL of what was put there and does what is still
/// to be done; of SQLite the file gets its name only after that, so nobody opens it half done.
///
/// # Errors
/// Where there is something already, the kinds do not fit, or `finish` fails.
pub fn place_backup<T>(backup: &Backup, url: &str, finish: impl FnOnce(&str) -> Outcome<T>) -> Outcome<T> {
    match (&backup.kind, url.strip_prefix("sqlite://")) {
        (Kind::Sqlite(_), Some(path)) => place_file(&backup.path, Path::new(path), finish),
        (Kind::Postgres(_), None) => {
            place_archive(&backup.path, url)?;
            finish(url)
        }
        (Kind::Sqlite(_), None) | (Kind::Postgres(_), Some(_)) => {
            let words = format!(
                "This is a backup of {}. Restore it to a database of that kind, then relief copy it to the other one.",
                backup.kind()
            );
            Err(Problem::field("/database_url", words))
        }
    }
}

fn place_file<T>(backup: &Path, path: &Path, finish: impl FnOnce(&str) -> Outcome<T>) -> Outcome<T> {
    let is_there = ["", "-wal", "-journal"].iter().any(|ending| companion(path, ending).exists());
    if is_there {
        let words = format!(
            "There is a database {} already, or a file that belongs to one. Name a file that is not there, or \
             move it away with those beside it.",
            path.display()
        );
        return Err(Problem::field("/database_url", words));
    }
    let draft = Draft::make(path, ".restoring")?;
    let failed = |error: io::Error| {
        Problem::new(Code::StorageFull, format!("{} cannot be written: {error}", draft.path().display()))
    };
    let mut source = File::open(backup).map_err(failed)?;
    let mut place = OpenOptions::new().write(true).open(draft.path()).map_err(failed)?;
    io::copy(&mut source, &mut place).map_err(failed)?;
    drop(place);
    let done = finish(&format!("sqlite://{}", absolute(draft.path())?));
    // The last connection has moved its write-ahead log into the file; what is left is of a failure, and goes with the
    // draft.
    let left = companion(draft.path(), "-wal");
    if done.is_ok() && left.metadata().is_ok_and(|wal| wal.len() > 0) {
        return Err(Problem::internal(format!("{} is not empty", left.display())));
    }
    let done = done?;
    draft.place()?;
    Ok(done)
}

fn place_archive(backup: &Path, url: &str) -> Outcome<()> {
    let mut conn = connect(url)?;
    if !tables(&mut conn)?.is_empty() {
        let words = "The database has tables already. Name one that was just made, as with createdb; what a restore \
                     that was cut short left behind goes with dropdb.";
        return Err(Problem::field("/database_url", words));
    }
    let tools = Tools::for_server(&mut conn)?;
    drop(conn);
    let mut command = tools.on("pg_restore", &Address::of(url));
    command.args(["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]).arg(backup);
    tools::run(&mut command, "pg_restore could not put the backup into the database. Nothing of it is there.")
}

/// Lets no session go on: what a backup knows of sessions was true once, and some have ended since.
///
/// # Errors
/// Whatever the database says.
pub fn forget_sessions(conn: &mut Conn) -> Outcome<()> {
    let forgotten = diesel::sql_query("DELETE FROM session_secrets").execute(conn);
    forgotten.map(drop).map_err(read_failure)
}
