//! A ledger with everything that can happen to goods, told over HTTP.

use serde_json::{Value, json};

use crate::stories::scene::Scene;
use crate::support::TestDatabase;

/// The people, the places, and what happened.
pub struct Rich {
    pub scene: Scene,
    pub health: String,
    pub hainan: String,
    pub beijing: String,
    pub hub: String,
    pub banjul: String,
    /// Valued in dollars.
    pub dollars: String,
    /// A consignment that came short, damaged and over to the hub.
    pub to_hub: String,
    /// One that is under way still.
    pub under_way: String,
    /// Goods handed out at the hub.
    pub distributed: String,
    /// Goods of the first consignment that were given up.
    pub lost: String,
    /// The receipt that said what was short, and why.
    pub receipt: String,
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

impl Rich {
    /// Told from June to September 2020.
    pub fn told(database: &TestDatabase) -> Self {
        let scene = Scene::new(database);
        let (hainan, jiangsu) = (scene.organization("Hainan", "CN"), scene.organization("Jiangsu", "CN"));
        let (anhui, health) =
            (scene.organization("Anhui", "CN"), scene.organization("Ghana Health Service", "GH"));
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let (hub, banjul) = (scene.site("Tema", "warehouse", "GH"), scene.site("Banjul", "city", "GM"));
        let value = |minor: i64, currency: &str, basis: &str| json!({"minor": minor, "currency": currency, "basis": basis});
        let dollars = gift(&scene, &hainan, &beijing, 1_000, value(50_000, "USD", "Donor's invoice"));
        gift(&scene, &jiangsu, &beijing, 500, value(10_001, "EUR", "Market price"));
        gift(&scene, &anhui, &beijing, 300, Value::Null);
        let (to_hub, leg) = scene.sent(&health, &[&beijing, &hub], 1_200, "2020-08-01");
        let mut rich = Self {
            scene,
            health,
            hainan,
            beijing,
            hub,
            banjul,
            dollars,
            to_hub,
            under_way: String::new(),
            distributed: String::new(),
            lost: String::new(),
            receipt: String::new(),
        };
        rich.receive(&leg);
        rich.use_up();
        rich.restate();
        rich.send_on();
        rich
    }

    fn does(&self, kind: &str, day: &str, details: Value) -> Value {
        self.scene.does(kind, day, details).expect(201)
    }

    fn lines(&self, quantity: i64) -> Value {
        json!([self.scene.line(quantity)])
    }

    /// Twelve hundred come in two parts: 1,060 good, 40 damaged, 30 held, 70 short, 5 over. Of those short, 20 are found, 10
    /// are lost, 5 had never left.
    fn receive(&mut self, leg: &str) {
        let masks = &self.scene.masks;
        let part = json!({"consignment": self.to_hub, "leg": leg, "final": false, "lines": [{"item": masks, "good": 500}]});
        self.does("received", "2020-08-04", part);
        let rest = json!({"good": 560, "damaged": 40, "on_hold": 30, "missing": 70, "surplus": 5, "reason": "rain on the pier"});
        self.receipt = id_of(&self.scene.receives(&self.to_hub, leg, "2020-08-05", rest).expect(201));
        let missing = |quantity: i64, reason: &str| {
            json!({"consignment": self.to_hub, "leg": leg,
            "lines": self.lines(quantity), "reason": reason})
        };
        self.scene.decides("found", "2020-08-10", missing(20, "behind the crane")).expect(201);
        let mut lost = missing(10, "washed away");
        lost["evidence"] = json!({"cause": "transport", "report_number": "LR-7", "filed": "cabinet 3"});
        let lost = id_of(&self.scene.decides("lost", "2020-08-11", lost).expect(201));
        self.scene.decides("miscounted", "2020-08-12", missing(5, "they lie in Beijing")).expect(201);
        self.lost = lost;
    }

