//! PostgreSQL's own programs: what they are called with, and what comes of their failures.

use super::{backup, restore, told};
use crate::support::TestDatabase;
use crate::support::ledger::{Ledger, migrate};
use relief_ledger::core::id::SiteId;
use relief_ledger::db::carry::Address;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use uuid::Uuid;

#[test]
fn a_password_never_stays_in_the_url() {
    let of = |url: &str| {
        let Address { url, password } = Address::of(url);
        (url, password.unwrap_or_default())
    };
    let apart = |url: &str, password: &str| (url.to_owned(), password.to_owned());
    assert_eq!(of("postgres://a:b%40c+d@h:5/n"), apart("postgres://a@h:5/n", "b@c+d"));
    let (with, without) =
        ("postgres://a@h/n?password=p%2Fq&connect_timeout=5", "postgres://a@h/n?connect_timeout=5");
    assert_eq!(of(with), apart(without, "p/q"));
    assert_eq!(of("postgres:///n?host=/tmp"), apart("postgres:///n?host=/tmp", ""));
    assert_eq!(of("postgresql://a:@h/n"), apart("postgresql://a@h/n", ""));
    assert_eq!(of("postgres://h/a:b@c"), apart("postgres://h/a:b@c", ""));
    assert_eq!(of("postgres://a:50%@h/n"), apart("postgres://a@h/n", "50%"));
}

/// The folder of the programs that fit the tests' server, and the words of their version.
fn real() -> (String, String) {
    let newest =
        "find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1";
    let said = |script: &str| {
        let output = Command::new("bash").args(["-c", script]).output().expect("there is a bash");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    };
    let folder = Some(said(newest)).filter(|folder| !folder.is_empty());
    let folder = folder.unwrap_or_else(|| said("dirname \"$(command -v pg_dump)\""));
    let version = said(&format!("{folder}/pg_dump --version"));
    (folder, version)
}

/// A pg_dump that does this instead, before the real one on the search path.
fn instead(folder: &Path, script: &str) -> String {
    let (real, version) = real();
    let whole = format!("#!/bin/bash\n[ \"$1\" = --version ] && echo '{version}' && exit\n{script}\n");
    let pg_dump = folder.join("pg_dump");
    std::fs::write(&pg_dump, whole.replace("REAL", &format!("{real}/pg_dump"))).expect("it is written");
    std::fs::set_permissions(&pg_dump, PermissionsExt::from_mode(0o755)).expect("it may run");
    let beside = folder.join("pg_restore");
    if !beside.exists() {
        std::os::unix::fs::symlink(format!("{real}/pg_restore"), beside).expect("it is linked");
    }
    format!("{}:{}", folder.display(), std::env::var("PATH").expect("a search path"))
}

