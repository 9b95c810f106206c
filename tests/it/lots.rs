//! Lots to look at: what expires before it is used or arrives, and what was called back, as far as somebody reaches.

mod expiring;
mod recalled;

use serde_json::{Value, json};

use crate::stories::scene::Scene;
use crate::support::server::Caller;

/// A lot of masks from a donor of its own that lies in a warehouse.
pub fn lot_in_store(scene: &Scene, site: &str, lot: &str, expires_on: &str, quantity: i64) -> String {
    let donor = scene.organization(&format!("Donor of {lot}"), "CN");
    let (pledge, _) = scene.accepted(&donor, quantity);
    let line = json!({"item": scene.masks, "lot": lot, "expires_on": expires_on, "quantity": quantity});
    scene
        .does("collected", "2020-07-10", json!({"pledge": pledge, "site": site, "lines": [line]}))
        .expect(201);
    pledge
}

/// Some of a lot.
pub fn of_lot(scene: &Scene, lot: &str, quantity: i64) -> Value {
    json!({"item": scene.masks, "lot": lot, "quantity": quantity})
}

/// All rows of a list, page by page.
pub fn rows(caller: &Caller, path: &str) -> Vec<Value> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("{path}{after}")).expect(200);
        found.extend(page["items"].as_array().expect("items").iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
}

/// The numbers of the lots of rows.
pub fn numbers(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["number"].as_str().expect("a number")).collect()
}
