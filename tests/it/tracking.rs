//! What a stranger learns from a tracking code, and how fast.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use relief_ledger::app::Buckets;
use relief_ledger::web::Door;
use relief_ledger::web::Throttle;
use serde_json::{Value, json};

use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Server, migrate};

/// A well-formed code that no consignment has.
const UNKNOWN: &str = "/api/v1/tracking/2222-2222-2222";
/// More requests than the burst of an address and what it regains while a slow machine sends them.
const MANY: usize = 200;
/// Longer than the throttle keeps a stranger waiting for the next request.
const A_WHILE: Duration = Duration::from_millis(1_100);

/// Texts a stranger must not find in an answer; says which are there.
fn leaks<'a>(answer: &str, secrets: &[&'a str]) -> Vec<&'a str> {
    let answer = answer.to_lowercase();
    secrets.iter().copied().filter(|secret| answer.contains(&secret.to_lowercase())).collect()
}

/// Where an answer has a number: a tracking code's answer has none, so it tells no quantity either.
fn numbers(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(path.to_owned()),
        Value::Array(items) => items.iter().for_each(|item| numbers(item, &format!("{path}/*"), found)),
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| numbers(member, &format!("{path}/{name}"), found));
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_stranger_who_asks_too_fast_is_slowed_down_and_heard_again_later(database: &TestDatabase) {
        let server = Server::start(database);
        let stranger = server.stranger();
        let refusal = (0..MANY).map(|_| stranger.get(UNKNOWN)).find(|reply| reply.status == 429);
        let refusal = refusal.expect("nobody tries codes without end");
        assert_eq!(refusal.problem(), (429, "too_many_requests".to_owned(), String::new()));
        assert_eq!(refusal.header("retry-after"), Some("1"));
        let link = stranger.get("/api/v1/pledge-links/2222-2222-2222");
        assert_eq!(link.status, 429, "private links are slowed down with tracking codes");
        assert_eq!(stranger.get("/health/live").status, 200, "only codes are");
        std::thread::sleep(A_WHILE);
        assert_eq!(stranger.get(UNKNOWN).status, 404);
        server.stop();

        let unthrottled = Server::start_with(database, |settings| settings.throttle = None);
        let stranger = unthrottled.stranger();
        assert!((0..MANY).all(|_| stranger.get(UNKNOWN).status == 404), "it was the throttle that refused");
    }

    fn a_mistyped_code_is_told_apart_from_an_unknown_one(database: &TestDatabase) {
        let scene = Scene::new(database);
        let city = scene.organization("Banjul City Council", "GM");
        let stops = [scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM")];
        let opened = scene.consignment(&city, &[&stops[0], &stops[1]]);
        let code = opened["tracking_code"].as_str().expect("a code").to_owned();
        let stranger = scene.house.stranger();
        let ask = |code: &str| stranger.get(&format!("/api/v1/tracking/{code}"));

        let unknown = stranger.get(UNKNOWN);
        assert_eq!((unknown.problem().1.as_str(), unknown.json()["mistyped"].clone()), ("not_found", json!(false)));
        // One letter is another one of those in use.
        let last = if code.ends_with('2') { "3" } else { "2" };
        let wrong = format!("{}{last}", &code[..code.len() - 1]);
        for typed in [wrong.as_str(), "abc", "2222-2222-222", "OOOO-2222-2222"] {
            let refused = ask(typed);
            assert_eq!((refused.problem().1.as_str(), refused.json()["mistyped"].clone()), ("not_found", json!(true)), "{typed}");
        }
        for typed in [code.to_lowercase(), code.replace('-', ""), code.replace('-', "%20")] {
            assert_eq!(ask(&typed).expect(200)["code"], code.as_str(), "{typed}");
        }
    }

    fn tracking_shows_no_names_and_no_quantities(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen Federation", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
        let banjul = scene.site("Banjul town hall", "city", "GM");
        let pledge = scene.in_store(&donor, &beijing, 7_919);
        let consignment = scene.consignment(&city, &[&beijing, &banjul]);
        let (id, leg) = (&consignment["id"], &consignment["leg_ids"][0]);
        let allocated = json!({"consignment": id, "site": beijing, "lines": [scene.line(7_919)]});
        scene.post(&scene.officer, "allocated", "2020-08-10", allocated).expect(201);
        scene.post(&scene.officer, "departed", "2020-08-20", json!({"consignment": id, "leg": leg})).expect(201);
        let received = json!({"consignment": id, "leg": leg, "final": true,
            "lines": [{"item": scene.masks, "good": 7_649, "damaged": 149, "missing": 121, "reason": "cartons torn by Ebrima"}]});
        scene.post(&scene.receiver, "received", "2020-08-22", received).expect(201);
        let handed_over = json!({"site": banjul, "consignment": id, "lines": [scene.line(353)], "note": "Serekunda market"});
        scene.post(&scene.officer, "distributed", "2020-09-01", handed_over).expect(201);

        let code = consignment["tracking_code"].as_str().expect("a code");
        let reply = scene.house.stranger().get(&format!("/api/v1/tracking/{code}"));
        let seen = reply.expect(200);
        let secrets = ["Shenzhen", "Council", "Beijing", "Banjul", "town hall", "mask", "Ebrima", "Serekunda",
            "7919", "7649", "353", &donor, &city, &beijing, &banjul, &pledge, &scene.masks, &scene.programme];
        // The code is random and may look like anything.
        let said = reply.text.replace(code, "");
        assert_eq!(leaks(&said, &secrets), Vec::<&str>::new(), "{seen:#}");
        let mut figures = Vec::new();
        numbers(&seen, "", &mut figures);
        assert_eq!(figures, Vec::<String>::new(), "{seen:#}");
        let members: BTreeSet<&str> = seen.as_object().expect("an object").keys().map(String::as_str).collect();
        let known = ["code", "from_country", "last_news_at", "route", "sentence", "state", "synthetic", "timeline", "to_country"];
        assert_eq!(members, BTreeSet::from(known), "whoever adds a member thinks of strangers first");
        let kinds: Vec<&str> = seen["timeline"].as_array().expect("a timeline").iter()
            .filter_map(|event| event["kind"].as_str()).collect();
        assert_eq!(kinds, ["distributed", "received", "departed", "allocated"]);

        // The same checks on an answer that says too much.
        let mut leaky = seen.clone();
        leaky["timeline"][0]["site_name"] = json!("Banjul town hall");
        leaky["timeline"][0]["quantity"] = json!(353);
        assert_eq!(leaks(&leaky.to_string().replace(code, ""), &secrets), ["Banjul", "town hall", "353"]);
        numbers(&leaky, "", &mut figures);
        assert_eq!(figures, ["/timeline/*/quantity"]);
    }
}

