//! Things that are thrown away at the end: a folder, and a PostgreSQL cluster of the bench's own.

use super::failed;
use crate::core::problem::Outcome;
use crate::db::{connect, read_failure};
use diesel::connection::SimpleConnection;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The script that keeps a private cluster; the tests use the same.
const CLUSTER_SCRIPT: &str = include_str!("../../../tests/postgres");
/// How long a cluster may take to answer.
const CLUSTER_PATIENCE: Duration = Duration::from_secs(120);

/// A folder that goes with this value.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// A new folder of this process.
    pub(super) fn new() -> Outcome<Self> {
        let folder = std::env::temp_dir().join(format!("relief-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(failed)?;
        Ok(Self(folder))
    }

    /// A path inside.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The URL of a database file inside.
    pub(super) fn sqlite(&self, name: &str) -> String {
        format!("sqlite://{}", self.path(name).display())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Whatever cannot be removed is in the temporary folder, which the system clears.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A PostgreSQL cluster of the bench's own, on durable settings; it goes with this value.
pub(super) struct Cluster {
    keeper: Child,
    url: String,
}

impl Cluster {
    /// Starts one; says why where there is none to be had.
    pub(super) fn start(scratch: &Scratch) -> Outcome<Self> {
        let script = scratch.path("postgres.sh");
        std::fs::write(&script, CLUSTER_SCRIPT).map_err(failed)?;
        let folder = scratch.path("postgres");
        let keeper = Command::new("bash")
            .arg(&script)
            .arg(&folder)
            .args(["--parent", &std::process::id().to_string()])
            .args(["fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=256MB"])
            .args(["max_wal_size=4GB"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let mut cluster = Self { keeper, url: String::new() };
        cluster.url = over_socket(&wait_for_url(&folder)?, &folder);
        Ok(cluster)
    }

    /// Where it answers.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

/// The same server over its socket in the folder, as a database on the machine of its server is reached.
fn over_socket(url: &str, folder: &Path) -> String {
    let folder = folder.display().to_string().replace('%', "%25").replace('/', "%2F");
    url.replacen("127.0.0.1", &folder, 1)
}

fn wait_for_url(folder: &Path) -> Outcome<String> {
    let began = Instant::now();
    while began.elapsed() < CLUSTER_PATIENCE {
        if let Ok(url) = std::fs::read_to_string(folder.join("url")) {
            return Ok(url.trim().to_owned());
        }
        if let Ok(reason) = std::fs::read_to_string(folder.join("failed")) {
            return Err(failed(reason.trim()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(failed("the PostgreSQL cluster did not answer in time"))
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The keeper ends its server when it is told to; killed outright it could not.
        drop(Command::new("kill").args(["-TERM", &self.keeper.id().to_string()]).status());
        drop(self.keeper.wait());
    }
}

/// A database on a PostgreSQL server; it is dropped with this value.
pub(super) struct NewDatabase {
    server: String,
    name: String,
    url: String,
}

impl NewDatabase {
    /// Makes one; its name says whose it is.
    pub(super) fn create(server: &str, purpose: &str) -> Outcome<Self> {
        let name = format!("relief_bench_{}_{purpose}", std::process::id());
        let (base, _) = server
            .rsplit_once('/')
            .ok_or_else(|| failed("write the PostgreSQL server as postgres://USER@HOST/NAME"))?;
        connect(server)?.batch_execute(&format!("CREATE DATABASE {name}")).map_err(read_failure)?;
        Ok(Self { server: server.to_owned(), url: format!("{base}/{name}"), name })
    }

    /// Where it is.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for NewDatabase {
    fn drop(&mut self) {
        if let Ok(mut conn) = connect(&self.server) {
            // A database that cannot be dropped says by its name what it was.
            drop(conn.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)));
        }
    }
}
