//! Sites and countries over HTTP: where goods can be.

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate};
use relief_ledger::auth::Role;
use relief_ledger::sites::SiteKind;

const PATH: &str = "/api/v1/sites";

fn banjul() -> Value {
    json!({"code": "BJL-CMS", "name": "Banjul Central Medical Store", "kind": "warehouse", "country": "GM",
           "coordinates": {"latitude": 13.4531, "longitude": -16.5775}, "locode": "GM BJL", "area_code": "GM-B"})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = banjul();
    body[field] = value;
    body
}

fn path(site: &Value) -> String {
    format!("{PATH}/{}", site["id"].as_str().expect("id"))
}

fn refused(caller: &Caller, body: &Value, pointers: &[&str]) -> String {
    caller.post(PATH, body).refused("invalid", pointers)
}

on_both_databases! {
    migrate: migrate;

    fn a_warehouse_is_recorded_where_it_stands(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let city = admin.post("/api/v1/organizations", &json!({"name": "City of Banjul"})).expect(201);
        let created = admin.post(PATH, &with("operator", city["id"].clone())).expect(201);
        let read = admin.get(&path(&created)).expect(200);
        assert_eq!(read["coordinates"], json!({"latitude": 13.4531, "longitude": -16.5775}));
        assert_eq!((&read["locode"], &read["area_code"], &read["operator"]),
                   (&json!("GMBJL"), &json!("GM-B"), &city["id"]));
        assert_eq!(read["ends_delivery"], false);
        assert_eq!(created["receipt"]["entity_id"], read["id"]);
    }

    fn a_place_off_the_globe_is_refused(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let place = |latitude: f64, longitude: f64| with("coordinates", json!({"latitude": latitude, "longitude": longitude}));
        refused(&admin, &place(90.5, 0.0), &["/coordinates/latitude"]);
        refused(&admin, &place(0.0, -180.5), &["/coordinates/longitude"]);
        assert!(refused(&admin, &place(-116.5, 13.4), &["/coordinates/latitude"]).contains("swapped"));
        refused(&admin, &with("coordinates", json!({"latitude": 1.0})), &["/coordinates/longitude"]);
        let text = banjul().to_string().replace("13.4531", "1e999");
        assert!(admin.post_text(PATH, &text).status >= 400, "infinity is nowhere");
        assert_eq!(admin.get(PATH).expect(200)["items"], json!([]), "nothing was recorded");
    }

    fn codes_of_a_place_must_lie_in_its_country(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        assert!(refused(&admin, &with("country", json!("gm")), &["/country"]).contains("write 'GM'"));
        let words = refused(&admin, &with("country", json!("SN")), &["/locode", "/area_code"]);
        assert!(words.contains("Gambia (GM)") && words.contains("Senegal (SN)"), "{words}");
        refused(&admin, &with("locode", json!("BJL")), &["/locode"]);
        refused(&admin, &with("area_code", json!("Banjul")), &["/area_code"]);
        refused(&admin, &with("kind", json!("shed")), &["/kind"]);
        refused(&admin, &with("operator", json!("0190f3c1-7c00-7000-8000-000000000009")), &["/operator"]);
        let hub = admin.post(PATH, &with("kind", json!("hub"))).expect(201);
        assert_eq!(hub["kind"], "warehouse");
    }

    fn a_site_never_moves_to_another_country(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let created = admin.post(PATH, &banjul()).expect(201);
        let words = admin.patch(&path(&created), 1, &json!({"country": "SN"})).refused("invalid", &["/country"]);
        assert!(words.contains("never changes"), "{words}");
        let edit = json!({"country": "GM", "kind": "city", "coordinates": null, "locode": null, "code": null});
        let changed = admin.patch(&path(&created), 1, &edit).expect(200);
        assert_eq!(changed["ends_delivery"], true);
        assert_eq!((&changed["coordinates"], &changed["locode"], &changed["code"], &changed["revision"]),
                   (&Value::Null, &Value::Null, &Value::Null, &json!(2)));
        admin.patch(&path(&created), 1, &json!({"kind": "port"})).refused("precondition_failed", &[]);
    }

    fn two_sites_never_share_a_code(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let body = with("id", json!("0190f3c1-7c00-7000-8000-000000000001"));
        admin.post(PATH, &body).expect(201);
        assert_eq!(admin.post(PATH, &body).expect(200)["receipt"], Value::Null);
        admin.post(PATH, &with("name", json!("Another"))).refused("duplicate", &["/code"]);
        let mut other = body;
        other["kind"] = json!("port");
        admin.post(PATH, &other).refused("id_reused", &["/id"]);
        // Without codes there may be as many as one likes.
        for name in ["A", "B"] {
            admin.post(PATH, &json!({"name": name, "kind": "port", "country": "GM"})).expect(201);
        }
        let ports = admin.get(&format!("{PATH}?kind=port&country=GM")).expect(200);
        assert_eq!(ports["items"].as_array().map(Vec::len), Some(2));
        let found = admin.get(&format!("{PATH}?q=bjl-")).expect(200);
        assert_eq!(found["items"][0]["code"], "BJL-CMS");
    }

    fn of_many_who_want_one_code_at_once_one_gets_it(database: &TestDatabase) {
        let server = Server::start(database);
        let callers: Vec<Caller> = vec![server.login_as(Role::Admin); 16];
        let statuses = |body: &(dyn Fn(usize) -> Value + Sync)| {
            let mut statuses: Vec<u16> = std::thread::scope(|scope| {
                let posts: Vec<_> = callers
                    .iter()
                    .enumerate()
                    .map(|(number, caller)| scope.spawn(move || caller.post(PATH, &body(number)).status))
                    .collect();
                posts.into_iter().map(|post| post.join().expect("the caller lives")).collect()
            });
            statuses.sort_unstable();
            statuses
        };
        let rivals = statuses(&|number| with("name", json!(format!("Store {number}"))));
        assert_eq!((rivals[0], &rivals[1..]), (201, &[409; 15][..]));
        let same = json!({"id": "0190f3c1-7c00-7000-8000-000000000002", "name": "One", "kind": "port", "country": "GM"});
        let repeats = statuses(&|_| same.clone());
        assert_eq!((&repeats[..15], repeats[15]), (&[200; 15][..], 201));
        assert_eq!(server.login_as(Role::Admin).get(PATH).expect(200)["items"].as_array().map(Vec::len), Some(2));
    }

    fn a_site_whose_country_no_file_stated_is_found_and_edited(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let created = admin.post(PATH, &json!({"name": "A vendor's store", "kind": "warehouse", "country": "GM"})).expect(201);
        // As an import leaves it.
        let mut conn = relief_ledger::db::connect(database.url()).expect("the database opens");
        conn.batch_execute("UPDATE sites SET country = 'ZZ'").expect("the site is there");
        let listed = admin.get(&format!("{PATH}?country=ZZ")).expect(200);
        assert_eq!(listed["items"][0]["id"], created["id"]);
        admin.get(&format!("{PATH}?country=ZY")).refused("invalid", &["/country"]);
        let edit = |revision: i64, body: Value| admin.patch(&path(&created), revision, &body);
        let named = edit(1, json!({"name": "Store in Banjul", "country": "ZZ"})).expect(200);
        assert_eq!((&named["name"], &named["country"]), (&json!("Store in Banjul"), &json!("ZZ")));
        edit(2, json!({"locode": "GM BJL", "area_code": "GM-B"})).expect(200);
        let words = edit(3, json!({"country": "GM"})).refused("invalid", &["/country"]);
        assert!(words.contains("not stated") && words.contains("record a new site"), "{words}");
        // Nobody types it.
        refused(&admin, &json!({"name": "Another", "kind": "warehouse", "country": "ZZ"}), &["/country"]);
    }

    fn a_donor_picks_a_country_in_the_own_language(database: &TestDatabase) {
        let server = Server::start(database);
        let caller = server.login_as(Role::Auditor);
        let all = caller.get("/api/v1/countries").expect(200);
        let countries = all["items"].as_array().expect("items");
        assert_eq!((countries.len(), &all["next"]), (250, &Value::Null));
        for country in countries {
            for language in ["en", "fr", "es", "ru", "zh", "ar"] {
                assert!(country["names"][language].as_str().is_some_and(|name| !name.is_empty()), "{country}");
            }
        }
        let namibia = caller.get("/api/v1/countries/NA").expect(200);
        assert_eq!((&namibia["names"]["en"], &namibia["iso3"], &namibia["region"]["name"]),
                   (&json!("Namibia"), &json!("NAM"), &json!("Africa")));
        caller.get("/api/v1/countries/na").refused("not_found", &[]);
        server.stranger().get("/api/v1/countries").refused("unauthenticated", &[]);
    }
}

#[test]
fn goods_are_delivered_at_cities_health_facilities_and_final_delivery_points_only() {
    let ends: Vec<&str> =
        SiteKind::ALL.into_iter().filter(|kind| kind.ends_delivery()).map(SiteKind::word).collect();
    assert_eq!(ends, ["city", "health_facility", "final_delivery_point"]);
    for kind in SiteKind::ALL {
        assert_eq!(SiteKind::from_word(kind.word()), Some(kind));
        assert_eq!(serde_json::to_value(kind).expect("a word"), json!(kind.word()));
    }
}
