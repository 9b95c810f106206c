//! A PostgreSQL for tests: a private throw-away cluster, one database per test from a migrated template.
//!
//! `./test` starts the cluster and says where it is in `RELIEF_TEST_POSTGRES`. Without the variable the
//! first test that needs one starts it; the processes of a run share it through a lock file, and its keeper
//! (`tests/postgres`) removes it a minute after the last of them ended. A cluster of the machine is never
//! touched. What a test does here is never what the product does: no code of `src/` is used but the
//! migration that the caller passes in.

use std::ffi::OsString;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query, sql_types};

/// How long a cluster may take to answer: initdb and start take two seconds on a quiet machine.
const START_LIMIT: Duration = Duration::from_secs(180);

/// Key of the advisory lock under which the template is made, so that one process makes it and the others wait.
const TEMPLATE_LOCK: i64 = 0x7265_6c69_6566;

/// A database of its own, dropped with this guard.
pub struct PostgresDatabase {
    name: String,
    url: String,
}

impl PostgresDatabase {
    /// A copy of the template that `migrate` makes; see [`Self::from_named_template`]. Each such function
    /// has a template of its own.
    pub fn from_template<F: FnOnce(&str)>(migrate: F) -> Self {
        Self::from_named_template(std::any::type_name::<F>(), migrate)
    }

    /// A copy of the migrated template of this name; `migrate` gets the template's URL, once per build of
    /// the test binary and cluster, and must have closed its connections when it returns.
    pub fn from_named_template(name: &str, migrate: impl FnOnce(&str)) -> Self {
        let server = cluster_url();
        let template = template_name(name);
        let mut connection = connect(server);
        make_template(&mut connection, server, &template, migrate);
        Self::create(&mut connection, server, &format!("TEMPLATE {template}"))
    }

    /// A database with nothing in it, for tests of the migrations themselves.
    pub fn empty() -> Self {
        let server = cluster_url();
        Self::create(&mut connect(server), server, "TEMPLATE template0")
    }

    fn create(connection: &mut PgConnection, server: &str, template: &str) -> Self {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{}_{number}", std::process::id(), since_epoch().as_micros());
        let copying = copying(connection);
        run(connection, &format!("CREATE DATABASE {name} {template}{copying}"));
        Self { url: with_database(server, &name), name }
    }

    /// A copy of it as it is now, while nobody is connected to it.
    pub fn copy(&self) -> Self {
        let server = cluster_url();
        Self::create(&mut connect(server), server, &format!("TEMPLATE {}", self.name))
    }

    /// `postgres://postgres@127.0.0.1:PORT/NAME`
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        // A failing test may already be unwinding: then a second panic would hide what it said.
        let dropped = PgConnection::establish(cluster_url()).map_err(|error| error.to_string()).and_then(
            |mut connection| {
                connection
                    .batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name))
                    .map_err(|error| error.to_string())
            },
        );
        if let Err(error) = dropped {
            eprintln!("the test database {} was not dropped: {error}", self.name);
        }
    }
}

/// How a template is copied: file by file where a server can, which takes half as long as writing all of it to the log of
/// the cluster too.
fn copying(connection: &mut PgConnection) -> &'static str {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = sql_types::Integer)]
        number: i32,
    }
    let version: Version =
        sql_query("SELECT CAST(current_setting('server_version_num') AS INTEGER) AS number")
            .get_result(connection)
            .expect("the server says its version");
    if version.number >= 150_000 { " STRATEGY FILE_COPY" } else { "" }
}

/// A cluster that one test has for itself, for drills that stop the server or need other settings,
/// such as `fsync=on`. It ends with this guard, and with the process at the latest.
pub struct PostgresCluster {
    keeper: Child,
    url: String,
}

impl PostgresCluster {
    pub fn start(settings: &[&str]) -> Self {
        let folder = new_folder(&state_folder());
        let mut arguments: Vec<OsString> = vec!["--parent".into(), std::process::id().to_string().into()];
        arguments.extend(settings.iter().map(OsString::from));
        let keeper = spawn_keeper(&folder, &arguments);
        let url = wait_for_url(&folder);
        Self { keeper, url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for PostgresCluster {
    fn drop(&mut self) {
        // TERM and not KILL: the keeper then stops the server and removes its folder.
        let told = Command::new("kill").arg(self.keeper.id().to_string()).status();
        if let Err(error) = told.and_then(|_| self.keeper.wait()) {
            eprintln!("the keeper of a test cluster was not stopped: {error}");
        }
    }
}

/// Connects, or says at which address it could not.
pub fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).unwrap_or_else(|error| panic!("no connection to {url}: {error}"))
}

/// Where the shared cluster is; starts it when nobody has.
fn cluster_url() -> &'static str {
    static URL: OnceLock<(String, Option<File>)> = OnceLock::new();
    let (url, _lock) = URL.get_or_init(|| match std::env::var("RELIEF_TEST_POSTGRES") {
        Ok(url) => (url, None),
        Err(_) => {
            let (url, lock) = share_cluster(&state_folder());
            (url, Some(lock))
        }
    });
    url
}

