//! Newer areas of a country are loaded: from then on sites are placed by them, figures of before stay, and what was wrong
//! in the file is pointed at.

use serde_json::{Value, json};

use super::regions::gifts;
use super::{area_of, known, site, told};
use crate::stories::scene::Scene;
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate};
use crate::verify::verify;
use relief_ledger::areas::Editions;
use relief_ledger::atlas::countries;
use relief_ledger::auth::Role;
use relief_ledger::db::connect;
use relief_ledger::ledger::Cut;

const PATH: &str = "/api/v1/boundaries?country=GM&name=cod-ab-gmb&source=OCHA%20COD-AB&licence=CC%20BY-IGO";

fn square(west: f64, south: f64, east: f64, north: f64) -> Value {
    json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]])
}

fn area(code: &str, polygon: Value) -> Value {
    json!({"type": "Feature", "properties": {"ADM1_PCODE": code, "ADM1_EN": format!("Region {code}")},
           "geometry": {"type": "Polygon", "coordinates": polygon}})
}

fn file(areas: &[Value]) -> String {
    json!({"type": "FeatureCollection", "features": areas}).to_string()
}

/// The Gambia in two: the west with Banjul and Brikama, and the east.
fn two() -> String {
    file(&[area("GM01", square(-17.0, 13.0, -16.0, 13.9)), area("GM02", square(-16.0, 13.0, -13.7, 13.9))])
}

fn load(caller: &Caller, path: &str, file: &str) -> crate::support::server::Reply {
    caller.upload(path, "application/geo+json", file.as_bytes())
}

