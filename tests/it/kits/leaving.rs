//! Units never claim goods that are gone: what leaves a consignment by its lines opens them, and what is to stay packed is named.

use serde_json::{Value, json};

use super::{Workshop, id_of, sscc};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Reply, migrate};

/// Three hygiene kits in the store, reserved for a consignment over these stops.
struct Packed {
    shop: Workshop,
    city: String,
    units: Vec<String>,
    consignment: String,
    leg: String,
}

impl Packed {
    fn new(scene: Scene, end: &str) -> Self {
        let shop = Workshop::new(scene);
        let hainan = shop.scene.organization("Hainan", "CN");
        let city = shop.scene.organization("City of Banjul", "GM");
        let banjul = shop.scene.site("Banjul", end, "GM");
        shop.given(&hainan, &shop.soap, 10, Value::Null);
        shop.given(&hainan, &shop.towel, 6, Value::Null);
        let units: Vec<String> = (0..3).map(|_| id()).collect();
        let named = |unit: &String| json!({"id": unit});
        shop.packs(units.iter().map(named).collect()).expect(201);
        let (consignment, leg) = shop.scene.planned(&city, &[&shop.store, &banjul]);
        let body = json!({"consignment": consignment, "site": shop.store, "units": units});
        shop.scene.does("allocated", "2020-07-21", body).expect(201);
        Self { shop, city, units, consignment, leg }
    }

    fn does(&self, kind: &str, body: Value) -> Reply {
        let mut body = body;
        body["consignment"] = json!(self.consignment);
        self.shop.scene.does(kind, "2020-07-22", body)
    }

    fn never(&self, event: &Value) -> Reply {
        let body = json!({"event": event["id"], "reason": "it never was"});
        self.shop.scene.does("reversed", "2020-07-25", body)
    }

    /// How many units are packed: with the consignment, and at the store.
    fn packed(&self) -> (usize, usize) {
        let officer = &self.shop.scene.officer;
        let of = |place: String| self.shop.units(officer, &format!("{place}&packed=true")).len();
        (of(format!("consignment={}", self.consignment)), of(format!("site={}", self.shop.store)))
    }

    fn soap(&self, quantity: i64) -> Value {
        json!([{"item": self.shop.soap, "quantity": quantity}])
    }

    fn sound(&self) {
        self.shop.scene.closes();
        self.shop.scene.verifies();
    }
}

