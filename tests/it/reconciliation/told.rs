//! What was short, over, damaged and lost, why, and who decided; who has what of whose; and what it is worth.

use serde_json::{Value, json};

use super::rich::{Rich, figure, rows};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// A member of every row added up.
fn sum(rows: &Value, member: &str) -> i64 {
    rows.as_array().expect("rows").iter().map(|row| figure(&row[member])).sum()
}

on_both_databases! {
    migrate: migrate;

    fn differences_are_told_with_reasons_causes_and_who_decided(database: &TestDatabase) {
        let rich = Rich::told(database);
        let answer = rich.ask("item&sections=accounts,differences");
        let told = &answer["differences"];
        let total = &answer["accounts"]["total"]["accounts"];
        for list in ["sums", "entries"] {
            // All that was ever missed less all that was decided is what is missing.
            assert_eq!(sum(&told[list], "missing"), figure(&total["missing"]["all"]), "{told:#}");
            assert_eq!(sum(&told[list], "over"), 5);
            assert_eq!(sum(&told[list], "damaged"), 46);
            assert_eq!((sum(&told[list], "lost"), sum(&told[list], "disposed")), (10, 15));
        }
        let entries = told["entries"].as_array().expect("entries");
        let of = |event: &str| entries.iter().find(|entry| entry["event"]["id"] == event).expect("it is told");
        let receipt = of(&rich.receipt);
        assert_eq!((&receipt["missing"], &receipt["over"], &receipt["damaged"]), (&json!(70), &json!(5), &json!(40)));
        assert_eq!((&receipt["reasons"], &receipt["decision"]), (&json!(["rain on the pier"]), &Value::Null));
        let lost = of(&rich.lost);
        let decision = &lost["decision"];
        assert_eq!((&lost["missing"], &lost["lost"], &decision["cause"]), (&json!(-10), &json!(10), &json!("transport")));
        assert_eq!((&decision["report_number"], &decision["filed"]), (&json!("LR-7"), &json!("cabinet 3")));
        let (proposed, decided) = (rich.scene.manager.user.expect("a user"), rich.scene.second.user.expect("a user"));
        assert_eq!((&decision["proposed_by"], &decision["decided_by"]), (&json!(proposed), &json!(decided)));
        assert!(!answer.to_string().contains("The manager"), "nobody is named");
        let burnt = told["sums"].as_array().expect("sums").iter().find(|sum| sum["kind"] == "disposed").expect("it is told");
        assert_eq!((&burnt["cause"], &burnt["disposed"], &burnt["entries"]), (&json!("storage"), &json!(15), &json!(1)));
        // A period tells its own.
        let september = rich.ask("item&sections=differences&from=2020-09-01")["differences"].clone();
        assert_eq!((sum(&september["entries"], "damaged"), sum(&september["entries"], "missing")), (6, 0));
        // What came over counts where the goods lie that came of it.
        let at_hub = rich.ask(&format!("item&sections=differences&site={}", rich.hub))["differences"].clone();
        assert_eq!(sum(&at_hub["entries"], "over"), 5);
    }

    fn what_is_missing_is_told_with_its_age(database: &TestDatabase) {
        let rich = Rich::told(database);
        let missing = rich.ask("item&sections=differences&as_of=2020-08-31")["differences"]["missing"].clone();
        let missing = missing.as_array().expect("rows");
        let seen: Vec<(i64, i64)> = missing.iter().map(|row| (figure(&row["quantity"]), figure(&row["age_days"]))).collect();
        assert_eq!(seen, [(35, 26), (3, 10)], "{missing:#?}");
        assert_eq!(missing[0]["consignment"]["id"], rich.to_hub.as_str());
        assert_eq!((&missing[1]["site"]["name"], &missing[1]["consignment"]), (&json!("Beijing"), &Value::Null));
        let sooner = rich.ask("item&sections=differences&as_of=2020-08-11")["differences"]["missing"].clone();
        assert_eq!((&sooner[0]["quantity"], &sooner[0]["age_days"]), (&json!(40), &json!(6)));
        let now = rich.ask("item&sections=differences")["differences"]["missing"][0]["age_days"].clone();
        assert!(figure(&now) > 1_000, "without a date, ages are of today");
    }

    fn goods_are_told_by_owner_and_where_others_hold_them(database: &TestDatabase) {
        let rich = Rich::told(database);
        let answer = rich.ask("owner&sections=accounts,holders");
        let holders = &answer["holders"];
        let total = &answer["accounts"]["total"]["accounts"];
        let live = ["unallocated", "in_storage", "allocated", "in_transit", "missing", "delivered"];
        let held: i64 = live.iter().map(|account| figure(&total[account]["all"])).sum();
        assert_eq!(sum(&holders["by_owner"], "quantity"), held);
        for row in rows(&answer["accounts"]).iter().filter(|row| !row["owner"].is_null()) {
            let owned = holders["by_owner"].as_array().expect("rows").iter().find(|owned| owned["owner"] == row["owner"]);
            let quantity: i64 = live.iter().map(|account| figure(&row["accounts"][account]["all"])).sum();
            assert_eq!(owned.map_or(0, |owned| figure(&owned["quantity"])), quantity, "{row:#}");
        }
        // What the donors own until delivery is proven lies with others; what was handed over is the consignee's own.
        let third = holders["third_parties"].as_array().expect("rows");
        assert!(third.iter().all(|row| !row["holder"].is_null() && row["holder"] != row["owner"]), "{third:#?}");
        let elsewhere = rich.totals("holder,owner");
        let apart = |row: &&Value| !row["holder"].is_null() && row["holder"] != row["owner"];
        let held = ["in_storage", "allocated", "in_transit", "missing", "delivered"];
        let others: i64 = rows(&elsewhere).iter().filter(apart).flat_map(|row| held.map(|account| figure(&row[account]))).sum();
        assert!(others > 0, "{elsewhere:#}");
        let known: Value = third.iter().filter(|row| !row["owner"].is_null()).cloned().collect();
        assert_eq!(sum(&known, "quantity"), others);
    }

    fn values_are_told_by_currency_and_basis_and_never_added_across(database: &TestDatabase) {
        let rich = Rich::told(database);
        let values = rich.ask("programme&sections=values")["values"].clone();
        let told: Vec<(&Value, &Value, &Value)> =
            rows(&values).iter().map(|row| (&row["currency"], &row["basis"], &row["value"]["promised"])).collect();
        let (euros, dollars) = ((json!("EUR"), json!("Market price")), (json!("USD"), json!("Donor's invoice")));
        assert_eq!(told, [(&euros.0, &euros.1, &json!(10_001)), (&dollars.0, &dollars.1, &json!(50_000))]);
        assert_eq!(values["rows"].to_string().matches("60001").count(), 0);
        let without = &values["without_value"][0];
        // Two pledges and a surplus, which nobody promised.
        assert_eq!((&without["quantity"]["promised"], &without["lines"]), (&json!(400), &json!(3)), "{values:#}");
        // One unit of the dollar line is worth 50 cents: nothing is lost to rounding.
        let of = rich.ask(&format!("pledge&sections=accounts,values&pledge={}", rich.dollars));
        let accounts = &of["accounts"]["total"]["accounts"];
        let custody: i64 = ["in_storage", "allocated", "in_transit", "missing"].iter().map(|account| figure(&accounts[account]["all"])).sum();
        let value = &rows(&of["values"])[0]["value"];
        assert_eq!((figure(&value["in_custody"]), figure(&value["delivered"])), (50 * custody, 50 * figure(&accounts["delivered"]["all"])));
    }
}

/// Halves go to the even number, once, and no quantity is too large.
#[test]
fn a_value_is_rounded_once() {
    use relief_ledger::reconciliation::rules::value_of;
    assert_eq!(value_of(1, 10_001, 500), Some(20));
    assert_eq!((value_of(1, 1, 2), value_of(3, 1, 2), value_of(5, 1, 2)), (Some(0), Some(2), Some(2)));
    assert_eq!((value_of(-1, 1, 2), value_of(-3, 1, 2), value_of(-2, 2, 3)), (Some(0), Some(-2), Some(-1)));
    assert_eq!(value_of(9_000_000_000_000, 9_000_000_000_000, 9_000_000_000_000), Some(9_000_000_000_000));
    assert_eq!(value_of(1, 5, 0), None);
    assert_eq!(value_of(i64::MAX, i64::MAX, 1), None);
}
