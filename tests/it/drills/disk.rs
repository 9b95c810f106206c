//! A disk that is full: reading goes on, writing is refused in words, nothing acknowledged is lost; and with
//! room again writing goes on.
//!
//! Two ways to fill it. A limit on the size of files (`RLIMIT_FSIZE`) needs no privilege and can be set for
//! the running program. A small `tmpfs` with ballast on it is the real thing, and needs one who may mount.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;

use super::CLIENTS;
use super::field::{Field, broken_promises, id, recorded, recorded_in_secret};
use crate::browser::program::Program;
use crate::support::TestDatabase;
use crate::support::books::{assert_sound, log_root, log_root_of_entries};
use crate::support::postgres::PostgresCluster;
use crate::support::server::{Caller, migrate};
use crate::verify::verify;

/// How long each part of a drill may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the clients were told, by identifier.
#[derive(Default)]
struct Told {
    acknowledged: BTreeSet<String>,
    refused: BTreeSet<String>,
}

/// Ends the drill for all, also where whoever holds it fails.
struct EndsAll<'a>(&'a AtomicBool);

impl Drop for EndsAll<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Posts moves until told to stop; whatever is neither recorded nor refused for want of room fails the drill.
fn post_until(over: &AtomicBool, field: &Field, officer: &Caller, told: &Mutex<Told>) {
    while !over.load(Ordering::Relaxed) {
        let id = id();
        let reply = officer.post("/api/v1/events", &field.moved(&id));
        if reply.status == 201 {
            told.lock().expect("no client failed").acknowledged.insert(id);
            continue;
        }
        let (status, code, _) = reply.problem();
        assert_eq!((status, code.as_str()), (503, "storage_full"), "{}", reply.text);
        assert!(reply.header("retry-after").is_some(), "{:?}", reply.headers);
        told.lock().expect("no client failed").refused.insert(id);
        // As a client does that was told to come back.
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until `enough` of what was told.
fn wait_until(over: &AtomicBool, told: &Mutex<Told>, what: &str, enough: impl Fn(&Told) -> bool) {
    let begun = Instant::now();
    while !enough(&told.lock().expect("no client failed")) {
        assert!(!over.load(Ordering::Relaxed), "a client failed before {what}");
        assert!(begun.elapsed() < PATIENCE, "{what} did not happen in {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn reads_go_on(field: &Field, officer: &Caller) {
    let stock = format!("/api/v1/sites/{}/stock", field.ledger.beijing);
    for path in [
        stock.as_str(),
        "/api/v1/totals?group_by=site,item",
        "/api/v1/events",
        "/health/live",
        "/health/ready",
    ] {
        officer.get(path).expect(200);
    }
}

/// The drill: `fill` leaves no room while clients post, `make_room` undoes it.
fn drill(url: &str, fill: impl Fn(&Program), make_room: impl Fn(&Program)) {
    let field = Field::lay(url, 1_000_000);
    let program = field.start();
    let officer = field.officer(&program);
    let (told, over) = (Mutex::new(Told::default()), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let _end = EndsAll(&over);
                post_until(&over, &field, &officer, &told);
            });
        }
        let _end = EndsAll(&over);
        wait_until(&over, &told, "recording", |told| told.acknowledged.len() >= 50);
        fill(&program);
        wait_until(&over, &told, "refusing", |told| told.refused.len() >= 30);
        reads_go_on(&field, &officer);
        make_room(&program);
        let before = told.lock().expect("no client failed").acknowledged.len();
        wait_until(&over, &told, "recording again", |told| told.acknowledged.len() >= before + 50);
        reads_go_on(&field, &officer);
    });
    // The power goes as well: what was acknowledged around a full disk lies on it.
    program.kill();
    let Told { mut acknowledged, refused } = told.into_inner().expect("no client failed");
    assert_eq!(broken_promises(url, &acknowledged), [""; 0]);
    assert_eq!(recorded_in_secret(url, &acknowledged), [""; 0]);
    assert_sound(url);
    let program = field.start();
    let officer = field.officer(&program);
    for id in refused {
        officer.post("/api/v1/events", &field.moved(&id)).expect(201);
        acknowledged.insert(id);
    }
    drop(program);
    assert_eq!(recorded(url).len(), acknowledged.len());
    assert_eq!(log_root_of_entries(url).1, log_root(url));
    let (code, report) = verify(url, &field.keys());
    assert_eq!(code, Some(0), "{report:#}");
}

/// Sets how large files may become that the program writes; what is larger stays and can be read.
fn limit_file_size(program: &Program, bytes: &str) {
    let done = Command::new("prlimit")
        .args(["--pid", &program.process().to_string(), &format!("--fsize={bytes}:unlimited")])
        .status()
        .expect("prlimit runs");
    assert!(done.success(), "prlimit: {done}");
}

#[test]
fn sqlite_reads_on_and_writes_again_when_its_files_may_not_grow_for_a_while() {
    let database = TestDatabase::sqlite(migrate);
    drill(
        database.url(),
        |program| limit_file_size(program, "65536"),
        |program| limit_file_size(program, "unlimited"),
    );
}

/// A disk of its own that is small; gone with this guard.
struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// None where this user may not mount.
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("relief-disk-").tempdir().expect("a folder").keep();
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=755"), "tmpfs"])
            .arg(&folder)
            .output();
        match output {
            Ok(output) if output.status.success() => Some(Self { folder }),
            Ok(output) => {
                println!(
                    "SKIPPED: no small disk to fill: {}",
                    String::from_utf8_lossy(&output.stderr).trim()
                );
                std::fs::remove_dir(&folder).expect("the folder is empty");
                None
            }
            Err(error) => panic!("mount does not run: {error}"),
        }
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }

    /// Leaves no byte.
    fn fill(&self) {
        let mut ballast = File::create(self.ballast()).expect("there is room for a name");
        for size in [1 << 20, 1 << 12] {
            while ballast.write_all(&vec![1; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.ballast()).expect("the ballast is thrown off");
    }

    fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that is being stopped may still have files there.
        let gone = Command::new("umount").arg("--lazy").arg(&self.folder).status();
        if let Err(error) = gone.and_then(|_| std::fs::remove_dir(&self.folder)) {
            eprintln!("{} is left behind: {error}", self.folder.display());
        }
    }
}

#[test]
fn sqlite_on_a_disk_that_is_full_for_a_while_reads_on_and_writes_again() {
    let Some(disk) = SmallDisk::mount(32) else { return };
    let url = format!("sqlite://{}", disk.folder().join("relief.db").display());
    migrate(&url);
    drill(&url, |_| disk.fill(), |_| disk.make_room());
}

#[test]
fn postgres_on_a_disk_that_is_full_for_a_while_reads_on_and_writes_again() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let owned = Command::new("chown").arg("postgres").arg(disk.folder()).status().expect("chown runs");
    assert!(owned.success(), "the disk is lent to the user postgres");
    let cluster = PostgresCluster::start(&["fsync=on", "synchronous_commit=on", "full_page_writes=on"]);
    let mut conn = crate::support::postgres::connect(cluster.url());
    let place = disk.folder().display();
    conn.batch_execute(&format!("CREATE TABLESPACE small LOCATION '{place}'"))
        .expect("there is a tablespace");
    conn.batch_execute("CREATE DATABASE full_disk TEMPLATE template0 TABLESPACE small")
        .expect("a database on it");
    drop(conn);
    let (server, _) = cluster.url().rsplit_once('/').expect("a URL ends with /DATABASE");
    let url = format!("{server}/full_disk");
    migrate(&url);
    drill(&url, |_| disk.fill(), |_| disk.make_room());
}
