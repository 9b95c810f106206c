//! Who calls: a seat for each role under each binding, for a stranger and for somebody disabled.

use relief_ledger::auth::{Principal, Role, Session, SessionKind, User, countries_of, now};
use relief_ledger::core::id::{OrganizationId, SessionId, UserId};
use relief_ledger::core::time::Timestamp;
use relief_ledger::users::store::{Changes, NewUser, UserAdd, UserChange};
use relief_ledger::writer::{Actor, Desk, Drawer, Refusal, Update};
use serde_json::json;
use uuid::Uuid;

use super::stage::id_of;
use crate::stories::scene::{Scene, id};
use crate::support::server::{Caller, operator};

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
pub struct Crowd {
    actor: Actor,
    users: Vec<(UserAdd, Vec<SessionId>)>,
}

impl Crowd {
    pub fn of(users: Vec<(UserAdd, Vec<SessionId>)>) -> Self {
        Self { actor: operator(), users }
    }
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

/// Somebody of a role, who is not there yet.
pub fn new_user(scene: &Scene, role: Role, organization: Option<&str>, countries: &str) -> UserAdd {
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
    scene.house.record(Crowd::of(crowd));
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
