//! A donor agrees that goods go elsewhere: proposed by one, decided by another, with the consent on record.

use relief_ledger::auth::Role;
use relief_ledger::core::id::{EventId, OrganizationId, PledgeLineId, UserId};
use relief_ledger::core::time::{Precision, Timestamp};
use relief_ledger::events::{Command, PostEvent};
use relief_ledger::ledger::event::{EventResult, Halt, Happening, Subjects, relabel};
use relief_ledger::ledger::{Account, Book, Cell, LineFacts};
use relief_ledger::pledges::{EarmarkChange, PledgeLine};
use relief_ledger::writer::{Actor, Desk, Drawer, Entry, Refusal, Update, Writer, WriterSettings};
use serde_json::{Value, json};
use uuid::Uuid;

use super::scene::{Scene, event, id};
use crate::support::server::{Caller, Reply, migrate};
use crate::support::{TestDatabase, on_both_databases};

/// 1,000 masks for the Gambia: 400 still with the donor, 300 delivered in Banjul, 100 reserved for it, 200 free in Accra.
struct Gift {
    scene: Scene,
    donor: String,
    offer: Value,
    pledge: String,
    line: String,
    accra: String,
    reserved: String,
    dakar: String,
}

impl Gift {
    fn new(database: &TestDatabase) -> Self {
        let scene = Scene::new(database);
        let (donor, city) =
            (scene.organization("Hainan", "CN"), scene.organization("Banjul City Council", "GM"));
        let (accra, banjul) = (scene.site("Accra", "warehouse", "GH"), scene.site("Banjul", "city", "GM"));
        let dakar = scene.site("Dakar", "city", "SN");
        let (pledge, line) = (id(), id());
        let offer = json!({"id": pledge, "programme": scene.programme, "donor": donor, "offered_at": "2020-07-01",
            "lines": [{"id": line, "item": scene.masks, "quantity": 1_000, "earmark_country": "GM",
                "value": {"minor": 50_000, "currency": "USD"}}]});
        scene.officer.post("/api/v1/pledges", &offer).expect(201);
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let collected = json!({"pledge": pledge, "site": accra, "lines": [scene.line(600)]});
        scene.does("collected", "2020-07-10", collected).expect(201);
        let (consignment, leg) = scene.sent(&city, &[&accra, &banjul], 300, "2020-07-20");
        scene.receives(&consignment, &leg, "2020-07-25", json!({"good": 300})).expect(201);
        let (reserved, _) = scene.planned(&city, &[&accra, &banjul]);
        let allocated = json!({"consignment": reserved, "site": accra, "lines": [scene.line(100)]});
        scene.does("allocated", "2020-07-26", allocated).expect(201);
        Self { scene, donor, offer, pledge, line, accra, reserved, dakar }
    }

    fn consent(&self) -> Value {
        json!({"organization": self.donor, "given_on": "2020-08-01", "filed": "Hainan file 3"})
    }

    /// A change of earmark to Senegal, with other members.
    fn change(&self, other: Value) -> Value {
        let mut body = json!({"pledge": self.pledge, "line": self.line, "quantity": 500, "country": "SN",
            "consent": self.consent(), "reason": "Banjul has enough"});
        for (name, value) in other.as_object().expect("members") {
            body[name] = value.clone();
        }
        event(&id(), "earmark_changed", "2020-08-02", body)
    }

    fn propose(&self, caller: &Caller, other: Value) -> Reply {
        caller.post("/api/v1/events", &self.change(other))
    }

    /// The same with other members of the consent.
    fn with_consent(&self, other: Value) -> Reply {
        let mut consent = self.consent();
        for (name, value) in other.as_object().expect("members") {
            consent[name] = value.clone();
        }
        self.propose(&self.scene.officer, json!({"consent": consent}))
    }

    /// Proposed by the officer and approved; returns the event.
    fn changed(&self, other: Value) -> Value {
        let proposed = self.propose(&self.scene.officer, other).expect(202);
        let approval = proposed["approval"].as_str().expect("an approval");
        self.scene.rules(&self.scene.manager, approval, "approve").expect(200)["event"].clone()
    }

