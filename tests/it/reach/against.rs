//! What people are counted against, over HTTP: standards, populations, targets, rounds, and codes that others followed.

use serde_json::{Value, json};

use super::stories::{Gift, flags, headcount, population, range};
use crate::support::on_both_databases;
use crate::support::server::migrate;

on_both_databases! {
    migrate: migrate;

    fn what_a_household_shares_serves_as_many_as_live_in_one_on_the_average(database: &TestDatabase) {
        let gift = Gift::received(database);
        let item = format!("/api/v1/items/{}", gift.scene.masks);
        let shared = |persons: Value| json!({"standard": {"kind": "shared", "quantity": 10, "persons": persons}});
        for wrong in [json!(4.7), json!("4.7777"), json!("0.5"), json!(0), json!("four"), json!("-4.7")] {
            let words = gift.scene.admin.patch(&item, 2, &shared(wrong)).refused("invalid", &["/standard/persons"]);
            assert!(words.contains("4.7"), "{words}");
        }
        gift.scene.admin.patch(&item, 2, &shared(json!("4.70"))).expect(200);
        gift.handed("2020-08-09", 50, json!([]));
        assert_eq!(gift.range(""), [24; 3], "five households: 23.5, half to even");
        gift.handed("2020-08-10", 109, json!([]));
        let told = gift.reach("");
        assert_eq!(range(&told["reached"]), [70; 3], "fifteen whole ones: 70.5, half to even");
        let known = told["sequence"].as_i64().expect("a sequence");
        let standards = gift.scene.auditor.get("/api/v1/standards").expect(200);
        assert_eq!(standards["items"][0]["standard"]["persons"], "4.7");
        gift.scene.admin.patch(&item, 3, &shared(json!("5.000"))).expect(200);
        assert_eq!(gift.scene.admin.get(&item).expect(200)["standard"]["persons"], 5, "a whole number is written as one");
        assert_eq!(gift.range(""), [75; 3]);
        assert_eq!(gift.range(&format!("known_at={known}")), [70; 3]);
        gift.scene.verifies();
    }

    fn the_population_of_the_window_caps_and_not_the_newest(database: &TestDatabase) {
        let gift = Gift::received(database);
        let in_year = |year: i64, people: i64| {
            let mut row = population("HN01", people);
            row["year"] = json!(year);
            row
        };
        gift.states("populations", json!([in_year(2015, 1_000), in_year(2019, 2_000), in_year(2023, 3_000), in_year(2060, 4_000)]));
        gift.states("headcounts", json!([headcount("1", "HN01", "food", 5_000, "verified")]));
        for (window, people, year, is_after) in [
            ("", 3_000, 2023, false),
            ("&to=2020-12-31", 2_000, 2019, false),
            ("&as_of=2020-12-31", 2_000, 2019, false),
            ("&to=2099-12-31", 3_000, 2023, false),
            ("&to=2030-01-01&as_of=2020-12-31", 2_000, 2019, false),
        ] {
            let told = gift.reach(&format!("area=HN01{window}"));
            assert_eq!(range(&told["reached"]), [people; 3], "{window}");
            let used = &told["populations"][0];
            assert_eq!((&used["year"], &used["after_window"]), (&json!(year), &json!(is_after)), "{window}");
        }
        // Nothing was stated for a year as early as that, and it says so.
        let told = gift.reach("area=HN01&to=2010-12-31");
        assert_eq!((&told["reached"]["population"], &told["populations"][0]["year"]), (&json!(1_000), &json!(2015)));
        assert_eq!(told["populations"][0]["after_window"], true);
        // Another source with a year that fits better is not mixed in where it says less.
        let other = json!([{"area": "HN", "group": "all", "year": 2020, "source": "Census", "source_version": "1", "people": 20}]);
        gift.states("populations", other);
        assert_eq!(gift.range("area=HN01&to=2020-12-31"), [2_000; 3]);
    }

    fn components_of_a_kit_reach_its_people_once(database: &TestDatabase) {
        let mut gift = Gift::received(database);
        let item = |code: &str, sector: &str, standard: Value| {
            let body = json!({"code": code, "name": code, "base_unit": "piece", "category": "hygiene", "sector": sector, "standard": standard});
            let made = gift.scene.admin.post("/api/v1/items", &body).expect(201);
            made["id"].as_str().expect("an id").to_owned()
        };
        let soap = item("SOAP", "hygiene", Value::Null);
        let kit = item("KIT", "shelter", json!({"kind": "kit", "quantity": 1, "persons": 5}));
        let shanghai = gift.scene.site("Shanghai", "warehouse", "CN");
        gift.scene.in_store(&gift.donors[0], &shanghai, 100);
        let masks = std::mem::replace(&mut gift.scene.masks, soap.clone());
        gift.scene.in_store(&gift.donors[0], &shanghai, 100);
        let (consignment, leg) = gift.scene.planned(&gift.council, &[&shanghai, &gift.banjul]);
        let sent = json!([{"item": masks, "quantity": 100}, {"item": soap, "quantity": 100}]);
        gift.scene.does("departed", "2020-08-01", json!({"consignment": consignment, "leg": leg, "lines": sent})).expect(201);
        let came = json!([{"item": masks, "good": 100}, {"item": soap, "good": 100}]);
        gift.scene.does("received", "2020-08-06", json!({"consignment": consignment, "leg": leg, "final": true, "lines": came})).expect(201);
        let hands = |day: &str, reached: Value| {
            let lines = json!([{"item": masks, "quantity": 10}, {"item": soap, "quantity": 10}]);
            gift.scene.post(&gift.city, "distributed", day, json!({"site": gift.banjul, "consignment": consignment, "lines": lines, "reached": reached}))
        };
        hands("2020-08-09", json!([{"line": 0, "people": 50}, {"line": 1, "people": 50}])).expect(201);
        assert_eq!(gift.range("to=2020-08-09"), [50, 50, 100], "nobody said that these are kits");
        hands("2020-08-10", json!([{"line": 0, "kit": kit, "people": 50}, {"line": 1, "kit": kit, "people": 50}])).expect(201);
        assert_eq!(gift.range("from=2020-08-10"), [50; 3]);
        assert_eq!(gift.range("from=2020-08-10&sector=shelter"), [50; 3]);
        hands("2020-08-11", json!([{"line": 0, "kit": soap}])).refused("invalid", &["/reached/0/kit"]);
        hands("2020-08-11", json!([{"line": 0, "kit": kit, "sector": "health"}])).refused("invalid", &["/reached/0/sector"]);
        gift.scene.verifies();
    }

    fn a_code_that_ended_leads_to_the_one_that_followed_and_to_none_of_several(database: &TestDatabase) {
        let gift = Gift::received(database);
        let change = |from: &str, to: &str| json!({"from": from, "to": to, "on": "2013-03-04", "source": "OCHA"});
        gift.states("populations", json!([population("HN21", 1_000), population("HN31", 500), population("HN32", 500)]));
        gift.states("headcounts", json!([headcount("1", "HN01", "food", 300, "verified"), headcount("2", "HN21", "food", 200, "verified"),
            headcount("3", "HN0205", "food", 40, "verified"), headcount("4", "HN99", "food", 7, "verified")]));
        let before = gift.reach("area=HN&group_by=area");
        assert_eq!(range(&before["reached"]), [347, 347, 547], "what nobody knows is not spread: {before:#}");
        let then = before["sequence"].as_i64().expect("a sequence");
        let changes = json!([change("HN01", "HN21"), change("HN02", "HN31"), change("HN02", "HN32")]);
        gift.scene.manager.post("/api/v1/area-changes", &json!({"rows": changes})).expect(201);
        let told = gift.reach("area=HN&group_by=area");
        let rows: Vec<_> = told["rows"].as_array().expect("rows").iter().map(|row| (row["area"].as_str(), range(row)[1])).collect();
        assert_eq!(rows, [(Some("HN"), 500), (Some("HN21"), 500)], "{told:#}");
        let flag = |told: &Value, flag: &str| -> Vec<Value> {
            let flags = told["reached"]["flags"].as_array().expect("flags").clone();
            flags.into_iter().filter(|one| one["flag"] == flag).collect()
        };
        assert_eq!(flag(&told, "area_replaced"), [json!({"flag": "area_replaced", "area": "HN01", "count": 1, "words": "HN21"})]);
        assert_eq!(flag(&told, "area_divided"), [json!({"flag": "area_divided", "area": "HN0205", "count": 1, "words": "HN31, HN32"})]);
        assert_eq!(flag(&told, "area_without_population"), [json!({"flag": "area_without_population", "area": "HN99", "count": 1})]);
        assert_eq!(gift.reach(&format!("area=HN&known_at={then}"))["reached"]["best"], before["reached"]["best"], "as it was known");
        // It is asked for by either code; of what was divided its parts say that something may be theirs.
        for area in ["HN21", "HN01"] {
            let told = gift.reach(&format!("area={area}"));
            assert_eq!((&told["area"], range(&told["reached"])), (&json!("HN21"), [500; 3]));
        }
        let part = gift.reach("area=HN31");
        assert_eq!((range(&part["reached"]), flags(&part["reached"])), ([0; 3], vec!["area_divided"]));
        let words = gift.scene.manager.get("/api/v1/reach?area=HN02").refused("invalid", &["/area"]);
        assert!(words.contains("HN31, HN32"), "{words}");
        gift.scene.manager.get("/api/v1/reach/lines?area=HN01").expect(200);
        // A target by the code that ended caps what followed it.
        gift.states("targets", json!([{"area": "HN01", "group": "all", "sector": "food", "people": 450}]));
        assert_eq!(gift.range("area=HN21"), [450; 3]);
        gift.scene.verifies();
    }

    fn populations_by_codes_that_ended_cap_what_followed_them(database: &TestDatabase) {
        let gift = Gift::received(database);
        gift.states("populations", json!([population("HN01", 1_000), population("HN02", 500), population("HN03", 70)]));
        gift.states("headcounts", json!([headcount("1", "HN21", "food", 9_000, "verified")]));
        let change = |from: &str| json!({"from": from, "to": "HN21", "on": "2021-01-01", "source": "OCHA"});
        let state = |rows: Value| gift.scene.manager.post("/api/v1/area-changes", &json!({"rows": rows})).expect(201);
        state(json!([change("HN01")]));
        assert_eq!(gift.range("area=HN21"), [1_000; 3]);
        state(json!([change("HN02")]));
        assert_eq!(gift.range("area=HN21"), [1_500; 3], "two that became one");
        state(json!([change("HN04")]));
        let told = gift.reach("area=HN21");
        assert_eq!(told["reached"]["population"], Value::Null, "of one nobody said how many live there");
    }

    fn a_code_that_was_given_to_another_area_is_read_by_the_day(database: &TestDatabase) {
        let gift = Gift::received(database);
        let change = |from: &str, to: &str| json!({"from": from, "to": to, "on": "2020-08-15", "source": "OCHA"});
        let changes = json!([change("HN01", "HN02"), change("HN02", "HN03")]);
        gift.scene.manager.post("/api/v1/area-changes", &json!({"rows": changes})).expect(201);
        let mut now = [population("HN02", 1_000), population("HN03", 1_000)];
        now.iter_mut().for_each(|row| row["year"] = json!(2021));
        gift.states("populations", json!(now));
        let said = |area: &str, people: i64| json!([{"line": 0, "area": area, "people": people}]);
        gift.handed("2020-08-09", 10, said("HN02", 100));
        gift.handed("2020-08-20", 10, said("HN02", 40));
        gift.handed("2020-08-20", 10, said("HN01", 3));
        let told = gift.reach("group_by=area");
        let rows: Vec<_> = told["rows"].as_array().expect("rows").iter()
            .filter(|row| row["area"] != "HN")
            .map(|row| (row["area"].as_str(), range(row)[1])).collect();
        assert_eq!(rows, [(Some("HN02"), 43), (Some("HN03"), 100)]);
        assert_eq!((gift.range("area=HN02"), gift.range("area=HN03")), ([43; 3], [100; 3]));
        // So is what lies inside it.
        gift.handed("2020-08-09", 10, said("HN0205", 7));
        gift.handed("2020-08-20", 10, said("HN0205", 2));
        gift.states("headcounts", json!([headcount("1", "HN0206", "food", 200, "verified")]));
        assert_eq!((gift.range("area=HN02&sector=health"), gift.range("area=HN03&sector=health")), ([45; 3], [107; 3]));
        assert_eq!((gift.range("area=HN02&sector=food"), gift.range("area=HN03&sector=food")), ([200; 3], [0; 3]), "its last day is after");
        assert_eq!(gift.range("area=HN&sector=health"), [152; 3]);
    }

    fn a_code_nobody_knows_is_flagged_where_nobody_stated_populations(database: &TestDatabase) {
        let gift = Gift::received(database);
        gift.handed("2020-08-09", 10, json!([{"line": 0, "area": "GM-B", "people": 5}]));
        let told = gift.reach("area=GM");
        assert_eq!((range(&told["reached"]), flags(&told["reached"])), ([5; 3], vec![]), "Banjul is known: {told:#}");
        assert_eq!(told["editions"].as_array().map(Vec::len), Some(1), "{told:#}");
        assert!(told["editions"][0]["attribution"].as_str().is_some_and(|words| words.contains("United Nations")), "{told:#}");
        gift.handed("2020-08-10", 10, json!([{"line": 0, "area": "GM77", "people": 9}]));
        let told = gift.reach("area=GM");
        assert_eq!(flags(&told["reached"]), ["area_without_population"]);
        assert_eq!(told["reached"]["flags"][0]["area"], "GM77");
        // A code like those that ship may be one that somebody has yet to load, so it is taken and told.
        gift.handed("2020-08-11", 10, json!([{"line": 0, "area": "GM-Q", "people": 3}]));
        let told = gift.reach("area=GM");
        assert_eq!((&told["reached"]["flags"][0]["area"], range(&told["reached"])), (&json!("GM-Q"), [17; 3]));
    }

    fn a_target_above_its_population_is_flagged_wherever_it_is_stated(database: &TestDatabase) {
        let gift = Gift::received(database);
        gift.states("populations", json!([population("HN01", 1_000), population("HN02", 500)]));
        gift.states("headcounts", json!([headcount("1", "HN01", "food", 10, "verified")]));
        gift.states("caseloads", json!([{"code": "CAMPS", "name": "Families in camps", "disjoint": true}]));
        gift.states("targets", json!([{"area": "HN02", "group": "all", "sector": "food", "people": 501},
            {"area": "HN01", "group": "all", "sector": "water", "people": 1_001}, {"area": "HN01", "group": "all", "sector": "food", "people": 1_000},
            {"area": "HN01", "group": "all", "sector": "food", "caseload": "CAMPS", "people": 1_002}]));
        let above = |query: &str| -> Vec<(String, i64)> {
            let told = gift.reach(query);
            let flags = told["reached"]["flags"].as_array().expect("flags").clone();
            let above = flags.iter().filter(|flag| flag["flag"] == "target_above_population");
            above.map(|flag| (flag["area"].as_str().unwrap_or_default().to_owned(), flag["target"].as_i64().unwrap_or_default())).collect()
        };
        let (first, second) = (|target: i64| ("HN01".to_owned(), target), ("HN02".to_owned(), 501_i64));
        assert_eq!(above("area=HN"), [first(1_002), first(1_001), second.clone()], "nothing was handed over in the second");
        assert_eq!(above("area=HN02"), [second]);
        assert_eq!(above("area=HN&sector=water"), [first(1_001)]);
        assert!(above("area=GM").is_empty());
        let told = gift.reach("area=HN&group_by=area");
        assert_eq!(told["rows"].as_array().map(Vec::len), Some(2), "an area without lines is no row: {told:#}");
    }

    fn rounds_within_and_around_a_long_one_are_refused(database: &TestDatabase) {
        let gift = Gift::received(database);
        gift.states("caseloads", json!([{"code": "CAMPS", "name": "Families in camps", "disjoint": true}]));
        let round = |code: &str, from: &str, to: &str| {
            json!({"programme": gift.scene.programme, "caseload": "CAMPS", "code": code, "from": from, "to": to})
        };
        let state = |rows: Value| gift.scene.manager.post("/api/v1/rounds", &json!({"rows": rows}));
        // Two short ones within the days of a long one, of which the second does not touch the first.
        let rows = json!([round("LONG", "2020-01-01", "2020-12-31"), round("R1", "2020-02-01", "2020-02-28"), round("R2", "2020-06-01", "2020-06-30")]);
        let words = state(rows).refused("invalid", &["/rows/1/from", "/rows/2/from"]);
        assert_eq!(words.matches("LONG").count(), 2, "{words}");
        state(json!([round("LONG", "2020-01-01", "2020-12-31")])).expect(201);
        state(json!([round("R2", "2020-06-01", "2020-06-30")])).refused("invalid", &["/rows/0/from"]);
        // One whose days go around it.
        state(json!([round("R3", "2019-12-01", "2021-01-31")])).refused("invalid", &["/rows/0/from"]);
        state(json!([round("R4", "2021-01-01", "2021-01-31")])).expect(201);
    }
}
