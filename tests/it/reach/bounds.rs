//! Whose headcounts are read, in their list and in figures of reach alike.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// The numbers of the records that a caller reads, in the order of stating.
fn listed(caller: &Caller, query: &str) -> Vec<String> {
    let shown = caller.get(&format!("/api/v1/headcounts?{query}")).expect(200);
    let rows = shown["items"].as_array().unwrap_or_else(|| panic!("rows: {shown:#}"));
    rows.iter().map(|row| row["reference"].as_str().expect("a number").to_owned()).collect()
}

/// The people of verified records that a caller's figure counts, added up plainly.
fn counted(caller: &Caller) -> Value {
    caller.get("/api/v1/reach").expect(200)["headcounts"]["verified"]["people"].clone()
}

on_both_databases! {
    migrate: migrate;

    fn headcounts_are_read_within_reach_by_one_rule(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (ours, others) = (scene.organization("Banjul City Council", "GM"), scene.organization("Others", "SN"));
        let record = |number: &str, area: &str, organization: Value, people: i64| {
            json!({"programme": scene.programme, "source": "345W", "reference": number, "area": area, "sector": "health",
                "organization": organization, "people": people, "status": "verified", "from": "2020-08-01"})
        };
        let rows = json!([
            record("1", "GM-B", json!("Banjul City Council"), 1),
            record("2", "SN", json!("Banjul City Council"), 20),
            record("3", "GM", json!("Others"), 300),
            record("4", "SN", json!("Somebody"), 4_000),
            record("5", "SN", Value::Null, 50_000),
        ]);
        scene.manager.post("/api/v1/headcounts", &json!({"rows": rows})).expect(201);
        let bound = |role: Role, organization: Option<&str>, countries: Option<&str>| {
            scene.house.login_bound(role, organization.map(|id| id.parse().expect("an id")), countries)
        };
        for (organization, countries, expected, people) in [
            (None, None, vec!["1", "2", "3", "4", "5"], 54_321),
            (None, Some("GM"), vec!["1", "3"], 301),
            (Some(ours.as_str()), None, vec!["1", "2"], 21),
            (Some(ours.as_str()), Some("GM"), vec!["1"], 1),
            (Some(others.as_str()), Some("SN"), vec![], 0),
        ] {
            for role in [Role::Officer, Role::Auditor, Role::Manager] {
                let caller = bound(role, organization, countries);
                assert_eq!(listed(&caller, ""), expected, "{role:?} of {organization:?} in {countries:?}");
                assert_eq!(counted(&caller), people, "{role:?} of {organization:?} in {countries:?}");
            }
        }
        let gambia = bound(Role::Officer, None, Some("GM"));
        assert_eq!(listed(&gambia, "country=SN"), Vec::<String>::new());
        bound(Role::Donor, Some(&others), None).get("/api/v1/headcounts").refused("forbidden", &[]);

        // What ends a record is read by whoever read that, and by nobody else.
        let ends = |number: &str| json!({"programme": scene.programme, "source": "345W", "reference": number, "withdrawn": true});
        scene.manager.post("/api/v1/headcounts", &json!({"rows": [ends("3"), ends("4")]})).expect(201);
        assert_eq!((listed(&gambia, ""), listed(&gambia, "history=true")), (vec!["1".to_owned()], ["1", "3", "3"].map(str::to_owned).to_vec()));
        assert_eq!(listed(&bound(Role::Auditor, Some(&ours), None), "history=true"), ["1", "2"]);
        assert_eq!(listed(&scene.auditor, "history=true").len(), 7);
        // The twin reads as baselines are read, which are everybody's.
        assert_eq!(listed(&scene.officer, ""), ["1", "2", "5"]);
    }
}
