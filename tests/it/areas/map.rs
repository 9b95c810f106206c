//! The figures on a map: the same as totals print, where they lie, and for the public nothing of sensitive programmes.

use serde_json::{Value, json};

use super::regions::gifts;
use crate::routes::way;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;
use relief_ledger::atlas::{Generalisation, shipped_areas};
use relief_ledger::auth::Role;

fn features(map: &Value) -> &Vec<Value> {
    map["features"].as_array().expect("features")
}

on_both_databases! {
    migrate: migrate;

    fn a_map_has_the_figures_of_totals(database: &TestDatabase) {
        let scene = Scene::new(database);
        let [beijing, _, banjul, ..] = gifts(&scene);
        let map = |layer: &str| scene.auditor.get(&format!("/api/v1/map/{layer}")).expect(200);
        let totals = |group: &str| scene.auditor.get(&format!("/api/v1/totals?group_by={group}")).expect(200);

        let (areas, by_area) = (map("areas"), totals("area"));
        assert_eq!((&areas["type"], areas["not_drawn"].as_i64()), (&json!("FeatureCollection"), Some(0)));
        let figures: Vec<Value> = features(&areas).iter().map(|feature| feature["properties"].clone()).collect();
        assert_eq!(Value::from(figures), by_area["rows"], "the same rows");
        assert_eq!((&areas["not_placed"], &areas["sequence"]), (&by_area["not_placed"], &by_area["sequence"]));
        assert!(areas["attribution"].as_str().is_some_and(|words| words.contains("endorsement")));
        assert_eq!(areas["editions"][0]["name"], "natural-earth-1");
        for generalisation in ["world", "region", "country"] {
            let drawn = scene.auditor.get(&format!("/api/v1/map/areas?generalisation={generalisation}"));
            assert_eq!(drawn.header("content-type"), Some("application/geo+json"));
            println!("{generalisation}: {} bytes for {} areas", drawn.bytes.len(), features(&drawn.json()).len());
        }
        scene.auditor.get("/api/v1/map/areas?generalisation=tiny").refused("invalid", &["/generalisation"]);
        assert_eq!(scene.auditor.get("/api/v1/map/oceans").status, 404);

        // Sites with what is there; the one whose place is not known is counted and not drawn.
        let sites = map("sites");
        assert_eq!((features(&sites).len(), &sites["not_drawn"]), (4, &json!(1)), "{sites:#}");
        let at = features(&sites).iter().find(|feature| feature["id"] == json!(beijing)).expect("Beijing");
        assert_eq!(at["geometry"], json!({"type": "Point", "coordinates": [116.4, 39.9]}));
        assert_eq!((&at["properties"]["in_storage"], &at["properties"]["site"]["name"]), (&json!(500), &json!("Beijing")));

        // Corridors as the shortest line, which a flight takes and nothing else.
        let corridors = map("corridors");
        let way_id = format!("{beijing}..{banjul}");
        let line = features(&corridors).iter().find(|feature| feature["id"] == json!(way_id)).expect("the corridor");
        assert_eq!((&line["geometry"]["type"], &line["properties"]["label"]), (&json!("LineString"), &json!("great circle")));
        assert_eq!(line["properties"]["delivered"], 290);
        let length = line["properties"]["length_m"].as_i64().expect("a length");
        assert!((11_900_000..12_600_000).contains(&length), "{length}");
        let first = line["geometry"]["coordinates"][0].clone();
        assert_eq!(first, json!([116.4, 39.9]));
        let carrier = scene.organization("Overland", "CN");
        let (rail, legs) = way(&scene, &carrier, &[("rail", &beijing, &banjul, Value::Null, Value::Null)]);
        let leaves = json!({"consignment": rail, "leg": legs[0], "lines": [scene.line(5)]});
        scene.does("departed", "2020-08-08", leaves).expect(201);
        let both = map("corridors");
        let line = features(&both).iter().find(|feature| feature["id"] == json!(way_id)).expect("the corridor");
        assert_eq!(line["properties"]["label"], "straight line", "not all of it flies");
        // Across the antimeridian the line is cut.
        let (suva, apia) = (scene.site_at("Suva", "warehouse", "FJ", (-18.1, 178.4)),
            scene.site_at("Apia", "city", "WS", (-13.8, -171.8)));
        let fiji = scene.organization("Fiji", "FJ");
        scene.in_store(&fiji, &suva, 10);
        scene.sent(&fiji, &[&suva, &apia], 10, "2020-08-09");
        let islands = map("corridors");
        let cut = features(&islands).iter().find(|feature| feature["geometry"]["type"] == "MultiLineString");
        assert_eq!(cut.map(|line| line["id"].clone()), Some(json!(format!("{suva}..{apia}"))));
        let past = scene.auditor.get(&format!("/api/v1/map/corridors?known_at={}", corridors["sequence"])).expect(200);
        assert_eq!(past["features"], corridors["features"], "as it was known");
        assert_eq!(features(&scene.auditor.get("/api/v1/map/sites?country=GM").expect(200)).len(), 2);
    }

    fn a_map_for_the_public_has_nothing_of_sensitive_programmes(database: &TestDatabase) {
        let scene = Scene::new(database);
        gifts(&scene);
        let open = scene.auditor.get("/api/v1/map/sites").expect(200);
        let shelter = json!({"code": "SHELTER", "name": "Shelters", "focus_areas": [], "sensitive": true, "synthetic": false});
        let shelter = scene.manager.post("/api/v1/programmes", &shelter).expect(201)["id"].clone();
        let (donor, store) = (scene.organization("A donor", "CN"), scene.site_at("A shelter", "warehouse", "ML", (12.6, -8.0)));
        let offer = json!({"programme": shelter, "donor": donor, "offered_at": "2020-07-01",
            "lines": [{"item": scene.masks, "quantity": 70}]});
        let pledge = scene.officer.post("/api/v1/pledges", &offer).expect(201)["id"].clone();
        scene.post(&scene.manager, "pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let stored = json!({"pledge": pledge, "site": store, "lines": [scene.line(70)]});
        scene.post(&scene.officer, "collected", "2020-07-10", stored).expect(201);

        let inside = scene.auditor.get("/api/v1/map/sites").expect(200);
        assert!(inside.to_string().contains("A shelter"), "whoever is signed in and reaches it sees it");
        for layer in ["areas", "sites", "corridors"] {
            let shown = scene.auditor.get(&format!("/api/v1/map/{layer}?public=true"));
            assert!(!shown.text.contains("A shelter") && !shown.text.contains("ML-8"), "{layer}: {}", shown.text);
            assert_eq!(shown.json()["public"], true);
        }
        let public = scene.auditor.get("/api/v1/map/sites?public=true").expect(200);
        assert_eq!((&public["features"], &public["not_placed"]), (&open["features"], &open["not_placed"]));
        // Nobody is let in without being known, and who is bound elsewhere sees nothing here.
        scene.house.stranger().get("/api/v1/map/sites?public=true").refused("unauthenticated", &[]);
        let in_kenya = scene.house.login_bound(Role::Officer, None, Some("KE"));
        assert_eq!(in_kenya.get("/api/v1/map/sites").expect(200)["features"], json!([]));
    }
}

#[test]
fn borders_are_drawn_small_enough_for_the_web_and_cut_at_the_antimeridian() {
    let set = shipped_areas();
    let mut sizes = Vec::new();
    for generalisation in [Generalisation::World, Generalisation::Region, Generalisation::Country] {
        let (mut bytes, mut corners) = (0, 0);
        for area in set.areas() {
            let drawn = set.drawn(area, generalisation);
            assert!(!drawn.is_empty(), "{} vanished", area.id);
            for ring in drawn.iter().flatten() {
                assert!(ring.len() >= 4 && ring.first() == ring.last(), "{}: {ring:?}", area.id);
                assert!(
                    ring.iter().all(|[x, y]| x.abs() <= 180.0 && y.abs() <= 90.0),
                    "{}: {ring:?}",
                    area.id
                );
            }
            corners += drawn.iter().flatten().map(Vec::len).sum::<usize>();
            bytes += serde_json::to_string(&drawn).expect("it is JSON").len();
        }
        println!("{generalisation:?}: {} areas, {corners} corners, {bytes} bytes", set.areas().len());
        sizes.push(bytes);
    }
    assert!(sizes[0] < 1_500_000 && sizes[1] < 4_500_000 && sizes[2] < 8_000_000, "{sizes:?}");
    assert!(sizes.is_sorted(), "{sizes:?}");
    // Chukotka lies on both sides.
    let chukotka = set.with_code("RU-CHU").next().expect("it is there");
    let drawn = set.drawn(chukotka, Generalisation::World);
    let has = |is: fn(f64) -> bool| drawn.iter().flatten().flatten().any(|[x, _]| is(*x));
    assert!(has(|x| x > 179.0) && has(|x| x < -170.0), "{drawn:?}");
}
