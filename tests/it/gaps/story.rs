//! A city states its need, it is circulated, a partner pledges, a manager allocates against the gap, and the donor reads whom
//! its masks helped reach.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::{Ground, NEEDED_BY, gaps};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

const PROPOSALS: &str = "/api/v1/gaps/proposals";

fn proposals(ground: &Ground) -> Vec<Value> {
    let shown = ground.scene.manager.get(PROPOSALS).expect(200);
    shown["rows"].as_array().expect("rows").clone()
}

/// What a manager posts to accept a proposal for a consignment.
fn accepting(proposal: &Value, consignment: &str) -> Value {
    let mut one = json!({"id": id(), "need": proposal["need"], "consignment": consignment, "occurred_at": "2020-07-20",
        "quantity": proposal["quantity"]});
    for member in ["site", "pledge", "lot", "pledge_line"] {
        if !proposal["from"][member].is_null() {
            one[member] = proposal["from"][member].clone();
        }
    }
    one
}

fn gap_of(ground: &Ground, area: &str) -> i64 {
    let rows = gaps(&ground.scene.auditor, &format!("area={area}"));
    rows.iter().map(|row| row["gap"].as_i64().expect("a gap")).sum()
}

on_both_databases! {
    migrate: migrate;

    fn a_city_states_its_need_a_partner_pledges_a_manager_allocates_and_the_donor_reads_whom_it_helped(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        let standard = json!({"sector": "health", "standard": {"kind": "consumable", "quantity": 10, "persons": 1, "days": 10}});
        scene.admin.patch(&format!("/api/v1/items/{}", scene.masks), 1, &standard).expect(200);
        // Banjul's officer states what the city lacks, and has it circulated.
        let banjul = scene.house.login_bound(Role::Officer, ground.city.parse().ok(), Some("GM"));
        let body = json!({"id": id(), "programme": scene.programme, "item": scene.masks, "quantity": 30_000, "area": "GM-B",
            "needed_by": NEEDED_BY, "people": 15_000, "priority": "critical", "source": "Letter of the Mayor",
            "organization": ground.city, "circulated": true});
        let need = banjul.post("/api/v1/needs", &body).expect(201);
        let path = format!("/api/v1/needs/{}", need["id"].as_str().expect("an id"));

        // A partner finds it without logging in, and offers something.
        let listed = scene.house.stranger().get("/api/v1/public/needs?country=GM").expect(200);
        assert_eq!((&listed["items"][0]["quantity"], &listed["items"][0]["area"]), (&json!(30_000), &json!("GM-B")));
        let partner = scene.house.login_bound(Role::Officer, ground.hainan.parse().ok(), None);
        let offers = format!("/api/v1/needs/{}/offers", listed["items"][0]["id"].as_str().expect("an id"));
        let body = json!({"programme": scene.programme, "donor": ground.hainan, "offered_at": "2020-07-01",
            "lines": [scene.line(20_000)]});
        let pledge = partner.post(&offers, &body).expect(201)["id"].as_str().expect("an id").to_owned();
        assert_eq!(banjul.get(&path).expect(200)["answered"]["offered"], 20_000);
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let answered = banjul.get(&path).expect(200)["answered"].clone();
        assert_eq!((&answered["pledged"], &answered["unmet"]), (&json!(20_000), &json!(10_000)));
        assert_eq!(gap_of(&ground, "GM-B"), 30_000, "a promise is nothing that arrives");

        // Some of it lies in Beijing by now, the rest is still with its donor.
        let lines = json!([{"item": scene.masks, "quantity": 12_000, "lot": "M-1", "expires_on": "2099-12-31"}]);
        scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": ground.beijing, "lines": lines})).expect(201);
        let proposed = proposals(&ground);
        let told: Vec<(&Value, &Value, &Value)> =
            proposed.iter().map(|row| (&row["quantity"], &row["from"]["lot"], &row["gap_after"])).collect();
        assert_eq!(told, [(&json!(12_000), &json!("M-1"), &json!(10_000)), (&json!(8_000), &Value::Null, &json!(10_000))]);
        assert_eq!((&proposed[0]["from"]["site"], &proposed[1]["from"]["pledge"]), (&json!(ground.beijing), &json!(pledge)));
        assert_eq!(gap_of(&ground, "GM-B"), 30_000, "a proposal moves nothing");

        // The manager accepts both at once, for consignments that are there; nobody else may.
        let leg = |from: &str| json!({"id": id(), "mode": "air", "from": from, "to": ground.banjul,
            "planned_arrival": "2099-08-01T00:00:00Z"});
        let open = || {
            let body = json!({"programme": scene.programme, "consignee": ground.city, "origin": ground.beijing,
                "destination": ground.banjul, "legs": [leg(&ground.beijing)]});
            scene.officer.post("/api/v1/consignments", &body).expect(201)["id"].as_str().expect("an id").to_owned()
        };
        let (by_air, direct) = (open(), open());
        let body = json!({"allocations": [accepting(&proposed[0], &by_air), accepting(&proposed[1], &direct)]});
        scene.officer.post(PROPOSALS, &body).refused("forbidden", &[]);
        scene.auditor.post(PROPOSALS, &body).refused("forbidden", &[]);
        let elsewhere = scene.house.login_bound(Role::Manager, None, Some("SN"));
        elsewhere.post(PROPOSALS, &body).refused("not_found", &[]);
        let accepted = scene.manager.post(PROPOSALS, &body).expect(201);
        assert_eq!(accepted["allocations"].as_array().map(Vec::len), Some(2), "{accepted:#}");
        assert_eq!(scene.manager.post(PROPOSALS, &body).expect(200)["receipt"], Value::Null, "the same again changes nothing");
        assert_eq!(gap_of(&ground, "GM-B"), 10_000, "what is planned to arrive in time fills the gap");
        let answered = banjul.get(&path).expect(200)["answered"].clone();
        let figures = ["pledged", "allocated", "carried", "unmet"].map(|name| answered[name].as_i64().expect("a figure"));
        assert_eq!(figures, [20_000, 20_000, 20_000, 10_000]);
        assert_eq!(proposals(&ground), Vec::<Value>::new(), "nothing is free");

        // It travels, arrives and is handed over; at each step the gap adds up.
        let legs = scene.officer.get(&format!("/api/v1/consignments/{by_air}/legs")).expect(200);
        let first = legs["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{legs:#}")).to_owned();
        scene.does("departed", "2020-07-22", json!({"consignment": by_air, "leg": first})).expect(201);
        assert_eq!(gap_of(&ground, "GM-B"), 10_000);
        scene.receives(&by_air, &first, "2020-08-01", json!({"good": 11_900, "damaged": 100, "reason": "wet"})).expect(201);
        assert_eq!(gap_of(&ground, "GM-B"), 10_100, "what arrived damaged fills nothing");
        // The city, which received them, hands them out: that is verified.
        let handed = json!({"site": ground.banjul, "consignment": by_air, "lines": [scene.line(5_000)], "reached": []});
        scene.post(&banjul, "distributed", "2020-08-05", handed).expect(201);
        let row = &gaps(&scene.auditor, "area=GM-B")[0];
        let told = ["served", "delivered", "pipeline", "gap"].map(|name| row[name].as_i64().expect("a figure"));
        assert_eq!(told, [5_000, 6_900, 8_000, 10_100]);

        // Its donor reads whom its masks helped reach, and so does whoever asks for that donor; another donor reads of nobody.
        let donor = scene.house.login_bound(Role::Donor, ground.hainan.parse().ok(), None);
        let own = donor.get("/api/v1/reach?area=GM").expect(200);
        let range = |told: &Value| ["low", "best", "high"].map(|name| told["reached"][name].as_i64().expect("a figure"));
        assert_eq!((range(&own), &own["helped_by"]), ([500; 3], &json!(ground.hainan)), "{own:#}");
        let asked = scene.manager.get(&format!("/api/v1/reach?area=GM&donor={}", ground.hainan)).expect(200);
        assert_eq!(asked["reached"], own["reached"]);
        let other = scene.organization("Somebody else", "CN");
        let other = scene.house.login_bound(Role::Donor, other.parse().ok(), None);
        assert_eq!(range(&other.get("/api/v1/reach?area=GM").expect(200)), [0; 3]);
        assert_eq!(donor.get("/api/v1/reach/lines").expect(200)["items"].as_array().map(Vec::len), Some(1));
        scene.closes();
        scene.verifies();
    }

    fn what_has_changed_is_refused_whole_and_says_what(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        let (first, second) = (ground.needs("GM-B", 100, json!({})), ground.needs("GM", 300, json!({"priority": "low"})));
        ground.given(&ground.beijing, 200, json!({}), json!({"lot": "A"}));
        ground.given(&ground.beijing, 60, json!({"earmark_country": "KE"}), json!({"lot": "K"}));
        // Both lack all of it: each gets the same share, and nothing that is meant for Kenya.
        let proposed = proposals(&ground);
        let shares: Vec<(&Value, &Value)> = proposed.iter().map(|row| (&row["need"], &row["quantity"])).collect();
        let mut expected = [(&first["id"], json!(50)), (&second["id"], json!(150))];
        expected.sort_by_key(|(need, _)| need.to_string());
        assert_eq!(shares, expected.iter().map(|(need, quantity)| (*need, quantity)).collect::<Vec<_>>());

        let consignment = |quantity: i64| {
            let (consignment, _) = ground.coming(Some("2099-08-01"), quantity);
            consignment
        };
        let to = consignment(20);
        let accepts = |rows: &[Value]| {
            let allocations: Vec<Value> = rows.iter().map(|row| accepting(row, &to)).collect();
            scene.manager.post(PROPOSALS, &json!({"allocations": allocations}))
        };
        // The consignment has drawn 20 of the 200 meanwhile.
        let before = scene.log_size();
        let reply = accepts(&proposed);
        let words = reply.refused("insufficient", &["/allocations/1/quantity"]);
        assert!(words.contains("130") && words.contains("150"), "{words}");
        assert_eq!(scene.log_size(), before, "nothing of it was kept");

        // What is lacking by now is less.
        let now = proposals(&ground);
        let mut more = now[0].clone();
        more["quantity"] = json!(more["quantity"].as_i64().expect("a quantity") + 500);
        let words = accepts(&[more]).refused("wrong_state", &["/allocations"]);
        assert!(words.contains("lacking now"), "{words}");
        accepts(&now).expect(201);
        // Who reads the same proposals at the same time does not answer the need twice.
        accepts(&now).refused("wrong_state", &["/allocations"]);
        let used = json!({"allocations": []});
        scene.manager.post(PROPOSALS, &used).refused("invalid", &["/allocations"]);
        let mut both = accepting(&now[0], &to);
        both["pledge"] = json!(id());
        scene.manager.post(PROPOSALS, &json!({"allocations": [both]})).refused("invalid", &["/allocations/0/site"]);
        let unknown = json!({"id": id(), "need": id(), "consignment": to, "occurred_at": "2020-07-20", "site": ground.beijing,
            "quantity": 1});
        scene.manager.post(PROPOSALS, &json!({"allocations": [unknown]})).refused("not_found", &[]);
        scene.closes();
        scene.verifies();
    }
}
