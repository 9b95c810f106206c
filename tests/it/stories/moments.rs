//! Figures of another moment than now: as of a date, and as they were known.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::migrate;

const GROUPS: [&str; 12] = [
    "programme",
    "donor",
    "item",
    "lot",
    "country",
    "site",
    "holder",
    "owner",
    "consignee",
    "corridor",
    "month",
    "item,country&place=for",
];

const ACCOUNTS: [&str; 8] =
    ["promised", "unallocated", "in_storage", "allocated", "in_transit", "missing", "delivered", "lost"];
const KEYS: [&str; 5] = ["item", "site", "country", "donor", "holder"];

/// A gift that went to a hub and, in part, on to a market; the hub, the market, and what was recorded on the way.
struct Gift {
    scene: Scene,
    pledge: String,
    hub: String,
    market: String,
    receipt: String,
    consignment: String,
    leg: String,
}

fn gift(database: &TestDatabase) -> Gift {
    let scene = Scene::new(database);
    let (donor, health) = (scene.organization("Hainan", "CN"), scene.organization("Health", "GH"));
    let (beijing, hub) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Tema", "warehouse", "GH"));
    let market = scene.site("Kumasi market", "final_delivery_point", "GH");
    let pledge = scene.in_store(&donor, &beijing, 1_000);
    let (consignment, leg) = scene.sent(&health, &[&beijing, &hub], 1_000, "2020-08-01");
    let receipt = scene.receives(
        &consignment,
        &leg,
        "2020-08-05",
        json!({"good": 900, "missing": 100, "reason": "short"}),
    );
    let receipt = receipt.expect(201)["id"].as_str().expect("an id").to_owned();
    Gift { scene, pledge, hub, market, receipt, consignment, leg }
}

impl Gift {
    fn totals(&self, question: &str) -> Value {
        self.scene.auditor.get(&format!("/api/v1/totals?group_by={question}")).expect(200)
    }

    fn status(&self, moment: &str) -> Value {
        self.scene.auditor.get(&format!("/api/v1/pledges/{}/status?{moment}", self.pledge)).expect(200)
    }

    fn stock(&self, moment: &str) -> Value {
        self.scene.auditor.get(&format!("/api/v1/sites/{}/stock?{moment}", self.hub)).expect(200)
    }

    fn changes(&self, question: &str) -> Value {
        self.scene.auditor.get(&format!("/api/v1/reconciliation/changes?group_by={question}")).expect(200)
    }

    /// Late, corrected and reversed entries: goods that were handed over before the figures were published and are told
    /// after it, a receipt that was counted wrongly, and a loss taken back.
    fn restate(&self) {
        let scene = &self.scene;
        let moved = json!({"site": self.hub, "to_site": self.market, "lines": [scene.line(300)]});
        scene.does("moved", "2020-08-06", moved).expect(201);
        let right = json!({"consignment": self.consignment, "leg": self.leg, "final": true,
            "lines": [{"item": scene.masks, "good": 850, "missing": 150, "reason": "counted again"}]});
        let corrected =
            json!({"event": self.receipt, "right": right, "reason": "a pallet was counted twice"});
        scene.does("corrected", "2020-09-02", corrected).expect(201);
        let lost = json!({"consignment": self.consignment, "leg": self.leg, "lines": [scene.line(50)], "reason": "never found",
            "evidence": {"cause": "transport", "report_number": "LR-1", "filed": "cabinet 3"}});
        let lost = scene.decides("lost", "2020-09-03", lost).expect(201);
        scene
            .decides("reversed", "2020-09-04", json!({"event": lost["id"], "reason": "it was found"}))
            .expect(201);
    }
}

/// What of an answer is figures: all but the sequence, which says what was asked.
fn figures(mut answer: Value) -> Value {
    let fields = answer.as_object_mut().expect("an answer");
    fields.remove("sequence");
    fields.remove("as_of");
    answer
}

