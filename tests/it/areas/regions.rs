//! Totals by area, region and list, and within a shape: the same goods as by country and site, and nothing twice.

use serde_json::{Value, json};

use crate::stories::scene::Scene;
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};
use relief_ledger::auth::Role;

/// Masks of a Chinese and of a Swiss donor in Beijing and Geneva, on their way to and in Banjul, Brikama and Bamako; and some
/// at a site that nobody knows the place of.
pub fn gifts(scene: &Scene) -> [String; 5] {
    let hainan = scene.organization("Province of Hainan", "CN");
    let geneva_donor = scene.organization("City of Geneva", "CH");
    let (banjul_city, mali) =
        (scene.organization("City of Banjul", "GM"), scene.organization("Ministry of Mali", "ML"));
    let beijing = scene.site_at("Beijing", "warehouse", "CN", (39.9, 116.4));
    let geneva = scene.site_at("Geneva", "warehouse", "CH", (46.2, 6.14));
    let banjul = scene.site_at("Banjul", "city", "GM", (13.4531, -16.5775));
    let brikama = scene.site_at("Brikama", "warehouse", "GM", (13.2714, -16.6494));
    let bamako = scene.site("Bamako", "city", "ML");
    scene.in_store(&hainan, &beijing, 1_000);
    scene.in_store(&geneva_donor, &geneva, 500);
    let (sent, leg) = scene.sent(&banjul_city, &[&beijing, &banjul], 300, "2020-08-01");
    scene
        .receives(&sent, &leg, "2020-08-05", json!({"good": 290, "missing": 10, "reason": "rain"}))
        .expect(201);
    let (sent, leg) = scene.sent(&banjul_city, &[&beijing, &brikama], 200, "2020-08-02");
    scene.receives(&sent, &leg, "2020-08-06", json!({"good": 200})).expect(201);
    let (sent, leg) = scene.sent(&mali, &[&geneva, &bamako], 100, "2020-08-03");
    scene.receives(&sent, &leg, "2020-08-07", json!({"good": 100})).expect(201);
    scene.sent(&banjul_city, &[&geneva, &banjul], 50, "2020-08-08");
    [beijing, geneva, banjul, brikama, bamako]
}

fn totals(caller: &Caller, query: &str) -> Value {
    let totals = caller.get(&format!("/api/v1/totals?{query}")).expect(200);
    for row in totals["rows"].as_array().expect("rows").iter().chain([&totals["total"]]) {
        assert_eq!(row["residual"], 0, "{query}: {row:#}");
    }
    totals
}

/// The code of each row and what of it is not with a donor or ended.
fn here(totals: &Value, dimension: &str) -> Vec<(String, i64)> {
    let row = |row: &Value| {
        let held = &row["subtotals"];
        let figure = |name: &str| held[name].as_i64().expect("a figure");
        (
            row[dimension]["code"].as_str().unwrap_or("-").to_owned(),
            figure("in_custody") + figure("delivered"),
        )
    };
    totals["rows"].as_array().expect("rows").iter().map(row).collect()
}

fn rows(rows: &[(&str, i64)]) -> Vec<(String, i64)> {
    rows.iter().map(|(code, quantity)| ((*code).to_owned(), *quantity)).collect()
}

