//! What is needed: stated, changed, closed, circulated, and asked as it was known before.

mod answers;
mod both_ways;
mod places;
mod tables;

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::stories::scene::{Scene, id};
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};
use crate::verify::verify;

const PATH: &str = "/api/v1/needs";

/// A need of masks in Banjul.
fn need(scene: &Scene, quantity: i64) -> Value {
    json!({"id": id(), "programme": scene.programme, "item": scene.masks, "quantity": quantity, "area": "GM-B",
        "needed_by": "2020-09-01", "people": 31_000, "priority": "high", "shelf_life_days": 180,
        "source": "Letter of the Mayor", "note": "Ask Awa at the town hall", "circulated": true})
}

fn with(mut body: Value, members: Value) -> Value {
    let members = members.as_object().expect("members").clone();
    body.as_object_mut().expect("a body").extend(members);
    body
}

fn sequence(answer: &Value) -> i64 {
    answer["sequence"].as_i64().unwrap_or_else(|| panic!("a sequence: {answer:#}"))
}

fn path_of(need: &Value) -> String {
    format!("{PATH}/{}", need["id"].as_str().expect("an id"))
}

/// Words that stand in an answer and should not.
fn leaks<'a>(text: &str, secrets: &[&'a str]) -> Vec<&'a str> {
    secrets.iter().copied().filter(|secret| text.contains(secret)).collect()
}

