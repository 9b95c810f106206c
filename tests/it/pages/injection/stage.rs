//! A server on which every text that can be typed was typed by somebody who wants a page to do something.

use serde_json::{Value, json};

use super::corpus::{CORPUS, FORM_TEXTS, typed};
use crate::captures::{captured, seen, under, waiting};
use crate::gaps::NEEDED_BY;
use crate::pages::browse::{Page, send};
use crate::stories::scene::{Scene, id};
use crate::support::TestDatabase;
use crate::support::server::{Caller, Reply};
use relief_ledger::auth::Role;

/// Of whose goods pages of single things are looked at: every so manieth, so that each way out of the markup is among them.
const EVERY: usize = 6;
/// Fields whose texts must be seen on some page, or the corpus was not looked at where it matters.
pub const FIELDS: [&str; 20] = [
    "organization",
    "site",
    "site-code",
    "item",
    "item-code",
    "unit",
    "pack",
    "programme",
    "figure",
    "section",
    "counted",
    "published",
    "lot",
    "short",
    "gone",
    "why-lost",
    "report",
    "filed",
    "survey",
    "login-name",
];

/// Everything there is, with what of it is looked at.
pub struct Stage {
    pub scene: Scene,
    /// Callers by the words of their role; of donors two.
    pub callers: Vec<(String, Caller)>,
    /// Pages of single things, which not every list leads to.
    pub seeds: Vec<String>,
    /// What anybody may look at: few, since who is not known is slowed down.
    pub public: Vec<String>,
}

/// What an operation made; nothing where it took no such text.
fn made(reply: &Reply) -> Option<Value> {
    match reply.status {
        200..=202 => Some(reply.json()),
        _ => {
            assert!([409, 422].contains(&reply.status), "{}: {}", reply.status, reply.text);
            None
        }
    }
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("an id: {value:#}")).to_owned()
}

/// Who types one text of the corpus wherever a text is asked for.
struct Typist<'a> {
    scene: &'a Scene,
    hostile: &'static str,
    number: usize,
    destination: &'a str,
}

/// An item in a lot.
struct Goods {
    item: String,
    lot: String,
}

impl Goods {
    fn line(&self, quantity: i64) -> Value {
        json!({"item": self.item, "lot": self.lot, "quantity": quantity})
    }
}

/// What came of it.
struct Told {
    organization: String,
    pledge: String,
    consignment: String,
    code: String,
    seeds: Vec<String>,
}

