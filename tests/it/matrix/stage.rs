//! Who calls, and what about: seats and subjects on one server.

use std::collections::BTreeMap;
use std::sync::Arc;

use relief_ledger::auth::{Principal, Role, Session, SessionKind, User, countries_of, now};
use relief_ledger::core::id::{OrganizationId, SessionId, SubjectId, UserId};
use relief_ledger::core::time::Timestamp;
use relief_ledger::facts::{FactsNote, SubjectKind};
use relief_ledger::users::store::{Changes, NewUser, UserAdd, UserChange};
use relief_ledger::writer::{Actor, Desk, Drawer, Refusal, Update};
use serde_json::{Value, json};
use uuid::Uuid;

use super::papers::Papers;
use crate::captures;
use crate::stories::scene::{Scene, event, id};
use crate::support::server::{Caller, operator};

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

/// Somebody who calls.
#[derive(Clone)]
pub struct Seat {
    pub name: String,
    /// Nobody knows the stranger; nobody lets in who is disabled.
    pub principal: Option<Principal>,
    /// What every line may need to know of the scene.
    pub programme: String,
    pub item: String,
    /// The key of a machine.
    pub key: String,
    caller: Caller,
    /// Of a further session, which is logged out of.
    leaving: Caller,
    /// A user just like this one, all of whose sessions are ended.
    ending: Caller,
    pub spare_session: SessionId,
    /// Its webhooks, which tell nothing: one to look at, and one to remove.
    pub webhooks: [String; 2],
    /// Its import, which recorded nothing.
    pub import: String,
}

impl Seat {
    /// Whoever calls an operation: what ends the own sessions does so to one that nothing else needs.
    pub fn caller(&self, operation: &str) -> &Caller {
        match operation {
            "session_end_all" => &self.ending,
            "logout" => &self.leaving,
            _ => &self.caller,
        }
    }

    /// The same seat with the rights of another: as if a server forgot what binds this one.
    pub fn with_callers_of(&self, other: &Seat) -> Seat {
        Seat { caller: other.caller.clone(), ..self.clone() }
    }
}

/// Users with sessions, all in one entry.
struct Crowd {
    actor: Actor,
    users: Vec<(UserAdd, Vec<SessionId>)>,
}

impl Update for Crowd {
    type Answer = Vec<User>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        self.users.iter().for_each(|(add, _)| add.keys(desk));
    }

    fn decide(&self, desk: &mut Desk) -> Result<Vec<User>, Refusal> {
        let mut added = Vec::new();
        for (add, sessions) in &self.users {
            let user = add.decide(desk)?;
            let now = desk.now();
            for session in sessions {
                let session = Session::begin(*session, user.id, SessionKind::Token, add.user.role, now);
                desk.shelf::<Drawer<Session>>().put(session);
            }
            added.push(user);
        }
        Ok(added)
    }
}

pub fn id_of(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("an id: {value:#}")).to_owned()
}

