//! Sessions as their users meet them: refresh tokens that are good once, logging out, sessions listed and ended,
//! cookies that only pages of this server may use; everything within a second, at every process.

mod trouble;

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use relief_ledger::app::Settings;
use relief_ledger::auth::{NO_PASSWORD, Passwords, Role};
use relief_ledger::core::id::{SessionId, UserId};
use relief_ledger::db;
use relief_ledger::users::store::{Changes, NewUser, UserAdd, UserChange};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::server::{Caller, Reply, Server, migrate, operator};
use crate::support::{TestDatabase, on_both_databases};
use crate::verify::verify;

pub const PASSWORD: &str = "correct horse battery";
const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";
const ME: &str = "/api/v1/auth/me";
const SESSIONS: &str = "/api/v1/auth/sessions";

/// A hash of [`PASSWORD`], made once for all stories: it takes longer than most of them.
pub fn password_hash() -> String {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| Passwords::hash_blocking(PASSWORD).expect("it hashes")).clone()
}

/// A user who can log in with [`PASSWORD`].
pub fn person(server: &Server, login: &str, role: Role) -> UserId {
    let id = UserId(Uuid::now_v7());
    let user = NewUser {
        id,
        login: login.to_owned(),
        name: "Amina Jallow".to_owned(),
        password_hash: password_hash(),
        role,
        organization: None,
        countries: Vec::new(),
    };
    server.record(UserAdd { actor: operator(), user: server.sealed(user) });
    id
}

pub fn log_in(server: &Server, login: &str) -> Value {
    server.stranger().post(LOGIN, &json!({"login": login, "password": PASSWORD})).expect(200)
}

pub fn with(server: &Server, answer: &Value) -> Caller {
    server.with_token(answer["access_token"].as_str().expect("a token"))
}

fn refresh(server: &Server, token: &Value) -> Reply {
    server.stranger().post(REFRESH, &json!({"refresh_token": token}))
}

/// What an access token says.
pub fn claims(answer: &Value) -> Value {
    let token = answer["access_token"].as_str().expect("a token");
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("a payload")).expect("base64url");
    serde_json::from_slice(&payload).expect("JSON")
}

/// Logs in as a browser does; answers the cookie's value.
pub fn cookie_of(server: &Server, login: &str) -> String {
    let reply = cookie_login(server, login, &[("Sec-Fetch-Site", "same-origin")]);
    let header = reply.header("set-cookie").expect("a cookie").to_owned();
    assert!(header.ends_with("; Secure; HttpOnly; SameSite=Strict"), "{header}");
    assert!(header.contains("; Path=/; Max-Age="), "{header}");
    let (name, value) = header.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
    assert_eq!(name, "__Host-relief-session");
    value.to_owned()
}

fn cookie_login(server: &Server, login: &str, headers: &[(&str, &str)]) -> Reply {
    let body = json!({"login": login, "password": PASSWORD, "cookie": true}).to_string();
    let headers = [&[("Content-Type", "application/json")], headers].concat();
    server.stranger().send("POST", LOGIN, &headers, Some(&body))
}

/// Lets a session have lasted as long as it may.
pub fn expire(database: &TestDatabase, session: SessionId) {
    let mut conn = db::connect(database.url()).expect("the database opens");
    use diesel::prelude::*;
    use relief_ledger::db::schema::sessions::dsl::{began_at, ends_at, id, sessions};
    let long = 100 * 86_400_000_000_i64;
    diesel::update(sessions.filter(id.eq(session)))
        .set((began_at.eq(began_at - long), ends_at.eq(ends_at - long)))
        .execute(&mut conn)
        .expect("it is set back");
}

