//! Which populations cap a figure, which rounds count once, and what a figure says of targets that cap nothing.

use serde_json::{Value, json};

use super::stories::{Gift, flags, headcount, population, range};
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// The flags of one kind.
fn flagged(told: &Value, word: &str) -> Vec<Value> {
    let flags = told["reached"]["flags"].as_array().unwrap_or_else(|| panic!("flags: {told:#}"));
    flags.iter().filter(|flag| flag["flag"] == word).cloned().collect()
}

/// What a source says of everybody in an area.
fn by(source: &str, version: &str, year: i64, area: &str, people: i64) -> Value {
    json!({"area": area, "group": "all", "year": year, "source": source, "source_version": version, "people": people})
}

/// More populations than are read at once, of groups that nobody counted.
fn many_groups(url: &str) -> String {
    let id =
        if url.starts_with("sqlite:") { "randomblob(16)" } else { "decode(md5(i::text || 'many'), 'hex')" };
    format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200001) \
         INSERT INTO populations (id, about, batch_id, ordinal, area, country, people_group, year, source, source_version, people, \
         withdrawn, sequence, recorded_at) SELECT {id}, {id}, {id}, i, 'GM-B', 'GM', 'female_90_plus', 2020, 'Many', '1', 1, FALSE, 1, 0 FROM n"
    )
}

