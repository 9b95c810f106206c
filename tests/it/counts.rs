//! Stories of counting: sheets, blind and not, what crosses them, and the card of an item.

mod late;

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

/// A warehouse with masks of two lots and some whose lot nobody knows: 600, 300 and 100.
struct Store {
    scene: Scene,
    site: String,
    other: String,
    pledge: String,
}

const MINUTE: &str = "2020-08-01T08:00:00Z";

fn store(database: &crate::support::TestDatabase) -> Store {
    let scene = Scene::new(database);
    let donor = scene.organization("Hainan", "CN");
    let (site, other) = (scene.site("Accra", "warehouse", "GH"), scene.site("Kumasi", "warehouse", "GH"));
    let (pledge, _) = scene.accepted(&donor, 1_000);
    let line = |lot: Option<&str>, quantity: i64| {
        let mut line = scene.line(quantity);
        if let Some(lot) = lot {
            line["lot"] = json!(lot);
        }
        line
    };
    let lines = json!([line(Some("A-1"), 600), line(Some("B-2"), 300), line(None, 100)]);
    scene
        .does("collected", "2020-07-10", json!({"pledge": pledge, "site": site, "lines": lines}))
        .expect(201);
    Store { scene, site, other, pledge }
}

impl Store {
    fn opens(&self, body: Value) -> Value {
        let mut sheet = body;
        sheet["site"] = json!(self.site);
        if sheet.get("as_of").is_none() {
            sheet["as_of"] = json!(MINUTE);
        }
        self.scene.officer.post("/api/v1/count-sheets", &sheet).expect(201)
    }

    fn path(sheet: &Value, rest: &str) -> String {
        format!("/api/v1/count-sheets/{}{rest}", sheet["id"].as_str().expect("a sheet"))
    }

    fn show(&self, sheet: &Value) -> Value {
        self.scene.officer.get(&Self::path(sheet, "")).expect(200)
    }

    fn counts(&self, sheet: &Value, counts: Value) -> Reply {
        self.scene.officer.post(&Self::path(sheet, "/counts"), &json!({ "counts": counts }))
    }

    fn submits(&self, sheet: &Value) -> Reply {
        self.scene.officer.post(&Self::path(sheet, "/submit"), &Value::Null)
    }

    fn posts(&self, sheet: &Value, body: Value) -> Reply {
        self.scene.officer.post(&Self::path(sheet, "/post"), &body)
    }

    /// A sheet with these figures on its lines, handed in.
    fn counted(&self, figures: &[i64]) -> Value {
        let sheet = self.opens(json!({}));
        let counts: Vec<Value> =
            (1..).zip(figures).map(|(line, counted)| json!({"line": line, "counted": counted})).collect();
        self.counts(&sheet, json!(counts)).expect(200);
        self.submits(&sheet).expect(200)
    }

    fn missing(&self) -> (i64, i64) {
        let accounts = self.scene.accounts(&self.pledge);
        let of = |account: &str| accounts[account].as_i64().unwrap_or(0);
        (of("in_storage"), of("missing"))
    }
}

/// Lot and figure of each line.
fn lines(sheet: &Value, figure: &str) -> Vec<(String, Option<i64>)> {
    let line = |line: &Value| (line["lot"].as_str().unwrap_or("-").to_owned(), line[figure].as_i64());
    sheet["lines"].as_array().expect("lines").iter().map(line).collect()
}

fn table(caller: &Caller, sheet: &Value) -> Reply {
    let reply = caller.get(&Store::path(sheet, "/table"));
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8"));
    reply
}

