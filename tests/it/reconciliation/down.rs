//! From a cell down to its entries.

use serde_json::{Value, json};

use super::rich::{Rich, figure, rows};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Every entry of a cell, read in pages of seven, and what the first page says they come to.
fn entries(rich: &Rich, cell: &str) -> (Vec<Value>, i64, i64) {
    let path = format!("/api/v1/reconciliation/entries?limit=7&{cell}");
    let mut page = rich.scene.auditor.get(&path).expect(200);
    let told = (figure(&page["entries"]), figure(&page["quantity"]));
    let mut items = Vec::new();
    loop {
        items.extend(page["items"].as_array().expect("items").clone());
        let Some(next) = page["next"].as_str() else { return (items, told.0, told.1) };
        page = rich.scene.auditor.get(&format!("{path}&after={next}")).expect(200);
        assert_eq!(page.get("entries"), None, "only the first page adds up");
    }
}

on_both_databases! {
    migrate: migrate;

    fn the_entries_of_a_cell_add_up_to_it(database: &TestDatabase) {
        let rich = Rich::told(database);
        for (groups, more) in [("site", ""), ("donor", ""), ("owner", "&as_of=2020-08-31"), ("consignment", ""), ("country", "&place=for")] {
            let answer = rich.ask(&format!("{groups}&sections=accounts{more}"));
            let mut cells = 0;
            for row in rows(&answer["accounts"]) {
                let id = row[groups].get("id").or(row[groups].get("code")).and_then(Value::as_str);
                let of = id.map_or(format!("without={groups}"), |id| format!("{groups}={id}"));
                for (account, held) in row["accounts"].as_object().expect("accounts") {
                    for condition in ["good", "on_hold", "damaged"] {
                        if held[condition] == 0 {
                            continue;
                        }
                        cells += 1;
                        let (items, count, sum) = entries(&rich, &format!("{of}&account={account}&condition={condition}{more}"));
                        let quantities: i64 = items.iter().map(|item| figure(&item["quantity"])).sum();
                        assert_eq!((quantities, sum), (figure(&held[condition]), figure(&held[condition])), "{of} {account} {condition}");
                        assert_eq!(items.len() as i64, count);
                        let keys: Vec<(i64, i64)> = items.iter().map(|item| (figure(&item["sequence"]), figure(&item["ordinal"]))).collect();
                        assert!(keys.is_sorted_by(|left, right| left < right), "{keys:?}");
                    }
                }
            }
            assert!(cells > 5, "by {groups}");
        }
    }

    fn an_entry_leads_to_its_event(database: &TestDatabase) {
        let rich = Rich::told(database);
        let (items, _, _) = entries(&rich, "account=lost");
        let kinds: Vec<&Value> = items.iter().map(|item| &item["event"]["kind"]).collect();
        assert!(!kinds.is_empty() && kinds.iter().all(|kind| **kind == "lost"), "{items:#?}");
        assert_eq!(items[0]["event"]["id"], rich.lost.as_str());
        rich.scene.auditor.get(&format!("/api/v1/events/{}", rich.lost)).expect(200);
        // A correction says what it corrects.
        let (items, _, _) = entries(&rich, "account=distributed");
        let corrected: Vec<&Value> = items.iter().filter(|item| item["event"]["kind"] == "corrected").collect();
        assert!(!corrected.is_empty() && corrected.iter().all(|item| item["event"]["about"] == rich.distributed.as_str()));
        // A period is narrowed by both ends.
        let (july, _, _) = entries(&rich, &format!("site={}&account=in_storage&from=2020-07-01&to=2020-07-31", rich.beijing));
        assert!(july.iter().all(|item| item["event"]["kind"] == "collected") && july.len() == 3, "{july:#?}");
    }

    fn what_is_no_cell_is_named(database: &TestDatabase) {
        let rich = Rich::told(database);
        let refused = |path: &str, pointer: &str| rich.scene.auditor.get(&format!("/api/v1/{path}")).refused("invalid", &[pointer]);
        assert!(refused("reconciliation/entries?account=stored", "/account").contains("in_storage"));
        refused("reconciliation/entries?condition=wet", "/condition");
        refused("reconciliation/entries?without=month", "/without");
        refused("reconciliation/entries?from=2020-09-01&to=2020-08-01", "/to");
        refused("reconciliation/entries?as_of=2020-09-01&to=2020-08-01", "/to");
        refused("reconciliation/entries?after=1", "/after");
        refused("reconciliation/entries?limit=501", "/limit");
        assert!(refused("reconciliation?group_by=month", "/group_by").contains("consignment"));
        refused("reconciliation?group_by=item,item", "/group_by");
        refused("reconciliation?group_by=item,lot,site,donor", "/group_by");
        assert!(refused("reconciliation?group_by=item&sections=all", "/sections").contains("roll_forward"));
        refused("reconciliation?group_by=item&from=soon", "/from");
        refused("reconciliation?group_by=item&known_at=100000", "/known_at");
        refused("reconciliation?sections=accounts", "/group_by");
        refused("reconciliation?group_by=item&month=2020-08", "/month");
        assert_eq!(rich.ask("item&known_at=0&sections=accounts")["accounts"]["rows"], json!([]));
    }
}
