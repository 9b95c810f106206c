//! Each storage class by its own temperatures: what a logger may show of it, for how long it may be otherwise, and what is held then.

use relief_ledger::core::time::Timestamp;
use relief_ledger::items::StorageClass;
use serde_json::{Value, json};

use super::{Fridge, id_of};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Lowest and highest in hundredths of a degree, and minutes outside that are allowed; none where a class says no temperature. It is
/// this story's own table, after WHO's guidance, since the code's would find itself right.
fn allowed(class: StorageClass) -> Option<[i64; 3]> {
    match class {
        StorageClass::Ambient => Some([0, 3_000, 1_440]),
        StorageClass::Cool => Some([800, 1_500, 60]),
        StorageClass::Refrigerated => Some([200, 800, 60]),
        StorageClass::Frozen => Some([-2_500, -1_500, 60]),
        StorageClass::UltraCold => Some([-8_000, -6_000, 60]),
        StorageClass::Hazardous | StorageClass::Secure => None,
    }
}

/// A logger that shows one temperature first, and another so many minutes later.
fn shown(first: i64, minutes: i64, then: i64) -> Value {
    let begun = Timestamp::parse("2020-08-01T00:00:00Z").expect("a time");
    let later = Timestamp(begun.0 + minutes * 60_000_000);
    json!([{"at": begun, "centi_celsius": first}, {"at": later, "centi_celsius": then}])
}

on_both_databases! {
    migrate: migrate;

    fn each_storage_class_is_held_by_its_own_temperatures(database: &TestDatabase) {
        let mut fridge = Fridge::new(Scene::new(database));
        for class in StorageClass::ALL {
            let word = class.word();
            let item = json!({"code": format!("ITEM-{word}"), "name": format!("Kept {word}"), "base_unit": "vial",
                "category": "medicines", "storage_class": word});
            fridge.vaccine = id_of(&fridge.scene.admin.post("/api/v1/items", &item).expect(201));
            let lots = [format!("WARM-{word}"), format!("COLD-{word}")];
            lots.iter().for_each(|lot| { fridge.has(json!(lot), 100); });
            let sends = |device: &str, lot: &str, readings: Value| {
                let body = json!({"device": format!("{device}-{word}"), "site": fridge.store, "item": fridge.vaccine, "lot": lot,
                    "readings": readings});
                fridge.scene.officer.post("/api/v1/readings", &body)
            };
            let Some([low, high, minutes]) = allowed(class) else {
                let words = sends("D", &lots[0], shown(400, 60, 400)).refused("invalid", &["/item"]);
                assert!(words.contains("says nothing of temperatures"), "{words}");
                continue;
            };
            // From one end of what is right to the other, and outside for no longer than is allowed: nothing is held.
            let middle = (low + high) / 2;
            for (device, readings, longest) in [
                ("RIGHT", shown(low, 2 * minutes, high), 0),
                ("SHORT", shown(high + 1, minutes, middle), minutes),
                ("CHILL", shown(low - 1, minutes, middle), minutes),
            ] {
                let told = sends(device, &lots[0], readings).expect(201);
                let file = &told["file"];
                assert_eq!(json!([file["low"], file["high"], file["allowed_minutes"]]), json!([low, high, minutes]), "{word}");
                assert_eq!((file.get("excursion"), &file["longest_minutes"]), (None, &json!(longest)), "{word}, {device}: {file:#}");
            }
            assert_eq!(fridge.at(&fridge.store, json!(lots[0])), (100, 0), "{word}");
            // A hundredth of a degree beyond either end, for a minute more.
            for (device, lot, outside) in [("WARM", &lots[0], high + 1), ("COLD", &lots[1], low - 1)] {
                let told = sends(device, lot, shown(outside, minutes + 1, middle)).expect(201);
                assert_eq!(told["file"]["excursion"]["held"], 100, "{word}, {device}: {told:#}");
                let event = told["file"]["excursion"]["events"][0].as_str().expect("an event");
                assert!(fridge.scene.event(event).text.contains(&id_of(&told["file"])), "it names the logger's file");
                assert_eq!(fridge.at(&fridge.store, json!(lot)), (0, 100), "{word}, {device}");
            }
        }
        fridge.scene.closes();
        fridge.scene.verifies();
    }
}
