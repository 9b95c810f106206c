//! People's names, contacts and signatures: kept sealed, read in scope, and erased so that nothing of them is found.

pub mod byte_search;

use crate::papers::files::{SECRET, chunk, holds, place, tiff};
use crate::support::on_both_databases;
use crate::support::postgres::PostgresCluster;
use crate::support::server::{Arrival, Caller, Server, migrate, operator};
use crate::verify::verify;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use relief_ledger::audit::keys::KeyRing;
use relief_ledger::auth::{Role, Tokens, User};
use relief_ledger::core::id::{OrganizationId, PersonId, SealedId, SessionId, UserId};
use relief_ledger::core::problem::Code;
use relief_ledger::core::time::Timestamp;
use relief_ledger::db::connect;
use relief_ledger::parties::OrganizationCreate;
use relief_ledger::people::Person;
use relief_ledger::people::rules::PersonKind;
use relief_ledger::people::sealed::Sealed;
use relief_ledger::people::store::PersonCreate;
use relief_ledger::users::store::{NewUser, UserAdd};
use relief_ledger::vault::{VAULT_FOLDER, Vault};
use relief_ledger::writer::{Record, Update, Writer, WriterSettings};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use uuid::Uuid;

const PEOPLE: &str = "/api/v1/people";
const NAME: &str = "Fatoumatta Ceesay-Njie";
const TITLE: &str = "Keeper of the central store";
const CONTACT: &str = "+220 991 72 63";

/// A picture of a signature, with a place that nobody needs to see it.
fn picture(last: &str) -> Vec<u8> {
    let header = [&40_u32.to_be_bytes()[..], &30_u32.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let (before, after) = ([b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header)], ink(last));
    [before.concat(), chunk(b"eXIf", &tiff(false)), after].concat()
}

/// What shows the picture: found nowhere else.
fn ink(last: &str) -> Vec<u8> {
    let ink = ["a line of ink that nobody else draws: ", last].concat();
    [chunk(b"IDAT", ink.as_bytes()), chunk(b"IEND", b"")].concat()
}

fn organization(server: &Server, name: &str, country: &str) -> OrganizationId {
    let draft = serde_json::from_value(json!({"name": name, "country": country, "consignee": true})).unwrap();
    let id = OrganizationId(Uuid::now_v7());
    server.record(OrganizationCreate::new(operator(), &draft, id).unwrap());
    id
}

fn described(id: PersonId, organization: OrganizationId) -> Value {
    json!({"id": id, "kind": "signatory", "organization_id": organization, "name": NAME, "title": TITLE,
        "contact": CONTACT, "signature": STANDARD.encode(picture("first"))})
}

fn new_id() -> PersonId {
    PersonId(Uuid::now_v7())
}

/// How far off a time is that comes while a story goes on.
pub const SOON: std::time::Duration = std::time::Duration::from_secs(2);

pub fn soon() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time after 1970");
    Timestamp((now + SOON).as_micros() as i64)
}

/// A person as it is recorded past the server.
fn create(organization: OrganizationId) -> PersonCreate {
    PersonCreate {
        actor: operator(),
        id: new_id(),
        kind: PersonKind::Driver,
        organization,
        sealed: Sealed { words: b"sealed".to_vec(), signature: None },
        retain_until: None,
        retention_days: 30,
    }
}

fn path_of(id: PersonId) -> String {
    format!("{PEOPLE}/{id}")
}

fn key_file(keys: &Path, id: PersonId) -> PathBuf {
    keys.join(VAULT_FOLDER).join(format!("{:02x}", id.0.as_bytes()[15])).join(format!("{id}.key"))
}

fn erase(caller: &Caller, id: PersonId) -> Value {
    caller.post(&format!("{PEOPLE}/{id}/erase"), &json!({"reason": "requested"})).expect(200)
}

fn names(caller: &Caller, query: &str) -> Vec<String> {
    let page = caller.get(&format!("{PEOPLE}{query}")).expect(200);
    let items = page["items"].as_array().unwrap().clone();
    items.iter().map(|person| person["shown_as"].as_str().unwrap().to_owned()).collect()
}

