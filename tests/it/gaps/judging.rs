//! What an acceptance is judged by: what is sent already, whether the goods fit, and where areas are now.

use chrono::{Days, Utc};
use serde_json::{Value, json};

use super::{Ground, apart, figures, gaps};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

const PROPOSALS: &str = "/api/v1/gaps/proposals";

/// An allocation out of Beijing, with what names its goods more closely.
fn allocation(ground: &Ground, need: &Value, consignment: &str, quantity: i64, members: Value) -> Value {
    let mut one = json!({"id": id(), "need": need["id"], "consignment": consignment, "occurred_at": "2020-07-20",
        "site": ground.beijing, "quantity": quantity});
    one.as_object_mut().expect("a body").extend(members.as_object().expect("members").clone());
    one
}

fn proposals(ground: &Ground) -> Vec<Value> {
    let shown = ground.scene.manager.get(PROPOSALS).expect(200);
    shown["rows"].as_array().expect("rows").clone()
}

/// A consignment with nothing in it, from Beijing to a site.
fn way_to(ground: &Ground, site: &str) -> String {
    ground.scene.planned(&ground.city, &[&ground.beijing, site]).0
}

fn line_of(ground: &Ground, pledge: &str) -> Value {
    ground.scene.officer.get(&format!("/api/v1/pledges/{pledge}")).expect(200)["lines"][0]["id"].clone()
}

