//! Other systems are told of events: signed, once more where they did not take it, as far as whose they are may read, and
//! never within this house's network.

mod addresses;
pub mod receiver;
mod restored;
mod standard;
mod trouble;

use std::time::{Duration, Instant};

use relief_ledger::app::Settings;
use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use relief_ledger::core::time::Timestamp;
use relief_ledger::outbox::rules::Pace;
use relief_ledger::webhooks::Receivers;
use serde_json::{Value, json};

use self::receiver::Receiver;
use self::standard::verifies;
use crate::sessions::verifies as sound;
use crate::stories::scene::{Scene, event, id};
use crate::support::server::{Caller, Server, migrate};
use crate::support::{TestDatabase, on_both_databases, until};

const WEBHOOKS: &str = "/api/v1/webhooks";

/// A second of a schedule in so many microseconds, receivers on this machine, and little patience with them.
pub fn hasty(pace: i64) -> impl Fn(&mut Settings) {
    move |settings| {
        settings.pace = Pace(pace);
        settings.receivers = Receivers {
            plain_http: true,
            private_addresses: true,
            patience: Duration::from_millis(400),
            lookup: None,
        };
    }
}

/// A scene on a server that is hasty.
pub fn scene(database: &TestDatabase, pace: i64) -> Scene {
    Scene::on(Server::start_with(database, hasty(pace)), database)
}

/// A webhook of a caller's; returns it and its secret.
pub fn made(caller: &Caller, body: &Value) -> (String, String) {
    let made = caller.post(WEBHOOKS, body).expect(201);
    let word = |name: &str| made[name].as_str().expect("a word").to_owned();
    (word("id"), word("secret"))
}

/// Every event a caller may read, in the order of the log.
pub fn events(caller: &Caller) -> Vec<Value> {
    caller.get("/api/v1/events?limit=500").expect(200)["items"].as_array().expect("events").clone()
}

pub fn sequences(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["sequence"].as_i64().expect("a sequence")).collect()
}

/// Waits until a receiver heard of so many entries.
#[track_caller]
pub fn hears(receiver: &Receiver, count: usize) -> Vec<i64> {
    until("what is told", || Some(receiver.sequences()).filter(|heard| heard.len() >= count))
}

/// What is not to come had time to come.
pub fn a_while() {
    std::thread::sleep(Duration::from_millis(400));
}

/// A gift of masks that is accepted and lies in a warehouse: two events.
pub fn a_gift(scene: &Scene, quantity: i64) -> String {
    let donor = scene.organization("Guangdong Province", "CN");
    let beijing = scene.site("Beijing", "warehouse", "CN");
    scene.in_store(&donor, &beijing, quantity);
    donor
}

/// The same of another server, up to its being accepted: one event.
pub fn another_gift(house: &Server, programme: &str, masks: &str) {
    let donor = json!({"name": "Hubei Province", "country": "CN", "donor": true});
    let donor = house.login_as(Role::Admin).post("/api/v1/organizations", &donor).expect(201)["id"].clone();
    let offer = json!({"programme": programme, "donor": donor, "offered_at": "2020-07-01",
        "lines": [{"item": masks, "quantity": 9}]});
    let pledge = house.login_as(Role::Officer).post("/api/v1/pledges", &offer).expect(201)["id"].clone();
    let accepted = event(&id(), "pledge_accepted", "2020-07-05", json!({"pledge": pledge}));
    house.login_as(Role::Manager).post("/api/v1/events", &accepted).expect(201);
}