on_both_databases! {
    migrate: migrate;

    fn newer_areas_count_from_the_entry_that_states_them(database: &TestDatabase) {
        let server = Server::start(database);
        let (admin, manager) = (server.login_as(Role::Admin), server.login_as(Role::Manager));
        let now = || admin.get("/api/v1/boundaries").expect(200)["sequence"].as_i64().expect("a sequence");
        let brikama = Some((13.2714, -16.6494));
        let before = area_of(&admin, &site("GM", brikama, None));
        assert_eq!((told(&before), &before["edition"]), (known("GM-W", "inside", &[]), &json!("natural-earth-1")));
        let then = now();

        load(&server.login_as(Role::Officer), PATH, &two()).refused("forbidden", &[]);
        let stated = load(&manager, PATH, &two()).expect(201);
        assert_eq!((&stated["areas"], &stated["notes"]), (&json!(2), &json!([])));
        let sha256 = stated["sha256"].as_str().expect("a hash");
        let listed = manager.get("/api/v1/boundaries?country=GM").expect(200);
        assert_eq!((&listed["items"][0]["sha256"], &listed["items"][0]["licence"]), (&json!(sha256), &json!("CC BY-IGO")));
        let kept = manager.get("/api/v1/boundaries/GM/cod-ab-gmb");
        assert_eq!((kept.status, kept.bytes.as_slice()), (200, two().as_bytes()), "byte by byte");

        // The same site, by the areas that count now, and as it was known before.
        let path = "/api/v1/sites?country=GM";
        let place = || admin.get(path).expect(200)["items"][0]["area"].clone();
        assert_eq!((told(&place()), &place()["edition"]), (known("GM01", "inside", &[]), &json!("cod-ab-gmb")));
        let codes = |moment: &str| {
            let page = admin.get(&format!("/api/v1/areas?country=GM{moment}")).expect(200);
            page["items"].as_array().expect("items").iter().map(|area| area["code"].clone()).collect::<Value>()
        };
        assert_eq!(codes(""), json!(["GM01", "GM02"]));
        assert_eq!(codes(&format!("&known_at={then}")).as_array().map(Vec::len), Some(6));
        let found = admin.get("/api/v1/areas/at?latitude=13.31&longitude=-14.22").expect(200);
        assert_eq!((&found["area"]["code"], &found["edition"]["country"]), (&json!("GM02"), &json!("GM")));
        // Senegal is another country's edition.
        let dakar = admin.get("/api/v1/areas/at?latitude=14.7&longitude=-17.4").expect(200);
        assert_eq!(dakar["edition"]["name"], "natural-earth-1");

        // An old code is unknown there, until somebody states what followed it.
        let coded = site("GM", None, Some("GM-B"));
        let unplaced = area_of(&admin, &coded);
        assert!(unplaced["unplaced"].as_str().is_some_and(|words| words.contains("'GM-B'")), "{unplaced:#}");
        let words = admin.get("/api/v1/areas/GM-B").refused("not_found", &[]);
        assert!(words.contains("nobody stated which code followed"), "{words}");
        let change = json!({"from": "GM-B", "to": "GM01", "on": "2024-01-01", "source": "GBoS"});
        manager.post("/api/v1/area-changes", &json!({"rows": [change]})).expect(201);
        assert_eq!(told(&area_of(&admin, &coded)), known("GM01", "code", &["code_replaced"]));
        let words = admin.get("/api/v1/areas/GM-B").refused("not_found", &[]);
        assert!(words.contains("GM01 followed it"), "{words}");
        assert_eq!(admin.get("/api/v1/areas/GM01").expect(200)["follows"], json!(["GM-B"]));
        let itself = json!({"from": "GM01", "to": "GM01", "on": "2024-01-01", "source": "GBoS"});
        manager.post("/api/v1/area-changes", &json!({"rows": [itself]})).refused("invalid", &["/rows/0/to"]);

        // Withdrawn, the areas that ship count again, and the past stays.
        let loaded = now();
        manager.post("/api/v1/boundaries/GM/cod-ab-gmb/withdrawal", &json!({})).expect(201);
        assert_eq!(told(&place()).0, "GM-W");
        assert_eq!(codes(&format!("&known_at={loaded}")), json!(["GM01", "GM02"]));
        manager.post("/api/v1/boundaries/GM/cod-ab-gmb/withdrawal", &json!({})).refused("invalid", &["/rows/0"]);

        let keys = server.key_folder();
        assert_eq!(verify(database.url(), &keys).1["count"], 0);
        tamper(database.url(), "UPDATE boundaries SET content = '{}' WHERE withdrawn = FALSE");
        let found = verify(database.url(), &keys).1;
        assert_eq!((&found["findings"][0]["table"], &found["findings"][0]["column"]),
                   (&json!("boundaries"), &json!("content")), "{found:#}");
    }

    fn totals_are_by_the_edition_that_was_known(database: &TestDatabase) {
        let scene = Scene::new(database);
        gifts(&scene);
        let totals = |moment: &str| {
            let totals = scene.auditor.get(&format!("/api/v1/totals?group_by=area&country=GM{moment}")).expect(200);
            let row = |row: &Value| (row["area"]["code"].clone(), row["closing"].clone());
            let rows: Vec<(Value, Value)> = totals["rows"].as_array().expect("rows").iter().map(row).collect();
            let names = totals["editions"].as_array().expect("editions").iter().map(|edition| edition["name"].clone());
            (rows, names.collect::<Value>(), totals["sequence"].clone())
        };
        let (before, editions, sequence) = totals("");
        assert_eq!(before, [(json!("GM-B"), json!(350)), (json!("GM-W"), json!(200))]);
        assert_eq!(editions, json!(["natural-earth-1"]));
        load(&scene.manager, PATH, &two()).expect(201);
        let (after, editions, _) = totals("");
        assert_eq!(after, [(json!("GM01"), json!(550))]);
        assert_eq!(editions, json!(["cod-ab-gmb"]), "only the Gambia's was asked");
        assert_eq!(totals(&format!("&known_at={sequence}")), (before, json!(["natural-earth-1"]), sequence));
        let drawn = scene.auditor.get("/api/v1/map/areas?country=GM").expect(200);
        assert_eq!((&drawn["features"][0]["id"], drawn["features"].as_array().map(Vec::len)), (&json!("GM01"), Some(1)));
        scene.verifies();
    }

    fn editions_of_forty_countries_are_laid_out_once(database: &TestDatabase) {
        let server = Server::start(database);
        let manager = server.login_as(Role::Manager);
        let some: Vec<_> = countries().iter().map(|country| country.code()).take(40).collect();
        for country in &some {
            let code = country.as_str();
            let path = PATH.replace("country=GM", &format!("country={code}"));
            load(&manager, &path, &file(&[area(&format!("{code}01"), square(-17.0, 13.0, -16.0, 13.9))])).expect(201);
        }
        let known_at = manager.get("/api/v1/boundaries").expect(200)["sequence"].as_i64().expect("a sequence");
        let mut conn = connect(database.url()).expect("it opens");
        let mut read = || Editions::at(&mut conn, Cut { known_at, as_of: None }).expect("they are read");
        let (first, again) = (read(), read());
        for country in some {
            assert_eq!(first.of(Some(country)).areas().len(), 1);
            assert!(std::ptr::eq(first.of(Some(country)), again.of(Some(country))), "{country} was laid out twice");
        }
    }

    fn areas_count_only_while_they_were_in_force(database: &TestDatabase) {
        let server = Server::start(database);
        let (admin, manager) = (server.login_as(Role::Admin), server.login_as(Role::Manager));
        area_of(&admin, &site("GM", Some((13.2714, -16.6494)), None));
        let later = format!("{}&valid_from=2022-01-01", PATH.replace("cod-ab-gmb", "from-2022"));
        let earlier = format!("{}&valid_to=2021-12-31", PATH.replace("cod-ab-gmb", "until-2021"));
        load(&manager, &later, &two()).expect(201);
        load(&manager, &earlier, &file(&[area("GM09", square(-17.0, 13.0, -13.7, 13.9))])).expect(201);
        let code = |moment: &str| {
            let found = admin.get(&format!("/api/v1/areas/at?latitude=13.2714&longitude=-16.6494{moment}")).expect(200);
            (found["area"]["code"].clone(), found["edition"]["name"].clone())
        };
        assert_eq!(code(""), (json!("GM01"), json!("from-2022")), "the other one is no longer in force");
        assert_eq!(code("&as_of=2022-06-30"), (json!("GM01"), json!("from-2022")));
        assert_eq!(code("&as_of=2020-06-30"), (json!("GM09"), json!("until-2021")));
        let backwards = format!("{earlier}&valid_from=2022-01-01");
        load(&manager, &backwards, &two()).refused("invalid", &["/valid_to"]);
    }

    fn what_is_wrong_with_a_file_is_pointed_at_and_nothing_is_recorded(database: &TestDatabase) {
        let server = Server::start(database);
        let manager = server.login_as(Role::Manager);
        let crossing = json!([[[-16.0, 13.0], [-15.0, 14.0], [-15.0, 13.0], [-16.0, 14.5], [-16.0, 13.0]]]);
        let wrong = file(&[area("GM01", crossing), area("GM01", square(-15.0, 13.0, -14.0, 14.0)),
            area("GM03", json!([[[-16.0, 113.0], [-15.0, 13.0], [-15.0, 14.0], [-16.0, 113.0]]]))]);
        let words = load(&manager, PATH, &wrong).refused("invalid", &["/features/0/geometry/coordinates/0",
            "/features/1/properties/ADM1_PCODE", "/features/2/geometry/coordinates/0/0"]);
        assert!(words.contains("crosses itself"), "{words}");
        load(&manager, PATH, &file(&[area("SN01", square(-16.0, 13.0, -15.0, 14.0))])).refused("invalid", &["/areas/0"]);
        let huge = area("GM01", square(-80.0, -40.0, 0.0, 40.0));
        let words = load(&manager, PATH, &file(&[huge])).refused("invalid", &["/features/0/geometry/coordinates/0"]);
        assert!(words.contains("of the globe"), "{words}");
        load(&manager, PATH, "{}").refused("invalid", &[""]);
        load(&manager, PATH, &file(&[])).refused("invalid", &["/features"]);
        load(&manager, &PATH.replace("cod-ab-gmb", "natural-earth-1"), &two()).refused("invalid", &["/name"]);
        load(&manager, &PATH.replace("country=GM", "country=Gambia"), &two()).refused("invalid", &["/country"]);
        assert_eq!(manager.get("/api/v1/boundaries").expect(200)["items"], json!([]));
        // Rings that run the wrong way are turned, and it is said.
        let clockwise = json!([[[-17.0, 13.0], [-17.0, 13.9], [-13.7, 13.9], [-13.7, 13.0], [-17.0, 13.0]]]);
        let stated = load(&manager, PATH, &file(&[area("GM01", clockwise)])).expect(201);
        assert!(stated["notes"][0]["detail"].as_str().is_some_and(|words| words.contains("turned")), "{stated:#}");
        // Coordinates that lie in the country only where they are exchanged are suspected, and it is said.
        let exchanged = area("GM01", square(13.0, -16.6, 13.9, -15.0));
        let stated = load(&manager, PATH, &file(&[exchanged])).expect(201);
        assert!(stated["notes"][0]["detail"].as_str().is_some_and(|words| words.contains("exchanged")), "{stated:#}");
        // Another column, another language's heading.
        let own = json!({"type": "Feature", "properties": {"clave": "GM07", "nombre": "Oeste"},
            "geometry": {"type": "Polygon", "coordinates": square(-17.0, 13.0, -13.7, 13.9)}});
        let named = format!("{PATH}&code_property=clave&name_property=nombre");
        load(&manager, &named, &file(std::slice::from_ref(&own))).expect(201);
        let read = manager.get("/api/v1/areas/GM07").expect(200);
        assert_eq!(read["areas"][0]["names"]["en"], "Oeste");
        load(&manager, PATH, &file(&[own])).refused("invalid", &["/features/0/properties"]);
    }
}
