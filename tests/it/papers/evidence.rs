//! Which hand-overs are verified and which only reported; and who sees the papers.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use diesel::RunQueryDsl;
use relief_ledger::auth::Role;
use relief_ledger::core::id::{DocumentPartId, PersonId};
use relief_ledger::documents::Signatory;
use relief_ledger::writer::{Actor, Desk, Drawer, Entry, Refusal, Update};
use serde_json::{Value, json};
use uuid::Uuid;

use super::files::photo;
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate, operator};

/// A gift on its way to Banjul, received there.
struct Gift {
    scene: Scene,
    donor: String,
    city: String,
    banjul: String,
    pledge: String,
    consignment: String,
    leg: String,
    receipt: String,
}

impl Gift {
    fn received(database: &crate::support::TestDatabase) -> Self {
        let scene = Scene::new(database);
        let (donor, city) =
            (scene.organization("Shenzhen Youth", "CN"), scene.organization("Banjul City Council", "GM"));
        let (beijing, banjul) =
            (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 10_000);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 10_000, "2020-08-01");
        let receipt = scene.receives(&consignment, &leg, "2020-08-06", json!({"good": 10_000})).expect(201);
        let receipt = receipt["id"].as_str().expect("an id").to_owned();
        Self { scene, donor, city, banjul, pledge, consignment, leg, receipt }
    }

    fn distributed(&self, caller: &Caller, quantity: i64) -> String {
        let body = json!({"site": self.banjul, "consignment": self.consignment, "lines": [self.scene.line(quantity)]});
        let posted = self.scene.post(caller, "distributed", "2020-08-09", body).expect(201);
        posted["id"].as_str().expect("an id").to_owned()
    }

    /// What the event that was posted says of its evidence.
    fn evidence_told(&self, posted: &Value) -> Value {
        self.scene.event(posted["id"].as_str().expect("an id")).expect(200)["evidence"].clone()
    }

    fn photo(&self, number: u8) -> String {
        let seen = self.scene.officer.upload("/api/v1/attachments", "image/jpeg", &photo(number)).expect(201);
        seen["id"].as_str().expect("an id").to_owned()
    }

    /// A document with these further members; returns it.
    fn document(&self, kind: &str, details: Value) -> Value {
        let mut body = json!({"id": id(), "kind": kind, "site": self.banjul, "issued_on": "2020-08-06"});
        for (name, value) in details.as_object().expect("members") {
            body[name] = value.clone();
        }
        self.scene.officer.post("/api/v1/documents", &body).expect(201)
    }

    fn signed(&self, act: &str) -> Value {
        json!([{"person": self.scene.person(), "act": act, "signed_at": "2020-08-06T10:00:00Z"}])
    }

    fn evidence(&self, event: &str) -> Value {
        let told = self.scene.event(event).expect(200)["evidence"].clone();
        // The history of the consignment says the same.
        let whole = self.scene.officer.get(&format!("/api/v1/consignments/{}", self.consignment)).expect(200);
        let row =
            whole["history"].as_array().expect("a history").iter().find(|row| row["id"] == event).cloned();
        assert_eq!(row.expect("it is in the history")["evidence"], told);
        told
    }

    #[track_caller]
    fn is_reported(&self, event: &str) {
        assert_eq!(self.evidence(event), json!({"verified": false, "how": null, "since": null}));
    }

    #[track_caller]
    fn is_verified(&self, event: &str, how: &str, document: Option<&Value>) {
        let told = self.evidence(event);
        assert_eq!(
            (&told["verified"], &told["how"], told.get("document")),
            (&json!(true), &json!(how), document)
        );
        assert!(told["since"].is_string());
    }
}

fn path_of(document: &Value) -> String {
    format!("/api/v1/documents/{}", document["id"].as_str().expect("an id"))
}