on_both_databases! {
    migrate: migrate;

    fn each_event_is_told_once_signed_and_in_the_order_of_the_log(database: &TestDatabase) {
        let scene = scene(database, 10);
        a_gift(&scene, 500);
        let receiver = Receiver::kind();
        let (id, secret) = made(&scene.officer, &json!({"url": receiver.url()}));
        let donor = a_gift(&scene, 700);
        let site = scene.site("Tianjin", "warehouse", "CN");
        scene.in_store(&donor, &site, 40);

        let all = events(&scene.officer);
        assert_eq!(all.len(), 6);
        let new = &all[2..];
        assert_eq!(hears(&receiver, 4), sequences(new), "what was before is not told");
        for (heard, event) in receiver.heard().iter().zip(new) {
            assert_eq!(heard.path, "/relief");
            assert_eq!(heard.header("content-type"), "application/json");
            assert_eq!(heard.id(), event["id"].as_str().expect("an id"));
            let body = heard.json();
            assert_eq!(body["data"], *event, "as it is read");
            assert_eq!(body["type"], format!("event.{}", event["kind"].as_str().expect("a kind")));
            assert_eq!(body["timestamp"], event["recorded_at"]);
            assert!(verifies(&secret, heard), "{heard:?}");
            // The twins: another secret, another body, another message's identifier.
            assert!(!verifies("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", heard));
            let mut forged = heard.clone();
            forged.body.push(b' ');
            assert!(!verifies(&secret, &forged));
            let mut forged = heard.clone();
            forged.headers.iter_mut().filter(|(name, _)| name == "webhook-id").for_each(|(_, id)| id.push('1'));
            assert!(!verifies(&secret, &forged));
        }
        a_while();
        assert_eq!(receiver.heard().len(), 4, "each once");
        let last = sequences(new)[3];
        let path = format!("{WEBHOOKS}/{id}");
        let shown = until("where it stands", || {
            let shown = scene.officer.get(&path).expect(200);
            (shown["told_through"].as_i64()? >= last).then_some(shown)
        });
        assert_eq!((&shown["failures"], &shown["error"], &shown["letters_waiting"]), (&json!(0), &Value::Null, &json!(0)));
        assert!(shown["taken_at"].is_string() && shown.get("secret").is_none(), "{shown}");
        sound(database);
    }

    fn a_server_that_was_away_tells_what_was_recorded_meanwhile_and_nothing_twice(database: &TestDatabase) {
        let receiver = Receiver::kind();
        let scene = scene(database, 10);
        made(&scene.officer, &json!({"url": receiver.url(), "after": 0}));
        a_gift(&scene, 500);
        hears(&receiver, 2);
        let Scene { house, programme, masks, .. } = scene;
        // Another server records while this one is away; it has not the key of the secret, so it tells nobody.
        let house = house.restart_with(|settings| {
            hasty(10)(settings);
            let other = Server::start(database);
            another_gift(&other, &programme, &masks);
            other.stop();
        });
        let heard = hears(&receiver, 3);
        a_while();
        assert_eq!(receiver.sequences(), heard);
        assert_eq!(heard, sequences(&events(&house.login_as(Role::Officer))));
    }

    fn of_several_servers_one_tells_and_another_goes_on_where_it_ends(database: &TestDatabase) {
        let receiver = Receiver::kind();
        let scene = scene(database, 10);
        made(&scene.officer, &json!({"url": receiver.url()}));
        let other = Server::start_with(database, hasty(10));
        a_gift(&scene, 500);
        hears(&receiver, 2);
        a_gift(&scene, 600);
        let heard = hears(&receiver, 4);
        a_while();
        assert_eq!(receiver.sequences(), heard, "each once, whoever tells");
        other.stop();
        // Another that has the same keys goes on when the one that tells ends.
        let keys = scene.house.key_folder();
        let next = Server::start_with(database, |settings| {
            hasty(10)(settings);
            let copied = std::process::Command::new("cp").arg("-a").arg(&keys).arg(&settings.keys).status();
            assert!(copied.is_ok_and(|status| status.success()), "the keys are copied");
        });
        scene.house.stop();
        another_gift(&next, &scene.programme, &scene.masks);
        hears(&receiver, 5);
        a_while();
        assert_eq!(receiver.sequences(), sequences(&events(&next.login_as(Role::Officer))));
    }

    fn only_what_its_user_may_read_is_told_in_the_words_the_user_reads(database: &TestDatabase) {
        let scene = scene(database, 10);
        let ours = a_gift(&scene, 500);
        let organization = OrganizationId(ours.parse().expect("an id"));
        let donor = scene.house.login_bound(Role::Donor, Some(organization), None);
        let elsewhere = scene.house.login_bound(Role::Officer, None, Some("GM"));
        let receivers = [Receiver::kind(), Receiver::kind()];
        made(&donor, &json!({"url": receivers[0].url(), "after": 0}));
        made(&elsewhere, &json!({"url": receivers[1].url(), "after": 0}));
        a_gift(&scene, 900);
        let own = events(&donor);
        assert!(!own.is_empty() && own.len() < events(&scene.officer).len());
        assert_eq!(hears(&receivers[0], own.len()), sequences(&own));
        for (heard, event) in receivers[0].heard().iter().zip(&own) {
            assert_eq!(heard.json()["data"], *event);
            assert!(heard.json()["data"].get("body").is_none(), "a donor reads no body");
        }
        a_while();
        assert_eq!((receivers[0].heard().len(), receivers[1].heard().len()), (own.len(), events(&elsewhere).len()));
        assert_eq!(receivers[1].heard().len(), 0);

        // Whoever is disabled is told nothing; whoever comes back is told what came meanwhile.
        let user = donor.user.expect("a user");
        let path = format!("/api/v1/users/{user}");
        scene.admin.patch(&path, 1, &json!({"disabled": true})).expect(200);
        std::thread::sleep(Duration::from_millis(300));
        let site = scene.site("Tianjin", "warehouse", "CN");
        scene.in_store(&ours, &site, 40);
        a_while();
        assert_eq!(receivers[0].heard().len(), own.len());
        scene.admin.patch(&path, 2, &json!({"disabled": false})).expect(200);
        hears(&receivers[0], own.len() + 1);
    }

    fn a_webhook_is_paused_narrowed_moved_and_removed(database: &TestDatabase) {
        let scene = scene(database, 10);
        let (first, second) = (Receiver::kind(), Receiver::kind());
        let (id, secret) = made(&scene.officer, &json!({"url": first.url(), "kinds": ["collected"]}));
        a_gift(&scene, 500);
        hears(&first, 1);
        assert_eq!(first.heard()[0].json()["type"], "event.collected");
        let path = format!("{WEBHOOKS}/{id}");
        scene.officer.patch(&path, 1, &json!({"paused": true})).expect(200);
        std::thread::sleep(Duration::from_millis(300));
        a_gift(&scene, 600);
        a_while();
        assert_eq!(first.heard().len(), 1, "it is paused");
        // It goes on elsewhere, with all kinds, from where it was.
        scene.officer.patch(&path, 1, &json!({"paused": false})).refused("precondition_failed", &[]);
        let edit = json!({"paused": false, "url": second.url(), "kinds": null});
        assert_eq!(scene.officer.patch(&path, 2, &edit).expect(200)["kinds"], Value::Null);
        hears(&second, 2);
        // For a day messages carry the signatures of both secrets.
        let renewed = scene.officer.post(&format!("{path}/secret"), &json!({}));
        let renewed = renewed.expect(200)["secret"].as_str().expect("a secret").to_owned();
        std::thread::sleep(Duration::from_millis(300));
        let before = second.heard().len();
        a_gift(&scene, 700);
        hears(&second, before + 2);
        let heard = second.heard().pop().expect("a message");
        assert!(verifies(&secret, &heard) && verifies(&renewed, &heard) && secret != renewed);
        assert_eq!(heard.header("webhook-signature").split(' ').count(), 2);

        scene.officer.send("DELETE", &path, &[], None).expect(200);
        scene.officer.get(&path).refused("not_found", &[]);
        scene.officer.send("DELETE", &path, &[], None).refused("not_found", &[]);
        std::thread::sleep(Duration::from_millis(300));
        let before = second.heard().len();
        a_gift(&scene, 800);
        a_while();
        assert_eq!(second.heard().len(), before);
        sound(database);
    }

    fn what_cannot_be_meant_is_refused_and_others_webhooks_are_missing(database: &TestDatabase) {
        let scene = Scene::new(database);
        let make = |body: Value| scene.officer.post(WEBHOOKS, &body);
        for (url, says) in [
            ("http://hooks.example.org/", "https"),
            ("ftp://hooks.example.org/", "address of a receiver"),
            ("hooks.example.org", "address of a receiver"),
            ("https://", "address of a receiver"),
            ("https://user:secret@hooks.example.org/", "name and password"),
            ("https://hooks.example.org/a b", "letters"),
            ("https://hooks.example.org/#here", "letters"),
            ("https://höoks.example.org/", "letters"),
            ("https://hooks.example.org:0/", "port"),
            ("https://hooks.example.org:99999/", "port"),
            ("https://127.0.0.1/", "own network"),
            ("https://169.254.169.254/latest/meta-data", "own network"),
            ("https://10.1.2.3:8443/", "own network"),
            ("https://[::1]/", "own network"),
            ("https://[::ffff:192.168.1.1]/", "own network"),
            ("https://[fd00::1]/", "own network"),
        ] {
            let words = make(json!({"url": url})).refused("invalid", &["/url"]);
            assert!(words.contains(says), "{url}: {words}");
        }
        let url = "https://hooks.example.org/relief";
        make(json!({"url": url, "kinds": ["collected", "sent"]})).refused("invalid", &["/kinds/1"]);
        make(json!({"url": url, "kinds": []})).refused("invalid", &["/kinds"]);
        make(json!({"url": url, "after": -1})).refused("invalid", &["/after"]);
        make(json!({"url": url, "after": 1_000_000})).refused("invalid", &["/after"]);
        make(json!({"url": url, "secret": "whsec_AAAA"})).refused("invalid", &["/secret"]);
        make(json!({})).refused("invalid", &["/url"]);
        let (id, _) = made(&scene.officer, &json!({"url": url, "paused": true}));
        let path = format!("{WEBHOOKS}/{id}");
        for caller in [&scene.manager, &scene.receiver] {
            caller.get(&path).refused("not_found", &[]);
            caller.get(&format!("{path}/letters")).refused("not_found", &[]);
            caller.post(&format!("{path}/replay"), &json!({})).refused("not_found", &[]);
            caller.post(&format!("{path}/secret"), &json!({})).refused("not_found", &[]);
            caller.patch(&path, 1, &json!({"paused": false})).refused("not_found", &[]);
            caller.send("DELETE", &path, &[], None).refused("not_found", &[]);
            assert_eq!(caller.get(WEBHOOKS).expect(200)["items"], json!([]));
        }
        scene.admin.get(WEBHOOKS).refused("forbidden", &[]);
        for _ in 1..10 {
            made(&scene.officer, &json!({"url": url, "paused": true}));
        }
        let words = make(json!({"url": url})).refused("wrong_state", &[]);
        assert!(words.contains("10 webhooks"), "{words}");
        assert_eq!(scene.officer.get(WEBHOOKS).expect(200)["items"].as_array().expect("items").len(), 10);
    }

    fn a_machine_is_told_for_as_long_as_its_key_is_good(database: &TestDatabase) {
        let scene = scene(database, 10);
        let month = 30 * 24 * 60 * 60 * 1_000_000;
        let good_until = Timestamp(relief_ledger::auth::now().0 + month).to_string();
        let key = json!({"name": "Scale", "role": "officer", "good_until": good_until});
        let key = scene.admin.post("/api/v1/api-keys", &key).expect(201);
        let machine = scene.house.with_token(key["key"].as_str().expect("a key"));
        let receiver = Receiver::kind();
        made(&machine, &json!({"url": receiver.url()}));
        a_gift(&scene, 500);
        hears(&receiver, 2);
        let path = format!("/api/v1/api-keys/{}", key["id"].as_str().expect("an id"));
        scene.admin.send("DELETE", &path, &[], None).expect(200);
        std::thread::sleep(Duration::from_millis(300));
        a_gift(&scene, 600);
        a_while();
        assert_eq!(receiver.heard().len(), 2, "its key was revoked");
    }

    fn nobody_who_records_waits_for_those_who_are_told(database: &TestDatabase) {
        let scene = scene(database, 1_000_000);
        let slow = Receiver::start(|_| receiver::Manner::Hang);
        for _ in 0..5 {
            made(&scene.officer, &json!({"url": slow.url()}));
        }
        let quick = Receiver::kind();
        made(&scene.manager, &json!({"url": quick.url()}));
        let begun = Instant::now();
        let donor = a_gift(&scene, 500);
        let site = scene.site("Tianjin", "warehouse", "CN");
        for _ in 0..5 {
            scene.in_store(&donor, &site, 40);
        }
        let took = begun.elapsed();
        assert_eq!(hears(&quick, 12).len(), 12, "one who is quick hears all meanwhile");
        assert!(took < Duration::from_secs(10), "recording waited for those who are told: {took:?}");
        let items = scene.officer.get(WEBHOOKS).expect(200)["items"].clone();
        for one in items.as_array().expect("items") {
            assert_eq!(one["taken_at"], Value::Null, "{one}");
        }
    }
}
