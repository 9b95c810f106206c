//! Packing and unpacking at a site: components keep their donors, and nobody takes them out by the ordinary rule.

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use serde_json::{Value, json};

use super::{Workshop, id_of, sscc};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// What a unit holds: item, donor and quantity.
fn held(shop: &Workshop, unit: &Value) -> Vec<(String, String, i64)> {
    let shown = shop.scene.officer.get(&format!("/api/v1/handling-units/{}", id_of(unit))).expect(200);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let contents = shown["contents"].as_array().expect("contents").iter();
    contents
        .map(|one| (text(&one["code"]), text(&one["donor"]), one["quantity"].as_i64().expect("a quantity")))
        .collect()
}

on_both_databases! {
    migrate: migrate;

    fn kits_are_packed_and_each_component_keeps_its_donor(database: &TestDatabase) {
        let shop = Workshop::new(Scene::new(database));
        let scene = &shop.scene;
        let (hainan, accra) = (scene.organization("Hainan", "CN"), scene.organization("Accra", "GH"));
        shop.given(&hainan, &shop.soap, 5, Value::Null);
        shop.given(&accra, &shop.soap, 10, Value::Null);
        shop.given(&accra, &shop.towel, 6, Value::Null);
        let before = scene.auditor.get("/api/v1/totals?group_by=donor").expect(200)["rows"].clone();

        let packed = shop.packs(json!([{"sscc": sscc(1)}, {}, {"sscc": sscc(2)}])).expect(201);
        assert_eq!((shop.at(&shop.store, &shop.soap), shop.at(&shop.store, &shop.towel)), ([9, 6, 0, 0], [3, 3, 0, 0]));
        let mut units = shop.units(&scene.officer, &format!("site={}", shop.store));
        units.sort_by_key(|unit| unit["number"].to_string());
        let sequence = packed["sequence"].as_i64().expect("a sequence");
        let numbers: Vec<String> = units.iter().map(|unit| unit["number"].as_str().expect("a number").to_owned()).collect();
        assert_eq!(numbers, (1..4).map(|place| format!("HU-{sequence}-{place}")).collect::<Vec<_>>());
        assert_eq!((&units[0]["sscc"], units[1].get("sscc"), &units[0]["version"]), (&json!(sscc(1)), None, &json!(1)));
        // Five soaps of one donor and one of the other, dealt out one unit after the other; and a towel each.
        let soaps = |donor: &str| -> Vec<i64> {
            units.iter().map(|unit| held(&shop, unit).iter().filter(|(code, of, _)| code == "SOAP" && of == donor).map(|(.., quantity)| quantity).sum()).collect()
        };
        let (ours, theirs) = (soaps(&hainan), soaps(&accra));
        assert!(ours.iter().zip(&theirs).all(|(one, other)| one + other == 2), "{ours:?} {theirs:?}");
        assert_eq!(ours.iter().sum::<i64>() % 6, ours.iter().sum::<i64>(), "at most five");
        let after = scene.auditor.get("/api/v1/totals?group_by=donor").expect(200)["rows"].clone();
        let of = |rows: &Value, donor: &str, name: &str| -> i64 {
            let row = rows.as_array().expect("rows").iter().find(|row| row["donor"]["id"] == donor).expect("a row").clone();
            row[name].as_i64().expect("a figure")
        };
        for donor in [&hainan, &accra] {
            let both = |rows: &Value| of(rows, donor, "in_storage") + of(rows, donor, "allocated");
            assert_eq!(both(&before), both(&after), "packing takes nothing from anybody");
        }

        // Nobody takes them out by the ordinary rule, nor packs them twice.
        let lines = |item: &str, quantity: i64| json!([{"item": item, "quantity": quantity}]);
        let city = scene.organization("Banjul", "GM");
        let body = json!({"site": shop.store, "consignee": city, "lines": lines(&shop.soap, 10)});
        scene.does("delivered", "2020-07-21", body).refused("insufficient", &["/lines/0/quantity"]);
        shop.packs(json!([{}, {}, {}, {}])).refused("insufficient", &["/units/quantity"]);
        assert_eq!(shop.units(&scene.officer, "packed=true").len(), 3, "a refusal packs nothing");
        shop.packs(json!([{"sscc": sscc(1)}])).refused("duplicate", &["/units/0/sscc"]);
        shop.packs(json!([{"sscc": sscc(9)}, {"sscc": sscc(9)}])).refused("duplicate", &["/units/1/sscc"]);
        shop.packs(json!([{"sscc": "376104250021234560"}])).refused("invalid", &["/units/0/sscc"]);
        shop.packs(json!([])).refused("invalid", &["/units"]);
        let body = json!({"site": shop.store, "kit": shop.kit, "version": 9, "units": [{}]});
        scene.does("kit_packed", "2020-07-20", body).refused("invalid", &["/version"]);
        let early = json!({"site": shop.store, "kit": id(), "units": [{}]});
        assert_eq!(scene.does("kit_packed", "2020-07-20", early).expect(202)["status"], "waiting");
        scene.closes();
        scene.verifies();
    }

    fn what_is_left_of_a_unit_returns_when_it_is_unpacked(database: &TestDatabase) {
        let shop = Workshop::new(Scene::new(database));
        let scene = &shop.scene;
        let hainan = scene.organization("Hainan", "CN");
        shop.given(&hainan, &shop.soap, 4, Value::Null);
        shop.given(&hainan, &shop.towel, 2, Value::Null);
        let own = id();
        let packed = shop.packs(json!([{"id": own}, {}])).expect(201);
        let units = shop.units(&scene.officer, "");
        let other = units.iter().map(id_of).find(|unit| *unit != own).expect("another");
        let unpack = |units: Value| {
            scene.does("kit_unpacked", "2020-07-22", json!({"site": shop.store, "units": units, "reason": "needed loose"}))
        };
        // One soap gets wet and one is lost in the store: both were in units, as all of them are.
        let one = |quantity: i64| json!({"site": shop.store, "lines": [{"item": shop.soap, "quantity": quantity}], "reason": "rain"});
        scene.does("damaged", "2020-07-21", one(1)).expect(201);
        scene.does("reported_missing", "2020-07-21", one(1)).expect(201);
        let told = unpack(json!([own])).expect(201);
        let [free, allocated, _, damaged] = shop.at(&shop.store, &shop.soap);
        assert_eq!(free + allocated + damaged, 3);
        assert_eq!(shop.at(&shop.store, &shop.towel), [1, 1, 0, 0]);
        unpack(json!([own])).refused("invalid", &["/units/0"]);
        unpack(json!([other, other])).refused("invalid", &["/units/1"]);
        unpack(json!([])).refused("invalid", &["/units"]);
        unpack(json!([id()])).refused("invalid", &["/units/0"]);
        assert_eq!(shop.units(&scene.officer, "packed=true").len(), 1);

        // What was unpacked by mistake is packed again; what was packed is taken back only while it stands as it was packed.
        let never = |event: &Value| scene.does("reversed", "2020-07-23", json!({"event": event["id"], "reason": "it never was"}));
        never(&packed).refused("depended_on", &["/event"]);
        never(&told).expect(201);
        assert_eq!(shop.units(&scene.officer, "packed=true").len(), 2);
        assert_eq!(shop.at(&shop.store, &shop.towel), [0, 2, 0, 0]);
        let right = json!({"site": shop.store, "kit": shop.kit, "units": [{}]});
        let right = json!({"event": packed["id"], "right": right, "reason": "counted again"});
        scene.does("corrected", "2020-07-23", right).refused("wrong_state", &["/event"]);
        unpack(json!([own, other])).expect(201);
        assert_eq!(shop.units(&scene.officer, "packed=false").len(), 2);
        scene.closes();
        scene.verifies();
    }

    fn units_are_told_to_who_reaches_their_site_or_consignment(database: &TestDatabase) {
        let shop = Workshop::new(Scene::new(database));
        let scene = &shop.scene;
        let hainan = scene.organization("Hainan", "CN");
        shop.given(&hainan, &shop.soap, 4, Value::Null);
        shop.given(&hainan, &shop.towel, 2, Value::Null);
        shop.packs(json!([{"sscc": sscc(3)}, {}])).expect(201);
        let unit = id_of(&shop.units(&scene.officer, &format!("sscc={}", sscc(3)))[0]);
        let elsewhere = scene.house.login_bound(Role::Officer, None, Some("NP"));
        assert_eq!(shop.units(&elsewhere, ""), Vec::<Value>::new());
        elsewhere.get(&format!("/api/v1/handling-units/{unit}")).refused("not_found", &[]);
        let body = json!({"site": shop.store, "units": [unit]});
        scene.post(&elsewhere, "kit_unpacked", "2020-07-22", body.clone()).refused("not_found", &[]);
        let at_home = scene.house.login_bound(Role::Officer, None, Some("SN"));
        assert_eq!(shop.units(&at_home, &format!("kit={}", shop.kit)).len(), 2);
        scene.post(&at_home, "kit_unpacked", "2020-07-22", body).expect(201);
        let giver = Some(OrganizationId(hainan.parse().expect("an id")));
        scene.house.login_bound(Role::Donor, giver, None).get("/api/v1/handling-units").refused("forbidden", &[]);
        let page = scene.auditor.get("/api/v1/handling-units?limit=1").expect(200);
        let next = page["next"].as_str().expect("another page");
        let last = scene.auditor.get(&format!("/api/v1/handling-units?limit=1&after={next}")).expect(200);
        assert_eq!((last["items"].as_array().map(Vec::len), &last["next"]), (Some(1), &Value::Null));
    }
}