/// The row of a person as it lies in the database.
fn row(url: &str, id: PersonId) -> Person {
    Person::load(&mut connect(url).unwrap(), &[id]).unwrap().pop().unwrap()
}

on_both_databases! {
    migrate: migrate;

    fn a_person_is_recorded_once_and_changed_by_who_read_it(database: &TestDatabase) {
        let server = Server::start(database);
        let home = organization(&server, "Central store", "GM");
        let officer = server.login_bound(Role::Officer, Some(home), None);
        let id = new_id();
        let body = described(id, home);
        let created = officer.post(PEOPLE, &body).expect(201);
        assert!(created["receipt"]["signature"].is_string());
        assert_eq!((&created["name"], &created["status"], &created["has_signature"]), (&json!(NAME), &json!("kept"), &json!(true)));
        let year = |member: &str| created[member].as_str().unwrap()[..4].parse::<i32>().unwrap();
        let years = year("retain_until") - year("created_at");
        assert!((4..=5).contains(&years), "five years where nobody says: {years}");
        let again = officer.post(PEOPLE, &body).expect(200);
        assert_eq!((&again["receipt"], &again["title"]), (&Value::Null, &json!(TITLE)));
        for (member, other) in [("name", json!("Another")), ("contact", Value::Null), ("kind", json!("driver")),
            ("signature", json!(STANDARD.encode(picture("second"))))] {
            let mut other_body = body.clone();
            other_body[member] = other;
            officer.post(PEOPLE, &other_body).refused("id_reused", &["/id"]);
        }
        let signature = officer.get(&format!("{PEOPLE}/{id}/signature")).expect(200);
        assert_eq!(signature["media_type"], "image/png");
        let shown = STANDARD.decode(signature["content"].as_str().unwrap()).unwrap();
        assert!(shown.ends_with(&ink("first")) && !holds(&shown, &place(false)) && !holds(&shown, SECRET), "what shows it stays, and where it was made goes");
        assert!(holds(&picture("first"), &place(false)), "the twin: as it was sent it tells");

        let read = officer.get(&path_of(id));
        assert_eq!((read.header("etag"), &read.expect(200)["contact"]), (Some("\"1\""), &json!(CONTACT)));
        let edit = json!({"title": null, "name": "Fatoumatta Ceesay", "retain_until": "2040-01-01"});
        let changed = officer.patch(&path_of(id), 1, &edit).expect(200);
        assert_eq!((&changed["name"], &changed["title"], &changed["contact"]), (&json!("Fatoumatta Ceesay"), &Value::Null, &json!(CONTACT)));
        assert_eq!(changed["retain_until"], "2040-01-01T00:00:00Z");
        assert_eq!(officer.patch(&path_of(id), 1, &edit).problem().1, "precondition_failed");
        let same = officer.patch(&path_of(id), 2, &json!({"name": "Fatoumatta Ceesay"})).expect(200);
        assert_eq!((&same["revision"], &same["receipt"]), (&json!(2), &Value::Null));
        officer.patch(&path_of(id), 2, &json!({"signature": null})).expect(200);
        assert_eq!(officer.get(&format!("{PEOPLE}/{id}/signature")).status, 404);
        assert_eq!(verify(database.url(), &server.key_folder()).0, Some(0));
    }

    fn no_refusal_repeats_what_was_written_of_a_person(database: &TestDatabase) {
        let server = Server::start(database);
        let home = organization(&server, "Central store", "GM");
        let officer = server.login_as(Role::Officer);
        let refused = |member: &str, value: Value| {
            let mut body = described(new_id(), home);
            body[member] = value;
            let reply = officer.post(PEOPLE, &body);
            assert!(!reply.text.contains("Secret"), "{}", reply.text);
            reply.refused("invalid", &[&format!("/{member}")])
        };
        refused("name", json!("  "));
        refused("name", json!("Secret\u{7}"));
        refused("title", json!("Secret ".repeat(40)));
        refused("contact", json!("Secret\nSecret"));
        refused("signature", json!("Secret!"));
        assert!(refused("signature", json!(STANDARD.encode("no picture"))).contains("PNG or a JPEG"));
        assert!(refused("signature", json!(STANDARD.encode([picture(""), vec![0; 300_000]].concat()))).contains("262144"));
        assert!(refused("signature", json!(STANDARD.encode(b"\x89PNG\r\n\x1a\nSecret"))).contains("cannot be read"));
        assert!(refused("signature", json!(STANDARD.encode([picture(""), b"<html>Secret".to_vec()].concat()))).contains("something else"));
        refused("organization_id", json!(Uuid::now_v7()));
        refused("id", json!(Uuid::nil()));
    }

    fn people_are_read_in_scope_and_never_by_donors(database: &TestDatabase) {
        let server = Server::start(database);
        let (home, abroad) = (organization(&server, "Central store", "GM"), organization(&server, "Port of Dakar", "SN"));
        let manager = server.login_as(Role::Manager);
        let (here, there) = (new_id(), new_id());
        manager.post(PEOPLE, &described(here, home)).expect(201);
        let mut other = described(there, abroad);
        (other["name"], other["kind"]) = (json!("Awa Diop"), json!("driver"));
        manager.post(PEOPLE, &other).expect(201);
        assert_eq!(names(&manager, ""), [NAME, "Awa Diop"]);
        assert_eq!(names(&manager, "?kind=driver"), ["Awa Diop"]);
        assert_eq!(names(&manager, &format!("?organization_id={home}")), [NAME]);
        let first = manager.get(&format!("{PEOPLE}?limit=1")).expect(200);
        let next = first["next"].as_str().unwrap();
        assert_eq!(names(&manager, &format!("?limit=1&after={next}")), ["Awa Diop"]);

        let bound = [server.login_bound(Role::Officer, Some(home), None), server.login_bound(Role::Officer, None, Some("GM")),
            server.login_bound(Role::Manager, Some(home), None), server.login_bound(Role::Auditor, None, Some("GM"))];
        for caller in &bound {
            assert_eq!(names(caller, ""), [NAME]);
            assert_eq!(names(caller, &format!("?organization_id={abroad}")), Vec::<String>::new());
            let missing = caller.get(&path_of(new_id()));
            let outside = caller.get(&path_of(there));
            assert_eq!((outside.status, &outside.text), (404, &missing.text), "out of scope is as if it were missing");
            assert_eq!(caller.get(&format!("{PEOPLE}/{there}/signature")).status, 404);
        }
        for caller in &bound[..3] {
            assert_eq!(caller.patch(&path_of(there), 1, &json!({"name": "X"})).status, 404);
            let mut stolen = described(new_id(), abroad);
            stolen["name"] = json!("X");
            caller.post(PEOPLE, &stolen).refused("invalid", &["/organization_id"]);
        }
        let erase = |caller: &Caller, id| caller.post(&format!("{PEOPLE}/{id}/erase"), &json!({"reason": "requested"})).status;
        assert_eq!((erase(&bound[0], here), erase(&bound[3], here)), (403, 403), "who records does not erase");
        assert_eq!(erase(&bound[2], there), 404);
        let donor = server.login_bound(Role::Donor, Some(home), None);
        for path in [PEOPLE.to_owned(), path_of(here), format!("{PEOPLE}/{here}/signature")] {
            assert_eq!(donor.get(&path).status, 403);
            assert_eq!(server.stranger().get(&path).status, 401);
        }
        assert_eq!(server.login_as(Role::Auditor).patch(&path_of(here), 1, &json!({})).status, 403);
    }

    fn who_is_erased_is_gone_and_erasing_twice_is_the_same(database: &TestDatabase) {
        let server = Server::start(database);
        let home = organization(&server, "Central store", "GM");
        let (officer, manager) = (server.login_as(Role::Officer), server.login_as(Role::Manager));
        let id = new_id();
        officer.post(PEOPLE, &described(id, home)).expect(201);
        let before = row(database.url(), id);
        assert!(key_file(&server.key_folder(), id).exists());
        let erased = erase(&manager, id);
        let day = &erased["erased_at"].as_str().unwrap()[..10];
        assert_eq!(erased["shown_as"], format!("erased on {day}"));
        assert_eq!((&erased["status"], &erased["name"], &erased["contact"], &erased["has_signature"]),
            (&json!("erased"), &Value::Null, &Value::Null, &json!(false)));
        assert_eq!((&erased["erased_as"], &erased["organization_id"]), (&json!("requested"), &json!(home)));
        assert!(!key_file(&server.key_folder(), id).exists());
        let vault = Vault::open_or_create(&server.key_folder()).unwrap();
        assert_eq!(vault.open(SealedId(id.0), "words", before.sealed.as_deref().unwrap()).unwrap(), None);

        let again = erase(&manager, id);
        assert_eq!((&again["erased_at"], &again["receipt"]), (&erased["erased_at"], &Value::Null));
        assert_eq!(names(&officer, ""), [format!("erased on {day}")]);
        assert_eq!(officer.get(&format!("{PEOPLE}/{id}/signature")).status, 404);
        officer.patch(&path_of(id), 2, &json!({"name": "X"})).refused("wrong_state", &[]);
        officer.post(PEOPLE, &described(id, home)).refused("wrong_state", &[]);
        assert!(!key_file(&server.key_folder(), id).exists(), "a refused request makes no key");
        assert_eq!(verify(database.url(), &server.key_folder()).0, Some(0));
        // It verifies where no key is at hand, too.
        let nowhere = tempfile::tempdir().unwrap();
        assert_eq!(verify(database.url(), nowhere.path()).1["findings"], json!([]));
        let sql = "UPDATE persons SET erased_as = 'mistaken'";
        crate::support::ledger::tamper(database.url(), sql);
        let found = verify(database.url(), &server.key_folder()).1["findings"].clone();
        assert_eq!((&found[0]["table"], &found[0]["column"]), (&json!("persons"), &json!("erased_as")), "{found:#}");
    }

    fn a_lost_key_is_not_taken_for_an_erasure(database: &TestDatabase) {
        let server = Server::start(database);
        let home = organization(&server, "Central store", "GM");
        let (officer, manager) = (server.login_as(Role::Officer), server.login_as(Role::Manager));
        let id = new_id();
        officer.post(PEOPLE, &described(id, home)).expect(201);
        let (file, aside) = (key_file(&server.key_folder(), id), server.key_folder().join("aside"));
        fs::rename(&file, &aside).unwrap();
        let lost = officer.get(&path_of(id)).expect(200);
        assert_eq!((&lost["status"], &lost["name"], &lost["erased_at"]), (&json!("key_missing"), &Value::Null, &Value::Null));
        assert!(lost["shown_as"].as_str().unwrap().contains("key is missing"));
        let told = officer.patch(&path_of(id), 1, &json!({"name": "X"}));
        assert_eq!((told.status, told.problem().1.as_str()), (503, "key_missing"));
        assert!(!file.exists(), "no other key takes its place");
        fs::rename(&aside, &file).unwrap();
        assert_eq!(officer.get(&path_of(id)).expect(200)["name"], NAME);
        // Somebody whose key is lost can be erased all the same.
        fs::remove_file(&file).unwrap();
        assert_eq!(erase(&manager, id)["status"], "erased");
    }

    fn nobodys_key_is_destroyed_by_a_person_of_the_same_id(database: &TestDatabase) {
        let server = Server::start(database);
        let home = organization(&server, "Central store", "GM");
        let (manager, officer) = (server.login_as(Role::Manager), server.login_bound(Role::Officer, Some(home), None));
        let victim = crate::sessions::person(&server, "amina", Role::Admin);
        let user = victim.0;
        let body = described(PersonId(user), home);
        for caller in [&manager, &officer] {
            caller.post(PEOPLE, &body).refused("id_reused", &["/id"]);
        }
        let past_the_door = PersonCreate { id: PersonId(user), ..create(home) };
        assert_eq!(server.refused(past_the_door).code, Code::IdempotencyConflict);
        crate::sessions::log_in(&server, "amina");

        // One who was recorded before such ids were refused is erased, and the user's key stays.
        let old = new_id();
        officer.post(PEOPLE, &described(old, home)).expect(201);
        let same = format!("INSERT INTO users (id, login, name, password_hash, role, disabled, revision, created_at, updated_at) \
            SELECT id, 'outside:old', '', '', 'admin', {}, 1, 1, 1 FROM persons", if database.url().starts_with("sqlite:") { "0" } else { "FALSE" });
        crate::support::ledger::tamper(database.url(), &same);
        assert_eq!(erase(&manager, old)["status"], "erased");
        let key = key_file(&server.key_folder(), old);
        assert!(key.exists());
        assert_eq!(relief(database.url(), &server.key_folder(), &["person", "expire"]), "0 people and 0 photos and scans were erased, 0 left keys destroyed.\n");
        relief(database.url(), &server.key_folder(), &["person", "erase", &old.to_string(), "--reason", "mistaken"]);
        assert!(key.exists());
        crate::support::ledger::tamper(database.url(), "DELETE FROM users WHERE login = 'outside:old'");
        relief(database.url(), &server.key_folder(), &["person", "expire"]);
        assert!(!key.exists(), "it was kept for the user alone");
    }

    fn nobody_is_kept_until_a_time_that_is_over(database: &TestDatabase) {
        let server = Server::start(database);
        let home = organization(&server, "Central store", "GM");
        let officer = server.login_as(Role::Officer);
        let id = new_id();
        let mut body = described(id, home);
        body["retain_until"] = json!("2020-01-01");
        let words = officer.post(PEOPLE, &body).refused("invalid", &["/retain_until"]);
        assert!(words.contains("2020-01-01"), "{words}");
        officer.post(PEOPLE, &described(id, home)).expect(201);
        officer.patch(&path_of(id), 1, &json!({"retain_until": "2020-01-01"})).refused("invalid", &["/retain_until"]);
        assert_eq!(relief(database.url(), &server.key_folder(), &["person", "expire"]), "0 people and 0 photos and scans were erased, 0 left keys destroyed.\n");
        assert_eq!(officer.get(&path_of(id)).expect(200)["name"], NAME);
    }

    fn only_who_may_erase_lets_somebody_be_kept_for_less_long(database: &TestDatabase) {
        let server = Server::start(database);
        let home = organization(&server, "Central store", "GM");
        let (officer, manager) = (server.login_as(Role::Officer), server.login_as(Role::Manager));
        let id = new_id();
        let until = |time: &str| json!({"retain_until": time});
        officer.post(PEOPLE, &described(id, home)).expect(201);
        officer.patch(&path_of(id), 1, &until("2040-01-01")).expect(200);
        // Erased tomorrow is erased.
        for earlier in ["2039-12-31", &soon().to_string()] {
            let words = officer.patch(&path_of(id), 2, &until(earlier)).refused("forbidden", &["/retain_until"]);
            assert!(words.contains("2040-01-01"), "{words}");
        }
        std::thread::sleep(SOON);
        assert_eq!(relief(database.url(), &server.key_folder(), &["person", "expire"]), "0 people and 0 photos and scans were erased, 0 left keys destroyed.\n");
        officer.patch(&path_of(id), 2, &until("2040-01-01")).expect(200);
        officer.patch(&path_of(id), 2, &until("2041-01-01")).expect(200);
        let shorter = manager.patch(&path_of(id), 3, &until("2039-12-31")).expect(200);
        assert_eq!(shorter["retain_until"], "2039-12-31T00:00:00Z");
    }

    fn those_whose_time_is_over_are_erased_and_left_keys_destroyed(database: &TestDatabase) {
        let server = Server::start_with(database, |settings| settings.person_retention_days = 30);
        let home = organization(&server, "Central store", "GM");
        let officer = server.login_as(Role::Officer);
        let (over, later, gone) = (new_id(), new_id(), new_id());
        let mut body = described(over, home);
        body["retain_until"] = json!(soon());
        officer.post(PEOPLE, &body).expect(201);
        let kept = officer.post(PEOPLE, &described(later, home)).expect(201);
        let time = |member: &str| Timestamp::parse(kept[member].as_str().unwrap()).unwrap().0;
        assert_eq!(time("retain_until") - time("created_at"), 30 * 86_400_000_000);
        let early = server.login_as(Role::Manager).post(&format!("{PEOPLE}/{later}/erase"), &json!({"reason": "expired"}));
        early.refused("invalid", &["/reason"]);
        officer.post(PEOPLE, &described(gone, home)).expect(201);
        let key = fs::read(key_file(&server.key_folder(), gone)).unwrap();
        erase(&server.login_as(Role::Manager), gone);

        // What a backup of the key folder brings back goes again when the server starts.
        std::thread::sleep(SOON);
        let folder = server.key_folder();
        let server = server.restart(|| {
            fs::write(key_file(&folder, gone), &key).unwrap();
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(key_file(&folder, gone), private).unwrap();
        });
        let begun = std::time::Instant::now();
        while key_file(&folder, over).exists() || key_file(&folder, gone).exists() {
            assert!(begun.elapsed().as_secs() < 20, "nobody was erased");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let officer = server.login_as(Role::Officer);
        let shown = |id| officer.get(&path_of(id)).expect(200);
        assert_eq!((&shown(over)["status"], &shown(over)["erased_as"]), (&json!("erased"), &json!("expired")));
        assert_eq!(shown(later)["name"], NAME);

        let manager = server.login_as(Role::Manager);
        let changed = manager.patch(&path_of(later), 1, &json!({"retain_until": soon()})).expect(200);
        assert_eq!(changed["status"], "kept");
        std::thread::sleep(SOON);
        let run = || relief(database.url(), &folder, &["person", "expire"]);
        assert_eq!(run(), "1 people and 0 photos and scans were erased, 0 left keys destroyed.\n");
        assert_eq!(run(), "0 people and 0 photos and scans were erased, 0 left keys destroyed.\n");
        assert_eq!(shown(later)["status"], "erased");
        assert_eq!(verify(database.url(), &folder).0, Some(0));
    }

    fn two_processes_see_one_erasure_at_once(database: &TestDatabase) {
        let here = Server::start(database);
        let folder = here.key_folder();
        let there = Server::start_with(database, |settings| settings.keys.clone_from(&folder));
        let home = organization(&here, "Central store", "GM");
        let manager = here.login_as(Role::Manager);
        let elsewhere = Caller { address: there.address(), ..manager.clone() };
        let ids: Vec<PersonId> = (0..4).map(|_| new_id()).collect();
        std::thread::scope(|scope| {
            for id in &ids {
                let body = described(*id, home);
                let ways = [(manager.clone(), body.clone()), (elsewhere.clone(), body)];
                for (caller, body) in ways {
                    scope.spawn(move || assert!([200, 201].contains(&caller.post(PEOPLE, &body).status)));
                }
            }
        });
        for id in &ids {
            assert_eq!(elsewhere.get(&path_of(*id)).expect(200)["name"], NAME);
        }
        std::thread::scope(|scope| {
            for id in &ids {
                for caller in [&manager, &elsewhere] {
                    scope.spawn(move || erase(caller, *id));
                }
            }
        });
        for caller in [&manager, &elsewhere] {
            assert!(names(caller, "").iter().all(|shown| shown.starts_with("erased on ")), "{:?}", names(caller, ""));
        }
        assert_eq!(verify(database.url(), &folder).0, Some(0));
    }
}

/// What the command prints.
pub fn relief(url: &str, keys: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_relief"))
        .args(arguments)
        .args(["--database-url", url, "--keys"])
        .arg(keys)
        .output()
        .expect("the command runs");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {words}");
    String::from_utf8(output.stdout).expect("it prints text")
}
