//! What has to be kept cool: what loggers recorded, what is held for it, and where things are kept.

mod classes;
mod legs;
mod limits;
mod loggers;
mod parts;
mod rules;
mod storage;
mod surviving;

use serde_json::{Value, json};

use crate::stories::scene::Scene;

/// Vaccines in a warehouse, and whose they are.
pub struct Fridge {
    pub scene: Scene,
    pub vaccine: String,
    pub store: String,
    pub city: String,
}

impl Fridge {
    pub fn new(scene: Scene) -> Self {
        let vaccine = json!({"code": "OPV", "name": "Polio vaccine", "base_unit": "vial", "category": "vaccines",
            "storage_class": "refrigerated"});
        let vaccine = id_of(&scene.admin.post("/api/v1/items", &vaccine).expect(201));
        let store = scene.site("Dakar cold room", "warehouse", "SN");
        let city = scene.organization("City of Banjul", "GM");
        Self { scene, vaccine, store, city }
    }

    /// A lot of vaccines that comes into the store; returns its pledge.
    pub fn has(&self, lot: Value, quantity: i64) -> String {
        let donor = self.scene.organization(&format!("Donor of {lot}"), "CN");
        let body = json!({"programme": self.scene.programme, "donor": donor, "offered_at": "2020-07-01",
            "lines": [{"item": self.vaccine, "quantity": quantity}]});
        let pledge = id_of(&self.scene.officer.post("/api/v1/pledges", &body).expect(201));
        self.scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let mut line = json!({"item": self.vaccine, "quantity": quantity});
        if lot.is_string() {
            line["lot"] = lot;
        }
        let body = json!({"pledge": pledge, "site": self.store, "lines": [line]});
        self.scene.does("collected", "2020-07-10", body).expect(201);
        pledge
    }

    /// Some vials of a lot.
    pub fn vials(&self, lot: &str, quantity: i64) -> Value {
        json!([{"item": self.vaccine, "lot": lot, "quantity": quantity}])
    }

    /// What is at a site of a lot: free, and held.
    pub fn at(&self, site: &str, lot: Value) -> (i64, i64) {
        let stock = self.scene.stock(site);
        let lines = stock.as_array().expect("lines");
        let line = lines.iter().find(|line| line["item"] == json!(self.vaccine) && line["lot"] == lot);
        let figure = |name: &str| line.map_or(0, |line| line[name].as_i64().expect("a figure"));
        (figure("free"), figure("held"))
    }
}

pub fn id_of(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("an id: {value:#}")).to_owned()
}

/// Readings of a day, each an hour and a minute with a temperature in hundredths.
pub fn readings(of: &[(&str, i64)]) -> Value {
    of.iter()
        .map(|(time, warm)| json!({"at": format!("2020-08-01T{time}:00Z"), "centi_celsius": warm}))
        .collect()
}

/// Too warm from nine to half past ten.
pub fn too_warm() -> Value {
    readings(&[("08:00", 400), ("09:00", 950), ("10:00", 980), ("10:30", 500)])
}
