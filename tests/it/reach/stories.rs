//! Whom hand-overs reached, over HTTP.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::auth::Role;
use relief_ledger::db::connect;
use serde_json::{Value, json};

use crate::stories::scene::{Scene, id};
use crate::support::ledger::tamper;
use crate::support::server::{Caller, migrate};
use crate::support::{TestDatabase, on_both_databases};
use crate::verify::verify;

/// Masks of two donors that were received together in Banjul: 6,000 and 4,000, of which ten last a person ten days.
pub(super) struct Gift {
    pub(super) scene: Scene,
    pub(super) donors: [String; 2],
    pub(super) banjul: String,
    /// The council of the city, which the goods are for.
    pub(super) council: String,
    pub(super) consignment: String,
    /// The city, which received the goods: what it posts is verified.
    pub(super) city: Caller,
}

pub(super) fn organization(id: &str) -> Option<relief_ledger::core::id::OrganizationId> {
    Some(id.parse().expect("an id"))
}

impl Gift {
    pub(super) fn received(database: &TestDatabase) -> Self {
        let scene = Scene::new(database);
        let standard = json!({"sector": "health", "standard": {"kind": "consumable", "quantity": 10, "persons": 1, "days": 10}});
        scene.admin.patch(&format!("/api/v1/items/{}", scene.masks), 1, &standard).expect(200);
        let donors = [scene.organization("Shenzhen Youth", "CN"), scene.organization("Hainan", "CN")];
        let city = scene.organization("Banjul City Council", "GM");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let body = json!({"name": "Banjul", "kind": "city", "country": "GM", "area_code": "GM-B"});
        let banjul = scene.admin.post("/api/v1/sites", &body).expect(201);
        let banjul = banjul["id"].as_str().expect("an id").to_owned();
        scene.in_store(&donors[0], &beijing, 6_000);
        scene.in_store(&donors[1], &beijing, 4_000);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 10_000, "2020-08-01");
        scene.receives(&consignment, &leg, "2020-08-06", json!({"good": 10_000})).expect(201);
        let receiver = scene.house.login_bound(Role::Officer, organization(&city), None);
        Self { scene, donors, banjul, council: city, consignment, city: receiver }
    }

    pub(super) fn body(&self, quantity: i64, reached: Value) -> Value {
        json!({"site": self.banjul, "consignment": self.consignment, "lines": [self.scene.line(quantity)],
            "reached": reached})
    }

    /// The city hands masks out, which verifies it.
    pub(super) fn handed(&self, day: &str, quantity: i64, reached: Value) -> String {
        let posted =
            self.scene.post(&self.city, "distributed", day, self.body(quantity, reached)).expect(201);
        posted["id"].as_str().expect("an id").to_owned()
    }

    pub(super) fn reach(&self, query: &str) -> Value {
        self.scene.manager.get(&format!("/api/v1/reach?{query}")).expect(200)
    }

    pub(super) fn range(&self, query: &str) -> [i64; 3] {
        range(&self.reach(query)["reached"])
    }

    pub(super) fn states(&self, what: &str, rows: Value) -> i64 {
        let mut rows = rows;
        for row in rows.as_array_mut().expect("rows") {
            if what != "populations" {
                row["programme"] = json!(self.scene.programme);
            }
        }
        let stated = self.scene.manager.post(&format!("/api/v1/{what}"), &json!({"rows": rows})).expect(201);
        stated["sequence"].as_i64().expect("a sequence")
    }
}

pub(super) fn range(row: &Value) -> [i64; 3] {
    ["low", "best", "high"].map(|name| row[name].as_i64().unwrap_or_else(|| panic!("{name}: {row:#}")))
}

/// The flags of a row, by their words.
pub(super) fn flags(row: &Value) -> Vec<&str> {
    row["flags"].as_array().expect("flags").iter().filter_map(|flag| flag["flag"].as_str()).collect()
}

pub(super) fn population(area: &str, people: i64) -> Value {
    json!({"area": area, "group": "all", "year": 2020, "source": "COD-PS", "source_version": "1", "people": people})
}