on_both_databases! {
    migrate: migrate;

    fn a_blind_sheet_is_counted_handed_in_posted_and_approved_by_somebody_else(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let own = id();
        let sheet = store.opens(json!({"id": own, "note": "the yearly count"}));
        assert_eq!((&sheet["state"], &sheet["blind"], &sheet["whole"]), (&json!("counting"), &json!(true), &json!(true)));
        assert!(sheet["receipt"].is_object(), "a sheet is an entry of the log");
        // Without a lot first, then by the numbers of the lots; what is recorded is told to nobody.
        assert_eq!(lines(&sheet, "counted"), [("-".into(), None), ("A-1".into(), None), ("B-2".into(), None)]);
        // Among the digits of times and signatures any figure may stand by chance.
        let blind = format!("{}{}", sheet["lines"], sheet["crossed_by"]);
        assert!(!sheet.to_string().contains("expected") && !blind.contains("600"), "{sheet:#}");
        let size = scene.log_size();
        let again = json!({"id": own, "site": store.site, "as_of": MINUTE, "note": "the yearly count"});
        scene.officer.post("/api/v1/count-sheets", &again).expect(200);
        assert_eq!(scene.log_size(), size);
        let other = json!({"id": own, "site": store.site, "as_of": MINUTE});
        scene.officer.post("/api/v1/count-sheets", &other).refused("id_reused", &["/id"]);

        store.submits(&sheet).refused("wrong_state", &[]);
        store.posts(&sheet, json!({"reason": "none"})).refused("wrong_state", &[]);
        store.counts(&sheet, json!([{"line": 4, "counted": 1}])).refused("invalid", &["/counts/0/line"]);
        store.counts(&sheet, json!([{"line": 1, "counted": 1}, {"line": 1, "counted": 2}])).refused("invalid", &["/counts/1/line"]);
        store.counts(&sheet, json!([{"line": 1, "counted": -1}])).refused("invalid", &["/counts/0/counted"]);
        store.counts(&sheet, json!([{"line": 1, "counted": 101}, {"line": 2, "counted": 590}])).expect(200);
        store.counts(&sheet, json!([{"line": 1, "counted": 100}, {"line": 3, "counted": 300}])).expect(200);
        let found = json!([{"item": scene.masks, "lot": "C-3", "counted": 7}]);
        let told = store.counts(&sheet, found.clone()).expect(200);
        assert!(!told.to_string().contains("expected"), "{told:#}");
        let size = scene.log_size();
        store.counts(&sheet, found).expect(200);
        assert_eq!(scene.log_size(), size, "the same again changes nothing");

        let handed_in = store.submits(&sheet).expect(200);
        assert_eq!(handed_in["state"], "submitted");
        assert_eq!(lines(&handed_in, "expected"),
            [("-".into(), Some(100)), ("A-1".into(), Some(600)), ("B-2".into(), Some(300)), ("C-3".into(), Some(0))]);
        assert_eq!(lines(&handed_in, "difference"),
            [("-".into(), Some(0)), ("A-1".into(), Some(-10)), ("B-2".into(), Some(0)), ("C-3".into(), Some(7))]);
        assert_eq!(handed_in["crossed_by"], json!([]));
        store.counts(&sheet, json!([{"line": 2, "counted": 600}])).refused("wrong_state", &[]);
        assert_eq!(store.missing(), (1_000, 0), "nothing of it counts yet");

        store.posts(&sheet, json!({})).refused("invalid", &["/reason"]);
        store.posts(&sheet, json!({"reasons": [{"line": 1, "reason": "rats"}]})).refused("invalid", &["/reasons/0/line"]);
        store.posts(&sheet, json!({"reasons": [{"line": 2, "reason": "rats"}]})).refused("invalid", &["/reason"]);
        let event = id();
        let posting = json!({"event": event, "reason": "not booked", "reasons": [{"line": 2, "reason": "rats"}]});
        // Few units, and yet somebody else approves them: it is a sheet's.
        store.posts(&sheet, posting.clone()).refused("invalid", &["/programme"]);
        assert_eq!(store.show(&sheet)["event"], Value::Null);
        let void = |reason: &str| scene.officer.post(&Store::path(&sheet, "/void"), &json!({ "reason": reason }));
        void(" ").refused("invalid", &["/reason"]);
        void("no programme on it").expect(200);
        store.posts(&sheet, posting).refused("wrong_state", &[]);
        assert_eq!(store.show(&sheet)["state"], "void");
        scene.closes();
        scene.verifies();
    }

    fn what_a_sheet_found_counts_once_somebody_else_approves_it(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let sheet = store.counted(&[100, 590, 302]);
        let event = id();
        let posting = json!({"event": event, "reason": "not booked", "reasons": [{"line": 2, "reason": "rats"}]});
        let proposed = store.posts(&sheet, posting.clone()).expect(202);
        assert_eq!((&proposed["sheet"]["state"], &proposed["event"]["status"]), (&json!("proposed"), &json!("proposed")));
        assert_eq!(store.missing(), (1_000, 0));
        let size = scene.log_size();
        store.posts(&sheet, posting.clone()).expect(202);
        store.posts(&sheet, json!({"event": id(), "reason": "not booked"})).refused("wrong_state", &["/event"]);
        let other = json!({"event": event, "reason": "stolen"});
        store.posts(&sheet, other).refused("id_reused", &["/id"]);
        assert_eq!(scene.log_size(), size, "it is posted once");
        let void = || scene.officer.post(&Store::path(&sheet, "/void"), &json!({"reason": "counted again"}));
        void().refused("wrong_state", &[]);

        let approval = proposed["event"]["approval"].as_str().unwrap();
        let shown = scene.manager.get(&format!("/api/v1/approvals/{approval}")).expect(200);
        assert_eq!((&shown["kind"], &shown["limit"], &shown["body"]["sheet"]), (&json!("counted"), &Value::Null, &sheet["id"]));
        scene.rules(&scene.officer, approval, "approve").refused("forbidden", &[]);
        scene.rules(&scene.manager, approval, "approve").expect(200);
        assert_eq!(store.missing(), (992, 10));
        let posted = store.show(&sheet);
        assert_eq!((&posted["state"], &posted["event"]), (&json!("posted"), &json!(event)));
        let body = scene.event(&event).expect(200)["body"].clone();
        assert_eq!((&body["occurred_at"], &body["reason"]), (&json!(MINUTE), &json!("not booked")));
        assert_eq!((&body["lines"][1]["reason"], &body["lines"][0]["lot_unknown"]), (&json!("rats"), &json!(true)));
        assert_eq!(store.posts(&sheet, posting).expect(200)["event"]["status"], "posted");
        void().refused("wrong_state", &[]);
        scene.does("reversed", "2020-09-01", json!({"event": event, "reason": "another shelf"})).expect(201);
        assert_eq!((&store.show(&sheet)["state"], store.missing()), (&json!("reversed"), (1_000, 0)));
        assert_eq!(void().expect(200)["state"], "void");
        scene.closes();
        scene.verifies();
    }

    fn a_sheet_that_was_refused_is_posted_anew_and_one_without_differences_needs_nobody(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let sheet = store.counted(&[100, 599, 300]);
        let first = store.posts(&sheet, json!({"reason": "one carton is torn"})).expect(202);
        scene.rules(&scene.manager, first["event"]["approval"].as_str().unwrap(), "refuse").expect(200);
        assert_eq!(store.show(&sheet)["state"], "submitted");
        let again = json!({"event": first["event"]["id"], "reason": "one carton is torn"});
        store.posts(&sheet, again).refused("wrong_state", &["/id"]);
        let second = store.posts(&sheet, json!({"reason": "one carton is torn"})).expect(202);
        scene.rules(&scene.manager, second["event"]["approval"].as_str().unwrap(), "approve").expect(200);
        assert_eq!(store.missing(), (999, 1));

        let exact = store.opens(json!({"as_of": "2020-08-02T08:00:00Z", "blind": false}));
        assert_eq!(lines(&exact, "expected"), [("-".into(), Some(100)), ("A-1".into(), Some(599)), ("B-2".into(), Some(300))]);
        store.counts(&exact, json!([{"line": 1, "counted": 100}, {"line": 2, "counted": 599}, {"line": 3, "counted": 300}])).expect(200);
        store.submits(&exact).expect(200);
        let posted = store.posts(&exact, json!({})).expect(200);
        assert_eq!((&posted["event"]["status"], &posted["sheet"]["state"]), (&json!("posted"), &json!("posted")));
        assert_eq!(store.missing(), (999, 1));
        scene.verifies();
    }

    fn only_a_sheet_says_that_a_count_is_a_sheets(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let sheet = store.counted(&[100, 590, 300]);
        let count = |more: Value| {
            let mut body = json!({"site": store.site, "lines": [{"item": scene.masks, "lot": "A-1", "counted": 590}], "reason": "rats"});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            scene.post(&scene.officer, "counted", MINUTE, body)
        };
        count(json!({"sheet": sheet["id"]})).refused("invalid", &["/sheet"]);
        assert_eq!(store.missing(), (1_000, 0));
        // The same figures without it are a count like any other, and ten units are below its limit.
        count(json!({})).expect(201);
        assert_eq!(store.missing(), (990, 10));
    }

    fn goods_whose_lot_is_not_known_are_counted_apart_from_the_lots(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let count = |line: Value| {
            let mut line = line;
            line["item"] = json!(scene.masks);
            scene.does("counted", MINUTE, json!({"site": store.site, "lines": [line], "reason": "yearly"}))
        };
        count(json!({"lot": "A-1", "lot_unknown": true, "counted": 1})).refused("invalid", &["/lines/0/lot_unknown"]);
        count(json!({"lot_unknown": true, "counted": 98})).expect(201);
        assert_eq!(store.missing(), (998, 2));
        // Without that, all lots together are counted: the same figure says that 900 are gone.
        count(json!({"counted": 98})).expect(201);
        assert_eq!(store.missing(), (98, 902));
        scene.closes();
    }

    fn a_sheet_says_which_movements_and_late_entries_cross_it(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let moves = |day: &str, quantity: i64| {
            let mut line = scene.line(quantity);
            line["lot"] = json!("A-1");
            scene.does("moved", day, json!({"site": store.site, "to_site": store.other, "lines": [line]})).expect(201)
        };
        let before = moves("2020-07-20", 50);
        let sheet = store.opens(json!({}));
        let since = moves("2020-08-02", 30);
        let late = moves("2020-07-25", 20);
        let crossed = store.show(&sheet)["crossed_by"].clone();
        let told: Vec<(Value, &str, i64)> = crossed.as_array().unwrap().iter()
            .map(|one| (one["event"].clone(), one["how"].as_str().unwrap(), one["goods"][0]["quantity"].as_i64().unwrap()))
            .collect();
        assert_eq!(told, [(since["id"].clone(), "moved_since", -30), (late["id"].clone(), "told_late", -20)]);
        assert!(!crossed.to_string().contains(before["id"].as_str().unwrap()));

        // What was told late is in what the sheet is compared with, since it is looked up once more.
        let figures = json!([{"line": 1, "counted": 100}, {"line": 2, "counted": 525}, {"line": 3, "counted": 300}]);
        store.counts(&sheet, figures).expect(200);
        let handed_in = store.submits(&sheet).expect(200);
        assert_eq!(lines(&handed_in, "difference")[1], ("A-1".into(), Some(-5)));

        // What is told later still changes what the counters found: nobody has looked at that.
        let later = moves("2020-07-26", 3);
        let refused = store.posts(&sheet, json!({"reason": "rats"}));
        refused.refused("wrong_state", &[]);
        let told = refused.json();
        assert_eq!((&told["line"], &told["recorded"], &told["expected"]), (&json!(2), &json!(527), &json!(530)));
        assert!(store.show(&sheet)["crossed_by"].to_string().contains(later["id"].as_str().unwrap()));
        // A twin without that look: the very figures of the sheet, posted past it, find 2 missing and not 5.
        let twin = json!({"site": store.site, "reason": "rats", "lines": [{"item": scene.masks, "lot": "A-1", "counted": 525}]});
        scene.does("counted", MINUTE, twin).expect(201);
        assert_eq!(scene.accounts(&store.pledge)["missing"], 2);
        scene.closes();
        scene.verifies();
    }

    fn what_was_told_since_a_sheet_was_opened_is_counted_too(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let sheet = store.opens(json!({}));
        let donor = scene.organization("Late donor", "CN");
        let (pledge, _) = scene.accepted(&donor, 40);
        let line = json!({"item": scene.masks, "lot": "D-4", "quantity": 40});
        scene.does("collected", "2020-07-11", json!({"pledge": pledge, "site": store.site, "lines": [line]})).expect(201);
        let figures = json!([{"line": 1, "counted": 100}, {"line": 2, "counted": 600}, {"line": 3, "counted": 300}]);
        store.counts(&sheet, figures).expect(200);
        let refused = store.submits(&sheet);
        refused.refused("wrong_state", &[]);
        assert_eq!((&refused.json()["item"], &refused.json()["lot"]), (&json!(scene.masks), &json!("D-4")));
        assert_eq!(refused.json().get("expected"), None, "a blind sheet tells no figure: {}", refused.text);
        store.counts(&sheet, json!([{"item": scene.masks, "lot": "D-4", "counted": 39}])).expect(200);
        let handed_in = store.submits(&sheet).expect(200);
        assert_eq!(lines(&handed_in, "difference")[3], ("D-4".into(), Some(-1)), "without that look it would be 39 too many");
        scene.verifies();
    }

    fn a_sheet_of_some_items_is_crossed_by_those_only_and_lists_what_is_not_there(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let soap = json!({"code": "SOAP", "name": "Soap", "base_unit": "piece", "category": "hygiene"});
        let soap = scene.admin.post("/api/v1/items", &soap).expect(201)["id"].clone();
        let sheet = store.opens(json!({"items": [soap], "programme": scene.programme}));
        assert_eq!((&sheet["whole"], lines(&sheet, "counted")), (&json!(false), vec![("-".into(), None)]));
        scene.does("moved", "2020-08-02", json!({"site": store.site, "to_site": store.other, "lines": [scene.line(30)]})).expect(201);
        assert_eq!(store.show(&sheet)["crossed_by"], json!([]));
        store.counts(&sheet, json!([{"line": 1, "counted": 12}])).expect(200);
        store.submits(&sheet).expect(200);
        let proposed = store.posts(&sheet, json!({"reason": "came without papers"})).expect(202);
        scene.rules(&scene.manager, proposed["event"]["approval"].as_str().unwrap(), "approve").expect(200);
        let stock = scene.stock(&store.site);
        assert!(stock.as_array().unwrap().iter().any(|line| line["code"] == "SOAP" && line["free"] == 12), "{stock:#}");
        scene.closes();
        scene.verifies();
    }

    fn a_sheet_goes_out_as_a_table_and_comes_back_filled(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let tent = json!({"code": "=TENT", "name": "+Tent, \"family\"", "base_unit": "piece", "category": "shelter"});
        let tent = scene.admin.post("/api/v1/items", &tent).expect(201)["id"].clone();
        let count = json!({"site": store.site, "programme": scene.programme, "reason": "found", "lines": [{"item": tent, "lot": "-9", "counted": 4}]});
        scene.does("counted", "2020-07-12", count).expect(201);
        let sheet = store.opens(json!({}));
        let blind = table(&scene.officer, &sheet);
        let expected = "line,item_code,item,base_unit,lot,expires_on,condition,counted\r\n\
            1,'=TENT,\"'+Tent, \"\"family\"\"\",piece,'-9,,good,\r\n\
            2,MASK,Surgical masks,piece,,,good,\r\n\
            3,MASK,Surgical masks,piece,A-1,,good,\r\n\
            4,MASK,Surgical masks,piece,B-2,,good,\r\n";
        assert_eq!(blind.text, expected);
        let open = store.opens(json!({"blind": false}));
        assert!(table(&scene.auditor, &open).text.contains("condition,expected,counted\r\n1,'=TENT"), "{}", blind.text);
        assert!(table(&scene.auditor, &open).text.contains("3,MASK,Surgical masks,piece,A-1,,good,600,\r\n"));

        let sends = |text: &str| scene.officer.upload(&Store::path(&sheet, "/table"), "text/csv", text.as_bytes());
        scene.officer.upload(&Store::path(&sheet, "/table"), "application/json", b"{}").refused("unsupported_media_type", &[]);
        sends("line;number\r\n1;2\r\n").refused("invalid", &["/rows/1"]);
        sends("line,item_code,counted\r\n1,,4\r\n9,,1\r\n").refused("invalid", &["/rows/3/line"]);
        sends("line,item_code,counted\r\n1,,four\r\n").refused("invalid", &["/rows/2/counted"]);
        sends("line,item_code,counted\r\n,NONE,4\r\n").refused("invalid", &["/rows/2/item_code"]);
        // A spreadsheet in French sends it back with semicolons; an empty cell is not counted yet.
        sends("line;item_code;item;lot;condition;counted\r\n1;'=TENT;;;good;4\r\n2;MASK;;;;100\r\n3;MASK;;;;\r\n").expect(200);
        assert_eq!(lines(&store.show(&sheet), "counted")[..3],
            [("-9".into(), Some(4)), ("-".into(), Some(100)), ("A-1".into(), None)]);
        sends("line,item_code,lot,condition,counted\r\n3,,,,600\r\n4,,,,300\r\n,'=TENT,'-9,damaged,1\r\n").expect(200);
        let handed_in = store.submits(&sheet).expect(200);
        assert_eq!(lines(&handed_in, "difference").last(), Some(&("-9".into(), Some(1))));
        assert_eq!(handed_in["lines"][4]["condition"], "damaged");
        scene.verifies();
    }

    fn a_sheet_that_was_edited_behind_the_log_is_named(database: &TestDatabase) {
        let store = store(database);
        let sheet = store.counted(&[100, 590, 300]);
        store.posts(&sheet, json!({"reason": "rats"})).expect(202);
        store.scene.verifies();
        let nowhere = std::path::Path::new("/nonexistent/keys");
        for (change, table, column) in [
            ("UPDATE count_lines SET counted = 600 WHERE counted = 590", "count_lines", "counted"),
            ("UPDATE count_lines SET expected = 601 WHERE expected = 600", "count_lines", "expected"),
            ("UPDATE count_sheets SET submitted_by = event_id", "count_sheets", "submitted_by"),
            ("UPDATE count_sheets SET as_of = as_of + 60000000", "count_sheets", "as_of"),
            ("UPDATE count_sheets SET void_reason = 'never was'", "count_sheets", "void_reason"),
            ("DELETE FROM count_lines WHERE ordinal = 3", "count_lines", "-"),
        ] {
            crate::verify::assert_named(&store.scene.url, nowhere, change, &[(table, column)]);
        }
    }

    fn a_sheet_is_of_a_minute_that_is_over_and_of_a_site_within_reach(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let opens = |body: Value| scene.officer.post("/api/v1/count-sheets", &body);
        opens(json!({"site": store.site, "as_of": "2020-08-01T08:00:30Z"})).refused("invalid", &["/as_of"]);
        opens(json!({"site": store.site, "as_of": "2222-08-01T08:00:00Z"})).refused("invalid", &["/as_of"]);
        opens(json!({"site": store.site, "items": []})).refused("invalid", &["/items"]);
        opens(json!({"site": store.site, "items": [id()]})).refused("invalid", &["/items/0"]);
        opens(json!({"site": store.site, "programme": id()})).refused("invalid", &["/programme"]);
        opens(json!({"site": id()})).refused("not_found", &[]);
        let there = scene.house.login_bound(Role::Officer, None, Some("SN"));
        there.post("/api/v1/count-sheets", &json!({"site": store.site})).refused("not_found", &[]);
        let sheet = store.opens(json!({}));
        there.get(&Store::path(&sheet, "")).refused("not_found", &[]);
        there.post(&Store::path(&sheet, "/submit"), &Value::Null).refused("not_found", &[]);
        assert_eq!(there.get("/api/v1/count-sheets").expect(200)["items"], json!([]));
        let listed = scene.auditor.get(&format!("/api/v1/count-sheets?site={}", store.site)).expect(200);
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
        scene.manager.post("/api/v1/count-sheets", &json!({"site": store.site})).refused("forbidden", &[]);
        scene.auditor.post(&Store::path(&sheet, "/submit"), &Value::Null).refused("forbidden", &[]);
    }

    fn the_card_of_an_item_tells_every_movement_and_ends_at_the_stock(database: &TestDatabase) {
        let store = store(database);
        let scene = &store.scene;
        let city = scene.organization("Banjul", "GM");
        let banjul = scene.site("Banjul", "city", "GM");
        let (consignment, leg) = scene.planned(&city, &[&store.site, &banjul]);
        let lines = json!([scene.line(200)]);
        scene.does("allocated", "2020-07-15", json!({"consignment": consignment, "site": store.site, "lines": lines})).expect(201);
        let departed = scene.does("departed", "2020-07-20", json!({"consignment": consignment, "leg": leg})).expect(201);
        scene.does("damaged", "2020-07-22", json!({"site": store.site, "lines": [scene.line(5)], "reason": "rain"})).expect(201);
        // Told last, and counts from before.
        scene.does("moved", "2020-07-12", json!({"site": store.site, "to_site": store.other, "lines": [scene.line(40)]})).expect(201);
        let waybill = json!({"kind": "waybill", "mode": "cmr", "site": store.site, "issued_on": "2020-07-20", "events": [departed["id"]]});
        let waybill = scene.officer.post("/api/v1/documents", &waybill).expect(201);

        let card = |more: &str| scene.auditor.get(&format!("/api/v1/sites/{}/stock/card?item={}{more}", store.site, scene.masks));
        let all = card("").expect(200);
        let rows: Vec<(&str, i64, i64, i64, i64)> = all["items"].as_array().unwrap().iter()
            .map(|row| {
                let of = |name: &str| row[name].as_i64().unwrap();
                (row["kind"].as_str().unwrap(), of("in"), of("out"), of("within"), of("balance"))
            })
            .collect();
        assert_eq!(rows, [("collected", 1_000, 0, 0, 1_000), ("moved", 0, 40, 0, 960), ("allocated", 0, 0, 200, 960),
            ("departed", 0, 200, 0, 760), ("damaged", 0, 0, 5, 760)]);
        assert_eq!(all["items"][3]["documents"], json!([waybill["number"]]));
        assert_eq!((&all["opening"], &all["closing"], &all["next"]), (&json!(0), &json!(760), &Value::Null));
        let stock: i64 = scene.stock(&store.site).as_array().unwrap().iter()
            .flat_map(|line| ["free", "allocated", "held", "damaged", "expired"].map(|name| line[name].as_i64().unwrap()))
            .sum();
        assert_eq!(all["closing"], stock, "the last balance is what the stock says");

        // Page by page, each begins where the last ended.
        let (mut paged, mut after, mut closing) = (Vec::new(), String::new(), json!(0));
        loop {
            let page = card(&format!("&limit=2{after}")).expect(200);
            assert_eq!(page["opening"], closing, "{page:#}");
            closing = page["closing"].clone();
            paged.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(json!(paged), all["items"]);

        let lots: i64 = ["A-1", "B-2", ""].iter().map(|lot| card(&format!("&lot={lot}")).expect(200)["closing"].as_i64().unwrap()).sum();
        assert_eq!(all["closing"], lots);
        assert_eq!(card("&lot=none").expect(200)["items"], json!([]));
        scene.auditor.get(&format!("/api/v1/sites/{}/stock/card?item={}", store.site, id())).refused("invalid", &["/item"]);
        scene.auditor.get(&format!("/api/v1/sites/{}/stock/card?item={}", id(), scene.masks)).refused("not_found", &[]);

        // Whoever runs the store reads what moved there, and nothing of whose consignment it was.
        let other = scene.organization("Stores of Accra", "GH");
        scene.admin.patch(&format!("/api/v1/sites/{}", store.site), 1, &json!({"operator": other})).expect(200);
        let keeper = scene.house.login_bound(Role::Auditor, Some(other.parse().unwrap()), None);
        let kept = keeper.get(&format!("/api/v1/sites/{}/stock/card?item={}", store.site, scene.masks)).expect(200);
        assert_eq!(kept["closing"], all["closing"]);
    }
}
