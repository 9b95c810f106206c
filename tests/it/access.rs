//! Who is let in and who could do what when: invitations and resets, passwords that are tried first, the access
//! review, and the keys of access tokens as they come and go.

use std::time::{Duration, Instant, SystemTime};

use relief_ledger::app::Settings;
use relief_ledger::audit::keys::{KeyRing, TokenKeys};
use relief_ledger::auth::{Role, check_password};
use relief_ledger::core::cell::{cell_of, is_formula};
use relief_ledger::core::id::OrganizationId;
use relief_ledger::core::time::Timestamp;
use relief_ledger::db;
use relief_ledger::users::access::csv_of;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::sessions::{PASSWORD, log, log_in, person, verifies, with};
use crate::support::on_both_databases;
use crate::support::server::{Reply, Server, migrate};

const ACCEPT: &str = "/api/v1/auth/invitations/accept";
const ME: &str = "/api/v1/auth/me";
const REVIEW: &str = "/api/v1/access-review";
const NEW: &str = "umbrella tin violin march";

fn accept(server: &Server, token: &Value, password: &str) -> Reply {
    server.stranger().post(ACCEPT, &json!({"token": token, "password": password}))
}

fn login(server: &Server, login: &str, password: &str) -> u16 {
    server.stranger().post("/api/v1/auth/login", &json!({"login": login, "password": password})).status
}

fn of<'a>(rows: &'a Value, login: &str) -> &'a Value {
    rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["login"] == login)
        .expect("the user is in the review")
}