on_both_databases! {
    migrate: migrate;

    fn a_signed_and_photographed_proof_of_delivery_verifies_the_hand_over(database: &TestDatabase) {
        let gift = Gift::received(database);
        let event = gift.distributed(&gift.scene.officer, 4_000);
        gift.is_reported(&event);
        gift.is_reported(&gift.receipt);
        let (photo, signed) = (gift.photo(1), gift.signed("received"));
        let all = json!({"events": [event], "signatories": signed, "attachments": [photo]});
        // Twins: each is one thing short.
        for (kind, short) in [
            ("pod", json!({"events": [event], "signatories": signed})),
            ("pod", json!({"events": [event], "attachments": [photo]})),
            ("pod", json!({"events": [event], "attachments": [photo], "signatories": gift.signed("handed_over")})),
            ("pod", json!({"signatories": signed, "attachments": [photo], "consignment": gift.consignment})),
            ("grn", all.clone()),
            ("loss_report", all.clone()),
        ] {
            gift.document(kind, short);
            gift.is_reported(&event);
        }
        let pod = gift.document("pod", all);
        gift.is_verified(&event, "signed", Some(&pod["id"]));
        gift.is_reported(&gift.receipt);
        assert_eq!(pod["consignment"], gift.consignment, "it is about what its event is about");

        let shown = gift.scene.auditor.get(&path_of(&pod)).expect(200);
        assert_eq!((&shown["events"], &shown["attachments"][0]["id"]), (&json!([event]), &json!(photo)));
        let mut named = signed.clone();
        named[0]["shown_as"] = json!("Fatou Ceesay");
        assert_eq!(shown["signatories"], named);
        let listed = gift.scene.auditor.get(&format!("/api/v1/documents?event={event}&kind=pod")).expect(200);
        assert_eq!(listed["items"].as_array().expect("a list").len(), 4);

        // The scan was seen: erasing it ends nothing. Voiding the paper does.
        let erase = format!("/api/v1/attachments/{photo}/erase");
        gift.scene.manager.post(&erase, &json!({"reason": "requested"})).expect(200);
        gift.is_verified(&event, "signed", Some(&pod["id"]));
        let again = json!({"kind": "pod", "site": gift.banjul, "issued_on": "2020-08-06", "attachments": [photo]});
        gift.scene.officer.post("/api/v1/documents", &again).refused("wrong_state", &["/attachments/0"]);
        gift.scene.officer.post(&format!("{}/void", path_of(&pod)), &json!({"reason": "forged"})).expect(200);
        gift.is_reported(&event);
        gift.scene.verifies();
        gift.scene.closes();
    }

    fn evidence_that_comes_later_verifies_then_and_a_correction_asks_for_it_anew(database: &TestDatabase) {
        let gift = Gift::received(database);
        let event = gift.distributed(&gift.scene.officer, 4_000);
        let list = gift.document("distribution_list", json!({"events": [event], "number": "market 3"}));
        assert_eq!(list["number"], "market 3");
        let add = format!("{}/evidence", path_of(&list));
        gift.scene.officer.post(&add, &json!({})).refused("invalid", &[""]);
        gift.scene.officer.post(&add, &json!({"attachments": [id()]})).refused("invalid", &["/attachments/0"]);
        gift.scene.officer.post(&add, &json!({"attachments": [gift.photo(1)]})).expect(200);
        gift.is_reported(&event);
        gift.scene.officer.post(&add, &json!({"signatories": gift.signed("witness")})).expect(200);
        gift.is_verified(&event, "signed", Some(&list["id"]));

        let right = json!({"site": gift.banjul, "consignment": gift.consignment, "lines": [gift.scene.line(9_000)]});
        let body = json!({"event": event, "right": right, "reason": "written wrong"});
        gift.scene.does("corrected", "2020-08-10", body).expect(201);
        gift.is_reported(&event);
        gift.scene.officer.post(&add, &json!({"events": [event]})).expect(200);
        gift.is_verified(&event, "signed", Some(&list["id"]));
        gift.scene.verifies();
    }

    fn whoever_receives_and_did_not_dispatch_verifies_by_posting(database: &TestDatabase) {
        let gift = Gift::received(database);
        let scene = &gift.scene;
        let own = Some(gift.city.parse().expect("an id"));
        let receiver = scene.house.login_bound(Role::Officer, own, None);
        let event = gift.distributed(&receiver, 1_000);
        gift.is_verified(&event, "receiver", None);
        // Twins: whoever is bound to nobody, and whoever sent the goods.
        gift.is_reported(&gift.distributed(&scene.officer, 1_000));
        let beijing = scene.site("Second warehouse", "warehouse", "CN");
        scene.in_store(&gift.donor, &beijing, 500);
        let (consignment, leg) = scene.planned(&gift.city, &[&beijing, &gift.banjul]);
        let departed = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(500)]});
        scene.does("departed", "2020-08-02", departed).expect(201);
        let line = json!([{"item": scene.masks, "good": 200}]);
        let received = json!({"consignment": consignment, "leg": leg, "lines": line});
        let by_receiver = scene.post(&receiver, "received", "2020-08-05", received.clone()).expect(201);
        assert_eq!(gift.evidence_told(&by_receiver)["how"], "receiver");
        // A twin: the same receiver types in what stands on the paper of somebody else.
        let mut typed_in = received;
        typed_in["from_paper"] = json!({"organization": gift.donor, "number": "GRN 17"});
        let typed_in = scene.post(&receiver, "received", "2020-08-06", typed_in).expect(201);
        assert_eq!(gift.evidence_told(&typed_in)["verified"], false);
        scene.verifies();
    }

    fn a_receiver_verifies_a_consignment_over_fifty_legs(database: &TestDatabase) {
        let gift = Gift::received(database);
        let scene = &gift.scene;
        let receiver = scene.house.login_bound(Role::Officer, Some(gift.city.parse().expect("an id")), None);
        let start = scene.site("Second warehouse", "warehouse", "CN");
        let hubs = [scene.site("Dakar", "port", "SN"), scene.site("Kaolack", "warehouse", "SN")];
        scene.in_store(&gift.donor, &start, 500);
        let between = (0..49).map(|number| hubs[number % 2].as_str());
        let stops: Vec<&str> = [start.as_str()].into_iter().chain(between).chain([gift.banjul.as_str()]).collect();
        let (consignment, leg) = scene.planned(&gift.city, &stops);
        let departed = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(500)]});
        scene.does("departed", "2020-08-02", departed).expect(201);
        let line = json!([{"item": scene.masks, "good": 500}]);
        let received = json!({"consignment": consignment, "leg": leg, "final": true, "lines": line});
        let received = scene.post(&receiver, "received", "2020-08-05", received).expect(201);
        assert_eq!(gift.evidence_told(&received)["how"], "receiver");
    }

    fn a_paper_is_seen_by_whom_it_concerns_and_by_donors_only_where_it_is_shared(database: &TestDatabase) {
        let gift = Gift::received(database);
        let scene = &gift.scene;
        let bound = |role: Role, name: &str| scene.house.login_bound(role, Some(name.parse().expect("an id")), None);
        let other = scene.organization("Koidu City Council", "SL");
        let (donor, stranger) = (bound(Role::Donor, &gift.donor), bound(Role::Donor, &other));
        let (receiver, elsewhere) = (bound(Role::Officer, &gift.city), bound(Role::Officer, &other));
        let (open, closed) = (gift.photo(1), gift.photo(2));
        let shared = gift.document("pod", json!({"events": [gift.receipt], "signatories": gift.signed("received"),
            "attachments": [open, closed], "shareable": true, "filed": "cabinet 4", "reference": "K-17"}));
        let private = gift.document("grn", json!({"events": [gift.receipt], "attachments": [open]}));
        let content = |attachment: &str| format!("/api/v1/attachments/{attachment}/content");
        let can = |caller: &Caller, path: &str| caller.get(path).status == 200;
        // An attachment is private until it is marked shareable, wherever it hangs.
        assert!(can(&receiver, &content(&open)) && !can(&donor, &content(&open)));
        scene.officer.patch(&format!("/api/v1/attachments/{open}"), 1, &json!({"shareable": true})).expect(200);
        scene.officer.patch(&format!("/api/v1/attachments/{open}"), 1, &json!({"shareable": false})).refused("precondition_failed", &[]);
        assert!(can(&donor, &content(&open)) && !can(&donor, &content(&closed)));

        let seen = donor.get(&path_of(&shared));
        let body = seen.expect(200);
        assert_eq!(body["attachments"].as_array().expect("a list").len(), 1);
        // What is added to documents and photos is not told to donors by that.
        let members = |value: &Value| value.as_object().expect("members").keys().cloned().collect::<BTreeSet<String>>();
        let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<String>>();
        let row = ["consignment", "created_at", "id", "issued_on", "kind", "mode", "number", "pledge", "site"];
        assert_eq!(members(&body), set(&[&row[..], &["attachments", "events"]].concat()));
        assert_eq!(members(&donor.get("/api/v1/documents").expect(200)["items"][0]), set(&row));
        let picture = ["created_at", "height", "id", "media_type", "sha256_kept", "size_bytes", "width"];
        assert_eq!(members(&body["attachments"][0]), set(&picture));
        assert_eq!(members(&donor.get(&format!("/api/v1/attachments/{open}")).expect(200)), set(&picture));
        let full = scene.officer.get(&path_of(&shared)).expect(200);
        assert_eq!((&full["filed"], &full["reference"]), (&json!("cabinet 4"), &json!("K-17")));
        for hidden in ["signatories", "filed", "reference", "recorded_by", "person", "uploaded_by"] {
            assert!(!seen.text.contains(&format!("\"{hidden}\"")), "{hidden}: {}", seen.text);
        }
        assert_eq!(donor.get(&path_of(&private)).status, 404);
        let lists = |caller: &Caller| caller.get("/api/v1/documents").expect(200)["items"].as_array().expect("a list").len();
        assert_eq!((lists(&donor), lists(&stranger), lists(&receiver), lists(&elsewhere)), (1, 0, 2, 0));
        let missing = elsewhere.get(&format!("/api/v1/documents/{}", id())).text;
        for caller in [&stranger, &elsewhere] {
            for path in [path_of(&shared), path_of(&private), format!("/api/v1/attachments/{open}"), content(&open)] {
                let refused = caller.get(&path);
                assert_eq!((refused.status, &refused.text), (404, &missing), "{path}");
            }
        }
        // Nobody writes into what is out of reach either.
        elsewhere.post(&format!("{}/void", path_of(&shared)), &json!({"reason": "x"})).refused("not_found", &[]);
        elsewhere.post(&format!("{}/evidence", path_of(&shared)), &json!({"events": [gift.receipt]})).refused("not_found", &[]);
        let body = json!({"kind": "other", "site": gift.banjul, "issued_on": "2020-08-06"});
        elsewhere.post("/api/v1/documents", &body).refused("not_found", &[]);
        let mut body = json!({"kind": "pod", "site": gift.banjul, "issued_on": "2020-08-06", "consignment": gift.consignment});
        receiver.post("/api/v1/documents", &body).expect(201);
        body["attachments"] = json!([elsewhere.upload("/api/v1/attachments", "image/jpeg", &photo(3)).expect(201)["id"]]);
        receiver.post("/api/v1/documents", &body).refused("not_found", &[]);
        // How a hand-over is verified a donor is told, and not by which paper.
        let event = donor.get(&format!("/api/v1/events/{}", gift.receipt)).expect(200);
        assert_eq!((&event["evidence"]["how"], event["evidence"].get("document")), (&json!("signed"), None));
        scene.verifies();
    }

    fn a_paper_about_goods_of_two_donors_is_shown_to_neither_unless_it_names_their_pledge(database: &TestDatabase) {
        let gift = Gift::received(database);
        let scene = &gift.scene;
        let second = scene.organization("Wuhan Friends", "CN");
        let beijing = scene.site("Second warehouse", "warehouse", "CN");
        scene.in_store(&gift.donor, &beijing, 500);
        let other_pledge = scene.in_store(&second, &beijing, 500);
        let (consignment, _) = scene.sent(&gift.city, &[&beijing, &gift.banjul], 1_000, "2020-08-02");
        let paper = |details: Value| path_of(&gift.document("pod", details));
        let both = paper(json!({"consignment": consignment, "shareable": true}));
        let named = paper(json!({"consignment": consignment, "pledge": other_pledge, "shareable": true}));
        let sees = |donor: &str, path: &str| {
            scene.house.login_bound(Role::Donor, Some(donor.parse().expect("an id")), None).get(path).status
        };
        assert_eq!((sees(&gift.donor, &both), sees(&second, &both)), (404, 404));
        assert_eq!((sees(&gift.donor, &named), sees(&second, &named)), (404, 200));
        let alone = paper(json!({"consignment": gift.consignment, "shareable": true}));
        assert_eq!((sees(&gift.donor, &alone), sees(&second, &alone)), (200, 404), "the twin: goods of one donor alone");
        assert!(!gift.leg.is_empty() && !gift.pledge.is_empty());
    }

    fn who_signed_is_on_record_and_named_to_whoever_may_read_people(database: &TestDatabase) {
        let gift = Gift::received(database);
        let scene = &gift.scene;
        let (ours, theirs) = (scene.person_of(&gift.city, "Fatou Ceesay"), scene.person_of(&gift.donor, "Li Wen"));
        let signed = |person: &str| json!([{"person": person, "act": "received"}]);
        let paper = |caller: &Caller, signatories: Value| {
            let body = json!({"id": id(), "kind": "pod", "site": gift.banjul, "issued_on": "2020-08-06",
                "consignment": gift.consignment, "signatories": signatories, "shareable": true});
            caller.post("/api/v1/documents", &body)
        };
        let erase = |person: &str| {
            let path = format!("/api/v1/people/{person}/erase");
            scene.manager.post(&path, &json!({"reason": "requested"})).expect(200);
        };
        let pointer = ["/signatories/0/person"];
        let unknown = paper(&scene.officer, signed(&id())).refused("invalid", &pointer);
        let size = scene.log_size();
        let second = json!([{"person": ours, "act": "received"}, {"person": id(), "act": "witness"}]);
        paper(&scene.officer, second).refused("invalid", &["/signatories/1/person"]);
        assert_eq!(scene.log_size(), size, "no number is used");
        // Who is out of reach is missing to a bound caller.
        let bound = scene.house.login_bound(Role::Officer, Some(gift.city.parse().expect("an id")), None);
        let told = paper(&bound, signed(&theirs)).refused("invalid", &pointer);
        assert_eq!(told.replace(&theirs, "?"), unknown.replace(unknown.split(' ').find(|word| word.len() == 36).expect("an id"), "?"));
        let document = paper(&bound, signed(&ours)).expect(201)["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/documents/{document}");
        let more = json!({"signatories": signed(&theirs)});
        bound.post(&format!("{path}/evidence"), &more).refused("invalid", &pointer);
        scene.officer.post(&format!("{path}/evidence"), &more).expect(200);

        let named = |caller: &Caller| -> Vec<Value> {
            let shown = caller.get(&path).expect(200)["signatories"].clone();
            shown.as_array().expect("signatories").iter().map(|one| one["shown_as"].clone()).collect()
        };
        for caller in [&scene.officer, &scene.manager, &scene.auditor] {
            assert_eq!(named(caller), ["Fatou Ceesay", "Li Wen"]);
        }
        assert_eq!(named(&bound), [json!("Fatou Ceesay"), Value::Null], "as far as one may read people");
        let donor = scene.house.login_bound(Role::Donor, Some(gift.donor.parse().expect("an id")), None);
        let shown = donor.get(&path).expect(200);
        for hidden in ["signatories", "Ceesay", "Li Wen", &ours, &theirs] {
            assert!(!shown.to_string().contains(hidden), "{hidden}: {shown:#}");
        }
        erase(&ours);
        let told = named(&scene.auditor)[0].as_str().expect("words").to_owned();
        assert!(told.starts_with("erased on 20"), "{told}");
        let refused = paper(&scene.officer, signed(&ours)).refused("invalid", &pointer);
        assert!(refused.contains("was erased"), "{refused}");
        assert_eq!(nobodies(&scene.url), 0);
        scene.verifies();
        // A document that is recorded without looking names somebody who does not exist.
        let row = Signatory {
            id: DocumentPartId(Uuid::now_v7()),
            document_id: document.parse().expect("an id"),
            ordinal: 9,
            person_id: PersonId(Uuid::now_v7()),
            act: "received".into(),
            signed_at: None,
        };
        scene.house.record(Unlooked(row));
        assert_eq!(nobodies(&scene.url), 1);
    }
}

/// Signatories who are nobody on record.
fn nobodies(url: &str) -> i64 {
    let sql = "SELECT COUNT(*) AS count FROM document_signatories \
               WHERE NOT EXISTS (SELECT 1 FROM persons WHERE persons.id = document_signatories.person_id)";
    let mut conn = relief_ledger::db::connect(url).expect("the database opens");
    diesel::sql_query(sql).get_result::<Count>(&mut conn).expect("signatories are readable").count
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// Keeps a signatory without any rule.
struct Unlooked(Signatory);

static NOBODY: LazyLock<Actor> = LazyLock::new(operator);

impl Update for Unlooked {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &NOBODY
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        desk.begin(Entry { action: "test.put".into(), kind: "test", id: self.0.id.0, reason: None });
        desk.shelf::<Drawer<Signatory>>().put(self.0.clone());
        Ok(())
    }
}
