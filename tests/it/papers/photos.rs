//! Photos and scans over HTTP: stripped, kept once, sealed, private, shared, erased; and uploads that go wrong.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};

use diesel::connection::SimpleConnection;
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use relief_ledger::db::connect;
use serde_json::{Value, json};

use super::files::{SECRET, holds, pdf, photo, place, scanned};
use crate::people::relief;
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

const ATTACHMENTS: &str = "/api/v1/attachments";

#[derive(QueryableByName)]
struct Sealed {
    #[diesel(sql_type = sql_types::Binary)]
    sealed: Vec<u8>,
}

fn sealed(url: &str) -> Vec<Vec<u8>> {
    let mut conn = connect(url).expect("the database opens");
    let rows: Vec<Sealed> =
        sql_query("SELECT sealed FROM attachment_bytes").load(&mut conn).expect("the bytes");
    rows.into_iter().map(|row| row.sealed).collect()
}

fn uploaded(caller: &Caller, bytes: &[u8]) -> Value {
    caller.upload(ATTACHMENTS, "image/jpeg", bytes).expect(201)
}

/// How many keys the vault has.
fn keys(scene: &Scene) -> usize {
    let vault = scene.house.key_folder().join("vault");
    let shards = std::fs::read_dir(vault)
        .expect("the vault is there")
        .map(|shard| shard.expect("it is readable").path());
    let keys = shards
        .filter(|shard| shard.is_dir())
        .flat_map(|shard| std::fs::read_dir(shard).expect("it is readable"));
    keys.filter(|key| key.as_ref().is_ok_and(|key| key.file_name().to_string_lossy().ends_with(".key")))
        .count()
}

fn path_of(attachment: &Value) -> String {
    format!("{ATTACHMENTS}/{}", attachment["id"].as_str().expect("an id"))
}

fn organization(text: &str) -> OrganizationId {
    text.parse().expect("an id")
}

