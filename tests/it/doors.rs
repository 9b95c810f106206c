//! The doors of the house: what strangers can wear out, and what a bound account cannot reach.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream};
use std::time::{Duration, Instant};

use relief_ledger::audit::note::VerifierKey;
use relief_ledger::audit::receipt::Receipt;
use relief_ledger::auth::{Auth, Passwords, Role};
use relief_ledger::core::id::OrganizationId;
use relief_ledger::core::problem::Code;
use relief_ledger::db::{Database, Settings};
use serde_json::json;

use crate::sessions::{PASSWORD, person};
use crate::stories::scene::{Scene, event, id};
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate};

fn bound_to(scene: &Scene, role: Role, organization: &str) -> Caller {
    scene.house.login_bound(role, Some(OrganizationId(organization.parse().expect("an id"))), None)
}

on_both_databases! {
    migrate: migrate;

    fn an_officer_reserves_only_what_is_within_reach(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (ours, theirs) = (scene.organization("Ours", "SN"), scene.organization("Theirs", "KE"));
        let store = json!({"name": "Their store", "kind": "warehouse", "country": "KE", "operator": theirs});
        let store = scene.admin.post("/api/v1/sites", &store).expect(201)["id"].as_str().expect("an id").to_owned();
        let city = scene.site("Dakar", "city", "SN");
        let pledge = scene.in_store(&theirs, &store, 100);
        let (unmoved, _) = scene.accepted(&theirs, 40);
        let officer = bound_to(&scene, Role::Officer, &ours);
        let open = json!({"programme": scene.programme, "consignor": ours, "consignee": ours, "origin": store,
            "destination": city, "legs": [{"mode": "road", "from": store, "to": city}]});
        let consignment = officer.post("/api/v1/consignments", &open).expect(201)["id"].clone();
        let take = |body| officer.post("/api/v1/events", &event(&id(), "allocated", "2020-08-01", body));
        let line = scene.line(60);
        take(json!({"consignment": consignment, "site": store, "lines": [line]})).refused("not_found", &[]);
        take(json!({"consignment": consignment, "site": store, "pledge": pledge, "lines": [line]})).refused("not_found", &[]);
        take(json!({"consignment": consignment, "pledge": unmoved, "lines": [line]})).refused("not_found", &[]);
        take(json!({"consignment": consignment, "lines": [line]})).refused("invalid", &["/pledge"]);
        let stock = scene.officer.get(&format!("/api/v1/sites/{store}/stock")).expect(200);
        assert_eq!(stock["items"][0]["free"], 100, "{stock}");
        let (own, _) = scene.accepted(&ours, 60);
        take(json!({"consignment": consignment, "pledge": own, "lines": [line]})).expect(201);
        scene.closes();
    }

    fn being_party_to_a_consignment_takes_nothing_that_is_not_reserved_for_it(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (ours, theirs) = (scene.organization("Ours", "SN"), scene.organization("Theirs", "KE"));
        let run_by = |name: &str, operator: &str| {
            let store = json!({"name": name, "kind": "warehouse", "country": "KE", "operator": operator});
            scene.admin.post("/api/v1/sites", &store).expect(201)["id"].as_str().expect("an id").to_owned()
        };
        let (store, own) = (run_by("Their store", &theirs), run_by("Our store", &ours));
        let city = scene.site("Dakar", "city", "SN");
        scene.in_store(&theirs, &store, 100);
        scene.in_store(&ours, &own, 100);
        scene.accepted(&theirs, 40);
        let officer = bound_to(&scene, Role::Officer, &ours);
        let open = |from: &str| {
            let body = json!({"programme": scene.programme, "consignor": theirs, "consignee": ours, "origin": from,
                "destination": city, "legs": [{"mode": "road", "from": from, "to": city}]});
            let opened = officer.post("/api/v1/consignments", &body).expect(201);
            let legs = officer.get(&format!("/api/v1/consignments/{}/legs", opened["id"].as_str().expect("an id"))).expect(200);
            (opened["id"].clone(), legs["items"][0]["id"].clone())
        };
        let does = |kind: &str, body| officer.post("/api/v1/events", &event(&id(), kind, "2020-08-01", body));
        let (consignment, leg) = open(&store);
        let goods = json!([scene.line(10)]);
        does("departed", json!({"consignment": consignment, "leg": leg, "lines": goods})).refused("insufficient", &["/lines/0/quantity"]);
        let came = json!({"consignment": consignment, "leg": leg, "final": true, "lines": [{"item": scene.masks, "good": 10}]});
        assert!(does("received", came).status >= 400, "nothing was sent that could have come");
        does("delivered", json!({"consignment": consignment, "site": store, "consignee": ours, "lines": goods}))
            .refused("not_found", &[]);
        // A correction is about what it says the event should have been about.
        let (ours_to_fill, _) = open(&own);
        let taken = does("allocated", json!({"consignment": ours_to_fill, "site": own, "lines": goods})).expect(201);
        let right = json!({"consignment": ours_to_fill, "site": store, "lines": goods});
        does("corrected", json!({"event": taken["id"], "right": right, "reason": "typing error"})).refused("not_found", &[]);
        let stock = scene.officer.get(&format!("/api/v1/sites/{store}/stock")).expect(200);
        assert_eq!(stock["items"][0]["free"], 100, "{stock}");
        // What its own people reserve may leave.
        scene.does("allocated", "2020-08-01", json!({"consignment": consignment, "site": store, "lines": goods})).expect(201);
        does("departed", json!({"consignment": consignment, "leg": leg, "lines": goods})).expect(201);
        scene.closes();
    }

    fn a_bound_account_opens_and_offers_nothing_it_could_not_read_afterwards(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (ours, theirs) = (scene.organization("Ours", "SN"), scene.organization("Theirs", "KE"));
        let (nairobi, mombasa) = (scene.site("Nairobi", "warehouse", "KE"), scene.site("Mombasa", "city", "KE"));
        let officer = bound_to(&scene, Role::Officer, &ours);
        let in_senegal = scene.house.login_bound(Role::Officer, None, Some("SN"));
        let open = json!({"programme": scene.programme, "consignor": theirs, "consignee": theirs, "origin": nairobi,
            "destination": mombasa, "legs": [{"mode": "road", "from": nairobi, "to": mombasa}]});
        let offer = |donor: &str| json!({"programme": scene.programme, "donor": donor, "offered_at": "2020-07-01",
            "lines": [{"item": scene.masks, "quantity": 5}]});
        for bound in [&officer, &in_senegal] {
            bound.post("/api/v1/consignments", &open).refused("invalid", &["/consignee"]);
        }
        officer.post("/api/v1/pledges", &offer(&theirs)).refused("invalid", &["/donor"]);
        in_senegal.post("/api/v1/pledges", &offer(&ours)).refused("invalid", &["/lines/0/earmark_country"]);
        let pledge = officer.post("/api/v1/pledges", &offer(&ours)).expect(201)["id"].clone();
        officer.get(&format!("/api/v1/pledges/{}", pledge.as_str().expect("an id"))).expect(200);
        let manager = bound_to(&scene, Role::Manager, &ours);
        manager.patch(&format!("/api/v1/programmes/{}", scene.programme), 1, &json!({"sensitive": false})).refused("forbidden", &[]);
        bound_to(&scene, Role::Auditor, &ours).get("/api/v1/audit/entries").refused("forbidden", &[]);
        scene.auditor.get("/api/v1/audit/entries").expect(200);
    }

    fn a_character_no_database_keeps_is_refused_where_it_stands(database: &TestDatabase) {
        let scene = Scene::new(database);
        let stranger = scene.house.stranger();
        stranger.post_text("/api/v1/auth/login", r#"{"login":"a\u0000b","password":"x"}"#).refused("invalid", &["/login"]);
        stranger.post_text("/api/v1/auth/login", r#"{"login":"a\\u0000b","password":"x"}"#).refused("unauthenticated", &[]);
        scene.officer.get("/api/v1/items?category=%00").refused("invalid", &["/category"]);
        let noted = r#"{"events":[{"id":"x","lines":[{"note":"a\u0000"}]}]}"#;
        scene.officer.post_text("/api/v1/events/batch", noted).refused("invalid", &["/events/0/lines/0/note"]);
    }

    fn anyone_checks_a_receipt_with_the_published_key(database: &TestDatabase) {
        let scene = Scene::new(database);
        let other = TestDatabase::sqlite(migrate);
        let other = Server::start(&other);
        let published = |caller: &Caller| -> VerifierKey {
            let text = caller.get("/.well-known/relief-log.vkey").text;
            text.trim().parse().expect("a key reads as it is written")
        };
        let (ours, theirs) = (published(&scene.house.stranger()), published(&other.stranger()));
        assert_ne!(ours.name(), theirs.name(), "no two ledgers sign under one name");
        let body = json!({"name": "Hainan", "country": "CN", "donor": true});
        let receipt = scene.admin.post("/api/v1/organizations", &body).expect(201)["receipt"].clone();
        let receipt: Receipt = serde_json::from_value(receipt).expect("a receipt");
        receipt.verify(&ours).expect("the published key signed it");
        assert!(receipt.verify(&theirs).is_err());
    }
}

fn sqlite() -> TestDatabase {
    TestDatabase::sqlite(migrate)
}

#[test]
fn whoever_hangs_up_keeps_the_place_in_the_queue_of_passwords() {
    let passwords = Passwords::start().expect("the thread starts");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut refused = 0;
        for _ in 0..80 {
            // Polled once and dropped, as a request is whose client has gone.
            let asked = tokio::time::timeout(Duration::ZERO, passwords.hash("a long enough one".to_owned()));
            if let Ok(Err(problem)) = asked.await {
                assert_eq!(problem.code, Code::TooManyRequests);
                refused += 1;
            }
        }
        assert!(refused > 20, "{refused} of 80 were refused: what is begun or waits takes its place");
    });
}