impl Typist<'_> {
    fn text(&self, field: &str, most: usize) -> Option<String> {
        typed(self.hostile, field, most)
    }

    /// Where goods are, whose they are, and what they are.
    fn places(&self) -> (String, String, String) {
        let admin = &self.scene.admin;
        let organization = json!({"name": self.text("organization", 200), "reference": self.text("reference", 60),
            "country": "GM", "donor": true, "consignor": true, "consignee": true, "carrier": true});
        let organization = id_of(&admin.post("/api/v1/organizations", &organization).expect(201));
        let site = json!({"name": self.text("site", 200), "code": self.text("site-code", 60), "kind": "warehouse",
            "country": "GM", "coordinates": {"latitude": 13.45, "longitude": -16.58}});
        let site = id_of(&admin.post("/api/v1/sites", &site).expect(201));
        let code = self.text("item-code", 60).unwrap_or_else(|| format!("ITEM-{}", self.number));
        let unit = self.text("unit", 40).unwrap_or_else(|| "piece".to_owned());
        let pack = self.text("pack", 60).unwrap_or_else(|| "box".to_owned());
        let item = json!({"code": code, "name": self.text("item", 200), "base_unit": unit, "storage_class": "ambient",
            "category": self.text("category", 100).unwrap_or_else(|| "other".to_owned()),
            "packs": [{"name": pack, "numerator": 10, "denominator": 1}]});
        let item = id_of(&admin.post("/api/v1/items", &item).expect(201));
        (organization, site, item)
    }

    fn event(&self, caller: &Caller, kind: &str, day: &str, details: Value) -> Option<Value> {
        made(&self.scene.post(caller, kind, day, details))
    }

    /// A gift that lies at the site: the pledge, and what of.
    fn gift(&self, organization: &str, site: &str, item: &str) -> (String, Goods) {
        let scene = self.scene;
        let value = json!({"minor": 1_000, "currency": "USD", "basis": self.text("basis", 200)});
        let offered = json!({"programme": scene.programme, "donor": organization, "offered_at": "2020-07-01",
            "reference": self.text("pledge", 60), "note": self.text("note", 500),
            "lines": [{"item": item, "quantity": 100, "value": value}]});
        let pledge = id_of(&scene.officer.post("/api/v1/pledges", &offered).expect(201));
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let lot = self.text("lot", 60).unwrap_or_else(|| "L".to_owned());
        let goods = Goods { item: item.to_owned(), lot };
        let collected = json!({"pledge": pledge, "site": site, "lines": [goods.line(100)]});
        scene.does("collected", "2020-07-10", collected).expect(201);
        (pledge, goods)
    }

    /// Goods leave for elsewhere; every other consignment that is looked at comes short.
    fn journey(&self, organization: &str, site: &str, goods: &Goods) -> (Value, Vec<String>) {
        let scene = self.scene;
        let leg = json!({"id": id(), "mode": "road", "from": site, "to": self.destination, "carrier": organization});
        // What comes to its own donor is returned, so somebody else gets it.
        let consignee = json!({"name": self.text("consignee", 200), "country": "GM", "consignee": true});
        let consignee = id_of(&scene.admin.post("/api/v1/organizations", &consignee).expect(201));
        let opened = json!({"programme": scene.programme, "consignee": consignee, "origin": site,
            "destination": self.destination, "reference": self.text("consignment", 60), "legs": [leg]});
        let opened = scene.officer.post("/api/v1/consignments", &opened).expect(201);
        let (consignment, leg) = (&opened["id"], &leg["id"]);
        let left = json!({"consignment": consignment, "leg": leg, "lines": [goods.line(40)]});
        scene.does("departed", "2020-08-01", left).expect(201);
        let mut events = Vec::new();
        if self.number / EVERY % 2 == 1 {
            let short = json!({"item": goods.item, "lot": goods.lot, "good": 30, "missing": 10,
                "reason": self.text("short", 500)});
            let came = json!({"consignment": consignment, "leg": leg, "final": true, "lines": [short]});
            let came = self.event(&scene.receiver, "received", "2020-08-04", came);
            events.extend(came.map(|event| id_of(&event)));
        }
        (opened, events)
    }

    /// Some of what lies there is held, some is gone, and somebody proposes to give it up: the events, and the proposal.
    fn losses(&self, site: &str, goods: &Goods) -> (Vec<String>, Option<String>) {
        let scene = self.scene;
        let at = |quantity: i64, field: &str| json!({"site": site, "lines": [goods.line(quantity)], "reason": self.text(field, 500)});
        let held = self.event(&scene.officer, "held", "2020-07-20", at(5, "held"));
        let gone = self.event(&scene.officer, "reported_missing", "2020-07-21", at(6, "gone"));
        let mut lost = at(4, "why-lost");
        lost["evidence"] = json!({"cause": "theft", "report_number": self.text("report", 60), "filed": self.text("filed", 200)});
        let proposed = self.event(&scene.officer, "lost", "2020-07-22", lost);
        let approval = proposed.and_then(|event| event["approval"].as_str().map(str::to_owned));
        (held.iter().chain(&gone).map(id_of).collect(), approval)
    }

    /// What was recorded too early, and waits.
    fn early(&self, consignment: &str, goods: &Goods) -> Option<String> {
        let early = json!({"consignment": consignment, "leg": id(), "lines": [goods.line(1)]});
        self.event(&self.scene.officer, "departed", "2020-08-03", early).map(|event| id_of(&event))
    }

    /// What somebody is to pay for a loss that was decided.
    fn claim(&self, organization: &str, site: &str, goods: &Goods) -> Option<String> {
        let lost = json!({"site": site, "lines": [goods.line(1)], "reason": self.text("why-claimed", 500),
            "evidence": {"cause": "theft", "report_number": "LR-2", "filed": "cabinet 1"}});
        let decided = made(&self.scene.decides("lost", "2020-07-23", lost))?;
        let claim = json!({"id": id(), "event": decided["id"], "against": organization, "on": "2020-09-01",
            "amount": {"minor": 100, "currency": "USD"}});
        made(&self.scene.manager.post("/api/v1/claims", &claim)).map(|claim| id_of(&claim))
    }

    /// What is written beside goods: needs, counts, figures of others, people and papers.
    fn beside(&self, (organization, site, item): (&str, &str, &str), consignment: &Value) -> Option<String> {
        let scene = self.scene;
        let need = json!({"id": id(), "programme": scene.programme, "item": item, "quantity": 7, "area": "KE",
            "needed_by": NEEDED_BY, "source": self.text("survey", 200), "reference": self.text("need", 200),
            "note": self.text("need-note", 500)});
        made(&scene.officer.post("/api/v1/needs", &need));
        let sheet = json!({"site": site, "note": self.text("sheet", 500)});
        let sheet = made(&scene.officer.post("/api/v1/count-sheets", &sheet)).map(|sheet| id_of(&sheet));
        let figure = json!({"section": self.text("section", 300), "figure": self.text("figure", 300), "value": 7,
            "qualifier": null, "unit": self.text("counted", 60).unwrap_or_else(|| "masks".to_owned()),
            "as_of": "2021-01-31", "source": self.text("published", 500)});
        let path = format!("/api/v1/programmes/{}/reported-figures", scene.programme);
        made(&scene.manager.post(&path, &figure));
        let programme = json!({"code": format!("P-{}", self.number), "name": self.text("programme", 200),
            "focus_areas": [self.text("focus", 100).unwrap_or_else(|| "health".to_owned())],
            "sensitive": false, "synthetic": false});
        made(&scene.manager.post("/api/v1/programmes", &programme));
        let person = json!({"kind": "signatory", "organization_id": organization, "name": self.text("person", 200),
            "title": self.text("title", 200), "contact": self.text("contact", 200)});
        made(&scene.officer.post("/api/v1/people", &person));
        let paper = json!({"id": id(), "kind": "other", "site": site, "issued_on": "2020-08-06",
            "reference": self.text("paper", 60), "filed": self.text("cabinet", 200), "consignment": consignment["id"]});
        made(&scene.officer.post("/api/v1/documents", &paper));
        let unwanted = json!({"id": id(), "item": item, "area": "GM", "reason": self.text("unwanted", 4_000),
            "from": "2020-07-01"});
        made(&scene.manager.post("/api/v1/do-not-send", &unwanted));
        sheet
    }

    fn all(&self) -> Told {
        let (organization, site, item) = self.places();
        let (pledge, goods) = self.gift(&organization, &site, &item);
        let (opened, mut events) = self.journey(&organization, &site, &goods);
        let (further, approval) = self.losses(&site, &goods);
        events.extend(further);
        let sheet = self.beside((&organization, &site, &item), &opened);
        let (consignment, code) =
            (id_of(&opened), opened["tracking_code"].as_str().expect("a code").to_owned());
        let mut seeds = vec![
            format!("/admin/organizations/{organization}"),
            format!("/admin/sites/{site}"),
            format!("/admin/items/{item}"),
            format!("/board/consignments/{consignment}"),
            format!("/board/post?code={code}"),
            format!("/consignments/{consignment}/confirmation-link"),
            format!("/warehouse/{site}"),
            format!("/warehouse/{site}/card?item={item}"),
            format!("/warehouse/{site}/happened/damaged"),
            format!("/consignments/{consignment}/divert"),
            format!("/manager/pledges/{pledge}"),
            format!("/manager/figures?item={item}"),
            format!("/donor/pledges/{pledge}"),
            format!("/donor/consignments/{consignment}"),
        ];
        seeds.extend(events.iter().map(|event| format!("/events/{event}")));
        seeds.extend(approval.map(|approval| format!("/manager/approvals/{approval}")));
        seeds.extend(self.early(&consignment, &goods).map(|waiting| format!("/waiting/{waiting}")));
        let claim = self.claim(&organization, &site, &goods);
        seeds.extend(claim.map(|claim| format!("/manager/claims/{claim}")));
        seeds.extend(sheet.map(|sheet| format!("/warehouse/counts/{sheet}")));
        Told { organization, pledge, consignment, code, seeds }
    }
}

