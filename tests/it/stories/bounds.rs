//! Who is bound to an organization and to countries at once reaches what is within both, reading and posting alike.

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use serde_json::{Value, json};

use super::scene::{Scene, event, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// Two organizations with a warehouse each in the Gambia and in Kenya, full of masks.
struct Stage {
    scene: Scene,
    ours: String,
    /// Ours in GM, ours in KE, theirs in GM, theirs in KE.
    stores: [String; 4],
    /// The pledges that lie there, in the same order.
    pledges: [String; 4],
}

fn staged(scene: Scene) -> Stage {
    let (ours, theirs) = (scene.organization("Ours", "CN"), scene.organization("Theirs", "CN"));
    let store = |name: &str, operator: &str, country: &str| {
        let body = json!({"name": name, "kind": "warehouse", "country": country, "operator": operator});
        let store =
            scene.admin.post("/api/v1/sites", &body).expect(201)["id"].as_str().expect("an id").to_owned();
        let pledge = scene.in_store(operator, &store, 100);
        (store, pledge)
    };
    let placed = [
        store("Our store in Banjul", &ours, "GM"),
        store("Our store in Nairobi", &ours, "KE"),
        store("Their store in Banjul", &theirs, "GM"),
        store("Their store in Nairobi", &theirs, "KE"),
    ];
    let stores = placed.clone().map(|(store, _)| store);
    Stage { scene, ours, stores, pledges: placed.map(|(_, pledge)| pledge) }
}

impl Stage {
    fn bound(&self, role: Role, countries: &str) -> Caller {
        let organization = OrganizationId(self.ours.parse().expect("an id"));
        self.scene.house.login_bound(role, Some(organization), Some(countries))
    }
}

fn ids(page: &Value, member: &str) -> Vec<String> {
    let items = page["items"].as_array().expect("a page");
    items.iter().map(|item| item[member].as_str().unwrap_or_default().to_owned()).collect()
}

on_both_databases! {
    migrate: migrate;

    fn an_organization_and_a_country_bind_to_what_is_within_both(database: &TestDatabase) {
        let stage = staged(Scene::new(database));
        let officer = stage.bound(Role::Officer, "GM,SN");
        let statuses = |path: fn(&str) -> String, of: &[String; 4]| of.clone().map(|id| officer.get(&path(&id)).status);
        assert_eq!(statuses(|id| format!("/api/v1/sites/{id}/stock"), &stage.stores), [200, 404, 404, 404]);
        assert_eq!(statuses(|id| format!("/api/v1/pledges/{id}"), &stage.pledges), [200, 404, 404, 404]);
        assert_eq!(ids(&officer.get("/api/v1/pledges").expect(200), "id"), [stage.pledges[0].clone()]);
        let events = officer.get("/api/v1/events").expect(200);
        assert!(ids(&events, "site").iter().all(|site| site.is_empty() || *site == stage.stores[0]), "{events:#}");
        assert_eq!(ids(&events, "kind").iter().filter(|kind| *kind == "collected").count(), 1);
        let totals = officer.get("/api/v1/totals?group_by=site").expect(200);
        let rows = totals["rows"].as_array().expect("rows");
        assert_eq!(rows.len(), 1, "{totals:#}");
        assert_eq!((&rows[0]["in_storage"], &rows[0]["residual"]), (&json!(100), &json!(0)));
    }

    fn who_is_bound_to_both_posts_and_takes_within_both_only(database: &TestDatabase) {
        let stage = staged(Scene::new(database));
        let scene = &stage.scene;
        let officer = stage.bound(Role::Officer, "GM");
        let line = json!([scene.line(10)]);
        let posts = |kind: &str, body: Value| officer.post("/api/v1/events", &event(&id(), kind, "2020-08-01", body));
        for (index, store) in stage.stores.iter().enumerate() {
            let gone = posts("reported_missing", json!({"site": store, "lines": line, "reason": "not there"}));
            assert_eq!(gone.status, if index == 0 { 201 } else { 404 }, "{index}: {}", gone.text);
        }
        let city = scene.site("Brikama", "city", "GM");
        for (index, store) in stage.stores.iter().enumerate() {
            let open = json!({"programme": scene.programme, "consignee": stage.ours, "origin": store, "destination": city,
                "legs": [{"mode": "road", "from": store, "to": city}]});
            let consignment = officer.post("/api/v1/consignments", &open).expect(201)["id"].clone();
            let reserved = posts("allocated", json!({"consignment": consignment, "site": store, "lines": line}));
            assert_eq!(reserved.status, if index == 0 { 201 } else { 404 }, "{index}: {}", reserved.text);
            // A departure may say its lines; what is not reserved is drawn from free stock within both bounds only.
            let left = posts("departed", json!({"consignment": consignment, "lines": [scene.line(20)]}));
            assert_eq!(left.status, if index == 0 { 201 } else { 409 }, "{index}: {}", left.text);
        }
        let elsewhere = json!({"programme": scene.programme, "consignee": stage.ours, "origin": stage.stores[1],
            "destination": stage.stores[3]});
        officer.post("/api/v1/consignments", &elsewhere).refused("invalid", &["/consignee"]);
        scene.closes();
    }

    fn an_offer_of_who_is_bound_to_both_is_its_own_and_meant_for_its_countries(database: &TestDatabase) {
        let stage = staged(Scene::new(database));
        let officer = stage.bound(Role::Officer, "GM,SN");
        let offer = |donor: &Value, country: &str| {
            let line = json!({"item": stage.scene.masks, "quantity": 5, "earmark_country": country});
            let body = json!({"programme": stage.scene.programme, "donor": donor, "offered_at": "2020-07-01", "lines": [line]});
            officer.post("/api/v1/pledges", &body)
        };
        let other = json!(stage.scene.organization("Other", "CN"));
        let ours = json!(stage.ours);
        offer(&other, "GM").refused("invalid", &["/donor"]);
        let words = offer(&ours, "KE").refused("invalid", &["/lines/0/earmark_country"]);
        assert!(words.contains("GM or SN"), "{words}");
        let entered = offer(&ours, "SN").expect(201)["id"].as_str().expect("an id").to_owned();
        officer.get(&format!("/api/v1/pledges/{entered}")).expect(200);
    }

    fn what_waits_wakes_within_the_bounds_it_was_posted_under(database: &TestDatabase) {
        let stage = staged(Scene::new(database));
        let scene = &stage.scene;
        let officer = stage.bound(Role::Officer, "GM");
        let (from, city) = (&stage.stores[0], scene.site("Brikama", "city", "GM"));
        let legs = [(from, &stage.stores[1]), (&stage.stores[1], &city)].map(|(from, to)| json!({"mode": "road", "from": from, "to": to, "id": id()}));
        let open = json!({"programme": scene.programme, "consignee": stage.ours, "origin": from, "destination": city, "legs": legs});
        let consignment = officer.post("/api/v1/consignments", &open).expect(201)["id"].clone();
        scene.does("allocated", "2020-08-01", json!({"consignment": consignment, "site": from, "lines": [scene.line(10)]})).expect(201);
        // The second leg leaves a store of ours in another country: the goods reserved for it are still upstream.
        let second = json!({"consignment": consignment, "leg": legs[1]["id"], "lines": [scene.line(10)]});
        let left = event(&id(), "departed", "2020-08-05", second);
        officer.post("/api/v1/events", &left).expect(202);
        assert_eq!(officer.get("/api/v1/events/waiting").expect(200)["items"].as_array().expect("a page").len(), 1);
        let other = scene.house.login_bound(Role::Officer, None, Some("SN"));
        assert_eq!(other.get("/api/v1/events/waiting").expect(200)["items"], json!([]));
        scene.does("departed", "2020-08-02", json!({"consignment": consignment, "leg": legs[0]["id"]})).expect(201);
        let came = json!({"consignment": consignment, "leg": legs[0]["id"], "final": true, "lines": [{"item": scene.masks, "good": 10}]});
        scene.post(&scene.receiver, "received", "2020-08-03", came).expect(201);
        let posted = officer.get(&format!("/api/v1/events/{}", left["id"].as_str().expect("an id")));
        let begun = std::time::Instant::now();
        let mut posted = posted;
        while posted.status != 200 && begun.elapsed().as_secs() < 10 {
            std::thread::sleep(std::time::Duration::from_millis(20));
            posted = officer.get(&format!("/api/v1/events/{}", left["id"].as_str().expect("an id")));
        }
        posted.expect(200);
        let words = officer.get(&format!("/api/v1/sites/{}/stock", stage.stores[1]));
        assert_eq!(words.status, 404, "what lies in a country out of reach is nobody's to see");
        scene.closes();
    }
}
