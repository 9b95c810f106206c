//! Red flags: each is raised by what it is for, and by nothing beside it.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::papers::files::photo;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

fn flags(caller: &Caller, query: &str) -> Vec<Value> {
    let page = caller.get(&format!("/api/v1/audit/flags?limit=500&{query}")).expect(200);
    assert_eq!(page["next"], Value::Null);
    page["items"].as_array().expect("items").clone()
}

fn of(flags: &[Value], member: &str) -> Vec<String> {
    flags.iter().map(|flag| flag[member].as_str().unwrap_or("-").to_owned()).collect()
}

struct Field {
    scene: Scene,
    hub: String,
    city: String,
    banjul: String,
}

fn field(database: &crate::support::TestDatabase) -> Field {
    let scene = Scene::new(database);
    let donor = scene.organization("Hainan", "CN");
    let city = scene.organization("Banjul", "GM");
    let (hub, banjul) = (scene.site("Accra", "warehouse", "GH"), scene.site("Banjul", "city", "GM"));
    scene.in_store(&donor, &hub, 1_000);
    Field { scene, hub, city, banjul }
}

impl Field {
    /// A consignment that left and came; answers it, its departure and its receipt.
    fn goes(&self, day: &str) -> (String, Value, Value) {
        let (consignment, leg) = self.scene.planned(&self.city, &[&self.hub, &self.banjul]);
        let sent = json!({"consignment": consignment, "leg": leg, "lines": [self.scene.line(10)]});
        let departed = self.scene.does("departed", day, sent).expect(201);
        let came = self.scene.receives(&consignment, &leg, day, json!({"good": 10})).expect(201);
        (consignment, departed["id"].clone(), came["id"].clone())
    }

    fn paper(&self, body: Value) -> Value {
        let mut paper = body;
        (paper["site"], paper["issued_on"]) = (json!(self.hub), json!("2020-08-01"));
        self.scene.officer.post("/api/v1/documents", &paper).expect(201)
    }
}