/// Waits until a caller is refused; it must be within a second.
#[track_caller]
fn is_out_within_a_second(caller: &Caller) {
    let begun = Instant::now();
    while caller.get(ME).status == 200 {
        assert!(begun.elapsed() < Duration::from_secs(1), "it still calls");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(caller.get(ME).problem().1, "unauthenticated");
}

/// Sets the clock of what is stored back, as if time had gone by.
fn age(database: &TestDatabase, sql: &str) {
    let mut conn = db::connect(database.url()).expect("the database opens");
    diesel::RunQueryDsl::execute(diesel::sql_query(sql), &mut conn).expect("it is set back");
}

/// The log's entries, as action and reason.
pub fn log(database: &TestDatabase) -> Vec<(String, String)> {
    use diesel::prelude::*;
    use relief_ledger::db::schema::log_entries::dsl::{body, log_entries, position};
    let mut conn = db::connect(database.url()).expect("the database opens");
    let bodies: Vec<String> = log_entries.order(position).select(body).load(&mut conn).expect("entries");
    let entries = bodies.iter().map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    entries.map(|entry| (word(&entry["action"]), word(&entry["reason"]))).collect()
}

fn last_entry(database: &TestDatabase) -> (String, String) {
    log(database).pop().expect("there are entries")
}

/// Nothing was altered, as far as the log can tell.
#[track_caller]
pub fn verifies(database: &TestDatabase) {
    let (_, report) = verify(database.url(), std::path::Path::new("/nonexistent/keys"));
    assert_eq!(report["count"], 0, "{report:#}");
}

on_both_databases! {
    migrate: migrate;

    fn a_refresh_token_is_good_once_and_its_reuse_ends_the_session(database: &TestDatabase) {
        let server = Server::start(database);
        person(&server, "amina", Role::Officer);
        let first = log_in(&server, "amina");
        assert_eq!(first["refresh_expires_in"].as_u64().map(|left| left / 86_400), Some(13), "two weeks");
        let entries = log(database).len();

        let second = refresh(&server, &first["refresh_token"]).expect(200);
        assert_ne!(first["refresh_token"], second["refresh_token"]);
        assert_ne!(first["access_token"], second["access_token"]);
        assert_eq!(claims(&first)["sid"], claims(&second)["sid"], "the session is the same");
        with(&server, &second).get(ME).expect(200);
        let third = refresh(&server, &second["refresh_token"]).expect(200);
        assert_eq!(log(database).len(), entries, "continuing is no entry of the log");

        // A thief, or the owner after the thief, comes with one that is spent.
        assert_eq!(refresh(&server, &first["refresh_token"]).problem().1, "unauthenticated");
        assert_eq!(refresh(&server, &third["refresh_token"]).problem().1, "unauthenticated");
        for answer in [&first, &second, &third] {
            assert_eq!(with(&server, answer).get(ME).problem().1, "unauthenticated", "at once at this server");
        }
        assert_eq!(last_entry(database), ("session.ended".into(), "a refresh token was used twice".into()));
        verifies(database);
    }

    fn a_lost_reply_is_given_again_for_half_a_minute(database: &TestDatabase) {
        let server = Server::start(database);
        person(&server, "amina", Role::Officer);
        let first = log_in(&server, "amina");
        let second = refresh(&server, &first["refresh_token"]).expect(200);
        let again = refresh(&server, &first["refresh_token"]).expect(200);
        assert_eq!(second["refresh_token"], again["refresh_token"], "the same successor");

        // Once the successor is used nothing was lost, however little time has gone by.
        let third = refresh(&server, &again["refresh_token"]).expect(200);
        let late = refresh(&server, &second["refresh_token"]).expect(200);
        assert_eq!(third["refresh_token"], late["refresh_token"], "the one before is forgiven in turn");
        age(database, "UPDATE session_secrets SET used_at = used_at - 31000000");
        assert_eq!(refresh(&server, &second["refresh_token"]).problem().1, "unauthenticated", "half a minute is over");
        assert_eq!(refresh(&server, &third["refresh_token"]).problem().1, "unauthenticated", "the session has ended");
    }

    fn many_who_refresh_at_once_with_one_token_get_one_successor(database: &TestDatabase) {
        let server = Server::start(database);
        let other = Server::start(database);
        person(&server, "amina", Role::Officer);
        let first = log_in(&server, "amina");
        let answers: Vec<Value> = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..10)
                .map(|index| {
                    let server = if index % 2 == 0 { &server } else { &other };
                    let token = &first["refresh_token"];
                    scope.spawn(move || refresh(server, token).expect(200)["refresh_token"].clone())
                })
                .collect();
            asked.into_iter().map(|one| one.join().expect("it is answered")).collect()
        });
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        refresh(&other, &answers[0]).expect(200);
    }

    fn a_session_lasts_as_long_as_its_role_may_stay(database: &TestDatabase) {
        let server = Server::start(database);
        let user = person(&server, "amina", Role::Officer);
        person(&server, "auditor", Role::Auditor);
        let auditor = log_in(&server, "auditor");
        assert_eq!(auditor["refresh_expires_in"].as_u64().map(|left| left / 3_600), Some(11), "a working day");
        let officer = log_in(&server, "amina");
        let hours = |hours: u64| format!("UPDATE sessions SET began_at = began_at - {0}, ends_at = ends_at - {0}", hours * 3_600_000_000);
        age(database, &hours(13));
        std::thread::sleep(Duration::from_millis(600));
        assert_eq!(with(&server, &auditor).get(ME).status, 401);
        assert_eq!(refresh(&server, &auditor["refresh_token"]).status, 401);
        with(&server, &officer).get(ME).expect(200);
        let officer = refresh(&server, &officer["refresh_token"]).expect(200);

        // Whoever becomes an administrator stays no longer than administrators do.
        let changes = Changes { role: Some(Role::Admin), ..Changes::default() };
        server.record(UserChange { actor: operator(), id: user, read: None, changes });
        is_out_within_a_second(&with(&server, &officer));
        assert_eq!(refresh(&server, &officer["refresh_token"]).status, 401);
        log_in(&server, "amina");
        assert_eq!(last_entry(database).0, "session.started");
    }

    fn logging_out_acts_at_once_here_and_within_a_second_elsewhere(database: &TestDatabase) {
        let (server, other) = two_servers(database);
        person(&server, "amina", Role::Donor);
        let (first, second) = (log_in(&server, "amina"), log_in(&server, "amina"));
        let elsewhere = with(&other, &first);
        elsewhere.get(ME).expect(200);
        let left = with(&server, &first).post("/api/v1/auth/logout", &json!({})).expect(200);
        assert_eq!((&left["ended"], left["receipt"].is_object()), (&json!(1), true));
        assert_eq!(with(&server, &first).get(ME).status, 401);
        is_out_within_a_second(&elsewhere);
        assert_eq!(refresh(&other, &first["refresh_token"]).status, 401);
        with(&other, &second).get(ME).expect(200);
        assert_eq!(last_entry(database), ("session.ended".into(), "logged_out".into()));
        assert_eq!(server.stranger().post("/api/v1/auth/logout", &json!({})).status, 401);
        verifies(database);
    }

    fn sessions_are_seen_and_ended_by_their_user_and_by_administrators(database: &TestDatabase) {
        let (server, other) = two_servers(database);
        let user = person(&server, "amina", Role::Officer);
        let stranger = log_in(&server, { person(&server, "lamin", Role::Officer); "lamin" });
        let admin = server.login_as(Role::Admin);
        let (first, second, third) = (log_in(&server, "amina"), log_in(&server, "amina"), log_in(&server, "amina"));
        let mine = with(&server, &second);
        let listed = mine.get(SESSIONS).expect(200);
        let ids: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        let sid = |answer: &Value| claims(answer)["sid"].as_str().unwrap().to_owned();
        assert_eq!(ids, [sid(&third), sid(&second), sid(&first)], "the newest first, nobody else's");
        let present: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|one| &one["is_this"]).collect();
        assert_eq!(present, [&json!(false), &json!(true), &json!(false)]);
        assert!(listed["items"][0]["last_used_at"].is_string());

        let path = |session: &str| format!("{SESSIONS}/{session}");
        assert_eq!(mine.send("DELETE", &path(&sid(&stranger)), &[], None).status, 404, "another's is missing");
        let missing = mine.send("DELETE", &path(&Uuid::now_v7().to_string()), &[], None);
        assert_eq!(missing.text, mine.send("DELETE", &path(&sid(&stranger)), &[], None).text);
        assert_eq!(mine.send("DELETE", &path(&sid(&first)), &[], None).expect(200)["ended"], 1);
        assert_eq!(mine.send("DELETE", &path(&sid(&first)), &[], None).expect(200)["ended"], 0, "twice is once");
        assert_eq!(with(&server, &first).get(ME).status, 401);
        with(&server, &third).get(ME).expect(200);

        let of_user = format!("/api/v1/users/{user}/sessions");
        assert_eq!(mine.get(&of_user).status, 403);
        assert_eq!(mine.send("DELETE", &of_user, &[], None).status, 403);
        assert_eq!(admin.get(&of_user).expect(200)["items"].as_array().unwrap().len(), 2);
        let wrong = format!("/api/v1/users/{}/sessions/{}", Uuid::now_v7(), sid(&third));
        assert_eq!(admin.send("DELETE", &wrong, &[], None).status, 404);
        let elsewhere = with(&other, &third);
        elsewhere.get(ME).expect(200);
        assert_eq!(admin.send("DELETE", &format!("{of_user}/{}", sid(&third)), &[], None).expect(200)["ended"], 1);
        is_out_within_a_second(&elsewhere);
        assert_eq!(admin.send("DELETE", &of_user, &[], None).expect(200)["ended"], 1);
        assert_eq!(with(&server, &second).get(ME).status, 401);
        assert_eq!(admin.get(&of_user).expect(200)["items"], json!([]));
        assert_eq!(admin.get(&format!("/api/v1/users/{}/sessions", Uuid::now_v7())).status, 404);

        let (one, two) = (log_in(&server, "amina"), log_in(&server, "amina"));
        assert_eq!(with(&server, &one).send("DELETE", SESSIONS, &[], None).expect(200)["ended"], 2);
        assert_eq!(with(&server, &two).get(ME).status, 401);
        verifies(database);
    }

    fn a_new_password_needs_the_old_one_and_ends_all_other_sessions(database: &TestDatabase) {
        let (server, other) = two_servers(database);
        let user = person(&server, "amina", Role::Officer);
        let (mine, another) = (log_in(&server, "amina"), log_in(&server, "amina"));
        let elsewhere = with(&other, &another);
        elsewhere.get(ME).expect(200);
        let change = |old: &str, new: &str| {
            with(&server, &mine).post("/api/v1/auth/password", &json!({"password": old, "new_password": new}))
        };
        let new = "umbrella tin violin march";
        assert_eq!(change("wrong horse battery", new).problem(), (422, "invalid".into(), "/password".into()));
        assert_eq!(change(PASSWORD, "short").problem(), (422, "invalid".into(), "/new_password".into()));
        assert_eq!(change(PASSWORD, "amina has a dog today").problem().2, "/new_password", "the login is in it");
        change(PASSWORD, new).expect(200);
        with(&server, &mine).get(ME).expect(200);
        is_out_within_a_second(&elsewhere);
        assert_eq!(refresh(&server, &another["refresh_token"]).status, 401);
        let login = |password: &str| server.stranger().post(LOGIN, &json!({"login": "amina", "password": password})).status;
        assert_eq!((login(PASSWORD), login(new)), (401, 200));

        // By an administrator: nobody stays.
        let admin = server.login_as(Role::Admin);
        let path = format!("/api/v1/users/{user}");
        admin.patch(&path, 2, &json!({"password": "violin tin umbrella march"})).refused("invalid", &["/password"]);
        let link = admin.post(&format!("{path}/reset"), &json!({})).expect(201)["token"].clone();
        let answer = json!({"token": link, "password": "violin tin umbrella march"});
        server.stranger().post("/api/v1/auth/invitations/accept", &answer).expect(200);
        assert_eq!(with(&server, &mine).get(ME).status, 401);
        let refused = admin.post(&format!("/api/v1/users/{}/reset", admin.user.unwrap()), &json!({}));
        assert_eq!(refused.problem().1, "wrong_state", "the own one needs the present one");
        verifies(database);
    }

    fn whoever_is_disabled_and_enabled_again_logs_in_anew(database: &TestDatabase) {
        let (server, other) = two_servers(database);
        let user = person(&server, "amina", Role::Officer);
        let session = log_in(&server, "amina");
        let elsewhere = with(&other, &session);
        elsewhere.get(ME).expect(200);
        let admin = server.login_as(Role::Admin);
        let path = format!("/api/v1/users/{user}");
        admin.patch(&path, 1, &json!({"disabled": true})).expect(200);
        assert_eq!(with(&server, &session).get(ME).status, 401);
        is_out_within_a_second(&elsewhere);
        assert_eq!(refresh(&server, &session["refresh_token"]).status, 401);
        admin.patch(&path, 2, &json!({"disabled": false})).expect(200);
        assert_eq!(with(&server, &session).get(ME).status, 401, "the old session stays over");
        with(&server, &log_in(&server, "amina")).get(ME).expect(200);
        verifies(database);
    }

    fn the_hundred_and_first_session_ends_the_oldest(database: &TestDatabase) {
        let server = Server::start_with(database, |settings: &mut Settings| settings.throttle = None);
        let user = person(&server, "amina", Role::Officer);
        let sessions: Vec<Value> = (0..3).map(|_| log_in(&server, "amina")).collect();
        server.record(ManySessions { user, count: 97 });
        let last = log_in(&server, "amina");
        let statuses: Vec<u16> = sessions.iter().map(|one| with(&server, one).get(ME).status).collect();
        assert_eq!(statuses, [401, 200, 200]);
        let listed = with(&server, &last).get(SESSIONS).expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 100);
        verifies(database);
    }

    fn a_browser_has_a_cookie_that_only_pages_of_this_server_may_use(database: &TestDatabase) {
        let server = Server::start(database);
        person(&server, "amina", Role::Officer);
        let own = format!("http://{}", server.address());
        let answered = cookie_login(&server, "amina", &[("Origin", &own)]).expect(200);
        assert_eq!((&answered["token_type"], answered.get("access_token"), answered.get("refresh_token")), (&json!("Cookie"), None, None));
        let foreign = cookie_login(&server, "amina", &[("Origin", "https://evil.example")]);
        assert_eq!(foreign.problem(), (403, "other_origin".into(), String::new()));
        assert_eq!(foreign.header("set-cookie"), None);
        assert_eq!(cookie_login(&server, "amina", &[]).problem().1, "other_origin", "no browser sends no word of it");

        let cookie = format!("a=b; __Host-relief-session={}", cookie_of(&server, "amina"));
        let stranger = server.stranger();
        let read = |headers: &[(&str, &str)]| {
            stranger.send("GET", ME, &[&[("Cookie", cookie.as_str())], headers].concat(), None).status
        };
        assert_eq!(read(&[]), 200, "reading changes nothing");
        let write = |headers: &[(&str, &str)]| {
            let all = [&[("Cookie", cookie.as_str()), ("Content-Type", "application/json")], headers].concat();
            let reply = stranger.send("POST", "/api/v1/loads", &all, Some("{}"));
            (reply.status, reply.problem().1)
        };
        let taken = (422, "invalid".to_owned());
        let refused = (403, "other_origin".to_owned());
        let origin = |value: &str| write(&[("Origin", value)]);
        assert_eq!(origin(&own), taken);
        assert_eq!(origin(&own.replace("http:", "https:")), taken, "TLS may end before this server");
        assert_eq!(write(&[("Origin", &own), ("Sec-Fetch-Site", "same-origin")]), taken);
        assert_eq!(write(&[("Sec-Fetch-Site", "same-origin")]), taken);
        for wrong in ["null", "", "https://evil.example", "http://127.0.0.1", "http://127.0.0.1:1", &format!("{own}.evil.example"), &format!("{own}/"), &format!("ftp://{}", server.address()), &format!("http://user@{}", server.address())] {
            assert_eq!(origin(wrong), refused, "{wrong}");
        }
        for site in ["cross-site", "same-site", "none", ""] {
            assert_eq!(write(&[("Origin", &own), ("Sec-Fetch-Site", site)]), refused, "{site}");
        }
        assert_eq!(write(&[]), refused, "neither header");
        assert_eq!(write(&[("Origin", &own), ("Origin", "https://evil.example")]), refused);

        // An Authorization header alone counts, whoever's the cookie is.
        let lamin = server.login_as(Role::Admin);
        let bearer = format!("Bearer {}", lamin.token.as_deref().unwrap());
        let both = [("Cookie", cookie.as_str()), ("Authorization", bearer.as_str())];
        let me = stranger.send("GET", ME, &both, None).expect(200);
        assert_eq!(me["user"]["id"], lamin.user.unwrap().to_string());
        let both = [&both[..], &[("Content-Type", "application/json")]].concat();
        assert_eq!(stranger.send("POST", "/api/v1/loads", &both, Some("{}")).problem().1, "forbidden", "as the administrator");

        let listed = stranger.send("GET", SESSIONS, &[("Cookie", &cookie)], None).expect(200);
        assert_eq!((&listed["items"][0]["kind"], &listed["items"][0]["is_this"]), (&json!("cookie"), &json!(true)));
        // That it is in use is noted now and then, and no entry of the log.
        let entries = log(database).len();
        age(database, "UPDATE session_secrets SET used_at = 0");
        std::thread::sleep(Duration::from_millis(600));
        let begun = Instant::now();
        let used = || stranger.send("GET", SESSIONS, &[("Cookie", &cookie)], None).expect(200)["items"][0]["last_used_at"].clone();
        while used().as_str().unwrap().starts_with("1970") {
            assert!(begun.elapsed() < Duration::from_secs(5), "it is not noted");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(log(database).len(), entries);
        let out = stranger.send("POST", "/api/v1/auth/logout", &[("Cookie", &cookie), ("Origin", &own)], None);
        assert_eq!(out.expect(200)["ended"], 1);
        assert!(out.header("set-cookie").unwrap().starts_with("__Host-relief-session=; Path=/; Max-Age=0;"));
        assert_eq!(read(&[]), 401);
        verifies(database);
    }

    fn the_public_origin_is_the_only_one_where_it_is_said(database: &TestDatabase) {
        let server = Server::start_with(database, |settings: &mut Settings| {
            settings.public_origin = Some("https://relief.example.org".to_owned());
        });
        person(&server, "amina", Role::Officer);
        let status = |origin: &str| cookie_login(&server, "amina", &[("Origin", origin)]).status;
        assert_eq!(status("https://relief.example.org"), 200);
        assert_eq!(status("http://relief.example.org"), 403);
        assert_eq!(status(&format!("http://{}", server.address())), 403);
    }

    fn an_invited_user_without_a_password_is_let_in_by_none(database: &TestDatabase) {
        let server = Server::start(database);
        let user = NewUser {
            id: UserId(Uuid::now_v7()),
            login: "nobody".to_owned(),
            name: "Nobody yet".to_owned(),
            password_hash: NO_PASSWORD.to_owned(),
            role: Role::Officer,
            organization: None,
            countries: Vec::new(),
        };
        server.record(UserAdd { actor: operator(), user: server.sealed(user) });
        for password in [NO_PASSWORD, "", "correct horse battery"] {
            let reply = server.stranger().post(LOGIN, &json!({"login": "nobody", "password": password}));
            assert_eq!(reply.problem().1, "unauthenticated");
        }
    }
}

