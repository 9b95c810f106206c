//! A database that was edited, or put back to an older copy, while a server has it: it is served, and it is said.

use std::path::Path;

use relief_ledger::audit::beside::Beside;
use relief_ledger::auth::Role;
use relief_ledger::db::connect;
use relief_ledger::writer::log_state;
use serde_json::{Value, json};

use super::{checkpoint_over, found, key_of, log_size, relief};
use crate::support::ledger::tamper;
use crate::support::server::{Caller, Server, migrate};
use crate::support::until;
use crate::support::{TestDatabase, on_both_databases};

/// What the server says of itself, and on a figure.
fn doubt(server: &Server, caller: &Caller) -> (Value, Option<String>) {
    let ready = server.stranger().get("/health/ready").expect(200);
    let figures = caller.get("/api/v1/totals?group_by=programme");
    assert_eq!(figures.status, 200, "reads go on: {}", figures.text);
    (ready["doubt"].clone(), figures.header("relief-doubt").map(str::to_owned))
}

/// Waits until it says so.
#[track_caller]
fn says(server: &Server, caller: &Caller, word: Option<&str>) {
    let expected = (word.map_or(Value::Null, |word| json!(word)), word.map(str::to_owned));
    until(&format!("{expected:?}"), || (doubt(server, caller) == expected).then_some(()));
    let gauge = format!("relief_in_doubt {}\n", i32::from(word.is_some()));
    assert!(server.stranger().get("/metrics").text.contains(&gauge));
}

fn organization(admin: &Caller, name: &str) {
    admin.post("/api/v1/organizations", &json!({"name": name, "country": "CN", "donor": true})).expect(201);
}

/// The database as it is, to be put back: a copy of the file, or a database beside it.
struct Copy {
    url: String,
    place: String,
}

impl Copy {
    fn take(database: &TestDatabase) -> Self {
        let url = database.url().to_owned();
        let place = match url.strip_prefix("sqlite://") {
            Some(file) => {
                let place = format!("{file}.older");
                vacuum(&url, &format!("VACUUM INTO '{place}'"));
                place
            }
            None => {
                let (server, name) = url.rsplit_once('/').expect("a name");
                let place = format!("{name}_older");
                vacuum(&format!("{server}/postgres"), &format!("CREATE DATABASE {place} TEMPLATE {name}"));
                place
            }
        };
        Self { url, place }
    }

    /// Puts it in the place of the newer one.
    fn put_back(&self) {
        match self.url.strip_prefix("sqlite://") {
            Some(file) => {
                // A connection that is still being closed would write what it knows over what is put back.
                until("the end of the last connection", || (!is_open(file)).then_some(()));
                for ending in ["-wal", "-shm"] {
                    drop(std::fs::remove_file(format!("{file}{ending}")));
                }
                std::fs::copy(&self.place, file).expect("the copy is put back");
            }
            None => {
                let (server, name) = self.url.rsplit_once('/').expect("a name");
                let server = format!("{server}/postgres");
                vacuum(&server, &format!("DROP DATABASE {name} WITH (FORCE)"));
                vacuum(&server, &format!("CREATE DATABASE {name} TEMPLATE {}", self.place));
            }
        }
    }
}

/// Whether this process has a file open, as its kernel says.
fn is_open(file: &str) -> bool {
    let open = std::fs::read_dir("/proc/self/fd").expect("the kernel says what is open");
    open.flatten().any(|one| std::fs::read_link(one.path()).is_ok_and(|path| path == Path::new(file)))
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Some((server, _)) = self.url.rsplit_once('/').filter(|_| self.url.starts_with("postgres")) {
            vacuum(&format!("{server}/postgres"), &format!("DROP DATABASE IF EXISTS {}", self.place));
        }
    }
}

