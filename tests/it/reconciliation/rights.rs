//! Who is told, and how much of it.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::rich::{Rich, figure, rows};
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

fn asks(caller: &Caller, question: &str) -> Value {
    caller.get(&format!("/api/v1/reconciliation?group_by={question}")).expect(200)
}

on_both_databases! {
    migrate: migrate;

    fn auditors_and_managers_are_told_what_is_in_their_scope(database: &TestDatabase) {
        let rich = Rich::told(database);
        let scene = &rich.scene;
        let donor = scene.house.login_bound(Role::Donor, Some(rich.hainan.parse().expect("an id")), None);
        for caller in [&scene.officer, &scene.admin, &donor] {
            caller.get("/api/v1/reconciliation?group_by=item").refused("forbidden", &[]);
            caller.get("/api/v1/reconciliation/entries").refused("forbidden", &[]);
        }
        assert_eq!(asks(&scene.manager, "item")["accounts"], rich.ask("item")["accounts"]);
        // Who is bound to a country is told what is in it or for it.
        let bound = scene.house.login_bound(Role::Auditor, None, Some("GM"));
        let seen = asks(&bound, "consignment,country");
        let countries: Vec<&Value> = rows(&seen["accounts"]).iter().map(|row| &row["country"]["code"]).collect();
        assert!(!countries.is_empty() && countries.iter().all(|code| **code == "GM" || code.is_null()), "{seen:#}");
        assert_eq!(seen["accounts"].get("identity"), None, "goods leave a country for another");
        assert_eq!(seen["closes"], true);
        let transit: Vec<&Value> = rows(&seen["transit"]).iter().map(|row| &row["consignment"]["id"]).collect();
        assert_eq!(transit, [&json!(rich.under_way)], "{seen:#}");
        let listed = bound.get("/api/v1/consignments").expect(200);
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "the same that are listed");
        let entries = bound.get("/api/v1/reconciliation/entries?account=in_storage").expect(200);
        assert_eq!(entries["quantity"], 0, "what was moved there was taken back");
        let items = entries["items"].as_array().expect("items");
        // It was another site's to tell: the entry stands by its sequence alone.
        assert!(items.len() == 2 && items.iter().all(|item| item["event"].is_null()), "{entries:#}");
        let whole = figure(&rich.ask("item")["accounts"]["total"]["accounts"]["in_transit"]["all"]);
        assert_eq!(figure(&asks(&bound, "item")["accounts"]["total"]["accounts"]["in_transit"]["all"]), whole);
        // Who is bound to an organization is told what it gave, holds, owns or is to get.
        let bound = scene.house.login_bound(Role::Manager, Some(rich.health.parse().expect("an id")), None);
        let seen = asks(&bound, "consignee,item");
        assert_eq!(seen["accounts"]["total"]["accounts"]["promised"]["all"], 0, "{seen:#}");
        assert_eq!(figure(&seen["accounts"]["total"]["accounts"]["distributed"]["all"]), 110);
        // Folding everything is for whoever reaches everything.
        bound.get("/api/v1/reconciliation?group_by=item&recompute=true").refused("forbidden", &["/recompute"]);
    }
}
