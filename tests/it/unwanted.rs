//! What is not to be sent: told when it is offered, declined kindly, and accepted only for a reason.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::stories::scene::{Scene, id};
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::migrate;
use crate::verify::verify;

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
        for (item, country) in [(&clothes, Some("KE")), (&json!(scene.masks), None), (&json!(scene.masks), Some("GM"))] {
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

    fn goods_are_told_of_the_places_that_do_not_want_them_and_accepted_for_elsewhere(database: &TestDatabase) {
        let scene = Scene::new(database);
        let hainan = scene.organization("Hainan", "CN");
        let donor = scene.house.login_bound(Role::Donor, hainan.parse().ok(), None);
        let begin = |area: &str, reason: &str| {
            let entry = json!({"item": scene.masks, "area": area, "reason": reason, "from": "2020-07-01"});
            scene.manager.post(PATH, &entry).expect(201)
        };
        begin("GM-B", "the city has enough");
        let kenya = begin("KE", "they are made there");
        let offer = |members: Value| {
            let mut line = json!({"item": scene.masks, "quantity": 100});
            line.as_object_mut().expect("a line").extend(members.as_object().expect("members").clone());
            let body = json!({"programme": scene.programme, "donor": hainan, "offered_at": "2020-07-02", "lines": [line]});
            scene.officer.post("/api/v1/pledges", &body)
        };
        let told = |pledge: &Value| -> Vec<(String, bool)> {
            let rows = pledge["unwanted"].as_array().cloned().unwrap_or_default();
            let told = |row: &Value| (row["words"].as_str().expect("words").to_owned(), row["elsewhere"] == true);
            rows.iter().map(told).collect()
        };
        let accept = |pledge: &Value| scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge["id"]}));
        let shown = |pledge: &Value| {
            scene.manager.get(&format!("/api/v1/pledges/{}", pledge["id"].as_str().expect("an id"))).expect(200)
        };

        // Meant for the very area: the list is against all of it, as it is where a whole country says so.
        let there = offer(json!({"earmark_area": "GM-B"})).expect(201);
        assert_eq!((&there["lines"][0]["earmark_country"], &there["lines"][0]["earmark_area"]), (&json!("GM"), &json!("GM-B")));
        let words = "Thank you. Please do not send Surgical masks to GM-B now: the city has enough.";
        assert_eq!(told(&there), [(words.to_owned(), false)]);
        accept(&there).refused("wrong_state", &["/despite"]);
        scene.decides("pledge_declined", "2020-07-05", json!({"pledge": there["id"]})).expect(201);
        assert_eq!((shown(&there)["reason"].clone(), told(&shown(&there))), (json!(words), Vec::new()));
        let read = donor.get(&format!("/api/v1/pledges/{}", there["id"].as_str().expect("an id"))).expect(200);
        assert_eq!((&read["reason"], &read["lines"][0]["earmark_area"]), (&json!(words), &json!("GM-B")));

        // Meant for the country, or for nothing by name: welcome, and told where not, before and after it is accepted.
        let elsewhere = |words: &str| (format!("{words} Elsewhere it is welcome: what is accepted is for elsewhere."), true);
        let not_in_kenya = "Thank you. Please do not send Surgical masks to KE now: they are made there.";
        for (members, expected) in [
            (json!({"earmark_country": "GM"}), vec![elsewhere(words)]),
            (json!({}), vec![elsewhere(words), elsewhere(not_in_kenya)]),
        ] {
            let pledge = offer(members).expect(201);
            assert_eq!(told(&pledge), expected);
            scene.decides("pledge_declined", "2020-07-05", json!({"pledge": pledge["id"]})).refused("invalid", &["/reason"]);
            accept(&pledge).expect(201);
            assert_eq!(told(&shown(&pledge)), expected, "nobody who decides where it goes is left without it");
        }
        // Another area of the country, and another country, are told nothing.
        for members in [json!({"earmark_area": "GM-M"}), json!({"earmark_country": "SN"})] {
            let pledge = offer(members).expect(201);
            assert!(told(&pledge).is_empty(), "{pledge:#}");
            accept(&pledge).expect(201);
        }
        // What ended is told no more.
        let end = format!("{PATH}/{}/end", kenya["id"].as_str().expect("an id"));
        scene.manager.post(&end, &json!({"reason": "the works burnt down"})).expect(201);
        assert_eq!(told(&offer(json!({})).expect(201)), [elsewhere(words)]);

        // An area lies in the country that is written beside it, and an account bound to a country gives for that.
        let words = offer(json!({"earmark_country": "SN", "earmark_area": "GM-B"})).refused("invalid", &["/lines/0/earmark_area"]);
        assert!(words.contains("GM-B") && words.contains("SN"), "{words}");
        offer(json!({"earmark_area": "GM"})).refused("invalid", &["/lines/0/earmark_area"]);
        let senegal = scene.house.login_bound(Role::Officer, None, Some("SN"));
        let line = json!({"item": scene.masks, "quantity": 1, "earmark_area": "GM-M"});
        let body = json!({"programme": scene.programme, "donor": hainan, "offered_at": "2020-07-02", "lines": [line]});
        senegal.post("/api/v1/pledges", &body).refused("invalid", &["/lines/0/earmark_country"]);
        scene.closes();
        scene.verifies();
        tamper(&scene.url, "UPDATE pledge_lines SET earmark_area = 'GM-M' WHERE earmark_area = 'GM-B'");
        let report = verify(&scene.url, std::path::Path::new("/nonexistent/keys")).1;
        assert_eq!((&report["count"], &report["findings"][0]["column"]), (&json!(1), &json!("earmark_area")), "{report:#}");
    }
}
