//! Areas inside countries over HTTP: which there are, which one a site lies in, and how that is known.

mod editions;
mod map;
mod regions;
mod table;

use serde_json::{Value, json};

use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate};
use crate::verify::verify;
use relief_ledger::auth::Role;
use relief_ledger::core::id::SiteId;
use relief_ledger::db::connect;
use relief_ledger::ledger::Cut;
use relief_ledger::sites::{SiteArea, site_areas};

/// A site with what is said of its place.
pub fn site(country: &str, place: Option<(f64, f64)>, code: Option<&str>) -> Value {
    let coordinates =
        place.map(|(latitude, longitude)| json!({"latitude": latitude, "longitude": longitude}));
    json!({"name": format!("A place in {country}"), "kind": "city", "country": country,
           "coordinates": coordinates, "area_code": code})
}

/// The area of a site that is recorded so, as whoever reads it is told.
fn area_of(admin: &Caller, body: &Value) -> Value {
    let made = admin.post("/api/v1/sites", body).expect(201);
    admin.get(&format!("/api/v1/sites/{}", made["id"].as_str().expect("an id"))).expect(200)["area"].clone()
}

/// Code, how it was found, and the kinds of doubts.
fn told(area: &Value) -> (String, String, Vec<String>) {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let doubts = area["doubts"].as_array().expect("doubts").iter().map(|doubt| word(&doubt["kind"]));
    (word(&area["area"]["code"]), word(&area["placed_by"]), doubts.collect())
}

fn known(code: &str, placed_by: &str, doubts: &[&str]) -> (String, String, Vec<String>) {
    (code.to_owned(), placed_by.to_owned(), doubts.iter().map(|doubt| (*doubt).to_owned()).collect())
}

