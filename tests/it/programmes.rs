//! Programmes and the figures others reported, over HTTP.

use serde_json::{Value, json};

use crate::support::on_both_databases;
use crate::support::server::{Server, migrate};
use relief_ledger::atlas::cities_project;
use relief_ledger::auth::Role;

const PATH: &str = "/api/v1/programmes";

fn cities() -> Value {
    json!({"code": "CITIES-2020", "name": "Cities Project 2020", "focus_areas": ["South-South cooperation", "Masks"]})
}

fn path(programme: &Value) -> String {
    format!("{PATH}/{}", programme["id"].as_str().expect("id"))
}

fn masks() -> Value {
    json!({"section": "Deployment", "figure": "masks deployed", "value": 1_094_000, "qualifier": "over",
           "unit": "masks", "as_of": "2020-12-31", "source": "Highlights"})
}

on_both_databases! {
    migrate: migrate;

    fn focus_areas_keep_the_order_they_were_published_in(database: &TestDatabase) {
        let server = Server::start(database);
        let manager = server.login_as(Role::Manager);
        let created = manager.post(PATH, &cities()).expect(201);
        assert_eq!(manager.get(&path(&created)).expect(200)["focus_areas"], cities()["focus_areas"]);
        let edit = json!({"focus_areas": ["Zoning", "Air"], "sensitive": true});
        let changed = manager.patch(&path(&created), 1, &edit).expect(200);
        assert_eq!((&changed["focus_areas"], &changed["sensitive"]), (&json!(["Zoning", "Air"]), &json!(true)));
        let twice = json!({"focus_areas": ["Air", "Air ", ""]});
        manager.patch(&path(&created), 2, &twice).refused("invalid", &["/focus_areas/1", "/focus_areas/2"]);
        manager.post(PATH, &cities()).refused("duplicate", &["/code"]);
        server.login_as(Role::Admin).post(PATH, &cities()).refused("forbidden", &[]);
    }

    fn invented_data_say_so_in_their_name_and_for_ever(database: &TestDatabase) {
        let server = Server::start(database);
        let manager = server.login_as(Role::Manager);
        let mut body = cities();
        body["synthetic"] = json!(true);
        manager.post(PATH, &body).refused("invalid", &["/name"]);
        body["name"] = json!("Masks for 22 countries (Synthetic)");
        let created = manager.post(PATH, &body).expect(201);
        manager.patch(&path(&created), 1, &json!({"name": "Masks for 22 countries"})).refused("invalid", &["/name"]);
        manager.patch(&path(&created), 1, &json!({"synthetic": false})).refused("invalid", &["/synthetic"]);
        manager.post(PATH, &json!({"code": "REAL", "name": "Real"})).expect(201);
        let page = manager.get(&format!("{PATH}?synthetic=true")).expect(200);
        assert_eq!((page["items"].as_array().map(Vec::len), &page["items"][0]["code"]), (Some(1), &json!("CITIES-2020")));
        let found = manager.get(&format!("{PATH}?q=rea&sensitive=false")).expect(200);
        assert_eq!(found["items"][0]["code"], "REAL");
    }

    fn a_programme_posted_twice_is_one(database: &TestDatabase) {
        let server = Server::start(database);
        let manager = server.login_as(Role::Manager);
        let mut body = cities();
        body["id"] = json!("0190f3c1-7c00-7000-8000-000000000001");
        manager.post(PATH, &body).expect(201);
        assert_eq!(manager.post(PATH, &body).expect(200)["receipt"], Value::Null);
        body["sensitive"] = json!(true);
        manager.post(PATH, &body).refused("id_reused", &["/id"]);
    }

    fn all_22_published_figures_are_kept_as_they_were_published(database: &TestDatabase) {
        let server = Server::start(database);
        let manager = server.login_as(Role::Manager);
        let figures = format!("{}/reported-figures", path(&manager.post(PATH, &cities()).expect(201)));
        let published = &cities_project().expect("the published facts").highlights;
        assert_eq!(published.len(), 22);
        for one in published {
            let body = json!({"section": one.section, "figure": one.figure, "value": one.value,
                              "qualifier": one.qualifier, "unit": one.unit, "as_of": one.as_of, "source": one.source});
            let added = manager.post(&figures, &body).expect(201);
            assert!(added["receipt"].is_object());
        }
        let page = manager.get(&format!("{figures}?limit=22")).expect(200);
        assert_eq!((page["items"].as_array().map(Vec::len), &page["next"]), (Some(22), &Value::Null));
        let total: u64 = page["items"].as_array().expect("items").iter().filter_map(|one| one["value"].as_u64()).sum();
        assert_eq!(total, published.iter().map(|one| one.value).sum::<u64>());
    }

    fn a_reported_figure_is_appended_to_and_never_edited(database: &TestDatabase) {
        let server = Server::start(database);
        let manager = server.login_as(Role::Manager);
        let figures = format!("{}/reported-figures", path(&manager.post(PATH, &cities()).expect(201)));
        manager.post(&figures, &masks()).expect(201);
        assert_eq!(manager.post(&figures, &masks()).expect(200)["receipt"], Value::Null);
        let with = |field: &str, value: Value| { let mut body = masks(); body[field] = value; body };
        let words = manager.post(&figures, &with("value", json!(1_100_000))).refused("duplicate", &["/as_of"]);
        assert!(words.contains("over 1094000 masks"), "{words}");
        let before = manager.get(&figures).expect(200)["sequence"].clone();
        manager.post(&figures, &with("as_of", json!("2021-04-21"))).expect(201);
        let known = |query: &str| {
            let list = manager.get(&format!("{figures}{query}")).expect(200);
            list["items"].as_array().expect("items").len()
        };
        assert_eq!((known(""), known(&format!("?known_at={before}"))), (2, 1), "what was added later was not known then");
        manager.get(&format!("{figures}?known_at=999999")).refused("invalid", &["/known_at"]);
        for (field, value) in [
            ("value", json!(-1)),
            ("value", json!((1_i64 << 53) + 1)),
            ("value", json!(1.5)),
            ("qualifier", json!("nearly")),
            ("as_of", json!("2020-13-01")),
            ("as_of", json!("2020-2-3")),
            ("unit", json!("")),
            ("source", json!("x".repeat(501))),
        ] {
            manager.post(&figures, &with(field, value)).refused("invalid", &[&format!("/{field}")]);
        }
        let elsewhere = format!("{PATH}/0190f3c1-7c00-7000-8000-000000000009/reported-figures");
        manager.post(&elsewhere, &masks()).refused("not_found", &[]);
        manager.get(&elsewhere).refused("not_found", &[]);
    }
}