    /// What is promised by earmark.
    fn promised(&self) -> Vec<(Value, Value)> {
        let status = self.scene.officer.get(&format!("/api/v1/pledges/{}/status", self.pledge)).expect(200);
        let lines = status["lines"].as_array().expect("lines");
        lines.iter().map(|line| (line["earmark_country"].clone(), line["promised"].clone())).collect()
    }

    /// Units meant for a country, where they are not delivered.
    fn meant_for(&self, country: &str, query: &str) -> i64 {
        let path = format!("/api/v1/totals?group_by=country&place=for{query}");
        let totals = self.scene.auditor.get(&path).expect(200);
        let rows = totals["rows"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["country"]["code"] == country);
        let figure = |row: &Value, account: &str| row[account].as_i64().unwrap_or(0);
        row.map_or(0, |row| figure(row, "unallocated") + figure(row, "in_storage"))
    }

    fn document(&self, about: &str) -> String {
        let body = json!({"kind": "other", "site": self.accra, "issued_on": "2020-08-01", "pledge": about});
        let document = self.scene.officer.post("/api/v1/documents", &body).expect(201);
        document["id"].as_str().expect("an id").to_owned()
    }

    fn shown(&self, caller: &Caller) -> Value {
        caller.get(&format!("/api/v1/pledges/{}", self.pledge)).expect(200)
    }
}

fn writer(url: &str) -> Writer {
    Writer::start(WriterSettings::of(url)).expect("a writer starts")
}

fn verdict(url: &str) -> Value {
    crate::verify::verify(url, std::path::Path::new("/nonexistent/keys")).1
}