/// Questions whose answers name what was typed in most of their cells.
const QUESTIONS: [&str; 9] = [
    "/reconciliation?group_by=site&then_by=item",
    "/reconciliation?group_by=donor&then_by=lot",
    "/reconciliation?group_by=owner",
    "/reconciliation?group_by=consignee",
    "/reconciliation/entries?account=in_storage",
    "/reconciliation/entries?account=missing",
    "/reconciliation/changes?group_by=site&from=1",
    "/reconciliation/sample?size=20",
    "/reconciliation/verify?entry=20",
];

impl Stage {
    /// Types all of the corpus.
    pub fn told(database: &TestDatabase) -> Self {
        let scene = Scene::new(database);
        let destination = scene.site("Farafenni", "warehouse", "GM");
        let told: Vec<Told> = CORPUS
            .iter()
            .enumerate()
            .map(|(number, &hostile)| {
                Typist { scene: &scene, hostile, number, destination: &destination }.all()
            })
            .collect();
        publish(&scene);
        let looked_at: Vec<&Told> = told.iter().step_by(EVERY).collect();
        let mut seeds: Vec<String> = QUESTIONS.map(str::to_owned).to_vec();
        seeds.extend(looked_at.iter().flat_map(|one| one.seeds.clone()));
        seeds.push(sent_by_another_system(&scene.officer));
        let public = public(&scene, &told);
        let mut callers: Vec<(String, Caller)> = [Role::Officer, Role::Manager, Role::Auditor, Role::Admin]
            .map(|role| (role.word().to_owned(), scene.house.login_as(role)))
            .to_vec();
        // Once there is somebody else who decides: what an administrator proposes alone is a proposal then.
        invite(&scene.admin);
        for one in looked_at.iter().take(2) {
            let organization = one.organization.parse().expect("an id");
            let donor = scene.house.login_bound(Role::Donor, Some(organization), None);
            callers.push((format!("donor of {}", one.organization), donor));
        }
        for (_, caller) in &callers {
            seeds.extend(import(caller));
            // An address keeps its letters only as numbers.
            let webhook = json!({"url": "https://hooks.example.org/?q=%22%3E%3Czq%3E", "paused": true});
            let made = caller.post("/api/v1/webhooks", &webhook);
            match made.status {
                201 => seeds.push(format!("/webhooks/{}", id_of(&made.json()))),
                // Whoever is told of no events has no webhook.
                status => assert_eq!(status, 403, "{}", made.text),
            }
        }
        Self { scene, callers, seeds, public }
    }
}

