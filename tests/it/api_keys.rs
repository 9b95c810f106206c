//! Keys of machines: made by administrators, shown once, good for what they were made for and no longer, and an actor
//! of their own wherever it is asked who did something.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use relief_ledger::auth::{ApiKeySecret, Role};
use relief_ledger::core::time::Timestamp;
use relief_ledger::db;
use serde_json::{Value, json};

use crate::sessions::{log, verifies};
use crate::support::server::{Caller, Server, migrate};
use crate::support::{TestDatabase, on_both_databases};

const KEYS: &str = "/api/v1/api-keys";
const ME: &str = "/api/v1/auth/me";
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

fn in_days(days: i64) -> String {
    Timestamp(relief_ledger::auth::now().0 + days * DAY).to_string()
}

fn wanted(role: &str) -> Value {
    json!({"name": "Scale at the port", "role": role, "good_until": in_days(30)})
}

fn make(admin: &Caller, body: &Value) -> (Value, String) {
    let made = admin.post(KEYS, body).expect(201);
    let key = made["key"].as_str().expect("a key").to_owned();
    (made, key)
}

/// Asks until a caller is refused; within a second is what is promised, and some more for a busy machine.
fn refused_soon(caller: &Caller) -> Duration {
    let begun = Instant::now();
    while caller.get(ME).status == 200 {
        assert!(begun.elapsed() < Duration::from_secs(3), "still believed");
        std::thread::sleep(Duration::from_millis(20));
    }
    begun.elapsed()
}

fn change(database: &TestDatabase, sql: &str) {
    db::connect(database.url()).expect("it opens").batch_execute(sql).expect("it runs");
}

