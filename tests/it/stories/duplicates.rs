//! What must be unique and is not: told in the same words on both databases, at the field that holds it, and
//! to nobody else.

use std::thread;

use serde_json::{Value, json};

use super::scene::{Scene, event, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

/// Sends each body at the same moment; returns the answers.
fn at_once(caller: &Caller, path: &str, bodies: &[Value]) -> Vec<Reply> {
    thread::scope(|scope| {
        let sent: Vec<_> = bodies.iter().map(|body| scope.spawn(|| caller.post(path, body))).collect();
        sent.into_iter().map(|one| one.join().expect("an answer")).collect()
    })
}

/// One is taken; the others hear whose it is.
#[track_caller]
fn only_one(replies: &[Reply], pointer: &str) -> String {
    let (taken, refused): (Vec<&Reply>, Vec<&Reply>) = replies.iter().partition(|one| one.status == 201);
    assert_eq!(taken.len(), 1, "{replies:#?}");
    let holder = taken[0].json()["id"].as_str().expect("an id").to_owned();
    for one in refused {
        let words = one.refused("duplicate", &[pointer]);
        assert_eq!(one.json()["holder"], json!(holder), "{words}");
    }
    holder
}

on_both_databases! {
    migrate: migrate;

    fn a_reference_stands_for_one_pledge_of_its_programme(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let body = |programme: &str, reference: &str| json!({"programme": programme, "donor": donor, "reference": reference,
            "offered_at": "2020-07-01", "lines": [{"item": scene.masks, "quantity": 1}]});
        let bodies: Vec<Value> = (0..8).map(|_| body(&scene.programme, "GIFT-1")).collect();
        let path = "/api/v1/pledges";
        let holder = only_one(&at_once(&scene.officer, path, &bodies), "/reference");
        let later = scene.officer.post(path, &body(&scene.programme, "GIFT-1"));
        assert!(later.refused("duplicate", &["/reference"]).contains(&holder));
        scene.officer.post(path, &body(&scene.programme, "GIFT-2")).expect(201);
        let other = json!({"code": "OTHER", "name": "Other", "focus_areas": [], "sensitive": false, "synthetic": false});
        let other = scene.manager.post("/api/v1/programmes", &other).expect(201);
        scene.officer.post(path, &body(other["id"].as_str().expect("an id"), "GIFT-1")).expect(201);
    }

    fn a_reference_stands_for_one_consignment_of_its_programme(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let body = |reference: &str| json!({"programme": scene.programme, "consignee": donor, "reference": reference,
            "origin": beijing, "destination": banjul, "legs": [{"mode": "air", "from": beijing, "to": banjul}]});
        let path = "/api/v1/consignments";
        let bodies: Vec<Value> = (0..8).map(|_| body("WAY-1")).collect();
        let holder = only_one(&at_once(&scene.officer, path, &bodies), "/reference");
        assert!(scene.officer.post(path, &body("WAY-1")).refused("duplicate", &["/reference"]).contains(&holder));

        // A part that is split off gets a number of its own, too.
        scene.in_store(&donor, &beijing, 100);
        let allocated = json!({"consignment": holder, "site": beijing, "lines": [scene.line(50)]});
        scene.decides("allocated", "2020-08-01", allocated).expect(201);
        let split = |reference: &str| json!({"consignment": holder, "site": beijing, "lines": [scene.line(10)],
            "child": {"id": id(), "reference": reference, "consignee": donor, "destination": banjul,
                "legs": [{"mode": "air", "from": beijing, "to": banjul}]}});
        scene.does("split", "2020-08-02", split("WAY-1")).refused("duplicate", &["/child/reference"]);
        let two = [event(&id(), "split", "2020-08-02", split("WAY-2")), event(&id(), "split", "2020-08-02", split("WAY-2"))];
        let sent = scene.officer.post("/api/v1/events/batch", &json!({"events": two})).expect(200);
        let of = |index: usize| (sent["results"][index]["status"].clone(), sent["results"][index]["problem"]["errors"][0]["pointer"].clone());
        assert_eq!((of(0), of(1)), ((json!(201), Value::Null), (json!(409), json!("/child/reference"))), "{sent:#}");
        scene.officer.post(path, &body("WAY-2")).refused("duplicate", &["/reference"]);
        scene.closes();
    }

    fn a_number_stands_for_one_load(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let body = |reference: &str| json!({"reference": reference, "mode": "air", "from": beijing, "to": banjul});
        let bodies: Vec<Value> = (0..8).map(|_| body("TRUCK-1")).collect();
        let holder = only_one(&at_once(&scene.officer, "/api/v1/loads", &bodies), "/reference");
        assert!(scene.officer.post("/api/v1/loads", &body("TRUCK-1")).refused("duplicate", &["/reference"]).contains(&holder));
        scene.officer.post("/api/v1/loads", &body("TRUCK-2")).expect(201);
    }

    fn a_login_stands_for_one_user(database: &TestDatabase) {
        let scene = Scene::new(database);
        let body = json!({"login": "Amina", "name": "Amina", "password": "correct horse battery", "role": "officer"});
        let bodies = vec![body.clone(); 4];
        only_one(&at_once(&scene.admin, "/api/v1/users", &bodies), "/login");
        scene.admin.post("/api/v1/users", &body).refused("duplicate", &["/login"]);
    }
}
