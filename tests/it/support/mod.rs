//! What stories share: databases of their own on both backends. Nothing here knows a resource.

pub mod books;
pub mod cluster;
pub mod harness;
pub mod ledger;
pub mod postgres;
pub mod proxy;
pub mod server;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::postgres::PostgresDatabase;

/// How long something that is done once a second may take on a busy machine.
pub const SOON: Duration = Duration::from_secs(30);

/// Waits until something is so.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < SOON, "{what} did not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The memory of its own that a process has now, in KiB; none once it has ended.
pub fn memory_now(process: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// The most of it that it has until something is over.
pub fn most_memory(process: u32, mut is_over: impl FnMut() -> bool) -> u64 {
    let mut most = 0;
    while !is_over() {
        most = most.max(memory_now(process).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    most
}

/// A migrated database that one test has for itself.
pub enum TestDatabase {
    Sqlite { url: String, _folder: tempfile::TempDir },
    Postgres(PostgresDatabase),
}

impl TestDatabase {
    /// A file in a folder of its own; `migrate` gets its URL.
    pub fn sqlite(migrate: impl FnOnce(&str)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder is made");
        let url = format!("sqlite://{}", folder.path().join("relief.db").display());
        migrate(&url);
        Self::Sqlite { url, _folder: folder }
    }

    /// A copy of the template; `migrate` runs once for the whole run.
    pub fn postgres(migrate: impl FnOnce(&str)) -> Self {
        Self::Postgres(PostgresDatabase::from_template(migrate))
    }

    /// As `--database-url` takes it.
    pub fn url(&self) -> &str {
        match self {
            Self::Sqlite { url, .. } => url,
            Self::Postgres(database) => database.url(),
        }
    }
}

/// Whether an event is a receipt or the correction of one: whoever sent the goods off posts neither.
pub fn is_receipt(kind: &str, body: &serde_json::Value) -> bool {
    let is_counted = body
        .pointer("/right/lines/0")
        .is_some_and(|line| line.get("quantity").is_none() && line.get("counted").is_none());
    kind == "received" || (kind == "corrected" && is_counted)
}

/// One body, two tests: `story::sqlite` and `story::postgres`, each with a migrated database of its own.
/// `migrate` is a function of the file, or imported there, that takes the URL.
///
/// ```ignore
/// on_both_databases! {
///     migrate: migrate;
///     fn a_pledge_is_accepted_in_part(database: &TestDatabase) { … }
/// }
/// ```
macro_rules! on_both_databases {
    (migrate: $migrate:ident; $($(#[$attribute:meta])* fn $name:ident($database:ident: &TestDatabase) $body:block)+) => {$(
        fn $name($database: &$crate::support::TestDatabase) $body

        // A module and a function may share a name, so that the tests are `story::sqlite` and `story::postgres`.
        mod $name {
            $(#[$attribute])*
            #[test]
            fn sqlite() {
                super::$name(&$crate::support::TestDatabase::sqlite(super::$migrate));
            }

            $(#[$attribute])*
            #[test]
            fn postgres() {
                super::$name(&$crate::support::TestDatabase::postgres(super::$migrate));
            }
        }
    )+};
}
pub(crate) use on_both_databases;

/// A file of published data that is read for tests only. None where it is missing, which is told, and fails on CI.
pub fn real_file(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/real").join(name);
    if !path.exists() {
        let what = format!("{} is missing", path.display());
        assert!(std::env::var("CI").is_err(), "{what}");
        println!("SKIPPED: {what}");
        return None;
    }
    Some(path)
}
