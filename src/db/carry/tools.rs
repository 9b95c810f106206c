//! PostgreSQL's own programs: found, asked for their version, run. A password goes by the environment, never in
//! arguments, which everybody on the machine can read.

use super::url::Address;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{Conn, CountRow, read_failure};
use diesel::RunQueryDsl;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

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

/// Bytes of a program's complaint that are passed on.
const COMPLAINT_BYTES: u64 = 2_000;

/// A folder with `pg_dump` and `pg_restore` of one version.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    folder: PathBuf,
    major: i64,
}

impl Tools {
    /// The newest there are: what reads an archive reads those of all versions before its own, and of none after.
    pub(super) fn newest() -> Outcome<Self> {
        // Of two of one version the first on the search path.
        let newest = every_version().into_iter().rev().max_by_key(|tools| tools.major);
        newest.ok_or_else(|| missing("", &[]))
    }

    /// The oldest that are no older than a server: they refuse one that is newer, and those that are newer than it may
    /// say what it does not understand.
    fn no_older_than(server: i64) -> Outcome<Self> {
        let mut found = every_version();
        found.sort_by_key(|tools| tools.major);
        let versions: Vec<i64> = found.iter().map(|tools| tools.major).collect();
        let fitting = found.into_iter().find(|tools| tools.major >= server);
        fitting.ok_or_else(|| missing(&format!("-{server}"), &versions))
    }

    /// Those that fit the server behind a connection.
    pub(super) fn for_server(conn: &mut Conn) -> Outcome<Self> {
        Self::no_older_than(server_major(conn)?)
    }

    /// Their version, such as 15.
    pub(super) fn major(&self) -> i64 {
        self.major
    }

    /// A command that ends with what it is about; nothing is asked on a terminal.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.stdin(Stdio::null()).env("LC_ALL", "C").env("PGCONNECT_TIMEOUT", "10");
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

fn missing(package: &str, versions: &[i64]) -> Problem {
    let needed = match package.strip_prefix('-') {
        Some(version) => format!("pg_dump and pg_restore of PostgreSQL {version} or newer are needed"),
        None => "pg_dump and pg_restore of PostgreSQL are needed".to_owned(),
    };
    let versions: Vec<String> = versions.iter().map(i64::to_string).collect();
    let there = if versions.is_empty() {
        "none was found on the search path or in the usual places".to_owned()
    } else {
        format!("only version {} was found", versions.join(", "))
    };
    let words = format!(
        "{needed}, and {there}. Install PostgreSQL's client, such as the package postgresql-client{package}, and start \
         again."
    );
    Problem::new(Code::Unavailable, words)
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

/// A program that runs. What it complains of is taken from it all the while: one that nobody hears waits for ever once
/// it has much to say.
pub(super) struct Running {
    child: Child,
    complaint: JoinHandle<String>,
}

impl Running {
    /// Starts a command whose output goes where it says.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take();
        Ok(Self { child, complaint: std::thread::spawn(move || stderr.map(beginning).unwrap_or_default()) })
    }

    /// What it prints, where that was to be read.
    pub(super) fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Waits for its end; where it failed, how and with which words.
    pub(super) fn end(mut self) -> Result<(), String> {
        let status = self.child.wait().map_err(|error| error.to_string())?;
        let complaint = self.complaint.join().unwrap_or_default();
        if status.success() { Ok(()) } else { Err(format!("{status}: {complaint}")) }
    }
}

/// The beginning of what a program complains of; all of it is read.
fn beginning(mut stderr: ChildStderr) -> String {
    let mut bytes = Vec::new();
    // What cannot be read of a complaint is left out.
    drop(stderr.by_ref().take(COMPLAINT_BYTES).read_to_end(&mut bytes));
    drop(io::copy(&mut stderr, &mut io::sink()));
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

/// Runs a command to its end.
pub(super) fn run(command: &mut Command, what: &str) -> Outcome<()> {
    let failed = |cause: String| Problem::new(Code::Unavailable, what).log(cause);
    let running = Running::start(command.stdout(Stdio::null())).map_err(|error| failed(error.to_string()))?;
    running.end().map_err(failed)
}
