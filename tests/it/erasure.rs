//! Users who left are erased: who they were is gone, what they did stays, and the log still verifies.

use relief_ledger::auth::{Role, User};
use relief_ledger::core::id::UserId;
use relief_ledger::db::connect;
use relief_ledger::writer::Record;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::sessions::{PASSWORD, log, log_in, person, verifies, with};
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate};
use crate::verify::verify;

const USERS: &str = "/api/v1/users";
const LOGIN: &str = "/api/v1/auth/login";
const REVIEW: &str = "/api/v1/access-review";

fn path_of(id: UserId) -> String {
    format!("{USERS}/{id}")
}

fn row(url: &str, id: UserId) -> User {
    User::load(&mut connect(url).unwrap(), &[id]).unwrap().pop().unwrap()
}

fn erase(admin: &Caller, id: UserId) -> Value {
    admin.post(&format!("{}/erase", path_of(id)), &json!({"reason": "requested"})).expect(200)
}

fn disable(admin: &Caller, id: UserId) {
    let revision = admin.get(&path_of(id)).expect(200)["revision"].as_i64().unwrap();
    admin.patch(&path_of(id), revision, &json!({"disabled": true})).expect(200);
}

fn of(rows: &Value, id: UserId) -> Value {
    let id = id.to_string();
    rows["items"].as_array().unwrap().iter().find(|row| row["user"] == id.as_str()).unwrap().clone()
}

/// Which tables and columns `relief verify` names after a change by hand, which is then taken back.
fn named(url: &str, server: &Server, change: &str, back: &str) -> Vec<String> {
    tamper(url, change);
    let (code, report) = verify(url, &server.key_folder());
    tamper(url, back);
    assert_eq!(code, Some(1), "{change}: {report:#}");
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|one| format!("{}.{}", text(&one["table"]), text(&one["column"]))).collect()
}

