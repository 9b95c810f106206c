//! Reading from a copy of the database on another machine: what may be a little late comes from there, never later than
//! was said, and never what somebody is known by or a change is decided on.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use relief_ledger::app::{self, Layer, Settings};
use relief_ledger::auth::Role;
use relief_ledger::db::{Replica, SILENCE, Standing};
use serde_json::{Value, json};

use crate::papers::files::photo;
use crate::stories::scene::Scene;
use crate::support::postgres::PostgresDatabase;
use crate::support::proxy::{Mode, Proxy};
use crate::support::server::{Caller, Server, migrate};
use crate::support::{TestDatabase, until};

const ORGANIZATIONS: &str = "/api/v1/organizations";

fn replica(url: &str, lag: Duration) -> impl FnOnce(&mut Settings) {
    let url = url.to_owned();
    move |settings| settings.replica = Some((url, lag))
}

fn standing(server: &Server) -> Value {
    server.stranger().get("/health/ready").expect(200)["replica"].clone()
}

fn wait_for(server: &Server, status: &str) {
    until(status, || (standing(server)["status"] == status).then_some(()));
}

/// A figure of the server's own.
fn figure(server: &Server, name: &str) -> f64 {
    let text = server.stranger().get("/metrics").text;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// Requests answered from the replica so far, and those that might have been.
fn counts(server: &Server) -> (f64, f64) {
    let of = |to: &str| figure(server, &format!("relief_replica_requests{{to=\"{to}\"}}"));
    (of("replica"), of("database"))
}

/// The same caller at a server that was started anew.
fn at(server: &Server, caller: &Caller) -> Caller {
    Caller { address: server.address(), ..caller.clone() }
}

fn organization(admin: &Caller, name: &str) -> (String, i64) {
    let made = admin.post(ORGANIZATIONS, &json!({"name": name, "country": "GM", "donor": true})).expect(201);
    let leaf = made["receipt"]["leaf_index"].as_i64().expect("an update names its place in the log");
    (format!("{ORGANIZATIONS}/{}", made["id"].as_str().expect("an id")), leaf + 1)
}

#[test]
fn what_may_be_a_little_late_is_read_from_the_replica_and_nothing_else() {
    let database = TestDatabase::postgres(migrate);
    // A database is as fresh as itself.
    let server = Server::start_with(&database, replica(database.url(), Duration::from_secs(60)));
    let (admin, auditor) = (server.login_as(Role::Admin), server.login_as(Role::Auditor));
    let (path, _) = organization(&admin, "Hainan");
    wait_for(&server, "serving");
    let before = counts(&server);
    for path in [ORGANIZATIONS, &path, "/api/v1/items", "/api/v1/countries"] {
        admin.get(path).expect(200);
    }
    auditor.get("/api/v1/totals?group_by=item").expect(200);
    assert_eq!(server.stranger().get("/api/v1/tracking/7KQ2-M9XD-4TRF").status, 404);
    assert_eq!(counts(&server), (before.0 + 6.0, before.1));
    for path in ["/api/v1/users", "/api/v1/auth/me", "/api/v1/auth/sessions", "/api/v1/api-keys"] {
        admin.get(path).expect(200);
    }
    assert_eq!(server.stranger().get("/api/v1/pledge-links/7KQ2-M9XD-4TRF").status, 404);
    for path in ["/api/v1/audit/entries", "/api/v1/documents"] {
        auditor.get(path).expect(200);
    }
    until("a checkpoint", || (admin.get("/api/v1/audit/checkpoint").status == 200).then_some(()));
    organization(&admin, "Yunnan");
    assert_eq!(counts(&server), (before.0 + 6.0, before.1), "these are never late");
    assert_eq!(figure(&server, "relief_replica_serving"), 1.0);
    assert!(figure(&server, "relief_replica_age_seconds") < 30.0);
}

#[test]
fn what_is_never_read_from_a_replica_is_what_callers_are_known_by_what_may_be_withdrawn_and_what_is_signed() {
    let routes = app::routes();
    let mut never: Vec<&str> = routes
        .declared()
        .filter(|(method, path, access)| {
            method.as_str() == "GET" && path.starts_with("/api/v1/") && !access.may_be_late()
        })
        .map(|(_, path, _)| path.trim_start_matches("/api/v1/"))
        .collect();
    never.sort_unstable();
    let expected = [
        "access-review",
        "api-keys",
        "api-keys/{id}",
        "attachments/{id}",
        "attachments/{id}/content",
        "audit/checkpoint",
        "audit/consistency",
        "audit/entries",
        "audit/proof/{index}",
        "audit/sample",
        "audit/tile/entries/{tile}",
        "audit/tile/{level}/{tile}",
        "auth/me",
        "auth/sessions",
        "documents",
        "documents/{id}",
        "documents/{id}/paper",
        "exports",
        "exports/{kind}",
        "highlights",
        "imports",
        "imports/templates/{file}",
        "imports/{id}",
        "imports/{id}/columns",
        "imports/{id}/rows",
        "pledge-links/{code}",
        "pledge-links/{code}/trace",
        "public/do-not-send",
        "public/needs",
        "users",
        "users/{id}",
        "users/{id}/sessions",
    ];
    assert_eq!(never, expected);
}

/// A server with a replica that stands still from now on, and an administrator; the copy lasts as long as it is held.
fn beside_a_copy_that_stands_still(
    database: &TestDatabase,
    lag: Duration,
) -> (Server, Caller, PostgresDatabase) {
    let server = Server::start(database);
    let admin = server.login_as(Role::Admin);
    organization(&admin, "Hainan");
    let (server, copy) = copied(database, server, lag);
    let admin = at(&server, &admin);
    (server, admin, copy)
}

/// A server as it goes on beside a replica that stands still from now on.
fn copied(database: &TestDatabase, server: Server, lag: Duration) -> (Server, PostgresDatabase) {
    let TestDatabase::Postgres(original) = database else { panic!("only PostgreSQL has replicas") };
    let mut copy = None;
    let server = server.restart_with(|settings| {
        let made = original.copy();
        settings.replica = Some((made.url().to_owned(), lag));
        copy = Some(made);
    });
    wait_for(&server, "serving");
    (server, copy.expect("a copy was made"))
}

#[test]
fn what_was_revoked_or_withdrawn_a_moment_ago_is_not_read_from_a_replica() {
    let database = TestDatabase::postgres(migrate);
    let scene = Scene::new(&database);
    let donor = scene.organization("Hainan", "CN");
    let store = scene.site("Beijing", "warehouse", "CN");
    let pledge = format!("/api/v1/pledges/{}", scene.in_store(&donor, &store, 100));
    let donor = scene.house.login_bound(Role::Donor, Some(donor.parse().expect("an id")), None);
    let link = scene.officer.post(&format!("{pledge}/link"), &Value::Null).expect(201)["path"].clone();
    let link = link.as_str().expect("a path");
    let photo =
        scene.officer.upload("/api/v1/attachments", "image/jpeg", &photo(1)).expect(201)["id"].clone();
    let photo = format!("/api/v1/attachments/{}", photo.as_str().expect("an id"));
    scene.officer.patch(&photo, 1, &json!({"shareable": true})).expect(200);
    let paper = json!({"kind": "grn", "site": store, "issued_on": "2020-07-12", "pledge": &pledge[16..],
        "attachments": [&photo[20..]], "shareable": true});
    scene.officer.post("/api/v1/documents", &paper).expect(201);

    let (server, _copy) = copied(&database, scene.house, Duration::from_secs(3_600));
    let [officer, donor] = [&scene.officer, &donor].map(|caller| at(&server, caller));
    let content = format!("{photo}/content");
    server.stranger().get(link).expect(200);
    assert_eq!((donor.get(&photo).status, donor.get(&content).status), (200, 200));
    officer.send("DELETE", &format!("{pledge}/link"), &[], None).expect(200);
    officer.patch(&photo, 2, &json!({"shareable": false})).expect(200);
    assert_eq!(
        officer.get(&pledge).expect(200)["has_link"],
        true,
        "figures are of the copy, which stands still"
    );
    assert_eq!(server.stranger().get(link).status, 404);
    assert_eq!((donor.get(&photo).status, donor.get(&content).status), (404, 404));
}

#[test]
fn a_replica_that_fell_behind_is_not_read() {
    let database = TestDatabase::postgres(migrate);
    let (server, admin, _copy) = beside_a_copy_that_stands_still(&database, Duration::from_secs(1));
    let (path, sequence) = organization(&admin, "Yunnan");
    wait_for(&server, "late");
    assert_eq!(standing(&server)["sequence"], sequence - 1, "what it holds is told");
    let before = counts(&server);
    admin.get(&path).expect(200);
    assert_eq!(counts(&server), (before.0, before.1 + 1.0));
    assert_eq!(figure(&server, "relief_replica_serving"), 0.0);
    assert_eq!(server.stranger().get("/health/ready").expect(200)["status"], "ok");
}

#[test]
fn a_caller_reads_what_it_wrote_by_naming_its_sequence() {
    let database = TestDatabase::postgres(migrate);
    // The age is what keeps late figures away: with an hour of it the copy that stands still is read.
    let (_server, admin, _copy) = beside_a_copy_that_stands_still(&database, Duration::from_secs(3_600));
    let (path, sequence) = organization(&admin, "Yunnan");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        assert_eq!(admin.get(&path).status, 404, "an hour is allowed");
        std::thread::sleep(Duration::from_millis(200));
    }
    let naming = |sequence: i64| {
        let number = sequence.to_string();
        admin.send("GET", &path, &[("Relief-At-Least", number.as_str())], None)
    };
    assert_eq!(naming(sequence - 1).status, 404);
    assert_eq!(naming(sequence).expect(200)["name"], "Yunnan");
    let reply = admin.send("GET", &path, &[("Relief-At-Least", "soon")], None);
    assert_eq!(reply.problem().0, 400, "{}", reply.text);
    assert!(reply.text.contains("soon") && reply.text.contains("4711"), "{}", reply.text);
    // What a change is decided on is not late: the copy knows nothing of it.
    admin.patch(&path, 1, &json!({"name": "Yunnan province"})).expect(200);
}