pub(super) fn headcount(reference: &str, area: &str, sector: &str, people: i64, status: &str) -> Value {
    json!({"source": "345W", "reference": reference, "area": area, "sector": sector, "people": people, "status": status,
        "from": "2020-08-10", "to": "2020-08-20"})
}

#[derive(QueryableByName)]
struct Body {
    #[diesel(sql_type = sql_types::Text)]
    body: String,
}

on_both_databases! {
    migrate: migrate;

    fn a_donor_reads_whom_its_masks_helped_reach(database: &TestDatabase) {
        let gift = Gift::received(database);
        let event = gift.handed("2020-08-09", 10_000, json!([]));
        let told = gift.reach("area=GM&group_by=area");
        assert_eq!(range(&told["reached"]), [1_000; 3]);
        assert_eq!(told["reached"]["person_days"], 10_000);
        assert_eq!(told["reached"]["methods"], json!([{"method": "consumable", "lines": 1}]));
        assert_eq!(told["populations"][0]["source"], "UN World Population Prospects");
        assert_eq!(told["rows"][0]["area"], "GM", "nobody said how many live in Banjul: {told:#}");
        // Each donor's own part, and nothing of the other's.
        let donor = |which: usize| gift.scene.house.login_bound(Role::Donor, organization(&gift.donors[which]), None);
        for (which, people) in [(0, 600), (1, 400)] {
            let asked = format!("donor={}", gift.donors[which]);
            assert_eq!(gift.range(&asked), [people; 3]);
            let own = donor(which).get("/api/v1/reach").expect(200);
            assert_eq!((range(&own["reached"]), &own["helped_by"]), ([people; 3], &json!(gift.donors[which])));
            let asked = donor(which).get(&format!("/api/v1/reach?{asked}")).expect(200);
            assert_eq!(asked["reached"], own["reached"]);
            let lines = donor(which).get("/api/v1/reach/lines").expect(200);
            let line = &lines["items"][0];
            assert_eq!((&line["event"], &line["quantity"], &line["verified"]), (&json!(event), &json!(people * 10), &json!(true)));
            assert_eq!(lines["items"].as_array().map(Vec::len), Some(1));
            donor(which).get(&format!("/api/v1/reach?donor={}", gift.donors[1 - which])).expect(404);
            donor(which).get("/api/v1/headcounts").refused("forbidden", &[]);
        }
        let stranger = gift.scene.organization("Elsewhere", "KE");
        let elsewhere = gift.scene.house.login_bound(Role::Donor, organization(&stranger), None);
        assert_eq!(range(&elsewhere.get("/api/v1/reach").expect(200)["reached"]), [0; 3]);
        // Who is bound sees what is theirs.
        let bound = |own: Option<&str>, country: Option<&str>| {
            let own = own.and_then(organization);
            let caller = gift.scene.house.login_bound(Role::Auditor, own, country);
            range(&caller.get("/api/v1/reach").expect(200)["reached"])
        };
        assert_eq!(bound(None, Some("GM")), [1_000; 3]);
        assert_eq!(bound(None, Some("KE")), [0; 3]);
        assert_eq!(bound(Some(&stranger), None), [0; 3]);
        gift.scene.verifies();
        gift.scene.closes();
    }

    fn what_somebody_counted_goes_before_what_goods_are_enough_for(database: &TestDatabase) {
        let gift = Gift::received(database);
        gift.handed("2020-08-09", 1_000, json!([{"line": 0, "area": "GM-B", "group": "female", "people": 603},
            {"line": 0, "area": "GM-B", "group": "male", "people": 400, "tags": {"displaced": 350, "disability": 90}}]));
        assert_eq!(gift.range(""), [1_003; 3]);
        assert_eq!(gift.range("item=01900000-0000-7000-8000-000000000000"), [0; 3]);
        // Households by their mean size, rounded once.
        gift.handed("2020-08-10", 100, json!([{"line": 0, "sector": "shelter", "households": 5, "household_size": "4.7"}]));
        gift.handed("2020-08-10", 100, json!([{"line": 0, "sector": "shelter", "households": 5, "household_size": "4.8"}]));
        assert_eq!(gift.range("sector=shelter"), [48; 3], "47.5, half to even");
        let lines = gift.scene.auditor.get("/api/v1/reach/lines?sector=shelter&limit=1").expect(200);
        assert_eq!(lines["items"][0]["household_size"], "4.700");
        let next = format!("/api/v1/reach/lines?sector=shelter&limit=1&after={}", lines["next"].as_str().expect("more"));
        assert_eq!(gift.scene.auditor.get(&next).expect(200)["items"][0]["household_size"], "4.800");
        // Only reported: it reaches nobody.
        gift.scene.post(&gift.scene.officer, "distributed", "2020-08-11", gift.body(500, json!([]))).expect(201);
        let told = gift.reach("group_by=sector");
        assert_eq!(told["reported_lines"], 1);
        let rows = told["rows"].as_array().expect("rows");
        assert_eq!(rows.iter().map(|row| (row["sector"].as_str(), row["best"].as_i64())).collect::<Vec<_>>(),
            [(Some("health"), Some(1_003)), (Some("shelter"), Some(48))]);
        assert_eq!(range(&told["reached"]), [1_003, 1_003, 1_051]);

        // What cannot be said is refused with what would be right.
        for (reached, pointer) in [
            (json!([{"line": 1}]), "/reached/0/line"),
            (json!([{"line": 0, "area": "002"}]), "/reached/0/area"),
            (json!([{"line": 0, "group": "any"}]), "/reached/0/group"),
            (json!([{"line": 0, "people": -1}]), "/reached/0/people"),
            (json!([{"line": 0, "households": 3}]), "/reached/0/household_size"),
            (json!([{"line": 0, "households": 3, "household_size": "4.7777"}]), "/reached/0/household_size"),
            (json!([{"line": 0, "round": "R1"}]), "/reached/0/round"),
            (json!([{"line": 0, "registered": ["1"]}]), "/reached/0/registered"),
            (json!([{"line": 0, "programme": gift.scene.programme, "registered": [""]}]), "/reached/0/registered/0"),
        ] {
            let refused = gift.scene.post(&gift.city, "distributed", "2020-08-12", gift.body(1, reached));
            let words = refused.refused("invalid", &[pointer]);
            assert!(pointer != "/reached/0/area" || words.contains("GM"), "{words}");
        }
        let other = gift.scene.programme_of("OTHER");
        let reached = json!([{"line": 0, "programme": gift.scene.programme, "people": 1}, {"line": 0, "programme": other, "people": 3}]);
        let refused = gift.scene.post(&gift.city, "distributed", "2020-08-12", gift.body(1, reached.clone()));
        let words = refused.refused("invalid", &["/reached/1/programme"]);
        assert!(words.contains(&other) && words.contains(&gift.scene.programme), "{words}");
        let without = json!({"site": gift.banjul, "lines": [gift.scene.line(1)], "reached": reached});
        gift.scene.post(&gift.scene.officer, "distributed", "2020-08-12", without).refused("invalid", &["/reached/1/programme"]);
        let twice = json!([{"line": 0, "people": 3}, {"line": 0, "area": "GM-B"}]);
        gift.scene.post(&gift.city, "distributed", "2020-08-12", gift.body(1, twice)).refused("invalid", &["/reached/1"]);
    }

    fn registered_people_unite_and_only_keyed_hashes_of_them_are_kept(database: &TestDatabase) {
        let gift = Gift::received(database);
        let people = |range: std::ops::Range<usize>| -> Vec<String> { range.map(|one| format!("BJL-{one:05}")).collect() };
        let say = |ids: Vec<String>| json!([{"line": 0, "programme": gift.scene.programme, "registered": ids}]);
        let first = gift.handed("2020-08-09", 100, say(people(0..70)));
        gift.handed("2020-08-20", 100, say(people(40..100)));
        assert_eq!(gift.range(""), [100; 3]);
        assert_eq!(gift.range("to=2020-08-15"), [70; 3], "a window is computed anew");
        assert_eq!(gift.range("from=2020-08-15"), [60; 3]);
        // The goods of both donors came in together, so that the line decides which are drawn: all of the one, none of the other.
        let mut helped = gift.donors.each_ref().map(|donor| gift.range(&format!("donor={donor}")));
        helped.sort_unstable();
        assert_eq!(helped, [[0; 3], [100; 3]]);
        let mut conn = connect(database.url()).expect("the database opens");
        let bodies: Vec<Body> = sql_query("SELECT body FROM events WHERE kind = 'distributed'").load(&mut conn).expect("they are read");
        assert_eq!(bodies.len(), 2);
        assert!(bodies.iter().all(|row| !row.body.contains("BJL-") && row.body.contains("registered")));
        // The same again, and a correction, are hashed alike.
        let mut same = gift.body(100, say(people(0..70)));
        (same["id"], same["kind"], same["occurred_at"]) = (json!(first), json!("distributed"), json!("2020-08-09"));
        gift.city.post("/api/v1/events", &same).expect(200);
        let right = gift.body(100, say(people(0..75)));
        gift.scene.post(&gift.city, "corrected", "2020-08-21", json!({"event": first, "right": right, "reason": "five more came"})).expect(201);
        assert_eq!(gift.range("to=2020-08-15"), [75; 3], "the goods are the same, so it is verified still");
        let too_many = say(people(0..2_001));
        gift.scene.post(&gift.city, "distributed", "2020-08-22", gift.body(1, too_many)).refused("invalid", &["/reached/0/registered"]);
        let (keys, url) = (gift.scene.house.key_folder(), database.url());
        assert_eq!(verify(url, &keys).1["count"], 0);
        tamper(url, "UPDATE reached_lines SET people = 99 WHERE ordinal = 1");
        assert_eq!(verify(url, &keys).1["findings"][0]["column"], "people");
    }

    fn a_round_that_is_served_twice_counts_once(database: &TestDatabase) {
        let gift = Gift::received(database);
        gift.states("caseloads", json!([{"code": "CAMPS", "name": "Families in camps", "disjoint": true},
            {"code": "TOWN", "name": "Families in town", "disjoint": true}]));
        let camps = |people: i64| json!([{"line": 0, "caseload": "CAMPS", "people": people}]);
        gift.handed("2020-08-09", 100, camps(500));
        gift.handed("2020-09-09", 100, camps(400));
        assert_eq!(gift.range(""), [900; 3], "no round is declared");
        let declared = gift.states("rounds", json!([{"caseload": "CAMPS", "code": "R1", "from": "2020-08-01", "to": "2020-08-31"},
            {"caseload": "CAMPS", "code": "R2", "from": "2020-09-01", "to": "2020-09-30"}]));
        assert_eq!(gift.range(""), [500; 3], "the same people served again");
        assert_eq!(gift.range(&format!("known_at={}", declared - 1)), [900; 3]);
        gift.handed("2020-08-10", 100, camps(50));
        assert_eq!(gift.range(""), [550; 3]);
        assert_eq!(gift.range("from=2020-09-01"), [400; 3]);
        gift.handed("2020-10-10", 100, camps(10));
        let told = gift.reach("");
        assert_eq!((range(&told["reached"]), flags(&told["reached"])), ([550; 3], vec!["outside_rounds"]));
        gift.handed("2020-10-10", 100, json!([{"line": 0, "caseload": "TOWN", "people": 200}]));
        assert_eq!(gift.range(""), [750; 3], "declared disjoint");
        gift.states("caseloads", json!([{"code": "TOWN", "name": "Families in town", "disjoint": false},
            {"code": "CAMPS", "name": "Families in camps", "disjoint": false}]));
        let told = gift.reach("");
        assert_eq!(range(&told["reached"]), [550; 3]);
        assert!(flags(&told["reached"]).contains(&"caseloads_not_disjoint"), "{told:#}");
    }

    fn a_hand_over_that_is_verified_no_more_reaches_nobody_from_then_on(database: &TestDatabase) {
        let gift = Gift::received(database);
        let event = gift.handed("2020-08-09", 1_000, json!([{"line": 0, "people": 300}]));
        let told = gift.reach("");
        assert_eq!(range(&told["reached"]), [300; 3]);
        let then = told["sequence"].as_i64().expect("a sequence");
        let right = gift.body(2_000, json!([{"line": 0, "people": 700}]));
        gift.scene.does("corrected", "2020-08-10", json!({"event": event, "right": right, "reason": "written wrong"})).expect(201);
        let told = gift.reach("");
        assert_eq!((range(&told["reached"]), &told["reported_lines"]), ([0; 3], &json!(1)));
        assert_eq!(gift.reach(&format!("known_at={then}"))["reached"]["best"], 300, "as it was published");
        let lines = gift.scene.auditor.get("/api/v1/reach/lines").expect(200);
        assert_eq!((&lines["items"][0]["people"], lines["items"].as_array().map(Vec::len)), (&json!(700), Some(1)));
        // A reversal leaves nothing of it.
        let other = gift.handed("2020-08-12", 1_000, json!([{"line": 0, "people": 40}]));
        assert_eq!(gift.range(""), [40; 3]);
        gift.scene.does("reversed", "2020-08-13", json!({"event": other, "reason": "never happened"})).expect(201);
        assert_eq!(gift.range(""), [0; 3]);
        assert_eq!(gift.reach(&format!("known_at={then}"))["reached"]["best"], 300);
        gift.scene.verifies();
        gift.scene.closes();
    }

    fn two_districts_come_out_as_the_guide_says(database: &TestDatabase) {
        let gift = Gift::received(database);
        gift.states("populations", json!([population("HN01", 15_000), population("HN02", 8_000)]));
        let rows = [("HN01", "food", 15_000), ("HN01", "water", 10_000), ("HN01", "shelter", 5_000),
            ("HN02", "food", 2_000), ("HN02", "water", 6_000)];
        let rows: Vec<Value> = rows.into_iter().zip(1..).map(|((area, sector, people), number)| {
            headcount(&number.to_string(), area, sector, people, "verified")
        }).collect();
        gift.states("headcounts", json!(rows));
        let told = gift.reach("area=HN&group_by=area");
        assert_eq!(range(&told["reached"]), [17_000, 21_000, 23_000]);
        let rows = told["rows"].as_array().expect("rows");
        assert_eq!(rows.iter().map(|row| (row["area"].as_str(), range(row))).collect::<Vec<_>>(), [
            (Some("HN"), [17_000, 21_000, 23_000]), (Some("HN01"), [15_000; 3]), (Some("HN02"), [6_000, 6_000, 8_000])]);
        assert_eq!(told["populations"][0]["leaf_level"], "area_1");
        assert_eq!((&rows[1]["population"], &rows[1]["cut_off"]["high"]), (&json!(15_000), &json!(15_000)));
        assert_eq!(gift.range("area=HN02"), [6_000, 6_000, 8_000]);
        assert_eq!(gift.range("area=419"), [17_000, 21_000, 23_000], "as in Latin America");
        assert_eq!(gift.range("area=002"), [0; 3]);

        // What is only known of the country is not spread, and never makes it less.
        gift.states("headcounts", json!([headcount("6", "HN", "food", 25_000, "verified")]));
        let told = gift.reach("area=HN");
        assert_eq!(range(&told["reached"]), [25_000, 25_000, 48_000]);
        assert_eq!(flags(&told["reached"]), ["unspread"]);
        // Planned never counts, reported reaches nobody, and what is withdrawn is gone.
        gift.states("headcounts", json!([headcount("7", "HN01", "food", 900, "planned"), headcount("8", "HN01", "food", 90, "reported")]));
        let ended = json!([{"source": "345W", "reference": "6", "withdrawn": true}]);
        gift.states("headcounts", ended);
        let told = gift.reach("area=HN");
        assert_eq!(range(&told["reached"]), [17_000, 21_000, 23_000]);
        assert_eq!(told["headcounts"]["planned"], json!({"records": 1, "people": 900}));
        assert_eq!(told["headcounts"]["reported"], json!({"records": 1, "people": 90}));
        assert_eq!(told["headcounts"]["verified"], json!({"records": 5, "people": 38_000}));
        // A window takes what lies in it whole.
        let told = gift.reach("area=HN&from=2020-08-15");
        assert_eq!((range(&told["reached"]), flags(&told["reached"])), ([0; 3], vec!["partly_in_window"]));
        assert_eq!(gift.range("area=HN&from=2020-08-10&to=2020-08-20"), [17_000, 21_000, 23_000]);
        gift.scene.verifies();
    }

    fn what_caps_a_figure_and_what_is_not_known_is_flagged(database: &TestDatabase) {
        let gift = Gift::received(database);
        gift.states("populations", json!([population("HN01", 1_000)]));
        gift.states("headcounts", json!([headcount("1", "HN01", "food", 1_500, "verified"), headcount("2", "HN99", "food", 70, "verified"),
            headcount("3", "HN0101", "water", 30, "verified")]));
        gift.states("targets", json!([{"area": "HN01", "group": "all", "sector": "food", "people": 1_200}]));
        let told = gift.reach("area=HN&group_by=area");
        let whole = &told["reached"];
        assert_eq!(range(whole), [1_000, 1_000, 1_070], "{told:#}");
        for flag in ["capped_by_target", "group_capped_by_population", "target_above_population", "area_without_population", "unspread"] {
            assert!(flags(whole).contains(&flag), "{flag}: {told:#}");
        }
        let unknown = whole["flags"].as_array().expect("flags").iter().find(|flag| flag["flag"] == "area_without_population");
        assert_eq!(unknown.map(|flag| (&flag["area"], &flag["count"])), Some((&json!("HN99"), &json!(1))));
        // A municipality counts in its department, where nobody said how many live there.
        assert_eq!(told["rows"].as_array().map(Vec::len), Some(2));
        // One source is chosen, and another never mixed in.
        gift.states("populations", json!([{"area": "HN", "group": "all", "year": 2021, "source": "Census", "source_version": "1", "people": 20}]));
        assert_eq!(gift.range("area=HN"), [1_000, 1_000, 1_070]);
        let census = gift.reach("area=HN&population_source=Census");
        assert_eq!((range(&census["reached"]), &census["populations"][0]["leaf_level"]), ([20; 3], &json!("country")));
        assert_eq!(gift.reach("area=HN&population_source=Nobody")["reached"]["population"], Value::Null);
        let manager = &gift.scene.manager;
        manager.get("/api/v1/reach?area=Banjul").refused("invalid", &["/area"]);
        manager.get("/api/v1/reach?group_by=month").refused("invalid", &["/group_by"]);
        manager.get("/api/v1/reach?from=2020-08-10&to=2020-08-09").refused("invalid", &["/to"]);
        manager.get("/api/v1/reach?known_at=99999999").refused("invalid", &["/known_at"]);
        for (change, pointer) in [
            (json!({"area": "002"}), "/rows/0/area"),
            (json!({"area": null}), "/rows/0/area"),
            (json!({"unplaced": true}), "/rows/0/unplaced"),
            (json!({"people": null}), "/rows/0/people"),
            (json!({"to": "2020-08-01"}), "/rows/0/to"),
            (json!({"programme": id()}), "/rows/0/programme"),
        ] {
            let mut row = headcount("9", "HN01", "food", 1, "verified");
            row["programme"] = json!(gift.scene.programme);
            row.as_object_mut().expect("a row").extend(change.as_object().expect("members").clone());
            manager.post("/api/v1/headcounts", &json!({"rows": [row]})).refused("invalid", &[pointer]);
        }
    }
}