fn new_user(scene: &Scene, role: Role, organization: Option<&str>, countries: &str) -> UserAdd {
    let id = UserId(Uuid::now_v7());
    let user = NewUser {
        id,
        login: format!("{}-{}", role.word(), id.0.simple()),
        name: "Somebody".to_owned(),
        password_hash: "none".to_owned(),
        role,
        organization: organization.map(|id| OrganizationId(id.parse().expect("an id"))),
        countries: countries_of(countries),
    };
    UserAdd { actor: operator(), user: scene.house.sealed(user) }
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
    scene.house.record(Crowd { actor: operator(), users: vec![(person, vec![session])] });
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

/// What binds the users of a role, in words: to nothing, to our organization, to one that has nothing of all this, to the
/// country of our first subject, or to a country where nothing is.
pub const BINDINGS: [&str; 5] =
    ["unbound", "own organisation", "other organisation", "own country", "other country"];

/// A webhook of a caller, where the caller may have one.
fn webhook(caller: &Caller) -> String {
    let body = json!({"url": "https://hooks.example.org/relief", "paused": true});
    let reply = caller.post("/api/v1/webhooks", &body);
    if reply.status == 201 { reply.json()["id"].as_str().expect("an id").to_owned() } else { id() }
}

/// A dry run of a caller, where the caller may import anything.
fn import(caller: &Caller) -> String {
    for kind in ["needs", "items"] {
        let path = format!("/api/v1/imports?kind={kind}&dry_run=true");
        let reply = caller.upload(&path, "text/csv", b"code\r\n");
        if reply.status == 202 {
            return reply.json()["id"].as_str().expect("an id").to_owned();
        }
    }
    id()
}

/// A stranger, somebody disabled, and every role under every binding it can have.
pub fn seats(scene: &Scene, ours: &str) -> Vec<Seat> {
    let elsewhere = scene.organization("Elsewhere", "NP");
    let key =
        json!({"name": "Scanner", "role": "officer", "good_until": Timestamp(now().0 + 86_400_000_000)});
    let key = id_of(&scene.admin.post("/api/v1/api-keys", &key).expect(201));
    let mut users = Vec::new();
    for role in Role::ALL {
        for binding in BINDINGS {
            let (organization, countries) = match binding {
                "unbound" => (None, ""),
                "own organisation" => (Some(ours), ""),
                "other organisation" => (Some(elsewhere.as_str()), ""),
                // Who must have an organization has ours.
                "own country" => (role.needs_organization().then_some(ours), "GM"),
                _ => (role.needs_organization().then_some(ours), "NP"),
            };
            let is_bound = organization.is_some() || !countries.is_empty();
            if (!is_bound && role.needs_organization()) || (is_bound && !role.may_be_bound()) {
                continue;
            }
            users.push((format!("{role}, {binding}"), new_user(scene, role, organization, countries)));
        }
    }
    users.push(("disabled".to_owned(), new_user(scene, Role::Officer, None, "")));
    let mut crowd = Vec::new();
    let mut named = Vec::new();
    for (name, add) in users {
        let principal = Principal {
            user: add.user.id,
            role: add.user.role,
            organization: add.user.organization,
            countries: add.user.countries.clone(),
        };
        let organization = principal.organization.map(|id| id.to_string());
        let countries = principal.countries.join(",");
        let twin = new_user(scene, principal.role, organization.as_deref(), &countries);
        let id = twin.user.id;
        let [main, leaving, spare, ending] = [(); 4].map(|()| SessionId(Uuid::now_v7()));
        crowd.push((add, vec![main, leaving, spare]));
        crowd.push((twin, vec![ending]));
        let caller = |user, session| {
            let token = scene.house.token(user, session);
            Caller { user: Some(user), ..scene.house.with_token(&token) }
        };
        let callers = [caller(principal.user, main), caller(principal.user, leaving), caller(id, ending)];
        named.push((name, principal, callers, spare));
    }
    scene.house.record(Crowd { actor: operator(), users: crowd });
    let seat = |name: &str, principal: Option<Principal>, callers: [Caller; 3], spare_session: SessionId| {
        let [caller, leaving, ending] = callers;
        let (name, programme, item) = (name.to_owned(), scene.programme.clone(), scene.masks.clone());
        let key = key.clone();
        let webhooks = [webhook(&caller), webhook(&caller)];
        let import = import(&caller);
        Seat {
            name,
            principal,
            programme,
            item,
            key,
            caller,
            leaving,
            ending,
            spare_session,
            webhooks,
            import,
        }
    };
    let stranger = || scene.house.stranger();
    let mut seats =
        vec![seat("anonymous", None, [stranger(), stranger(), stranger()], SessionId(Uuid::now_v7()))];
    for (name, principal, callers, spare) in named {
        if name == "disabled" {
            for user in [&callers[0], &callers[2]] {
                let changes = Changes { disabled: Some(true), ..Changes::default() };
                let id = user.user.expect("a user");
                scene.house.record(UserChange { actor: operator(), id, read: None, changes });
            }
            seats.insert(1, seat(&name, None, callers, spare));
        } else {
            seats.push(seat(&name, Some(principal), callers, spare));
        }
    }
    seats
}