/// Everybody may read the figures of the programme.
fn publish(scene: &Scene) {
    let path = format!("/api/v1/programmes/{}", scene.programme);
    let revision = scene.manager.get(&path).expect(200)["revision"].as_i64().expect("a revision");
    scene.manager.patch(&path, revision, &json!({"published": true})).expect(200);
}

/// People are invited under such names, and machines get keys.
fn invite(admin: &Caller) {
    for (number, hostile) in FORM_TEXTS.iter().enumerate() {
        // Looked at as it is: what the house asks of markup is asked by words that stand in these names.
        let page = Page { text: admin.get("/admin/people").text };
        let (login, name) =
            (format!("invited-{number}"), typed(hostile, "login-name", 200).expect("it is short"));
        let fields = [
            ("id", page.hidden("id")),
            ("login", login.as_str()),
            ("name", name.as_str()),
            ("role", "officer"),
        ];
        assert_eq!(send(admin, "/admin/people", &fields).status, 200);
        let until = relief_ledger::core::time::Timestamp(relief_ledger::auth::now().0 + 86_400_000_000);
        let key =
            json!({"name": typed(hostile, "key", 200), "role": "officer", "good_until": until.to_string()});
        made(&admin.post("/api/v1/api-keys", &key));
    }
}

/// An event of another system that fits nothing here: the page on which somebody decides about it.
pub fn sent_by_another_system(officer: &Caller) -> String {
    let foreign = under("urn:epcglobal:cbv:bt:0614141000005:PO-77");
    let arrived = seen("arriving", "2020-08-02T00:00:00Z", json!({"bizTransactionList": foreign}));
    let job = captured(officer, &[arrived]);
    format!("/captures/{}", waiting(officer, &job).0)
}

