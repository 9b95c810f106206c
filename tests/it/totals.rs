//! Totals: the same goods by every dimension, and both sides of every identity.

use crate::support::ledger::{Ledger, migrate, tamper};
use crate::support::{TestDatabase, on_both_databases};
use relief_ledger::auth::Scope;
use relief_ledger::core::problem::Outcome;
use relief_ledger::db::{Database, Settings};
use relief_ledger::totals::{TotalsQuery, answer};
use serde_json::{Value, json};
use uuid::Uuid;

/// Asks as the HTTP interface does; the answer as it goes over the wire.
fn ask_as(database: &TestDatabase, scope: Scope, query: &str) -> Outcome<Value> {
    let query: TotalsQuery = serde_urlencoded::from_str(query).expect("the query is understood");
    let question = query.question(scope, None)?;
    let opened = Database::open(Settings { url: database.url().to_owned() })?;
    opened.read(|conn| answer(conn, &question)).map(|view| serde_json::to_value(view).expect("it is JSON"))
}

pub fn ask(database: &TestDatabase, query: &str) -> Value {
    ask_as(database, Scope::everything(), query).unwrap_or_else(|problem| panic!("{query}: {problem:?}"))
}

/// Some members of each row.
fn rows(answer: &Value, members: &[&str]) -> Value {
    let rows = answer["rows"].as_array().expect("there are rows");
    rows.iter().map(|row| members.iter().map(|member| row[*member].clone()).collect::<Value>()).collect()
}

pub fn assert_closed(answer: &Value, query: &str) {
    let rows = answer["rows"].as_array().expect("there are rows").iter();
    for row in rows.chain([&answer["total"]]).chain(answer.get("not_placed")) {
        assert_eq!(row["residual"], 0, "{query}: {row:#}");
    }
    assert_eq!(answer.get("flows_residual").unwrap_or(&json!(0)), 0, "{query}");
}