on_both_databases! {
    migrate: migrate;

    fn a_machine_calls_with_its_key_and_acts_under_its_own_name(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let organization = admin.post("/api/v1/organizations", &json!({"name": "Banjul Aid", "donor": true})).expect(201);
        let body = json!({"name": "Scale at the port", "role": "officer", "organization_id": organization["id"],
            "countries": ["GM"], "good_until": in_days(366)});
        let (made, key) = make(&admin, &body);
        let prefix = made["prefix"].as_str().expect("a prefix");
        assert!(key.starts_with(&format!("relief_key_{prefix}_")) && key.len() == 63, "{key}");
        let path = format!("{KEYS}/{}", made["id"].as_str().expect("an id"));
        let shown = admin.get(&path).expect(200);
        assert!(shown.get("key").is_none() && shown["last_used_at"].is_null(), "it is shown once: {shown}");

        let machine = server.with_token(&key);
        let me = machine.get(ME).expect(200);
        assert_eq!((&me["user"]["id"], &me["user"]["name"]), (&made["id"], &json!("Scale at the port")));
        assert_eq!((&me["user"]["organization_id"], &me["user"]["countries"]), (&organization["id"], &json!(["GM"])));
        machine.get("/api/v1/users").refused("forbidden", &[]);
        machine.get("/api/v1/items").expect(200);
        machine.post("/api/v1/auth/logout", &json!({})).refused("wrong_state", &[]);

        // The log says who did what, by a name of the machine's own.
        let programme = json!({"name": "Flood relief", "code": "FLOOD"});
        machine.post("/api/v1/programmes", &programme).refused("forbidden", &[]);
        let entries = log(database);
        assert_eq!(entries.iter().filter(|(action, _)| action == "user.added").count(), 2, "{entries:?}");
        let review = admin.get("/api/v1/access-review").expect(200);
        let row = review["items"].as_array().unwrap().iter().find(|row| row["user"] == made["id"]).expect("a row").clone();
        assert_eq!((&row["login"], &row["role"], &row["disabled"]), (&json!(format!("key:{prefix}")), &json!("officer"), &json!(false)));
        assert_eq!(row["created_by"], json!(admin.user.unwrap()));
        let begun = Instant::now();
        while admin.get(&path).expect(200)["last_used_at"].is_null() {
            assert!(begun.elapsed() < Duration::from_secs(5), "its use is not noted");
            std::thread::sleep(Duration::from_millis(20));
        }
        verifies(database);
    }

    fn a_key_is_revoked_at_every_process_within_a_second_and_for_good(database: &TestDatabase) {
        let server = Server::start(database);
        let folder = server.key_folder();
        let other = Server::start_with(database, |settings| settings.keys = folder);
        let admin = server.login_as(Role::Admin);
        let (made, key) = make(&admin, &wanted("auditor"));
        let (here, there) = (server.with_token(&key), other.with_token(&key));
        here.get(ME).expect(200);
        there.get(ME).expect(200);
        let path = format!("{KEYS}/{}", made["id"].as_str().unwrap());
        here.send("DELETE", &path, &[], None).refused("forbidden", &[]);
        let revoked = admin.send("DELETE", &path, &[], None).expect(200);
        assert!(revoked["revoked_at"].is_string() && revoked["receipt"].is_object(), "{revoked}");
        assert_eq!(here.get(ME).status, 401, "where it was revoked at once");
        let took = refused_soon(&there);
        println!("elsewhere after {took:?}");
        let again = admin.send("DELETE", &path, &[], None).expect(200);
        assert_eq!((&again["revoked_at"], &again["receipt"]), (&revoked["revoked_at"], &Value::Null));
        let review = admin.get("/api/v1/access-review").expect(200);
        let row = review["items"].as_array().unwrap().iter().find(|row| row["user"] == made["id"]).unwrap().clone();
        assert_eq!((&row["disabled"], &row["changed_by"]), (&json!(true), &json!(admin.user.unwrap())));
        // Enabling the machine, as if it were a person, brings nothing back.
        let user = format!("/api/v1/users/{}", made["id"].as_str().unwrap());
        admin.patch(&user, 2, &json!({"disabled": false})).refused("wrong_state", &[]);
        change(database, "UPDATE users SET disabled = FALSE");
        std::thread::sleep(Duration::from_millis(600));
        assert_eq!((here.get(ME).status, there.get(ME).status), (401, 401));
    }

    fn a_machine_is_let_in_once_another_administrator_says_so(database: &TestDatabase) {
        let server = Server::start(database);
        let (first, second) = (server.login_as(Role::Admin), server.login_as(Role::Admin));
        let propose = || {
            let made = first.post(KEYS, &wanted("officer")).expect(202);
            let machine = server.with_token(made["key"].as_str().expect("a key"));
            assert_eq!((&made["disabled"], machine.get(ME).status), (&json!(true), 401), "it opens nothing yet");
            (made, machine)
        };
        let decide = |caller: &Caller, made: &Value, decision: &str| {
            let path = format!("/api/v1/approvals/{}/decide", made["approval"].as_str().expect("an approval"));
            caller.post(&path, &json!({"decision": decision, "reason": "the scale at the port"}))
        };
        let path_of = |made: &Value| format!("{KEYS}/{}", made["id"].as_str().unwrap());
        let (approved, machine) = propose();
        decide(&first, &approved, "approve").refused("own_proposal", &[]);
        decide(&second, &approved, "approve").expect(200);
        assert_eq!(machine.get(ME).expect(200)["user"]["id"], approved["id"]);
        assert_eq!(first.get(&path_of(&approved)).expect(200)["disabled"], json!(false));

        let (refused, machine) = propose();
        decide(&second, &refused, "refuse").expect(200);
        assert_eq!(machine.get(ME).status, 401);
        assert!(first.get(&path_of(&refused)).expect(200)["revoked_at"].is_string(), "what nobody lets in is revoked");

        let (revoked, machine) = propose();
        first.send("DELETE", &path_of(&revoked), &[], None).expect(200);
        decide(&second, &revoked, "approve").refused("wrong_state", &[]);
        decide(&second, &revoked, "refuse").expect(200);
        assert_eq!(machine.get(ME).status, 401);
        verifies(database);
    }

    fn a_key_ends_when_its_time_is_over(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let (made, key) = make(&admin, &wanted("officer"));
        let machine = server.with_token(&key);
        machine.get(ME).expect(200);
        change(database, &format!("UPDATE api_keys SET good_until = good_until - {}", 31 * DAY));
        refused_soon(&machine);
        let review = admin.get("/api/v1/access-review").expect(200);
        let row = review["items"].as_array().unwrap().iter().find(|row| row["user"] == made["id"]).unwrap().clone();
        assert_eq!(row["disabled"], true, "{row}");
    }

    fn a_key_is_for_a_machine_and_for_a_while(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let with = |name: &str, value: Value| {
            let mut body = wanted("officer");
            body[name] = value;
            admin.post(KEYS, &body)
        };
        for role in ["admin", "manager"] {
            assert!(with("role", json!(role)).refused("invalid", &["/role"]).contains("officer, donor, auditor"));
        }
        with("role", json!("donor")).refused("invalid", &["/organization_id"]);
        with("good_until", json!(in_days(-1))).refused("invalid", &["/good_until"]);
        with("good_until", json!(in_days(367))).refused("invalid", &["/good_until"]);
        with("good_until", Value::Null).refused("invalid", &["/good_until"]);
        with("name", json!("")).refused("invalid", &["/name"]);
        with("organization_id", json!("01900000-0000-7000-8000-000000000009")).refused("invalid", &["/organization_id"]);
        for role in [Role::Officer, Role::Donor, Role::Auditor, Role::Manager] {
            let organization = admin.post("/api/v1/organizations", &json!({"name": role.word(), "donor": true})).expect(201);
            let id = organization["id"].as_str().unwrap().parse().unwrap();
            let caller = server.login_bound(role, Some(relief_ledger::core::id::OrganizationId(id)), None);
            caller.post(KEYS, &wanted("officer")).refused("forbidden", &[]);
            caller.get(KEYS).refused("forbidden", &[]);
        }
        // A machine has no password, and nobody gives it one.
        let (made, key) = make(&admin, &wanted("officer"));
        let user = format!("/api/v1/users/{}", made["id"].as_str().unwrap());
        admin.post(&format!("{user}/reset"), &json!({})).refused("wrong_state", &[]);
        admin.patch(&user, 1, &json!({"role": "admin"})).refused("wrong_state", &[]);
        let login = json!({"login": format!("key:{}", made["prefix"].as_str().unwrap()), "password": "none"});
        server.stranger().post("/api/v1/auth/login", &login).refused("unauthenticated", &[]);
        admin.post("/api/v1/users", &json!({"login": "key:abcdefgh", "name": "Amina", "role": "admin"})).refused("invalid", &["/login"]);
        let change = json!({"password": "none", "new_password": "umbrella tin violin march"});
        server.with_token(&key).post("/api/v1/auth/password", &change).refused("invalid", &["/password"]);
        let listed = admin.get(&format!("{KEYS}?limit=1")).expect(200);
        assert_eq!((listed["items"].as_array().unwrap().len(), &listed["next"]), (1, &Value::Null), "{listed}");
        admin.get(&format!("{KEYS}/01900000-0000-7000-8000-000000000009")).refused("not_found", &[]);
    }

    fn what_looks_like_a_key_is_refused_in_the_same_words_and_time(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let (made, key) = make(&admin, &wanted("officer"));
        let (_, second) = make(&admin, &wanted("officer"));
        let prefix = made["prefix"].as_str().unwrap();
        let secret = &key[key.len() - 43..];
        let strange = ApiKeySecret::draw().unwrap().text();
        let mixed = format!("relief_key_{prefix}_{}", &second[second.len() - 43..]);
        let refusal = |token: &str| {
            let reply = server.with_token(token).get(ME);
            (reply.status, reply.text.clone())
        };
        let expected = refusal("nothing of ours");
        assert_eq!(expected.0, 401);
        for token in [
            strange.clone(), mixed.clone(), format!("relief_key_{prefix}"), format!("relief_key_{prefix}_"),
            format!("relief_key__{secret}"), format!("relief_key_{prefix}_{secret}A"), format!("relief_key_{prefix}_{secret}="),
            format!("relief_key_{}_{secret}", prefix.to_uppercase()), format!("RELIEF_KEY_{prefix}_{secret}"),
            format!("relief_key_{prefix}_{}", &secret[1..]), format!("relief_key_%_{secret}"), secret.to_owned(),
        ] {
            assert_eq!(refusal(&token), expected, "{token}");
        }
        // Two queries against one would show; what remains is noise, so the bound is wide.
        let median = |token: &str| {
            let caller = server.with_token(token);
            let mut times: Vec<Duration> = (0..41).map(|_| {
                let begun = Instant::now();
                assert_eq!(caller.get(ME).status, 401);
                begun.elapsed()
            }).collect();
            times.sort_unstable();
            times[20]
        };
        let (unknown, wrong) = (median(&strange), median(&mixed));
        println!("an unknown prefix {unknown:?}, a wrong secret {wrong:?}");
        server.with_token(&key).get(ME).expect(200);
        // Neither the secret nor anything it could be found from is kept.
        let mut conn = db::connect(database.url()).unwrap();
        let known = relief_ledger::users::api_key_store::by_prefix(&mut conn, prefix).unwrap();
        assert_eq!(known.secret_hash, ApiKeySecret::parse(&key).unwrap().hash());
        assert!(!format!("{known:?}").contains(secret));
        // The twin: whoever puts another secret's hash into the row is let in, so the hash is what is asked for.
        let mut hash = String::new();
        for byte in ApiKeySecret::parse(&second).unwrap().hash() {
            hash.push_str(&format!("{byte:02x}"));
        }
        let literal = if database.url().starts_with("sqlite") { format!("X'{hash}'") } else { format!("'\\x{hash}'") };
        change(database, &format!("UPDATE api_keys SET secret_hash = {literal} WHERE prefix = '{prefix}'"));
        assert_eq!(refusal(&mixed).0, 200);
    }
}