/// Account by account, for rows that flows are counted differently for.
fn accounts(answer: &Value) -> Value {
    ACCOUNTS
        .iter()
        .map(|account| (account.to_string(), answer["total"][account].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

on_both_databases! {
    migrate: migrate;

    fn a_published_total_is_reproduced_for_ever_after_late_corrected_and_reversed_entries(database: &TestDatabase) {
        let gift = gift(database);
        let published: Vec<Value> = GROUPS.iter().map(|group| gift.totals(group)).collect();
        let sequence = published[0]["sequence"].as_i64().expect("a sequence");
        std::thread::sleep(std::time::Duration::from_millis(20));
        let then = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        gift.restate();
        for (group, published) in GROUPS.iter().zip(&published) {
            assert_ne!(figures(gift.totals(group)), figures(published.clone()), "by {group} something was restated");
            assert_eq!(&gift.totals(&format!("{group}&known_at={sequence}")), published, "by {group}");
            assert_eq!(&gift.totals(&format!("{group}&known_at={then}")), published, "by {group}, by the clock");
            // What is known now is what is known at the last sequence, folded again.
            let now = gift.totals(group);
            assert_eq!(gift.totals(&format!("{group}&known_at={}", now["sequence"])), now, "by {group}");
        }
        gift.scene.closes();
    }

    fn figures_as_of_a_date_hold_what_took_effect_by_its_end(database: &TestDatabase) {
        let gift = gift(database);
        let sequence = gift.totals("item")["sequence"].as_i64().expect("a sequence");
        let at = |day: &str| accounts(&gift.totals(&format!("item&as_of={day}")));
        assert_eq!(at("2020-07-04")["promised"], 0);
        assert_eq!((&at("2020-07-09")["unallocated"], &at("2020-07-09")["in_storage"]), (&json!(1_000), &json!(0)));
        assert_eq!(at("2020-07-10")["in_storage"], 1_000, "a date is its whole day");
        assert_eq!(at("2020-07-09T23:59:59Z")["in_storage"], 0);
        assert_eq!(at("2020-08-01")["in_transit"], 1_000);
        assert_eq!((&at("2020-08-05")["in_storage"], &at("2020-08-05")["missing"]), (&json!(900), &json!(100)));
        gift.restate();
        // Both times at once: what was known then about that day, and what is known now.
        let both = |day: &str| accounts(&gift.totals(&format!("item&as_of={day}&known_at={sequence}")));
        assert_eq!(both("2020-08-05")["missing"], 100);
        assert_eq!((&at("2020-08-05")["in_storage"], &at("2020-08-05")["missing"]), (&json!(850), &json!(150)));
        assert_eq!((&both("2020-08-06")["delivered"], &at("2020-08-06")["delivered"]), (&json!(0), &json!(0)));
        let (market, hub) = (json!(gift.market), json!(gift.hub));
        let by_site = gift.totals("site&as_of=2020-08-06");
        let there = |site: &Value| by_site["rows"].as_array().expect("rows").iter()
            .find(|row| row["site"]["id"] == *site).map(|row| row["in_storage"].clone());
        assert_eq!((there(&market), there(&hub)), (Some(json!(300)), Some(json!(550))));
        // The end of a month is the same by the month's own filter.
        for (month, end) in [("2020-07", "2020-07-31"), ("2020-08", "2020-08-31"), ("2020-09", "2020-09-30")] {
            assert_eq!(at(end), accounts(&gift.totals(&format!("item&to_month={month}"))), "{month}");
        }
        // Every total closes at any pair of moments.
        let last = gift.totals("item")["sequence"].as_i64().expect("a sequence");
        for known_at in (0..=last).step_by(3) {
            for day in ["2020-07-07", "2020-08-03", "2020-08-06", "2020-12-31"] {
                for group in ["donor", "site", "country", "holder", "month"] {
                    let totals = gift.totals(&format!("{group}&known_at={known_at}&as_of={day}"));
                    assert_eq!(totals["sequence"], known_at);
                    assert_eq!(totals["total"]["residual"], 0, "{group} {known_at} {day}: {totals:#}");
                    for row in totals["rows"].as_array().expect("rows") {
                        assert_eq!(row["residual"], 0, "{group} {known_at} {day}: {row:#}");
                    }
                }
            }
        }
    }

    fn where_a_pledge_was_and_what_lay_at_a_site_are_reproduced_for_ever(database: &TestDatabase) {
        let gift = gift(database);
        let (told, lay) = (gift.status(""), gift.stock(""));
        let (sequence, day) = (told["sequence"].clone(), lay["day"].clone());
        std::thread::sleep(std::time::Duration::from_millis(20));
        let then = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        gift.restate();
        assert_ne!(figures(gift.status("")), figures(told.clone()), "something was restated");
        assert_ne!(figures(gift.stock("")), figures(lay.clone()), "something was restated");
        for known_at in [format!("known_at={sequence}"), format!("known_at={then}")] {
            assert_eq!(gift.status(&known_at), told, "{known_at}");
            assert_eq!(gift.stock(&known_at), lay, "{known_at}");
        }
        let of_the_day = gift.stock(&format!("known_at={sequence}&as_of={}", day.as_str().expect("a day")));
        assert_eq!(figures(of_the_day), figures(lay), "the day it printed says what had expired");
        // What is known now is what is known at the last sequence, added up again.
        let (now, lies) = (gift.status(""), gift.stock(""));
        assert_eq!(gift.status(&format!("known_at={}", now["sequence"])), now);
        assert_eq!(gift.stock(&format!("known_at={}", lies["sequence"])), lies);
        // At every moment each line closes, and places tell what totals tell.
        for known_at in 0..=now["sequence"].as_i64().expect("a sequence") {
            for line in gift.status(&format!("known_at={known_at}"))["lines"].as_array().expect("lines") {
                assert_eq!(line["residual"], 0, "{known_at}: {line:#}");
            }
        }
        gift.scene.verifies();
    }

    fn where_a_pledge_was_and_what_lay_at_a_site_are_told_as_of_a_date(database: &TestDatabase) {
        let gift = gift(database);
        let sequence = gift.status("")["sequence"].clone();
        gift.restate();
        let place = |place: &Value| (place["account"].as_str().expect("an account").to_owned(), place["quantity"].as_i64().expect("a figure"));
        let places = |moment: &str| -> std::collections::BTreeSet<(String, i64)> {
            gift.status(moment)["lines"][0]["places"].as_array().expect("places").iter().map(place).collect()
        };
        let is = |account: &str, quantity: i64| (account.to_owned(), quantity);
        assert!(places("as_of=2020-07-04").is_empty());
        assert_eq!(gift.status("as_of=2020-07-04")["lines"][0]["promised"], 0);
        assert_eq!(places("as_of=2020-07-09"), [is("unallocated", 1_000)].into());
        assert_eq!(places("as_of=2020-08-01"), [is("in_transit", 1_000)].into());
        let both = format!("as_of=2020-08-06&known_at={sequence}");
        assert_eq!(places(&both), [is("in_storage", 900), is("missing", 100)].into());
        assert_eq!(places("as_of=2020-08-06"), [is("in_storage", 300), is("in_storage", 550), is("missing", 150)].into());
        assert_eq!(gift.stock("as_of=2020-08-04")["items"], json!([]));
        let free = |moment: &str| gift.stock(moment)["items"][0]["free"].clone();
        assert_eq!((free("as_of=2020-08-05"), free("as_of=2020-08-06"), free(&both)), (json!(850), json!(550), json!(900)));
        let asked = gift.stock("as_of=2020-08-06");
        assert_eq!((&asked["day"], &asked["as_of"]), (&json!("2020-08-06"), &json!("2020-08-06T23:59:59.999999Z")));
        for path in [format!("pledges/{}/status", gift.pledge), format!("sites/{}/stock", gift.hub)] {
            let refused = |question: &str, pointer: &str| {
                gift.scene.auditor.get(&format!("/api/v1/{path}?{question}")).refused("invalid", &[pointer])
            };
            assert!(refused("known_at=100000", "/known_at").contains("100000 is no sequence of this ledger; its last is"));
            assert!(refused("known_at=soon", "/known_at").contains("\"soon\" is no moment of the record"));
            assert!(refused("as_of=2020-13-01", "/as_of").contains("\"2020-13-01\" is not a time"));
            refused("from=2020-08-01", "/from");
        }
    }

    fn what_had_expired_is_told_as_of_the_day(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, hub) = (scene.organization("Hainan", "CN"), scene.site("Tema", "warehouse", "GH"));
        let (pledge, _) = scene.accepted(&donor, 100);
        let line = json!({"item": scene.masks, "lot": "A-1", "expires_on": "2020-09-30", "quantity": 100});
        scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": hub, "lines": [line]})).expect(201);
        let stock = |moment: &str| scene.auditor.get(&format!("/api/v1/sites/{hub}/stock?{moment}")).expect(200);
        let told = |moment: &str| (stock(moment)["items"][0]["free"].clone(), stock(moment)["items"][0]["expired"].clone());
        assert_eq!(told(""), (json!(0), json!(100)));
        assert_eq!(told("as_of=2020-09-30"), (json!(100), json!(0)), "it expires with that day's end");
        assert_eq!(told("as_of=2020-10-01"), (json!(0), json!(100)));
        assert_eq!(stock("known_at=2026-01-01")["items"], json!([]));
    }

    fn a_line_that_a_change_of_earmark_opened_is_not_in_an_earlier_status(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (pledge, line) = scene.accepted(&donor, 1_000);
        let status = |moment: &str| scene.auditor.get(&format!("/api/v1/pledges/{pledge}/status?{moment}")).expect(200);
        let told = status("");
        let change = json!({"pledge": pledge, "line": line, "quantity": 400, "country": "SN", "reason": "asked for there",
            "consent": {"organization": donor, "given_on": "2020-08-01", "filed": "file 3"}});
        scene.does("earmark_changed", "2020-08-02", change).expect(201);
        assert_eq!(status("")["lines"].as_array().map(Vec::len), Some(2));
        assert_eq!(status(&format!("known_at={}", told["sequence"])), told);
        assert_eq!(status("as_of=2020-08-01")["lines"][1]["promised"], 0, "it is known, and held nothing yet");
    }

    fn a_moment_that_is_none_is_named(database: &TestDatabase) {
        let scene = Scene::new(database);
        let refused = |question: &str, pointer: &str| {
            scene.auditor.get(&format!("/api/v1/totals?group_by=item&{question}")).refused("invalid", &[pointer])
        };
        assert!(refused("known_at=100000", "/known_at").contains("100000 is no sequence of this ledger; its last is"));
        assert!(refused("known_at=-1", "/known_at").contains("-1 is no sequence"));
        assert!(refused("known_at=soon", "/known_at").contains("\"soon\" is no moment of the record"));
        assert!(refused("as_of=2020-13-01", "/as_of").contains("\"2020-13-01\" is not a time"));
        let nothing = scene.auditor.get("/api/v1/totals?group_by=item&known_at=0").expect(200);
        assert_eq!((&nothing["rows"], &nothing["sequence"]), (&json!([]), &json!(0)));
    }

    fn each_difference_to_a_published_total_is_explained_by_the_entries_that_made_it(database: &TestDatabase) {
        let gift = gift(database);
        const DAY: &str = "2020-08-31";
        let groups = ["item", "site", "country", "donor", "holder", "site,item&place=for"];
        let published: Vec<Value> = groups.iter().map(|group| gift.totals(&format!("{group}&as_of={DAY}"))).collect();
        let sequence = published[0]["sequence"].as_i64().expect("a sequence");
        gift.restate();
        for (group, published) in groups.iter().zip(&published) {
            let now = gift.totals(&format!("{group}&as_of={DAY}"));
            let changes = gift.changes(&format!("{group}&as_of={DAY}&from={sequence}"));
            assert_eq!((&changes["from"], &changes["to"]), (&json!(sequence), &now["sequence"]));
            let mut told = 0;
            for row in now["rows"].as_array().expect("rows") {
                let same = |one: &&Value| KEYS.iter().all(|key| one[key] == row[key]);
                let find = |answer: &Value| answer["rows"].as_array().expect("rows").iter().find(same).cloned();
                let (before, change) = (find(published), find(&changes));
                for account in ACCOUNTS.iter().chain(&["deployed"]) {
                    let was = before.as_ref().map_or(0, |before| before[account].as_i64().expect("a figure"));
                    let by = change.as_ref().map_or(0, |change| change["difference"][account].as_i64().unwrap_or(0));
                    assert_eq!(row[account], was + by, "by {group}: {account} of {row:#} by {change:#?}");
                    let entries = change.as_ref().and_then(|change| change["entries"].as_array());
                    let sum: i64 = entries.into_iter().flatten()
                        .map(|entry| entry["difference"][account].as_i64().unwrap_or(0)).sum();
                    assert_eq!(sum, by, "by {group}: the entries of {change:#?}");
                }
                told += usize::from(change.is_some());
            }
            let changed = changes["rows"].as_array().expect("rows");
            let nowhere = changed.iter().filter(|row| KEYS.iter().all(|key| row[key].is_null())).count();
            assert_eq!(changed.len(), told + nowhere, "by {group}: {changes:#}");
        }
        // The correction is told, and who reads it finds the event.
        let changes = gift.changes(&format!("site&as_of={DAY}&from={sequence}"));
        let at_hub = changes["rows"].as_array().expect("rows").iter().find(|row| row["site"]["id"] == gift.hub).expect("the hub");
        let kinds: Vec<&str> = at_hub["entries"].as_array().expect("entries").iter().map(|entry| entry["kind"].as_str().expect("a kind")).collect();
        assert_eq!(kinds, ["moved", "corrected"]);
        let correction = &at_hub["entries"][1];
        assert_eq!(correction["about"], gift.receipt);
        assert_eq!(correction["difference"]["in_storage"], -50);
        gift.scene.auditor.get(&format!("/api/v1/events/{}", correction["event"].as_str().expect("an id"))).expect(200);
        // What was decided and taken back after the day is in none of its figures, and nets out of today's.
        let all = gift.changes(&format!("item&from={sequence}"));
        let kinds: Vec<&Value> = all["rows"][0]["entries"].as_array().expect("entries").iter().map(|entry| &entry["kind"]).collect();
        assert_eq!(kinds, ["corrected", "lost", "reversed"], "a move changes nothing of an item");
        assert_eq!(all["rows"][0]["difference"]["lost"], Value::Null);
        let nothing = gift.changes(&format!("item&from={}", all["to"]));
        assert_eq!(nothing["rows"], json!([]));
    }

    fn only_who_reconciles_is_told_what_restated_a_figure_and_moments_that_are_none_are_named(database: &TestDatabase) {
        let gift = gift(database);
        let path = "/api/v1/reconciliation/changes?group_by=item";
        gift.scene.officer.get(&format!("{path}&from=0")).refused("forbidden", &[]);
        gift.scene.manager.get(&format!("{path}&from=0")).expect(200);
        let refused = |question: &str, pointer: &str| {
            gift.scene.auditor.get(&format!("{path}{question}")).refused("invalid", &[pointer])
        };
        refused("", "/from");
        assert!(refused("&from=100000", "/from").contains("100000 is no sequence of this ledger"));
        assert!(refused("&from=3&to=2", "/to").contains("2 lies before from, 3"));
        assert!(refused("&from=1&to=later", "/to").contains("\"later\" is no moment of the record"));
        refused("&from=1&known_at=2", "/known_at");
    }
}