/// A table whose headings and cells are such texts, rehearsed by whoever may import it: its pages.
fn import(caller: &Caller) -> Vec<String> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["code", "name", FORM_TEXTS[0], FORM_TEXTS[1]]).expect("a heading is written");
    for text in CORPUS {
        table.write_record([text; 4]).expect("a row is written");
    }
    let table = table.into_inner().expect("the table is whole");
    for kind in ["items", "needs"] {
        let reply = caller.upload(&format!("/api/v1/imports?kind={kind}&dry_run=true"), "text/csv", &table);
        if reply.status == 202 {
            let path = format!("/imports/{}", id_of(&reply.json()));
            return vec![path.clone(), format!("{path}/columns"), format!("{path}/refused.csv")];
        }
    }
    Vec::new()
}

/// Pages for everybody: the front page, the map, tracking, and both kinds of private link.
fn public(scene: &Scene, told: &[Told]) -> Vec<String> {
    let mut paths = vec![
        format!("/?programme={}", scene.programme),
        format!("/map?programme={}", scene.programme),
        format!("/map/GM?programme={}", scene.programme),
        "/sign-in?to=%2F%22%3E%3Cimg+src%3Dx+onerror%3Dzq%3D1%3E".to_owned(),
        "/sign-in?to=javascript%3Azq%3D1".to_owned(),
        "/track?code=%22%3E%3Cimg+src%3Dx+onerror%3Dzq%3D1%3E".to_owned(),
        "/track/%22%3E%3Cimg%20src=x%20onerror=zq=1%3E".to_owned(),
        "/map?as_of=%22%3E%3Cscript%3Ezq%3D1%3C%2Fscript%3E".to_owned(),
        "/nowhere/%22%3E%3Cscript%3Ezq%3D1%3C%2Fscript%3E".to_owned(),
        "/invitation?token=%22%3E%3Cscript%3Ezq%3D1%3C%2Fscript%3E".to_owned(),
    ];
    // Those of even numbers are under way still, so somebody may confirm that they came.
    for one in told.iter().step_by(2 * EVERY).take(3) {
        paths.push(format!("/track/{}", one.code));
        let link =
            scene.officer.post(&format!("/api/v1/pledges/{}/link", one.pledge), &json!({})).expect(201);
        paths.push(format!("/pledge-links/{}", link["code"].as_str().expect("a code")));
        let path = format!("/api/v1/consignments/{}/confirmation-link", one.consignment);
        let link = scene.receiver.post(&path, &json!({})).expect(201);
        paths.push(link["path"].as_str().expect("a path").to_owned());
    }
    paths
}
