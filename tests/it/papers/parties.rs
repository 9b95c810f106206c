//! Whose a paper is to write: whoever sends or carries goods reads what is signed for them, and neither proves nor undoes
//! it.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::files::photo;
use crate::stories::scene::Scene;
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

const DOCUMENTS: &str = "/api/v1/documents";
const ATTACHMENTS: &str = "/api/v1/attachments";

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

/// Goods that a sender sent with a carrier to Banjul, where the city received them and handed some out.
struct Way {
    scene: Scene,
    sender: String,
    carrier: String,
    city: String,
    /// The sender's store, where they started, and a depot of the carrier's.
    store: String,
    depot: String,
    banjul: String,
    consignment: String,
    receipt: String,
    hand_out: String,
}

/// Somebody with a signature and photos of the own.
struct Signer {
    name: &'static str,
    caller: Caller,
    organization: String,
    /// The first of the own photos.
    photos: u8,
    /// A site of the own.
    site: String,
}

impl Way {
    fn new(database: &TestDatabase) -> Self {
        let scene = Scene::new(database);
        let sender = scene.organization("Shenzhen Youth", "CN");
        let carrier = scene.organization("Sahel Lorries", "SN");
        let city = scene.organization("Banjul City Council", "GM");
        let run = |name: &str, country: &str, operator: &str| {
            let body = json!({"name": name, "kind": "warehouse", "country": country, "operator": operator});
            id_of(&scene.admin.post("/api/v1/sites", &body).expect(201))
        };
        let (store, depot) = (run("Shenzhen store", "CN", &sender), run("Dakar depot", "SN", &carrier));
        let banjul = scene.site("Banjul", "city", "GM");
        scene.in_store(&sender, &store, 1_000);
        let leg = json!({"id": crate::stories::scene::id(), "mode": "road", "from": store, "to": banjul, "carrier": carrier});
        let open = json!({"programme": scene.programme, "consignor": sender, "consignee": city, "origin": store,
            "destination": banjul, "legs": [leg]});
        let consignment = id_of(&scene.officer.post("/api/v1/consignments", &open).expect(201));
        let leg = leg["id"].as_str().expect("an id").to_owned();
        let departed = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(1_000)]});
        scene.does("departed", "2020-08-01", departed).expect(201);
        let receipt = scene.receives(&consignment, &leg, "2020-08-06", json!({"good": 1_000})).expect(201);
        let out = json!({"site": banjul, "consignment": consignment, "lines": [scene.line(400)]});
        let hand_out = scene.does("distributed", "2020-08-09", out).expect(201);
        let (receipt, hand_out) = (id_of(&receipt), id_of(&hand_out));
        Self { scene, sender, carrier, city, store, depot, banjul, consignment, receipt, hand_out }
    }

    fn officer(&self, organization: &str) -> Caller {
        self.scene.house.login_bound(Role::Officer, Some(organization.parse().expect("an id")), None)
    }

    /// Whoever is party to the way and is not who the goods came to.
    fn parties(&self) -> [Signer; 3] {
        let signer = |name, caller, organization: &str, photos, site: &str| Signer {
            name,
            caller,
            organization: organization.to_owned(),
            photos,
            site: site.to_owned(),
        };
        let sending_country = self.scene.house.login_bound(Role::Officer, None, Some("CN"));
        [
            signer("the carrier", self.officer(&self.carrier), &self.carrier, 10, &self.depot),
            signer("the sender", self.officer(&self.sender), &self.sender, 20, &self.store),
            signer("the sender's country", sending_country, &self.sender, 30, &self.store),
        ]
    }

    fn receiver(&self) -> Signer {
        let (caller, organization) = (self.officer(&self.city), self.city.clone());
        Signer { name: "the receiver", caller, organization, photos: 40, site: self.banjul.clone() }
    }

    /// A document about the consignment, by whoever records it.
    fn records(&self, caller: &Caller, kind: &str, site: &str, more: &Value) -> Reply {
        let mut body =
            json!({"kind": kind, "site": site, "issued_on": "2020-08-06", "consignment": self.consignment});
        for (name, value) in more.as_object().expect("members") {
            body[name] = value.clone();
        }
        caller.post(DOCUMENTS, &body)
    }

    /// A signature of somebody of the caller's that the goods came, with a photo of the caller's.
    fn proof(&self, by: &Signer, nth: u8) -> Value {
        let person = self.scene.person_of(&by.organization, "Awa Diop");
        let photo = by.caller.upload(ATTACHMENTS, "image/jpeg", &photo(by.photos + nth)).expect(201);
        json!({"signatories": [{"person": person, "act": "received"}], "attachments": [photo["id"]]})
    }

    fn is_verified(&self, event: &str) -> bool {
        self.scene.event(event).expect(200)["evidence"]["verified"] == true
    }
}

