//! What is under recall, and where all of it is.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::{lot_in_store, numbers, of_lot, rows};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

const PATH: &str = "/api/v1/lots/recalled?limit=500";

fn figures(row: &Value) -> [i64; 6] {
    ["held", "damaged", "loose", "missing", "distributed", "ended"]
        .map(|name| row[name].as_i64().expect("a figure"))
}

on_both_databases! {
    migrate: migrate;

    fn a_recall_says_where_all_of_a_lot_is(database: &TestDatabase) {
        let scene = Scene::new(database);
        let city = scene.organization("City of Banjul", "GM");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let banjul = scene.site("Banjul", "city", "GM");
        lot_in_store(&scene, &beijing, "BAD", "2032-01-31", 1_000);
        lot_in_store(&scene, &beijing, "FINE", "2032-01-31", 1_000);
        let of = |quantity: i64| json!([of_lot(&scene, "BAD", quantity)]);
        let (arrived, came_by) = scene.planned(&city, &[&beijing, &banjul]);
        scene.does("departed", "2020-08-01", json!({"consignment": arrived, "leg": came_by, "lines": of(300)})).expect(201);
        let line = json!({"item": scene.masks, "lot": "BAD", "good": 280, "missing": 20, "reason": "torn bag"});
        scene.does("received", "2020-08-03", json!({"consignment": arrived, "leg": came_by, "final": true, "lines": [line]})).expect(201);
        scene.does("distributed", "2020-08-04", json!({"site": banjul, "lines": of(80)})).expect(201);
        scene.does("damaged", "2020-08-04", json!({"site": beijing, "lines": of(50), "reason": "rain"})).expect(201);
        let (under_way, leg) = scene.planned(&city, &[&beijing, &banjul]);
        scene.does("departed", "2020-08-05", json!({"consignment": under_way, "leg": leg, "lines": of(100)})).expect(201);
        assert_eq!(rows(&scene.officer, PATH), Vec::<Value>::new());

        let recall = json!({"item": scene.masks, "lot": "BAD", "reason": "straps break"});
        let held = scene.does("held", "2020-08-06", recall.clone()).expect(201);
        let found = rows(&scene.officer, PATH);
        assert_eq!(numbers(&found), ["BAD"]);
        let row = &found[0];
        assert_eq!((&row["event"], &row["since"], &row["reason"]), (&held["id"], &json!("2020-08-06T00:00:00Z"), &json!("straps break")));
        assert_eq!(figures(row), [850, 50, 0, 20, 80, 0]);
        let all: i64 = row["places"].as_array().expect("places").iter().map(|place| place["quantity"].as_i64().expect("a quantity")).sum();
        assert_eq!(all, 1_000, "each unit stands in one place");

        // What is found again is held too; each organization and country sees its part of it.
        let again = json!({"consignment": arrived, "leg": came_by, "lines": of(20), "reason": "behind the seat"});
        scene.decides("found", "2020-08-07", again).expect(201);
        assert_eq!(figures(&rows(&scene.officer, PATH)[0]), [870, 50, 0, 0, 80, 0]);
        let at_home = scene.house.login_bound(Role::Officer, None, Some("GM"));
        assert_eq!(figures(&rows(&at_home, PATH)[0]), [320, 0, 0, 0, 80, 0]);
        let elsewhere = scene.house.login_bound(Role::Manager, None, Some("NP"));
        assert_eq!(rows(&elsewhere, PATH), Vec::<Value>::new());
        assert_eq!(rows(&scene.officer, &format!("{PATH}&site={beijing}")).len(), 1);

        // At any moment it was what the recalls that counted then say.
        let known = scene.log_size();
        assert_eq!(rows(&scene.officer, &format!("{PATH}&as_of=2020-08-05")), Vec::<Value>::new());
        assert_eq!(figures(&rows(&scene.officer, &format!("{PATH}&as_of=2020-08-06"))[0]), [850, 50, 0, 20, 80, 0]);
        let ended = scene.does("released_from_hold", "2020-08-08", recall).expect(201);
        assert_eq!(rows(&scene.officer, PATH), Vec::<Value>::new());
        assert_eq!(rows(&scene.officer, &format!("{PATH}&known_at={known}")).len(), 1);
        scene.does("reversed", "2020-08-09", json!({"event": ended["id"], "reason": "too early"})).expect(201);
        assert_eq!(figures(&rows(&scene.officer, PATH)[0]), [870, 50, 0, 0, 80, 0]);
        scene.officer.get("/api/v1/lots/recalled?within=3m").refused("invalid", &["/within"]);
        scene.closes();
        scene.verifies();
    }

    fn a_recall_of_what_is_not_here_says_so_and_holds_what_comes(database: &TestDatabase) {
        let scene = Scene::new(database);
        let city = scene.organization("City of Banjul", "GM");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let banjul = scene.site("Banjul", "city", "GM");
        let recall = |number: &str| json!({"item": scene.masks, "lot": number, "reason": "the maker calls it back"});
        scene.does("released_from_hold", "2020-08-06", recall("BAD-9")).refused("invalid", &["/lot"]);
        scene.does("held", "2020-08-06", recall(" ")).refused("invalid", &["/lot"]);
        let held = scene.does("held", "2020-08-06", recall("BAD-9")).expect(201);
        assert_eq!((&held["status"], &held["warnings"]), (&json!("posted"), &json!(["none_in_hand"])));
        scene.does("held", "2020-08-06", recall("BAD-9")).refused("wrong_state", &["/lot"]);
        let found = rows(&scene.officer, PATH);
        assert_eq!((numbers(&found), figures(&found[0])), (vec!["BAD-9"], [0; 6]));
        assert_eq!((&found[0]["event"], &found[0]["places"]), (&held["id"], &json!([])));
        assert_eq!(rows(&scene.officer, &format!("{PATH}&item={}", scene.masks)).len(), 1);
        // Where one looks for goods, or reaches only some, nothing is there.
        let at_home = scene.house.login_bound(Role::Officer, None, Some("GM"));
        for (caller, more) in [(&at_home, String::new()), (&scene.officer, format!("&site={beijing}")),
            (&scene.officer, format!("&item={}", crate::stories::scene::id())), (&scene.officer, "&as_of=2020-08-05".to_owned())] {
            assert_eq!(rows(caller, &format!("{PATH}{more}")), Vec::<Value>::new(), "{more}");
        }

        // What comes of it is held from the first; the twin, of a number that differs by one, is not.
        let pledge = lot_in_store(&scene, &beijing, "BAD-9", "2032-01-31", 500);
        lot_in_store(&scene, &beijing, "BAD-8", "2032-01-31", 500);
        assert_eq!(figures(&rows(&scene.officer, PATH)[0]), [500, 0, 0, 0, 0, 0]);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 500}));
        let (consignment, _) = scene.planned(&city, &[&beijing, &banjul]);
        let reserve = |number: &str| json!({"consignment": consignment, "site": beijing, "lines": [of_lot(&scene, number, 1)]});
        scene.does("allocated", "2020-08-07", reserve("BAD-9")).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("allocated", "2020-08-07", reserve("BAD-8")).expect(201);
        let ended = scene.does("released_from_hold", "2020-08-08", recall("BAD-9")).expect(201);
        assert_eq!((&ended["warnings"], rows(&scene.officer, PATH)), (&Value::Null, Vec::new()));
        scene.does("allocated", "2020-08-09", reserve("BAD-9")).expect(201);

        // One of goods that are here warns of nothing, and a number that was mistyped is taken back.
        let here = scene.does("held", "2020-08-10", recall("BAD-8")).expect(201);
        assert_eq!(here["warnings"], Value::Null);
        let mistyped = scene.does("held", "2020-08-10", recall("BAD8")).expect(201);
        assert_eq!((&mistyped["warnings"], rows(&scene.officer, PATH).len()), (&json!(["none_in_hand"]), 2));
        scene.does("reversed", "2020-08-10", json!({"event": mistyped["id"], "reason": "it is BAD-8"})).expect(201);
        assert_eq!(numbers(&rows(&scene.officer, PATH)), ["BAD-8"]);
        scene.closes();
        scene.verifies();
    }

    fn a_recall_of_what_people_have_already_says_how_much_and_holds_what_still_comes(database: &TestDatabase) {
        let scene = Scene::new(database);
        let city = scene.organization("City of Banjul", "GM");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let banjul = scene.site("Banjul", "city", "GM");
        lot_in_store(&scene, &beijing, "BAD", "2032-01-31", 80);
        let of = |quantity: i64| json!([of_lot(&scene, "BAD", quantity)]);
        let (consignment, leg) = scene.planned(&city, &[&beijing, &banjul]);
        scene.does("departed", "2020-08-01", json!({"consignment": consignment, "leg": leg, "lines": of(80)})).expect(201);
        let line = json!({"item": scene.masks, "lot": "BAD", "good": 80});
        scene.does("received", "2020-08-03", json!({"consignment": consignment, "leg": leg, "final": true, "lines": [line]})).expect(201);
        scene.does("distributed", "2020-08-04", json!({"site": banjul, "lines": of(80)})).expect(201);
        let recall = json!({"item": scene.masks, "lot": "BAD", "reason": "straps break"});
        let held = scene.does("held", "2020-08-06", recall).expect(201);
        assert_eq!(held["warnings"], json!(["none_in_hand"]));
        assert_eq!(figures(&rows(&scene.officer, PATH)[0]), [0, 0, 0, 0, 80, 0]);
        // Whoever reaches where they were handed out reads of them, too; nobody else does.
        let at_home = scene.house.login_bound(Role::Officer, None, Some("GM"));
        assert_eq!(figures(&rows(&at_home, PATH)[0]), [0, 0, 0, 0, 80, 0]);
        let elsewhere = scene.house.login_bound(Role::Officer, None, Some("NP"));
        assert_eq!(rows(&elsewhere, PATH), Vec::<Value>::new());
        lot_in_store(&scene, &beijing, "BAD", "2032-01-31", 20);
        assert_eq!(figures(&rows(&scene.officer, PATH)[0]), [20, 0, 0, 0, 80, 0]);
        scene.closes();
        scene.verifies();
    }

    fn one_number_of_two_items_is_two_lots_and_of_two_makers_one_until_they_are_told_apart(database: &TestDatabase) {
        let scene = Scene::new(database);
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let gloves = json!({"code": "GLOVE", "name": "Gloves", "base_unit": "pair", "category": "protective equipment"});
        let gloves = scene.admin.post("/api/v1/items", &gloves).expect(201)["id"].clone();
        let in_store = |donor: &str, item: &Value, quantity: i64| {
            let donor = scene.organization(donor, "CN");
            let offer = json!({"programme": scene.programme, "donor": donor, "offered_at": "2020-07-01",
                "lines": [{"item": item, "quantity": quantity}]});
            let pledge = scene.officer.post("/api/v1/pledges", &offer).expect(201);
            scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge["id"]})).expect(201);
            let line = json!({"item": item, "lot": "B-1", "expires_on": "2032-01-31", "quantity": quantity});
            scene.does("collected", "2020-07-10", json!({"pledge": pledge["id"], "site": beijing, "lines": [line]})).expect(201);
            pledge["lines"][0]["id"].clone()
        };
        let masks = json!(scene.masks);
        in_store("First maker", &masks, 300);
        let of_second = in_store("Second maker", &masks, 200);
        in_store("Glove maker", &gloves, 100);
        let stands = |item: &Value, number: &str| {
            let stock = scene.stock(&beijing);
            let own = stock.as_array().expect("stock").iter().filter(|line| line["item"] == *item && line["lot"] == number);
            let sum = |name: &str| own.clone().map(|line| line[name].as_i64().expect("a figure")).sum::<i64>();
            (sum("free"), sum("held"))
        };
        let recall = json!({"item": masks, "lot": "B-1", "reason": "the first maker calls it back"});
        scene.does("held", "2020-08-06", recall).expect(201);
        assert_eq!((stands(&masks, "B-1"), stands(&gloves, "B-1")), ((0, 500), (100, 0)));
        let found = rows(&scene.officer, PATH);
        assert_eq!((numbers(&found), &found[0]["item"], figures(&found[0])), (vec!["B-1"], &masks, [500, 0, 0, 0, 0, 0]));
        assert_eq!(rows(&scene.officer, &format!("{PATH}&item={}", gloves.as_str().expect("an id"))), Vec::<Value>::new());

        // By hand nothing of a recalled lot is released; the second maker's, told apart, is.
        let release = |number: &str| json!({"site": beijing, "lines": [{"item": masks, "lot": number, "quantity": 200}], "reason": "not theirs"});
        scene.does("released_from_hold", "2020-08-07", release("B-1")).refused("insufficient", &["/lines/0/quantity"]);
        let theirs = json!([{"item": masks, "lot": "B-1", "quantity": 200, "pledge_line": of_second}]);
        let apart = json!({"site": beijing, "lines": theirs, "to_lot": "B-1 (second)", "expires_on": "2032-01-31"});
        scene.does("relotted", "2020-08-07", apart).expect(201);
        assert_eq!((stands(&masks, "B-1"), stands(&masks, "B-1 (second)")), ((0, 300), (0, 200)));
        scene.does("released_from_hold", "2020-08-08", release("B-1 (second)")).expect(201);
        assert_eq!((stands(&masks, "B-1"), stands(&masks, "B-1 (second)")), ((0, 300), (200, 0)));
        assert_eq!(figures(&rows(&scene.officer, PATH)[0]), [300, 0, 0, 0, 0, 0]);
        scene.closes();
        scene.verifies();
    }
}