on_both_databases! {
    migrate: migrate;

    fn free_goods_go_elsewhere_once_the_donor_agrees_and_somebody_else_approves(database: &TestDatabase) {
        let gift = Gift::new(database);
        let scene = &gift.scene;
        let city = scene.organization("Dakar City", "SN");
        let (consignment, _) = scene.planned(&city, &[&gift.accra, &gift.dakar]);
        let reserve = |quantity: i64| {
            let body = json!({"consignment": consignment, "site": gift.accra, "lines": [scene.line(quantity)]});
            scene.does("allocated", "2020-08-03", body)
        };
        reserve(100).refused("insufficient", &["/lines/0/quantity"]);

        let proposed = gift.propose(&scene.officer, json!({})).expect(202);
        assert_eq!(proposed["status"], "proposed");
        let approval = proposed["approval"].as_str().expect("an approval");
        assert_eq!(gift.promised(), [(json!("GM"), json!(1_000))], "what is proposed changes nothing");
        let shown = scene.auditor.get(&format!("/api/v1/approvals/{approval}")).expect(200);
        assert_eq!((&shown["quantity"], &shown["limit"]), (&json!(500), &Value::Null));
        assert_eq!(shown["body"]["consent"], gift.consent());
        let effect: Vec<Value> = shown["effect"].as_array().expect("an effect").iter()
            .map(|line| json!([line["account"], line["earmark"], line["before"], line["after"]])).collect();
        assert_eq!(effect, [
            json!(["promised", "GM", -1_000, -500]), json!(["promised", "SN", 0, -500]),
            json!(["unallocated", "GM", 400, 0]), json!(["unallocated", "SN", 0, 400]),
            json!(["in_storage", "GM", 200, 100]), json!(["in_storage", "SN", 0, 100]),
        ]);
        let decided = scene.rules(&scene.manager, approval, "approve").expect(200);
        assert_eq!(decided["event"]["status"], "posted");

        assert_eq!(gift.promised(), [(json!("GM"), json!(500)), (json!("SN"), json!(500))]);
        let pledge = gift.shown(&scene.officer);
        assert_eq!((&pledge["lines"][0]["accepted"], &pledge["lines"][1]["offered"]), (&json!(1_000), &json!(0)));
        let change = &pledge["earmark_changes"][0];
        assert_eq!((&change["quantity"], &change["from_country"], &change["to_country"], &change["filed"]),
            (&json!(500), &json!("GM"), &json!("SN"), &json!("Hainan file 3")));
        assert_eq!((gift.meant_for("GM", ""), gift.meant_for("SN", "")), (100, 500));
        assert_eq!((gift.meant_for("GM", "&to_month=2020-07"), gift.meant_for("SN", "&to_month=2020-07")), (600, 0));
        // The offer is the same offer still.
        let again = scene.officer.post("/api/v1/pledges", &gift.offer);
        assert!(again.status < 300 && again.json()["receipt"].is_null(), "{}", again.text);

        reserve(101).refused("insufficient", &["/lines/0/quantity"]);
        let allocated = reserve(100).expect(201);
        scene.closes();

        // It never was: two managers say so, once nothing depends on it.
        let reverse = || scene.decides("reversed", "2020-08-04", json!({"event": decided["event"]["id"], "reason": "another pledge"}));
        let told = reverse();
        assert_eq!((told.status, told.json()["events"][0]["event"].clone()), (409, allocated["id"].clone()), "{}", told.text);
        scene.post(&scene.officer, "reversed", "2020-08-04", json!({"event": decided["event"]["id"], "reason": "no"}))
            .refused("forbidden", &[]);
        scene.does("reversed", "2020-08-04", json!({"event": allocated["id"], "reason": "not from these"})).expect(201);
        let reversal = reverse().expect(201);
        assert_eq!(gift.promised(), [(json!("GM"), json!(1_000)), (json!("SN"), json!(0))]);
        assert_eq!(gift.shown(&scene.officer)["earmark_changes"][0]["reversed_by"], reversal["id"]);
        reserve(100).refused("insufficient", &["/lines/0/quantity"]);
        scene.closes();
        scene.verifies();
    }

    fn all_that_is_free_may_go_anywhere_and_what_is_reserved_stays(database: &TestDatabase) {
        let gift = Gift::new(database);
        let scene = &gift.scene;
        let mut body = gift.change(json!({"country": Value::Null}));
        body.as_object_mut().expect("members").remove("quantity");
        let proposed = scene.manager.post("/api/v1/events", &body).expect(202);
        let approval = proposed["approval"].as_str().expect("an approval");
        // Goods that were reserved meanwhile are not free any more, so that it would not be what was proposed.
        let allocated = json!({"consignment": gift.reserved, "site": gift.accra, "lines": [scene.line(50)]});
        let allocated = scene.does("allocated", "2020-08-02", allocated).expect(201);
        let refused = scene.rules(&scene.second, approval, "approve");
        assert_eq!((refused.problem().1, refused.json()["proposed"].clone()), ("wrong_state".into(), json!(600)));
        scene.does("reversed", "2020-08-02", json!({"event": allocated["id"], "reason": "not yet"})).expect(201);
        scene.rules(&scene.second, approval, "approve").expect(200);
        assert_eq!(gift.promised(), [(json!("GM"), json!(400)), (Value::Null, json!(600))]);
        // Further on from there: each change names the line that holds the goods now.
        let line = gift.shown(&scene.officer)["lines"][1]["id"].clone();
        gift.changed(json!({"line": line, "quantity": 50, "country": "KE"}));
        assert_eq!(gift.promised()[2], (json!("KE"), json!(50)));
        let left = json!({"consignment": gift.reserved, "lines": [scene.line(100)]});
        scene.does("departed", "2020-08-05", left).expect(201);
        scene.closes();
        scene.verifies();
    }

    fn what_is_delivered_or_reserved_keeps_the_word_it_was_sent_under(database: &TestDatabase) {
        let gift = Gift::new(database);
        let scene = &gift.scene;
        let size = scene.log_size();
        let refused = gift.propose(&scene.officer, json!({"quantity": 601}));
        assert!(refused.refused("insufficient", &["/quantity"]).contains("Only 600 of 601"), "{}", refused.text);
        let held = refused.json()["held"].as_array().expect("holders").clone();
        assert!(held.iter().any(|one| one["account"] == "delivered" && one["quantity"] == 300), "{held:#?}");
        assert!(held.iter().any(|one| one["account"] == "allocated" && one["consignment"] == json!(gift.reserved)), "{held:#?}");
        gift.changed(json!({"quantity": 600}));
        let mut rest = gift.change(json!({}));
        rest.as_object_mut().expect("members").remove("quantity");
        scene.officer.post("/api/v1/events", &rest).refused("insufficient", &["/line"]);
        assert!(scene.log_size() > size);
        assert!(delivered_under(&gift, "GM"));
        scene.verifies();
        // A rule that takes delivered goods as well is noticed by what was just looked at.
        let writer = writer(&scene.url);
        writer.record_blocking(TakesDelivered { line: gift.line.parse().expect("an id") }).expect("nothing stops it");
        writer.stop();
        assert!(!delivered_under(&gift, "GM"), "the twin took what is delivered");
    }

    fn nobody_decides_an_own_change_and_nothing_happens_unasked(database: &TestDatabase) {
        let gift = Gift::new(database);
        let scene = &gift.scene;
        let proposed = gift.propose(&scene.manager, json!({})).expect(202);
        let approval = proposed["approval"].as_str().expect("an approval");
        for decision in ["approve", "refuse"] {
            assert_eq!(scene.rules(&scene.manager, approval, decision).problem().1, "own_proposal");
        }
        scene.rules(&scene.officer, approval, "approve").refused("forbidden", &[]);
        assert_eq!(gift.promised(), [(json!("GM"), json!(1_000))]);
        for caller in [&scene.auditor, &scene.admin] {
            gift.propose(caller, json!({})).refused("forbidden", &[]);
        }
        scene.rules(&scene.second, approval, "refuse").expect(200);
        scene.verifies();
        // Whoever holds the database is not asked. A caller that came by such rights is found out.
        let actor = Actor { user: scene.officer.user.expect("a user"), role: "operator".into(), scope: "all".into() };
        let writer = writer(&scene.url);
        let command = Command::read(gift.change(json!({}))).expect("a command");
        writer.record_blocking(PostEvent::new(command, actor)).expect("it posts at once");
        writer.stop();
        let found = verdict(&scene.url);
        assert_eq!(found["findings"][0]["problem"], "changes an earmark, and nobody was asked to approve it", "{found:#}");
    }

    fn without_the_donors_consent_on_record_nothing_is_even_proposed(database: &TestDatabase) {
        let gift = Gift::new(database);
        let scene = &gift.scene;
        let size = scene.log_size();
        let mut body = gift.change(json!({}));
        body.as_object_mut().expect("members").remove("consent");
        assert_eq!(scene.officer.post("/api/v1/events", &body).status, 422);
        let mut body = gift.change(json!({}));
        body.as_object_mut().expect("members").remove("country");
        let told = scene.officer.post("/api/v1/events", &body);
        assert!(told.status == 422 && told.text.contains("country"), "null is said, not left out: {}", told.text);
        gift.with_consent(json!({"filed": Value::Null})).refused("invalid", &["/consent"]);
        gift.with_consent(json!({"filed": " "})).refused("invalid", &["/consent/filed"]);
        gift.with_consent(json!({"given_on": "2020-08-04"})).refused("invalid", &["/consent/given_on"]);
        gift.with_consent(json!({"given_on": "last week"})).refused("invalid", &["/consent/given_on"]);
        let other = scene.organization("Another", "CN");
        gift.with_consent(json!({"organization": other})).refused("invalid", &["/consent/organization"]);
        gift.with_consent(json!({"document": id()})).refused("invalid", &["/consent/document"]);
        gift.with_consent(json!({"person": id()})).refused("invalid", &["/consent/person"]);
        let refuse = |other: Value, pointer: &str| gift.propose(&scene.officer, other).refused("invalid", &[pointer]);
        refuse(json!({"country": "GM"}), "/country");
        refuse(json!({"country": "Atlantis"}), "/country");
        refuse(json!({"quantity": 0}), "/quantity");
        refuse(json!({"line": id()}), "/line");
        refuse(json!({"reason": " "}), "/reason");
        assert_eq!(scene.log_size(), size + 1, "only an organization was added");
        // Of goods nobody knows the donor of, nobody can consent to anything.
        let unasked = json!({"programme": scene.programme, "kind": "unsolicited", "offered_at": "2020-07-01",
            "lines": [{"item": scene.masks, "quantity": 10}]});
        let unasked = scene.officer.post("/api/v1/pledges", &unasked).expect(201);
        let told = json!({"pledge": unasked["id"], "line": unasked["lines"][0]["id"]});
        gift.propose(&scene.officer, told).refused("wrong_state", &["/pledge"]);
        // A rule that does not look for the consent meets the table's own check.
        let writer = writer(&scene.url);
        let put = |row: EarmarkChange| writer.record_blocking(Put(row));
        assert!(put(row(&gift, None)).is_err(), "no consent without something to look at");
        put(row(&gift, Some("cabinet 3"))).expect("with it the row is kept");
        writer.stop();
    }

    fn who_consented_and_the_paper_are_looked_up(database: &TestDatabase) {
        let gift = Gift::new(database);
        let scene = &gift.scene;
        let (ours, theirs) = (scene.person_of(&gift.donor, "Li Wen"), scene.person_of(&scene.organization("Another", "CN"), "Li Wen"));
        gift.with_consent(json!({"person": theirs})).refused("invalid", &["/consent/person"]);
        let (elsewhere, _) = scene.accepted(&gift.donor, 5);
        let (document, other) = (gift.document(&gift.pledge), gift.document(&elsewhere));
        gift.with_consent(json!({"document": other})).refused("invalid", &["/consent/document"]);
        let both = json!({"person": ours, "document": document, "filed": Value::Null});
        let proposed = gift.with_consent(both.clone()).expect(202);
        // Who has consented may be erased before it is decided: the consent was given.
        let erased = json!({"reason": "requested"});
        scene.manager.post(&format!("/api/v1/people/{ours}/erase"), &erased).expect(200);
        gift.with_consent(both).refused("invalid", &["/consent/person"]);
        let approval = proposed["approval"].as_str().expect("an approval");
        scene.rules(&scene.manager, approval, "approve").expect(200);
        let change = gift.shown(&scene.officer)["earmark_changes"][0].clone();
        assert_eq!((&change["person"], &change["document"]), (&json!(ours), &json!(document)));
        // A void document says nothing.
        let void = json!({"reason": "unsigned"});
        scene.officer.post(&format!("/api/v1/documents/{document}/void"), &void).expect(200);
        gift.with_consent(json!({"document": document})).refused("invalid", &["/consent/document"]);
        scene.verifies();
    }

    fn the_donor_reads_it_on_the_own_pledge_and_no_names(database: &TestDatabase) {
        let gift = Gift::new(database);
        let scene = &gift.scene;
        let person = scene.person_of(&gift.donor, "Li Wen");
        let consent = json!({"organization": gift.donor, "person": person, "given_on": "2020-08-01", "filed": "Hainan file 3"});
        let changed = gift.changed(json!({"consent": consent}));
        let organization = OrganizationId(gift.donor.parse().expect("an id"));
        let donor = scene.house.login_bound(Role::Donor, Some(organization), None);
        let shown = gift.shown(&donor);
        assert_eq!(shown["lines"][1]["earmark_country"], "SN");
        let change = &shown["earmark_changes"][0];
        assert_eq!((&change["event"], &change["quantity"], &change["consented_on"]),
            (&changed["id"], &json!(500), &json!("2020-08-01")));
        for hidden in ["person", "filed", "document"] {
            assert!(change.get(hidden).is_none(), "{hidden}: {change:#}");
        }
        let event = donor.get(&format!("/api/v1/events/{}", changed["id"].as_str().expect("an id"))).expect(200);
        assert_eq!((&event["kind"], event.get("body")), (&json!("earmark_changed"), None));
        let link = scene.officer.post(&format!("/api/v1/pledges/{}/link", gift.pledge), &json!({})).expect(201);
        let told = scene.house.stranger().get(link["path"].as_str().expect("a path")).expect(200);
        assert_eq!(told["lines"][1]["earmark_country"], "SN");
        assert!(!told.to_string().contains(&person) && !shown.to_string().contains(&person));
        // A donor proposes nothing.
        gift.propose(&donor, json!({})).refused("forbidden", &[]);
        let other = scene.house.login_bound(Role::Officer, Some(OrganizationId(scene.organization("Other", "CN").parse().expect("an id"))), None);
        assert_eq!(gift.propose(&other, json!({})).status, 404);
    }
}

