//! Events of other systems that wait for a person: listed, settled and dismissed by a form.

use super::browse::{Page, send, visit};
use crate::captures::{Gift, captured, masks, seen, under, waiting};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;
use relief_ledger::auth::Role;
use serde_json::json;

on_both_databases! {
    migrate: migrate;

    fn what_another_system_sent_is_settled_by_whoever_knows_what_it_is_about(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        assert!(visit(&scene.officer, "/captures").says("Nothing from another system waits for you."));
        assert!(visit(&scene.officer, "/board").says("href=\"/captures\""));
        let foreign = under("urn:epcglobal:cbv:bt:0614141000005:PO-77");
        let left = seen("departing", "2020-08-01T00:00:00Z", json!({"bizTransactionList": foreign, "quantityList": masks(100)}));
        let job = captured(&scene.officer, &[left]);
        let (event, why) = waiting(&scene.officer, &job);
        let path = format!("/captures/{event}");
        let list = visit(&scene.officer, "/captures");
        assert!(list.says(&format!("href=\"{path}\"")) && list.says("departing"), "{}", list.text);
        let page = visit(&scene.officer, &path);
        assert!(why.contains("No consignment") && page.says("No consignment"), "{}", page.text);
        assert!(page.says("value=\"settle\"") && page.says("value=\"dismiss\""), "{}", page.text);

        let size = scene.log_size();
        for (typed, field) in [
            ([("decision", "settle"), ("consignment", "7KQ2-M9XD-4TRF"), ("leg", "")], "consignment"),
            ([("decision", "settle"), ("consignment", gift.code.as_str()), ("leg", "2")], "leg"),
            ([("decision", "dismiss"), ("consignment", ""), ("reason", " ")], "reason"),
            ([("decision", "keep"), ("consignment", ""), ("leg", "")], "decision"),
        ] {
            let refused = send(&scene.officer, &path, &typed);
            assert_eq!(refused.status, 422, "{field}: {}", refused.text);
            assert!(Page::of(&refused, &path).says(&format!("id=\"{field}-error\"")), "{field}: {}", refused.text);
        }
        let again = send(&scene.officer, &path, &[("decision", "settle")]);
        assert_eq!(again.status, 409, "it is tried again, and fits nothing still: {}", again.text);
        assert_eq!(scene.log_size(), size);

        let settled = send(&scene.officer, &path, &[("decision", "settle"), ("consignment", &gift.code), ("leg", "1")]);
        assert_eq!((settled.status, settled.header("location")), (303, Some(format!("{path}?recorded=1").as_str())), "{}", settled.text);
        assert_eq!(gift.account("in_transit"), 100);
        let done = visit(&scene.officer, &format!("{path}?recorded=1"));
        assert!(done.says("id=\"recorded\"") && done.says("Nothing is to be decided about it any more."), "{}", done.text);
        assert!(done.says(&format!("/board/consignments/{}", gift.consignment)), "{}", done.text);
        assert!(visit(&scene.officer, "/captures").says("Nothing from another system waits for you."));
        scene.closes();
    }

    fn what_another_system_sent_is_dismissed_with_what_became_of_it(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let foreign = under("urn:epcglobal:cbv:bt:0614141000005:PO-78");
        let left = seen("departing", "2020-08-01T00:00:00Z", json!({"bizTransactionList": foreign, "quantityList": masks(100)}));
        let job = captured(&scene.officer, &[left]);
        let (event, _) = waiting(&scene.officer, &job);
        let path = format!("/captures/{event}");
        let page = visit(&scene.manager, &path);
        assert!(!page.says("value=\"settle\"") && page.says("value=\"dismiss\""), "a manager posts nothing: {}", page.text);
        assert_eq!(send(&scene.manager, &path, &[("decision", "settle")]).status, 403);
        let dismissed = send(&scene.manager, &path, &[("decision", "dismiss"), ("reason", "counted by hand")]);
        assert_eq!(dismissed.status, 303, "{}", dismissed.text);
        let done = visit(&scene.manager, &path);
        assert!(done.says("counted by hand") && done.says("Nothing is to be decided about it any more."), "{}", done.text);
        let late = send(&scene.officer, &path, &[("decision", "settle"), ("consignment", &gift.code)]);
        assert_eq!(late.status, 409, "{}", late.text);
        assert_eq!(gift.account("in_transit"), 0);
        for caller in [&scene.auditor, &scene.admin] {
            assert_eq!(caller.get("/captures").status, 403);
            assert_eq!(caller.get(&path).status, 403);
        }
        let other = scene.organization("Other Relief", "KE").parse().ok();
        let outside = scene.house.login_bound(Role::Officer, other, None);
        assert_eq!(outside.get(&path).status, 404, "out of reach is missing");
        assert!(visit(&outside, "/captures").says("Nothing from another system waits for you."));
    }
}