#[test]
fn a_page_that_is_read_from_a_replica_is_hinted_of_what_the_replica_lacks() {
    let database = TestDatabase::postgres(migrate);
    let (server, admin, _copy) = beside_a_copy_that_stands_still(&database, Duration::from_secs(3_600));
    let officer = server.login_as(Role::Officer);
    let (_, sequence) = organization(&admin, "Yunnan");
    let held = standing(&server)["sequence"].as_i64().expect("what it holds is told");
    assert!(held < sequence, "{held}, {sequence}");
    // Up to which entry a page says that it shows everything.
    let after = |at_least: i64| {
        let number = at_least.to_string();
        let page = officer.send("GET", "/board", &[("Relief-At-Least", number.as_str())], None);
        assert_eq!(page.status, 200, "{}", page.text);
        let told = page.text.split("data-after=\"").nth(1).and_then(|rest| rest.split('"').next());
        told.and_then(|told| told.parse::<i64>().ok()).unwrap_or_else(|| panic!("no entry: {}", page.text))
    };
    // The twin: what the database answers shows what it knows, so that it is not said of every page.
    until("the entry in the stream", || (after(sequence) >= sequence).then_some(()));
    assert_eq!(after(held), held);
}

#[test]
fn what_another_server_holds_than_the_one_that_is_watched_is_not_read() {
    let database = TestDatabase::postgres(migrate);
    let TestDatabase::Postgres(original) = &database else { panic!("only PostgreSQL has replicas") };
    let server = Server::start(&database);
    let admin = server.login_as(Role::Admin);
    let way = Proxy::before(original.url());
    let mut copy = None;
    let server = server.restart_with(|settings| {
        copy = Some(original.copy());
        replica(way.url(), Duration::from_secs(60))(settings);
    });
    let (admin, copy) = (at(&server, &admin), copy.expect("a copy was made"));
    wait_for(&server, "serving");
    // Whoever watches stays where it is; whoever reads comes to a copy that stands still.
    way.lead_to(copy.url());
    let (path, sequence) = organization(&admin, "Yunnan");
    until("the update in the replica", || {
        (standing(&server)["sequence"].as_i64() >= Some(sequence)).then_some(())
    });
    let before = counts(&server);
    assert_eq!(admin.get(&path).expect(200)["name"], "Yunnan");
    assert_eq!(counts(&server).0, before.0 + 1.0, "it was let in by what was seen");
}

