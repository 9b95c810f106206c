//! What the updates are posted to: a ledger with sites, items and pledged goods in store, and shipments
//! whose journeys are ready to be posted.

use super::failed;
use super::load::{Chain, Request, Sent, Work, send};
use crate::app::{self, Handicap, Layer, RunningServer, Settings};
use crate::auth::{OPERATOR, Role, Secret, SessionKind, Tokens};
use crate::core::id::{ItemId, OrganizationId, ProgrammeId, SessionId, SiteId, UserId};
use crate::core::problem::Outcome;
use crate::db::{connect, migrate};
use crate::items::ItemCreate;
use crate::parties::OrganizationCreate;
use crate::programmes::ProgrammeCreate;
use crate::sites::SiteCreate;
use crate::users::session_store::SessionStart;
use crate::users::store::{NewUser, UserAdd};
use crate::vault::Vault;
use crate::writer::{Actor, Update, Writer, WriterSettings};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::PathBuf;
use uuid::Uuid;

/// Connections that post at once.
pub(super) const CONNECTIONS: usize = 64;
/// Places where goods start; as many as connections, so that each ships from its own.
const ORIGINS: usize = 64;
/// Places they pass through and end at.
const STOPS: usize = 32;
/// Kinds of goods.
const ITEMS: usize = 8;
/// Countries of the sites.
const COUNTRIES: [&str; 8] = ["CN", "GM", "KE", "GT", "NP", "PE", "TD", "YE"];
/// Base units in store at each origin: more than all shipments take.
const IN_STORE: i64 = 100_000_000;
/// Updates of one shipment: a departure and a receipt for each of three legs.
pub(super) const UPDATES_PER_SHIPMENT: usize = 6;

/// A ledger to post to.
pub(super) struct House {
    /// Its database.
    pub(super) url: String,
    keys: PathBuf,
    officer: LoggedIn,
    receiver: LoggedIn,
    manager: LoggedIn,
    programme: Uuid,
    donor: Uuid,
    consignee: Uuid,
    items: Vec<Uuid>,
    origins: Vec<Uuid>,
    stops: Vec<Uuid>,
}

/// A user and the session that the requests are sent under.
#[derive(Clone, Copy)]
pub(super) struct LoggedIn {
    /// The user.
    pub(super) user: UserId,
    /// The session.
    pub(super) session: SessionId,
}

/// Shipments that are open and allocated, and the updates of their journeys.
pub(super) struct Shipments {
    /// The consignments.
    pub(super) consignments: Vec<Uuid>,
    /// The updates, a chain for each.
    pub(super) journeys: Vec<Chain>,
}

fn read<T: DeserializeOwned>(value: Value) -> Outcome<T> {
    serde_json::from_value(value).map_err(failed)
}

fn post(path: &str, body: &Value) -> Request {
    Request { path: path.to_owned(), body: Some(body.to_string()), by_other: false }
}

fn event(kind: &str, occurred_at: &str, details: Value) -> Request {
    let mut body = details;
    body["id"] = json!(Uuid::now_v7());
    body["kind"] = json!(kind);
    body["occurred_at"] = json!(occurred_at);
    Request { by_other: kind == "received", ..post("/api/v1/events", &body) }
}

fn operator() -> Actor {
    Actor { user: UserId(Uuid::nil()), role: OPERATOR.to_owned(), scope: "bench".to_owned() }
}

/// Records what a house begins with, in this process.
pub(super) struct Founding(pub(super) Writer, pub(super) Vault);

impl Founding {
    fn record<U: Update>(&self, update: Outcome<U>) -> Outcome<()> {
        self.0.record_blocking(update?).map(|_| ())
    }

    /// A user of a role, of an organization where the role is for one, with a session.
    ///
    /// # Errors
    /// What the ledger refuses.
    pub(super) fn user(&self, role: Role, organization: Option<OrganizationId>) -> Outcome<LoggedIn> {
        let id = UserId(Uuid::now_v7());
        let user = NewUser {
            id,
            login: format!("bench-{}-{}", role.word(), id.0.simple()),
            name: format!("The {}", role.word()),
            password_hash: "none".to_owned(),
            role,
            organization,
            countries: Vec::new(),
        };
        self.record(Ok(UserAdd { actor: operator(), user: user.sealed(&self.1)? }))?;
        let session = SessionId(Uuid::now_v7());
        let secret = Secret::draw(SessionKind::Token)?;
        self.record(Ok(SessionStart {
            actor: Actor { user: id, role: role.word().to_owned(), scope: "all".to_owned() },
            session,
            kind: SessionKind::Token,
            secret: (secret.id(), secret.hash()),
            failures_before: 0,
        }))?;
        Ok(LoggedIn { user: id, session })
    }