#[test]
fn the_password_goes_by_the_environment_and_a_failure_leaves_nothing() {
    let database = TestDatabase::postgres(migrate);
    let ledger = Ledger::with_gift(database.url());
    ledger.writer.stop();
    let folder = tempfile::tempdir().expect("a folder");
    let secret = database.url().replace("postgres@", "postgres:s3cr%21t@");
    assert_ne!(secret, database.url(), "the tests' server takes any password");
    let run = |script: &str, name: &str| {
        let file = folder.path().join(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_relief"));
        command.arg("backup").arg(&file).args(["--json", "--database-url", &secret]);
        let (code, _, error) = told(command.env("PATH", instead(folder.path(), script)));
        (code, error, file)
    };
    let seen = folder.path().join("seen");
    let note = format!("echo \"$@\" > {0}; echo \"$PGPASSWORD\" >> {0}; exec REAL \"$@\"", seen.display());
    let (code, error, _) = run(&note, "noted");
    assert_eq!(code, Some(0), "{error}");
    let noted = std::fs::read_to_string(&seen).expect("it was noted");
    let (arguments, password) = noted.trim().split_once('\n').expect("two lines");
    assert!(arguments.contains("--format=custom") && !arguments.contains("s3cr"), "{arguments}");
    assert_eq!(password, "s3cr!t");

    let (code, error, failed) = run("echo 'pg_dump: error: no room' >&2; exit 1", "failed");
    assert_eq!((code, failed.exists()), (Some(2), false), "{error}");
    assert!(error.contains("no room") && !error.contains("s3cr"), "{error}");

    // One that says it is done and is not: what it wrote is read before it is believed.
    let (code, error, cut) = run("REAL \"$@\" && truncate -s -3000 \"${@: -1}\"", "cut");
    assert_eq!(
        (code, cut.exists(), folder.path().join("cut.partial").exists()),
        (Some(1), false, false),
        "{error}"
    );
    assert!(error.contains("cannot be read to its end"), "{error}");
}

/// Programs of another version than the tests' server has, of which pg_restore does this.
fn of_version(folder: &Path, version: &str, pg_restore: &str) -> String {
    let dump = format!("echo 'pg_dump (PostgreSQL) {version}'");
    for (name, script) in [("pg_dump", dump.as_str()), ("pg_restore", pg_restore)] {
        let program = folder.join(name);
        let (real, _) = real();
        let whole = format!("#!/bin/bash\n{script}\n").replace("REAL", &format!("{real}/{name}"));
        std::fs::write(&program, whole).expect("it is written");
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("it may run");
    }
    format!("{}:{}", folder.display(), std::env::var("PATH").expect("a search path"))
}

#[test]
fn an_archive_is_read_by_the_newest_pg_restore_there_is_and_its_complaint_is_passed_on() {
    let database = TestDatabase::postgres(migrate);
    let ledger = Ledger::with_gift(database.url());
    ledger.writer.stop();
    let run = |version: &str, pg_restore: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_relief"));
        command.arg("backup").arg(folder.path().join("whole")).args([
            "--json",
            "--database-url",
            database.url(),
        ]);
        let (code, _, error) = told(command.env("PATH", of_version(folder.path(), version, pg_restore)));
        (code, error, folder.path().join("whole").exists())
    };
    // An older one, which cannot read what the server's own pg_dump writes, is on the search path before it.
    let unsupported = "echo 'pg_restore: error: unsupported version (1.16) in file header' >&2; exit 1";
    let (code, error, is_there) = run("9.6.24", unsupported);
    assert_eq!((code, is_there), (Some(0), true), "{error}");

    // Where none can read it, that is not the file's fault, and it is said in the program's words.
    let (code, error, is_there) = run("99.1", unsupported);
    assert_eq!((code, is_there), (Some(2), false), "{error}");
    assert!(error.contains("a newer PostgreSQL") && error.contains("(1.16) in file header"), "{error}");
    let (code, error, is_there) = run("99.1", "echo 'pg_restore: error: bits are gone' >&2; exit 1");
    assert_eq!((code, is_there), (Some(1), false), "{error}");
    assert!(error.contains("cannot be read to its end") && error.contains("bits are gone"), "{error}");

    // One that complains at length, and reads all the same, is heard while it does.
    let at_length = "yes 'pg_restore: warning: a table is odd' | head -c 300000 >&2; exec REAL \"$@\"";
    let (code, error, is_there) = run("99.1", at_length);
    assert_eq!((code, is_there), (Some(0), true), "{error}");
}

#[test]
fn a_backup_of_one_kind_is_not_restored_to_the_other_and_says_what_to_do() {
    let database = TestDatabase::sqlite(migrate);
    let ledger = Ledger::with_gift(database.url());
    ledger.writer.stop();
    let keys = tempfile::tempdir().expect("a folder for keys");
    let (file, _) = backup(database.url(), keys.path(), "gift.backup");
    let other = super::copies::empty_other(&database);
    let (code, _, error) = restore(&file, other.url(), keys.path());
    assert_eq!(code, Some(2));
    assert!(error.contains("then relief copy it"), "{error}");
    // A database in use is no backup, whatever it is called.
    let live = database.url().trim_start_matches("sqlite://");
    let held = Ledger { writer: Ledger::start(database.url()), ..ledger };
    held.put(held.site(SiteId(Uuid::now_v7()), "Beijing South", "warehouse", "CN", None));
    let place = super::empty_like(&database);
    let (code, _, error) = restore(Path::new(live), place.url(), keys.path());
    assert_eq!(code, Some(2));
    assert!(error.contains("a database in use"), "{error}");
    held.writer.stop();
}