#[test]
fn a_replica_that_holds_less_than_before_is_as_old_as_what_it_holds_now() {
    let settings = relief_ledger::db::Settings { url: "postgres://nobody@127.0.0.1:1/none".to_owned() };
    let replica = Replica::new(settings, Duration::from_secs(3_600)).expect("a pool");
    assert_eq!((replica.standing(), replica.admits(0)), (Standing::Late, None));
    let now = Instant::now();
    replica.holds(10, Some(now));
    assert_eq!(
        (replica.standing(), replica.admits(10), replica.admits(11)),
        (Standing::Serving, Some(10), None)
    );
    replica.holds(12, None);
    assert_eq!(replica.admits(10), Some(12), "what was shown once stays so");
    replica.holds(7, None);
    assert_eq!((replica.standing(), replica.admits(0)), (Standing::Late, None));
    replica.holds(7, Some(now));
    assert_eq!(replica.admits(0), Some(7));
}

#[test]
fn a_replica_of_another_ledger_is_never_read() {
    let (database, other) = (TestDatabase::postgres(migrate), TestDatabase::postgres(migrate));
    Server::start(&other).stop();
    let server = Server::start_with(&database, replica(other.url(), Duration::from_secs(3_600)));
    wait_for(&server, "strange");
    let admin = server.login_as(Role::Admin);
    let (path, _) = organization(&admin, "Hainan");
    admin.get(&path).expect(200);
    assert_eq!(counts(&server).0, 0.0);
}