/// Takes the lock shared, which keeps the cluster alive as long as the returned file is open.
///
/// The keeper stops a cluster only while it holds the lock alone, and a cluster is started only under
/// the lock held alone; so a URL read under the shared lock stays good.
#[expect(clippy::zombie_processes, reason = "the keeper outlives this process and ends by itself")]
fn share_cluster(state: &Path) -> (String, File) {
    let lock =
        File::options().create(true).append(true).open(state.join("lock")).expect("the lock file opens");
    loop {
        lock.lock_shared().expect("the lock is shared");
        if let Some(url) = running_cluster(state) {
            return (url, lock);
        }
        lock.unlock().expect("the lock is given back");
        lock.lock().expect("the lock is taken alone");
        if running_cluster(state).is_none() {
            let folder = new_folder(state);
            let guard: Vec<OsString> = vec!["--lock".into(), state.join("lock").into()];
            spawn_keeper(&folder, &guard);
            wait_for_url(&folder);
            std::fs::write(state.join("current"), folder.to_str().expect("the path is text"))
                .expect("the cluster's folder is noted");
        }
        lock.unlock().expect("the lock is given back");
    }
}

/// The URL of the cluster noted last, if it still answers.
fn running_cluster(state: &Path) -> Option<String> {
    let folder = std::fs::read_to_string(state.join("current")).ok()?;
    let url = std::fs::read_to_string(Path::new(&folder).join("url")).ok()?;
    let url = url.trim().to_owned();
    PgConnection::establish(&url).ok().map(|_| url)
}

/// Under /tmp whatever TMPDIR says: socket paths must be short and the user postgres must get there.
fn state_folder() -> PathBuf {
    let user = std::fs::metadata("/proc/self").expect("/proc is there").uid();
    let folder = PathBuf::from(format!("/tmp/relief-test-postgres-{user}"));
    std::fs::create_dir_all(&folder).expect("the folder for test clusters is made");
    folder
}

fn new_folder(state: &Path) -> PathBuf {
    state.join(format!("{}-{}", std::process::id(), since_epoch().as_micros()))
}

/// `setsid` takes the keeper out of the test's process group, which the runner may kill as a whole.
fn spawn_keeper(folder: &Path, arguments: &[OsString]) -> Child {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres");
    Command::new("setsid")
        .arg(script)
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("tests/postgres starts")
}

fn wait_for_url(folder: &Path) -> String {
    let begun = Instant::now();
    loop {
        if let Ok(url) = std::fs::read_to_string(folder.join("url")) {
            return url.trim().to_owned();
        }
        if let Ok(reason) = std::fs::read_to_string(folder.join("failed")) {
            panic!("no PostgreSQL for the tests: {}", reason.trim());
        }
        assert!(
            begun.elapsed() < START_LIMIT,
            "PostgreSQL was not there after {START_LIMIT:?}: see {folder:?}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Names the build of the test binary and what migrates, so a new build with new migrations never meets an old template.
fn template_name(name: &str) -> String {
    let binary = std::env::current_exe().expect("the test binary has a path");
    let metadata = std::fs::metadata(&binary).expect("the test binary is a file");
    let mut hasher = DefaultHasher::new();
    (name, binary, metadata.mtime(), metadata.mtime_nsec(), metadata.len()).hash(&mut hasher);
    format!("template_{:016x}", hasher.finish())
}

fn make_template(connection: &mut PgConnection, server: &str, template: &str, migrate: impl FnOnce(&str)) {
    run(connection, &format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})"));
    if !database_exists(connection, template) {
        // Only a migrated database gets the template's name; a half-made one of a failed run is made anew.
        let unfinished = format!("{template}_unfinished");
        run(connection, &format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)"));
        run(connection, &format!("CREATE DATABASE {unfinished} TEMPLATE template0"));
        migrate(&with_database(server, &unfinished));
        run(connection, &format!("ALTER DATABASE {unfinished} RENAME TO {template}"));
        run(connection, &format!("ALTER DATABASE {template} ALLOW_CONNECTIONS false"));
    }
    run(connection, &format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})"));
}

fn database_exists(connection: &mut PgConnection, name: &str) -> bool {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = sql_types::BigInt)]
        count: i64,
    }
    let found: Count = sql_query("SELECT COUNT(*) AS count FROM pg_database WHERE datname = $1")
        .bind::<sql_types::Text, _>(name)
        .get_result(connection)
        .expect("the list of databases is readable");
    found.count > 0
}

fn run(connection: &mut PgConnection, sql: &str) {
    connection.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The URL of another database of the same server.
pub fn with_database(server: &str, name: &str) -> String {
    let (address, _) = server.rsplit_once('/').expect("the URL of a server ends with /DATABASE");
    format!("{address}/{name}")
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is past 1970")
}