/// Two processes on one database that share the keys.
fn two_servers(database: &TestDatabase) -> (Server, Server) {
    let server = Server::start(database);
    let keys = server.key_folder();
    let other = Server::start_with(database, |settings: &mut Settings| settings.keys = keys);
    (server, other)
}

/// Sessions that began elsewhere.
struct ManySessions {
    user: UserId,
    count: usize,
}

impl relief_ledger::writer::Update for ManySessions {
    type Answer = ();

    fn actor(&self) -> &relief_ledger::writer::Actor {
        static ACTOR: std::sync::OnceLock<relief_ledger::writer::Actor> = std::sync::OnceLock::new();
        ACTOR.get_or_init(operator)
    }

    fn decide(&self, desk: &mut relief_ledger::writer::Desk) -> Result<(), relief_ledger::writer::Refusal> {
        use relief_ledger::auth::{Session, SessionKind};
        use relief_ledger::core::id::SessionId;
        use relief_ledger::writer::{Drawer, Entry};
        let entry =
            Entry { action: "session.started".to_owned(), kind: "user", id: self.user.0, reason: None };
        let now = desk.begin(entry).recorded_at;
        for _ in 0..self.count {
            let id = SessionId(Uuid::now_v7());
            let session = Session::begin(id, self.user, SessionKind::Token, Role::Officer, now);
            desk.shelf::<Drawer<Session>>().put(session);
        }
        Ok(())
    }
}