    fn organization(&self, name: &str, country: &str) -> Outcome<Uuid> {
        let id = Uuid::now_v7();
        let draft = json!({"name": name, "country": country, "donor": true, "consignee": true});
        self.record(OrganizationCreate::new(operator(), &read(draft)?, OrganizationId(id)))?;
        Ok(id)
    }

    fn programme(&self) -> Outcome<Uuid> {
        let id = Uuid::now_v7();
        let draft = json!({"code": "BENCH", "name": "Bench (synthetic)", "synthetic": true});
        self.record(ProgrammeCreate::new(operator(), &read(draft)?, ProgrammeId(id)))?;
        Ok(id)
    }

    fn item(&self, number: usize) -> Outcome<Uuid> {
        let id = Uuid::now_v7();
        let draft = json!({"code": format!("ITEM-{number}"), "name": format!("Item {number}"), "base_unit": "piece",
            "category": "protective equipment", "storage_class": "ambient"});
        self.record(ItemCreate::new(operator(), &read(draft)?, ItemId(id)))?;
        Ok(id)
    }

    fn site(&self, kind: &str, number: usize) -> Outcome<Uuid> {
        let id = Uuid::now_v7();
        let draft = json!({"name": format!("{kind} {number}"), "kind": kind,
            "country": COUNTRIES[number % COUNTRIES.len()]});
        self.record(SiteCreate::new(operator(), &read(draft)?, SiteId(id)))?;
        Ok(id)
    }
}

impl House {
    /// Builds one in an empty database.
    ///
    /// # Errors
    /// What the database or the ledger refuses.
    pub(super) fn build(url: String, keys: PathBuf) -> Outcome<Self> {
        migrate(&mut connect(&url)?)?;
        let writer = Writer::start(WriterSettings::of(&url))?;
        let founding = Founding(writer.clone(), Vault::open_or_create(&keys)?);
        let house = Self {
            url,
            keys,
            officer: founding.user(Role::Officer, None)?,
            receiver: founding.user(Role::Officer, None)?,
            manager: founding.user(Role::Manager, None)?,
            programme: founding.programme()?,
            donor: founding.organization("Donor", "CN")?,
            consignee: founding.organization("Health Organization", "GM")?,
            items: (0..ITEMS).map(|number| founding.item(number)).collect::<Outcome<_>>()?,
            origins: (0..ORIGINS).map(|number| founding.site("warehouse", number)).collect::<Outcome<_>>()?,
            stops: (0..STOPS).map(|number| founding.site("city", number)).collect::<Outcome<_>>()?,
        };
        writer.stop();
        house.fill()?;
        Ok(house)
    }

    /// Goods are pledged, accepted and collected at every origin.
    fn fill(&self) -> Outcome<()> {
        let (mut offers, mut acceptances, mut collections) = (Vec::new(), Vec::new(), Vec::new());
        for (number, origin) in self.origins.iter().enumerate() {
            let pledge = Uuid::now_v7();
            let lines = json!([{"item": self.items[number % ITEMS], "quantity": IN_STORE}]);
            let offer = json!({"id": pledge, "programme": self.programme, "donor": self.donor,
                "offered_at": "2024-01-01", "lines": lines});
            offers.push(vec![post("/api/v1/pledges", &offer)]);
            acceptances.push(vec![event("pledge_accepted", "2024-01-02", json!({"pledge": pledge}))]);
            let collected = json!({"pledge": pledge, "site": origin, "lines": lines});
            collections.push(vec![event("collected", "2024-01-03", collected)]);
        }
        let server = self.open(Handicap::default())?;
        self.send_as(&server, self.officer, CONNECTIONS, offers)?;
        self.send_as(&server, self.manager, CONNECTIONS, acceptances)?;
        self.send_as(&server, self.officer, CONNECTIONS, collections)?;
        server.stop()
    }