on_both_databases! {
    migrate: migrate;

    fn a_user_who_left_is_erased_and_what_the_user_did_stays(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let id = person(&server, "amina", Role::Admin);
        let amina = with(&server, &log_in(&server, "amina"));
        let added = amina.post(USERS, &json!({"login": "lamin", "name": "Lamin Ceesay", "role": "officer"})).expect(202);
        let approval = added["approval"].as_str().unwrap();
        admin.post(&format!("/api/v1/approvals/{approval}/decide"), &json!({"decision": "approve", "reason": "he works here"})).expect(200);
        let path = format!("{}/erase", path_of(id));
        let reason = json!({"reason": "requested"});
        let early = admin.post(&path, &reason);
        assert_eq!(early.problem().1, "wrong_state");
        assert!(early.text.contains("Disable the user first"), "{}", early.text);
        admin.post(&path, &json!({"reason": "she asked me to"})).refused("invalid", &["/reason"]);
        admin.post(&format!("{USERS}/{}/erase", Uuid::now_v7()), &reason).refused("not_found", &[]);
        let manager = server.login_as(Role::Manager);
        assert_eq!(manager.post(&path, &reason).problem().1, "forbidden");

        disable(&admin, id);
        let before = row(database.url(), id);
        let erased = erase(&admin, id);
        let day = erased["erased_at"].as_str().unwrap()[..10].to_owned();
        let shown_as = format!("erased on {day}");
        assert_eq!((&erased["status"], &erased["shown_as"]), (&json!("erased"), &json!(shown_as)));
        assert_eq!((&erased["login"], &erased["name"], &erased["erased_as"]), (&Value::Null, &Value::Null, &json!("requested")));
        assert_eq!((&erased["role"], &erased["disabled"]), (&json!("admin"), &json!(true)));
        assert_eq!(log(database).last().unwrap(), &("user.erased".to_owned(), "requested".to_owned()));
        let again = erase(&admin, id);
        assert_eq!((&again["receipt"], &again["erased_at"]), (&Value::Null, &erased["erased_at"]), "twice is the same");

        // Nothing of her row opens any more, and her account can do nothing.
        let vault = server.vault();
        let owner = relief_ledger::core::id::SealedId(id.0);
        assert_eq!(vault.open(owner, "words", before.sealed.as_deref().unwrap()).unwrap(), None);
        let login = json!({"login": "amina", "password": PASSWORD});
        assert_eq!(server.stranger().post(LOGIN, &login).status, 401);
        assert_eq!(amina.get("/api/v1/auth/me").status, 401);
        let revision = again["revision"].as_i64().unwrap();
        admin.patch(&path_of(id), revision, &json!({"disabled": false})).refused("wrong_state", &[]);
        admin.patch(&path_of(id), revision, &json!({"name": "Amina"})).refused("wrong_state", &[]);
        admin.post(&format!("{}/reset", path_of(id)), &json!({})).refused("wrong_state", &[]);

        // Wherever she was named, it says so, with the day.
        let rows = admin.get(REVIEW).expect(200);
        let own = of(&rows, id);
        assert_eq!((&own["login"], &own["name"]), (&json!(shown_as), &json!(shown_as)));
        let lamin = of(&rows, UserId(added["id"].as_str().unwrap().parse().unwrap()));
        assert_eq!((&lamin["created_by_login"], &lamin["created_by"]), (&json!(shown_as), &json!(id.to_string())));
        let csv = admin.get(&format!("{REVIEW}?format=csv")).text;
        assert!(csv.contains(&shown_as) && !csv.contains("amina") && !csv.contains("Amina"), "{csv}");
        let list = admin.get(USERS).expect(200).to_string();
        assert!(list.contains(&shown_as) && !list.contains("amina"), "{list}");
        verifies(database);

        // Her login is free for somebody else.
        person(&server, "amina", Role::Officer);
        with(&server, &log_in(&server, "amina")).get("/api/v1/auth/me").expect(200);
        verifies(database);
    }

    fn a_machine_and_a_user_with_open_links_and_sessions_leave_nothing_open(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let id = person(&server, "amina", Role::Officer);
        log_in(&server, "amina");
        let token = admin.post(&format!("{}/reset", path_of(id)), &json!({})).expect(201)["token"].clone();
        disable(&admin, id);
        erase(&admin, id);
        assert_eq!(admin.get(&format!("{}/sessions", path_of(id))).expect(200)["items"], json!([]));
        let answer = json!({"token": token, "password": "umbrella tin violin march"});
        assert_eq!(server.stranger().post("/api/v1/auth/invitations/accept", &answer).status, 401);

        let until = relief_ledger::core::time::Timestamp(relief_ledger::auth::now().0 + 86_400_000_000);
        let made = admin.post("/api/v1/api-keys", &json!({"name": "Scale of Amina", "role": "officer", "good_until": until})).expect(201);
        let (key, machine) = (made["key"].as_str().unwrap(), UserId(made["id"].as_str().unwrap().parse().unwrap()));
        let scale = server.with_token(key);
        scale.get("/api/v1/auth/me").expect(200);
        admin.post(&format!("{}/erase", path_of(machine)), &json!({"reason": "mistaken"})).refused("wrong_state", &[]);
        let key_path = format!("/api/v1/api-keys/{machine}");
        admin.send("DELETE", &key_path, &[], None).expect(200);
        erase(&admin, machine);
        assert!(admin.get(&key_path).expect(200)["name"].as_str().unwrap().starts_with("erased on 2"));
        assert_eq!(scale.get("/api/v1/auth/me").status, 401);
        verifies(database);
    }

    fn a_key_that_a_crash_left_is_destroyed_at_the_next_start(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let id = person(&server, "amina", Role::Officer);
        let file = format!("{:02x}/{id}.key", id.0.as_bytes()[15]);
        let file = server.key_folder().join("vault").join(file);
        let key = std::fs::read(&file).unwrap();
        disable(&admin, id);
        erase(&admin, id);
        assert!(!file.exists());
        let server = server.restart(|| {
            std::fs::write(&file, &key).unwrap();
            std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        });
        let begun = std::time::Instant::now();
        while file.exists() {
            assert!(begun.elapsed().as_secs() < 60, "the key is still there");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        server.stop();
    }

    fn with_another_key_folder_nobody_is_named_or_let_in_and_with_the_own_all_is_as_before(database: &TestDatabase) {
        let server = Server::start(database);
        let id = person(&server, "amina", Role::Officer);
        let elsewhere = Server::start(database);
        let admin = elsewhere.login_as(Role::Admin);
        let shown = admin.get(&path_of(id)).expect(200);
        assert_eq!((&shown["status"], &shown["login"], &shown["name"]), (&json!("key_missing"), &Value::Null, &Value::Null));
        let login = json!({"login": "amina", "password": PASSWORD});
        assert_eq!(elsewhere.stranger().post(LOGIN, &login).status, 401);
        admin.patch(&path_of(id), 1, &json!({"name": "Amina"})).refused("key_missing", &[]);
        verifies(database);
        with(&server, &log_in(&server, "amina")).get("/api/v1/auth/me").expect(200);
        // Whose key is lost can be erased all the same.
        disable(&admin, id);
        assert_eq!(erase(&admin, id)["status"], "erased");
        verifies(database);
    }

    fn what_is_sealed_or_erased_is_no_way_to_hide_an_edit(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let (amina, binta) = (person(&server, "amina", Role::Officer), person(&server, "binta", Role::Officer));
        disable(&admin, binta);
        let hex = |id: UserId| id.0.simple().to_string();
        let of = |id: UserId| if database.url().starts_with("sqlite") { format!("X'{}'", hex(id)) } else { format!("'\\x{}'::bytea", hex(id)) };
        let found = |change: &str| {
            let whole = format!("UPDATE users SET {change} WHERE id = {}", of(binta));
            tamper(database.url(), &format!("DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT * FROM users WHERE id = {}", of(binta)));
            let columns = ["login", "name", "password_hash", "sealed", "sealed_password", "erased_at", "erased_by", "erased_as", "salt"];
            let back: Vec<String> = columns.iter().map(|column| format!("{column} = (SELECT {column} FROM kept)")).collect();
            let back = format!("UPDATE users SET {} WHERE id = {}; DROP TABLE kept", back.join(", "), of(binta));
            named(database.url(), &server, &whole, &back)
        };
        // A row emptied by hand, with or without the words of an erasure, is no erased row.
        let emptied = "login = 'erased:x', sealed = NULL, sealed_password = NULL, salt = NULL";
        for column in ["users.login", "users.sealed", "users.sealed_password"] {
            assert!(found(emptied).contains(&column.to_owned()), "{column}");
        }
        let claimed = format!("{emptied}, erased_at = 1, erased_as = 'requested'");
        assert!(found(&claimed).contains(&"users.erased_at".to_owned()));
        // Another's ciphertext, another's login, a name in clear, another salt.
        let theirs = format!("sealed_password = (SELECT sealed_password FROM users AS other WHERE other.id = {})", of(amina));
        assert_eq!(found(&theirs), ["users.sealed_password"]);
        assert_eq!(found("login = 'somebody'"), ["users.login"]);
        assert_eq!(found("name = 'Somebody'"), ["users.name"]);
        assert!(found("salt = NULL").contains(&"users.login".to_owned()));

        erase(&admin, binta);
        verifies(database);
        assert_eq!(found("erased_as = 'mistaken'"), ["users.erased_as"]);
        assert_eq!(found("login = 'binta'"), ["users.login"]);
        verifies(database);
    }
}

#[test]
fn a_login_is_looked_for_with_the_same_work_whether_or_not_there_is_one() {
    use relief_ledger::auth::{Auth, find_by_login};
    use relief_ledger::core::problem::Code;
    use relief_ledger::db::{Database, Settings};
    use std::time::Instant;
    let database = crate::support::TestDatabase::sqlite(migrate);
    let server = Server::start(&database);
    let known = ["amina", "binta", "chebet"];
    for login in known {
        person(&server, login, Role::Officer);
    }
    let database = Database::open(Settings { url: database.url().to_owned() }).unwrap();
    let auth = Auth::new(database.clone(), &server.key_folder()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tried = |login: &str| {
        let begun = Instant::now();
        let result = runtime.block_on(auth.log_in(login, "a wrong password".to_owned(), None));
        assert_eq!(result.expect_err("it is wrong").code, Code::Unauthenticated);
        begun.elapsed()
    };
    // The first try of each is not slowed down by those before; the quickest of some is the work itself.
    let quickest = |logins: [&str; 3]| logins.map(tried).into_iter().min().unwrap();
    let (there, nowhere) = (quickest(known), quickest(["nobody", "somebody.else", "amina2"]));
    let (quick, slow) = (there.min(nowhere), there.max(nowhere));
    assert!(slow < quick * 3, "{there:?} and {nowhere:?}");
    // A login that gave up where nobody is found would be told by the same measure.
    let vault = server.vault();
    let looked = || {
        let begun = Instant::now();
        assert!(database.read(|conn| find_by_login(conn, &vault, "nobody")).unwrap().is_none());
        begun.elapsed()
    };
    assert!([looked(), looked(), looked()].into_iter().min().unwrap() * 3 < quick);
    // Who has no key any more is refused in the same words.
    std::fs::remove_dir_all(server.key_folder().join("vault")).unwrap();
    tried("amina");
}
