//! Stories of claims: what is claimed from somebody for a loss, and how it stands.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

on_both_databases! {
    migrate: migrate;

    fn a_claim_is_followed_from_a_loss_to_its_payment_and_changes_no_quantity(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let carrier = scene.organization("Coastal Lines", "GH");
        let hub = scene.site("Accra", "warehouse", "GH");
        let pledge = scene.in_store(&donor, &hub, 1_000);
        let lines = json!([scene.line(40)]);
        let missing = scene.does("reported_missing", "2020-08-01", json!({"site": hub, "lines": lines, "reason": "gone"})).expect(201);
        let lost = json!({"site": hub, "lines": lines, "reason": "stolen",
            "evidence": {"cause": "theft", "report_number": "LR-1", "filed": "cabinet 3", "liable": carrier}});
        let lost = scene.decides("lost", "2020-08-03", lost).expect(201);
        let accounts = scene.accounts(&pledge);

        let claim = |event: &Value, minor: i64| json!({"id": id(), "event": event, "against": carrier,
            "amount": {"minor": minor, "currency": "USD"}, "on": "2020-09-01"});
        let posts = |body: &Value| scene.manager.post("/api/v1/claims", body);
        scene.officer.post("/api/v1/claims", &claim(&lost["id"], 100)).refused("forbidden", &[]);
        posts(&claim(&missing["id"], 100)).refused("wrong_state", &["/event"]);
        posts(&claim(&json!(id()), 100)).refused("not_found", &[]);
        let mut wrong = claim(&lost["id"], -1);
        posts(&wrong).refused("invalid", &["/amount/minor"]);
        wrong = claim(&lost["id"], 100);
        wrong["against"] = json!(id());
        posts(&wrong).refused("invalid", &["/against"]);
        wrong["on"] = json!("September");
        posts(&wrong).refused("invalid", &["/on"]);

        let body = claim(&lost["id"], 450_000);
        let made = posts(&body).expect(201);
        assert_eq!((&made["state"], &made["amount"]["minor"]), (&json!("open"), &json!(450_000)));
        assert_eq!(posts(&body).expect(200)["receipt"], Value::Null, "it counts once");
        let path = format!("/api/v1/claims/{}", made["id"].as_str().unwrap());
        let moves = |revision: i64, state: &str, on: &str| {
            scene.manager.patch(&path, revision, &json!({"state": state, "on": on}))
        };
        moves(1, "paid", "2020-09-02").refused("wrong_state", &["/state"]);
        moves(1, "submitted", "2020-08-31").refused("invalid", &["/on"]);
        moves(1, "submitted", "2020-09-03").expect(200);
        moves(1, "accepted", "2020-09-20").refused("precondition_failed", &[]);
        moves(2, "refused", "2020-09-20").expect(200);
        moves(3, "submitted", "2020-10-01").expect(200);
        moves(4, "accepted", "2020-11-01").expect(200);
        moves(5, "paid", "2020-12-01").expect(200);
        moves(6, "withdrawn", "2020-12-02").refused("wrong_state", &["/state"]);

        let shown = scene.auditor.get(&path).expect(200);
        let history: Vec<(&str, &str)> = shown["history"].as_array().unwrap().iter()
            .map(|step| (step["state"].as_str().unwrap(), step["on"].as_str().unwrap())).collect();
        assert_eq!(history, [("open", "2020-09-01"), ("submitted", "2020-09-03"), ("refused", "2020-09-20"),
            ("submitted", "2020-10-01"), ("accepted", "2020-11-01"), ("paid", "2020-12-01")]);
        assert_eq!(scene.accounts(&pledge), accounts);
        let listed = scene.officer.get("/api/v1/claims?state=paid").expect(200);
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));

        // Seen as far as the loss is.
        let elsewhere = scene.house.login_bound(Role::Manager, None, Some("SN"));
        assert_eq!(elsewhere.get(&path).text, scene.manager.get(&format!("/api/v1/claims/{}", id())).text);
        assert_eq!(elsewhere.get("/api/v1/claims").expect(200)["items"], json!([]));
        assert_eq!(elsewhere.patch(&path, 6, &json!({"state": "withdrawn", "on": "2021-01-01"})).status, 404);
        elsewhere.post("/api/v1/claims", &claim(&lost["id"], 1)).refused("not_found", &[]);
        scene.closes();
        scene.verifies();
    }
}
