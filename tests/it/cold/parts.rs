//! Parts of a recording, in whatever order they come: together they say what one file would, and what was released stays so.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::{Fridge, id_of, readings, too_warm};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

impl Fridge {
    fn logs(&self, caller: &Caller, device: &str, shown: Value, more: Value) -> Reply {
        let mut body = json!({"device": device, "site": self.store, "item": self.vaccine, "lot": "V-1", "readings": shown});
        body.as_object_mut().expect("a body").extend(more.as_object().cloned().unwrap_or_default());
        caller.post("/api/v1/readings", &body)
    }

    /// What a file tells: since when goods were outside for too long, and how many were held for it.
    pub(super) fn tells(&self, device: &str, shown: Value) -> (Value, i64) {
        let told = self.logs(&self.scene.officer, device, shown, json!({})).expect(201);
        let excursion = &told["file"]["excursion"];
        (excursion["from"].clone(), excursion["held"].as_i64().unwrap_or(0))
    }

    pub(super) fn releases(&self, quantity: i64) {
        let body = json!({"site": self.store, "lines": self.vials("V-1", quantity), "reason": "they keep"});
        self.scene.does("released_from_hold", "2020-08-20", body).expect(201);
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_logger_that_sends_its_whole_memory_holds_nothing_again(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        fridge.has(json!("V-1"), 100);
        assert_eq!(fridge.tells("D-1", too_warm()).1, 100);
        fridge.releases(100);

        // The same stretch and what came after it: it was acted on, and who released the goods knew of it.
        let memory = readings(&[("08:00", 400), ("09:00", 950), ("10:00", 980), ("10:30", 500), ("11:00", 420)]);
        let (from, held) = fridge.tells("D-1", memory);
        assert_eq!((from, held), (json!("2020-08-01T09:00:00Z"), 0), "it is told, and holds nothing");
        assert_eq!(fridge.at(&fridge.store, json!("V-1")), (100, 0));

        // The twin: another stretch in the memory after it is new.
        let memory = readings(&[("09:00", 950), ("10:30", 500), ("12:00", 900), ("13:30", 910), ("13:40", 500)]);
        assert_eq!(fridge.tells("D-1", memory).1, 100);
        fridge.releases(100);

        // What goes on after a release counts from what was known then.
        assert_eq!(fridge.tells("D-2", readings(&[("14:00", 900), ("15:10", 900)])).1, 100);
        fridge.releases(100);
        assert_eq!(fridge.tells("D-2", readings(&[("15:40", 900)])).1, 0);
        assert_eq!(fridge.tells("D-2", readings(&[("16:15", 900)])).1, 100);
        fridge.scene.closes();
        fridge.scene.verifies();
    }

    fn parts_out_of_order_and_parts_that_overlap_say_what_one_file_says(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        fridge.has(json!("V-1"), 100);
        // None of the three is outside for too long, nor are two of them.
        assert_eq!(fridge.tells("D-1", readings(&[("08:00", 400), ("09:00", 900)])), (Value::Null, 0));
        assert_eq!(fridge.tells("D-1", readings(&[("09:50", 500), ("10:30", 900), ("11:00", 400)])), (Value::Null, 0));
        let (from, held) = fridge.tells("D-1", readings(&[("09:45", 400)]));
        assert_eq!((from, held), (Value::Null, 0), "right a quarter of an hour before ten");
        // Twin: where nobody was seen to be right in between they are one stretch, whichever part comes last.
        assert_eq!(fridge.tells("D-2", readings(&[("09:50", 900), ("10:05", 400)])), (Value::Null, 0));
        assert_eq!(fridge.tells("D-2", readings(&[("09:00", 900)])), (json!("2020-08-01T09:00:00Z"), 100));
        fridge.releases(100);
        assert_eq!(fridge.tells("D-3", readings(&[("09:00", 900)])), (Value::Null, 0));
        assert_eq!(fridge.tells("D-3", readings(&[("10:10", 400), ("10:20", 400)])), (json!("2020-08-01T09:00:00Z"), 100));
        fridge.releases(100);
        // Parts that overlap: the second begins before the first ends.
        assert_eq!(fridge.tells("D-4", readings(&[("08:30", 400), ("09:00", 900), ("09:30", 900)])), (Value::Null, 0));
        assert_eq!(fridge.tells("D-4", readings(&[("09:30", 900), ("09:55", 900), ("10:02", 900)])), (json!("2020-08-01T09:00:00Z"), 100));
        fridge.scene.closes();
        fridge.scene.verifies();
    }

    fn parts_sent_at_once_miss_nothing_between_them(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        fridge.has(json!("V-1"), 100);
        // Every ten minutes one reading that is too warm, each in a request of its own, all at once: an hour and a half.
        let sent: Vec<(Caller, Value)> = (0..10)
            .map(|number| {
                let minute = number * 10;
                let time = format!("{:02}:{:02}", 9 + minute / 60, minute % 60);
                let body = json!({"device": "D-1", "site": fridge.store, "item": fridge.vaccine, "lot": "V-1",
                    "readings": readings(&[(&time, 900)])});
                (fridge.scene.house.login_as(Role::Officer), body)
            })
            .collect();
        std::thread::scope(|scope| {
            for (caller, body) in &sent {
                scope.spawn(move || caller.post("/api/v1/readings", body).expect(201));
            }
        });
        assert_eq!(fridge.at(&fridge.store, json!("V-1")), (0, 100));
        let page = fridge.scene.officer.get("/api/v1/readings?limit=500&excursions=true").expect(200);
        let held: i64 = page["items"].as_array().expect("items").iter().map(|file| file["excursion"]["held"].as_i64().expect("a figure")).sum();
        assert_eq!(held, 100, "once and no more");
        fridge.scene.closes();
        fridge.scene.verifies();
    }

    fn a_file_is_judged_again_once_its_limits_are_others(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        fridge.has(json!("V-1"), 100);
        let send = |minutes: i64| fridge.logs(&scene.officer, "D-1", too_warm(), json!({"allowed_minutes": minutes}));
        let lenient = send(120).expect(201);
        assert_eq!(lenient["file"].get("excursion"), None);
        let known = scene.log_size();
        assert_eq!(send(120).expect(200)["file"]["id"], lenient["file"]["id"]);
        assert_eq!(scene.log_size(), known, "by the same limits it is the same file");
        let strict = send(30).expect(201);
        assert_eq!(strict["file"]["excursion"]["held"], 100);
        assert_ne!(strict["file"]["id"], lenient["file"]["id"]);
        assert_eq!(strict["file"]["sha256"], lenient["file"]["sha256"]);
        assert_eq!(send(30).expect(200)["file"]["id"], strict["file"]["id"]);
        fridge.releases(100);

        // So it is where the item turns out to be kept otherwise: the file of before holds once it is sent again.
        let fine = readings(&[("08:00", 400), ("09:00", 400), ("12:00", 400)]);
        assert_eq!(fridge.tells("D-2", fine.clone()), (Value::Null, 0));
        let path = format!("/api/v1/items/{}", fridge.vaccine);
        let revision = scene.admin.get(&path).expect(200)["revision"].as_i64().expect("a revision");
        scene.admin.patch(&path, revision, &json!({"storage_class": "frozen"})).expect(200);
        assert_eq!(fridge.tells("D-2", fine), (json!("2020-08-01T08:00:00Z"), 100));
        scene.closes();
        scene.verifies();
    }

    fn what_is_told_during_a_recall_holds_once_that_has_ended(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        fridge.has(json!("V-1"), 100);
        let lot = json!({"item": fridge.vaccine, "lot": "V-1", "reason": "the maker calls it back"});
        scene.does("held", "2020-08-02", lot.clone()).expect(201);
        assert_eq!(fridge.tells("D-1", too_warm()), (json!("2020-08-01T09:00:00Z"), 0), "all of it is on hold");
        scene.does("released_from_hold", "2020-08-03", lot).expect(201);
        assert_eq!(fridge.at(&fridge.store, json!("V-1")), (100, 0));
        let memory = readings(&[("08:00", 400), ("09:00", 950), ("10:00", 980), ("10:30", 500), ("11:00", 400)]);
        assert_eq!(fridge.tells("D-1", memory), (json!("2020-08-01T09:00:00Z"), 100));
        scene.closes();
        scene.verifies();
    }

    fn a_hold_reaches_no_site_that_its_sender_does_not(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        let hub = scene.site("Brikama", "warehouse", "GM");
        fridge.has(json!("V-1"), 100);
        let (consignment, leg) = scene.planned(&fridge.city, &[&fridge.store, &hub]);
        let departed = json!({"consignment": consignment, "leg": leg, "lines": fridge.vials("V-1", 40)});
        scene.does("departed", "2020-08-01", departed).expect(201);
        let body = json!({"consignment": consignment, "leg": leg, "final": true, "lines": [{"item": fridge.vaccine, "lot": "V-1", "good": 40}]});
        scene.does("received", "2020-08-03", body).expect(201);

        // Who sent them reaches the consignment, and not the warehouse in the other country where they lie among others.
        let body = |device: &str| json!({"device": device, "consignment": consignment, "leg": leg, "item": fridge.vaccine, "lot": "V-1", "readings": too_warm()});
        let sender = scene.house.login_bound(Role::Officer, None, Some("SN"));
        let told = sender.post("/api/v1/readings", &body("D-1")).expect(201);
        assert_eq!((&told["file"]["excursion"]["held"], &told["file"]["excursion"]["events"]), (&json!(0), &json!([])));
        assert_eq!(fridge.at(&hub, json!("V-1")), (40, 0));
        // Whoever reaches both holds them by the same file from another logger, or by what this one shows next.
        let keeper = scene.house.login_bound(Role::Officer, None, Some("GM"));
        assert_eq!(keeper.post("/api/v1/readings", &body("D-2")).expect(201)["file"]["excursion"]["held"], 40);
        assert_eq!(fridge.at(&hub, json!("V-1")), (0, 40));
        scene.closes();
        scene.verifies();
    }

    fn nobody_says_in_a_correction_that_a_logger_told_it(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        fridge.has(json!("V-1"), 100);
        let file = id_of(&fridge.logs(&scene.officer, "D-1", too_warm(), json!({"allowed_minutes": 500})).expect(201)["file"]);
        let some = |quantity: i64| json!({"site": fridge.store, "lines": fridge.vials("V-1", quantity), "reason": "rain"});
        let damaged = scene.does("damaged", "2020-08-02", some(5)).expect(201);
        let mut right = some(6);
        right["logger_file"] = json!(file);
        let forged = json!({"event": damaged["id"], "right": right, "reason": "counted again"});
        scene.does("corrected", "2020-08-03", forged).refused("invalid", &["/right/logger_file"]);
        let right = json!({"event": damaged["id"], "right": some(6), "reason": "counted again"});
        scene.does("corrected", "2020-08-03", right).expect(201);
        scene.verifies();
    }
}
