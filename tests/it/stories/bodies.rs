//! What is sent and cannot be meant, and what comes back at once.

use serde_json::{Value, json};

use super::scene::{Scene, event, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;
use relief_ledger::web::BODY_LIMIT;

/// Words that are ours among ourselves.
const OURS: [&str; 6] = ["i64", "u64", "UUID parsing", "invalid digit", "invalid type", "struct "];

on_both_databases! {
    migrate: migrate;

    fn an_event_that_names_a_member_twice_is_refused(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let (pledge, _) = scene.accepted(&donor, 100);
        let (mine, masks) = (id(), scene.masks.clone());
        let collected = |first: &str, of_line: &str| format!(
            r#"{{{first}"id": "{mine}", "kind": "collected", "occurred_at": "2020-07-10", "pledge": "{pledge}",
                "site": "{beijing}", "lines": [{{"item": "{masks}", {of_line}"quantity": 70}}]}}"#);
        let twice = [
            (collected("", r#""quantity": 7, "#), "/lines/0/quantity"),
            (collected(r#""kind": "moved", "#, ""), "/kind"),
            (collected(&format!(r#""id": "{}", "#, id()), ""), "/id"),
            // The same value again is no less a slip.
            (collected("", r#""quantity": 70, "#), "/lines/0/quantity"),
            (collected(r#""from_paper": {"number": "1", "number": "2"}, "#, ""), "/from_paper/number"),
        ];
        let size = scene.log_size();
        for (body, pointer) in &twice {
            let told = scene.officer.post_text("/api/v1/events", body).refused("invalid", &[pointer]);
            assert!(told.contains("twice"), "{told}");
        }
        let batch = format!(r#"{{"events": [{}, {}]}}"#, twice[0].0, collected("", ""));
        let sent = scene.officer.post_text("/api/v1/events/batch", &batch).expect(200);
        let statuses: Vec<&Value> = sent["results"].as_array().expect("results").iter().map(|one| &one["status"]).collect();
        assert_eq!(statuses, [422, 201], "each fails alone: {sent:#}");
        assert_eq!(sent["results"][0]["problem"]["errors"][0]["pointer"], "/lines/0/quantity");
        assert_eq!(scene.log_size(), size + 1);
        assert_eq!(scene.accounts(&pledge), json!({"unallocated": 30, "in_storage": 70}));
    }

    fn a_body_that_would_take_far_more_than_it_is_long_is_refused_before_it_is_read(database: &TestDatabase) {
        let scene = Scene::new(database);
        let size = scene.log_size();
        let small = vec![r#"{"a":1}"#; 200_000].join(",");
        for (path, body) in [
            ("/api/v1/events", format!("[{small}]")),
            ("/api/v1/events/batch", format!("{{\"events\":[{small}]}}")),
            ("/api/v1/epcis/capture", format!("{{\"epcisBody\":[{small}]}}")),
        ] {
            assert!(body.len() < BODY_LIMIT, "it is no longer than it may be");
            let told = scene.officer.post_text(path, &body).refused("too_large", &[]);
            assert!(told.contains("32 MiB") && told.contains("in parts"), "{told}");
        }
        assert_eq!(scene.log_size(), size);
        // The twin: a thousand events of as many lines of goods as there is room for are read, each by itself.
        let lines: Vec<Value> = (0..31).map(|_| scene.line(5)).collect();
        let events: Vec<Value> = (0..1_000).map(|_| event(&id(), "brought", "2020-07-10", json!({"lines": lines}))).collect();
        let body = json!({"events": events}).to_string();
        assert!((BODY_LIMIT * 9 / 10..=BODY_LIMIT).contains(&body.len()), "{} bytes", body.len());
        let sent = scene.officer.post_text("/api/v1/events/batch", &body).expect(200);
        assert_eq!((&sent["accepted"], &sent["refused"]), (&json!(0), &json!(1_000)), "nothing is of a kind that there is");
    }

    fn what_cannot_be_read_is_told_in_words_for_people(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let site = scene.site("Beijing", "warehouse", "CN");
        let (pledge, _) = scene.accepted(&donor, 100);
        let whole = "is not a whole number of base units from 0 to 9007199254740992";
        let quantities = [
            (json!("five"), r#""five""#), (json!(1.5), "1.5"), (json!(-1), "-1"), (json!(true), "true"),
            (json!(u64::MAX), "18446744073709551615"), (json!([]), "a list"), (json!({}), "an object"),
        ];
        for (quantity, shown) in quantities {
            let line = json!({"item": scene.masks, "quantity": quantity});
            let offered = json!({"programme": scene.programme, "donor": donor, "offered_at": "2020-07-01", "lines": [line]});
            let collected = event(&id(), "collected", "2020-07-10", json!({"pledge": pledge, "site": site, "lines": [line]}));
            for reply in [scene.officer.post("/api/v1/pledges", &offered), scene.officer.post("/api/v1/events", &collected)] {
                assert_eq!(reply.refused("invalid", &["/lines/0/quantity"]), format!("{shown} {whole}"));
            }
        }
        let place = event(&id(), "collected", "2020-07-10", json!({"pledge": pledge, "site": "Beijing", "lines": [scene.line(1)]}));
        let nameless = event("mine", "collected", "2020-07-10", json!({"pledge": pledge, "site": site, "lines": [scene.line(1)]}));
        let lacking = event(&id(), "collected", "2020-07-10", json!({"pledge": pledge, "lines": [scene.line(1)]}));
        let said = [
            (scene.officer.post("/api/v1/events", &place), "/site"),
            (scene.officer.post("/api/v1/events", &nameless), "/id"),
            (scene.officer.post("/api/v1/events", &lacking), "/site"),
            (scene.officer.get("/api/v1/events?limit=many"), "/limit"),
            (scene.officer.get("/api/v1/events?consignment=this"), "/consignment"),
            (scene.officer.post("/api/v1/consignments", &json!({"programme": 5})), "/programme"),
        ];
        for (reply, pointer) in said {
            let told = reply.refused("invalid", &[pointer]);
            assert!(!told.contains(pointer) && !OURS.iter().any(|word| told.contains(word)), "{told}");
            let detail = reply.json()["detail"].as_str().expect("words").to_owned();
            assert!(detail.contains(&told) && !OURS.iter().any(|word| detail.contains(word)), "{detail}");
        }
    }

    fn a_new_consignment_tells_its_legs(database: &TestDatabase) {
        let scene = Scene::new(database);
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let body = json!({"id": id(), "programme": scene.programme, "consignee": city, "origin": beijing, "destination": banjul,
            "legs": [{"mode": "air", "from": beijing, "to": banjul}]});
        let opened = scene.officer.post("/api/v1/consignments", &body).expect(201);
        let read = scene.officer.get(&format!("/api/v1/consignments/{}", opened["id"].as_str().expect("an id"))).expect(200);
        assert!(opened["legs"][0]["id"].is_string(), "{opened:#}");
        assert_eq!(opened["legs"], read["legs"]);
        assert_eq!(scene.officer.post("/api/v1/consignments", &body).expect(200)["legs"], read["legs"]);
        let bare = json!({"programme": scene.programme, "consignee": city, "origin": beijing, "destination": banjul});
        assert_eq!(scene.officer.post("/api/v1/consignments", &bare).expect(201)["legs"], json!([]));
    }
}
