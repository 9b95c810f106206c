//! What is not to be sent: told when it is offered, declined kindly, and accepted only for a reason.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

const PATH: &str = "/api/v1/do-not-send";
const PUBLIC: &str = "/api/v1/public/do-not-send";

on_both_databases! {
    migrate: migrate;

    fn a_gift_that_nobody_can_use_is_declined_kindly_or_accepted_for_a_reason(database: &TestDatabase) {
        let scene = Scene::new(database);
        let hainan = scene.organization("Hainan", "CN");
        let clothes = json!({"code": "CLOTHES", "name": "Used clothes", "base_unit": "piece", "category": "Clothing"});
        let clothes = scene.admin.post("/api/v1/items", &clothes).expect(201)["id"].clone();
        let entry = json!({"id": id(), "category": "clothing", "area": "GM", "reason": "markets have enough of it",
            "from": "2020-07-01"});
        scene.officer.post(PATH, &entry).refused("forbidden", &[]);
        scene.house.login_bound(Role::Manager, None, Some("GM")).post(PATH, &entry).refused("forbidden", &[]);
        let begun = scene.manager.post(PATH, &entry).expect(201);
        assert_eq!(scene.manager.post(PATH, &entry).expect(200)["receipt"], Value::Null, "it counts once");
        let mut other = entry.clone();
        other["reason"] = json!("another one");
        scene.manager.post(PATH, &other).refused("id_reused", &["/id"]);
        for (pointer, members) in [
            ("/item", json!({"item": clothes})),
            ("/item", json!({"category": null})),
            ("/area", json!({"area": "002"})),
            ("/reason", json!({"reason": ""})),
            ("/from", json!({"from": "July"})),
            ("/until", json!({"until": "2020-06-30"})),
        ] {
            let mut wrong = entry.clone();
            wrong.as_object_mut().expect("a body").extend(members.as_object().expect("members").clone());
            wrong["id"] = json!(id());
            scene.manager.post(PATH, &wrong).refused("invalid", &[pointer]);
        }
        let listed = scene.house.stranger().get(&format!("{PUBLIC}?on=2020-07-01")).expect(200);
        assert_eq!(listed["items"][0]["reason"], "markets have enough of it");
        assert_eq!(scene.house.stranger().get(&format!("{PUBLIC}?on=2020-06-30")).expect(200)["items"], json!([]));

        // An offer is a fact, and is told what its donor should hear.
        let offer = |item: &Value, country: Option<&str>| {
            let line = json!({"item": item, "quantity": 100, "earmark_country": country});
            let body = json!({"programme": scene.programme, "donor": hainan, "offered_at": "2020-07-02", "lines": [line]});
            scene.officer.post("/api/v1/pledges", &body).expect(201)
        };
        let unwanted = offer(&clothes, Some("GM"));
        let words = unwanted["unwanted"][0]["words"].as_str().expect("words").to_owned();
        assert_eq!(words, "Thank you. Please do not send Used clothes to GM now: markets have enough of it.");
        let path = |pledge: &Value| format!("/api/v1/pledges/{}", pledge["id"].as_str().expect("an id"));
        assert_eq!(scene.manager.get(&path(&unwanted)).expect(200)["unwanted"][0]["words"], words.as_str());
        for (item, country) in [(&clothes, Some("KE")), (&clothes, None), (&json!(scene.masks), Some("GM"))] {
            let wanted = offer(item, country);
            assert_eq!(wanted["unwanted"], Value::Null, "{country:?}");
            scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": wanted["id"]})).expect(201);
        }

        // Accepted only for a reason; declined with the words of the list.
        let accept = |pledge: &Value, day: &str, members: Value| {
            let mut body = json!({"pledge": pledge["id"]});
            body.as_object_mut().expect("a body").extend(members.as_object().expect("members").clone());
            scene.post(&scene.manager, "pledge_accepted", day, body)
        };
        let refusal = accept(&unwanted, "2020-07-05", json!({})).refused("wrong_state", &["/despite"]);
        assert!(refusal.contains("markets have enough"), "{refusal}");
        accept(&unwanted, "2020-07-05", json!({"despite": " "})).refused("invalid", &["/despite"]);
        let declined = scene.decides("pledge_declined", "2020-07-05", json!({"pledge": unwanted["id"]}));
        declined.expect(201);
        let shown = scene.manager.get(&path(&unwanted)).expect(200);
        assert_eq!((&shown["state"], &shown["reason"], &shown["unwanted"]), (&json!("declined"), &json!(words), &Value::Null));
        let masks = offer(&json!(scene.masks), None);
        scene.decides("pledge_declined", "2020-07-05", json!({"pledge": masks["id"]})).refused("invalid", &["/reason"]);
        let again = offer(&clothes, Some("GM"));
        accept(&again, "2020-07-05", json!({"despite": "for the theatre of the youth centre"})).expect(201);

        // What ended, or did not hold on that day, is against nothing.
        let before = offer(&clothes, Some("GM"));
        accept(&before, "2020-06-30", json!({})).expect(201);
        let later = offer(&clothes, Some("GM"));
        accept(&later, "2020-07-06", json!({})).refused("wrong_state", &["/despite"]);
        let end = format!("{PATH}/{}/end", begun["id"].as_str().expect("an id"));
        let ended = scene.manager.post(&end, &json!({"reason": "the flood took everything"})).expect(201);
        assert_eq!(scene.manager.post(&end, &json!({"reason": "twice"})).expect(200)["receipt"], Value::Null);
        scene.manager.post(&format!("{PATH}/{}/end", id()), &json!({"reason": "none"})).refused("not_found", &[]);
        accept(&later, "2020-07-06", json!({})).expect(201);
        assert_eq!(scene.house.stranger().get(PUBLIC).expect(200)["items"], json!([]));
        let known = ended["sequence"].as_i64().expect("a sequence") - 1;
        let listed = scene.house.stranger().get(&format!("{PUBLIC}?known_at={known}")).expect(200);
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "what was known stays");
        scene.closes();
        scene.verifies();
    }
}