on_both_databases! {
    migrate: migrate;

    fn what_is_sent_for_a_need_is_not_sent_again_though_nobody_dates_it(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        let need = ground.needs("GM-B", 100, json!({}));
        ground.given(&ground.beijing, 1_000, json!({}), json!({}));
        let to = way_to(&ground, &ground.banjul);
        let accepts = |quantity: i64| {
            let rows = [allocation(&ground, &need, &to, quantity, json!({}))];
            scene.manager.post(PROPOSALS, &json!({"allocations": rows}))
        };
        accepts(60).expect(201);
        // Nothing tells when it comes, so all is lacking still: whoever looks at the gap alone would send the same once more.
        let row = gaps(&scene.auditor, "area=GM-B")[0].clone();
        assert_eq!((figures(&row)[5], apart(&row)), (100, json!({"undated": 60})));
        let words = accepts(60).refused("wrong_state", &["/allocations"]);
        assert!(words.contains("only 40 are lacking now beside the 60 in its consignments"), "{words}");
        let proposed = proposals(&ground);
        assert_eq!(proposed.len(), 1, "{proposed:#?}");
        assert_eq!((&proposed[0]["quantity"], &proposed[0]["gap"], &proposed[0]["gap_after"]), (&json!(40), &json!(40), &json!(0)));
        accepts(40).expect(201);
        accepts(1).refused("wrong_state", &["/allocations"]);
        assert_eq!(proposals(&ground), Vec::<Value>::new());
        // Whoever says that they are for nobody in particular may send others.
        let matches = format!("/api/v1/needs/{}/matches", need["id"].as_str().expect("an id"));
        scene.officer.post(&matches, &json!({"consignment": to, "quantity": 0})).expect(201);
        assert_eq!(proposals(&ground)[0]["quantity"], 100);
        scene.closes();
        scene.verifies();
    }

    fn goods_that_a_need_may_not_have_are_not_accepted_for_it(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        let day = |days: u64| (Utc::now().date_naive() + Days::new(days)).to_string();
        let need = ground.needs("GM-B", 100, json!({"needed_by": day(20), "shelf_life_days": 30}));
        ground.given(&ground.beijing, 50, json!({}), json!({"lot": "S", "expires_on": day(40)}));
        ground.given(&ground.beijing, 50, json!({}), json!({"lot": "L", "expires_on": day(60)}));
        ground.given(&ground.beijing, 40, json!({"earmark_country": "KE"}), json!({"lot": "K"}));
        let to = way_to(&ground, &ground.banjul);
        let accepts = |members: Value| {
            let rows = [allocation(&ground, &need, &to, 50, members)];
            scene.manager.post(PROPOSALS, &json!({"allocations": rows}))
        };
        let proposed = proposals(&ground);
        assert_eq!((proposed.len(), &proposed[0]["from"]["lot"]), (1, &json!("L")));
        // It was enough that so much is lacking, whatever was named.
        let before = scene.log_size();
        let words = accepts(json!({"lot": "S"})).refused("invalid", &["/allocations/0/lot"]);
        assert!(words.contains(&day(40)) && words.contains("30 days") && words.contains(&day(20)), "{words}");
        accepts(json!({})).refused("invalid", &["/allocations/0/site"]);
        assert_eq!(scene.log_size(), before, "nothing of it was kept");
        accepts(json!({"lot": "L"})).expect(201);
        scene.closes();
        scene.verifies();
    }

    fn what_is_meant_for_an_area_fills_no_gap_of_another(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        let need = ground.needs("GM-B", 100, json!({}));
        let lower_river = ground.given(&ground.beijing, 50, json!({"earmark_area": "GM-L"}), json!({"lot": "A"}));
        let free = ground.given(&ground.beijing, 30, json!({}), json!({"lot": "A"}));
        ground.given(&ground.store, 20, json!({"earmark_area": "GM-L"}), json!({}));
        let row = gaps(&scene.auditor, "area=GM-B")[0].clone();
        assert_eq!((figures(&row), apart(&row)), ([100, 0, 0, 0, 0, 100], json!({"elsewhere": 20})));
        // The twin that knows of countries alone would give Banjul all hundred.
        let (theirs, ours) = (line_of(&ground, &lower_river), line_of(&ground, &free));
        let proposed = proposals(&ground);
        assert_eq!(proposed.len(), 1, "{proposed:#?}");
        let from = &proposed[0]["from"];
        assert_eq!((&proposed[0]["quantity"], &from["lot"], &from["pledge_line"]), (&json!(30), &json!("A"), &ours));

        let to = way_to(&ground, &ground.banjul);
        let accepts = |members: Value| {
            let rows = [allocation(&ground, &need, &to, 30, members)];
            scene.manager.post(PROPOSALS, &json!({"allocations": rows}))
        };
        let words = accepts(json!({"lot": "A", "pledge_line": theirs})).refused("invalid", &["/allocations/0/lot"]);
        assert!(words.contains("meant for GM-L") && words.contains("GM-B"), "{words}");
        accepts(json!({"lot": "A"})).refused("invalid", &["/allocations/0/lot"]);
        accepts(json!({"lot": "A", "pledge_line": ours})).expect(201);

        // Whoever needs it anywhere in the country may have it, and just the line that was named has been drawn.
        let whole = ground.needs("GM", 300, json!({}));
        let proposed = proposals(&ground);
        let told: Vec<_> = proposed.iter()
            .map(|row| (&row["need"], &row["from"]["pledge_line"], &row["quantity"]))
            .collect();
        assert_eq!(told, [(&whole["id"], &theirs, &json!(50))]);
        let row = gaps(&scene.auditor, "area=GM").into_iter().find(|row| row["area"].is_null()).expect("a row");
        assert_eq!(row["in_storage"], 20);
        scene.closes();
        scene.verifies();
    }

    fn an_allocation_that_is_there_is_not_meant_for_another_need_by_sending_it_again(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        let (first, second) = (ground.needs("GM-B", 100, json!({})), ground.needs("GM-B", 200, json!({})));
        ground.given(&ground.beijing, 1_000, json!({}), json!({}));
        let to = way_to(&ground, &ground.banjul);
        let one = allocation(&ground, &first, &to, 60, json!({}));
        let sends = |one: &Value| scene.manager.post(PROPOSALS, &json!({"allocations": [one]}));
        sends(&one).expect(201);
        let mut other = one.clone();
        other["need"] = second["id"].clone();
        sends(&other).refused("id_reused", &["/allocations/0/id"]);
        assert_eq!(sends(&one).expect(200)["receipt"], Value::Null);
        let answered = |need: &Value| {
            let path = format!("/api/v1/needs/{}", need["id"].as_str().expect("an id"));
            scene.auditor.get(&path).expect(200)["answered"]["allocated"].clone()
        };
        assert_eq!((answered(&first), answered(&second)), (json!(60), json!(0)));
        scene.closes();
        scene.verifies();
    }

    fn where_a_consignment_goes_is_compared_by_the_areas_there_are(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        let need = ground.needs("GM-B", 100, json!({}));
        ground.given(&ground.beijing, 1_000, json!({}), json!({}));
        // One lies in Banjul and has a code that these areas do not know; of the other coordinates alone tell that it does not.
        let port = json!({"name": "Port", "kind": "city", "country": "GM", "area_code": "GM01",
            "coordinates": {"latitude": 13.4531, "longitude": -16.5775}});
        let port = scene.admin.post("/api/v1/sites", &port).expect(201)["id"].as_str().expect("an id").to_owned();
        let brikama = scene.site_at("Brikama", "city", "GM", (13.2714, -16.6494));
        let (to_port, to_brikama) = (way_to(&ground, &port), way_to(&ground, &brikama));
        let accepts = |to: &str| {
            let rows = [allocation(&ground, &need, to, 10, json!({}))];
            scene.manager.post(PROPOSALS, &json!({"allocations": rows}))
        };
        let words = accepts(&to_brikama).refused("invalid", &["/allocations/0/consignment"]);
        assert!(words.contains("GM-W") && words.contains("GM-B"), "{words}");
        accepts(&to_port).expect(201);
        let matches = format!("/api/v1/needs/{}/matches", need["id"].as_str().expect("an id"));
        let meant = |to: &str, quantity: i64| scene.officer.post(&matches, &json!({"consignment": to, "quantity": quantity}));
        let words = meant(&to_brikama, 5).refused("invalid", &["/consignment"]);
        assert!(words.contains("GM-W"), "{words}");
        meant(&to_port, 9).expect(201);
        // The twin compares what sites say: GM01 is not GM-B, and of Brikama nothing is said.
        let said = |site: &str| scene.admin.get(&format!("/api/v1/sites/{site}")).expect(200)["area_code"].clone();
        assert_eq!((said(&port), said(&brikama)), (json!("GM01"), Value::Null));
        scene.closes();
        scene.verifies();
    }
}