#[test]
fn a_replica_of_another_past_is_never_read() {
    let database = TestDatabase::postgres(migrate);
    let (server, admin, copy) = beside_a_copy_that_stands_still(&database, Duration::from_secs(3_600));
    // Somebody made the copy a database of its own: both go on, each for itself, under the same name. It is shorter than the
    // database at first, and later longer.
    let other = TestDatabase::Postgres(copy);
    let promoted = Server::start(&other);
    promoted.login_as(Role::Officer);
    organization(&admin, "Yunnan");
    organization(&admin, "Guangdong");
    wait_for(&server, "strange");
    promoted.login_as(Role::Officer);
    promoted.login_as(Role::Officer);
    std::thread::sleep(Duration::from_secs(1));
    assert_ne!(standing(&server)["status"], "serving");
    promoted.stop();
}

#[test]
fn a_replica_that_goes_on_by_itself_ages() {
    let database = TestDatabase::postgres(migrate);
    let (server, _, copy) = beside_a_copy_that_stands_still(&database, Duration::from_secs(2));
    // The database stands still: all it has is in the copy, and the copy has what the database has not.
    let other = TestDatabase::Postgres(copy);
    let promoted = Server::start(&other);
    promoted.login_as(Role::Officer);
    wait_for(&server, "late");
    promoted.stop();
}

#[test]
fn a_replica_out_of_reach_keeps_nobody_from_starting_or_reading() {
    let database = TestDatabase::postgres(migrate);
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let nowhere = format!("postgres://postgres@127.0.0.1:{port}/relief");
    let server = Server::start_with(&database, replica(&nowhere, Duration::from_secs(60)));
    wait_for(&server, "unreachable");
    let admin = server.login_as(Role::Admin);
    let (path, _) = organization(&admin, "Hainan");
    let begun = Instant::now();
    admin.get(&path).expect(200);
    assert!(begun.elapsed() < Duration::from_secs(3), "nobody waits for it: {:?}", begun.elapsed());
}