on_both_databases! {
    migrate: migrate;

    fn an_invited_user_sets_the_password_once_and_nobody_else_does(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let added = admin.post("/api/v1/users", &json!({"login": "fatou", "name": "Fatou Sowe", "role": "manager"})).expect(201);
        let token = &added["invitation"]["token"];
        assert!(token.as_str().unwrap().starts_with("relief_invitation_"), "{added}");
        let path = format!("/api/v1/users/{}", added["id"].as_str().unwrap());
        assert!(admin.get(&path).expect(200).get("invitation").is_none(), "it is shown once");
        assert_eq!(login(&server, "fatou", NEW), 401);

        assert_eq!(accept(&server, &json!("relief_invitation_AAAA"), NEW).problem().1, "unauthenticated");
        let strange = format!("relief_invitation_{}", "A".repeat(43));
        assert_eq!(accept(&server, &json!(strange), "short").problem().1, "unauthenticated", "before the password is looked at");
        assert_eq!(accept(&server, token, "short").problem(), (422, "invalid".into(), "/password".into()));
        assert_eq!(accept(&server, token, "fatou likes a rainy day").problem().2, "/password");
        assert_eq!(accept(&server, token, NEW).expect(200)["login"], "fatou");
        assert_eq!(login(&server, "fatou", NEW), 200);
        let again = accept(&server, token, "another tin violin march");
        assert_eq!(again.problem().1, "unauthenticated");
        assert_eq!(again.text, accept(&server, &json!(strange), NEW).text, "used and invented answer alike");
        let actions: Vec<String> = log(database).into_iter().map(|(action, _)| action).collect();
        assert_eq!(actions[1..], ["user.added", "invitation.accepted", "session.started"]);
        verifies(database);
    }

    fn a_reset_replaces_the_one_before_ends_sessions_and_runs_out(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let user = person(&server, "amina", Role::Officer);
        let session = log_in(&server, "amina");
        let path = format!("/api/v1/users/{user}/reset");
        let reset = || admin.post(&path, &json!({})).expect(201)["token"].clone();
        assert_eq!(with(&server, &session).post(&path, &json!({})).status, 403);
        let (first, second) = (reset(), reset());
        assert_eq!(accept(&server, &first, NEW).status, 401, "the newer one counts");
        with(&server, &session).get(ME).expect(200);
        assert_eq!(login(&server, "amina", PASSWORD), 200, "the present password is good until then");
        accept(&server, &second, NEW).expect(200);
        assert_eq!(with(&server, &session).get(ME).status, 401);
        assert_eq!((login(&server, "amina", PASSWORD), login(&server, "amina", NEW)), (401, 200));

        // Whatever else sets a password, or takes access away, ends the link.
        let third = reset();
        let changed = json!({"password": NEW, "new_password": "march violin tin umbrella"});
        with(&server, &json!({"access_token": server.stranger().post("/api/v1/auth/login", &json!({"login": "amina", "password": NEW})).expect(200)["access_token"]}))
            .post("/api/v1/auth/password", &changed).expect(200);
        assert_eq!(accept(&server, &third, NEW).status, 401);
        let fourth = reset();
        let user_path = format!("/api/v1/users/{user}");
        let revision = admin.get(&user_path).expect(200)["revision"].as_i64().unwrap();
        admin.patch(&user_path, revision, &json!({"disabled": true})).expect(200);
        assert_eq!(admin.post(&path, &json!({})).problem().1, "wrong_state");
        admin.patch(&user_path, revision + 1, &json!({"disabled": false})).expect(200);
        assert_eq!(accept(&server, &fourth, NEW).status, 401);
        let fifth = reset();
        verifies(database);
        use diesel::connection::SimpleConnection;
        let mut conn = db::connect(database.url()).unwrap();
        conn.batch_execute("UPDATE invitations SET good_until = good_until - 86400000000").unwrap();
        assert_eq!(accept(&server, &fifth, NEW).status, 401, "a day is over");
        assert_eq!(admin.post(&format!("/api/v1/users/{}/reset", Uuid::now_v7()), &json!({})).status, 404);
    }

    fn two_who_have_one_link_set_one_password(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let added = admin.post("/api/v1/users", &json!({"login": "fatou", "name": "Fatou Sowe", "role": "manager"})).expect(201);
        let token = &added["invitation"]["token"];
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let tried: Vec<_> = (0..4).map(|_| scope.spawn(|| accept(&server, token, NEW).status)).collect();
            tried.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 3, "{statuses:?}");
    }

    fn the_review_says_who_could_do_what_at_any_moment_and_who_decided_it(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let auditor = server.login_as(Role::Auditor);
        let add = json!({"login": "lamin", "name": "=HYPERLINK(\"http://evil\")", "password": PASSWORD, "role": "officer", "countries": ["SN", "GM", "SN"]});
        let added = admin.post("/api/v1/users", &add).expect(201);
        let path = format!("/api/v1/users/{}", added["id"].as_str().unwrap());
        let moment = |row: &Value| row["updated_at"].as_str().unwrap().to_owned();
        let second = moment(&admin.patch(&path, 1, &json!({"role": "manager", "countries": null})).expect(200));
        admin.patch(&path, 2, &json!({"name": "@Lamin Ceesay"})).expect(200);
        let third = moment(&admin.patch(&path, 3, &json!({"disabled": true})).expect(200));

        let at = |time: &str| {
            let found = auditor.get(&format!("{REVIEW}?at={time}")).expect(200);
            let row = of(&found, "lamin");
            (row["role"].clone(), row["countries"].clone(), row["disabled"].clone(), row["since"].clone())
        };
        let created = added["created_at"].as_str().unwrap();
        assert_eq!(at(created), (json!("officer"), json!(["GM", "SN"]), json!(false), json!(created)));
        assert_eq!(at(&second), (json!("manager"), json!([]), json!(false), json!(second)));
        assert_eq!(at(&third), (json!("manager"), json!([]), json!(true), json!(third)), "a name is no right");
        let now = admin.get(REVIEW).expect(200);
        let row = of(&now, "lamin");
        let login = admin.get(&format!("/api/v1/users/{}", admin.user.unwrap())).expect(200)["login"].clone();
        assert_eq!((&row["changed_by_login"], &row["created_by_login"], &row["changed_as"]), (&login, &login, &json!("admin")));
        assert_eq!(row["recorded"], true);
        let before = auditor.get(&format!("{REVIEW}?at=2020-01-01")).expect(200);
        assert_eq!(before["items"], json!([]), "nobody was there");
        assert_eq!(auditor.get(&format!("{REVIEW}?at=yesterday")).problem().2, "/at");

        let table = auditor.get(&format!("{REVIEW}?format=csv"));
        assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
        let mut rows = csv::Reader::from_reader(table.text.as_bytes());
        let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.unwrap()).collect();
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().any(|row| &row[2] == "'@Lamin Ceesay"), "{}", table.text);
        assert!(rows.iter().flatten().all(|cell| !is_formula(cell)), "{}", table.text);
        assert_eq!(server.login_as(Role::Officer).get(REVIEW).problem().1, "forbidden");
        assert_eq!(server.login_bound(Role::Auditor, None, Some("GM")).get(REVIEW).problem().1, "forbidden");
        verifies(database);
    }

    fn users_from_before_reviews_are_shown_as_they_were_found(database: &TestDatabase) {
        use diesel::connection::SimpleConnection;
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let user = server.login_as(Role::Officer).user.unwrap();
        // As an earlier release left it.
        let mut conn = db::connect(database.url()).unwrap();
        conn.batch_execute("DELETE FROM access_changes").unwrap();
        let path = format!("/api/v1/users/{user}");
        let created = admin.get(&path).expect(200);
        let row = |review: &Value| {
            let rows = review["items"].as_array().unwrap();
            rows.iter().find(|row| row["user"] == user.to_string()).unwrap().clone()
        };
        let found = row(&admin.get(REVIEW).expect(200));
        assert_eq!((&found["role"], &found["recorded"], &found["changed_as"]), (&json!("officer"), &json!(false), &json!("found")));
        admin.patch(&path, 1, &json!({"role": "manager"})).expect(200);
        let then = admin.get(&format!("{REVIEW}?at={}", created["created_at"].as_str().unwrap())).expect(200);
        assert_eq!((&row(&then)["role"], &row(&then)["recorded"]), (&json!("officer"), &json!(false)), "what was before is kept");
        let now = row(&admin.get(REVIEW).expect(200));
        assert_eq!((&now["role"], &now["recorded"]), (&json!("manager"), &json!(true)));
    }

    fn a_server_takes_up_a_new_key_and_the_old_one_verifies_its_last_tokens(database: &TestDatabase) {
        let server = Server::start(database);
        let folder = server.key_folder();
        let other = Server::start_with(database, |settings: &mut Settings| settings.keys = folder.clone());
        person(&server, "amina", Role::Officer);
        let before = log_in(&server, "amina");
        let kids = |server: &Server| -> Vec<String> {
            let set = server.stranger().get("/.well-known/jwks.json").expect(200);
            set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
        };
        let old = kids(&server)[0].clone();
        let overlap = Duration::from_secs(660);
        let rotation = TokenKeys::rotate(&folder, SystemTime::now(), overlap, None).unwrap().unwrap();
        assert_eq!(rotation.old, old);

        // A token of the new key is believed at once, also where nobody has looked into the folder since.
        let admin = server.login_as(Role::Admin);
        admin.get(ME).expect(200);
        other.with_token(admin.token.as_deref().unwrap()).get(ME).expect(200);
        let begun = Instant::now();
        while kids(&other) != [rotation.new.clone(), old.clone()] || kids(&server).len() != 2 {
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", kids(&other));
            std::thread::sleep(Duration::from_millis(50));
        }
        with(&other, &before).get(ME).expect(200);
        let after = log_in(&server, "amina");
        assert_ne!(head(&before), head(&after), "the new key signs");

        // A stolen key is taken away: what it signed is believed no more, and refreshing goes on.
        assert_eq!(TokenKeys::retire(&folder, SystemTime::now(), Some(&old)).unwrap(), [old]);
        let begun = Instant::now();
        while with(&server, &before).get(ME).status == 200 {
            assert!(begun.elapsed() < Duration::from_secs(10), "a retired key still verifies");
            std::thread::sleep(Duration::from_millis(50));
        }
        with(&server, &after).get(ME).expect(200);
        let refreshed = server.stranger().post("/api/v1/auth/refresh", &json!({"refresh_token": before["refresh_token"]})).expect(200);
        with(&server, &refreshed).get(ME).expect(200);
    }

    fn an_old_key_is_rotated_by_the_server_and_the_log_tells(database: &TestDatabase) {
        let keys = tempfile::tempdir().unwrap();
        let folder = keys.path().join("keys");
        drop(KeyRing::open_or_create(&folder).unwrap());
        let first = TokenKeys::read(&folder).unwrap().signing.id;
        let age = |days: u64| {
            let file = std::fs::File::options().write(true).open(folder.join("tokens.pem")).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(days * 86_400)).unwrap();
        };
        age(89);
        let start = || Server::start_with(database, |settings: &mut Settings| settings.keys = folder.clone());
        let server = start();
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(TokenKeys::read(&folder).unwrap().signing.id, first, "it is young enough");
        server.stop();
        age(91);
        let server = start();
        let begun = Instant::now();
        while TokenKeys::read(&folder).unwrap().signing.id == first {
            assert!(begun.elapsed() < Duration::from_secs(5), "it still signs");
            std::thread::sleep(Duration::from_millis(50));
        }
        server.stop();
        let entries = log(database);
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert!(entries[0].0 == "key.rotated" && entries[0].1.contains(&first), "{entries:?}");
        let found = TokenKeys::read(&folder).unwrap();
        assert_eq!(found.earlier[0].id, first);
    }
}