/// Whether what was delivered is of the line that was meant for a country.
fn delivered_under(gift: &Gift, country: &str) -> bool {
    let status = gift.scene.officer.get(&format!("/api/v1/pledges/{}/status", gift.pledge)).expect(200);
    let lines = status["lines"].as_array().expect("lines");
    let holds = |line: &Value| {
        let places = line["places"].as_array().expect("places");
        places.iter().any(|place| place["account"] == "delivered" && place["quantity"] == 300)
    };
    lines.iter().any(|line| line["earmark_country"] == country && holds(line))
}

fn row(gift: &Gift, filed: Option<&str>) -> EarmarkChange {
    let line = PledgeLineId(gift.line.parse().expect("an id"));
    EarmarkChange {
        event_id: EventId(Uuid::now_v7()),
        pledge_id: relief_ledger::core::id::PledgeId(gift.pledge.parse().expect("an id")),
        from_line_id: line,
        to_line_id: line,
        quantity: 1,
        from_country: None,
        to_country: None,
        consented_by: OrganizationId(gift.donor.parse().expect("an id")),
        consented_person_id: None,
        consented_on: "2020-08-01".into(),
        document_id: None,
        filed: filed.map(str::to_owned),
        reversed_by: None,
    }
}

/// Keeps a row without any rule.
struct Put(EarmarkChange);