    /// At the hub, 200 are handed to the consignee and 120 of them to people; 15 are burnt. In Beijing, 25 are held, 3 are
    /// not there, 30 go back to their donor.
    fn use_up(&mut self) {
        let at = |site: &str, quantity: i64| json!({"site": site, "lines": self.lines(quantity)});
        let mut handed = at(&self.hub, 200);
        handed["consignee"] = json!(self.health);
        self.does("delivered", "2020-08-16", handed);
        let distributed = self.does("distributed", "2020-08-17", at(&self.hub, 120));
        let mut burnt = at(&self.hub, 15);
        burnt["reason"] = json!("mould");
        burnt["evidence"] = json!({"cause": "storage", "report_number": "LR-8", "filed": "cabinet 3"});
        self.scene.decides("disposed", "2020-08-18", burnt).expect(201);
        let mut held = at(&self.beijing, 25);
        held["reason"] = json!("straps");
        self.does("held", "2020-08-19", held);
        let mut short = at(&self.beijing, 3);
        short["reason"] = json!("not on the shelf");
        self.does("reported_missing", "2020-08-21", short);
        self.does("returned", "2020-08-22", at(&self.beijing, 30));
        self.distributed = id_of(&distributed);
    }

    /// What was handed to people is corrected from 120 to 110, and a move is taken back whole.
    fn restate(&mut self) {
        let right = json!({"site": self.hub, "lines": self.lines(110)});
        let corrected =
            json!({"event": self.distributed, "right": right, "reason": "ten were spoilt on the way"});
        self.does("corrected", "2020-09-02", corrected);
        let moved = json!({"site": self.hub, "to_site": self.banjul, "lines": self.lines(40)});
        let moved = self.does("moved", "2020-08-25", moved);
        self.does("reversed", "2020-09-03", json!({"event": moved["id"], "reason": "another truck"}));
        let damaged = json!({"site": self.hub, "lines": self.lines(6), "reason": "a leak"});
        self.does("damaged", "2020-09-04", damaged);
    }

    /// Two hundred leave for Banjul, where 50 have come; a promise of 100 is partly taken back.
    fn send_on(&mut self) {
        let (under_way, leg) =
            self.scene.sent(&self.health, &[&self.beijing, &self.banjul], 200, "2020-09-10");
        let part = json!({"consignment": under_way, "leg": leg, "final": false,
            "lines": [{"item": self.scene.masks, "good": 50}]});
        self.does("received", "2020-09-14", part);
        self.under_way = under_way;
        let (pledge, line) = self.scene.accepted(&self.hainan, 100);
        let withdrawn =
            json!({"pledge": pledge, "lines": [{"line": line, "quantity": 40}], "reason": "sold"});
        self.does("pledge_withdrawn", "2020-09-15", withdrawn);
    }

    /// Everything, as the auditor is answered.
    pub fn ask(&self, question: &str) -> Value {
        self.scene.auditor.get(&format!("/api/v1/reconciliation?group_by={question}")).expect(200)
    }

    pub fn totals(&self, question: &str) -> Value {
        self.scene.auditor.get(&format!("/api/v1/totals?group_by={question}")).expect(200)
    }
}

/// Masks of a donor, valued or not, that lie in a warehouse; returns the pledge.
fn gift(scene: &Scene, donor: &str, site: &str, quantity: i64, value: Value) -> String {
    let mut line = scene.line(quantity);
    if !value.is_null() {
        line["value"] = value;
    }
    let body =
        json!({"programme": scene.programme, "donor": donor, "offered_at": "2020-06-01", "lines": [line]});
    let pledge = id_of(&scene.officer.post("/api/v1/pledges", &body).expect(201));
    scene.post(&scene.manager, "pledge_accepted", "2020-06-20", json!({"pledge": pledge})).expect(201);
    let collected = json!({"pledge": pledge, "site": site, "lines": [scene.line(quantity)]});
    scene.does("collected", "2020-07-10", collected).expect(201);
    pledge
}

/// The rows of a section.
pub fn rows(section: &Value) -> &Vec<Value> {
    section["rows"].as_array().expect("rows")
}

/// An integer of an answer.
pub fn figure(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no figure"))
}
