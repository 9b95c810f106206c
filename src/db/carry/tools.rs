//! PostgreSQL's own programs: found, asked for their version, run. A password goes by the environment, never in
//! arguments, which everybody on the machine can read.

use super::url::Address;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{Conn, CountRow, read_failure};
use diesel::RunQueryDsl;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where distributions put these programs besides the search path: Debian and Ubuntu, PostgreSQL's own packages for
/// Red Hat, Homebrew, and the installer. The star stands for the version.
const PLACES: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", "bin"),
    ("/usr/pgsql", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/Library/PostgreSQL", "bin"),
];

/// Where several versions lie side by side under one beginning, as `/usr/pgsql-16` do.
const SIBLINGS: [(&str, &str); 1] = [("/usr", "pgsql-")];

/// Characters of a program's complaint that are passed on.
const COMPLAINT_CHARS: usize = 2_000;

/// A folder with `pg_dump` and `pg_restore` of one version.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    folder: PathBuf,
    major: i64,
}

impl Tools {
    /// The oldest that are no older than `least`: PostgreSQL's programs refuse newer servers and archives, and those
    /// that are newer than a server may say what it does not understand.
    pub(super) fn find(least: i64) -> Outcome<Self> {
        let mut found = every_version();
        found.sort_by_key(|tools| tools.major);
        let versions: Vec<String> = found.iter().map(|tools| tools.major.to_string()).collect();
        found.into_iter().find(|tools| tools.major >= least).ok_or_else(|| {
            let there = if versions.is_empty() {
                "none was found on the search path or in the usual places".to_owned()
            } else {
                format!("only version {} was found", versions.join(", "))
            };
            let words = format!(
                "pg_dump and pg_restore of PostgreSQL {least} or newer are needed, and {there}. Install PostgreSQL's \
                 client, such as the package postgresql-client-{least}, and start again."
            );
            Problem::new(Code::Unavailable, words)
        })
    }

    /// Those that fit the server behind a connection.
    pub(super) fn for_server(conn: &mut Conn) -> Outcome<Self> {
        Self::find(server_major(conn)?)
    }

    /// A command that ends with what it is about; nothing is asked on a terminal.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.stdin(Stdio::null()).env("LC_MESSAGES", "C").env("PGCONNECT_TIMEOUT", "10");
        command
    }

    /// A command on a database.
    pub(super) fn on(&self, program: &str, address: &Address) -> Command {
        let mut command = self.command(program);
        command.arg("--no-password").arg("--dbname").arg(&address.url);
        if let Some(password) = &address.password {
            command.env("PGPASSWORD", password);
        }
        command
    }
}

/// The major version of a server, such as 15.
fn server_major(conn: &mut Conn) -> Outcome<i64> {
    let sql = "SELECT current_setting('server_version_num')::bigint / 10000 AS value";
    let found: CountRow = diesel::sql_query(sql).get_result(conn).map_err(read_failure)?;
    Ok(found.value)
}

fn every_version() -> Vec<Tools> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for (place, inside) in PLACES {
        folders.extend(children(Path::new(place)).into_iter().map(|version| version.join(inside)));
    }
    for (place, beginning) in SIBLINGS {
        let is_one = |path: &PathBuf| {
            path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(beginning))
        };
        folders
            .extend(children(Path::new(place)).into_iter().filter(is_one).map(|folder| folder.join("bin")));
    }
    folders.into_iter().filter_map(tools_in).collect()
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect()
}

fn tools_in(folder: PathBuf) -> Option<Tools> {
    if !folder.join("pg_restore").is_file() {
        return None;
    }
    let output = Command::new(folder.join("pg_dump")).arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    // pg_dump (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1), or 18beta1.
    let version = text.split(") ").nth(1)?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some(Tools { folder, major: digits.parse().ok()? })
}

/// Runs a command to its end.
pub(super) fn run(command: &mut Command, what: &str) -> Outcome<()> {
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    finish(child.map_err(|error| not_run(what, &error.to_string()))?, what)
}

/// Waits for a program to end.
pub(super) fn finish(mut child: Child, what: &str) -> Outcome<()> {
    let mut complaint = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        let mut bytes = Vec::new();
        // What cannot be read of a complaint is left out.
        drop(stderr.read_to_end(&mut bytes));
        complaint = String::from_utf8_lossy(&bytes).trim().chars().take(COMPLAINT_CHARS).collect();
    }
    let status = child.wait().map_err(|error| not_run(what, &error.to_string()))?;
    if status.success() { Ok(()) } else { Err(not_run(what, &format!("{status}: {complaint}"))) }
}

fn not_run(what: &str, cause: &str) -> Problem {
    Problem::new(Code::Unavailable, what).log(cause)
}