/// Runs one statement; connections that are just being closed may be in its way for a moment.
fn vacuum(url: &str, sql: &str) {
    use diesel::connection::SimpleConnection;
    let mut conn = connect(url).expect("the database opens");
    let begun = std::time::Instant::now();
    while let Err(error) = conn.batch_execute(sql) {
        assert!(begun.elapsed() < crate::support::SOON && url.starts_with("postgres"), "{sql}: {error}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

/// A server stopped after more was signed than the copy knows, and started on the copy.
fn put_back(database: &TestDatabase, meanwhile: impl FnOnce(&Path, &str)) -> Server {
    let server = Server::start(database);
    let admin = server.login_as(Role::Admin);
    organization(&admin, "Hainan");
    let mut copy = None;
    let server = server.restart(|| copy = Some(Copy::take(database)));
    let admin = server.login_as(Role::Admin);
    organization(&admin, "Jiangsu");
    let keys = server.key_folder();
    let key = key_of(database.url(), &keys);
    checkpoint_over(&server, &key, log_size(database.url()));
    server.restart(|| {
        copy.expect("it was taken").put_back();
        meanwhile(&keys, key.name());
    })
}

on_both_databases! {
    migrate: migrate;

    fn what_a_verifier_finds_is_said_on_every_figure_until_it_finds_nothing(database: &TestDatabase) {
        let server = Server::start(database);
        let (admin, auditor) = (server.login_as(Role::Admin), server.login_as(Role::Auditor));
        organization(&admin, "Hainan");
        let keys = server.key_folder();
        let key = key_of(database.url(), &keys);
        checkpoint_over(&server, &key, log_size(database.url()));
        says(&server, &auditor, None);
        tamper(database.url(), "UPDATE organizations SET name = 'Hainam' WHERE name = 'Hainan'");
        let (code, report, _) = relief(&["verify"], database.url(), &keys);
        assert_eq!(code, Some(1), "{report:#}");
        says(&server, &auditor, Some("record"));
        let ready = server.stranger().get("/health/ready").expect(200);
        let detail = ready["detail"].as_str().expect("in words");
        assert!(ready["status"] == "in_doubt" && detail.contains("organizations"), "{detail}");
        // Nothing is wrong with the log itself: it is recorded and signed on.
        organization(&admin, "Jiangsu");
        checkpoint_over(&server, &key, log_size(database.url()));
        says(&server, &auditor, Some("record"));
        tamper(database.url(), "UPDATE organizations SET name = 'Hainan' WHERE name = 'Hainam'");
        assert_eq!(relief(&["verify"], database.url(), &keys).0, Some(0));
        says(&server, &auditor, None);
    }

    fn a_log_edited_under_a_running_server_is_not_signed_and_is_served_with_a_word_of_doubt(database: &TestDatabase) {
        let server = Server::start(database);
        let (admin, auditor) = (server.login_as(Role::Admin), server.login_as(Role::Auditor));
        organization(&admin, "Hainan");
        let key = key_of(database.url(), &server.key_folder());
        let (last, _) = checkpoint_over(&server, &key, log_size(database.url()));
        // The head goes back by one entry, as if the last had never been.
        let edge = {
            let mut edge = relief_ledger::audit::tree::RightEdge::new();
            edge.append(relief_ledger::audit::tree::leaf_hash(b"another past"));
            edge.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        let literal = if database.url().starts_with("sqlite:") { format!("x'{edge}'") } else { format!("'\\x{edge}'") };
        tamper(database.url(), &format!("UPDATE ledger_state SET edge = {literal}"));
        says(&server, &auditor, Some("log"));
        organization(&admin, "Jiangsu");
        std::thread::sleep(std::time::Duration::from_millis(2_500));
        assert_eq!(checkpoint_over(&server, &key, 1).0, last, "nothing was signed over it");
        let (code, report, _) = relief(&["verify"], database.url(), &server.key_folder());
        assert_eq!(code, Some(1));
        assert!(found(&report).contains(&"ledger_state 1 edge".to_owned()), "{report:#}");
    }

    fn an_older_copy_put_back_is_noticed_by_what_was_kept_beside_the_key(database: &TestDatabase) {
        let server = put_back(database, |keys, origin| {
            assert!(Beside::of(keys, origin).checkpoint_path().exists());
        });
        let auditor = server.login_as(Role::Auditor);
        says(&server, &auditor, Some("log"));
        let (code, report, _) = relief(&["verify"], database.url(), &server.key_folder());
        assert_eq!(code, Some(1), "{report:#}");
        let problem = report["findings"][0]["problem"].as_str().expect("in words");
        assert!(problem.contains("older copy") && problem.contains(".checkpoint"), "{problem}");
    }

    fn without_what_was_kept_beside_the_key_an_older_copy_passes_for_the_newest(database: &TestDatabase) {
        let server = put_back(database, |keys, origin| {
            std::fs::remove_file(Beside::of(keys, origin).checkpoint_path()).expect("it is there");
        });
        let auditor = server.login_as(Role::Auditor);
        let key = key_of(database.url(), &server.key_folder());
        checkpoint_over(&server, &key, log_size(database.url()));
        says(&server, &auditor, None);
        assert_eq!(relief(&["verify"], database.url(), &server.key_folder()).0, Some(0));
    }

    fn a_new_database_has_nothing_to_do_with_what_was_kept_of_another(database: &TestDatabase) {
        let server = Server::start(database);
        organization(&server.login_as(Role::Admin), "Hainan");
        let keys = server.key_folder();
        let key = key_of(database.url(), &keys);
        checkpoint_over(&server, &key, log_size(database.url()));
        let folder = tempfile::tempdir().expect("a folder");
        let other = format!("sqlite://{}", folder.path().join("other.db").display());
        migrate(&other);
        crate::support::ledger::Ledger::with_gift(&other).writer.stop();
        assert!(crate::verify::sign(&other, &keys), "one key folder serves two logs");
        assert_eq!(relief(&["verify"], &other, &keys).0, Some(0));
        let origin = log_state(&mut connect(&other).expect("it opens")).expect("a log").origin;
        assert_ne!(Beside::of(&keys, &origin).checkpoint_path(), Beside::of(&keys, key.name()).checkpoint_path());
    }
}