on_both_databases! {
    migrate: migrate;

    fn a_site_says_which_area_it_lies_in_and_how_that_is_known(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let area = |country, place, code| area_of(&admin, &site(country, place, code));
        let banjul = (13.4531, -16.5775);
        let brikama = (13.2714, -16.6494);
        assert_eq!(told(&area("GM", Some(banjul), Some("GM-B"))), known("GM-B", "code", &[]));
        assert_eq!(told(&area("GM", Some(brikama), None)), known("GM-W", "inside", &[]));

        // A code that the coordinates contradict counts, and both are told.
        let contradicted = area("GM", Some(brikama), Some("GM-L"));
        assert_eq!(told(&contradicted), known("GM-L", "code", &["place_elsewhere"]));
        let words = contradicted["doubts"][0]["detail"].as_str().expect("words");
        assert!(words.contains("GM-W"), "{words}");

        // Just across the border, in Senegal: the nearest area of its own country.
        let across = area("GM", Some((13.62, -15.6)), None);
        assert_eq!(told(&across), known("GM-N", "near", &["place_elsewhere"]));
        assert!((1_000..11_132).contains(&across["distance_m"].as_u64().expect("metres")), "{across:#}");
        // Far across it: none of its own, and no other country's either.
        let abroad = area("GM", Some((14.79, -16.93)), None);
        assert_eq!(told(&abroad), known("-", "-", &[]));
        assert!(abroad["unplaced"].as_str().is_some_and(|words| words.contains("another country's")), "{abroad:#}");

        // An enclave: Sokh is Uzbekistan's, and Kyrgyzstan lies all around it.
        assert_eq!(told(&area("UZ", Some((39.965, 71.13)), None)), known("UZ-FA", "inside", &[]));
        // On both sides of the antimeridian: Taveuni.
        assert_eq!(told(&area("FJ", Some((-16.85, 179.97)), None)).0, "FJ-N");
        assert_eq!(told(&area("FJ", Some((-16.8, -179.99)), None)).0, "FJ-N");
        // In the open sea, with a code that nobody knows, and with nothing at all.
        assert_eq!(told(&area("GM", Some((0.0, -30.0)), None)), known("-", "-", &[]));
        assert_eq!(told(&area("GM", Some(brikama), Some("GM99"))), known("GM-W", "inside", &["code_unknown"]));
        let unknown = area("GM", None, Some("GM99"));
        assert!(unknown["unplaced"].as_str().is_some_and(|words| words.contains("'GM99'")), "{unknown:#}");
        let nothing = area("GM", None, None);
        assert!(nothing["unplaced"].as_str().is_some_and(|words| words.contains("neither")), "{nothing:#}");
        assert_eq!(nothing["edition"], "natural-earth-1");

        // The list says the same, and a donor reads it too.
        let listed = admin.get("/api/v1/sites?country=UZ").expect(200);
        assert_eq!(told(&listed["items"][0]["area"]), known("UZ-FA", "inside", &[]));
        let body = json!({"name": "A donor", "country": "GM", "donor": true});
        let donor = admin.post("/api/v1/organizations", &body).expect(201)["id"].as_str().map(str::to_owned);
        let donor = server.login_bound(Role::Donor, donor.and_then(|id| id.parse().ok()), None);
        let listed = donor.get("/api/v1/sites?country=UZ").expect(200);
        assert_eq!(told(&listed["items"][0]["area"]), known("UZ-FA", "inside", &[]));
    }

    fn areas_are_listed_found_and_read(database: &TestDatabase) {
        let server = Server::start(database);
        let (manager, officer) = (server.login_as(Role::Manager), server.login_as(Role::Officer));
        let mut codes = Vec::new();
        let mut next = "/api/v1/areas?country=GM&limit=4".to_owned();
        loop {
            let page = officer.get(&next).expect(200);
            codes.extend(page["items"].as_array().expect("items").iter().map(|area| area["code"].clone()));
            let Some(after) = page["next"].as_str() else { break };
            next = format!("/api/v1/areas?country=GM&limit=4&after={after}");
        }
        assert_eq!(Value::from(codes), json!(["GM-B", "GM-L", "GM-M", "GM-N", "GM-U", "GM-W"]));
        let all = officer.get("/api/v1/areas?limit=500").expect(200);
        assert_eq!((all["items"].as_array().map(Vec::len), all["next"].is_string()), (Some(500), true));
        officer.get("/api/v1/areas?country=Gambia").refused("invalid", &["/country"]);

        // What is known of one, at any moment.
        let stated = |people: i64| json!({"rows": [{"area": "GM-B", "group": "all", "year": 2024, "source": "COD-PS",
            "source_version": "1", "people": people}]});
        let first = manager.post("/api/v1/populations", &stated(31_000)).expect(201)["sequence"].clone();
        manager.post("/api/v1/populations", &stated(32_000)).expect(201);
        let people = |moment: &str| {
            let read = officer.get(&format!("/api/v1/areas/GM-B{moment}")).expect(200);
            assert_eq!((&read["areas"][0]["country"], &read["edition"]["name"]), (&json!("GM"), &json!("natural-earth-1")));
            assert!(read["edition"]["attribution"].as_str().is_some_and(|words| words.contains("endorsement")));
            (read["populations"]["items"][0]["people"].clone(), read["populations"]["items"][0]["source"].clone())
        };
        assert_eq!(people(""), (json!(32_000), json!("COD-PS")));
        assert_eq!(people(&format!("?known_at={first}")), (json!(31_000), json!("COD-PS")));
        // Ten cantons stand under one code.
        let parts = officer.get("/api/v1/areas/BA-BIH").expect(200);
        assert_eq!(parts["areas"].as_array().map(Vec::len), Some(10));
        let words = officer.get("/api/v1/areas/GM99").refused("not_found", &[]);
        assert!(words.contains("is no area of edition natural-earth-1"), "{words}");

        // Of a country, by the source that ships.
        let gambia = officer.get("/api/v1/countries/GM?year=2020").expect(200);
        let people = &gambia["population"];
        assert_eq!((&people["basis"], &people["source_version"]), (&json!("published"), &json!("2024, medium variant")));
        let sum = people["female"].as_u64().zip(people["male"].as_u64()).map(|(female, male)| female + male);
        assert_eq!((people["people"].as_u64(), &gambia["code"]), (sum, &json!("GM")));
        assert_eq!(officer.get("/api/v1/countries/GM?year=2022").expect(200)["population"]["basis"], "interpolated");
        assert_eq!(officer.get("/api/v1/countries/GM?year=1999").expect(200)["population"], Value::Null);

        // Of a place: inside, over the antimeridian, nowhere.
        let at = |latitude: f64, longitude: f64| {
            officer.get(&format!("/api/v1/areas/at?latitude={latitude}&longitude={longitude}")).expect(200)
        };
        assert_eq!((&at(13.2714, -16.6494)["area"]["code"], &at(0.0, -30.0)["area"]), (&json!("GM-W"), &Value::Null));
        let chukotka = at(66.0, -172.0);
        assert_eq!(chukotka["area"]["code"], "RU-CHU");
        let bounds: Vec<f64> = serde_json::from_value(chukotka["area"]["bounds"].clone()).expect("bounds");
        assert!(bounds[0] > 150.0 && bounds[2] < -165.0, "west is the larger number: {bounds:?}");
        officer.get("/api/v1/areas/at?latitude=116.5&longitude=13.4").refused("invalid", &["/latitude"]);
        officer.get("/api/v1/areas/at?latitude=16.5&longitude=213.4").refused("invalid", &["/longitude"]);
    }

    fn cities_and_airports_are_found_by_name_and_code(database: &TestDatabase) {
        let server = Server::start(database);
        let officer = server.login_as(Role::Officer);
        let names = |query: &str| {
            let found = officer.get(&format!("/api/v1/gazetteer?{query}")).expect(200);
            let name = |item: &Value| format!("{} {} {}", item["kind"], item["name"], item["country"]).replace('"', "");
            (found["items"].as_array().expect("items").iter().map(name).collect::<Vec<_>>(), found["more"].clone())
        };
        let (found, more) = names("q=banjul");
        assert_eq!((found.first().map(String::as_str), more), (Some("city Banjul GM"), json!(false)), "{found:?}");
        // The code of an airport first, accents and case aside.
        assert_eq!(names("q=bjl").0[0], "airport Banjul International Airport GM");
        assert_eq!(names("q=ABIDJAN&kind=city").0[0], names("q=abidj%C3%A1n&kind=city").0[0]);
        assert!(names("q=san&country=CR").0.iter().all(|name| name.ends_with(" CR")));
        assert_eq!(names("q=san").1, true);
        assert_eq!(names("q=xyzzyx").0, [""; 0]);
        officer.get("/api/v1/gazetteer?q=b").refused("invalid", &["/q"]);
        let banjul = officer.get("/api/v1/gazetteer?q=banjul&kind=city").expect(200)["items"][0]["coordinates"].clone();
        let body = json!({"name": "Banjul", "kind": "city", "country": "GM", "coordinates": banjul});
        assert_eq!(told(&area_of(&server.login_as(Role::Admin), &body)).0, "GM-B");
    }

    fn what_a_site_said_of_its_place_stays_known(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let made = admin.post("/api/v1/sites", &site("GM", Some((13.4531, -16.5775)), Some("GM-B"))).expect(201);
        let path = format!("/api/v1/sites/{}", made["id"].as_str().expect("an id"));
        let now = || admin.get("/api/v1/populations").expect(200)["sequence"].as_i64().expect("a sequence");
        let recorded = now();
        admin.patch(&path, 1, &json!({"name": "Banjul"})).expect(200);
        let renamed = now();
        admin.patch(&path, 2, &json!({"area_code": "GM-W"})).expect(200);
        let mut conn = connect(database.url()).expect("the database opens");
        let id: SiteId = made["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        let mut at = |known_at: i64| -> SiteArea {
            let cut = Cut { known_at, as_of: None };
            let mut of_all = site_areas(&mut conn, None, cut).expect("they are read");
            let named = site_areas(&mut conn, Some(&[id]), cut).expect("it is read");
            assert_eq!(named.get(&id), of_all.get(&id));
            of_all.remove(&id).expect("it is there")
        };
        let code = |area: SiteArea| area.area.map(|area| area.code);
        assert_eq!(code(at(recorded - 1)), None, "before it was recorded nothing was known of it");
        assert_eq!(code(at(recorded)).as_deref(), Some("GM-B"));
        assert_eq!(code(at(renamed)).as_deref(), Some("GM-B"));
        assert_eq!(code(at(renamed + 1)).as_deref(), Some("GM-W"));
        let keys = server.key_folder();
        assert_eq!(verify(database.url(), &keys).1["count"], 0);
        tamper(database.url(), "UPDATE site_places SET area_code = 'GM-L' WHERE area_code = 'GM-W'");
        let found = verify(database.url(), &keys).1;
        assert_eq!((&found["findings"][0]["table"], &found["findings"][0]["column"]),
                   (&json!("site_places"), &json!("area_code")), "{found:#}");
    }
}