on_both_databases! {
    migrate: migrate;

    fn what_is_released_by_its_lines_is_in_no_unit_any_more(database: &TestDatabase) {
        let goods = Packed::new(Scene::new(database), "city");
        let (store, units) = (&goods.shop.store, &goods.units);
        // Two loose soaps beside the units go without opening any.
        goods.does("allocated", json!({"site": store, "lines": goods.soap(2)})).expect(201);
        let loose = goods.does("released", json!({"site": store, "lines": goods.soap(2)})).expect(201);
        assert_eq!((goods.packed(), &loose["units_opened"]), ((3, 0), &Value::Null));
        // One more is out of one of them, which is open from then on; whole ones are named, and stay packed.
        let named = json!({"id": id(), "kind": "released", "occurred_at": "2020-07-22", "consignment": goods.consignment,
            "site": store, "lines": goods.soap(1)});
        let post = || goods.shop.scene.officer.post("/api/v1/events", &named);
        let opened = post().expect(201);
        assert_eq!(goods.packed(), (2, 0));
        // The answer names it, and so does the answer to the same event once more.
        let told = opened["units_opened"].as_array().expect("units").clone();
        assert_eq!(told.len(), 1);
        let open = goods.shop.units(&goods.shop.scene.officer, &format!("consignment={}&packed=false", goods.consignment));
        assert_eq!((open.len(), &open[0]["id"], &open[0]["unpacked_by"]), (1, &told[0], &opened["id"]));
        assert_eq!(post().json()["units_opened"], opened["units_opened"]);
        let left = goods.shop.units(&goods.shop.scene.officer, &format!("consignment={}&packed=true", goods.consignment));
        let whole = id_of(&left[0]);
        assert!(units.contains(&whole));
        let back = goods.does("released", json!({"site": store, "units": [whole]})).expect(201);
        assert_eq!(back["units_opened"], Value::Null, "what leaves whole stays packed");
        assert_eq!(goods.packed(), (1, 1));
        assert_eq!(goods.shop.at(store, &goods.shop.towel), [3, 3, 0, 0], "nothing of it lies loose");
        goods.does("released", json!({"site": store, "units": [whole]})).refused("invalid", &["/units/0"]);
        goods.does("released", json!({"units": [whole]})).refused("invalid", &["/site"]);
        goods.does("released", json!({"site": store})).refused("invalid", &["/lines"]);

        // Taken back, all is as it was, in turn: a unit that was sent elsewhere meanwhile is not.
        let (other, _) = goods.shop.scene.planned(&goods.city, &[store, &goods.shop.scene.site("Bakau", "city", "GM")]);
        let body = json!({"consignment": other, "site": store, "units": [whole]});
        let elsewhere = goods.shop.scene.does("allocated", "2020-07-23", body).expect(201);
        goods.never(&back).refused("depended_on", &["/event"]);
        goods.never(&elsewhere).expect(201);
        goods.never(&back).expect(201);
        assert_eq!(goods.packed(), (2, 0));
        goods.never(&opened).expect(201);
        assert_eq!(goods.packed(), (3, 0));
        goods.sound();
    }

    fn a_consignment_with_units_is_cancelled_once_they_are_released(database: &TestDatabase) {
        let goods = Packed::new(Scene::new(database), "city");
        let text = goods.does("cancelled", json!({"reason": "no aircraft"})).refused("wrong_state", &["/consignment"]);
        assert!(text.contains("release them first"), "{text}");
        goods.does("released", json!({"site": goods.shop.store, "units": goods.units})).expect(201);
        goods.does("cancelled", json!({"reason": "no aircraft"})).expect(201);
        assert_eq!(goods.packed(), (0, 3));
        let body = json!({"site": goods.shop.store, "units": goods.units});
        goods.shop.scene.does("kit_unpacked", "2020-07-23", body).expect(201);
        assert_eq!(goods.shop.at(&goods.shop.store, &goods.shop.soap), [10, 0, 0, 0]);
        goods.sound();
    }

    fn a_part_takes_the_units_that_are_named_and_opens_those_it_takes_from(database: &TestDatabase) {
        let goods = Packed::new(Scene::new(database), "city");
        let scene = &goods.shop.scene;
        goods.does("departed", json!({"leg": goods.leg})).expect(201);
        let part = |lines: Value, units: Value| {
            let child = id();
            let body = json!({"leg": goods.leg, "lines": lines, "units": units,
                "child": {"id": child, "consignee": goods.city, "destination": goods_end(&goods)}});
            (child, goods.does("split", body).expect(201))
        };
        let (child, with_unit) = part(json!([]), json!([goods.units[0]]));
        assert_eq!(goods.packed(), (2, 0));
        assert_eq!(goods.shop.units(&scene.officer, &format!("consignment={child}&packed=true")).len(), 1);
        let (loose, by_lines) = part(goods.soap(1), json!([]));
        assert_eq!(goods.packed(), (1, 0), "one soap out of a unit is no unit");
        assert_eq!(goods.shop.units(&scene.officer, &format!("consignment={loose}")).len(), 0);
        goods.never(&by_lines).expect(201);
        goods.never(&with_unit).expect(201);
        assert_eq!(goods.packed(), (3, 0));
        goods.sound();
    }

    fn what_comes_into_storage_lies_loose_and_claims_nothing(database: &TestDatabase) {
        let goods = Packed::new(Scene::new(database), "warehouse");
        let scene = &goods.shop.scene;
        goods.does("departed", json!({"leg": goods.leg})).expect(201);
        let came = |soap: i64, towel: i64, last: bool| {
            let lines = json!([{"item": goods.shop.soap, "good": soap}, {"item": goods.shop.towel, "good": towel}]);
            json!({"leg": goods.leg, "final": last, "lines": lines})
        };
        let first = goods.does("received", came(2, 1, false)).expect(201);
        assert_eq!(goods.packed(), (2, 0));
        let last = goods.does("received", came(4, 2, true)).expect(201);
        assert_eq!(goods.packed(), (0, 0));
        let body = json!({"consignment": goods.consignment, "units": [goods.units[0]]});
        scene.does("kit_unpacked", "2020-07-25", body).refused("invalid", &["/units/0"]);
        goods.never(&last).expect(201);
        goods.never(&first).expect(201);
        assert_eq!(goods.packed(), (3, 0), "on their way they are packed again");
        goods.sound();
    }

    fn an_unpacking_on_the_way_is_taken_back_only_while_its_goods_are_there(database: &TestDatabase) {
        let goods = Packed::new(Scene::new(database), "city");
        let opened = goods.does("kit_unpacked", json!({"units": [goods.units[0]]})).expect(201);
        let released = goods.does("released", json!({"site": goods.shop.store, "lines": goods.soap(2)})).expect(201);
        assert_eq!(goods.packed(), (2, 0), "the two were out of the open one");
        let words = goods.never(&opened).refused("depended_on", &["/event"]);
        assert!(words.contains("left the consignment"), "{words}");
        assert_eq!(goods.packed(), (2, 0));
        goods.never(&released).expect(201);
        goods.never(&opened).expect(201);
        assert_eq!(goods.packed(), (3, 0));
        goods.sound();
    }

    fn a_code_of_a_packing_that_never_was_is_free_again(database: &TestDatabase) {
        let shop = Workshop::new(Scene::new(database));
        let scene = &shop.scene;
        let hainan = scene.organization("Hainan", "CN");
        shop.given(&hainan, &shop.soap, 4, Value::Null);
        shop.given(&hainan, &shop.towel, 2, Value::Null);
        let packed = shop.packs(json!([{"sscc": sscc(7)}])).expect(201);
        shop.packs(json!([{"sscc": sscc(7)}])).refused("duplicate", &["/units/0/sscc"]);
        scene.does("reversed", "2020-07-23", json!({"event": packed["id"], "reason": "the wrong label"})).expect(201);
        let again = shop.packs(json!([{"sscc": sscc(7)}])).expect(201);
        let found = shop.units(&scene.officer, &format!("sscc={}", sscc(7)));
        assert_eq!((found.len(), &found[0]["packed_by"]), (1, &again["id"]));
        // The twin: what was packed and opened again keeps its code, which is on a box somewhere.
        let body = json!({"site": shop.store, "units": [found[0]["id"]]});
        scene.does("kit_unpacked", "2020-07-24", body).expect(201);
        shop.packs(json!([{"sscc": sscc(7)}])).refused("duplicate", &["/units/0/sscc"]);
        scene.closes();
        scene.verifies();
    }

    fn a_unit_with_goods_that_are_unfit_is_not_reserved(database: &TestDatabase) {
        let shop = Workshop::new(Scene::new(database));
        let scene = &shop.scene;
        let hainan = scene.organization("Hainan", "CN");
        let city = scene.organization("City of Banjul", "GM");
        let banjul = scene.site("Banjul", "city", "GM");
        shop.given(&hainan, &shop.soap, 2, Value::Null);
        let offer = json!({"programme": scene.programme, "donor": hainan, "offered_at": "2020-07-01", "lines": [{"item": shop.towel, "quantity": 1}]});
        let pledge = id_of(&scene.officer.post("/api/v1/pledges", &offer).expect(201));
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let dated = json!({"item": shop.towel, "quantity": 1, "lot": "T-1", "expires_on": "2020-08-31"});
        scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": shop.store, "lines": [dated]})).expect(201);
        shop.packs(json!([{}])).expect(201);
        let unit = id_of(&shop.units(&scene.officer, "packed=true")[0]);
        let (consignment, _) = scene.planned(&city, &[&shop.store, &banjul]);
        let reserve = |day: &str| {
            let body = json!({"consignment": consignment, "site": shop.store, "units": [unit]});
            scene.does("allocated", day, body)
        };
        let one = || json!({"site": shop.store, "lines": [{"item": shop.soap, "quantity": 1}], "reason": "wet"});
        scene.does("held", "2020-07-22", one()).expect(201);
        let words = reserve("2020-07-23").refused("invalid", &["/units/0"]);
        assert!(words.contains("on hold"), "{words}");
        scene.does("released_from_hold", "2020-07-24", one()).expect(201);
        let words = reserve("2020-09-01").refused("invalid", &["/units/0"]);
        assert!(words.contains("expired"), "{words}");
        // The twin: what is fit goes.
        let reserved = reserve("2020-07-25").expect(201);
        scene.does("reversed", "2020-07-25", json!({"event": reserved["id"], "reason": "later"})).expect(201);
        scene.does("damaged", "2020-07-26", one()).expect(201);
        let words = reserve("2020-07-27").refused("invalid", &["/units/0"]);
        assert!(words.contains("damaged"), "{words}");
        scene.closes();
        scene.verifies();
    }
}

/// Where the consignment ends.
fn goods_end(goods: &Packed) -> Value {
    let shown =
        goods.shop.scene.officer.get(&format!("/api/v1/consignments/{}", goods.consignment)).expect(200);
    shown["destination"].clone()
}
