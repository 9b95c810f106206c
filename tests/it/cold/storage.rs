//! Which storage classes a site can keep, and what lies where it cannot be kept.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::Fridge;
use crate::lots::rows;
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

on_both_databases! {
    migrate: migrate;

    fn what_lies_where_it_cannot_be_kept_is_listed(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        fridge.has(json!("V-1"), 100);
        let path = format!("/api/v1/sites/{}/storage", fridge.store);
        let misplaced = |words: &str| rows(&scene.officer, &format!("/api/v1/lots/misplaced?limit=1{words}"));
        assert_eq!(scene.officer.get(&path).expect(200)["classes"], Value::Null);
        assert_eq!(misplaced(""), Vec::<Value>::new(), "of a site of which nothing is said nothing is wrong");

        let state = |classes: Value| scene.admin.post(&path, &json!({"classes": classes}));
        let first = state(json!(["ambient"])).expect(201)["sequence"].clone();
        assert_eq!(misplaced("").iter().map(|row| json!([row["site"], row["code"], row["storage_class"], row["quantity"]])).collect::<Vec<_>>(),
            [json!([fridge.store, "OPV", "refrigerated", 100])]);
        state(json!(["ambient"])).expect(200);
        state(json!(["refrigerated", "ambient"])).expect(201);
        assert_eq!(misplaced(""), Vec::<Value>::new());
        assert_eq!(scene.officer.get(&path).expect(200)["classes"], json!(["ambient", "refrigerated"]));
        assert_eq!(scene.officer.get(&format!("{path}?known_at={first}")).expect(200)["classes"], json!(["ambient"]));
        assert_eq!(misplaced(&format!("&known_at={first}")).len(), 1);
        assert_eq!(misplaced(&format!("&known_at={first}&as_of=2020-07-01")), Vec::<Value>::new());

        state(json!(["cellar"])).refused("invalid", &["/classes/0"]);
        state(json!(["cool", "cool"])).refused("invalid", &["/classes/1"]);
        scene.officer.post(&path, &json!({"classes": []})).refused("forbidden", &[]);
        scene.admin.post(&format!("/api/v1/sites/{}/storage", id()), &json!({"classes": []})).refused("not_found", &[]);
        state(json!([])).expect(201);
        assert_eq!(misplaced("").len(), 1);
        let elsewhere = scene.house.login_bound(Role::Manager, None, Some("NP"));
        assert_eq!(rows(&elsewhere, "/api/v1/lots/misplaced?limit=500"), Vec::<Value>::new());
        scene.verifies();
    }
}
