//! Kits packed here: recipes, handling units, and what becomes of what they hold.

mod leaving;
mod packing;
mod recipes;
mod travelling;

use serde_json::{Value, json};

use crate::stories::scene::Scene;
use crate::support::server::{Caller, Reply};

/// A store with soap of two donors and towels of one, and a kit of two soaps and a towel.
pub struct Workshop {
    pub scene: Scene,
    pub soap: String,
    pub towel: String,
    pub kit: String,
    pub store: String,
}

impl Workshop {
    pub fn new(scene: Scene) -> Self {
        let item = |code: &str| {
            let body = json!({"code": code, "name": code, "base_unit": "piece", "category": "hygiene"});
            id_of(&scene.admin.post("/api/v1/items", &body).expect(201))
        };
        let (soap, towel) = (item("SOAP"), item("TOWEL"));
        let body = json!({"code": "HYGIENE", "name": "Hygiene kit", "components": [
            {"item": soap, "quantity": 2}, {"item": towel, "quantity": 1}]});
        let kit = id_of(&scene.admin.post("/api/v1/kits", &body).expect(201));
        let store = scene.site("Dakar", "warehouse", "SN");
        Self { scene, soap, towel, kit, store }
    }

    /// Goods of a donor that come into the store, meant for a country if one is said; returns their pledge.
    pub fn given(&self, donor: &str, item: &str, quantity: i64, earmark: Value) -> String {
        let line = json!({"item": item, "quantity": quantity, "earmark_country": earmark});
        let body = json!({"programme": self.scene.programme, "donor": donor, "offered_at": "2020-07-01", "lines": [line]});
        let pledge = id_of(&self.scene.officer.post("/api/v1/pledges", &body).expect(201));
        self.scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let lines = json!([{"item": item, "quantity": quantity}]);
        let body = json!({"pledge": pledge, "site": self.store, "lines": lines});
        self.scene.does("collected", "2020-07-10", body).expect(201);
        pledge
    }

    /// So many kits are packed at the store.
    pub fn packs(&self, units: Value) -> Reply {
        let body = json!({"site": self.store, "kit": self.kit, "units": units});
        self.scene.does("kit_packed", "2020-07-20", body)
    }

    /// Units as a caller reads them.
    pub fn units(&self, caller: &Caller, query: &str) -> Vec<Value> {
        let page = caller.get(&format!("/api/v1/handling-units?limit=500&{query}")).expect(200);
        page["items"].as_array().expect("items").clone()
    }

    /// What is at a site of an item: free, allocated, held and damaged.
    pub fn at(&self, site: &str, item: &str) -> [i64; 4] {
        let stock = self.scene.stock(site);
        let lines = stock.as_array().expect("lines").iter().filter(|line| line["item"] == item);
        lines.fold([0; 4], |sums, line| {
            let figure = |name: &str| line[name].as_i64().expect("a figure");
            let [free, allocated, held, damaged] = sums;
            [
                free + figure("free"),
                allocated + figure("allocated"),
                held + figure("held"),
                damaged + figure("damaged"),
            ]
        })
    }
}

pub fn id_of(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("an id: {value:#}")).to_owned()
}

/// Eighteen digits that fit, of a number.
pub fn sscc(number: u64) -> String {
    let digits = format!("{:017}", 35_012_345_000_000_000 + number);
    let values: Vec<u32> = digits.chars().filter_map(|one| one.to_digit(10)).collect();
    format!("{digits}{}", relief_ledger::kits::rules::check_digit(&values))
}
