//! Offers as they are written: sent again, with texts, money and identifiers that can be, and read by whom
//! they concern.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

const PLEDGES: &str = "/api/v1/pledges";

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
}