const NOBODY: &str = "twin";

fn twin() -> Actor {
    Actor { user: UserId(Uuid::nil()), role: NOBODY.into(), scope: "all".into() }
}

static TWIN: std::sync::LazyLock<Actor> = std::sync::LazyLock::new(twin);

impl Update for Put {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &TWIN
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        desk.begin(Entry { action: "test.put".into(), kind: "test", id: self.0.event_id.0, reason: None });
        desk.shelf::<Drawer<EarmarkChange>>().put(self.0.clone());
        Ok(())
    }
}

/// Moves what is delivered to another line as well: what the rule guards against.
struct TakesDelivered {
    line: Uuid,
}

impl Update for TakesDelivered {
    type Answer = EventResult;

    fn actor(&self) -> &Actor {
        &TWIN
    }

    fn decide(&self, desk: &mut Desk) -> Result<EventResult, Refusal> {
        self.post(desk).map_err(|halt| match halt {
            Halt::Refused(refusal) => refusal,
            Halt::Waits(wait) => panic!("it waits: {}", wait.reason),
        })
    }
}

impl TakesDelivered {
    fn post(&self, desk: &mut Desk) -> Result<EventResult, Halt> {
        let known = desk.shelf::<Drawer<PledgeLine>>().find(PledgeLineId(self.line))?;
        let known = known.expect("the line is there").as_ref().clone();
        let facts = desk.shelf::<Book>().line(known.id)?.clone();
        let other = PledgeLineId(Uuid::now_v7());
        desk.shelf::<Book>().know_line(LineFacts { line: other, earmark: Some("SN".into()), ..facts });
        let (mut movements, mut statements) = (Vec::new(), Vec::new());
        for heap in desk.shelf::<Book>().of_line(known.id)? {
            if heap.cell.account == Account::Delivered {
                let to = Cell { line: other, ..heap.cell };
                relabel(desk.shelf(), heap.cell, to, heap.quantity, &mut movements, &mut statements)?;
            }
        }
        let happening = Happening {
            id: EventId(Uuid::now_v7()),
            kind: "earmark_changed",
            occurred_at: Timestamp(1_600_000_000_000_000),
            precision: Precision::Minute,
            inferred: false,
            body: "{}".into(),
            reason: None,
            restates: None,
            scope: relief_ledger::auth::Scope::everything(),
            deploys: false,
            from_paper: None,
            decided_by: None,
            made_by: None,
            warnings: Vec::new(),
        };
        let subjects = Subjects { pledge: Some(known.pledge_id), ..Subjects::default() };
        let result = happening.post(desk, subjects, &movements, &statements)?;
        let line = PledgeLine { id: other, ordinal: 90, earmark_country: Some("SN".into()), ..known };
        desk.shelf::<Drawer<PledgeLine>>().put(line);
        Ok(result)
    }
}