on_both_databases! {
    migrate: migrate;

    fn a_photo_is_kept_without_its_place_and_never_in_clear(database: &TestDatabase) {
        let scene = Scene::new(database);
        let sent = photo(1);
        let seen = uploaded(&scene.officer, &sent);
        assert_eq!((&seen["media_type"], &seen["width"], &seen["height"]), (&json!("image/jpeg"), &json!(40), &json!(30)));
        assert_eq!(seen["removed"], json!(["location", "exif", "xmp", "iptc", "texts", "other_pictures"]));
        assert_eq!((&seen["has_location"], &seen["shareable"]), (&json!(false), &json!(false)));
        assert_ne!(seen["sha256_sent"], seen["sha256_kept"]);

        let told = scene.officer.get(&format!("{}/content", path_of(&seen)));
        assert_eq!(told.status, 200);
        assert!(!holds(&told.bytes, SECRET) && !holds(&told.bytes, &place(true)));
        assert!(holds(&sent, SECRET) && holds(&sent, &place(true)), "the twin: what was sent tells both");
        assert_eq!(told.bytes.len() as u64, seen["size_bytes"].as_u64().expect("a size"));
        assert!(told.header("content-disposition").expect("it is told to be saved").starts_with("attachment; filename=\""));
        assert_eq!(told.header("content-type"), Some("image/jpeg"));
        assert_eq!(told.header("x-content-type-options"), Some("nosniff"));
        assert!(told.header("content-security-policy").expect("a policy").starts_with("sandbox"));
        assert_eq!(told.header("cache-control"), Some("no-store"));

        let rows = sealed(&scene.url);
        assert!(rows.len() == 1 && !holds(&rows[0], &told.bytes[..40]), "the database has it sealed");
        scene.verifies();
        // Whoever exchanges the bytes in the database is noticed.
        let mut conn = connect(&scene.url).expect("the database opens");
        conn.batch_execute("UPDATE attachment_bytes SET sealed = id").expect("it is overwritten");
        assert_eq!(scene.officer.get(&format!("{}/content", path_of(&seen))).status, 500);
    }

    fn the_same_photo_is_kept_once_for_its_owner_and_apart_for_another(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (city, other) = (scene.organization("Banjul City Council", "GM"), scene.organization("Koidu City Council", "SL"));
        let at = |name: &str| scene.house.login_bound(Role::Officer, Some(organization(name)), None);
        let (first, colleague, stranger) = (at(&city), at(&city), at(&other));
        let seen = uploaded(&first, &photo(1));
        let again = colleague.upload(ATTACHMENTS, "image/jpeg", &photo(1)).expect(200);
        assert_eq!((&again["id"], &again["receipt"]), (&seen["id"], &Value::Null));
        // Sent in another wrapping, it is the same picture.
        let stripped = first.get(&format!("{}/content", path_of(&seen))).bytes;
        let same = first.upload(ATTACHMENTS, "image/jpeg", &stripped).expect(200);
        assert_eq!((&same["id"], &same["sha256_sent"]), (&seen["id"], &seen["sha256_kept"]));
        let theirs = uploaded(&stranger, &photo(1));
        assert_ne!(theirs["id"], seen["id"], "nobody learns what another has");
        assert_eq!(theirs["sha256_kept"], seen["sha256_kept"]);
        assert_eq!(sealed(&scene.url).len(), 2);
        let missing = stranger.get(&format!("{ATTACHMENTS}/{}", id()));
        for path in [path_of(&seen), format!("{}/content", path_of(&seen))] {
            assert_eq!((first.get(&path).status, colleague.get(&path).status), (200, 200));
            let refused = stranger.get(&path);
            assert_eq!((refused.status, &refused.text), (404, &missing.text));
        }
        let manager = scene.house.login_bound(Role::Manager, Some(organization(&other)), None);
        manager.post(&format!("{}/erase", path_of(&seen)), &json!({"reason": "mistaken"})).refused("not_found", &[]);
        // Many at once are one as well.
        let size = scene.log_size();
        let sending: Vec<_> = (0..8).map(|turn| { let one = if turn % 2 == 0 { first.clone() } else { colleague.clone() }; std::thread::spawn(move || one.upload(ATTACHMENTS, "image/jpeg", &photo(2)).json()["id"].clone()) }).collect();
        let ids: std::collections::BTreeSet<String> = sending.into_iter().map(|one| one.join().expect("it is answered").to_string()).collect();
        assert_eq!((ids.len(), scene.log_size() - size), (1, 1));
        scene.verifies();
    }

    fn an_erased_photo_is_gone_for_good_and_its_hash_stays(database: &TestDatabase) {
        let scene = Scene::new(database);
        let seen = uploaded(&scene.officer, &photo(1));
        let path = path_of(&seen);
        let count = || keys(&scene);
        let before = count();
        scene.officer.post(&format!("{path}/erase"), &json!({"reason": "requested"})).refused("forbidden", &[]);
        scene.manager.post(&format!("{path}/erase"), &json!({"reason": "shows Awa Diop"})).refused("invalid", &["/reason"]);
        let erased = scene.manager.post(&format!("{path}/erase"), &json!({"reason": "requested"})).expect(200);
        assert_eq!((&erased["sha256_kept"], &erased["erase_reason"]), (&seen["sha256_kept"], &json!("requested")));
        assert!(erased["erased_at"].is_string());
        assert_eq!(sealed(&scene.url), vec![Vec::<u8>::new()]);
        assert_eq!(count() + 1, before, "its key is gone");
        scene.manager.post(&format!("{path}/erase"), &json!({"reason": "mistaken"})).expect(200);
        scene.officer.get(&format!("{path}/content")).refused("wrong_state", &[]);
        scene.officer.upload(ATTACHMENTS, "image/jpeg", &photo(1)).refused("wrong_state", &[]);
        assert_eq!(count() + 1, before, "sending it again makes no key");
        assert_eq!(scene.officer.get(&path).expect(200)["erase_reason"], "requested");
        scene.verifies();
    }

    fn a_photo_is_kept_for_a_time_and_then_erased(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (officer, folder) = (&scene.officer, scene.house.key_folder());
        let expire = || relief(database.url(), &folder, &["person", "expire"]);
        let years = |attachment: &Value, member: &str| attachment[member].as_str().expect("a time")[..4].parse::<i32>().expect("a year");
        let kept = uploaded(officer, &photo(1));
        assert!((4..=5).contains(&(years(&kept, "retain_until") - years(&kept, "created_at"))), "five years where nobody says");
        officer.upload(&format!("{ATTACHMENTS}?retain_until=2020-01-01"), "image/jpeg", &photo(2)).refused("invalid", &["/retain_until"]);
        officer.patch(&path_of(&kept), 1, &json!({"retain_until": "2020-01-01"})).refused("invalid", &["/retain_until"]);
        let longer = officer.patch(&path_of(&kept), 1, &json!({"retain_until": "2040-01-01", "shareable": true})).expect(200);
        assert_eq!((&longer["retain_until"], &longer["shareable"]), (&json!("2040-01-01T00:00:00Z"), &json!(true)));
        // What is kept for less long is erased earlier, which is not for whoever only records.
        let soon = json!({"retain_until": crate::people::soon()});
        officer.patch(&path_of(&kept), 2, &soon).refused("forbidden", &["/retain_until"]);
        officer.patch(&path_of(&kept), 2, &json!({"retain_until": "2039-12-31"})).refused("forbidden", &["/retain_until"]);
        scene.manager.patch(&path_of(&kept), 2, &json!({"retain_until": "2040-06-01"})).expect(200);
        scene.manager.patch(&path_of(&kept), 3, &json!({"retain_until": "2040-01-01"})).expect(200);
        let words = scene.manager.post(&format!("{}/erase", path_of(&kept)), &json!({"reason": "expired"})).refused("invalid", &["/reason"]);
        assert!(words.contains("2040"), "{words}");

        let (soon, spared) = (crate::people::soon(), uploaded(officer, &photo(3)));
        let over = officer.upload(&format!("{ATTACHMENTS}?retain_until={soon}"), "image/jpeg", &photo(2)).expect(201);
        let before = keys(&scene);
        std::thread::sleep(crate::people::SOON);
        assert_eq!(expire(), "0 people and 1 photos and scans were erased, 0 left keys destroyed.\n");
        let shown = officer.get(&path_of(&over)).expect(200);
        assert_eq!((&shown["erase_reason"], keys(&scene)), (&json!("expired"), before - 1));
        officer.get(&format!("{}/content", path_of(&over))).refused("wrong_state", &[]);
        officer.get(&format!("{}/content", path_of(&spared)));
        assert_eq!(expire(), "0 people and 0 photos and scans were erased, 0 left keys destroyed.\n");
        scene.verifies();

        // Of one from before, nobody said until when: it goes by the server's setting, counted from when it came.
        let old = "UPDATE attachments SET retain_until = NULL, created_at = created_at - 1826 * 86400000000 WHERE retain_until < 2200000000000000";
        crate::support::ledger::tamper(database.url(), old);
        assert_eq!(expire(), "0 people and 1 photos and scans were erased, 0 left keys destroyed.\n");
        assert_eq!(officer.get(&path_of(&spared)).expect(200)["erase_reason"], "expired");
        assert_eq!(officer.get(&path_of(&kept)).expect(200)["erased_at"], Value::Null);
    }

    fn one_user_leaves_places_to_upload_for_others(database: &TestDatabase) {
        let scene = Scene::new(database);
        let token = scene.officer.token.as_deref().expect("a token");
        let begin = || {
            let head = format!("POST {ATTACHMENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: image/jpeg\r\nContent-Length: 5000\r\n\r\n");
            let mut stream = TcpStream::connect(scene.officer.address).expect("the server accepts");
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&photo(1))).expect("a part is sent");
            stream
        };
        let held: Vec<TcpStream> = (0..16).map(|_| begin()).collect();
        std::thread::sleep(std::time::Duration::from_millis(500));
        scene.officer.upload(ATTACHMENTS, "image/jpeg", &photo(1)).refused("too_many_requests", &[]);
        scene.manager.upload(ATTACHMENTS, "image/jpeg", &photo(1)).expect(201);
        drop(held);
        std::thread::sleep(std::time::Duration::from_millis(500));
        scene.officer.upload(ATTACHMENTS, "image/jpeg", &photo(2)).expect(201);
    }

    fn a_scan_by_a_phone_says_nothing_of_where_it_was_made(database: &TestDatabase) {
        let scene = Scene::new(database);
        let scan = pdf(&scanned(&photo(1)));
        let seen = scene.officer.upload(ATTACHMENTS, "application/pdf", &scan).expect(201);
        assert_eq!((&seen["has_location"], &seen["removed"]), (&json!(false), &json!(["location", "exif", "xmp", "iptc"])));
        let told = scene.officer.get(&format!("{}/content", path_of(&seen))).bytes;
        assert!(!holds(&told, &place(true)) && told.len() == scan.len(), "nothing else moved");
        assert!(holds(&scan, &place(true)), "the twin: what was sent tells");
        let kept = scene.officer.upload(&format!("{ATTACHMENTS}?keep_location=true"), "application/pdf", &scan).expect(201);
        assert_eq!((&kept["has_location"], &kept["removed"]), (&json!(true), &json!([])));
        let signed = pdf(&[scanned(&photo(1)), b"<< /Type /Sig /ByteRange [0 9 9 9] >>".to_vec()].concat());
        scene.officer.upload(ATTACHMENTS, "application/pdf", &signed).refused("invalid", &[""]);
        scene.officer.upload(&format!("{ATTACHMENTS}?keep_location=true"), "application/pdf", &signed).expect(201);
    }

    fn an_upload_that_lies_is_too_large_or_breaks_off_leaves_nothing(database: &TestDatabase) {
        let scene = Scene::new(database);
        let size = scene.log_size();
        let officer = &scene.officer;
        officer.upload(ATTACHMENTS, "image/png", &photo(1)).refused("unsupported_media_type", &[]);
        officer.upload(ATTACHMENTS, "image/jpeg", b"<html><script>alert(1)</script></html>").refused("unsupported_media_type", &[]);
        officer.upload(ATTACHMENTS, "image/jpeg", &[photo(1), b"<html>".to_vec()].concat()).refused("invalid", &[""]);
        officer.upload(ATTACHMENTS, "application/pdf", &pdf(b"<< /S /JavaScript >>")).refused("invalid", &[""]);
        officer.upload(ATTACHMENTS, "image/jpeg", &photo(1)[..200]).refused("invalid", &[""]);
        officer.upload(ATTACHMENTS, "image/jpeg", &vec![0xFF; 10 * 1_024 * 1_024 + 1]).refused("too_large", &[]);
        officer.upload(&format!("{ATTACHMENTS}?keep_locaton=true"), "image/jpeg", &photo(1)).refused("invalid", &["/keep_locaton"]);
        scene.house.stranger().upload(ATTACHMENTS, "image/jpeg", &photo(1)).refused("unauthenticated", &[]);
        scene.auditor.upload(ATTACHMENTS, "image/jpeg", &photo(1)).refused("forbidden", &[]);
        // One that announces more than it brings and goes away.
        let token = officer.token.as_deref().expect("a token");
        let head = format!("POST {ATTACHMENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: image/jpeg\r\nContent-Length: 5000\r\n\r\n");
        let mut stream = TcpStream::connect(officer.address).expect("the server accepts");
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&photo(1))).expect("a part is sent");
        stream.shutdown(Shutdown::Both).expect("it goes away");
        drop(stream);
        // What is asked next is answered after the server has noticed.
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert_eq!((scene.log_size(), sealed(&scene.url).len()), (size, 0));
        let vault = keys(&scene);
        uploaded(officer, &photo(1));
        assert_eq!((scene.log_size(), sealed(&scene.url).len()), (size + 1, 1), "the twin that is whole is kept");
        assert_eq!(keys(&scene), vault + 1);
    }
}
