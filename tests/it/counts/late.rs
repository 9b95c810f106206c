//! What is told late of the minute of a sheet, and what of it is shown.

use serde_json::{Value, json};

use super::{MINUTE, Store, lines, store};
use crate::support::on_both_databases;
use crate::support::server::{Reply, migrate};

/// Crossings told of one sheet, as `src/counts/crossing.rs` says it.
const CROSSINGS_TOLD: usize = 1_000;

impl Store {
    /// Goods of a new pledge that came before the minute of the sheets, told now.
    fn is_told_of(&self, item: &Value, lot: &str, quantity: i64) -> Value {
        let scene = &self.scene;
        let donor = scene.organization("Late donor", "CN");
        let line = json!({"id": crate::stories::scene::id(), "item": item, "quantity": quantity});
        let offer = json!({"id": crate::stories::scene::id(), "programme": scene.programme, "donor": donor,
            "offered_at": "2020-07-01", "lines": [line]});
        scene.officer.post("/api/v1/pledges", &offer).expect(201);
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": offer["id"]})).expect(201);
        let line = json!({"item": item, "lot": lot, "quantity": quantity});
        let body = json!({"pledge": offer["id"], "site": self.site, "lines": [line]});
        scene.does("collected", "2020-07-11", body).expect(201)
    }

    fn soap(&self) -> Value {
        let soap = json!({"code": "SOAP", "name": "Soap", "base_unit": "piece", "category": "hygiene"});
        self.scene.admin.post("/api/v1/items", &soap).expect(201)["id"].clone()
    }

    fn is_crossed_by(&self, sheet: &Value, event: &Value) -> bool {
        self.show(sheet)["crossed_by"].to_string().contains(event["id"].as_str().expect("an event"))
    }
}

/// What a refused posting names: item, lot and how many are recorded.
fn named(refused: &Reply) -> (Value, Value, Value) {
    refused.refused("wrong_state", &[]);
    let told = refused.json();
    (told["item"].clone(), told["lot"].clone(), told["recorded"].clone())
}

on_both_databases! {
    migrate: migrate;

    fn goods_told_late_that_are_not_on_a_sheet_keep_it_from_being_posted(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let masks = json!(scene.masks);
        let sheet = store.counted(&[100, 600, 300]);
        // A lot of an item that is on the sheet.
        let late = store.is_told_of(&masks, "D-4", 40);
        assert_eq!(named(&store.posts(&sheet, json!({}))), (masks.clone(), json!("D-4"), json!(40)));
        assert!(store.is_crossed_by(&sheet, &late));
        assert_eq!(store.show(&sheet)["state"], "submitted");

        // As it says: another as of the same minute, with its figures and what was found of the lot.
        scene.officer.post(&Store::path(&sheet, "/void"), &json!({"reason": "D-4 was told late"})).expect(200);
        let again = store.counted(&[100, 600, 300, 39]);
        assert_eq!(lines(&again, "difference")[3], ("D-4".into(), Some(-1)));

        // An item of which nothing is on it: it is a sheet of all that lies there.
        let soap = store.soap();
        store.is_told_of(&soap, "S-1", 12);
        assert_eq!(named(&store.posts(&again, json!({"reason": "rats"}))), (soap, json!("S-1"), json!(12)));
        assert_eq!(store.missing(), (1_000, 0));
        scene.closes();
        scene.verifies();
    }

    fn goods_told_late_keep_a_sheet_of_other_items_from_nothing(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let (masks, soap) = (json!(scene.masks), store.soap());
        let figures = json!([{"line": 1, "counted": 100}, {"line": 2, "counted": 600}, {"line": 3, "counted": 300}]);
        let sheets: Vec<Value> = (0..2).map(|_| {
            let sheet = store.opens(json!({"items": [masks]}));
            store.counts(&sheet, figures.clone()).expect(200);
            store.submits(&sheet).expect(200)
        }).collect();
        store.is_told_of(&soap, "S-1", 12);
        assert_eq!(store.posts(&sheets[0], json!({})).expect(200)["sheet"]["state"], "posted");
        store.is_told_of(&masks, "D-4", 40);
        assert_eq!(named(&store.posts(&sheets[1], json!({}))), (masks, json!("D-4"), json!(40)));
        scene.verifies();
    }

    fn many_movements_of_other_items_leave_nothing_untold_of_a_sheet(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let soap = store.soap();
        let (of_soap, whole) = (store.opens(json!({"items": [soap]})), store.opens(json!({})));
        let donor = scene.organization("Wuhan", "CN");
        let (pledge, _) = scene.accepted(&donor, 2_000);
        let comes = |lots: std::ops::Range<usize>| {
            let lines: Vec<Value> = lots.map(|lot| json!({"item": scene.masks, "lot": format!("L-{lot}"), "quantity": 1})).collect();
            scene.does("collected", "2020-08-02", json!({"pledge": pledge, "site": store.site, "lines": lines})).expect(201)
        };
        comes(0..500);
        comes(500..CROSSINGS_TOLD);
        let told = |sheet: &Value| {
            let shown = store.show(sheet);
            let heaps = |one: &Value| one["goods"].as_array().map_or(0, Vec::len);
            let heaps: usize = shown["crossed_by"].as_array().expect("crossings").iter().map(heaps).sum();
            (heaps, shown["crossed_by_more"].clone())
        };
        assert_eq!(told(&whole), (CROSSINGS_TOLD, json!(false)));
        comes(CROSSINGS_TOLD..CROSSINGS_TOLD + 1);
        assert_eq!(told(&whole), (CROSSINGS_TOLD, json!(true)));
        assert_eq!(told(&of_soap), (0, json!(false)));
    }

    fn nothing_crosses_a_sheet_once_it_is_void(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let sheet = store.opens(json!({}));
        let masks = json!(scene.masks);
        let before = store.is_told_of(&masks, "D-4", 40);
        scene.officer.post(&Store::path(&sheet, "/void"), &json!({"reason": "the door was open"})).expect(200);
        let after = store.is_told_of(&masks, "E-5", 50);
        let moved = json!({"site": store.site, "to_site": store.other, "lines": [scene.line(3)]});
        let moved = scene.does("moved", "2020-08-02", moved).expect(201);
        assert!(store.is_crossed_by(&sheet, &before));
        assert!(!store.is_crossed_by(&sheet, &after) && !store.is_crossed_by(&sheet, &moved));
        let open = store.opens(json!({"as_of": MINUTE}));
        assert!(store.is_crossed_by(&open, &moved), "an open one is crossed by it");
    }
}