on_both_databases! {
    migrate: migrate;

    fn totals_by_country_say_where_the_gift_is(database: &TestDatabase) {
        let _ledger = Ledger::with_gift(database.url());
        let answer = ask(database, "group_by=country");
        assert_eq!(answer["rows"][0]["country"], json!({"name": "China", "code": "CN"}));
        assert_eq!(answer["rows"][1]["country"]["code"], "GM");
        let members = ["in_storage", "missing", "delivered", "damaged", "distributed", "deployed", "closing"];
        assert_eq!(
            rows(&answer, &members),
            json!([[300, 0, 0, 0, 0, 0, 300], [0, 20, 180, 10, 300, 480, 500]])
        );
        let elsewhere = &answer["not_placed"];
        assert_eq!((&elsewhere["promised"], &elsewhere["unallocated"]), (&json!(1_000), &json!(200)));
        assert_eq!((&answer["deployed"], &answer["countries"]), (&json!(480), &json!(1)));
        assert_eq!(answer["total"]["subtotals"], json!({
            "promised": 1_000, "unallocated": 200, "in_custody": 320, "delivered": 180, "ended": 300
        }));
        assert_closed(&answer, "country");
    }

    fn every_dimension_closes_alone_and_with_others(database: &TestDatabase) {
        let _ledger = Ledger::with_gift(database.url());
        let words = ["programme", "donor", "item", "lot", "country", "site", "holder", "owner", "consignee",
            "corridor", "month"];
        for (index, first) in words.iter().enumerate() {
            for place in ["at", "for"] {
                let query = format!("group_by={first}&place={place}");
                let answer = ask(database, &query);
                assert_closed(&answer, &query);
                assert_eq!(answer["total"]["promised"], 1_000, "{query}");
                let second = words[(index + 3) % words.len()];
                let third = words[(index + 7) % words.len()];
                for query in [
                    format!("group_by={first},{second}&place={place}"),
                    format!("group_by={first},{second},{third}&place={place}"),
                ] {
                    let finer = ask(database, &query);
                    assert_closed(&finer, &query);
                    assert_eq!(finer["total"]["subtotals"], answer["total"]["subtotals"], "{query}");
                }
            }
        }
    }

    fn months_are_net_changes_and_a_range_has_an_opening(database: &TestDatabase) {
        let _ledger = Ledger::with_gift(database.url());
        let answer = ask(database, "group_by=month");
        let members = ["month", "promised", "in_storage", "in_transit", "delivered", "residual"];
        assert_eq!(
            rows(&answer, &members),
            json!([["2020-06", 1_000, 300, 0, 0, 0], ["2020-07", 0, 0, 500, 0, 0], ["2020-08", 0, 0, -500, 180, 0]])
        );
        let answer = ask(database, "group_by=country&from_month=2020-08&to_month=2020-08");
        let members = ["opening", "in", "out", "closing", "in_transit", "delivered", "residual"];
        assert_eq!(rows(&answer, &members)[1], json!([500, 0, 0, 500, -500, 180, 0]));
        assert_eq!(rows(&answer, &members)[0], json!([300, 0, 0, 300, 0, 0, 0]));
        assert_closed(&answer, "a range of months");
    }

    fn filters_narrow_what_is_counted(database: &TestDatabase) {
        let ledger = Ledger::with_gift(database.url());
        for query in [
            "group_by=item&country=GM".to_owned(),
            format!("group_by=item&site={}", ledger.banjul),
            format!("group_by=item&corridor={}..{}&country=GM", ledger.beijing, ledger.banjul),
            format!("group_by=item&consignee={}&country=GM", ledger.consignee),
        ] {
            let answer = ask(database, &query);
            assert_eq!(rows(&answer, &["delivered", "distributed", "residual"]), json!([[180, 300, 0]]), "{query}");
            assert_eq!(answer["rows"][0]["item"]["code"], "MASK");
        }
        let answer = ask(database, &format!("group_by=donor&donor={}", Uuid::nil()));
        assert_eq!(answer["rows"], json!([]));
        assert_eq!(answer["total"]["promised"], 0);
    }

    fn a_donor_sees_its_own_gifts_and_an_organization_what_concerns_it(database: &TestDatabase) {
        let ledger = Ledger::with_gift(database.url());
        let seen = |words: String| {
            ask_as(database, Scope::from_words(&words), "group_by=country").expect("it may ask")
        };
        let own = seen(format!("own_pledges:{}", ledger.donor));
        assert_eq!(own["total"]["promised"], 1_000);
        assert_closed(&own, "own pledges");
        let other = seen(format!("own_pledges:{}", Uuid::now_v7()));
        assert_eq!((&other["rows"], &other["total"]["promised"]), (&json!([]), &json!(0)));
        let consignee = seen(format!("organization:{}", ledger.consignee));
        assert_eq!(consignee["total"]["distributed"], 300);
        assert_eq!(consignee["total"]["promised"], 0);
        assert_closed(&consignee, "the consignee");
        let country = seen("country:SN,GM".to_owned());
        assert_eq!(country["total"]["delivered"], 180);
        assert_closed(&country, "a country");
        let both = seen(format!("organization:{} country:GM", ledger.consignee));
        assert_eq!(both["total"], consignee["total"], "all that is the consignee's is in or for the country");
        let neither = seen(format!("organization:{} country:SN", ledger.consignee));
        assert_eq!(neither["rows"], json!([]));
    }

    fn a_figure_changed_behind_the_ledgers_back_leaves_a_residual(database: &TestDatabase) {
        let _ledger = Ledger::with_gift(database.url());
        tamper(database.url(), "UPDATE rollups SET delivered = delivered + 7 WHERE delivered > 0");
        let by_country = ask(database, "group_by=country");
        assert_eq!(rows(&by_country, &["residual"]), json!([[0], [-7]]));
        assert_eq!(ask(database, "group_by=item")["total"]["residual"], -7);
        tamper(database.url(), "UPDATE rollups SET stated_promised = stated_promised - 7 WHERE stated_promised > 0");
        let both = ask(database, "group_by=item");
        assert_ne!(both["total"]["residual"], 0, "one wrong figure hides no other");
    }
}

