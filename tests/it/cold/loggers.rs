//! Loggers at a site: what they tell of is held, what cannot be is refused row by row, and the file stays as it came.

use relief_ledger::auth::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Fridge, id_of, readings, too_warm};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

const CSV: &str = "time;celsius;device;humidity\n\
    2020-08-01 08:00;4,25;D-7;40\n\
    2020-08-01 09:00;999;D-7;40\n\
    2020-08-01 10:00;-18;D-7;40\n\
    soon;4;D-7;40\n\
    2020-08-01 11:00;4,125;D-7;40\n\
    2020-08-01 08:00;5;D-7;40\n\
    2020-08-01 12:00;4;D-9;40\n\
    1970-01-01 00:00;4;D-7;40\n\
    2099-01-01 00:00;4;D-7;40\n";

on_both_databases! {
    migrate: migrate;

    fn what_was_too_warm_for_too_long_is_held_with_the_loggers_file(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        fridge.has(json!("V-1"), 100);
        fridge.has(json!("V-2"), 50);
        let body = json!({"device": "D-1", "site": fridge.store, "item": fridge.vaccine, "lot": "V-1", "readings": too_warm()});
        let told = scene.officer.post("/api/v1/readings", &body).expect(201);
        let file = &told["file"];
        assert_eq!((&file["readings"], &file["refused"], &file["lowest"], &file["highest"]), (&json!(4), &json!(0), &json!(400), &json!(980)));
        assert_eq!((&file["low"], &file["high"], &file["allowed_minutes"]), (&json!(200), &json!(800), &json!(60)));
        let excursion = &file["excursion"];
        assert_eq!((&excursion["from"], &excursion["until"], &excursion["held"]),
            (&json!("2020-08-01T09:00:00Z"), &json!("2020-08-01T10:30:00Z"), &json!(100)));
        assert_eq!((&file["longest_minutes"], file.get("outside_since")), (&json!(90), None));
        assert_eq!((fridge.at(&fridge.store, json!("V-1")), fridge.at(&fridge.store, json!("V-2"))), ((0, 100), (50, 0)));

        // It is an ordinary event of who sent the file, which it names.
        let event = excursion["events"][0].as_str().expect("an event");
        let shown = scene.event(event);
        assert!(shown.text.contains(&id_of(file)), "{}", shown.text);
        assert_eq!(shown.expect(200)["kind"], "held");
        let known = scene.log_size();
        let again = scene.officer.post("/api/v1/readings", &body).expect(200);
        assert_eq!((&again["file"]["id"], scene.log_size()), (&file["id"], known), "the same again changes nothing");
        let by_hand = json!({"site": fridge.store, "lines": fridge.vials("V-2", 1), "logger_file": id_of(file)});
        scene.does("held", "2020-08-02", by_hand).refused("invalid", &["/logger_file"]);
        let release = json!({"site": fridge.store, "lines": fridge.vials("V-1", 100), "reason": "the maker says they keep"});
        scene.does("released_from_hold", "2020-08-03", release).expect(201);

        // Who allows more holds nothing; of all lots there all are held, whether their number is known or not.
        let lenient = json!({"device": "D-2", "site": fridge.store, "item": fridge.vaccine, "allowed_minutes": 90, "readings": too_warm()});
        let told = scene.officer.post("/api/v1/readings", &lenient).expect(201);
        assert_eq!((told["file"].get("excursion"), &told["file"]["longest_minutes"]), (None, &json!(90)));
        fridge.has(Value::Null, 7);
        let strict = json!({"device": "D-3", "site": fridge.store, "item": fridge.vaccine, "allowed_minutes": 0, "readings": too_warm()});
        let told = scene.officer.post("/api/v1/readings", &strict).expect(201);
        assert_eq!(told["file"]["excursion"]["held"], 157);
        assert_eq!(fridge.at(&fridge.store, Value::Null), (0, 7));
        let strict = json!({"device": "D-4", "site": fridge.store, "item": fridge.vaccine, "allowed_minutes": 0, "readings": too_warm()});
        let told = scene.officer.post("/api/v1/readings", &strict).expect(201);
        assert_eq!(told["file"]["excursion"]["held"], 0, "all of it is held already");
        assert_eq!(told["file"]["excursion"]["events"], json!([]));
        scene.closes();
        scene.verifies();
    }

    fn a_loggers_file_is_kept_and_its_rows_are_judged_one_by_one(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        fridge.has(json!("V-1"), 100);
        let path = |words: &str| {
            format!("/api/v1/readings/table?device=D-7&site={}&item={}{words}", fridge.store, fridge.vaccine)
        };
        let send = |words: &str, csv: &str| scene.officer.upload(&path(words), "text/csv", csv.as_bytes());
        let told = send("&offset=%2B03:00", CSV).expect(201);
        let rows: Vec<&Value> = told["refused"].as_array().expect("rows").iter().map(|one| &one["row"]).collect();
        assert_eq!(json!(rows), json!([3, 5, 6, 7, 8, 9, 10]), "{told:#}");
        assert_eq!(told["ignored"], json!(["humidity"]));
        let file = &told["file"];
        assert_eq!((&file["readings"], &file["refused"]), (&json!(2), &json!(7)));
        assert_eq!((&file["lowest"], &file["highest"]), (&json!(-1_800), &json!(425)));
        assert_eq!((&file["from"], &file["to"]), (&json!("2020-08-01T05:00:00Z"), &json!("2020-08-01T07:00:00Z")));
        assert_eq!((file.get("excursion"), &file["outside_since"]), (None, &json!("2020-08-01T07:00:00Z")));

        // The file is what was sent, byte by byte.
        let id = id_of(file);
        let sent = scene.auditor.get(&format!("/api/v1/readings/{id}/file"));
        assert_eq!((sent.status, sent.text.as_str()), (200, CSV));
        let hash: String = Sha256::digest(CSV.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(file["sha256"], json!(hash));

        // The next file goes on where this one ended: by then it has been frozen for two hours.
        let next = "time,centi_celsius\n2020-08-01T09:00:00Z,-1750\n";
        let told = send("", next).expect(201);
        assert_eq!(told["file"]["excursion"]["from"], "2020-08-01T07:00:00Z");
        assert_eq!(told["file"]["excursion"]["held"], 100);

        send("", CSV).refused("invalid", &["/readings"]);
        send("", "time,humidity\n2020-08-01T09:00:00Z,40\n").refused("invalid", &["/file"]);
        send("", "time,celsius,centi_celsius\n").refused("invalid", &["/file"]);
        send("", "time,celsius\n").refused("invalid", &["/readings"]);
        send("&offset=Dakar", next).refused("invalid", &["/offset"]);
        send("&allowed_minutes=-1", next).refused("invalid", &["/allowed_minutes"]);
        send("&lot=NONE", next).refused("invalid", &["/lot"]);
        send(&format!("&leg={}", fridge.store), next).refused("invalid", &["/site"]);
        scene.closes();
        scene.verifies();
    }

    fn readings_are_read_by_who_reaches_their_place(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        fridge.has(json!("V-1"), 10);
        let body = |device: &str, shown: Value| json!({"device": device, "site": fridge.store, "item": fridge.vaccine, "readings": shown});
        let fine = body("D-1", readings(&[("08:00", 400)]));
        let warm = body("D-2", too_warm());
        let mut sent: Vec<String> = [&fine, &warm].iter()
            .map(|body| id_of(&scene.officer.post("/api/v1/readings", body).expect(201)["file"]))
            .collect();
        sent.sort();
        let listed = |caller: &crate::support::server::Caller, words: &str| -> Vec<String> {
            let page = caller.get(&format!("/api/v1/readings?limit=500{words}")).expect(200);
            page["items"].as_array().expect("items").iter().map(id_of).collect()
        };
        assert_eq!(listed(&scene.auditor, ""), sent);
        assert_eq!(listed(&scene.manager, "&device=D-1").len(), 1);
        assert_eq!(listed(&scene.officer, "&excursions=true").len(), 1);
        assert_eq!(listed(&scene.officer, &format!("&site={}", id())), Vec::<String>::new());
        assert_eq!(listed(&scene.officer, "&known_at=1"), Vec::<String>::new());
        let elsewhere = scene.house.login_bound(Role::Officer, None, Some("NP"));
        assert_eq!(listed(&elsewhere, ""), Vec::<String>::new());
        elsewhere.get(&format!("/api/v1/readings/{}", sent[0])).refused("not_found", &[]);
        elsewhere.post("/api/v1/readings", &warm).refused("not_found", &[]);
        let at_home = scene.house.login_bound(Role::Officer, None, Some("SN"));
        assert_eq!(listed(&at_home, ""), sent);
        at_home.post("/api/v1/readings", &body("D-3", too_warm())).expect(201);
        scene.auditor.post("/api/v1/readings", &warm).refused("forbidden", &[]);
        let mut unkeepable = fine.clone();
        unkeepable["item"] = json!(id());
        scene.officer.post("/api/v1/readings", &unkeepable).refused("invalid", &["/item"]);
    }
}