on_both_databases! {
    migrate: migrate;

    fn a_source_that_knows_one_area_never_takes_the_caps_off_the_others(database: &TestDatabase) {
        let gift = Gift::received(database);
        let areas = ["HN01", "HN02", "HN03"];
        gift.states("populations", areas.iter().map(|area| population(area, 1_000)).collect());
        gift.states("headcounts", areas.iter().map(|area| headcount(area, area, "food", 5_000, "verified")).collect());
        let used = |query: &str| {
            let told = gift.reach(query);
            let used = &told["populations"][0];
            (range(&told["reached"])[1], used["source_version"].clone(), used["leaf_level"].clone())
        };
        let first = |people: i64| (people, json!("1"), json!("area_1"));
        assert_eq!(used("area=HN"), first(3_000));
        // One figure was corrected under a new edition, of a newer year.
        gift.states("populations", json!([by("COD-PS", "2", 2021, "HN01", 900)]));
        assert_eq!((used("area=HN"), used("area=HN02")), (first(3_000), first(1_000)));
        // Somebody counted the municipalities of one department, and that department.
        gift.states("populations", json!([by("Survey", "1", 2022, "HN01", 50), by("Survey", "1", 2022, "HN0101", 20),
            by("Survey", "1", 2022, "HN0102", 30)]));
        assert_eq!(used("area=HN"), first(3_000));
        // Once the new edition says as much, its year decides.
        gift.states("populations", json!([by("COD-PS", "2", 2021, "HN02", 800), by("COD-PS", "2", 2021, "HN03", 700)]));
        assert_eq!(used("area=HN"), (2_400, json!("2"), json!("area_1")));
        // All of what is told apart inside a department is the department, too.
        gift.states("populations", json!([by("Census", "1", 2023, "HN0101", 1), by("Census", "1", 2023, "HN0102", 2),
            by("Census", "1", 2023, "HN02", 3), by("Census", "1", 2023, "HN03", 4)]));
        assert_eq!(used("area=HN02"), (3, json!("1"), json!("area_1")));
    }

    fn groups_cap_by_the_source_that_was_chosen_and_by_no_other(database: &TestDatabase) {
        let gift = Gift::received(database);
        let of = |source: &str, group: &str, people: i64| {
            let mut row = by(source, "1", 2020, "HN01", people);
            row["group"] = json!(group);
            row
        };
        gift.states("populations", json!([of("COD-PS", "all", 1_000), of("COD-PS", "female", 400), of("COD-PS", "male", 600),
            of("Groups alone", "female", 3)]));
        let mut counted = headcount("1", "HN01", "food", 700, "verified");
        counted["group"] = json!("female");
        gift.states("headcounts", json!([counted]));
        for area in ["HN", "HN01"] {
            let told = gift.reach(&format!("area={area}"));
            assert_eq!(range(&told["reached"]), [400; 3], "{told:#}");
            let flag = &flagged(&told, "group_capped_by_population")[0];
            assert_eq!((&flag["group"], &flag["population"]), (&json!("female"), &json!(400)));
        }
    }

    fn populations_of_groups_that_nobody_counted_are_not_read(database: &TestDatabase) {
        let gift = Gift::received(database);
        gift.handed("2020-08-09", 10, json!([{"line": 0, "area": "GM-B", "people": 5}]));
        tamper(database.url(), &many_groups(database.url()));
        assert_eq!(gift.range(""), [5; 3]);
        assert_eq!(gift.range("area=GM-B"), [5; 3]);
        // They are read where they are asked for, and then there are too many.
        gift.states("populations", json!([by("Many", "1", 2020, "GM-B", 1_000)]));
        gift.handed("2020-08-10", 10, json!([{"line": 0, "area": "GM-B", "group": "female_90_plus", "people": 5}]));
        gift.scene.manager.get("/api/v1/reach?area=GM").refused("invalid", &["/area"]);
    }

    fn headcounts_of_a_caseload_are_of_the_round_that_holds_their_days(database: &TestDatabase) {
        let gift = Gift::received(database);
        gift.states("caseloads", json!([{"code": "CAMPS", "name": "Families in camps", "disjoint": true}]));
        let camps = |reference: &str, people: i64, from: &str, to: &str| {
            let mut row = headcount(reference, "HN01", "food", people, "verified");
            (row["caseload"], row["from"], row["to"]) = (json!("CAMPS"), json!(from), json!(to));
            row
        };
        gift.states("headcounts", json!([camps("1", 500, "2020-08-05", "2020-08-20"), camps("2", 400, "2020-09-01", "2020-09-30")]));
        assert_eq!(gift.range("area=HN"), [900; 3], "no round is declared");
        let declared = gift.states("rounds", json!([{"caseload": "CAMPS", "code": "R1", "from": "2020-08-01", "to": "2020-08-31"},
            {"caseload": "CAMPS", "code": "R2", "from": "2020-09-01", "to": "2020-09-30"}]));
        let told = gift.reach("area=HN");
        assert_eq!((range(&told["reached"]), flagged(&told, "outside_rounds")), ([500; 3], vec![]), "the same people served again");
        assert_eq!(gift.range(&format!("area=HN&known_at={}", declared - 1)), [900; 3]);
        // A line of the same round and area is added as it is to another headcount.
        gift.handed("2020-09-10", 10, json!([{"line": 0, "area": "HN01", "sector": "food", "caseload": "CAMPS",
            "programme": gift.scene.programme, "people": 450}]));
        assert_eq!(gift.range("area=HN"), [500; 3], "the larger of what two counted in a round, as of two items");
        // One whose days lie in two rounds is of neither, and nor is one of a round that nobody declared.
        gift.states("headcounts", json!([camps("3", 30, "2020-08-25", "2020-09-05")]));
        let mut stated = camps("4", 20, "2020-08-05", "2020-08-06");
        stated["round"] = json!("R9");
        gift.states("headcounts", json!([stated]));
        let told = gift.reach("area=HN");
        assert_eq!(range(&told["reached"]), [500; 3], "{told:#}");
        assert_eq!(flagged(&told, "outside_rounds"), [json!({"flag": "outside_rounds", "count": 2})]);
    }

    fn a_target_that_caps_nothing_is_told_by_its_code(database: &TestDatabase) {
        let gift = Gift::received(database);
        gift.states("populations", json!([population("HN21", 1_000), population("HN31", 500), population("HN32", 500)]));
        let change = |from: &str, to: &str| json!({"from": from, "to": to, "on": "2013-03-04", "source": "OCHA"});
        let changes = json!([change("HN02", "HN31"), change("HN02", "HN32"), change("HN05", "HN21"), change("HN06", "HN21")]);
        gift.scene.manager.post("/api/v1/area-changes", &json!({"rows": changes})).expect(201);
        gift.states("headcounts", json!([headcount("1", "HN21", "food", 300, "verified")]));
        let target = |area: &str, people: i64| json!({"area": area, "group": "all", "sector": "food", "people": people});
        gift.states("targets", json!([target("HN02", 7), target("HN05", 8), target("HN2101", 9), target("HN99", 10), target("HN31", 11)]));
        let lost = |query: &str| -> Vec<(String, Value)> {
            let lost = flagged(&gift.reach(query), "target_not_placed");
            assert!(lost.iter().all(|flag| flag["count"] == 1), "{lost:#?}");
            lost.iter().map(|flag| (flag["area"].as_str().unwrap_or_default().to_owned(), flag["words"].clone())).collect()
        };
        let divided = ("HN02".to_owned(), json!("HN31, HN32"));
        let (part, smaller) = (("HN05".to_owned(), json!("HN21")), ("HN2101".to_owned(), Value::Null));
        assert_eq!(lost("area=HN"), [divided.clone(), part.clone(), smaller.clone(), ("HN99".to_owned(), Value::Null)]);
        assert_eq!(lost("area=HN31"), std::slice::from_ref(&divided));
        assert_eq!(lost("area=HN21"), [part, smaller.clone()]);
        assert_eq!(gift.range("area=HN21"), [300; 3], "half of what became one caps nothing");
        // The other half is there: together they cap what they became.
        gift.states("targets", json!([target("HN06", 12)]));
        assert_eq!((gift.range("area=HN21"), lost("area=HN21")), ([20; 3], vec![smaller]));
        assert_eq!(flags(&gift.reach("area=HN21")["reached"]).iter().filter(|flag| **flag == "capped_by_target").count(), 1);
    }

    fn an_area_that_nobody_knows_is_flagged_where_it_is_asked_for(database: &TestDatabase) {
        let gift = Gift::received(database);
        gift.states("populations", json!([population("HN01", 1_000)]));
        let told = gift.reach("area=HN98");
        assert_eq!(flagged(&told, "area_without_population"), [json!({"flag": "area_without_population", "area": "HN98", "count": 0})]);
        assert!(flags(&gift.reach("area=HN01")["reached"]).is_empty());
        assert!(flags(&gift.reach("area=HN")["reached"]).is_empty());
    }
}
