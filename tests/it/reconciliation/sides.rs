//! Both sides of every identity, and the same figures by another way.

use serde_json::{Value, json};

use super::rich::{Rich, figure, rows};
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::migrate;

const GROUPS: [&str; 11] = [
    "programme",
    "donor",
    "pledge",
    "item",
    "lot",
    "country",
    "site",
    "holder",
    "owner",
    "consignee",
    "consignment",
];
const CONDITIONS: [&str; 3] = ["good", "on_hold", "damaged"];

/// Every account of a row, all conditions together.
fn held(row: &Value) -> Value {
    let accounts = row["accounts"].as_object().expect("accounts");
    accounts
        .iter()
        .map(|(account, held)| (account.clone(), held["all"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The same of a row of totals.
fn totalled(row: &Value, like: &Value) -> Value {
    let accounts = like.as_object().expect("accounts");
    accounts
        .keys()
        .map(|account| (account.clone(), row[account].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

on_both_databases! {
    migrate: migrate;

    fn every_identity_closes_on_a_ledger_with_everything_that_can_happen(database: &TestDatabase) {
        let rich = Rich::told(database);
        rich.scene.closes();
        for group in GROUPS {
            let answer = rich.ask(group);
            assert_eq!(answer["closes"], true, "by {group}: {answer:#}");
            for section in ["accounts", "transit", "roll_forward"] {
                let identity = &answer[section]["identity"];
                assert!(figure(&identity["compared"]) > 1, "by {group}, {section}: {identity:#}");
                assert_eq!((&identity["residual"], &identity["differing"]), (&json!(0), &json!(0)), "by {group}, {section}");
            }
            let by_place = ["country", "site", "holder", "owner", "consignee", "consignment"].contains(&group);
            for row in rows(&answer["accounts"]) {
                assert_eq!(row["residual"], if by_place { Value::Null } else { json!(0) }, "by {group}: {row:#}");
                for held in row["accounts"].as_object().expect("accounts").values() {
                    let sum: i64 = CONDITIONS.iter().map(|condition| figure(&held[condition])).sum();
                    assert_eq!(held["all"], sum, "{row:#}");
                }
            }
            let total = held(&answer["accounts"]["total"]);
            assert_eq!(total, totalled(&rich.totals("item")["total"], &total), "by {group}");
        }
        let total = rich.ask("item")["accounts"]["total"]["accounts"].clone();
        // 1,800 and 100 were promised. Of 70 short, 35 are decided; 3 more are missing in Beijing.
        assert_eq!((&total["promised"]["all"], &total["surplus"]["all"]), (&json!(1_900), &json!(5)));
        assert_eq!((&total["missing"]["all"], &total["lost"]["all"], &total["returned"]["all"]), (&json!(38), &json!(10), &json!(30)));
        // 40 came damaged and 15 of them were burnt; 6 were damaged later.
        let damaged = ["disposed", "in_storage", "delivered"].map(|account| figure(&total[account]["damaged"]));
        assert_eq!((damaged[0], damaged[1] + damaged[2]), (15, 31));
        assert_eq!(total["in_storage"]["on_hold"], 55);
        assert_eq!((&total["distributed"]["all"], &total["in_transit"]["all"]), (&json!(110), &json!(150)));
    }

    fn accounts_are_those_of_totals_row_by_row_wherever_goods_count(database: &TestDatabase) {
        let rich = Rich::told(database);
        let shared = ["programme", "donor", "item", "lot", "country", "site", "holder", "owner", "consignee"];
        let asked = shared.map(str::to_owned).into_iter()
            .chain(["country&place=for", "donor,country&place=for", "holder,owner,item"].map(str::to_owned))
            .chain([format!("item&site={}", rich.hub), format!("donor&owner={}", rich.hainan), "item&country=GH".to_owned(),
                format!("item&corridor={}..{}", rich.beijing, rich.hub)]);
        for question in asked {
            let (mine, theirs) = (rich.ask(&format!("{question}&sections=accounts")), rich.totals(&question));
            let keys: Vec<&str> = question.split('&').next().expect("dimensions").split(',').collect();
            let placed = |row: &&Value| keys.iter().all(|key| !row[*key].is_null());
            let mine: Vec<&Value> = rows(&mine["accounts"]).iter().filter(placed).collect();
            let zero = |row: &Value| totalled(row, &held(mine[0])).as_object().expect("accounts").values().all(|held| *held == 0);
            let theirs: Vec<&Value> = rows(&theirs).iter().filter(placed).filter(|row| !zero(row)).collect();
            assert_eq!(mine.len(), theirs.len(), "{question}");
            for row in &mine {
                let other = theirs.iter().find(|other| keys.iter().all(|key| row[*key] == other[*key])).expect("the same row");
                assert_eq!(held(row), totalled(other, &held(row)), "{question}: {row:#}");
            }
        }
    }

    fn a_consignments_transit_says_what_entered_and_what_became_of_it(database: &TestDatabase) {
        let rich = Rich::told(database);
        let transit = rich.ask("consignment&sections=transit")["transit"].clone();
        let of = |id: &str| rows(&transit).iter().find(|row| row["consignment"]["id"] == id).expect("it is there").clone();
        let to_hub = of(&rich.to_hub);
        // 5 were miscounted, so they never left; 20 were found.
        assert_eq!((&to_hub["dispatched"], &to_hub["surplus"]), (&json!(1_195), &json!(5)));
        assert_eq!((&to_hub["received_good"], &to_hub["received_damaged"], &to_hub["received_on_hold"]), (&json!(1_085), &json!(40), &json!(30)));
        assert_eq!((&to_hub["missing"], &to_hub["ended"], &to_hub["residual"]), (&json!(35), &json!(10), &json!(0)));
        assert_eq!((&of(&rich.under_way)["in_transit"], &of(&rich.under_way)["dispatched"]), (&json!(150), &json!(200)));
        let one = rich.ask(&format!("donor&sections=transit&consignment={}", rich.to_hub))["transit"].clone();
        assert_eq!((&one["identity"]["compared"], &one["identity"]["left"]), (&json!(1), &json!(1_200)));
        // One donor's part of it closes by itself.
        let part = rich.ask(&format!("item&sections=transit&donor={}", rich.hainan))["transit"]["identity"].clone();
        assert!(figure(&part["left"]) > 0 && part["residual"] == 0, "{part:#}");
        // Where goods are asked for, no transit is whole.
        assert_eq!(rich.ask(&format!("item&sections=transit&site={}", rich.hub)).get("transit"), None);
    }

    fn stock_rolls_forward_for_every_warehouse_and_month(database: &TestDatabase) {
        let rich = Rich::told(database);
        let months = [("2020-07-01", "2020-07-31"), ("2020-08-01", "2020-08-31"), ("2020-09-01", "2020-09-30")];
        let mut closed: Vec<(Value, i64)> = Vec::new();
        for (from, to) in months {
            let forward = rich.ask(&format!("site&sections=roll_forward&from={from}&to={to}"))["roll_forward"].clone();
            assert_eq!((&forward["flows_residual"], &forward["identity"]["differing"]), (&json!(0), &json!(0)), "{forward:#}");
            for row in rows(&forward) {
                assert_eq!(figure(&row["opening"]) + figure(&row["in"]) - figure(&row["out"]), figure(&row["closing"]), "{row:#}");
                let before = closed.iter().find(|(site, _)| *site == row["site"]).map_or(0, |(_, closing)| *closing);
                assert_eq!(row["opening"], before, "from {from}: {row:#}");
                for way in ["in", "out"] {
                    let kinds: i64 = row["kinds"].as_array().expect("kinds").iter().map(|kind| figure(&kind[way])).sum();
                    assert_eq!(row[way], kinds, "{row:#}");
                }
            }
            closed = rows(&forward).iter().map(|row| (row["site"].clone(), figure(&row["closing"]))).collect();
        }
        let august = rich.ask("site&sections=roll_forward&from=2020-08-01&to=2020-08-31")["roll_forward"].clone();
        let at = |site: &str| rows(&august).iter().find(|row| row["site"]["id"] == site).expect("the site").clone();
        let hub = at(&rich.hub);
        // 1,135 were received and 20 found. 15 were burnt, and 110 are with people; what was handed to the consignee lies there.
        assert_eq!((&hub["opening"], &hub["in"], &hub["closing"]), (&json!(0), &json!(1_155 + 10 + 40), &json!(1_155 - 15 - 110)));
        let beijing = at(&rich.beijing);
        assert_eq!((&beijing["opening"], &beijing["in"], &beijing["out"]), (&json!(1_800), &json!(5), &json!(1_200 + 3 + 30)));
    }

    fn a_balance_edited_behind_the_ledgers_back_is_found_by_every_way_of_asking(database: &TestDatabase) {
        let rich = Rich::told(database);
        let sound = rich.ask("item&recompute=true");
        assert_eq!((&sound["closes"], &sound["recomputed"]["differing"]), (&json!(true), &json!(0)), "{:#}", sound["recomputed"]);
        for table in ["balances", "rollups", "postings folded", "consignments' flows"] {
            assert!(figure(&sound["recomputed"]["compared"][table]) > 1, "{:#}", sound["recomputed"]);
        }
        tamper(&rich.scene.url, "UPDATE balances SET quantity = quantity + 7 WHERE account = 3 AND condition = 2");
        let broken = rich.ask("item&recompute=true");
        assert_eq!(broken["closes"], false);
        let found = broken["recomputed"]["differences"].as_array().expect("differences");
        assert!(found.iter().all(|one| one["table"] == "balances" && one["column"] == "quantity"), "{found:#?}");
        assert_eq!(found.len(), figure(&broken["recomputed"]["differing"]) as usize);
        // The first identity names pledge lines, the third sites; neither needs the raw postings.
        let quick = rich.ask("item&sections=accounts,roll_forward");
        assert_eq!(quick["closes"], false);
        let added = figure(&quick["accounts"]["total"]["residual"]);
        assert_eq!(added, -7 * found.len() as i64);
        let lines = quick["accounts"]["differing"].as_array().expect("lines").len();
        assert!(lines > 0 && lines == figure(&quick["accounts"]["identity"]["differing"]) as usize, "{quick:#}");
        let hub = rows(&quick["roll_forward"]).iter().find(|row| row["site"]["id"] == rich.hub.as_str()).expect("the hub");
        assert_eq!(hub["residual"], added);
        // A rollup edited alone is found by what folds everything.
        tamper(&rich.scene.url, "UPDATE balances SET quantity = quantity - 7 WHERE account = 3 AND condition = 2");
        tamper(&rich.scene.url, "UPDATE rollups SET moved_in = moved_in + 1 WHERE cuboid = 2 AND delivered > 0");
        let broken = rich.ask("item&sections=accounts&recompute=true");
        assert_eq!(broken["accounts"]["identity"]["differing"], 0);
        assert_eq!((&broken["closes"], &broken["recomputed"]["differences"][0]["table"]), (&json!(false), &json!("rollups")));
    }

    fn a_departure_edited_behind_the_ledgers_back_leaves_its_consignment_open(database: &TestDatabase) {
        let rich = Rich::told(database);
        tamper(&rich.scene.url, "UPDATE balances SET quantity = quantity - 1 WHERE account = 5 AND quantity > 100");
        let transit = rich.ask("item&sections=transit")["transit"].clone();
        assert_eq!(transit["identity"]["differing"], 1, "{transit:#}");
        let open = &rows(&transit)[0];
        assert_eq!(open["consignment"]["id"], rich.under_way.as_str());
        assert!(figure(&open["residual"]) > 0, "{open:#}");
    }
}
