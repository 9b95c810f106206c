//! Sessions where the disk is full, and in a real browser with another server beside this one.

use diesel::connection::SimpleConnection;
use relief_ledger::auth::Role;
use relief_ledger::db;
use serde_json::json;

use super::{LOGIN, ME, PASSWORD, cookie_login, log_in, person, refresh, two_servers, verifies, with};
use crate::browser::{Browser, stories::serve_pages};
use crate::support::TestDatabase;
use crate::support::server::{Server, migrate};

#[test]
fn with_a_full_disk_people_log_in_and_stay_in_to_read() {
    let database = TestDatabase::sqlite(migrate);
    let (server, other) = two_servers(&database);
    person(&server, "amina", Role::Officer);
    let before = log_in(&server, "amina");
    let mut conn = db::connect(database.url()).expect("the database opens");
    // What SQLite says where there is no room.
    let full = |table: &str| {
        format!(
            "CREATE TRIGGER full_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;"
        )
    };
    conn.batch_execute(&(full("sessions") + &full("session_secrets"))).expect("the disk is full");

    let during = log_in(&server, "amina");
    assert!(during.get("refresh_token").is_none(), "{during}");
    with(&server, &during).get(ME).expect(200);
    assert_eq!(with(&other, &during).get(ME).status, 401, "nobody else knows of it");
    let refreshed = refresh(&server, &before["refresh_token"]).expect(200);
    assert_eq!(refreshed["refresh_token"], before["refresh_token"], "it is not spent");
    with(&other, &refreshed).get(ME).expect(200);
    assert_eq!(
        cookie_login(&server, "amina", &[("Sec-Fetch-Site", "same-origin")]).problem().1,
        "storage_full"
    );

    conn.batch_execute("DROP TRIGGER full_sessions; DROP TRIGGER full_session_secrets")
        .expect("there is room");
    let after = refresh(&server, &before["refresh_token"]).expect(200);
    assert_ne!(after["refresh_token"], before["refresh_token"]);
    verifies(&database);
}

/// A script that asks and gives the status.
fn fetching(method: &str, url: &str, options: &str) -> String {
    format!(
        "const done = arguments[arguments.length - 1]; fetch('{url}', {{method: '{method}', {options}}})\
         .then(reply => done(reply.status), error => done(String(error)))"
    )
}

#[test]
fn chromium_keeps_the_cookie_on_this_machine_and_another_port_cannot_use_it() {
    let Some(browser) = Browser::start() else { return };
    let database = TestDatabase::sqlite(migrate);
    let server = Server::start(&database);
    person(&server, "amina", Role::Officer);
    let port = server.address().port();
    let mut refused = 0;
    for host in ["127.0.0.1", "localhost"] {
        let own = format!("http://{host}:{port}");
        browser.goto(&format!("{own}/docs/"));
        let body = json!({"login": "amina", "password": PASSWORD, "cookie": true}).to_string();
        let login = format!("headers: {{'Content-Type': 'application/json'}}, body: JSON.stringify({body})");
        assert_eq!(browser.run(&fetching("GET", ME, "")), 401, "{host}");
        assert_eq!(browser.run(&fetching("POST", LOGIN, &login)), 200, "{host}");
        assert_eq!(browser.run(&fetching("GET", ME, "")), 200, "{host}: the cookie is kept over plain HTTP");
        assert_eq!(browser.run("arguments[0](document.cookie)"), "", "{host}: no script reads it");

        // Another port of the same host is the same site, so the browser sends the cookie along: the origin tells.
        browser.goto(&serve_pages().replace("127.0.0.1", host));
        let logout = "/api/v1/auth/logout";
        let strange = "mode: 'no-cors', credentials: 'include'";
        // The page sees nothing of the answer; that there was one of 403 shows that the cookie came along.
        browser.run(&fetching("POST", &format!("{own}{logout}"), strange));
        refused += 1;
        let counted =
            format!("relief_requests_total{{method=\"POST\",route=\"{logout}\",status=\"403\"}} {refused}");
        let metrics = server.stranger().get("/metrics").text;
        assert!(metrics.contains(&counted), "{host}: {metrics}");
        browser.goto(&format!("{own}/docs/"));
        assert_eq!(browser.run(&fetching("GET", ME, "")), 200, "{host}: nobody was logged out");
        assert_eq!(browser.run(&fetching("POST", logout, "")), 200, "{host}: the own page may");
        assert_eq!(browser.run(&fetching("GET", ME, "")), 401, "{host}");
    }
}