fn path_of(document: &Value) -> String {
    format!("{DOCUMENTS}/{}", id_of(document))
}

on_both_databases! {
    migrate: migrate;

    fn whoever_sends_or_carries_neither_proves_that_goods_came_nor_undoes_the_proof(database: &TestDatabase) {
        let way = Way::new(database);
        let receiver = way.receiver();
        let named = json!({"events": [way.receipt]});
        let papers = ["grn", "pod"].map(|kind| {
            path_of(&way.records(&receiver.caller, kind, &way.banjul, &named).expect(201))
        });
        for party in way.parties() {
            let (caller, name) = (&party.caller, party.name);
            let proof = way.proof(&party, 0);
            let proves = |event: &str| {
                let mut body = proof.clone();
                body["events"] = json!([event]);
                body
            };
            let size = way.scene.log_size();
            for paper in &papers {
                assert_eq!(caller.get(paper).status, 200, "{name} reads it");
                caller.post(&format!("{paper}/evidence"), &proof).refused("not_found", &[]);
                caller.post(&format!("{paper}/void"), &json!({"reason": "not so"})).refused("not_found", &[]);
            }
            for site in [&way.banjul, &way.store, &party.site] {
                let list = way.records(caller, "distribution_list", site, &proves(&way.hand_out));
                assert_eq!(list.status, 404, "{name}: {}", list.text);
                // Nor is it proven by a paper of the own site about what happened elsewhere.
                for kind in ["grn", "pod"] {
                    let paper = way.records(caller, kind, site, &proves(&way.receipt));
                    assert_eq!(paper.status, 404, "{name}: {kind}: {}", paper.text);
                }
            }
            assert_eq!(way.scene.log_size(), size, "{name} recorded nothing");
            assert!(!way.is_verified(&way.receipt) && !way.is_verified(&way.hand_out), "{name}");
        }

        // Whoever received does all of it, and so does a colleague, and whoever is bound to the country where it was.
        let [grn, pod] = &papers;
        receiver.caller.post(&format!("{grn}/evidence"), &way.proof(&receiver, 0)).expect(200);
        assert!(way.is_verified(&way.receipt));
        way.officer(&way.city).post(&format!("{grn}/void"), &json!({"reason": "another one is better"})).expect(200);
        assert!(!way.is_verified(&way.receipt));
        let there = way.scene.house.login_bound(Role::Officer, None, Some("GM"));
        let there = Signer { name: "the country", caller: there, organization: way.city.clone(), photos: 50, site: way.banjul.clone() };
        there.caller.post(&format!("{pod}/evidence"), &way.proof(&there, 0)).expect(200);
        assert!(way.is_verified(&way.receipt));
        let mut list = way.proof(&receiver, 1);
        list["events"] = json!([way.hand_out]);
        way.records(&receiver.caller, "distribution_list", &way.banjul, &list).expect(201);
        assert!(way.is_verified(&way.hand_out));
        way.scene.verifies();
    }

    fn whoever_sends_or_carries_restates_nothing_that_the_receiver_said(database: &TestDatabase) {
        let way = Way::new(database);
        let receiver = way.receiver();
        let proof = |event: &str, kind: &str, nth: u8| {
            let mut body = way.proof(&receiver, nth);
            body["events"] = json!([event]);
            way.records(&receiver.caller, kind, &way.banjul, &body).expect(201);
            assert!(way.is_verified(event));
        };
        proof(&way.receipt, "grn", 0);
        proof(&way.hand_out, "distribution_list", 1);
        let received = |good: i64| {
            let leg = &way.scene.officer.get(&format!("/api/v1/consignments/{}", way.consignment)).expect(200)["legs"][0]["id"];
            json!({"consignment": way.consignment, "leg": leg, "final": true, "lines": [{"item": way.scene.masks, "good": good}]})
        };
        let handed = json!({"site": way.banjul, "consignment": way.consignment, "lines": [way.scene.line(400)]});
        let restates = |caller: &Caller, kind: &str, event: &str, right: Option<Value>| {
            let mut body = json!({"event": event, "reason": "counted again"});
            if let Some(right) = right {
                body["right"] = right;
            }
            way.scene.post(caller, kind, "2020-08-12", body)
        };
        for party in way.parties() {
            let (caller, size) = (&party.caller, way.scene.log_size());
            for reply in [
                restates(caller, "corrected", &way.receipt, Some(received(1_000))),
                restates(caller, "corrected", &way.receipt, Some(received(999))),
                restates(caller, "corrected", &way.hand_out, Some(handed.clone())),
                restates(caller, "reversed", &way.receipt, None),
                restates(caller, "reversed", &way.hand_out, None),
            ] {
                assert_eq!(reply.status, 404, "{}: {}", party.name, reply.text);
            }
            assert_eq!(way.scene.log_size(), size, "{} recorded nothing", party.name);
            assert!(way.is_verified(&way.receipt) && way.is_verified(&way.hand_out), "{}", party.name);
        }
        // Whoever received does; the same figures once more are no others than those that were signed.
        restates(&receiver.caller, "corrected", &way.hand_out, Some(handed.clone())).expect(201);
        assert!(way.is_verified(&way.hand_out));
        let mut fewer = handed;
        fewer["lines"] = json!([way.scene.line(399)]);
        restates(&way.officer(&way.city), "corrected", &way.hand_out, Some(fewer)).expect(201);
        assert!(!way.is_verified(&way.hand_out) && way.is_verified(&way.receipt));
        way.scene.verifies();
    }

    fn a_paper_at_a_site_proves_nothing_of_elsewhere_by_whoever_runs_the_site(database: &TestDatabase) {
        let way = Way::new(database);
        // Whoever nothing binds issued it at the depot, about what was received in Banjul.
        let named = json!({"events": [way.receipt]});
        let paper = path_of(&way.records(&way.scene.officer, "pod", &way.depot, &named).expect(201));
        let [carrier, ..] = way.parties();
        carrier.caller.post(&format!("{paper}/evidence"), &way.proof(&carrier, 0)).refused("not_found", &[]);
        assert!(!way.is_verified(&way.receipt));
        // The twin that says nothing of elsewhere is the carrier's.
        let plain = path_of(&way.records(&way.scene.officer, "pod", &way.depot, &json!({})).expect(201));
        carrier.caller.post(&format!("{plain}/evidence"), &way.proof(&carrier, 1)).expect(200);
        let more = json!({"events": [way.receipt]});
        carrier.caller.post(&format!("{plain}/evidence"), &more).refused("not_found", &[]);
        assert!(!way.is_verified(&way.receipt));
        carrier.caller.post(&format!("{plain}/void"), &json!({"reason": "written twice"})).expect(200);
    }

    fn another_paper_is_added_to_and_voided_by_who_recorded_it_or_runs_its_site(database: &TestDatabase) {
        let way = Way::new(database);
        let [carrier, sender, country] = way.parties();
        let receiver = way.receiver();
        let waybill = |caller: &Caller| {
            path_of(&way.records(caller, "waybill", &way.store, &json!({"mode": "cmr"})).expect(201))
        };
        let torn = json!({"reason": "torn"});
        let (theirs, ours) = (waybill(&sender.caller), waybill(&way.scene.officer));
        for (stranger, nth) in [(&carrier, 0), (&receiver, 1)] {
            let proof = way.proof(stranger, nth);
            for paper in [&theirs, &ours] {
                assert_eq!(stranger.caller.get(paper).status, 200, "{}", stranger.name);
                stranger.caller.post(&format!("{paper}/evidence"), &proof).refused("not_found", &[]);
                stranger.caller.post(&format!("{paper}/void"), &torn).refused("not_found", &[]);
            }
        }
        // What the carrier recorded at the sender's store is both's.
        let carried = [waybill(&carrier.caller), waybill(&carrier.caller)];
        carrier.caller.post(&format!("{}/evidence", carried[0]), &way.proof(&carrier, 2)).expect(200);
        way.officer(&way.carrier).post(&format!("{}/void", carried[0]), &torn).expect(200);
        sender.caller.post(&format!("{}/void", carried[1]), &torn).expect(200);
        way.officer(&way.sender).post(&format!("{theirs}/evidence"), &way.proof(&sender, 0)).expect(200);
        country.caller.post(&format!("{ours}/void"), &torn).expect(200);
        way.scene.verifies();
    }

    fn a_photo_is_shared_and_erased_by_whom_it_belongs_to_and_not_by_whoever_reads_it(database: &TestDatabase) {
        let way = Way::new(database);
        let receiver = way.receiver();
        let bound = |role: Role, organization: Option<&str>, country: Option<&str>| {
            way.scene.house.login_bound(role, organization.map(|id| id.parse().expect("an id")), country)
        };
        let uploaded = |caller: &Caller, number: u8| {
            let photo = id_of(&caller.upload(ATTACHMENTS, "image/jpeg", &photo(number)).expect(201));
            let paper = way.records(&receiver.caller, "pod", &way.banjul, &json!({})).expect(201);
            let add = json!({"attachments": [photo]});
            way.scene.officer.post(&format!("{}/evidence", path_of(&paper)), &add).expect(200);
            format!("{ATTACHMENTS}/{photo}")
        };
        let there = bound(Role::Officer, None, Some("GM"));
        let of_the_city = [1, 2, 3].map(|number| uploaded(&receiver.caller, number));
        let (of_nobody, of_the_house) = (uploaded(&there, 4), uploaded(&way.scene.officer, 5));
        let (share, wrong) = (json!({"shareable": true}), json!({"reason": "mistaken"}));
        let longer = json!({"retain_until": "2090-01-01"});
        let cannot = |organization: Option<&str>, country: Option<&str>, photo: &str| {
            let (officer, manager) =
                (bound(Role::Officer, organization, country), bound(Role::Manager, organization, country));
            let size = way.scene.log_size();
            assert_eq!([&officer, &manager].map(|caller| caller.get(photo).status), [200, 200], "{photo} is read");
            officer.patch(photo, 1, &share).refused("not_found", &[]);
            officer.patch(photo, 1, &longer).refused("not_found", &[]);
            manager.post(&format!("{photo}/erase"), &wrong).refused("not_found", &[]);
            assert_eq!(way.scene.log_size(), size);
        };
        for photo in of_the_city.iter().chain([&of_nobody, &of_the_house]) {
            for organization in [&way.carrier, &way.sender] {
                cannot(Some(organization.as_str()), None, photo);
            }
            cannot(None, Some("CN"), photo);
        }
        // Whoever else is bound to the country of one that belongs to nobody, and whoever received the goods.
        for photo in [&of_nobody, &of_the_house] {
            cannot(None, Some("GM"), photo);
            cannot(Some(way.city.as_str()), None, photo);
        }

        let shares_and_erases = |officer: &Caller, manager: &Caller, photo: &str| {
            officer.patch(photo, 1, &share).expect(200);
            manager.post(&format!("{photo}/erase"), &wrong).expect(200);
        };
        let city = Some(way.city.as_str());
        shares_and_erases(&way.officer(&way.city), &bound(Role::Manager, city, None), &of_the_city[0]);
        shares_and_erases(&there, &bound(Role::Manager, None, Some("GM")), &of_the_city[1]);
        shares_and_erases(&way.scene.officer, &way.scene.manager, &of_the_city[2]);
        shares_and_erases(&there, &way.scene.manager, &of_nobody);
        shares_and_erases(&way.scene.officer, &way.scene.manager, &of_the_house);
        way.scene.verifies();
    }
}