/// The header of an access token, which names its key.
fn head(answer: &Value) -> String {
    answer["access_token"].as_str().unwrap().split('.').next().unwrap().to_owned()
}

#[test]
fn keys_that_are_rotated_are_closed_to_others_and_processes_at_once_rotate_once() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("keys");
    drop(KeyRing::open_or_create(&folder).unwrap());
    let (now, overlap) = (SystemTime::now(), Duration::from_secs(10));
    let file = std::fs::File::options().write(true).open(folder.join("tokens.pem")).unwrap();
    file.set_modified(now - Duration::from_secs(3_600)).unwrap();
    let limit = Some(Duration::from_secs(1_800));
    let rotate = || TokenKeys::rotate(&folder, now, overlap, limit).unwrap();
    let rotations: Vec<_> = std::thread::scope(|scope| {
        let tried: Vec<_> = (0..8).map(|_| scope.spawn(rotate)).collect();
        tried.into_iter().filter_map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(rotations.len(), 1, "the others find a young key");
    for file in std::fs::read_dir(&folder).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.file_name());
    }
    let keys = TokenKeys::read(&folder).unwrap();
    assert_eq!(keys.earlier.len(), rotations.len());
    assert!(!format!("{keys:?}").contains("PRIVATE"), "{keys:?}");
    let gone = TokenKeys::retire(&folder, now + Duration::from_secs(60), None).unwrap();
    assert_eq!(gone.len(), rotations.len());
    assert!(TokenKeys::read(&folder).unwrap().earlier.is_empty());
    assert_eq!(TokenKeys::retire(&folder, now, Some("nobody")).unwrap(), Vec::<String>::new());
}

