//! Organizations over HTTP: who gives, sends, carries and receives.

use serde_json::{Value, json};

use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate};
use relief_ledger::auth::Role;

const PATH: &str = "/api/v1/organizations";
const OWN_ID: &str = "0190f3c1-7c00-7000-8000-000000000001";

fn add(caller: &Caller, body: &Value) -> Value {
    caller.post(PATH, body).expect(201)
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().filter_map(|item| item["name"].as_str()).collect()
}

on_both_databases! {
    migrate: migrate;

    fn a_regional_body_receives_and_sends_on_at_once(database: &TestDatabase) {
        let server = Server::start(database);
        let body = json!({"name": "  West African Health Organisation ", "reference": "WAHO", "country": "BF",
                          "consignee": true, "consignor": true});
        let created = add(&server.login_as(Role::Admin), &body);
        assert_eq!(created["name"], "West African Health Organisation");
        assert_eq!((&created["consignee"], &created["consignor"], &created["donor"]),
                   (&json!(true), &json!(true), &json!(false)));
        assert!(created["receipt"]["signature"].is_string(), "a write is answered with a signed receipt");
        let path = format!("{PATH}/{}", created["id"].as_str().expect("id"));
        let read = server.login_as(Role::Officer).get(&path);
        assert_eq!(read.header("etag"), Some("\"1\""));
        assert_eq!(read.expect(200)["reference"], "WAHO");
        server.stranger().get(&path).refused("unauthenticated", &[]);
    }

    fn posting_again_what_the_network_swallowed_changes_nothing(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let body = json!({"id": OWN_ID, "name": "City of Banjul", "consignee": true});
        let first = add(&admin, &body);
        let again = admin.post(PATH, &body).expect(200);
        assert_eq!(again["created_at"], first["created_at"]);
        assert_eq!(again["receipt"], Value::Null, "nothing was recorded twice");
        let other = json!({"id": OWN_ID, "name": "City of Koidu", "consignee": true});
        admin.post(PATH, &other).refused("id_reused", &["/id"]);
        assert_eq!(names(&admin.get(PATH).expect(200)), ["City of Banjul"]);
    }

    fn two_organizations_never_share_a_reference(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let first = add(&admin, &json!({"name": "A", "reference": "DONOR-1"}));
        let words = admin.post(PATH, &json!({"name": "B", "reference": "DONOR-1"})).refused("duplicate", &["/reference"]);
        assert!(words.contains(first["id"].as_str().expect("id")), "{words}");
        // A reference that was given up is free again.
        let path = format!("{PATH}/{}", first["id"].as_str().expect("id"));
        admin.patch(&path, 1, &json!({"reference": null})).expect(200);
        add(&admin, &json!({"name": "B", "reference": "DONOR-1"}));
        admin.patch(&path, 2, &json!({"reference": "DONOR-1"})).refused("duplicate", &["/reference"]);
    }

    fn an_edit_of_an_old_copy_is_refused(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let created = add(&admin, &json!({"name": "Jack Ma Foundation", "country": "CN"}));
        let path = format!("{PATH}/{}", created["id"].as_str().expect("id"));
        let changed = admin.patch(&path, 1, &json!({"donor": true, "country": null})).expect(200);
        assert_eq!((&changed["donor"], &changed["country"], &changed["revision"]), (&json!(true), &Value::Null, &json!(2)));
        assert_eq!(changed["name"], "Jack Ma Foundation", "what is left out stays");
        admin.patch(&path, 1, &json!({"partner": true})).refused("precondition_failed", &[]);
        admin.send("PATCH", &path, &[("Content-Type", "application/json")], Some("{}")).refused("precondition_required", &[]);
        let unchanged = admin.patch(&path, 2, &json!({"donor": true})).expect(200);
        assert_eq!((&unchanged["revision"], &unchanged["receipt"]), (&json!(2), &Value::Null));
        admin.patch(&path, 2, &json!({"name": null, "country": "ZZ"})).refused("invalid", &["/name", "/country"]);
        admin.patch(&path, 2, &json!({"nmae": "x"})).refused("invalid", &["/nmae"]);
        admin.patch(&format!("{PATH}/{OWN_ID}"), 1, &json!({})).refused("not_found", &[]);
    }

    fn a_list_finds_donors_of_a_country_by_the_beginning_of_their_name(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        for (name, reference, country, donor) in [
            ("Guangdong Province", "GD", "CN", true),
            ("Gu%_\\ Association", "X1", "CN", true),
            ("Guild of Carriers", "X2", "CN", false),
            ("Gulf Fund", "X3", "AE", true),
        ] {
            add(&admin, &json!({"name": name, "reference": reference, "country": country, "donor": donor}));
        }
        let list = |query: &str| admin.get(&format!("{PATH}?{query}")).expect(200);
        assert_eq!(names(&list("country=CN&donor=true&q=gU")), ["Guangdong Province", "Gu%_\\ Association"]);
        assert_eq!(names(&list("q=gu%25")), ["Gu%_\\ Association"], "no character means any other");
        assert_eq!(names(&list("q=x3")), ["Gulf Fund"], "a reference is found too");
        let first = list("limit=3");
        let next = first["next"].as_str().expect("there is more");
        let second = list(&format!("limit=3&after={next}"));
        assert_eq!((names(&first).len(), names(&second)), (3, vec!["Gulf Fund"]));
        assert_eq!(second["next"], Value::Null);
        for (query, pointer) in
            [("limit=501", "/limit"), ("country=gambia", "/country"), ("colour=red", "/colour"), ("q=%0A", "/q"),
             ("after=x", "/after"), ("donor=false", "/donor")]
        {
            admin.get(&format!("{PATH}?{query}")).refused("invalid", &[pointer]);
        }
    }

    fn who_sends_cannot_be_asked_for_by_whom_it_is_not_shown(database: &TestDatabase) {
        let house = Server::start(database);
        let (admin, officer) = (house.login_as(Role::Admin), house.login_as(Role::Officer));
        let made = |name: &str| add(&admin, &json!({"name": name, "donor": true, "consignor": true, "carrier": true, "named": "never"}));
        let (own, other) = (made("Hainan"), made("Hubei"));
        let donor = house.login_bound(Role::Donor, Some(own["id"].as_str().unwrap().parse().unwrap()), None);
        for asked in ["consignor=true", "carrier=true&consignor=true"] {
            let path = format!("/api/v1/organizations?{asked}");
            donor.get(&path).refused("invalid", &["/consignor"]);
            assert_eq!(names(&officer.get(&path).expect(200)), ["Hainan", "Hubei"]);
        }
        let carriers = donor.get("/api/v1/organizations?carrier=true").expect(200);
        let shown = carriers["items"].as_array().unwrap().iter().find(|one| one["id"] == other["id"]).unwrap();
        assert_eq!((&shown["donor"], shown.get("consignor")), (&json!(false), None));
    }

    fn every_wrong_field_is_named_in_one_answer(database: &TestDatabase) {
        let server = Server::start(database);
        let body = json!({"id": "0190f3c1-7c00-4000-8000-000000000001", "name": " ", "reference": "a\u{7}b", "country": "Gambia"});
        let words = server.login_as(Role::Admin).post(PATH, &body).refused("invalid", &["/id", "/country", "/name", "/reference"]);
        assert!(words.contains("write 'GM'"), "the country meant is suggested: {words}");
        let long = json!({"name": "x".repeat(201)});
        assert!(server.login_as(Role::Admin).post(PATH, &long).refused("invalid", &["/name"]).contains("at most 200"));
        server.login_as(Role::Officer).post(PATH, &json!({"name": "x"})).refused("forbidden", &[]);
    }
}