on_both_databases! {
    migrate: migrate;

    fn a_need_is_stated_changed_and_closed_and_what_was_known_stays(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (officer, auditor) = (&scene.officer, &scene.auditor);
        let body = need(&scene, 50_000);
        let stated = officer.post(PATH, &body).expect(201);
        assert_eq!((&stated["country"], &stated["state"], &stated["revision"]), (&json!("GM"), &json!("open"), &json!(1)));
        assert_eq!(officer.post(PATH, &body).expect(200)["receipt"], Value::Null, "it counts once");
        officer.post(PATH, &with(body.clone(), json!({"quantity": 1}))).refused("id_reused", &["/id"]);

        let path = path_of(&stated);
        let changes = |revision: i64, members: Value| officer.patch(&path, revision, &members);
        let fewer = changes(1, json!({"quantity": 40_000, "note": null})).expect(200);
        changes(1, json!({"quantity": 1})).refused("precondition_failed", &[]);
        assert_eq!(changes(2, json!({"quantity": 40_000})).expect(200)["receipt"], Value::Null, "nothing changed");
        changes(2, json!({"quantity": 0})).refused("invalid", &["/quantity"]);
        changes(2, json!({"source": null})).refused("invalid", &["/source"]);
        changes(2, json!({"item": scene.masks})).refused("invalid", &["/item"]);
        changes(2, json!({"state": "closed"})).refused("invalid", &["/reason"]);
        let closed = changes(2, json!({"state": "closed", "reason": "another donor brought them"})).expect(200);
        changes(3, json!({"quantity": 10})).refused("wrong_state", &["/state"]);
        let open = changes(3, json!({"state": "open", "reason": "they were returned", "quantity": 10})).expect(200);
        assert_eq!((&open["quantity"], &open["state"]), (&json!(10), &json!("open")));

        // What was known at any entry is asked again, by one need and by the list.
        let known = |at: i64| auditor.get(&format!("{path}?known_at={at}"));
        known(sequence(&stated) - 1).refused("not_found", &[]);
        assert_eq!(known(sequence(&stated)).expect(200)["quantity"], 50_000);
        assert_eq!(known(sequence(&fewer)).expect(200)["note"], Value::Null);
        let detail = known(sequence(&closed)).expect(200);
        assert_eq!((&detail["state"], detail["history"].as_array().map(Vec::len)), (&json!("closed"), Some(3)));
        assert_eq!(known(sequence(&open)).expect(200)["history"][2]["reason"], "another donor brought them");
        let listed = |query: &str| auditor.get(&format!("{PATH}?{query}")).expect(200)["items"].as_array().expect("items").len();
        assert_eq!(listed(&format!("state=open&known_at={}", sequence(&closed))), 0);
        assert_eq!(listed(&format!("state=closed&known_at={}", sequence(&closed))), 1);
        assert_eq!(listed("state=open&by=2020-09-01&area=GM-B&country=GM"), 1);
        assert_eq!(listed("by=2020-08-31"), 0);

        // All that is wrong is said at once.
        let wrong = [
            ("/quantity", json!({"quantity": 0})),
            ("/area", json!({"area": "002"})),
            ("/area", json!({"area": "Banjul"})),
            ("/area", json!({"site": id()})),
            ("/site", json!({"area": null})),
            ("/needed_by", json!({"needed_by": "September"})),
            ("/people", json!({"people": -1})),
            ("/shelf_life_days", json!({"shelf_life_days": 5_000})),
            ("/source", json!({"source": " "})),
            ("/item", json!({"item": id()})),
            ("/programme", json!({"programme": id()})),
            ("/organization", json!({"organization": id()})),
        ];
        for (pointer, members) in wrong {
            let body = with(with(need(&scene, 5), json!({"id": id()})), members);
            officer.post(PATH, &body).refused("invalid", &[pointer]);
        }
        auditor.post(PATH, &need(&scene, 1)).refused("forbidden", &[]);

        scene.verifies();
        tamper(&scene.url, "UPDATE needs SET quantity = quantity + 1 WHERE revision = 2");
        let report = verify(&scene.url, std::path::Path::new("/nonexistent/keys")).1;
        assert_eq!((&report["count"], &report["findings"][0]["column"]), (&json!(1), &json!("quantity")), "{report:#}");
    }

    fn a_need_is_read_and_changed_within_reach_alone(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (banjul, nairobi) = (scene.organization("City of Banjul", "GM"), scene.organization("Nairobi", "KE"));
        let site = scene.site("Kanifing", "city", "GM");
        let ours = with(need(&scene, 10), json!({"organization": banjul}));
        let at_site = json!({"id": id(), "programme": scene.programme, "item": scene.masks, "quantity": 5, "site": site,
            "needed_by": "2020-09-01", "source": "Survey", "organization": nairobi});
        let ours = scene.officer.post(PATH, &ours).expect(201);
        let theirs = scene.officer.post(PATH, &at_site).expect(201);
        assert_eq!(theirs["country"], "GM");

        let organization = |id: &str| id.parse().ok();
        let banjul_officer = scene.house.login_bound(Role::Officer, organization(&banjul), None);
        let gambia = scene.house.login_bound(Role::Manager, None, Some("GM"));
        let senegal = scene.house.login_bound(Role::Manager, None, Some("SN"));
        let ids = |reply: Reply| -> Vec<Value> {
            reply.expect(200)["items"].as_array().expect("items").iter().map(|row| row["id"].clone()).collect()
        };
        assert_eq!(ids(banjul_officer.get(PATH)), [ours["id"].clone()]);
        assert_eq!(ids(gambia.get(PATH)), [ours["id"].clone(), theirs["id"].clone()]);
        assert_eq!(ids(senegal.get(PATH)), Vec::<Value>::new());
        let missing = scene.manager.get(&format!("{PATH}/{}", id()));
        assert_eq!(banjul_officer.get(&path_of(&theirs)).text, missing.text);
        assert_eq!(senegal.patch(&path_of(&ours), 1, &json!({"quantity": 1})).status, 404);
        banjul_officer.patch(&path_of(&ours), 1, &json!({"quantity": 11})).expect(200);
        banjul_officer.post(PATH, &need(&scene, 1)).refused("invalid", &["/organization"]);
        senegal.post(PATH, &need(&scene, 1)).refused("invalid", &["/area"]);
        senegal.post(PATH, &with(at_site.clone(), json!({"id": id()}))).refused("invalid", &["/site"]);
        senegal.post(PATH, &with(at_site, json!({"id": id(), "site": id()}))).refused("invalid", &["/site"]);
        // Who has an identifier that is taken is told to whoever reads that need.
        let taken = |caller: &Caller, members: Value| caller.post(PATH, &with(with(need(&scene, 1), json!({"id": ours["id"]})), members));
        let told = taken(&gambia, json!({"organization": banjul}));
        assert_eq!(told.json()["holder"], ours["id"]);
        told.refused("id_reused", &["/id"]);
        let untold = taken(&senegal, json!({"area": "SN-DK"}));
        assert_eq!(untold.json()["holder"], Value::Null);
        let words = untold.refused("id_reused", &["/id"]);
        assert_eq!(words, "This is taken; choose another.");
        let donor = scene.house.login_bound(Role::Donor, organization(&banjul), None);
        donor.get(PATH).refused("forbidden", &[]);
    }

    fn the_public_reads_what_is_circulated_and_no_word_of_ours(database: &TestDatabase) {
        let scene = Scene::new(database);
        let stranger = scene.house.stranger();
        let city = scene.organization("City of Banjul", "GM");
        let site = scene.site("Royal Victoria Hospital", "health_facility", "GM");
        let body = json!({"code": "SHELTER", "name": "Safe houses", "focus_areas": [], "sensitive": true, "synthetic": false});
        let safe = scene.manager.post("/api/v1/programmes", &body).expect(201)["id"].clone();
        let open = scene.officer.post(PATH, &with(need(&scene, 50_000), json!({"organization": city}))).expect(201);
        let sooner = json!({"area": null, "site": site, "needed_by": "2020-08-01"});
        scene.officer.post(PATH, &with(need(&scene, 70), sooner.clone())).expect(201);
        let later = json!({"programme": safe, "area": null, "site": site, "needed_by": "2020-10-01"});
        scene.officer.post(PATH, &with(need(&scene, 90), later)).expect(201);
        let hidden = json!({"programme": safe, "needed_by": "2020-10-02"});
        scene.officer.post(PATH, &with(need(&scene, 91), hidden)).expect(201);
        scene.officer.post(PATH, &with(need(&scene, 8_675_309), json!({"circulated": false}))).expect(201);

        // Those needed first at first, page by page; nobody logs in.
        let first = stranger.get("/api/v1/public/needs?limit=3").expect(200);
        let rows = first["items"].as_array().expect("items");
        let told = |row: &Value| (row["quantity"].clone(), row["place"].clone(), row["area"].clone());
        let expected = [
            (json!(70), json!("Royal Victoria Hospital"), Value::Null),
            (json!(50_000), Value::Null, json!("GM-B")),
            (json!(90), Value::Null, Value::Null),
        ];
        assert_eq!(rows.iter().map(told).collect::<Vec<_>>(), expected, "a sensitive programme tells no place");
        assert_eq!(rows[1]["item"], "Surgical masks");
        let next = first["next"].as_str().expect("there is more");
        let rest = stranger.get(&format!("/api/v1/public/needs?limit=3&after={next}")).expect(200);
        assert_eq!(rest["items"].as_array().map(Vec::len), Some(1), "{rest:#}");
        assert_eq!((&rest["items"][0]["area"], &rest["next"]), (&Value::Null, &Value::Null));
        let secrets = ["Mayor", "Awa", "City of Banjul", &city, "Letter", "source", "note", "organization", "8675309"];
        let everything = stranger.get("/api/v1/public/needs").text;
        assert_eq!(leaks(&everything, &secrets), Vec::<&str>::new());
        // The same check on an answer that says too much.
        let careless = scene.officer.get(PATH).text;
        assert_eq!(leaks(&careless, &secrets).len(), secrets.len() - 1, "{careless}");
        assert_eq!(stranger.get("/api/v1/public/needs?country=KE").expect(200)["items"], json!([]));
        stranger.get("/api/v1/public/needs?country=Kenya").refused("invalid", &["/country"]);
        stranger.get("/api/v1/public/needs?state=closed").refused("invalid", &["/state"]);

        // What is taken out of circulation or closed is gone at once.
        scene.officer.patch(&path_of(&open), 1, &json!({"circulated": false})).expect(200);
        let left = stranger.get("/api/v1/public/needs").expect(200);
        assert_eq!(left["items"].as_array().map(Vec::len), Some(3));
        scene.verifies();
    }
}