#[test]
fn passwords_that_are_tried_first_are_refused() {
    let refused =
        |password: &str| check_password("/password", password, &["amina.jallow", "Amina Jallow"]).is_err();
    for password in [
        "short",
        "password1234",
        "passwordpassword",
        "123456789012",
        "qwertyuiop[]",
        "qwertyuiopasdf",
        "1q2w3e4r5t6y",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "abababababababab",
        "abcdefghijkl",
        "iloveyou1234",
        "administrator",
        "letmeinletmein",
        "adminadminadmin",
        "P@ssw0rd1234",
        "Welcome12345",
        "dragon123456",
        "changeme1234",
        "Amina.Jallow",
        "jallow is my name 77",
        "my AMINA is good",
        "ReliefLedger#2026 is good",
        "19841984198419",
    ] {
        assert!(refused(password), "{password}");
    }
    for password in [
        "correct horse battery",
        "umbrella tin violin march",
        "twelve characters",
        "vH7#kq2!Lm9z",
        "9f3c1e7ab04d",
        "la pluie tombe sur banjul",
        "这是一个很长的密码我们不会忘记",
    ] {
        assert!(!refused(password), "{password}");
    }
    assert!(refused(&"x y".repeat(90)), "too long");
}

#[test]
fn no_cell_is_a_formula() {
    for text in [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "|calc",
        "\t=1",
        "\r=1",
        " =1",
        "\u{a0}=1",
        "\u{feff}=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "\n=1",
        "\u{0}=1",
    ] {
        assert!(is_formula(text), "{text:?}");
        assert!(cell_of(text).starts_with('\''), "{text:?}");
        assert!(!is_formula(&cell_of(text)), "{text:?}");
    }
    for text in ["", "Amina", "a=b", "1-2", "'=1"] {
        assert_eq!(cell_of(text), text);
    }
}

#[test]
fn a_table_of_strange_names_is_read_back_as_it_is() {
    use relief_ledger::users::access::{AccessReview, AccessRow};
    let row = AccessRow {
        user: relief_ledger::core::id::UserId(Uuid::nil()),
        login: "+login".into(),
        name: "a, \"b\"\r\n=c".into(),
        role: "officer".into(),
        organization_id: Some(OrganizationId(Uuid::nil())),
        countries: vec!["GM".into(), "SN".into()],
        disabled: false,
        since: Timestamp(0),
        changed_by: None,
        changed_by_login: Some("=cmd".into()),
        changed_as: "admin".into(),
        proposed_by: None,
        alone: false,
        created_at: Timestamp(0),
        created_by: None,
        created_by_login: None,
        recorded: true,
    };
    let text = csv_of(&AccessReview { at: Timestamp(0), items: vec![row] }).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let cells: Vec<String> = reader.records().next().unwrap().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(
        (cells[1].as_str(), cells[2].as_str(), cells[9].as_str()),
        ("'+login", "a, \"b\"\r\n=c", "'=cmd")
    );
}
