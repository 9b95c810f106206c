//! Offers as they are written: sent again, with texts, money and identifiers that can be, and read by whom
//! they concern.

use serde_json::{Value, json};

use super::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;
use relief_ledger::auth::Role;

const PLEDGES: &str = "/api/v1/pledges";

/// An offer of 100 masks with some members of its own.
fn offer(scene: &Scene, donor: &str, more: Value) -> Value {
    let mut body = json!({"programme": scene.programme, "donor": donor, "offered_at": "2020-07-01",
        "lines": [{"item": scene.masks, "quantity": 100}]});
    for (name, value) in more.as_object().expect("members") {
        body[name] = value.clone();
    }
    body
}

on_both_databases! {
    migrate: migrate;

    fn a_private_link_leaves_the_reason_of_a_pledge_as_it_is(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let (pledge, _) = scene.pledge(&donor, 100);
        scene.decides("pledge_declined", "2020-07-06", json!({"pledge": pledge, "reason": "too heavy"})).expect(201);
        let shown = || {
            let seen = scene.officer.get(&format!("{PLEDGES}/{pledge}")).expect(200);
            (seen["state"].clone(), seen["reason"].clone(), seen["has_link"].clone())
        };
        let link = format!("{PLEDGES}/{pledge}/link");
        scene.officer.post(&link, &Value::Null).expect(201);
        assert_eq!(shown(), (json!("declined"), json!("too heavy"), json!(true)));
        scene.officer.send("DELETE", &link, &[], None).expect(200);
        assert_eq!(shown(), (json!("declined"), json!("too heavy"), json!(false)));
        scene.verifies();
    }

    fn an_offer_from_a_clock_that_is_ahead_is_sent_again(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let soon = (chrono::Utc::now() + chrono::Duration::minutes(5)).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        let body = offer(&scene, &donor, json!({"id": id(), "offered_at": soon}));
        let first = scene.officer.post(PLEDGES, &body).expect(201);
        assert!(first["offered_at"].as_str().expect("a time") < soon.as_str(), "{first:#}");
        let size = scene.log_size();
        let again = scene.officer.post(PLEDGES, &body).expect(200);
        assert_eq!((&again["offered_at"], &again["receipt"]), (&first["offered_at"], &Value::Null));
        let mut other = body.clone();
        other["offered_at"] = json!("2020-07-01");
        scene.officer.post(PLEDGES, &other).refused("id_reused", &["/id"]);
        assert_eq!(scene.log_size(), size);
        let late = (chrono::Utc::now() + chrono::Duration::minutes(15)).to_rfc3339();
        scene.officer.post(PLEDGES, &offer(&scene, &donor, json!({"offered_at": late}))).refused("invalid", &["/offered_at"]);
    }

    fn whoever_is_bound_to_a_country_sees_what_is_there_and_not_what_was(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (beijing, wuhan) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Nairobi", "warehouse", "KE"));
        let in_china = scene.house.login_bound(Role::Manager, None, Some("CN"));
        let in_kenya = scene.house.login_bound(Role::Manager, None, Some("KE"));
        let pledge = scene.in_store(&donor, &beijing, 100);
        let meant = offer(&scene, &donor, json!({"lines": [{"item": scene.masks, "quantity": 1, "earmark_country": "KE"}]}));
        let meant = scene.officer.post(PLEDGES, &meant).expect(201)["id"].as_str().expect("an id").to_owned();
        let path = format!("{PLEDGES}/{pledge}");
        assert_eq!((in_china.get(&path).status, in_kenya.get(&path).status), (200, 404));
        let all = json!({"site": beijing, "to_site": wuhan, "lines": [scene.line(100)]});
        scene.does("moved", "2020-08-01", all).expect(201);
        assert_eq!((in_china.get(&path).status, in_kenya.get(&path).status), (404, 200));
        let listed = |caller: &crate::support::server::Caller| {
            let page = caller.get(PLEDGES).expect(200);
            page["items"].as_array().expect("a page").iter().map(|one| one["id"].clone()).collect::<Vec<Value>>()
        };
        assert_eq!(listed(&in_china), Vec::<Value>::new());
        assert_eq!(listed(&in_kenya), [json!(pledge), json!(meant)], "each once");
    }
}
