//! Handling units that a document lists, or a packing list: nobody's, no consignment's, and another consignment's. None of these
//! moves goods, and who does not reach that other consignment is not told that there is one.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::{captured, counts, resolve, seen, standing, under, waiting};
use crate::kits::{Workshop, sscc};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// A unit as others write it.
fn box_of(number: u64) -> String {
    format!("https://id.gs1.org/00/{}", sscc(number))
}

/// Boxes 1, 2 and 3 in the store: the first goes with a consignment to Banjul, the second with one to Nairobi, the third lies free.
struct Boxes {
    shop: Workshop,
    units: [String; 3],
    city: String,
    ours: String,
    code: String,
}

impl Boxes {
    fn new(scene: Scene) -> Self {
        let shop = Workshop::new(scene);
        let scene = &shop.scene;
        let hainan = scene.organization("Hainan", "CN");
        shop.given(&hainan, &shop.soap, 6, Value::Null);
        shop.given(&hainan, &shop.towel, 3, Value::Null);
        let units = [id(), id(), id()];
        let packed: Vec<Value> =
            units.iter().zip(1..).map(|(unit, number)| json!({"id": unit, "sscc": sscc(number)})).collect();
        shop.packs(json!(packed)).expect(201);
        let consignment = |unit: &str, city: &str, country: &str| {
            let organization = scene.organization(city, country);
            let end = scene.site(city, "city", country);
            let opened = scene.consignment(&organization, &[&shop.store, &end]);
            let body = json!({"consignment": opened["id"], "site": shop.store, "units": [unit]});
            scene.does("allocated", "2020-07-25", body).expect(201);
            (organization, opened)
        };
        let (city, opened) = consignment(&units[0], "Banjul", "GM");
        consignment(&units[1], "Nairobi", "KE");
        let word = |name: &str| opened[name].as_str().expect("a text").to_owned();
        let (ours, code) = (word("id"), word("tracking_code"));
        Self { units, city, ours, code, shop }
    }

    /// Why a shipment waits that lists these boxes, under our consignment's code or under none.
    fn waits(&self, caller: &Caller, is_coded: bool, boxes: &[u64]) -> (String, String) {
        let boxes: Vec<String> = boxes.iter().copied().map(box_of).collect();
        let mut members = json!({"epcList": boxes});
        if is_coded {
            members["bizTransactionList"] = under(&format!("urn:relief-ledger:tracking-code:{}", self.code));
        }
        let job = captured(caller, &[seen("shipping", "2020-08-01T00:00:00Z", members)]);
        assert_eq!(counts(&job), [0, 0, 1, 0], "{:#?}", standing(caller, &job, "taken"));
        waiting(caller, &job)
    }

    /// What is packed, and not gone, of the goods of all boxes.
    fn stays(&self) {
        assert_eq!(self.shop.units(&self.shop.scene.officer, "packed=true").len(), 3);
        assert_eq!(self.shop.at(&self.shop.store, &self.shop.soap), [0, 6, 0, 0]);
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_box_of_another_consignment_moves_neither_and_is_told_to_nobody_who_does_not_reach_it(database: &TestDatabase) {
        let boxes = Boxes::new(Scene::new(database));
        let scene = &boxes.shop.scene;
        // Whoever reaches both hears that there are two, whichever way they are named.
        for (is_coded, listed) in [(true, &[2_u64][..]), (true, &[1, 2][..]), (false, &[1, 2][..])] {
            let (event, why) = boxes.waits(&scene.officer, is_coded, listed);
            assert!(why.contains("more than one consignment"), "{why}");
            // Nor does it go with the one that somebody says while it lists what the other has.
            resolve(&scene.officer, &event, json!({"consignment": boxes.ours})).refused("wrong_state", &[]);
            boxes.stays();
        }
        // A free box goes with none, and is not taken along because it is listed.
        let (_, why) = boxes.waits(&scene.officer, true, &[1, 3]);
        assert!(why.contains("not of this consignment"), "{why}");

        // Whoever reaches one hears of the other's box what is said of nobody's.
        let bound = scene.house.login_bound(Role::Officer, Some(boxes.city.parse().expect("an id")), None);
        for (is_coded, of_theirs, of_nobody) in
            [(true, &[2_u64][..], &[99_u64][..]), (true, &[1, 2][..], &[1, 99][..]), (false, &[2][..], &[99][..])]
        {
            let (theirs, nobodys) = (boxes.waits(&bound, is_coded, of_theirs), boxes.waits(&bound, is_coded, of_nobody));
            assert_eq!(theirs.1, nobodys.1);
        }
        boxes.stays();

        // The twin: the box of its own consignment leaves, by its own word.
        let left = seen("shipping", "2020-08-02T00:00:00Z", json!({"epcList": [box_of(1)]}));
        let job = captured(&scene.officer, &[left]);
        assert_eq!(counts(&job), [1, 0, 0, 0], "{:#?}", standing(&scene.officer, &job, "waiting"));
        assert_eq!(standing(&scene.officer, &job, "taken")[0]["consignment"], boxes.ours.as_str());
        assert_eq!(boxes.shop.at(&boxes.shop.store, &boxes.shop.soap), [0, 4, 0, 0]);
        scene.closes();
        scene.verifies();
    }

    fn a_packing_list_names_no_box_of_another_consignment(database: &TestDatabase) {
        let boxes = Boxes::new(Scene::new(database));
        let scene = &boxes.shop.scene;
        let path = format!("/api/v1/consignments/{}/packages", boxes.ours);
        let list = |unit: &str| scene.officer.post(&path, &json!({"packages": [{"mark": "box", "unit": unit}]}));
        let nobodys = id();
        let words = |unit: &str| list(unit).refused("invalid", &["/packages/0/unit"]).replace(unit, "…");
        let of_nobody = words(&nobodys);
        for unit in &boxes.units[1..] {
            assert_eq!(words(unit), of_nobody, "another's and a free one are as nobody's");
        }
        list(&boxes.units[0]).expect(201);
        let terms = scene.officer.get(&format!("/api/v1/consignments/{}/terms", boxes.ours)).expect(200);
        assert_eq!((&terms["packages"][0]["unit"], &terms["packages"][0]["label"]), (&json!(boxes.units[0]), &json!("1/1")));
        scene.verifies();
    }
}
