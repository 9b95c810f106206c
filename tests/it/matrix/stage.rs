//! What is called about: subjects on one server.

use std::collections::BTreeMap;
use std::sync::Arc;

use relief_ledger::auth::Role;
use relief_ledger::core::id::{SessionId, SubjectId};
use relief_ledger::facts::{FactsNote, SubjectKind};
use serde_json::{Value, json};
use uuid::Uuid;

use super::papers::Papers;
use super::seats::{Crowd, new_user};
use crate::captures;
use crate::stories::scene::{Scene, event, id};
use crate::support::server::operator;

/// Everything of one organization in one country, as far as an operation can be about it.
#[derive(Clone, Debug)]
pub struct Subject {
    pub name: &'static str,
    pub organization: String,
    /// Where the organization is at home.
    pub home: String,
    pub country: String,
    pub user: String,
    pub session: SessionId,
    pub programme: String,
    pub item: String,
    pub lot: String,
    /// Another lot, which is under recall.
    pub recalled: String,
    /// A warehouse of the organization.
    pub site: String,
    /// A place of the same country that nobody runs.
    pub city: String,
    pub pledge: String,
    /// The code of another pledge's private link.
    pub link: String,
    pub consignment: String,
    /// Its leg.
    pub leg: String,
    /// What the organization needs in its country.
    pub need: String,
    /// The number of a record of people whom it reached there.
    pub headcount: String,
    /// The consignment's tracking code.
    pub code: String,
    /// Another, which is under way.
    pub travelling: String,
    pub load: String,
    pub event: String,
    /// Goods handed over to people.
    pub handed: String,
    /// A reservation, which officers and managers post alike.
    pub reserved: String,
    pub waiting: String,
    pub moved_on: String,
    pub approval: String,
    /// Another proposal, which is decided.
    pub decided: String,
    /// A count sheet of the site that is being counted.
    pub sheet: String,
    /// Another, which is voided.
    pub scrapped_sheet: String,
    /// What a logger at the site recorded.
    pub readings: String,
    /// A document of another system's event about the consignment,
    pub capture: String,
    /// and the event, which the ledger has no word for.
    pub captured: String,
    /// A kit of the item.
    pub kit: String,
    /// One that was packed at the site.
    pub unit: String,
    pub papers: Papers,
}

pub fn id_of(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("an id: {value:#}")).to_owned()
}

/// The subjects of a scene: our own, another of our organization, one of others, and one that is missing.
pub fn subjects(scene: &Scene) -> Vec<Subject> {
    let standard = json!({"standard": {"kind": "consumable", "quantity": 3, "persons": 1, "days": 1}});
    scene.admin.patch(&format!("/api/v1/items/{}", scene.masks), 1, &standard).expect(200);
    let camps = json!({"programme": scene.programme, "code": "CAMPS", "name": "Families", "disjoint": true});
    scene.manager.post("/api/v1/caseloads", &json!({"rows": [camps]})).expect(201);
    let masks = json!({"rows": [{"text": include_str!("../../../docs/examples/masks.toml")}]});
    scene.manager.post("/api/v1/mappings", &masks).expect(201);
    let ours = scene.organization("Ours", "GM");
    let others = scene.organization("Others", "KE");
    let mut found = vec![
        subject(scene, "own", (&ours, "GM"), "GM"),
        subject(scene, "same organisation", (&ours, "GM"), "TZ"),
        subject(scene, "other", (&others, "KE"), "KE"),
    ];
    let unknown = || id();
    found.push(Subject {
        name: "missing",
        organization: unknown(),
        home: "QQ".to_owned(),
        country: "QQ".to_owned(),
        user: unknown(),
        session: SessionId(Uuid::now_v7()),
        programme: unknown(),
        item: unknown(),
        lot: unknown(),
        recalled: unknown(),
        site: unknown(),
        city: unknown(),
        pledge: unknown(),
        link: "2222-2222-2222".to_owned(),
        consignment: unknown(),
        leg: unknown(),
        need: unknown(),
        headcount: unknown(),
        code: "2222-2222-2222".to_owned(),
        travelling: unknown(),
        load: unknown(),
        event: unknown(),
        handed: unknown(),
        reserved: unknown(),
        waiting: unknown(),
        moved_on: unknown(),
        approval: unknown(),
        decided: unknown(),
        sheet: unknown(),
        scrapped_sheet: unknown(),
        readings: unknown(),
        capture: unknown(),
        captured: unknown(),
        kit: unknown(),
        unit: unknown(),
        papers: Papers::missing(),
    });
    found
}

