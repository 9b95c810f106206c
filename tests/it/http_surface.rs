//! What every caller meets, whatever the resource: refusals, limits, documentation, health.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use relief_ledger::app;
use relief_ledger::auth::{Action, Role};
use relief_ledger::web::{Access, BODY_LIMIT, DEPTH_MAXIMUM, Json, PUBLIC, PUBLIC_BODY_LIMIT, Routes};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::support::TestDatabase;
use crate::support::ledger::{Ledger, tamper};
use crate::support::on_both_databases;
use crate::support::server::{Server, migrate};

on_both_databases! {
    migrate: migrate;

    fn a_server_is_ready_counts_and_stops_in_order(database: &TestDatabase) {
        let server = Server::start(database);
        let stranger = server.stranger();
        assert_eq!(stranger.get("/health/live").expect(200), json!({"status": "ok"}));
        assert_eq!(stranger.get("/health/ready").expect(200), json!({"status": "ok", "sequence": 0, "queue": 0}));
        stranger.get("/api/v1/users/secret-code?token=secret");
        stranger.get("/nowhere/secret-code");
        let metrics = stranger.get("/metrics").text;
        assert!(metrics.contains(r#"relief_requests_total{method="GET",route="/health/live",status="200"} 1"#), "{metrics}");
        assert!(metrics.contains(r#"relief_requests_total{method="GET",route="unmatched",status="404"} 1"#), "{metrics}");
        assert!(!metrics.contains("secret"), "a path that was asked for is not a label");
        assert!(metrics.contains("relief_ledger_sequence 0"));
        server.stop();
    }

    fn the_last_entry_of_the_ledger_is_told_whoever_wrote_it(database: &TestDatabase) {
        let server = Server::start(database);
        let last = || {
            let mut conn = relief_ledger::db::connect(database.url()).expect("the database opens");
            relief_ledger::writer::log_state(&mut conn).expect("the log's state is readable").last.sequence
        };
        // Recorded past the server, as another process would.
        let admin = server.login_as(Role::Admin);
        let told = |sequence: i64| {
            assert_eq!(server.stranger().get("/health/ready").expect(200)["sequence"], sequence);
            let metrics = server.stranger().get("/metrics").text;
            assert!(metrics.contains(&format!("relief_ledger_sequence {sequence}\n")), "{metrics}");
        };
        assert!(last() > 0);
        told(last());
        admin.post("/api/v1/organizations", &json!({"name": "Hainan", "country": "CN", "donor": true})).expect(201);
        told(last());
        server.login_as(Role::Officer);
        told(last());
    }

    fn a_server_that_can_sign_the_log_no_more_serves_on_and_says_so(database: &TestDatabase) {
        let server = Server::start(database);
        server.login_as(Role::Officer);
        // Signed once more when it stops; then somebody writes at what was signed.
        let server = server.restart(|| {
            let sql = "UPDATE checkpoints SET note = 'other-' || note WHERE size = (SELECT MAX(size) FROM checkpoints)";
            tamper(database.url(), sql);
        });
        let begun = Instant::now();
        let told = loop {
            let told = server.stranger().get("/health/ready");
            if told.expect(200)["status"] != "ok" {
                break told;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "still without doubt: {}", told.text);
            std::thread::sleep(Duration::from_millis(50));
        };
        let ready = told.expect(200);
        assert_eq!((&ready["status"], &ready["doubt"]), (&json!("in_doubt"), &json!("log")));
        let detail = ready["detail"].as_str().expect("in words");
        assert!(detail.contains("does not continue the last signed checkpoint"), "{detail}");
        server.stranger().get("/health/live").expect(200);
        let body = json!({"name": "Hainan", "country": "CN", "donor": true});
        let reply = server.login_as(Role::Admin).post("/api/v1/organizations", &body);
        reply.expect(201);
        assert_eq!(reply.header("relief-doubt"), Some("log"));
    }

    fn what_is_in_when_the_server_stops_is_finished_and_recorded(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let address = server.address();
        let body = json!({"login": "last", "name": "Last", "password": "twelve characters", "role": "officer"});
        let letter = admin.begin("POST", "/api/v1/users", &body.to_string());
        // Hashing the password takes long enough for the server to be told to stop meanwhile.
        let posting = std::thread::spawn(move || letter.finish());
        let mut added = Value::Null;
        let again = server.restart(|| {
            added = posting.join().unwrap().expect(201);
            assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
        });
        let path = format!("/api/v1/users/{}", added["id"].as_str().unwrap());
        assert_eq!(again.login_as(Role::Admin).get(&path).expect(200)["login"], "last");
    }

    fn a_fault_of_ours_is_noted_and_its_words_stay_here(database: &TestDatabase) {
        use diesel::connection::SimpleConnection;
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        admin.get("/api/v1/users").expect(200);
        let mut conn = relief_ledger::db::connect(database.url()).unwrap();
        conn.batch_execute("ALTER TABLE users RENAME TO stolen_table").unwrap();
        let refused = admin.get("/api/v1/users");
        assert_eq!(refused.problem(), (500, "internal".into(), String::new()));
        assert!(!refused.text.contains("users") && !refused.text.contains("table"), "{}", refused.text);
        assert_eq!(server.stranger().get("/health/live").status, 200);
    }

    fn what_is_missing_and_what_cannot_be_read_answer_alike(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let missing = admin.get("/api/v1/users/01890000-0000-7000-8000-000000000000");
        let malformed = admin.get("/api/v1/users/not-an-id");
        let nowhere = admin.get("/api/v1/nowhere");
        assert_eq!(missing.problem().0, 404);
        assert_eq!(missing.text, malformed.text);
        assert_eq!(missing.text, nowhere.text);
    }
}

fn sqlite() -> TestDatabase {
    TestDatabase::sqlite(migrate)
}

#[test]
fn what_sqlite_wrote_ahead_comes_into_the_file_while_the_server_runs() {
    let database = TestDatabase::sqlite(migrate);
    let path = database.url().trim_start_matches("sqlite://").to_owned();
    let file = || std::fs::read(&path).expect("the database is a file");
    // Without a server nobody moves it: it stands in the log beside the file as long as somebody has that open.
    let ledger = Ledger::open(database.url());
    let before = file();
    ledger.tell_gift();
    std::thread::sleep(Duration::from_millis(800));
    assert!(file() == before, "nobody moved anything");

    let server = Server::start(&database);
    let patience = Instant::now() + Duration::from_secs(20);
    while file() == before && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(file() != before, "what was written ahead is in the file");
    drop((server, ledger));
}

#[test]
fn a_stranger_with_a_broken_body_is_told_to_log_in_first() {
    let database = sqlite();
    let server = Server::start(&database);
    let stranger = server.stranger();
    for body in ["{", "[]", "{\"unknown\": 1}"] {
        assert_eq!(stranger.post_text("/api/v1/users", body).problem().1, "unauthenticated", "{body}");
    }
    let officer = server.login_as(Role::Officer);
    assert_eq!(officer.post_text("/api/v1/users", "{").problem().1, "forbidden");
    assert_eq!(officer.get("/api/v1/users?limit=x").problem().1, "forbidden");
    let admin = server.login_as(Role::Admin);
    assert_eq!(
        admin.post_text("/api/v1/users", "{").problem().1,
        "malformed",
        "the twin that may is told what is wrong"
    );
    let refused = stranger.get("/api/v1/auth/me");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"relief-ledger\""));
}

#[test]
fn a_body_is_refused_with_a_pointer_to_what_is_wrong() {
    let database = sqlite();
    let server = Server::start(&database);
    let stranger = server.stranger();
    let login = |body: &str| stranger.post_text("/api/v1/auth/login", body);
    let invalid = |pointer: &str| (422, "invalid".to_owned(), pointer.to_owned());
    let malformed = (400, "malformed".to_owned(), String::new());

    assert_eq!(
        login(r#"{"login": "a", "password": "b", "pass/word": "c"}"#).problem(),
        invalid("/pass~1word")
    );
    assert_eq!(login(r#"{"login": "a"}"#).problem(), invalid("/password"));
    assert_eq!(login(r#"{"login": 5, "password": "b"}"#).problem(), invalid("/login"));
    assert_eq!(login(r#"{"login": "a", "login": "b", "password": "b"}"#).problem(), invalid("/login"));
    assert_eq!(login("5").problem(), invalid(""));
    for body in ["", "{", "nonsense", r#"{"login": "a", "password": "b"} x"#, "{\"login\": \"\u{1}\"}"] {
        assert_eq!(login(body).problem(), malformed, "{body}");
    }
    let unknown = login(r#"{"login": "a", "password": "b", "otp": 1}"#).json();
    insta::assert_snapshot!(unknown["detail"].as_str().unwrap(), @"/otp: unknown field `otp`, expected one of `login`, `password`, `cookie`.");
}

#[test]
fn deep_long_and_strange_bodies_are_refused_and_the_server_lives() {
    let database = sqlite();
    let server = Server::start(&database);
    let stranger = server.stranger();
    let (login, users, admin) = ("/api/v1/auth/login", "/api/v1/users", server.login_as(Role::Admin));
    // A stranger's are short.
    for (caller, path, depth) in [(&stranger, login, 2_500), (&admin, users, 100_000)] {
        for deep in ["[".repeat(depth), "{\"a\":".repeat(depth), format!("{{\"login\":{}", "[".repeat(depth))]
        {
            let (status, code, _) = caller.post_text(path, &deep).problem();
            assert!(status == 400 || status == 422, "{status} {code}");
        }
    }
    let officer = server.login_as(Role::Officer);
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        officer.post_text("/api/v1/events", &format!("{{\"kind\": {open}{close}}}"))
    };
    assert_eq!(nested(DEPTH_MAXIMUM).problem().1, "invalid", "it is read, and no kind is a list");
    let told = nested(DEPTH_MAXIMUM + 1).refused("malformed", &[]);
    assert!(told.contains("deeper than 127 levels"), "{told}");
    for (caller, path, limit) in [(&stranger, login, PUBLIC_BODY_LIMIT), (&admin, users, BODY_LIMIT)] {
        let long = format!("{{\"login\": \"{}\"}}", "a".repeat(limit));
        assert_eq!(caller.post_text(path, &long).problem().1, "too_large");
    }
    let plain = stranger.send("POST", login, &[("Content-Type", "text/plain")], Some("{}"));
    assert_eq!(plain.problem().1, "unsupported_media_type");
    let zipped = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
    assert_eq!(stranger.send("POST", login, &zipped, Some("{}")).problem().1, "unsupported_media_type");
    assert_eq!(stranger.send("POST", login, &[], Some("{}")).problem().1, "unsupported_media_type");
    let delete = stranger.send("DELETE", login, &[], None);
    assert_eq!((delete.problem().1, delete.header("allow")), ("method_not_allowed".into(), Some("POST")));
    assert_eq!(stranger.get("/health/live").status, 200);
}

#[test]
fn every_answer_has_an_id_and_headers_that_keep_browsers_safe() {
    let database = sqlite();
    let server = Server::start(&database);
    let stranger = server.stranger();
    let mut ids = BTreeSet::new();
    for path in ["/", "/docs/", "/docs", "/nowhere", "/api/v1/auth/me", "/metrics"] {
        let reply = stranger.get(path);
        assert!(ids.insert(reply.header("x-request-id").unwrap().to_owned()), "{path}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
        assert!(
            reply.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"),
            "{path}"
        );
    }
    let start = stranger.get("/").text;
    assert!(start.contains("href=\"/docs/\"") && !start.contains("Cities Project"), "{start}");
    assert!(stranger.get("/docs/swagger-initializer.js").text.contains("/api/openapi.json"));
    assert_eq!(stranger.get("/docs/../etc/passwd").status, 404);
    let keys = stranger.get("/.well-known/jwks.json").expect(200);
    assert_eq!(keys["keys"][0]["crv"], "Ed25519");
    assert!(keys["keys"][0].get("d").is_none(), "the private part stays here");
}

#[test]
fn every_route_is_documented_with_who_may_call_it() {
    let routes = app::routes();
    assert_eq!(routes.faults(), Vec::<String>::new());
    assert_eq!(routes.gaps(), Vec::<String>::new());
    let document = app::openapi();
    assert_eq!(document["openapi"], "3.1.0");
    let mut lines = Vec::new();
    for (method, path, access) in routes.declared() {
        let operation = &document["paths"][path][method.as_str().to_lowercase()];
        let (who, is_bearer) = match access {
            Access::Action(action) => (action.word(), true),
            Access::Page(action) => (action.word(), false),
            Access::Public => ("public", false),
            Access::Throttled(_) => ("public, throttled", false),
        };
        assert_eq!(operation["security"].is_array(), is_bearer, "{method} {path}");
        if operation.is_object() {
            assert!(operation["tags"][0].is_string(), "{method} {path} stands under no heading");
        }
        let id = operation["operationId"].as_str().unwrap_or("(a page)");
        lines.push(format!("{path} {method}: {id}, {who}"));
    }
    let operations: usize =
        document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, lines.iter().filter(|line| !line.contains("(a page)")).count());
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    found.insert(reference.clone());
                }
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = app::openapi();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.contains("#/components/schemas/Problem"));
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn the_start_page_and_the_documentation_open_in_a_browser_without_the_world_outside() {
    let Some(browser) = Browser::start() else { return };
    let database = sqlite();
    let server = Server::start(&database);
    browser.goto(&format!("http://{}/", server.address()));
    assert_eq!(browser.text("header .name"), "ReliefLedger");
    assert_eq!(browser.console_errors(), Vec::<String>::new());
    browser.click("a[href='/docs/']");
    assert!(browser.text(".info .title").contains("ReliefLedger"));
    assert!(browser.text("#operations-session-login").contains("/api/v1/auth/login"));
    assert_eq!(browser.console_errors(), Vec::<String>::new());
}

#[test]
fn servers_that_start_at_once_on_one_empty_database_migrate_it_once() {
    let database = crate::support::postgres::PostgresDatabase::empty();
    let starting: Vec<_> = (0..4)
        .map(|_| {
            let url = database.url().to_owned();
            std::thread::spawn(move || {
                let mut conn = relief_ledger::db::connect(&url).unwrap();
                relief_ledger::db::migrate(&mut conn).unwrap().len()
            })
        })
        .collect();
    let ran: Vec<usize> = starting.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(ran.iter().filter(|count| **count > 0).count(), 1, "{ran:?}");
    let mut conn = relief_ledger::db::connect(database.url()).unwrap();
    assert_eq!(relief_ledger::db::pending(&mut conn).unwrap(), Vec::<String>::new());
}

/// Not in the list of public routes.
#[utoipa::path(get, path = "/api/v1/hidden", responses((status = 200)))]
async fn hidden() -> &'static str {
    "everything"
}

/// In the list, declared twice.
#[utoipa::path(get, path = "/health/live", responses((status = 200)))]
async fn live(_body: Json<Value>) -> &'static str {
    "ok"
}

#[test]
fn routes_that_do_not_fit_the_policy_are_caught() {
    let mut routes = Routes::default();
    routes.public(__path_hidden, hidden);
    routes.public(__path_live, live);
    routes.public(__path_live, live);
    insta::assert_snapshot!(routes.faults().join("\n"), @r"
    GET /api/v1/hidden is public but not in the list of public routes
    GET /health/live is declared twice
    GET /health/live: another route is documented as live too
    ");
    // Nobody asks for anything here but what is said, and of the public routes one is there.
    let without = routes.gaps();
    routes.asks(Action::UserWrite);
    let with = routes.gaps();
    let lost: Vec<_> = without.iter().filter(|gap| !with.contains(gap)).collect();
    assert_eq!(lost, ["nothing asks for user.write"]);
    assert!(with.contains(&"GET /metrics is listed as public and is not there".to_owned()), "{with:?}");
    assert!(!with.iter().any(|gap| gap.starts_with("GET /health/live ")), "{with:?}");
    let distinct: BTreeSet<_> = PUBLIC.iter().collect();
    assert_eq!(distinct.len(), PUBLIC.len());
}