on_both_databases! {
    migrate: migrate;

    fn the_same_photo_and_the_same_number_on_papers_about_different_things_are_flagged(database: &TestDatabase) {
        let field = field(database);
        let scene = &field.scene;
        let (_, left, came) = field.goes("2020-08-01");
        let upload = |number: u8| {
            scene.officer.upload("/api/v1/attachments", "image/jpeg", &photo(number)).json()["id"].clone()
        };
        let (one, two) = (upload(201), upload(202));
        let first = field.paper(json!({"kind": "other", "events": [left], "attachments": [one], "number": "7", "reference": "CMR 9"}));
        // Another paper about the same event, another photo, another kind with the same number: nothing.
        field.paper(json!({"kind": "other", "events": [left], "attachments": [one], "number": "8"}));
        field.paper(json!({"kind": "count_sheet", "events": [came], "attachments": [two], "number": "7", "reference": "CMR 9"}));
        assert_eq!(flags(&scene.auditor, "kind=same_photo"), [] as [Value; 0]);
        assert_eq!(flags(&scene.auditor, "kind=number_reused"), [] as [Value; 0]);
        assert_eq!(flags(&scene.auditor, "kind=reference_reused"), [] as [Value; 0]);

        let again = field.paper(json!({"kind": "other", "events": [came], "attachments": [one], "number": "7", "reference": "CMR 9"}));
        let photos = flags(&scene.auditor, "kind=same_photo");
        assert_eq!(photos.len(), 3, "both papers about the departure, and the one about the receipt: {photos:#?}");
        assert!(photos[0]["sha256_kept"].as_str().is_some_and(|hash| hash.len() == 64));
        assert_eq!(photos.iter().find(|flag| flag["document"] == again["id"]).unwrap()["other_document"], first["id"]);
        for kind in ["number_reused", "reference_reused"] {
            let found = flags(&scene.auditor, &format!("kind={kind}"));
            assert_eq!(of(&found, "document"), of(&[json!({"d": first["id"]}), json!({"d": again["id"]})], "d"), "{kind}");
            assert!(found[0]["reason"].as_str().unwrap().contains(if kind == "number_reused" { "\"7\"" } else { "\"CMR 9\"" }));
        }
        // Void papers say nothing.
        let path = format!("/api/v1/documents/{}/void", again["id"].as_str().unwrap());
        scene.officer.post(&path, &json!({"reason": "written twice"})).expect(200);
        assert_eq!(flags(&scene.auditor, "").iter().filter(|flag| flag["document"] != Value::Null).count(), 0);
    }

    fn backdated_and_late_entries_are_flagged_by_what_is_asked(database: &TestDatabase) {
        let field = field(database);
        let scene = &field.scene;
        let today = relief_ledger::auth::now();
        let ago = |days: i64| relief_ledger::core::time::Timestamp(today.0 - days * 86_400_000_000).to_string();
        let stored = |days: i64| scene.does("stored", &ago(days), json!({"site": field.hub})).expect(201)["id"].as_str().unwrap().to_owned();
        let (old, new) = (stored(40), stored(20));
        let told = |query: &str| of(&flags(&scene.auditor, query), "event");
        let backdated = told("kind=backdated");
        assert!(backdated.contains(&old) && !backdated.contains(&new), "{backdated:?}");
        assert!(told("kind=backdated&days=19").contains(&new));
        assert!(!told("kind=backdated&days=41").contains(&old));
        let reason = flags(&scene.auditor, "kind=backdated");
        assert!(reason.last().unwrap()["reason"].as_str().unwrap().contains("40 days"), "{reason:#?}");

        let asks = |query: &str| scene.auditor.get(&format!("/api/v1/audit/flags?{query}"));
        asks("kind=late_entry").refused("invalid", &["/reporting_date"]);
        asks("reporting_date=June").refused("invalid", &["/reporting_date"]);
        asks("days=-1").refused("invalid", &["/days"]);
        asks("round=1").refused("invalid", &["/round"]);
        let date = ago(30)[..10].to_owned();
        let late = told(&format!("kind=late_entry&reporting_date={date}"));
        assert!(late.contains(&old) && !late.contains(&new), "{late:?}");
        assert!(told(&format!("kind=late_entry&reporting_date={}", &ago(10)[..10])).contains(&new));
        // What is to come is not over, so that nothing is late for it.
        assert_eq!(told("kind=late_entry&reporting_date=2222-01-01"), [""; 0]);
    }

    fn one_person_at_both_ends_of_a_transport_is_flagged(database: &TestDatabase) {
        let field = field(database);
        let scene = &field.scene;
        let (consignment, left, came) = field.goes("2020-08-01");
        assert_eq!(flags(&scene.auditor, "kind=same_user_both_ends"), [] as [Value; 0]);
        let (person, other) = (scene.person(), scene.person_of(&field.city, "Awa Jallow"));
        let signed = |person: &str, act: &str, event: &Value| {
            let by = json!([{"person": person, "act": act}]);
            field.paper(json!({"kind": "other", "consignment": consignment, "events": [event], "signatories": by}))
        };
        signed(&person, "handed_over", &left);
        signed(&other, "received", &came);
        signed(&person, "witness", &came);
        assert_eq!(flags(&scene.auditor, "kind=same_signatory_both_ends"), [] as [Value; 0]);
        let paper = signed(&person, "received", &came);
        let found = flags(&scene.auditor, "kind=same_signatory_both_ends");
        assert_eq!((found.len(), &found[0]["document"], &found[0]["person"]), (1, &paper["id"], &json!(person)));

        // Nobody receives what they dispatched; entered from the consignee's paper the same user may type both in.
        let (consignment, leg) = scene.planned(&field.city, &[&field.hub, &field.banjul]);
        let sent = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(10)]});
        let left = scene.does("departed", "2020-08-03", sent).expect(201);
        let typed = json!({"consignment": consignment, "leg": leg, "final": true, "lines": [{"item": scene.masks, "good": 10}],
            "from_paper": {"organization": field.city, "number": "GRN 12"}});
        let typed = scene.post(&scene.officer, "received", "2020-08-04", typed).expect(201);
        let found = flags(&scene.auditor, "kind=same_user_both_ends");
        assert_eq!((of(&found, "event"), &found[0]["other_event"]), (vec![typed["id"].as_str().unwrap().to_owned()], &left["id"]));
    }

    fn round_numbers_of_people_are_flagged_unless_they_are_said_to_be_about_so_many(database: &TestDatabase) {
        let field = field(database);
        let scene = &field.scene;
        let path = format!("/api/v1/programmes/{}/reported-figures", scene.programme);
        let figure = |name: &str, value: i64, unit: &str, qualifier: Value| {
            let body = json!({"section": "Reach", "figure": name, "value": value, "unit": unit, "as_of": "2021-04-21",
                "source": "A report", "qualifier": qualifier});
            scene.manager.post(&path, &body).expect(201)["id"].as_str().unwrap().to_owned()
        };
        let round = figure("reached", 12_000, "People", Value::Null);
        figure("exactly", 12_034, "people", Value::Null);
        figure("about", 13_000, "people", json!("over"));
        figure("masks", 14_000, "masks", Value::Null);
        let told = |query: &str| of(&flags(&scene.auditor, &format!("kind=round_people&{query}")), "reported_figure");
        assert_eq!(told(""), std::slice::from_ref(&round));
        assert_eq!(told("round=7000"), [""; 0]);
        assert_eq!(told("round=2").len(), 2);
    }

    fn flags_are_paged_by_key_over_all_kinds_and_told_within_reach(database: &TestDatabase) {
        let field = field(database);
        let scene = &field.scene;
        field.paper(json!({"kind": "other", "number": "7"}));
        field.paper(json!({"kind": "other", "number": "7"}));
        let all = flags(&scene.auditor, "reporting_date=2021-01-01");
        assert!(all.len() > 5, "{all:#?}");
        let (mut paged, mut after) = (Vec::new(), String::new());
        loop {
            let page = scene.manager.get(&format!("/api/v1/audit/flags?reporting_date=2021-01-01&limit=2{after}")).expect(200);
            paged.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(paged, all);

        let (here, there) = (scene.house.login_bound(Role::Auditor, None, Some("GH")), scene.house.login_bound(Role::Auditor, None, Some("SN")));
        assert_eq!(flags(&here, "kind=number_reused").len(), 2);
        assert_eq!(flags(&there, "reporting_date=2021-01-01"), [] as [Value; 0]);
        // Of two papers that bear one number only one is within reach: then no flag tells of the other.
        let dakar = scene.site("Dakar", "warehouse", "SN");
        let far = json!({"kind": "other", "number": "7", "site": dakar, "issued_on": "2020-08-01"});
        scene.officer.post("/api/v1/documents", &far).expect(201);
        assert_eq!(flags(&there, "kind=number_reused"), [] as [Value; 0]);
        assert_eq!(flags(&scene.auditor, "kind=number_reused").len(), 3);
        scene.officer.get("/api/v1/audit/flags").refused("forbidden", &[]);
    }
}