#[test]
fn what_totals_cannot_be_grouped_by_is_named_with_what_can() {
    let refused = |query: &str| {
        let query: TotalsQuery = serde_urlencoded::from_str(query).expect("the query is understood");
        let problem = query.question(Scope::everything(), None).expect_err("it cannot be asked");
        (problem.errors[0].pointer.clone(), problem.detail)
    };
    let (pointer, detail) = refused("group_by=continent");
    assert_eq!(pointer, "/group_by");
    assert!(detail.contains("\"continent\"") && detail.contains("country, site, holder"), "{detail}");
    assert_eq!(refused("group_by=").0, "/group_by");
    assert_eq!(refused("group_by=item,item").0, "/group_by");
    assert_eq!(refused("group_by=item,lot,site,month").0, "/group_by");
    assert_eq!(refused("group_by=item&month=2020-13").0, "/month");
    assert_eq!(refused("group_by=item&from_month=2020-05&to_month=2020-04").0, "/to_month");
    assert_eq!(refused("group_by=item&corridor=x").0, "/corridor");
}

#[test]
fn the_command_line_prints_the_same_totals() {
    let database = TestDatabase::sqlite(migrate);
    let ledger = Ledger::with_gift(database.url());
    ledger.writer.stop();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_relief"))
            .args(["totals", "--database-url", database.url()])
            .args(arguments)
            .output()
            .expect("the command runs");
        (output.status.code(), String::from_utf8(output.stdout).expect("it prints text"))
    };
    let (code, text) = run(&["--group-by", "country", "--json"]);
    assert_eq!(code, Some(0));
    let printed: Value = serde_json::from_str(&text).expect("it prints JSON");
    assert_eq!(printed, ask(&database, "group_by=country"));
    let (code, text) = run(&["--group-by", "corridor"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("Beijing → Banjul") && text.contains("(not placed)"), "{text}");
    assert_eq!(run(&["--group-by", "continent"]).0, Some(2));
}

/// Rows of a printed table whose figures do not add up as they stand there.
fn rows_that_do_not_add_up(text: &str) -> Vec<String> {
    let is_row = |line: &&str| line.split_whitespace().last().is_some_and(|word| word.parse::<i64>().is_ok());
    let rows: Vec<&str> = text.lines().filter(is_row).collect();
    assert!(rows.len() >= 2, "{text}");
    let adds_up = |row: &&str| {
        let mut figures: Vec<i64> =
            row.split_whitespace().rev().map_while(|word| word.parse().ok()).collect();
        figures.reverse();
        figures.len() == 11 && figures[0] + figures[1] == figures[2..10].iter().sum::<i64>()
    };
    rows.into_iter().filter(|row| !adds_up(row)).map(str::to_owned).collect()
}

on_both_databases! {
    migrate: migrate;

    fn the_printed_table_adds_up_as_it_stands(database: &TestDatabase) {
        let ledger = Ledger::with_gift(database.url());
        let goods = |quantity: i64| json!([{"item": ledger.item, "quantity": quantity}]);
        let on_shelf = json!({"site": ledger.beijing, "lines": [{"item": ledger.item, "counted": 320}], "reason": "more lay there"});
        let evidence = json!({"cause": "storage", "report_number": "R-1", "filed": "cabinet 3"});
        let damaged = json!({"site": ledger.beijing, "lines": goods(3), "reason": "rats"});
        let disposed = json!({"site": ledger.beijing, "lines": goods(3), "reason": "burnt", "evidence": evidence});
        for (kind, at, details) in [("counted", "2020-08-13", on_shelf), ("damaged", "2020-08-14", damaged), ("disposed", "2020-08-16", disposed)] {
            ledger.post(kind, at, details).unwrap_or_else(|problem| panic!("{kind}: {problem:?}"));
        }
        ledger.writer.stop();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_relief"))
            .args(["totals", "--group-by", "item", "--database-url", database.url()])
            .output()
            .expect("the command runs");
        let text = String::from_utf8(output.stdout).expect("it prints text");
        assert_eq!(rows_that_do_not_add_up(&text), Vec::<String>::new());
        assert!(text.contains("surplus") && text.contains("ended_otherwise"), "{text}");
        // A figure that is counted twice is noticed.
        assert!(!rows_that_do_not_add_up(&text.replacen(" 3 ", " 4 ", 1)).is_empty(), "{text}");
    }
}