#[test]
fn where_the_database_is_gone_reading_goes_on_from_the_replica_within_its_lag() {
    const LAG: Duration = Duration::from_secs(12);
    let database = TestDatabase::postgres(migrate);
    let proxy = Proxy::before(database.url());
    let server = Server::start_with(&database, |settings| {
        replica(database.url(), LAG)(settings);
        settings.database_url = proxy.url().to_owned();
    });
    let (admin, unknown) = (server.login_as(Role::Admin), server.login_as(Role::Admin));
    let (path, sequence) = organization(&admin, "Hainan");
    wait_for(&server, "serving");
    until("the update in the replica", || {
        (standing(&server)["sequence"].as_i64() >= Some(sequence)).then_some(())
    });
    admin.get(&path).expect(200);
    proxy.set(Mode::Gone);
    let begun = Instant::now();
    // Health asks a database that just went, which takes its time; so does whoever comes in the first moments.
    until("reads only", || {
        let ready = server.stranger().get("/health/ready");
        (ready.status == 200 && ready.json()["status"] == "reads_only").then_some(())
    });
    assert!(begun.elapsed() >= SILENCE);
    let asked = Instant::now();
    assert_eq!(admin.get(&path).expect(200)["name"], "Hainan");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert_eq!(figure(&server, "relief_database_gone"), 1.0);
    std::thread::scope(|scope| {
        // Nobody is looked up in a replica, and nothing is recorded without the database.
        scope.spawn(|| assert_eq!(unknown.get(&path).problem().0, 503));
        scope.spawn(|| {
            let reply = admin.post(ORGANIZATIONS, &json!({"name": "Yunnan", "country": "GM", "donor": true}));
            assert_eq!(reply.problem().0, 503, "{}", reply.text);
        });
    });
    std::thread::sleep(LAG.saturating_sub(begun.elapsed()));
    until("the end of the lag", || (server.stranger().get("/health/ready").status == 503).then_some(()));
    let reply = server.stranger().get("/api/v1/tracking/7KQ2-M9XD-4TRF");
    assert_eq!(reply.problem().0, 503, "{}", reply.text);
    assert!(reply.text.contains("its replica is older than 12 s"), "{}", reply.text);
    assert_eq!(admin.get(&path).status, 503);
    proxy.set(Mode::Pass);
    until("the database again", || (server.stranger().get("/health/ready").status == 200).then_some(()));
    admin.get(&path).expect(200);
    organization(&admin, "Yunnan");
}

#[test]
fn a_replica_is_said_beside_a_postgres_database_with_a_lag_that_can_be() {
    let replica = || Some("postgres://relief@db2/relief".to_owned());
    let database_url = || Some("postgres://relief@db1/relief".to_owned());
    let base = || Layer { database_url: database_url(), read_database_url: replica(), ..Layer::default() };
    base().check().expect("a replica");
    assert_eq!(base().settings().replica, Some((replica().expect("a URL"), Duration::from_secs(10))));
    let hour = Layer { read_lag_seconds: Some(3_600), ..base() };
    hour.check().expect("an hour");
    assert_eq!(hour.settings().replica.expect("a replica").1, Duration::from_secs(3_600));
    for (layer, word) in [
        (Layer { read_lag_seconds: Some(0), ..base() }, "0 is no lag"),
        (Layer { read_lag_seconds: Some(3_601), ..base() }, "1 to 3600"),
        (Layer { read_lag_seconds: Some(5), ..Layer::default() }, "needs a replica"),
    ] {
        let problem = layer.check().expect_err(word);
        assert_eq!(problem.errors[0].pointer, "/read_lag_seconds", "{problem}");
        assert!(problem.detail.contains(word), "{problem}");
    }
    for (layer, word) in [
        (Layer { database_url: None, ..base() }, "database_url is none"),
        (Layer { read_database_url: Some("sqlite://copy.db".to_owned()), ..base() }, "a standby"),
    ] {
        let problem = app::start(layer.settings()).err().expect(word);
        assert_eq!(problem.errors[0].pointer, "/read_database_url", "{problem}");
        assert!(problem.detail.contains(word), "{problem}");
    }
    // What a flag says goes before what the file says.
    let flag = Layer { read_lag_seconds: Some(2), ..Layer::default() };
    let file = Layer { read_lag_seconds: Some(7), ..base() };
    assert_eq!(flag.over(file).settings().replica.expect("a replica").1, Duration::from_secs(2));
}

#[test]
fn the_settings_of_the_recipe_are_settings() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/cluster/relief.toml");
    let layer = Layer::file(&path).expect("the file has settings only");
    layer.check().expect("they can be");
    let (url, lag) = layer.settings().replica.expect("it names a replica");
    assert_eq!(
        (url.as_str(), lag),
        ("postgres://relief@127.0.0.1:6432/relief_read", Duration::from_secs(10))
    );
}