fn subject(scene: &Scene, name: &'static str, (organization, home): (&str, &str), country: &str) -> Subject {
    let site = |name: &str, kind: &str, operator: Option<&str>| {
        let body = json!({"name": format!("{name} {country}"), "kind": kind, "country": country, "operator": operator,
            "coordinates": {"latitude": 13.45, "longitude": -16.58}});
        id_of(&scene.admin.post("/api/v1/sites", &body).expect(201))
    };
    let (store, hub) =
        (site("Store", "warehouse", Some(organization)), site("Hub", "warehouse", Some(organization)));
    let city = site("City", "city", None);
    let pledge = |quantity: i64| {
        let line = json!({"item": scene.masks, "quantity": quantity, "earmark_country": country});
        let body = json!({"programme": scene.programme, "donor": organization, "offered_at": "2020-07-01", "lines": [line]});
        let pledge = id_of(&scene.officer.post("/api/v1/pledges", &body).expect(201));
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        pledge
    };
    let given = pledge(100);
    let number = format!("LOT-{country}");
    let lines = json!([{"item": scene.masks, "quantity": 100, "lot": number, "expires_on": "2034-01-31"}]);
    let collected = scene
        .does("collected", "2020-07-10", json!({"pledge": given, "site": store, "lines": lines}))
        .expect(201);
    let bad = format!("RECALLED-{country}");
    let lines = json!([{"item": scene.masks, "quantity": 1, "lot": bad}]);
    scene
        .does("collected", "2020-07-10", json!({"pledge": pledge(1), "site": store, "lines": lines}))
        .expect(201);
    scene.does("held", "2020-07-11", json!({"item": scene.masks, "lot": bad})).expect(201);
    let lots = scene.officer.get(&format!("/api/v1/items/{}/lots?limit=500", scene.masks)).expect(200);
    let named = |number: &str| {
        let lots = lots["items"].as_array().expect("lots");
        lots.iter().find(|lot| lot["number"] == number).map(id_of).expect("the lot is known")
    };
    let (lot, recalled) = (named(&number), named(&bad));
    let made = scene.officer.post(&format!("/api/v1/pledges/{}/link", pledge(1)), &Value::Null).expect(201);

    // What comes to its own donor is returned; so somebody else gets it.
    let recipient = scene.organization(&format!("Recipient {country}"), country);
    let open = |to: &str| {
        let leg = json!({"id": id(), "mode": "road", "from": store, "to": to, "carrier": organization});
        let body = json!({"programme": scene.programme, "consignor": organization, "consignee": recipient,
            "origin": store, "destination": to, "legs": [leg]});
        (scene.officer.post("/api/v1/consignments", &body).expect(201), leg["id"].clone())
    };
    let (consignment, first) = open(&city);
    let reserved = json!({"consignment": consignment["id"], "site": store, "lines": [scene.line(10)]});
    let reserved = scene.does("allocated", "2020-07-20", reserved).expect(201);
    let early = event(&id(), "arrived", "2020-07-21", json!({"consignment": consignment["id"], "leg": id()}));
    scene.officer.post("/api/v1/events", &early).expect(202);
    let load = json!({"mode": "road", "from": store, "to": city, "carrier": organization});
    let load = scene.officer.post("/api/v1/loads", &load).expect(201);

    let (travelling, leg) = open(&city);
    let leaves = json!({"consignment": travelling["id"], "leg": leg, "lines": [scene.line(5)]});
    scene.does("departed", "2020-07-21", leaves).expect(201);
    let (other, leg) = open(&hub);
    let on = |body: Value| {
        let mut body = body;
        (body["consignment"], body["leg"]) = (other["id"].clone(), leg.clone());
        body
    };
    scene.does("departed", "2020-07-22", on(json!({"lines": [scene.line(10)]}))).expect(201);
    let came = |figures: Value| {
        let mut line = figures;
        line["item"] = json!(scene.masks);
        on(json!({"final": true, "lines": [line]}))
    };
    let receipt =
        scene.post(&scene.receiver, "received", "2020-07-23", came(json!({"good": 10}))).expect(201);
    scene
        .does("moved", "2020-07-24", json!({"site": hub, "to_site": store, "lines": [scene.line(5)]}))
        .expect(201);
    let right = came(json!({"good": 3, "missing": 7, "reason": "counted again"}));
    let right = json!({"event": receipt["id"], "right": right, "reason": "counted twice"});
    let correction = scene.does("corrected", "2020-07-25", right).expect(201);
    assert_eq!(correction["moved_on"], 2, "{correction:#}");
    let proposed = || {
        let evidence = json!({"cause": "storage", "report_number": "R-1", "filed": "cabinet 3"});
        let body = json!({"site": store, "condition": "good", "lines": [scene.line(1)], "reason": "wet",
            "evidence": evidence});
        id_of(
            &scene.officer.post("/api/v1/events", &event(&id(), "disposed", "2020-07-26", body)).expect(202),
        )
    };
    let (approval, decided) = (proposed(), proposed());
    let sheet = || {
        let body = json!({"site": store, "as_of": "2020-07-26T08:00:00Z"});
        id_of(&scene.officer.post("/api/v1/count-sheets", &body).expect(201))
    };
    let (sheet, scrapped_sheet) = (sheet(), sheet());
    let mine = |day: &str, kind: &str, quantity: i64| {
        let body = json!({"site": store, "consignee": recipient, "lines": [scene.line(quantity)]});
        scene.does(kind, day, body).expect(201)
    };
    mine("2020-07-27", "delivered", 2);
    let handed = mine("2020-07-28", "distributed", 1);
    let need = json!({"programme": scene.programme, "item": scene.masks, "quantity": 500, "area": country,
        "needed_by": "2020-09-01", "source": "A letter", "organization": organization, "circulated": true});
    let need = id_of(&scene.manager.post("/api/v1/needs", &need).expect(201));
    let kit = json!({"code": format!("KIT-{country}"), "name": "A kit", "components": [{"item": scene.masks, "quantity": 1}]});
    let kit = id_of(&scene.admin.post("/api/v1/kits", &kit).expect(201));
    let unit = id();
    let packed = json!({"site": store, "kit": kit, "units": [{"id": unit}]});
    scene.does("kit_packed", "2020-07-29", packed).expect(201);
    let storage = json!({"classes": ["refrigerated"]});
    scene.admin.post(&format!("/api/v1/sites/{store}/storage"), &storage).expect(201);
    let shown = json!([{"at": "2020-08-01T00:00:00Z", "centi_celsius": 2_000}]);
    let shown = json!({"device": "D-1", "site": store, "item": scene.masks, "readings": shown});
    let readings = id_of(&scene.officer.post("/api/v1/readings", &shown).expect(201)["file"]);
    let (capture, captured) = captured_about(scene, &id_of(&consignment));
    let headcount = id();
    let own = scene.admin.get(&format!("/api/v1/organizations/{organization}")).expect(200)["name"].clone();
    let counted = json!({"programme": scene.programme, "source": "345W", "reference": headcount, "area": country,
        "sector": "health", "organization": own, "people": 20, "status": "reported", "from": "2020-08-01"});
    scene.manager.post("/api/v1/headcounts", &json!({"rows": [counted]})).expect(201);
    let papers = Papers::of(scene, organization, &store, &given, &proposed());
    let person = new_user(scene, Role::Officer, Some(organization), "");
    let (user, session) = (person.user.id, SessionId(Uuid::now_v7()));
    scene.house.record(Crowd::of(vec![(person, vec![session])]));
    let subject = SubjectId(organization.parse().expect("an id"));
    let facts = vec![(subject, BTreeMap::from([("vendor".to_owned(), "yes".to_owned())]))];
    scene.house.record(FactsNote { actor: Arc::new(operator()), kind: SubjectKind::Organization, facts });
    Subject {
        name,
        organization: organization.to_owned(),
        home: home.to_owned(),
        country: country.to_owned(),
        user: user.to_string(),
        session,
        programme: scene.programme.clone(),
        item: scene.masks.clone(),
        lot,
        recalled,
        site: store,
        city,
        pledge: given,
        link: made["code"].as_str().expect("a code").to_owned(),
        code: consignment["tracking_code"].as_str().expect("a code").to_owned(),
        travelling: id_of(&travelling),
        consignment: id_of(&consignment),
        leg: first.as_str().expect("a leg").to_owned(),
        need,
        headcount,
        load: id_of(&load),
        event: id_of(&collected),
        handed: id_of(&handed),
        reserved: id_of(&reserved),
        waiting: id_of(&early),
        moved_on: id_of(&correction),
        approval,
        decided,
        sheet,
        scrapped_sheet,
        readings,
        capture,
        captured,
        kit,
        unit,
        papers,
    }
}

/// A document with an event of another system about a consignment, and that event, once it waits.
fn captured_about(scene: &Scene, consignment: &str) -> (String, String) {
    let paper = json!([{"bizTransaction": format!("urn:relief-ledger:consignment:{consignment}")}]);
    let event = captures::seen("loading", "2020-08-01T00:00:00Z", json!({"bizTransactionList": paper}));
    let job = captures::captured(&scene.officer, &[event]);
    (job["captureID"].as_str().expect("an id").to_owned(), captures::waiting(&scene.officer, &job).0)
}