#[test]
fn whoever_guesses_behind_a_router_keeps_nobody_there_from_logging_in() {
    let database = sqlite();
    let server = Server::start(&database);
    person(&server, "amina", Role::Officer);
    let auth = Auth::new(
        Database::open(Settings { url: database.url().to_owned() }).expect("the database opens"),
        &server.key_folder(),
    )
    .expect("the service starts");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (near, far): (IpAddr, IpAddr) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
    runtime.block_on(async {
        let begun = Instant::now();
        let auth = &auth;
        let guess = |from| async move {
            let result = auth.log_in("amina", "a wrong password".to_owned(), Some(from)).await;
            assert_eq!(result.expect_err("it is wrong").code, Code::Unauthenticated);
            begun.elapsed()
        };
        let owner = async {
            // Behind the same router, after the turns of a quarter of a minute are taken.
            tokio::time::sleep(Duration::from_millis(200)).await;
            auth.log_in("amina", PASSWORD.to_owned(), Some(near)).await.expect("the right password is heard");
            begun.elapsed()
        };
        let (mut guesses, owner) =
            tokio::join!(futures_util::future::join_all((0..30).map(|_| guess(near))), owner);
        guesses.sort_unstable();
        let at_once = guesses.iter().filter(|after| **after < Duration::from_secs(14)).count();
        assert!(at_once <= 9, "{at_once} guesses had their turn: {guesses:?}");
        // Besides the pause, those who come at once have their passwords checked one after the other; with turns that
        // nobody is spared, the owner's would come after 150 seconds.
        assert!(owner < Duration::from_secs(100), "the owner waited {owner:?}");
        let elsewhere = Instant::now();
        guess(far).await;
        assert!(elsewhere.elapsed() < Duration::from_secs(14), "{:?}", elsewhere.elapsed());
    });
}

