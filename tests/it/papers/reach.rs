//! What papers say and draw where a part of it is out of reach.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::stories::scene::{Scene, id};
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

/// Two organizations with a store each, and a consignment from the one's to a city, for the other.
struct Stage {
    scene: Scene,
    /// An officer of whoever receives.
    ours: Caller,
    ours_id: String,
    our_store: String,
    their_store: String,
    city: String,
    consignment: String,
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

impl Stage {
    fn new(database: &TestDatabase) -> Self {
        let scene = Scene::new(database);
        let [ours_id, theirs] = ["Ours", "Theirs"].map(|name| scene.organization(name, "GM"));
        let store = |name: &str, operator: &str| {
            let body = json!({"name": name, "kind": "warehouse", "country": "GM", "operator": operator});
            id_of(&scene.admin.post("/api/v1/sites", &body).expect(201))
        };
        let (our_store, their_store) = (store("Serekunda", &ours_id), store("Brikama", &theirs));
        let city = scene.site("Banjul", "city", "GM");
        let ours = scene.house.login_bound(Role::Officer, Some(ours_id.parse().expect("an id")), None);
        let open = json!({"programme": scene.programme, "consignee": ours_id, "origin": their_store, "destination": city,
            "legs": [{"mode": "road", "from": their_store, "to": city}]});
        let consignment = id_of(&ours.post("/api/v1/consignments", &open).expect(201));
        Self { scene, ours, ours_id, our_store, their_store, city, consignment }
    }

    fn load(&self, caller: &Caller, carrier: &str) -> String {
        let body = json!({"mode": "road", "from": self.their_store, "to": self.city, "carrier": carrier, "plate": "BJL 1"});
        id_of(&caller.post("/api/v1/loads", &body).expect(201))
    }

    fn records(&self, caller: &Caller, kind: &str, site: &str, more: Value) -> Reply {
        let mut body = json!({"kind": kind, "site": site, "issued_on": "2020-08-06"});
        for (name, value) in more.as_object().expect("members") {
            body[name] = value.clone();
        }
        caller.post("/api/v1/documents", &body)
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_load_out_of_reach_is_on_no_paper_of_others(database: &TestDatabase) {
        let stage = Stage::new(database);
        let theirs = stage.scene.organization("Their carrier", "GM");
        let (own, other) = (stage.load(&stage.ours, &stage.ours_id), stage.load(&stage.scene.officer, &theirs));
        let about = |caller: &Caller, load: &str| stage.records(caller, "other", &stage.our_store, json!({"load": load}));
        about(&stage.ours, &own).expect(201);
        let size = stage.scene.log_size();
        let told = [&other, &id()].map(|load| about(&stage.ours, load));
        assert_eq!((told[0].status, &told[0].text), (404, &told[1].text));
        assert_eq!(stage.scene.log_size(), size);
        assert!(!stage.ours.get("/api/v1/loads").expect(200).to_string().contains(&other));
        // Whoever nothing binds names it, and is told what is missing.
        about(&stage.scene.officer, &other).expect(201);
        about(&stage.scene.officer, &id()).refused("invalid", &["/load"]);
    }

    fn who_used_a_number_is_told_to_whoever_reads_that_paper(database: &TestDatabase) {
        let stage = Stage::new(database);
        let officer = &stage.scene.officer;
        let block = json!({"kind": "waybill", "site": stage.their_store, "year": 2020, "count": 2, "holder": "book 1"});
        let block = officer.post("/api/v1/documents/blocks", &block).expect(201);
        let waybill = |caller: &Caller, more: Value| {
            let mut more = more;
            (more["mode"], more["number"]) = (json!("cmr"), block["from"].clone());
            stage.records(caller, "waybill", &stage.their_store, more)
        };
        let used = id_of(&waybill(officer, json!({})).expect(201));
        let refused = waybill(&stage.ours, json!({"consignment": stage.consignment}));
        refused.refused("duplicate", &["/number"]);
        assert!(!refused.text.contains(&used) && refused.json().get("holder").is_none(), "{}", refused.text);
        let shown = waybill(officer, json!({"consignment": stage.consignment}));
        shown.refused("duplicate", &["/number"]);
        assert_eq!(shown.json()["holder"], used, "{}", shown.text);
    }

    fn a_paper_that_goods_came_is_only_of_whom_they_came_to(database: &TestDatabase) {
        let stage = Stage::new(database);
        let about = json!({"consignment": stage.consignment});
        let theirs = stage.scene.house.login_bound(Role::Officer, None, Some("GM"));
        for kind in ["grn", "pod"] {
            let record = |caller: &Caller, site: &str| stage.records(caller, kind, site, about.clone()).status;
            // A consignment that anybody can open stops there, and the numbers are whose store it is all the same.
            assert_eq!(record(&stage.ours, &stage.their_store), 404, "{kind}");
            assert_eq!([&stage.city, &stage.our_store].map(|site| record(&stage.ours, site)), [201, 201], "{kind}");
            assert_eq!(record(&theirs, &stage.their_store), 201, "{kind}: within their country");
            let query = format!("/api/v1/documents/numbers?kind={kind}&site={}&year=2020", stage.their_store);
            assert_eq!(stage.scene.officer.get(&query).expect(200)["given"], 1, "{kind}");
        }
        // What goes with the goods may be of wherever they stop.
        let waybill = json!({"mode": "cmr", "consignment": stage.consignment});
        stage.records(&stage.ours, "waybill", &stage.their_store, waybill).expect(201);
    }

    fn a_donor_who_runs_a_site_is_told_no_numbers_of_its_papers(database: &TestDatabase) {
        let stage = Stage::new(database);
        stage.records(&stage.scene.officer, "grn", &stage.our_store, json!({})).expect(201);
        let donor = stage.scene.house.login_bound(Role::Donor, Some(stage.ours_id.parse().expect("an id")), None);
        let query = format!("/api/v1/documents/numbers?kind=grn&site={}&year=2020", stage.our_store);
        assert_eq!(donor.get(&query).problem().1, "forbidden");
        assert_eq!(stage.ours.get(&query).expect(200)["given"], 1);
    }
}