#[test]
fn one_network_is_slowed_down_and_its_neighbours_are_not() {
    let throttle = Buckets::default();
    let admit =
        |address: &str| throttle.admit(Door::Codes, address.parse::<IpAddr>().expect("an address")).is_ok();
    assert!((0..MANY).any(|_| !admit("203.0.113.7")));
    assert!(!admit("::ffff:203.0.113.7"), "the same address, as a socket for both families says it");
    assert!(admit("203.0.113.8"));
    assert!(
        (0..MANY).any(|index| !admit(&format!("2001:db8:0:1::{index:x}"))),
        "one subscriber has 2^64 addresses"
    );
    assert!(admit("2001:db8:0:2::1"));
}

#[test]
fn addresses_that_are_quiet_again_are_forgotten() {
    let throttle = Buckets::default();
    let admit = |index: u32| {
        throttle.admit(Door::Codes, IpAddr::V4((0x0a00_0000 + index).into())).expect("a new address")
    };
    (0..1_023).for_each(admit);
    // Two of so many may share a bucket.
    assert!((1_000..=1_023).contains(&throttle.remembered()), "{}", throttle.remembered());
    // Those who share a bucket took more than one out of it.
    std::thread::sleep(2 * A_WHILE);
    admit(1_023);
    assert_eq!(throttle.remembered(), 1, "only the last one has not its whole burst again");
}
