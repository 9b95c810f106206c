//! What is not there to be read: readings of files that were sent before readings were kept, and more than is read at once.

use relief_ledger::cold::rules::READINGS_MAXIMUM;
use serde_json::json;

use super::{Fridge, readings, too_warm};
use crate::stories::scene::Scene;
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// A logger's table of so many minutes from the first of August on.
fn table(minutes: usize) -> String {
    let row = |minute: usize| {
        let (day, hour, minute) = (1 + minute / 1_440, minute / 60 % 24, minute % 60);
        format!("2020-08-{day:02}T{hour:02}:{minute:02}:00Z,4\n")
    };
    "time,celsius\n".to_owned() + &(0..minutes).map(row).collect::<String>()
}

on_both_databases! {
    migrate: migrate;

    fn what_a_file_was_acted_on_for_stays_so_though_none_of_its_readings_are_kept(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let memory = || readings(&[("08:00", 400), ("09:00", 950), ("10:00", 980), ("10:30", 500), ("11:00", 420)]);
        fridge.has(json!("V-1"), 100);
        assert_eq!(fridge.tells("D-1", too_warm()).1, 100);
        fridge.releases(100);
        // As it is in a database that is older than the keeping of readings: the file, and none of its readings.
        tamper(&fridge.scene.url, "DELETE FROM logger_readings");
        assert_eq!(fridge.tells("D-1", memory()), (json!("2020-08-01T09:00:00Z"), 0), "it was acted on");
        assert_eq!(fridge.at(&fridge.store, json!("V-1")), (100, 0));
        // Another stretch is new.
        assert_eq!(fridge.tells("D-1", readings(&[("12:00", 900), ("13:30", 910), ("13:40", 500)])).1, 100);
        fridge.releases(100);

        // The twin: a file that nothing was held for was not acted on.
        assert_eq!(fridge.tells("D-2", too_warm()).1, 100);
        fridge.releases(100);
        tamper(&fridge.scene.url, "DELETE FROM logger_readings; UPDATE logger_files SET held = 0 WHERE device = 'D-2'");
        assert_eq!(fridge.tells("D-2", memory()), (json!("2020-08-01T09:00:00Z"), 100));
        fridge.scene.closes();
    }

    fn a_file_has_so_many_readings_and_a_logger_so_many_around_it(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        fridge.has(json!("V-1"), 10);
        let send = |device: &str, csv: &str| {
            let path = format!("/api/v1/readings/table?device={device}&site={}&item={}", fridge.store, fridge.vaccine);
            scene.officer.upload(&path, "text/csv", csv.as_bytes())
        };
        let words = send("D-1", &table(READINGS_MAXIMUM + 1)).refused("invalid", &["/readings"]);
        assert!(words.contains("in parts"), "{words}");
        let told = send("D-1", &table(READINGS_MAXIMUM)).expect(201);
        assert_eq!((&told["file"]["readings"], &told["refused"]), (&json!(READINGS_MAXIMUM), &json!([])));

        // As after months of files that all tell of one time.
        let many = if scene.url.starts_with("sqlite:") { "zeroblob(4000010)" } else { "decode(repeat('00', 4000010), 'hex')" };
        tamper(&scene.url, &format!("UPDATE logger_readings SET readings = {many}"));
        let next = "time,celsius\n2020-08-27T00:00:00Z,4\n";
        let words = send("D-1", next).refused("invalid", &["/readings"]);
        assert!(words.contains("400000"), "{words}");
        // The twin: of another logger nothing was told there.
        send("D-2", next).expect(201);
        scene.closes();
    }
}
