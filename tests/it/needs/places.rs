//! Codes of areas that somebody writes or asks by: those nobody knows are refused, those that ended lead on, and what is
//! withheld is not told by a refusal.

use relief_ledger::auth::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PATH, leaks, need, path_of, with};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

fn area(code: &str, west: f64, east: f64) -> Value {
    let ring = json!([[[west, 13.0], [east, 13.0], [east, 13.9], [west, 13.9], [west, 13.0]]]);
    json!({"type": "Feature", "properties": {"ADM1_PCODE": code, "ADM1_EN": format!("Region {code}")},
        "geometry": {"type": "Polygon", "coordinates": ring}})
}

/// What tells the area of a need that is withheld, in a refusal or any other answer.
fn tells(text: &str) -> bool {
    !leaks(text, &["GM-B", "earmark_area"]).is_empty()
}

on_both_databases! {
    migrate: migrate;

    fn an_offer_is_not_told_where_a_sensitive_programme_needs_it(database: &TestDatabase) {
        let scene = Scene::new(database);
        let hainan = scene.organization("Hainan", "CN");
        let body = json!({"code": "SHELTER", "name": "Safe houses", "focus_areas": [], "sensitive": true, "synthetic": false});
        let safe = scene.manager.post("/api/v1/programmes", &body).expect(201)["id"].clone();
        let hidden = scene.officer.post(PATH, &with(need(&scene, 90), json!({"programme": safe}))).expect(201);
        let open = scene.officer.post(PATH, &with(need(&scene, 90), json!({"id": id()}))).expect(201);
        let officer = scene.house.login_bound(Role::Officer, hainan.parse().ok(), None);
        let listed = scene.house.stranger().get("/api/v1/public/needs").text;
        assert!(listed.contains(hidden["id"].as_str().expect("an id")), "{listed}");
        let offers = |of: &Value, programme: &Value, area: &str| {
            let line = json!({"item": scene.masks, "quantity": 5, "earmark_area": area});
            let body = json!({"id": Uuid::now_v7(), "programme": programme, "donor": hainan, "offered_at": "2020-07-01", "lines": [line]});
            officer.post(&format!("{}/offers", path_of(of)), &body)
        };
        // Each area is answered alike: whoever tries them one by one learns nothing.
        for code in ["GM-M", "GM-L", "GM-B"] {
            let pledge = offers(&hidden, &safe, code).expect(201);
            assert_eq!(pledge["lines"][0]["earmark_area"], code);
        }
        offers(&hidden, &safe, "SN-DK").refused("invalid", &["/lines/0/earmark_country"]);
        assert!(!tells(&offers(&hidden, &safe, "SN-DK").text));
        // The twin is what others are told, of a need whose area everybody reads.
        let told = offers(&open, &json!(scene.programme), "GM-M");
        assert!(tells(&told.text), "{}", told.text);
        told.refused("invalid", &["/lines/0/earmark_area"]);
        scene.closes();
        scene.verifies();
    }

    fn areas_that_nobody_knows_are_refused_wherever_they_are_written_or_asked_by(database: &TestDatabase) {
        let scene = Scene::new(database);
        let hainan = scene.organization("Hainan", "CN");
        let stated = scene.officer.post(PATH, &need(&scene, 10)).expect(201);
        let before = scene.log_size();
        let unknown = with(need(&scene, 10), json!({"area": "GM-ZZ"}));
        let words = scene.officer.post(PATH, &unknown).refused("invalid", &["/area"]);
        assert!(words.contains("GM-B (Banjul)") && words.contains("and others"), "{words}");
        let offer = |area: &str| {
            let lines = json!([{"item": scene.masks, "quantity": 1}, {"item": scene.masks, "quantity": 5, "earmark_area": area}]);
            json!({"programme": scene.programme, "donor": hainan, "offered_at": "2020-07-01", "lines": lines})
        };
        scene.officer.post("/api/v1/pledges", &offer("GM-ZZ")).refused("invalid", &["/lines/1/earmark_area"]);
        let offers = format!("{}/offers", path_of(&stated));
        scene.officer.post(&offers, &offer("GM-ZZ")).refused("invalid", &["/lines/1/earmark_area"]);
        assert_eq!(scene.log_size(), before, "nothing of it was kept");
        for path in ["gaps?", "gaps/proposals?", "totals?group_by=country&"] {
            let asked = |area: &str| scene.manager.get(&format!("/api/v1/{path}area={area}"));
            let words = asked("GM-ZZ").refused("invalid", &["/area"]);
            assert!(words.contains("GM-ZZ") && words.contains("is no area of"), "{words}");
            asked("GM-B").expect(200);
        }
        // P-codes mean something before borders with them are loaded; no site lies in them before.
        scene.officer.post(PATH, &with(need(&scene, 10), json!({"id": id(), "area": "GM01"}))).expect(201);
        let rows = scene.manager.get("/api/v1/gaps?area=GM01").expect(200)["rows"].clone();
        assert_eq!(rows[0]["area"], "GM01", "{rows:#}");
        scene.manager.get("/api/v1/totals?group_by=country&area=GM01").refused("invalid", &["/area"]);
        scene.verifies();
    }

    fn a_code_that_ended_leads_to_the_one_that_followed(database: &TestDatabase) {
        let scene = Scene::new(database);
        let hainan = scene.organization("Hainan", "CN");
        let store = json!({"name": "Banjul store", "kind": "warehouse", "country": "GM", "area_code": "GM-B"});
        let store = scene.admin.post("/api/v1/sites", &store).expect(201)["id"].as_str().expect("an id").to_owned();
        scene.in_store(&hainan, &store, 7);
        scene.officer.post(PATH, &with(need(&scene, 10), json!({"needed_by": "2099-09-01", "shelf_life_days": 0}))).expect(201);
        let file = json!({"type": "FeatureCollection", "features": [area("GM01", -17.0, -16.0), area("GM02", -16.0, -13.7)]});
        let path = "/api/v1/boundaries?country=GM&name=cod-ab-gmb&source=OCHA%20COD-AB&licence=CC%20BY-IGO";
        scene.manager.upload(path, "application/geo+json", file.to_string().as_bytes()).expect(201);
        let follows = |from: &str, to: &[&str]| {
            let rows: Vec<Value> =
                to.iter().map(|to| json!({"from": from, "to": to, "on": "2024-01-01", "source": "GBoS"})).collect();
            scene.manager.post("/api/v1/area-changes", &json!({"rows": rows})).expect(201);
        };
        follows("GM-B", &["GM01"]);
        follows("GM-L", &["GM01", "GM02"]);
        let gap = |code: &str| {
            let shown = scene.auditor.get(&format!("/api/v1/gaps?area={code}")).expect(200);
            shown["rows"].as_array().expect("rows").iter().map(|row| (row["area"].clone(), row["gap"].clone())).collect::<Vec<_>>()
        };
        assert_eq!((gap("GM-B"), gap("GM01"), gap("GM02")), (vec![(json!("GM01"), json!(3))], gap("GM-B"), vec![]));
        let total = |code: &str| {
            let shown = scene.auditor.get(&format!("/api/v1/totals?group_by=country&area={code}")).expect(200);
            shown["total"]["subtotals"]["in_custody"].clone()
        };
        assert_eq!((total("GM-B"), total("GM01"), total("GM02")), (json!(7), json!(7), json!(0)));
        // Where several followed, which one is meant is for whoever asks to say.
        for path in ["gaps?", "totals?group_by=country&"] {
            let words = scene.auditor.get(&format!("/api/v1/{path}area=GM-L")).refused("invalid", &["/area"]);
            assert!(words.contains("divided into GM01, GM02"), "{words}");
        }
        let words = scene.officer.post(PATH, &with(need(&scene, 10), json!({"id": id(), "area": "GM-L"}))).refused("invalid", &["/area"]);
        assert!(words.contains("divided into GM01, GM02"), "{words}");
        scene.verifies();
    }
}
