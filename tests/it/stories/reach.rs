//! Whom a scope lets see and do what, and what strangers see of what never happened or must not be told.

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use serde_json::{Value, json};

use super::scene::{Scene, event, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

fn bound(scene: &Scene, role: Role, organization: &str) -> Caller {
    let organization = OrganizationId(organization.parse().expect("an id"));
    scene.house.login_bound(role, Some(organization), None)
}

fn events_of(caller: &Caller, consignment: &str) -> Vec<Value> {
    let page = caller.get(&format!("/api/v1/events?consignment={consignment}")).expect(200);
    page["items"].as_array().expect("a page").clone()
}

fn timeline(scene: &Scene, consignment: &str) -> (Value, Vec<String>, Vec<Value>) {
    let code = scene.officer.get(&format!("/api/v1/consignments/{consignment}")).expect(200)["tracking_code"]
        .clone();
    let path = format!("/api/v1/tracking/{}", code.as_str().expect("a code"));
    let seen = scene.house.stranger().get(&path).expect(200);
    let events = seen["timeline"].as_array().expect("a timeline").clone();
    let kinds = events.iter().filter_map(|event| event["kind"].as_str()).map(str::to_owned).collect();
    let countries = events.iter().map(|event| event["country"].clone()).collect();
    (seen["state"].clone(), kinds, countries)
}

on_both_databases! {
    migrate: migrate;

    fn an_officer_of_another_organization_neither_sees_nor_posts(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let other = scene.organization("Somebody else", "KE");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 1_000);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 1_000, "2020-08-01");
        let arrival = json!({"consignment": consignment, "leg": leg, "final": true,
            "lines": [{"item": scene.masks, "good": 1_000}]});
        let receipt = event(&id(), "received", "2020-08-05", arrival);
        let stored = event(&id(), "reported_missing", "2020-08-05", json!({"site": beijing, "lines": [scene.line(1)],
            "reason": "not there"}));

        let stranger = bound(&scene, Role::Officer, &other);
        let ours = bound(&scene, Role::Officer, &city);
        let in_kenya = scene.house.login_bound(Role::Officer, None, Some("KE"));
        let in_gambia = scene.house.login_bound(Role::Officer, None, Some("GM"));
        let before = scene.log_size();
        for outside in [&stranger, &in_kenya] {
            assert_eq!(events_of(outside, &consignment), Vec::<Value>::new());
            assert_eq!(outside.get("/api/v1/events").expect(200)["items"], json!([]));
            assert_eq!(outside.get(&format!("/api/v1/consignments/{consignment}")).status, 404);
            assert_eq!(outside.get(&format!("/api/v1/pledges/{pledge}")).status, 404);
            outside.post("/api/v1/events", &receipt).refused("not_found", &[]);
            outside.post("/api/v1/events", &stored).refused("not_found", &[]);
            let batch = outside.post("/api/v1/events/batch", &json!({"events": [receipt, stored, 7]})).expect(200);
            let statuses: Vec<&Value> = batch["results"].as_array().expect("results").iter().map(|one| &one["status"]).collect();
            assert_eq!(statuses, [404, 404, 400]);
            let unknown = json!({"consignment": id(), "leg": id(), "final": true, "lines": []});
            outside.post("/api/v1/events", &event(&id(), "received", "2020-08-05", unknown)).refused("not_found", &[]);
        }
        assert_eq!(scene.log_size(), before, "nothing was recorded, nor does anything wait");
        for inside in [&ours, &in_gambia] {
            assert_eq!(events_of(inside, &consignment).len(), 1);
        }
        let received = ours.post("/api/v1/events", &receipt).expect(201);
        let undo = json!({"event": received["id"], "reason": "not ours to say"});
        stranger.post("/api/v1/events", &event(&id(), "reversed", "2020-08-06", undo.clone())).refused("not_found", &[]);
        assert_eq!(stranger.get(&format!("/api/v1/events/{}", received["id"].as_str().expect("an id"))).status, 404);
        in_gambia.post("/api/v1/events", &event(&id(), "reversed", "2020-08-06", undo)).expect(201);
        scene.closes();
    }

    fn what_depends_on_an_event_is_named_to_whoever_reads_it(database: &TestDatabase) {
        let scene = Scene::new(database);
        let ours = scene.organization("Ours", "GM");
        // Nobody is said to run the other one, so it is not ours to read.
        let [here, there] = [("Serekunda", Some(&ours)), ("Brikama", None)].map(|(name, operator)| {
            let body = json!({"name": name, "kind": "warehouse", "country": "GM", "operator": operator});
            scene.admin.post("/api/v1/sites", &body).expect(201)["id"].as_str().expect("an id").to_owned()
        });
        scene.in_store(&ours, &here, 100);
        let moved = json!({"site": here, "to_site": there, "lines": [scene.line(60)]});
        let moved = scene.does("moved", "2020-08-01", moved).expect(201);
        let gone = json!({"site": there, "lines": [scene.line(60)], "reason": "the roof leaks"});
        let gone = scene.does("reported_missing", "2020-08-02", gone).expect(201)["id"].as_str().expect("an id").to_owned();
        let officer = bound(&scene, Role::Officer, &ours);
        let undo = || event(&id(), "reversed", "2020-08-03", json!({"event": moved["id"], "reason": "not ours"}));
        let alone = officer.post("/api/v1/events", &undo());
        let sent = officer.post("/api/v1/events/batch", &json!({"events": [undo()]})).expect(200);
        for told in [alone.json(), sent["results"][0]["problem"].clone()] {
            assert_eq!((&told["code"], &told["events"]), (&json!("depended_on"), &json!([])), "{told:#}");
            assert!(!told.to_string().contains(&gone), "{told:#}");
            let words = [&told["detail"], &told["errors"][0]["detail"]];
            assert!(words.iter().all(|words| words.to_string().contains("Those you may read")), "{told:#}");
        }
        let told = scene.officer.post("/api/v1/events", &undo()).json();
        assert_eq!(told["events"][0]["event"], gone, "{told:#}");
        // A part that is in reach is named.
        let more = json!({"site": here, "lines": [scene.line(40)], "reason": "the roof leaks"});
        let more = scene.does("reported_missing", "2020-08-02", more).expect(201)["id"].clone();
        let first = officer.get("/api/v1/events").expect(200)["items"].as_array().expect("a page").iter()
            .find(|one| one["kind"] == "collected").expect("it was collected")["id"].clone();
        let undo = event(&id(), "reversed", "2020-08-03", json!({"event": first, "reason": "it never came"}));
        let told = officer.post("/api/v1/events", &undo).json();
        let named: Vec<&Value> = told["events"].as_array().expect("events").iter().map(|one| &one["event"]).collect();
        assert_eq!(named, [&moved["id"], &more], "{told:#}");
    }

    fn goods_change_hands_by_a_consignment_and_by_no_move(database: &TestDatabase) {
        let scene = Scene::new(database);
        let [ours, theirs] = ["Ours", "Theirs"].map(|name| scene.organization(name, "GM"));
        let store = |name: &str, operator: Option<&String>| {
            let body = json!({"name": name, "kind": "warehouse", "country": "GM", "operator": operator});
            scene.admin.post("/api/v1/sites", &body).expect(201)["id"].as_str().expect("an id").to_owned()
        };
        let (here, other) = (store("Serekunda", Some(&ours)), store("Bakau", Some(&ours)));
        let (there, nobodys) = (store("Brikama", Some(&theirs)), store("Kartong", None));
        scene.in_store(&ours, &here, 100);
        let moves = |to: &str, quantity: i64| json!({"site": here, "to_site": to, "lines": [scene.line(quantity)]});
        for caller in [&bound(&scene, Role::Officer, &ours), &scene.officer] {
            let refused = scene.post(caller, "moved", "2020-08-01", moves(&there, 10)).refused("invalid", &["/to_site"]);
            assert!([&there, "Brikama", "Serekunda", "`received`"].iter().all(|word| refused.contains(*word)), "{refused}");
        }
        scene.does("moved", "2020-08-01", moves(&nobodys, 10)).expect(201);
        let moved = scene.does("moved", "2020-08-01", moves(&other, 10)).expect(201);
        let right = |body: Value| json!({"event": moved["id"], "right": body, "reason": "told wrongly"});
        scene.does("corrected", "2020-08-03", right(moves(&there, 10))).refused("invalid", &["/to_site"]);
        // What was moved while one organization ran both is set right later all the same.
        scene.admin.patch(&format!("/api/v1/sites/{other}"), 1, &json!({"operator": theirs})).expect(200);
        scene.does("moved", "2020-08-04", moves(&other, 10)).refused("invalid", &["/to_site"]);
        scene.does("corrected", "2020-08-04", right(moves(&other, 15))).expect(201);
        scene.closes();
    }

    fn a_donor_organization_is_not_told_in_whose_consignment_its_goods_are(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("Banjul City Council", "GM"));
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let (pledge, _) = scene.accepted(&donor, 100);
        let (consignment, _) = scene.planned(&city, &[&beijing, &banjul]);
        let reserved = json!({"consignment": consignment, "pledge": pledge, "lines": [scene.line(70)]});
        scene.does("allocated", "2020-08-01", reserved).expect(201);
        let back = || event(&id(), "pledge_withdrawn", "2020-08-02", json!({"pledge": pledge}));
        let lines = scene.officer.get(&format!("/api/v1/pledges/{pledge}")).expect(200)["lines"].clone();
        let part = || { let mut body = back(); body["lines"] = json!([{"line": lines[0]["id"], "quantity": 100}]); body };
        let officer = bound(&scene, Role::Officer, &donor);
        assert_eq!(officer.get(&format!("/api/v1/consignments/{consignment}")).status, 404);
        let told = officer.post("/api/v1/events", &part()).json();
        assert_eq!((&told["code"], &told["held"][0]["quantity"]), (&json!("insufficient"), &json!(70)), "{told:#}");
        assert_eq!((&told["held"][0]["consignment"], &told["held"][0]["holder"]), (&Value::Null, &Value::Null), "{told:#}");
        let told = scene.officer.post("/api/v1/events", &part()).json();
        assert_eq!(told["held"][0]["consignment"], consignment, "{told:#}");
    }

    fn a_donor_reads_no_pledge_of_others_in_a_shared_consignment(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (hainan, wuhan) = (scene.organization("Hainan", "CN"), scene.organization("Wuhan", "CN"));
        let city = scene.organization("Banjul City Council", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledges = [scene.in_store(&hainan, &beijing, 100), scene.in_store(&wuhan, &beijing, 100)];
        let (consignment, _) = scene.planned(&city, &[&beijing, &banjul]);
        for pledge in &pledges {
            let reserved = json!({"consignment": consignment, "site": beijing, "pledge": pledge, "lines": [scene.line(100)]});
            scene.does("allocated", "2020-08-01", reserved).expect(201);
        }
        for (donor, own) in [(&hainan, &pledges[0]), (&wuhan, &pledges[1])] {
            let seen = events_of(&bound(&scene, Role::Donor, donor), &consignment);
            assert_eq!(seen.len(), 1, "what moved the other's goods is the other's");
            let named: Vec<&str> = seen.iter().filter_map(|event| event["pledge"].as_str()).collect();
            assert!(named.iter().all(|pledge| pledge == own), "only the own pledge is named: {named:?}");
        }
    }

    fn what_was_reversed_never_happened_to_a_stranger(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        scene.in_store(&donor, &beijing, 50);
        let (consignment, leg) = scene.planned(&city, &[&beijing, &banjul]);
        let reserved = json!({"consignment": consignment, "site": beijing, "lines": [scene.line(50)]});
        scene.does("allocated", "2020-08-01", reserved).expect(201);
        let departed = scene.does("departed", "2020-08-02", json!({"consignment": consignment, "leg": leg})).expect(201);
        assert_eq!(timeline(&scene, &consignment).1, ["departed", "allocated"]);
        let undo = json!({"event": departed["id"], "reason": "the lorry never came"});
        scene.does("reversed", "2020-08-03", undo).expect(201);
        let (state, kinds, _) = timeline(&scene, &consignment);
        assert_eq!((state, kinds), (json!("allocated"), vec!["allocated".to_owned()]));
    }

    fn a_sensitive_programme_shows_no_route(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let stops = [scene.site("Beijing", "warehouse", "CN"), scene.site("Addis Ababa", "airport", "ET"),
            scene.site("Banjul", "city", "GM")];
        scene.in_store(&donor, &stops[0], 50);
        let (consignment, leg) = scene.sent(&city, &[&stops[0], &stops[1], &stops[2]], 50, "2020-08-02");
        scene.receives(&consignment, &leg, "2020-08-03", json!({"good": 50})).expect(201);
        let (_, kinds, countries) = timeline(&scene, &consignment);
        assert!(kinds.contains(&"received".to_owned()) && countries.contains(&json!("ET")), "{kinds:?} {countries:?}");
        scene.manager.patch(&format!("/api/v1/programmes/{}", scene.programme), 1, &json!({"sensitive": true})).expect(200);
        let (_, kinds, countries) = timeline(&scene, &consignment);
        assert_eq!(countries.iter().filter(|country| !country.is_null()).count(), 0, "{countries:?}");
        assert!(!kinds.contains(&"received".to_owned()) && !kinds.contains(&"departed".to_owned()), "{kinds:?}");
    }
}