#[test]
fn a_stranger_sends_little() {
    let database = sqlite();
    let server = Server::start(&database);
    let long = |bytes: usize| json!({"login": "amina", "password": "p".repeat(bytes)});
    let login = "/api/v1/auth/login";
    let refused = server.stranger().post(login, &long(16 * 1_024)).refused("too_large", &[]);
    assert!(refused.contains("16384"), "{refused}");
    server.stranger().post(login, &long(200)).refused("unauthenticated", &[]);
    // The twin: whoever is known sends as much to where it belongs.
    let admin = server.login_as(Role::Admin);
    admin
        .post("/api/v1/organizations", &json!({"name": "n".repeat(64 * 1_024)}))
        .refused("invalid", &["/name"]);
}

#[test]
fn a_body_that_stops_coming_is_given_up() {
    let server = Server::start(&sqlite());
    let mut stream = TcpStream::connect(server.address()).expect("the server accepts");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout is set");
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 16000\r\n\r\n{";
    stream.write_all(head.as_bytes()).expect("the head is sent");
    let mut answer = String::new();
    drop(stream.read_to_string(&mut answer));
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains(r#""code":"too_slow""#), "{answer}");
}

#[test]
fn a_body_that_trickles_is_given_up_though_it_never_pauses() {
    let server = Server::start(&sqlite());
    let mut stream = TcpStream::connect(server.address()).expect("the server accepts");
    // Reading waits as long as the sender does between two bytes.
    stream.set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout is set");
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 2000\r\n\r\n{";
    stream.write_all(head.as_bytes()).expect("the head is sent");
    let (begun, mut answer) = (Instant::now(), [0; 4_096]);
    let heard = loop {
        if let Ok(heard) = stream.read(&mut answer) {
            break String::from_utf8_lossy(&answer[..heard]).into_owned();
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it is still waited for");
        stream.write_all(b" ").expect("the server still listens");
    };
    assert!(begun.elapsed() > Duration::from_secs(9), "{:?}: a bad link is served too", begun.elapsed());
    assert!(heard.starts_with("HTTP/1.1 408"), "{heard}");
    assert!(heard.contains(r#""code":"too_slow""#), "{heard}");
}

#[test]
fn only_a_proxy_of_ours_says_where_a_request_comes_from() {
    let crowd = |server: &Server, from: &str, path: &str| -> usize {
        let tries = (0..40).map(|_| server.stranger().send("GET", path, &[("X-Forwarded-For", from)], None));
        tries.filter(|answer| answer.status == 429).count()
    };
    let code = "/api/v1/tracking/AAAA-AAAA-AAAA";
    let open = Server::start(&sqlite());
    assert!(crowd(&open, "203.0.113.7", code) > 0);
    let other = open.stranger().send("GET", code, &[("X-Forwarded-For", "203.0.113.8")], None);
    assert_eq!(other.status, 429, "anybody can write that header");
    let login = json!({"login": "nobody", "password": "x"});
    assert_eq!(
        open.stranger().post("/api/v1/auth/login", &login).status,
        401,
        "logins have a door of their own"
    );
    let behind = Server::start_with(&sqlite(), |settings| {
        settings.trusted_proxies = vec![[127, 0, 0, 1].into()];
    });
    assert!(crowd(&behind, "198.51.100.1, 203.0.113.7", code) > 0);
    let spoofed =
        behind.stranger().send("GET", code, &[("X-Forwarded-For", "203.0.113.9, 203.0.113.7")], None);
    assert_eq!(spoofed.status, 429, "what the proxy added last counts");
    let garbled = behind.stranger().send("GET", code, &[("X-Forwarded-For", "unknown, 203.0.113.7")], None);
    assert_eq!(garbled.status, 429, "nor does what cannot be read hide it");
    let other = behind.stranger().send("GET", code, &[("X-Forwarded-For", "203.0.113.8")], None);
    assert_ne!(other.status, 429);
}

#[test]
fn ctrl_c_lets_those_finish_who_were_let_in() {
    let database = sqlite();
    let field = crate::drills::field::Field::lay(database.url(), 10);
    let program = field.start();
    let mut stream = TcpStream::connect(program.address().trim_start_matches("http://")).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time");
    let body = json!({"login": "amina", "password": "a wrong password"}).to_string();
    let head = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("it is sent");
    let mut first = [0_u8; 12];
    stream.read_exact(&mut first).expect("the server asks for the body");
    assert_eq!(&first, b"HTTP/1.1 100", "it was let in before the signal");
    let told = std::process::Command::new("kill").args(["-INT", &program.process().to_string()]).status();
    assert!(told.expect("kill runs").success());
    std::thread::sleep(Duration::from_millis(100));
    stream.write_all(body.as_bytes()).expect("it still listens to whom it let in");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is answered");
    assert!(answer.contains("HTTP/1.1 401"), "{answer}");
}

#[test]
fn the_head_of_an_answer_can_be_asked_for_alone() {
    let server = Server::start(&sqlite());
    let head = server.stranger().send("HEAD", "/health/live", &[], None);
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(server.stranger().send("HEAD", "/api/v1/users", &[], None).status, 401);
    let refused = server.stranger().send("PUT", "/health/live", &[], None);
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD")));
}

#[cfg(unix)]
#[test]
fn a_new_database_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("relief.db");
    migrate(&format!("sqlite://{}", path.display()));
    let mode = std::fs::metadata(&path).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
