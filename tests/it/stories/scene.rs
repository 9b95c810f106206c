//! The people, places and goods of a story.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::server::{Caller, Reply, Server};
use crate::support::{TestDatabase, is_receipt};
use relief_ledger::auth::Role;

/// A server with a programme, an item, and callers of the roles a story needs.
pub struct Scene {
    pub house: Server,
    pub url: String,
    pub admin: Caller,
    /// Sends goods off, and does most of the rest.
    pub officer: Caller,
    /// Another officer, who receives: nobody receives what they dispatched.
    pub receiver: Caller,
    pub manager: Caller,
    /// Another manager, who decides what the first proposes.
    pub second: Caller,
    pub auditor: Caller,
    pub programme: String,
    pub masks: String,
}

/// Masks on their way from a warehouse in Beijing to Banjul.
pub struct UnderWay {
    /// The tracking code of their consignment.
    pub code: String,
    pub consignment: String,
    pub leg: String,
    pub pledge: String,
    /// The warehouse that they left.
    pub beijing: String,
}

/// A new identifier as clients make them.
pub fn id() -> String {
    Uuid::now_v7().to_string()
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

fn programme(manager: &Caller, code: &str) -> String {
    let body = json!({"code": code, "name": "Cities Project", "focus_areas": [], "sensitive": false, "synthetic": false});
    id_of(&manager.post("/api/v1/programmes", &body).expect(201))
}

impl Scene {
    pub fn new(database: &TestDatabase) -> Self {
        Self::on(Server::start(database), database)
    }

    /// The same on a server that was started with settings of its own.
    pub fn on(house: Server, database: &TestDatabase) -> Self {
        let (admin, officer) = (house.login_as(Role::Admin), house.login_as(Role::Officer));
        let (manager, auditor) = (house.login_as(Role::Manager), house.login_as(Role::Auditor));
        let (receiver, second) = (house.login_as(Role::Officer), house.login_as(Role::Manager));
        let programme = programme(&manager, "CITIES");
        let masks = json!({"code": "MASK", "name": "Surgical masks", "base_unit": "piece", "category": "protective equipment",
            "storage_class": "ambient", "packs": [{"name": "carton", "numerator": 2000, "denominator": 1}]});
        let masks = id_of(&admin.post("/api/v1/items", &masks).expect(201));
        let url = database.url().to_owned();
        Self { house, url, admin, officer, receiver, manager, second, auditor, programme, masks }
    }

    /// A further programme.
    pub fn programme_of(&self, code: &str) -> String {
        programme(&self.manager, code)
    }

    pub fn organization(&self, name: &str, country: &str) -> String {
        let body = json!({"name": name, "country": country, "donor": true, "consignor": true, "consignee": true, "carrier": true});
        id_of(&self.admin.post("/api/v1/organizations", &body).expect(201))
    }

    pub fn site(&self, name: &str, kind: &str, country: &str) -> String {
        let body = json!({"name": name, "kind": kind, "country": country});
        id_of(&self.admin.post("/api/v1/sites", &body).expect(201))
    }

    /// A site with coordinates.
    pub fn site_at(
        &self,
        name: &str,
        kind: &str,
        country: &str,
        (latitude, longitude): (f64, f64),
    ) -> String {
        let body = json!({"name": name, "kind": kind, "country": country,
            "coordinates": {"latitude": latitude, "longitude": longitude}});
        id_of(&self.admin.post("/api/v1/sites", &body).expect(201))
    }

    /// An offer of masks by a donor; returns the pledge and its line.
    pub fn pledge(&self, donor: &str, quantity: i64) -> (String, String) {
        let body = json!({"programme": self.programme, "donor": donor, "offered_at": "2020-07-01",
            "lines": [{"item": self.masks, "quantity": quantity}]});
        let pledge = self.officer.post("/api/v1/pledges", &body).expect(201);
        (id_of(&pledge), pledge["lines"][0]["id"].as_str().expect("a line").to_owned())
    }

    /// A pledge that the manager accepted whole.
    pub fn accepted(&self, donor: &str, quantity: i64) -> (String, String) {
        let (pledge, line) = self.pledge(donor, quantity);
        self.post(&self.manager, "pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        (pledge, line)
    }

    /// Masks of a donor that lie in a warehouse; returns the pledge.
    pub fn in_store(&self, donor: &str, site: &str, quantity: i64) -> String {
        let (pledge, _) = self.accepted(donor, quantity);
        let body = json!({"pledge": pledge, "site": site, "lines": [self.line(quantity)]});
        self.post(&self.officer, "collected", "2020-07-10", body).expect(201);
        pledge
    }

    /// A consignment over the given stops; returns it as it was answered.
    pub fn consignment(&self, consignee: &str, stops: &[&str]) -> Value {
        let legs: Vec<Value> = stops
            .windows(2)
            .map(|pair| json!({"mode": "air", "from": pair[0], "to": pair[1], "id": id()}))
            .collect();
        let body = json!({"programme": self.programme, "consignee": consignee, "origin": stops[0],
            "destination": stops[stops.len() - 1], "legs": legs});
        let opened = self.officer.post("/api/v1/consignments", &body).expect(201);
        let mut opened = opened;
        opened["leg_ids"] = legs.iter().map(|leg| leg["id"].clone()).collect();
        opened
    }

    /// A person who can sign.
    pub fn person(&self) -> String {
        self.person_of(&self.organization("Banjul Port Authority", "GM"), "Fatou Ceesay")
    }

    /// Somebody of an organization.
    pub fn person_of(&self, organization: &str, name: &str) -> String {
        let body = json!({"kind": "signatory", "organization_id": organization, "name": name});
        id_of(&self.officer.post("/api/v1/people", &body).expect(201))
    }

    pub fn line(&self, quantity: i64) -> Value {
        json!({"item": self.masks, "quantity": quantity})
    }

    /// Posts an event with a new identifier.
    pub fn post(&self, caller: &Caller, kind: &str, occurred_at: &str, details: Value) -> Reply {
        caller.post("/api/v1/events", &event(&id(), kind, occurred_at, details))
    }

    /// The same by an officer: receipts by the one who receives, all else by the one who sends. What somebody else
    /// must approve, a manager does.
    pub fn does(&self, kind: &str, occurred_at: &str, details: Value) -> Reply {
        let officer = if is_receipt(kind, &details) { &self.receiver } else { &self.officer };
        self.approved(self.post(officer, kind, occurred_at, details))
    }

    /// The same by the manager, who decides; what somebody else must approve, the other manager does.
    pub fn decides(&self, kind: &str, occurred_at: &str, details: Value) -> Reply {
        self.approved(self.post(&self.manager, kind, occurred_at, details))
    }

    /// The answer to an event, or, where it was only proposed, to its being approved by another manager.
    fn approved(&self, reply: Reply) -> Reply {
        if reply.status != 202 || reply.json()["status"] != "proposed" {
            return reply;
        }
        let proposed = reply.json();
        let approval = proposed["approval"].as_str().expect("an approval");
        let decided = self.rules(&self.second, approval, "approve");
        if decided.status != 200 {
            return decided;
        }
        let event = decided.json()["event"].clone();
        Reply { status: 201, headers: decided.headers, text: event.to_string(), bytes: decided.bytes }
    }

    /// Somebody decides a proposal.
    pub fn rules(&self, caller: &Caller, approval: &str, decision: &str) -> Reply {
        let body = json!({"decision": decision, "reason": "looked at the report"});
        caller.post(&format!("/api/v1/approvals/{approval}/decide"), &body)
    }

    /// Goods that lie at a site leave for a consignee over the given stops; returns the consignment and its
    /// first leg.
    pub fn sent(&self, consignee: &str, stops: &[&str], quantity: i64, day: &str) -> (String, String) {
        let (consignment, leg) = self.planned(consignee, stops);
        let body = json!({"consignment": consignment, "leg": leg, "lines": [self.line(quantity)]});
        self.does("departed", day, body).expect(201);
        (consignment, leg)
    }

    /// So many masks of a donor of their own are sent off.
    pub fn under_way(&self, quantity: i64) -> UnderWay {
        let donor = self.organization("Shenzhen federation", "CN");
        let city = self.organization("Banjul City Council", "GM");
        let beijing = self.site("Beijing warehouse", "warehouse", "CN");
        let banjul = self.site("Banjul", "city", "GM");
        let pledge = self.in_store(&donor, &beijing, quantity);
        let (consignment, leg) = self.sent(&city, &[&beijing, &banjul], quantity, "2020-08-01");
        let shown = self.officer.get(&format!("/api/v1/consignments/{consignment}")).expect(200);
        let code = shown["tracking_code"].as_str().expect("a code").to_owned();
        UnderWay { code, consignment, leg, pledge, beijing }
    }

    /// A consignment with nothing in it, and its first leg.
    pub fn planned(&self, consignee: &str, stops: &[&str]) -> (String, String) {
        let consignment = self.consignment(consignee, stops);
        (id_of(&consignment), consignment["leg_ids"][0].as_str().expect("a leg").to_owned())
    }

    /// A final receipt of one item; `figures` are good, damaged, missing and so on.
    pub fn receives(&self, consignment: &str, leg: &str, day: &str, figures: Value) -> Reply {
        let mut line = figures;
        line["item"] = json!(self.masks);
        let body = json!({"consignment": consignment, "leg": leg, "final": true, "lines": [line]});
        self.does("received", day, body)
    }

    /// How many entries the log has: a refusal leaves it as it was.
    pub fn log_size(&self) -> i64 {
        let mut conn = relief_ledger::db::connect(&self.url).expect("the database opens");
        relief_ledger::writer::log_state(&mut conn).expect("the log's state is readable").last.sequence
    }

    /// Everything recorded is as the log says, and every figure follows from it. Signatures are others' business.
    pub fn verifies(&self) {
        let nowhere = std::path::Path::new("/nonexistent/keys");
        let (_, report) = crate::verify::verify(&self.url, nowhere);
        assert_eq!(report["count"], 0, "{report:#}");
    }

    /// The event as it stands recorded.
    pub fn event(&self, id: &str) -> Reply {
        self.officer.get(&format!("/api/v1/events/{id}"))
    }

    /// Everything that must hold after any story: each derived figure folds again to what is kept, no account
    /// was ever below zero, and every total closes.
    pub fn closes(&self) {
        crate::support::books::assert_sound(&self.url);
        for group in ["programme", "donor", "item", "lot", "country", "site", "holder", "owner", "month"] {
            let totals = self.auditor.get(&format!("/api/v1/totals?group_by={group}")).expect(200);
            for row in totals["rows"].as_array().expect("rows") {
                assert_eq!(row["residual"], 0, "by {group}: {row:#}");
            }
        }
    }

    pub fn stock(&self, site: &str) -> Value {
        self.officer.get(&format!("/api/v1/sites/{site}/stock")).expect(200)["items"].clone()
    }

    /// The accounts of a pledge's only line, in sum.
    pub fn accounts(&self, pledge: &str) -> Value {
        let status = self.officer.get(&format!("/api/v1/pledges/{pledge}/status")).expect(200);
        let mut sums = serde_json::Map::new();
        for line in status["lines"].as_array().expect("lines") {
            assert_eq!(line["residual"], 0, "{line:#}");
            for place in line["places"].as_array().expect("places") {
                let account = place["account"].as_str().expect("an account");
                let sum = sums.get(account).and_then(Value::as_i64).unwrap_or(0);
                sums.insert(account.to_owned(), json!(sum + place["quantity"].as_i64().expect("a quantity")));
            }
        }
        Value::Object(sums)
    }
}

/// An event as it is posted.
pub fn event(id: &str, kind: &str, occurred_at: &str, details: Value) -> Value {
    let mut body = details;
    body["id"] = json!(id);
    body["kind"] = json!(kind);
    body["occurred_at"] = json!(occurred_at);
    body
}