on_both_databases! {
    migrate: migrate;

    fn totals_by_region_and_area_are_those_of_countries_and_sites(database: &TestDatabase) {
        let scene = Scene::new(database);
        gifts(&scene);
        let auditor = &scene.auditor;
        // In transit counts where the leg ends.
        assert_eq!(here(&totals(auditor, "group_by=country"), "country"),
            rows(&[("CN", 500), ("GM", 550), ("ML", 100), ("CH", 350)]));
        assert_eq!(here(&totals(auditor, "group_by=region"), "region"), rows(&[("002", 650), ("142", 500), ("150", 350)]));
        assert_eq!(here(&totals(auditor, "group_by=subregion"), "subregion"),
            rows(&[("030", 500), ("202", 650), ("155", 350)]));
        let by_area = totals(auditor, "group_by=area");
        assert_eq!(here(&by_area, "area"), rows(&[("GM-B", 350), ("CN-BJ", 500), ("CH-GE", 350), ("GM-W", 200)]));
        assert_eq!(by_area["editions"][0]["name"], "natural-earth-1");
        let unplaced = &by_area["not_placed"]["subtotals"];
        assert_eq!(&unplaced["delivered"], &json!(100), "Bamako's place is not known: {unplaced:#}");
        // Meant for: the destination of the consignment; what has none has no area, as what is in storage at Brikama again.
        let meant = totals(auditor, "group_by=area&place=for");
        assert_eq!(here(&meant, "area"), rows(&[("GM-B", 350), ("GM-W", 0)]));
        // By two dimensions at once, and by a filter; an area's rows are its sites'.
        let both = totals(auditor, "group_by=region,item");
        assert_eq!(here(&both, "region"), rows(&[("002", 650), ("142", 500), ("150", 350)]));
        let sites = totals(auditor, "group_by=site&area=GM-B");
        assert_eq!((here(&sites, "site").len(), &sites["rows"][0]["site"]["name"]), (1, &json!("Banjul")));
        assert_eq!(here(&totals(auditor, "group_by=area&area=GM-B"), "area"), rows(&[("GM-B", 350)]));
        assert_eq!(here(&totals(auditor, "group_by=country&region=002"), "country"), rows(&[("GM", 550), ("ML", 100)]));
        assert_eq!(here(&totals(auditor, "group_by=country&subregion=155"), "country"), rows(&[("CH", 350)]));
        assert_eq!(here(&totals(auditor, "group_by=country&subregion=155&region=002"), "country"), rows(&[]));
        auditor.get("/api/v1/totals?group_by=country&region=270").refused("invalid", &["/region"]);
        auditor.get("/api/v1/totals?group_by=continent").refused("invalid", &["/group_by"]);

        // The lists, each with its rule and source.
        let least = totals(auditor, "group_by=country&list=least_developed");
        assert_eq!(here(&least, "country"), rows(&[("GM", 550), ("ML", 100)]));
        assert!(least["regions"]["rule"].as_str().is_some_and(|rule| rule.contains("13 December 2024")), "{least:#}");
        assert!(least["regions"]["source"].as_str().is_some_and(|source| source.contains("M49")));
        assert_eq!(here(&totals(auditor, "group_by=country&list=landlocked_developing"), "country"), rows(&[("ML", 100)]));
        assert_eq!(here(&totals(auditor, "group_by=country&list=small_island_developing"), "country"), rows(&[]));
        let south = totals(auditor, "group_by=country&list=developing");
        assert_eq!(here(&south, "country"), rows(&[("CN", 500), ("GM", 550), ("ML", 100)]));
        // South–South: from Hainan to the Gambia, and nothing that Geneva gave, or that is stored and meant for nobody yet.
        let from_south = totals(auditor, "group_by=country&list=south_south");
        assert_eq!(here(&from_south, "country"), rows(&[("GM", 300)]));
        assert!(from_south["regions"]["rule"].as_str().is_some_and(|rule| rule.contains("both")), "{from_south:#}");

        // Asked again with its sequence, after the site's place was put right, it is the same for ever.
        let sequence = by_area["sequence"].as_i64().expect("a sequence");
        let bamako = scene.admin.get("/api/v1/sites?country=ML").expect(200)["items"][0]["id"].clone();
        let path = format!("/api/v1/sites/{}", bamako.as_str().expect("an id"));
        scene.admin.patch(&path, 1, &json!({"coordinates": {"latitude": 12.64, "longitude": -8.0}})).expect(200);
        assert_eq!(here(&totals(auditor, "group_by=area"), "area").len(), 5);
        let again = totals(auditor, &format!("group_by=area&known_at={sequence}"));
        assert_eq!((&again["rows"], &again["not_placed"]), (&by_area["rows"], &by_area["not_placed"]));
        scene.closes();
    }

    fn totals_within_a_shape_count_its_sites(database: &TestDatabase) {
        let scene = Scene::new(database);
        let [.., bamako] = gifts(&scene);
        let within = |body: &Value| scene.auditor.post("/api/v1/totals/within?group_by=site", body);
        let polygon = |corners: Value| json!({"shape": {"type": "Polygon", "coordinates": [corners]}});
        let gambia = polygon(json!([[-17.0, 13.0], [-13.5, 13.0], [-13.5, 14.0], [-17.0, 14.0], [-17.0, 13.0]]));
        let found = within(&gambia).expect(200);
        assert_eq!(here(&found, "site").len(), 2, "{found:#}");
        assert_eq!((&found["sites_within"], &found["sites_without_place"]), (&json!(2), &json!(1)));
        assert_eq!(found["first_without_place"], json!([bamako]));
        assert_eq!(found["total"]["subtotals"]["delivered"], 290);
        assert_eq!(found["not_placed"]["subtotals"]["delivered"], 100, "Bamako may lie in it, or not");
        assert_eq!((&found["notes"], &found["countries"]), (&json!([]), &json!(1)));
        // Wrong winding is turned, and said.
        let clockwise = polygon(json!([[-17.0, 13.0], [-17.0, 14.0], [-13.5, 14.0], [-13.5, 13.0], [-17.0, 13.0]]));
        let turned = within(&clockwise).expect(200);
        assert_eq!(turned["rows"], found["rows"]);
        assert!(turned["notes"][0]["detail"].as_str().is_some_and(|words| words.contains("turned")), "{turned:#}");
        // Exchanged coordinates are told.
        let exchanged = polygon(json!([[13.0, -17.0], [14.0, -17.0], [14.0, -13.5], [13.0, -13.5], [13.0, -17.0]]));
        let empty = within(&exchanged).expect(200);
        assert_eq!((&empty["rows"], &empty["sites_within"]), (&json!([]), &json!(0)));
        assert!(empty["notes"][0]["detail"].as_str().is_some_and(|words| words.contains("exchanged")), "{empty:#}");

        // A radius, along the ellipsoid: Brikama is 21.6 km from Banjul.
        let around = |radius: i64| json!({"center": {"latitude": 13.4531, "longitude": -16.5775}, "radius_m": radius});
        assert_eq!(within(&around(21_000)).expect(200)["sites_within"], 1);
        assert_eq!(within(&around(22_000)).expect(200)["sites_within"], 2);
        let by_country = scene.auditor.post("/api/v1/totals/within?group_by=country&place=for", &around(22_000)).expect(200);
        assert_eq!(here(&by_country, "country"), rows(&[("GM", 350)]), "in storage at Brikama it is meant for nobody");

        // What cannot be asked about says why.
        let bow = polygon(json!([[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 3.0], [0.0, 0.0]]));
        let words = within(&bow).refused("invalid", &["/shape/coordinates/0"]);
        assert!(words.contains("crosses itself"), "{words}");
        let open = polygon(json!([[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 3.0]]));
        within(&open).refused("invalid", &["/shape/coordinates/0"]);
        let huge = polygon(json!([[-80.0, -80.0], [80.0, -80.0], [80.0, 80.0], [-80.0, 80.0], [-80.0, -80.0]]));
        within(&huge).refused("invalid", &["/shape/coordinates/0"]);
        let swapped = polygon(json!([[13.0, 117.0], [14.0, 117.0], [14.0, 118.0], [13.0, 117.0]]));
        assert!(within(&swapped).refused("invalid", &["/shape/coordinates/0/0"]).contains("swapped"));
        let circle: Vec<[f64; 2]> = (0..=5_001)
            .map(|step| f64::from(step % 5_001) / 5_001.0 * std::f64::consts::TAU)
            .map(|turn| [turn.cos(), turn.sin()])
            .collect();
        assert!(within(&polygon(json!(circle))).refused("invalid", &["/shape/coordinates"]).contains("5000"));
        within(&json!({"shape": {"type": "Point", "coordinates": [1.0, 2.0]}})).refused("invalid", &["/shape"]);
        within(&json!({})).refused("invalid", &["/shape"]);
        within(&around(0)).refused("invalid", &["/radius_m"]);
        within(&around(4_000_001)).refused("invalid", &["/radius_m"]);
        within(&json!({"radius_m": 5})).refused("invalid", &["/center"]);
        let both = json!({"shape": gambia["shape"], "radius_m": 5});
        within(&both).refused("invalid", &["/shape"]);

        // By area the edition is named that was used, and no other country's: also where nothing lies there.
        let by_area = scene.auditor.post("/api/v1/totals/within?group_by=area", &gambia).expect(200);
        assert_eq!(by_area["editions"].as_array().map(Vec::len), Some(1), "{by_area:#}");
        let empty = totals(&scene.auditor, "group_by=country&area=IS-1");
        assert_eq!((&empty["rows"], &empty["editions"][0]["name"]), (&json!([]), &json!("natural-earth-1")));

        // Who is bound to a country counts what is theirs of it.
        let in_kenya = scene.house.login_bound(Role::Officer, None, Some("KE"));
        let theirs = in_kenya.post("/api/v1/totals/within?group_by=site", &gambia).expect(200);
        assert_eq!(theirs["rows"], json!([]));
    }

    fn any_number_of_sites_may_have_no_place(database: &TestDatabase) {
        let scene = Scene::new(database);
        let [.., bamako] = gifts(&scene);
        let around = json!({"center": {"latitude": 13.4531, "longitude": -16.5775}, "radius_m": 22_000});
        let within = || scene.auditor.post("/api/v1/totals/within?group_by=site", &around).expect(200);
        let few = within();
        // More than one query names, as somebody's books may have them.
        let key = if database.url().starts_with("sqlite:") { "randomblob(16)" } else { "decode(md5(CAST(i AS TEXT)), 'hex')" };
        tamper(database.url(), &format!(
            "INSERT INTO sites (id, name, kind, country, revision, created_at, updated_at) WITH RECURSIVE numbers (i) AS \
             (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 10001) \
             SELECT {key}, 'Village', 'warehouse', 'ML', 1, 0, 0 FROM numbers"));
        let many = within();
        assert_eq!((&many["sites_within"], &many["sites_without_place"]), (&json!(2), &json!(10_002)));
        assert_eq!(many["first_without_place"].as_array().map(Vec::len), Some(100));
        for member in ["rows", "total", "not_placed", "countries"] {
            assert_eq!(many[member], few[member], "{member}");
        }
        assert_eq!(few["first_without_place"], json!([bamako]));
    }
}