    /// Starts the server on this ledger.
    ///
    /// # Errors
    /// Where it does not start.
    pub(super) fn open(&self, handicap: Handicap) -> Outcome<RunningServer> {
        app::start(Settings {
            listen: "127.0.0.1:0".to_owned(),
            database_url: self.url.clone(),
            keys: self.keys.clone(),
            signals: false,
            handicap,
            ..Layer::default().settings()
        })
    }

    /// Sends chains as the officer, and receipts as the other one.
    ///
    /// # Errors
    /// Where anything is refused.
    pub(super) fn send(&self, server: &RunningServer, chains: Vec<Chain>) -> Outcome<Sent> {
        self.send_as(server, self.officer, CONNECTIONS, chains)
    }

    /// The same over so many connections.
    ///
    /// # Errors
    /// Where anything is refused.
    pub(super) fn send_over(
        &self,
        server: &RunningServer,
        connections: usize,
        chains: Vec<Chain>,
    ) -> Outcome<Sent> {
        self.send_as(server, self.officer, connections, chains)
    }

    /// An access token of the officer.
    ///
    /// # Errors
    /// Where the keys cannot be used.
    pub(super) fn token(&self) -> Outcome<String> {
        let tokens = Tokens::open(&self.keys).map_err(failed)?;
        tokens.issue(self.officer.user, self.officer.session).map_err(failed)
    }

    fn send_as(
        &self,
        server: &RunningServer,
        caller: LoggedIn,
        connections: usize,
        chains: Vec<Chain>,
    ) -> Outcome<Sent> {
        let tokens = Tokens::open(&self.keys).map_err(failed)?;
        let issue = |one: LoggedIn| tokens.issue(one.user, one.session).map_err(failed);
        let tokens = [issue(caller)?, issue(self.receiver)?];
        send(&Work { address: server.address, tokens, connections, chains: chains.into(), is_browser: false })
    }

    /// Opens and allocates shipments; their journeys are still to be posted.
    ///
    /// # Errors
    /// Where anything is refused.
    pub(super) fn prepare(&self, count: usize) -> Outcome<Shipments> {
        let mut shipments = Shipments { consignments: Vec::new(), journeys: Vec::new() };
        let mut openings = Vec::with_capacity(count);
        for number in 0..count {
            let consignment = Uuid::now_v7();
            let (opening, journey) = self.shipment(consignment, number);
            shipments.consignments.push(consignment);
            openings.push(opening);
            shipments.journeys.push(journey);
        }
        let server = self.open(Handicap::default())?;
        self.send(&server, openings)?;
        server.stop()?;
        Ok(shipments)
    }

    fn shipment(&self, consignment: Uuid, number: usize) -> (Chain, Chain) {
        let origin = number % ORIGINS;
        let item = self.items[origin % ITEMS];
        let stop = |step: usize| self.stops[(number / ORIGINS + origin + step) % STOPS];
        let way = [self.origins[origin], stop(0), stop(1), stop(2)];
        let legs: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
        let planned: Vec<Value> = legs
            .iter()
            .zip(way.windows(2))
            .map(|(leg, ends)| json!({"id": leg, "mode": "road", "from": ends[0], "to": ends[1]}))
            .collect();
        let opened = json!({"id": consignment, "programme": self.programme, "consignee": self.consignee,
            "origin": way[0], "destination": way[3], "legs": planned});
        let allocated = json!({"consignment": consignment, "site": way[0],
            "lines": [{"item": item, "quantity": 100}]});
        let opening =
            vec![post("/api/v1/consignments", &opened), event("allocated", "2024-02-01", allocated)];
        let mut journey = Vec::with_capacity(UPDATES_PER_SHIPMENT);
        for (step, leg) in legs.iter().enumerate() {
            let departed = json!({"consignment": consignment, "leg": leg});
            journey.push(event("departed", &format!("2024-02-{:02}", 2 * step + 2), departed));
            let received = json!({"consignment": consignment, "leg": leg, "final": true,
                "lines": [{"item": item, "good": 100}]});
            journey.push(event("received", &format!("2024-02-{:02}", 2 * step + 3), received));
        }
        (opening, journey)
    }
}
