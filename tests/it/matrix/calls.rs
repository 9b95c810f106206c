//! How each operation is called: the one table to which a new operation adds a line.
//!
//! A line says what is sent about a subject, what whoever may do it is answered, and what becomes of what is out of
//! reach. Who may, and how far, is not said here: that is the policy's.

use relief_ledger::auth::Action;
use serde_json::{Value, json};
use uuid::Uuid;

use super::shapes::{arrived, collected, recalled};
use super::stage::{Seat, Subject};

/// A request about a subject.
pub struct Sent {
    pub method: &'static str,
    pub path: String,
    pub body: Option<Value>,
    /// The revision an edit says it read.
    pub revision: Option<i64>,
}

/// In what way an operation is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Single,
    Batch,
    Export,
}

impl Mode {
    pub fn word(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Batch => "batch",
            Self::Export => "export",
        }
    }
}

/// What of an operation depends on the subject.
#[derive(Clone, Copy)]
pub enum About {
    /// Nothing: it is called once.
    Nothing,
    /// Whether there is such a thing: it is everybody's who may call at all.
    Shared,
    /// Whether the caller reaches it; `outside` answers what it does not, `unknown` what is missing to whoever reaches
    /// everything.
    Scoped { outside: u16, unknown: u16 },
    /// Whether its identifier is in the answer.
    Listed(fn(&Subject) -> String),
    /// Whether the caller reaches everything: it is about what lies anywhere. `unknown` answers what is missing.
    Everywhere { unknown: u16 },
    /// Whether it is the caller's own.
    Own,
}

/// A line of the table.
#[derive(Clone, Copy)]
pub struct Call {
    pub operation: &'static str,
    pub mode: Mode,
    /// The shape of its body, where it is asked in several.
    pub shape: &'static str,
    pub sends: fn(&Seat, &Subject) -> Sent,
    /// What it answers to whoever may and reaches the subject.
    pub ok: &'static [u16],
    pub about: About,
    /// What the caller must be allowed besides.
    pub also: Option<Action>,
    /// Whose reach counts, where that is not the operation's own action's.
    pub reach: Option<Action>,
}

impl Call {
    const fn of(operation: &'static str, about: About, sends: fn(&Seat, &Subject) -> Sent) -> Self {
        let (mode, ok, also, reach) = (Mode::Single, &[200u16] as &[u16], None, None);
        Self { operation, mode, shape: "", sends, ok, about, also, reach }
    }

    /// An event of a shape, posted alone.
    const fn event(shape: &'static str, about: About, sends: fn(&Seat, &Subject) -> Sent) -> Self {
        Self { shape, ..Self::of("event_post", about, sends) }
    }

    /// An event of a shape in a batch.
    const fn events(shape: &'static str, about: About, sends: fn(&Seat, &Subject) -> Sent) -> Self {
        let call = Self::event(shape, about, sends);
        Self { operation: "event_batch", mode: Mode::Batch, ..call }
    }

    const fn ok(self, ok: &'static [u16]) -> Self {
        Self { ok, ..self }
    }

    const fn mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    const fn also(self, action: Action) -> Self {
        Self { also: Some(action), ..self }
    }

    const fn reach(self, action: Action) -> Self {
        Self { reach: Some(action), ..self }
    }
}

const SCOPED: About = About::Scoped { outside: 404, unknown: 404 };
/// What is made between things: those out of reach are fields that are not valid, as are those that are not there.
const FIELDS: About = About::Scoped { outside: 422, unknown: 422 };
/// An event about something that nobody told of yet waits, for whoever reaches everything.
const EVENTS: About = About::Scoped { outside: 404, unknown: 202 };

/// The same of what lies anywhere.
const LOTS: About = About::Everywhere { unknown: 202 };

fn get(path: impl Into<String>) -> Sent {
    Sent { method: "GET", path: path.into(), body: None, revision: None }
}

fn send(method: &'static str, path: impl Into<String>, body: Value) -> Sent {
    let body = (!body.is_null()).then_some(body);
    Sent { method, path: path.into(), body, revision: None }
}

/// An edit of nothing, of a revision nobody has: refused as changed meanwhile, or as missing.
fn edit(path: String) -> Sent {
    Sent { method: "PATCH", path, body: Some(json!({})), revision: Some(999_999) }
}

/// An edit that says something, of a revision nobody has.
fn edit_of(path: String, body: Value) -> Sent {
    Sent { body: Some(body), ..edit(path) }
}

fn event(kind: &str, details: Value) -> Value {
    let mut body = details;
    (body["id"], body["kind"], body["occurred_at"]) =
        (json!(Uuid::now_v7()), json!(kind), json!("2020-08-01"));
    body
}

fn alone(kind: &str, details: Value) -> Sent {
    send("POST", "/api/v1/events", event(kind, details))
}

fn batched(kind: &str, details: Value) -> Sent {
    send("POST", "/api/v1/events/batch", json!({"events": [event(kind, details)]}))
}

fn stored(subject: &Subject) -> Value {
    json!({"site": subject.site})
}

fn corrected(subject: &Subject) -> Value {
    let lines = json!([{"item": subject.item, "quantity": 9}]);
    let right = json!({"consignment": subject.consignment, "site": subject.site, "lines": lines});
    json!({"event": subject.reserved, "right": right, "reason": "counted again"})
}

fn reversed(subject: &Subject) -> Value {
    json!({"event": subject.reserved, "reason": "nobody asked for it"})
}

/// The key of a machine, where the subject is not missing.
fn key_of(seat: &Seat, subject: &Subject) -> String {
    if subject.name == "missing" { subject.user.clone() } else { seat.key.clone() }
}

/// A long page, so that a list shows all there is.
fn list(path: &str) -> Sent {
    get(format!("{path}{}limit=500", if path.contains('?') { '&' } else { '?' }))
}

use About::{Listed, Nothing, Own, Shared};

/// The table.
pub const CALLS: &[Call] = &[
    // Public.
    Call::of("health_live", Nothing, |_, _| get("/health/live")),
    Call::of("health_ready", Nothing, |_, _| get("/health/ready")),
    Call::of("metrics", Nothing, |_, _| get("/metrics")),
    Call::of("openapi_document", Nothing, |_, _| get("/api/openapi.json")),
    Call::of("key_set", Nothing, |_, _| get("/.well-known/jwks.json")),
    Call::of("audit_key", Nothing, |_, _| get("/.well-known/relief-log.vkey")),
    Call::of("audit_checkpoint", Nothing, |_, _| get("/api/v1/audit/checkpoint")),
    Call::of("audit_tile", Nothing, |_, _| get("/api/v1/audit/tile/0/000.p/1")),
    Call::of("audit_proof", Nothing, |_, _| get("/api/v1/audit/proof/0")),
    Call::of("audit_consistency", Nothing, |_, _| get("/api/v1/audit/consistency?old=1")),
    Call::of("login", Nothing, |_, _| send("POST", "/api/v1/auth/login", json!({}))).ok(&[422]),
    Call::of("refresh", Nothing, |_, _| send("POST", "/api/v1/auth/refresh", json!({}))).ok(&[422]),
    Call::of("first_admin", Nothing, |_, _| send("POST", "/api/v1/auth/first-admin", json!({}))).ok(&[422]),
    Call::of("invitation_accept", Nothing, |_, _| send("POST", "/api/v1/auth/invitations/accept", json!({})))
        .ok(&[422]),
    // No outside issuer is configured here.
    Call::of("outside", Nothing, |_, _| send("POST", "/api/v1/auth/outside", json!({"id_token": "none"}))).ok(&[404]),
    Call::of("tracking_show", Shared, |_, subject| get(format!("/api/v1/tracking/{}", subject.code))),
    Call::of("pledge_link_show", Shared, |_, subject| get(format!("/api/v1/pledge-links/{}", subject.link))),
    // Sessions and users.
    Call::of("me", Nothing, |_, _| get("/api/v1/auth/me")),
    Call::of("session_list", Nothing, |_, _| get("/api/v1/auth/sessions")),
    Call::of("session_end", Own, |seat, subject| {
        let session = if subject.name == "own" { seat.spare_session } else { subject.session };
        send("DELETE", format!("/api/v1/auth/sessions/{session}"), Value::Null)
    }),
    Call::of("session_end_all", Nothing, |_, _| send("DELETE", "/api/v1/auth/sessions", Value::Null)),
    Call::of("logout", Nothing, |_, _| send("POST", "/api/v1/auth/logout", Value::Null)),
    Call::of("password_change", Nothing, |_, _| send("POST", "/api/v1/auth/password", json!({}))).ok(&[422]),
    Call::of("user_list", Listed(|subject| subject.user.clone()), |_, _| list("/api/v1/users")),
    Call::of("user_add", Nothing, |_, _| send("POST", "/api/v1/users", json!({}))).ok(&[422]),
    Call::of("user_show", SCOPED, |_, subject| get(format!("/api/v1/users/{}", subject.user))),
    Call::of("user_change", SCOPED, |_, subject| edit(format!("/api/v1/users/{}", subject.user))).ok(&[412]),
    Call::of("user_reset", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/users/{}/reset", subject.user), Value::Null)
    })
    .ok(&[201, 202]),
    Call::of("user_erase", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/users/{}/erase", subject.user), json!({"reason": "mistaken"}))
    })
    .ok(&[409]),
    Call::of("user_session_list", SCOPED, |_, subject| get(format!("/api/v1/users/{}/sessions", subject.user))),
    Call::of("user_session_end", SCOPED, |_, subject| {
        send("DELETE", format!("/api/v1/users/{}/sessions/{}", subject.user, subject.session), Value::Null)
    }),
    Call::of("user_session_end_all", SCOPED, |_, subject| {
        send("DELETE", format!("/api/v1/users/{}/sessions", subject.user), Value::Null)
    }),
    Call::of("access_review", Nothing, |_, _| get("/api/v1/access-review")),
    Call::of("access_review", Nothing, |_, _| get("/api/v1/access-review?format=csv")).mode(Mode::Export),
    // Keys of machines, which belong to no organization.
    Call::of("api_key_make", Nothing, |_, _| send("POST", "/api/v1/api-keys", json!({}))).ok(&[422]),
    Call::of("api_key_list", Nothing, |_, _| list("/api/v1/api-keys")),
    Call::of("api_key_show", Shared, |seat, subject| get(format!("/api/v1/api-keys/{}", key_of(seat, subject)))),
    Call::of("api_key_revoke", Shared, |seat, subject| {
        send("DELETE", format!("/api/v1/api-keys/{}", key_of(seat, subject)), Value::Null)
    }),
    // People.
    Call::of("person_list", Listed(|subject| subject.papers.person.clone()), |_, _| list("/api/v1/people")),
    Call::of("person_create", FIELDS, |_, subject| {
        let body = json!({"kind": "driver", "organization_id": subject.organization, "name": "Awa Jallow"});
        send("POST", "/api/v1/people", body)
    })
    .ok(&[201]),
    Call::of("person_read", SCOPED, |_, subject| get(format!("/api/v1/people/{}", subject.papers.person))),
    Call::of("person_signature", SCOPED, |_, subject| {
        get(format!("/api/v1/people/{}/signature", subject.papers.person))
    }),
    Call::of("person_change", SCOPED, |_, subject| edit(format!("/api/v1/people/{}", subject.papers.person)))
        .ok(&[412]),
    Call::of("person_erase", SCOPED, |_, subject| {
        let path = format!("/api/v1/people/{}/erase", subject.papers.erased);
        send("POST", path, json!({"reason": "mistaken"}))
    }),
    // What things are.
    Call::of("organization_list", Listed(|subject| subject.organization.clone()), |_, _| list("/api/v1/organizations")),
    Call::of("organization_create", Nothing, |_, _| send("POST", "/api/v1/organizations", json!({}))).ok(&[422]),
    Call::of("organization_read", Shared, |_, subject| get(format!("/api/v1/organizations/{}", subject.organization))),
    Call::of("organization_change", Shared, |_, subject| {
        edit(format!("/api/v1/organizations/{}", subject.organization))
    })
    .ok(&[412]),
    Call::of("facts_read", Shared, |_, subject| get(format!("/api/v1/facts/{}", subject.organization))),
    Call::of("item_list", Listed(|subject| subject.item.clone()), |_, _| list("/api/v1/items")),
    Call::of("item_create", Nothing, |_, _| send("POST", "/api/v1/items", json!({}))).ok(&[422]),
    Call::of("item_read", Shared, |_, subject| get(format!("/api/v1/items/{}", subject.item))),
    Call::of("item_change", Shared, |_, subject| edit(format!("/api/v1/items/{}", subject.item))).ok(&[412]),
    Call::of("lot_list", Listed(|subject| subject.lot.clone()), |seat, _| {
        list(&format!("/api/v1/items/{}/lots", seat.item))
    }),
    Call::of("site_list", Listed(|subject| subject.site.clone()), |_, _| list("/api/v1/sites")),
    Call::of("site_create", Nothing, |_, _| send("POST", "/api/v1/sites", json!({}))).ok(&[422]),
    Call::of("site_read", Shared, |_, subject| get(format!("/api/v1/sites/{}", subject.site))),
    Call::of("site_change", Shared, |_, subject| edit(format!("/api/v1/sites/{}", subject.site))).ok(&[412]),
    Call::of("country_list", Nothing, |_, _| get("/api/v1/countries")),
    Call::of("country_read", Shared, |_, subject| get(format!("/api/v1/countries/{}", subject.country))),
    Call::of("area_list", Nothing, |_, _| list("/api/v1/areas")),
    Call::of("area_at", Nothing, |_, _| get("/api/v1/areas/at?latitude=13.4549&longitude=-16.579")),
    Call::of("area_read", Nothing, |_, _| get("/api/v1/areas/GM-B")),
    Call::of("gazetteer_find", Nothing, |_, _| get("/api/v1/gazetteer?q=banjul")),
    Call::of("boundary_list", Nothing, |_, _| list("/api/v1/boundaries")),
    Call::of("boundary_state", Nothing, |_, _| {
        let ring = json!([[[179.0, -8.6], [179.3, -8.6], [179.3, -8.4], [179.0, -8.4], [179.0, -8.6]]]);
        let area = json!({"type": "Feature", "properties": {"code": "TV01"},
            "geometry": {"type": "Polygon", "coordinates": ring}});
        let path = "/api/v1/boundaries?country=TV&name=own&source=Ours&licence=CC0";
        send("POST", path, json!({"type": "FeatureCollection", "features": [area]}))
    })
    .ok(&[201]),
    // Somebody else may have withdrawn it just now, or is loading another.
    Call::of("boundary_read", Nothing, |_, _| get("/api/v1/boundaries/TV/own")).ok(&[200, 404]),
    Call::of("boundary_withdraw", Nothing, |_, _| send("POST", "/api/v1/boundaries/TV/own/withdrawal", json!({})))
        .ok(&[201, 422]),
    Call::of("area_change_list", Nothing, |_, _| list("/api/v1/area-changes")),
    Call::of("area_change_state", Nothing, |_, _| {
        let row = json!({"from": "TV-FUN", "to": "TV01", "on": "2024-01-01", "source": "Ours"});
        send("POST", "/api/v1/area-changes", json!({"rows": [row]}))
    })
    .ok(&[201]),
    Call::of("programme_list", Listed(|subject| subject.programme.clone()), |_, _| list("/api/v1/programmes")),
    Call::of("programme_create", Nothing, |_, _| send("POST", "/api/v1/programmes", json!({}))).ok(&[422]),
    Call::of("programme_read", Shared, |_, subject| get(format!("/api/v1/programmes/{}", subject.programme))),
    Call::of("programme_change", Shared, |_, subject| edit(format!("/api/v1/programmes/{}", subject.programme)))
        .ok(&[412]),
    Call::of("reported_figure_list", Shared, |_, subject| {
        get(format!("/api/v1/programmes/{}/reported-figures", subject.programme))
    }),
    Call::of("reported_figure_add", Shared, |_, subject| {
        let figure = Uuid::now_v7().to_string();
        let body = json!({"section": "Donations", "figure": figure, "value": 1, "unit": "masks", "as_of": "2021-04-21",
            "source": "A report"});
        send("POST", format!("/api/v1/programmes/{}/reported-figures", subject.programme), body)
    })
    .ok(&[201]),
    // What people are counted against; the caseload was stated on the stage.
    Call::of("standard_list", Nothing, |_, _| list("/api/v1/standards")),
    Call::of("population_list", Nothing, |_, _| list("/api/v1/populations")),
    Call::of("population_state", Nothing, |_, _| {
        let row = json!({"area": "GM-B", "group": "all", "year": 2024, "source": "COD-PS", "source_version": "1",
            "people": 413_000});
        send("POST", "/api/v1/populations", json!({"rows": [row]}))
    })
    .ok(&[201]),
    Call::of("population_table", Nothing, |_, _| {
        // A line of JSON is a line of CSV with one heading, which is not of the table.
        send("POST", "/api/v1/populations/table?year=2024&source=COD-PS&source_version=1", json!("ADM_PCODE"))
    })
    .ok(&[422]),
    Call::of("target_list", Nothing, |_, _| list("/api/v1/targets")),
    Call::of("target_state", Nothing, |seat, _| {
        let row = json!({"programme": seat.programme, "area": "GM-B", "group": "all", "sector": "health",
            "caseload": "CAMPS", "people": 2_000});
        send("POST", "/api/v1/targets", json!({"rows": [row]}))
    })
    .ok(&[201]),
    Call::of("caseload_list", Nothing, |_, _| list("/api/v1/caseloads")),
    Call::of("caseload_state", Nothing, |seat, _| {
        let row = json!({"programme": seat.programme, "code": "CAMPS", "name": "Families", "disjoint": true});
        send("POST", "/api/v1/caseloads", json!({"rows": [row]}))
    })
    .ok(&[201]),
    Call::of("round_list", Nothing, |_, _| list("/api/v1/rounds")),
    Call::of("round_state", Nothing, |seat, _| {
        let row = json!({"programme": seat.programme, "caseload": "CAMPS", "code": "R1", "from": "2024-01-01",
            "to": "2024-01-31"});
        send("POST", "/api/v1/rounds", json!({"rows": [row]}))
    })
    .ok(&[201]),
    Call::of("mapping_list", Nothing, |_, _| list("/api/v1/mappings")),
    Call::of("mapping_read", Nothing, |_, _| get("/api/v1/mappings/masks")),
    Call::of("mapping_state", Nothing, |_, _| {
        let text = include_str!("../../../docs/examples/masks.toml");
        send("POST", "/api/v1/mappings", json!({"rows": [{"text": text}]}))
    })
    .ok(&[201]),
    // What is needed.
    Call::of("need_index", Listed(|subject| subject.need.clone()), |_, _| list("/api/v1/needs")),
    Call::of("need_create", FIELDS, |seat, subject| {
        let body = json!({"programme": seat.programme, "item": seat.item, "quantity": 1, "needed_by": "2020-09-01",
            "area": subject.country.replace("QQ", "AQ"), "source": "A letter", "organization": subject.organization});
        send("POST", "/api/v1/needs", body)
    })
    .ok(&[201]),
    Call::of("need_import", Nothing, |_, _| send("POST", "/api/v1/needs/import?mapping=needs", json!({}))).ok(&[415]),
    Call::of("need_show", SCOPED, |_, subject| get(format!("/api/v1/needs/{}", subject.need))),
    Call::of("need_change", SCOPED, |_, subject| edit(format!("/api/v1/needs/{}", subject.need))).ok(&[412]),
    Call::of("need_match", SCOPED, |_, subject| {
        let body = json!({"consignment": subject.consignment, "quantity": 5});
        send("POST", format!("/api/v1/needs/{}/matches", subject.need), body)
    })
    .ok(&[200, 201]),
    Call::of("gap_show", Listed(|subject| subject.need.clone()), |_, _| get("/api/v1/gaps")),
    Call::of("gap_proposals", Nothing, |_, _| get("/api/v1/gaps/proposals")),
    Call::of("gap_accept", SCOPED, |_, subject| {
        let one = json!({"id": Uuid::now_v7(), "need": subject.need, "consignment": subject.consignment,
            "occurred_at": "2020-07-20", "site": subject.site, "quantity": 1});
        send("POST", "/api/v1/gaps/proposals", json!({"allocations": [one]}))
    })
    .ok(&[201, 409]),
    Call::of("unwanted_index", Nothing, |_, _| get("/api/v1/public/do-not-send")),
    Call::of("unwanted_begin", Nothing, |_, _| {
        let body = json!({"category": "clothing", "reason": "There is enough of it", "from": "2020-07-01"});
        send("POST", "/api/v1/do-not-send", body)
    })
    .ok(&[201]),
    Call::of("unwanted_end", Nothing, |_, _| {
        send("POST", format!("/api/v1/do-not-send/{}/end", Uuid::now_v7()), json!({"reason": "It is needed again"}))
    })
    .ok(&[404]),
    Call::of("public_need_index", Nothing, |_, _| get("/api/v1/public/needs")),
    // Pledges.
    Call::of("pledge_index", Listed(|subject| subject.pledge.clone()), |_, _| list("/api/v1/pledges")),
    Call::of("pledge_offer", FIELDS, |seat, subject| {
        let line = json!({"item": seat.item, "quantity": 1, "earmark_country": subject.country.replace("QQ", "AQ")});
        let body = json!({"programme": seat.programme, "donor": subject.organization, "offered_at": "2020-07-01",
            "lines": [line]});
        send("POST", "/api/v1/pledges", body)
    })
    .ok(&[201]),
    Call::of("pledge_show", SCOPED, |_, subject| get(format!("/api/v1/pledges/{}", subject.pledge))),
    Call::of("pledge_status_show", SCOPED, |_, subject| get(format!("/api/v1/pledges/{}/status", subject.pledge))),
    Call::of("pledge_named", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/pledges/{}/named", subject.pledge), json!({"named": "always"}))
    }),
    Call::of("pledge_link_make", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/pledges/{}/link", subject.pledge), Value::Null)
    })
    .ok(&[201]),
    // Somebody else may have revoked it just now.
    Call::of("pledge_link_revoke", SCOPED, |_, subject| {
        send("DELETE", format!("/api/v1/pledges/{}/link", subject.pledge), Value::Null)
    })
    .ok(&[200, 409]),
    // Consignments.
    Call::of("consignment_index", Listed(|subject| subject.consignment.clone()), |_, _| list("/api/v1/consignments")),
    Call::of("consignment_open", FIELDS, |seat, subject| {
        let body = json!({"programme": seat.programme, "consignee": subject.organization, "origin": subject.site,
            "destination": subject.city});
        send("POST", "/api/v1/consignments", body)
    })
    .ok(&[201]),
    Call::of("consignment_show", SCOPED, |_, subject| get(format!("/api/v1/consignments/{}", subject.consignment))),
    Call::of("consignment_events", SCOPED, |_, subject| {
        get(format!("/api/v1/consignments/{}/events", subject.consignment))
    }),
    Call::of("consignment_route", SCOPED, |_, subject| {
        get(format!("/api/v1/consignments/{}/route", subject.consignment))
    }),
    Call::of("arrival_index", Listed(|subject| subject.travelling.clone()), |_, _| list("/api/v1/arrivals")),
    Call::of("corridor_index", Listed(|subject| subject.site.clone()), |_, _| list("/api/v1/corridors")),
    Call::of("leg_index", SCOPED, |_, subject| get(format!("/api/v1/consignments/{}/legs", subject.consignment))),
    // Its way is complete, which only who reaches it is told.
    Call::of("leg_add", SCOPED, |_, subject| {
        let leg = json!({"mode": "road", "from": subject.site, "to": subject.city});
        send("POST", format!("/api/v1/consignments/{}/legs", subject.consignment), leg)
    })
    .ok(&[422]),
    Call::of("load_index", Listed(|subject| subject.load.clone()), |_, _| list("/api/v1/loads")),
    Call::of("load_record", FIELDS, |_, subject| {
        let body = json!({"mode": "road", "carrier": subject.organization, "from": subject.site, "to": subject.city});
        send("POST", "/api/v1/loads", body)
    })
    .ok(&[201]),
    // Events.
    Call::event("stored", EVENTS, |_, subject| alone("stored", stored(subject)))
        .ok(&[201])
        .also(Action::EventPost),
    Call::events("stored", EVENTS, |_, subject| batched("stored", stored(subject)))
        .ok(&[201])
        .also(Action::EventPost),
    // All that was pledged has come.
    Call::event("collected", EVENTS, |_, subject| alone("collected", collected(subject)))
        .ok(&[409])
        .also(Action::EventPost),
    Call::events("collected", EVENTS, |_, subject| batched("collected", collected(subject)))
        .ok(&[409])
        .also(Action::EventPost),
    Call::event("arrived on a load", EVENTS, |_, subject| alone("arrived", arrived(subject)))
        .ok(&[201])
        .also(Action::EventPost),
    Call::events("arrived on a load", EVENTS, |_, subject| batched("arrived", arrived(subject)))
        .ok(&[201])
        .also(Action::EventPost),
    // Somebody else may have recalled the lot just now.
    Call::event("held, a whole lot", LOTS, |_, subject| alone("held", recalled(subject)))
        .ok(&[201, 409])
        .also(Action::EventPost),
    Call::events("held, a whole lot", LOTS, |_, subject| batched("held", recalled(subject)))
        .ok(&[201, 409])
        .also(Action::EventPost),
    // Or put the reservation right, or taken it back.
    Call::event("corrected", EVENTS, |_, subject| alone("corrected", corrected(subject))).ok(&[201, 409, 422]),
    Call::events("corrected", EVENTS, |_, subject| batched("corrected", corrected(subject))).ok(&[201, 409, 422]),
    Call::event("reversed", EVENTS, |_, subject| alone("reversed", reversed(subject))).ok(&[201, 409]),
    Call::events("reversed", EVENTS, |_, subject| batched("reversed", reversed(subject))).ok(&[201, 409]),
    Call::of("event_index", Listed(|subject| subject.event.clone()), |_, _| list("/api/v1/events")),
    Call::of("event_show", SCOPED, |_, subject| get(format!("/api/v1/events/{}", subject.event))),
    Call::of("event_waiting", Listed(|subject| subject.waiting.clone()), |_, _| list("/api/v1/events/waiting")),
    // Nobody here has posted any, and none was refused yet.
    Call::of("event_dismiss", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/events/waiting/{}/dismiss", subject.waiting), json!({"reason": "sent again"}))
    })
    .ok(&[403, 409]),
    Call::of("event_moved_on", Listed(|subject| subject.moved_on.clone()), |_, _| list("/api/v1/events/moved-on")),
    // Proposals. All were made by one officer, whom nobody here is.
    Call::of("approval_index", Listed(|subject| subject.approval.clone()), |_, _| list("/api/v1/approvals"))
        .reach(Action::EventRead),
    Call::of("approval_show", SCOPED, |_, subject| get(format!("/api/v1/approvals/{}", subject.approval)))
        .reach(Action::EventRead),
    Call::of("approval_withdraw", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/approvals/{}/withdraw", subject.approval), json!({"reason": "not mine"}))
    })
    .ok(&[403])
    .reach(Action::EventRead),
    Call::of("approval_decide", SCOPED, |_, subject| {
        let body = json!({"decision": "refuse", "reason": "it was not looked for"});
        send("POST", format!("/api/v1/approvals/{}/decide", subject.decided), body)
    })
    .ok(&[200, 409])
    .reach(Action::EventRead),
    // Claims for what was disposed of.
    Call::of("claim_create", SCOPED, |_, subject| {
        let body = json!({"event": subject.papers.disposal, "against": subject.organization, "on": "2020-09-01",
            "amount": {"minor": 1, "currency": "USD"}});
        send("POST", "/api/v1/claims", body)
    })
    .ok(&[201]),
    Call::of("claim_index", Listed(|subject| subject.papers.claim.clone()), |_, _| list("/api/v1/claims")),
    Call::of("claim_show", SCOPED, |_, subject| get(format!("/api/v1/claims/{}", subject.papers.claim))),
    Call::of("claim_change", SCOPED, |_, subject| {
        let body = json!({"state": "submitted", "on": "2020-09-02"});
        edit_of(format!("/api/v1/claims/{}", subject.papers.claim), body)
    })
    .ok(&[412]),
    // Papers.
    Call::of("document_record", About::Scoped { outside: 404, unknown: 422 }, |_, subject| {
        let body = json!({"kind": "grn", "site": subject.site, "issued_on": "2020-07-12", "pledge": subject.pledge});
        send("POST", "/api/v1/documents", body)
    })
    .ok(&[201]),
    Call::of("document_index", Listed(|subject| subject.papers.document.clone()), |_, _| list("/api/v1/documents")),
    Call::of("document_show", SCOPED, |_, subject| get(format!("/api/v1/documents/{}", subject.papers.document))),
    Call::of("document_evidence", SCOPED, |_, subject| {
        let body = json!({"events": [subject.event]});
        send("POST", format!("/api/v1/documents/{}/evidence", subject.papers.document), body)
    }),
    Call::of("document_void", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/documents/{}/void", subject.papers.voided), json!({"reason": "torn"}))
    })
    .ok(&[200, 409]),
    Call::of("block_give", SCOPED, |_, subject| {
        let body = json!({"kind": "pod", "site": subject.site, "year": 2020, "count": 1, "holder": "book 13"});
        send("POST", "/api/v1/documents/blocks", body)
    })
    .ok(&[201]),
    Call::of("block_return", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/documents/blocks/{}/return", subject.papers.block), Value::Null)
    }),
    Call::of("number_report", SCOPED, |_, subject| {
        get(format!("/api/v1/documents/numbers?kind=grn&year=2020&site={}", subject.site))
    }),
    Call::of("attachment_upload", Nothing, |_, _| send("POST", "/api/v1/attachments", json!({}))).ok(&[415]),
    Call::of("attachment_show", SCOPED, |_, subject| {
        get(format!("/api/v1/attachments/{}", subject.papers.attachment))
    }),
    Call::of("attachment_download", SCOPED, |_, subject| {
        get(format!("/api/v1/attachments/{}/content", subject.papers.attachment))
    }),
    Call::of("attachment_edit", SCOPED, |_, subject| {
        edit_of(format!("/api/v1/attachments/{}", subject.papers.attachment), json!({"shareable": false}))
    })
    .ok(&[412]),
    Call::of("attachment_erase", SCOPED, |_, subject| {
        let path = format!("/api/v1/attachments/{}/erase", subject.papers.scrapped);
        send("POST", path, json!({"reason": "mistaken"}))
    }),
    // Figures and the log.
    Call::of("stock_show", SCOPED, |_, subject| get(format!("/api/v1/sites/{}/stock", subject.site))),
    Call::of("stock_card", SCOPED, |seat, subject| {
        get(format!("/api/v1/sites/{}/stock/card?item={}", subject.site, seat.item))
    }),
    // Sheets. Nothing was counted on them, so that they cannot be handed in.
    Call::of("count_sheet_open", SCOPED, |_, subject| {
        send("POST", "/api/v1/count-sheets", json!({"site": subject.site}))
    })
    .ok(&[201]),
    Call::of("count_sheet_list", Listed(|subject| subject.sheet.clone()), |_, subject| {
        list(&format!("/api/v1/count-sheets?site={}", subject.site))
    }),
    Call::of("count_sheet_show", SCOPED, |_, subject| get(format!("/api/v1/count-sheets/{}", subject.sheet))),
    Call::of("count_sheet_table", SCOPED, |_, subject| get(format!("/api/v1/count-sheets/{}/table", subject.sheet)))
        .mode(Mode::Export),
    Call::of("count_sheet_upload", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/count-sheets/{}/table", subject.sheet), json!({}))
    })
    .ok(&[415]),
    Call::of("count_sheet_count", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/count-sheets/{}/counts", subject.sheet), json!({"counts": []}))
    }),
    Call::of("count_sheet_submit", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/count-sheets/{}/submit", subject.sheet), Value::Null)
    })
    .ok(&[409]),
    Call::of("count_sheet_post", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/count-sheets/{}/post", subject.sheet), json!({}))
    })
    .ok(&[409]),
    Call::of("count_sheet_void", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/count-sheets/{}/void", subject.scrapped_sheet), json!({"reason": "torn"}))
    }),
    Call::of("totals", Listed(|subject| subject.site.clone()), |_, _| get("/api/v1/totals?group_by=site")),
    Call::of("totals_within", Listed(|subject| subject.site.clone()), |_, _| {
        let around = json!({"center": {"latitude": 13.45, "longitude": -16.58}, "radius_m": 1_000});
        send("POST", "/api/v1/totals/within?group_by=site", around)
    }),
    Call::of("map_read", Listed(|subject| subject.site.clone()), |_, _| get("/api/v1/map/corridors")),
    Call::of("reach", Nothing, |_, _| get("/api/v1/reach?group_by=area")),
    Call::of("reach_lines", Listed(|subject| subject.handed.clone()), |_, _| list("/api/v1/reach/lines")),
    Call::of("headcount_list", Nothing, |_, _| list("/api/v1/headcounts")),
    Call::of("headcount_state", Nothing, |seat, _| {
        let row = json!({"programme": seat.programme, "source": "345W", "reference": "1", "area": "GM-B",
            "sector": "health", "people": 20, "status": "reported", "from": "2020-08-01"});
        send("POST", "/api/v1/headcounts", json!({"rows": [row]}))
    })
    .ok(&[201]),
    Call::of("reconciliation_changes", Listed(|subject| subject.site.clone()), |_, _| {
        get("/api/v1/reconciliation/changes?group_by=site&from=0")
    }),
    Call::of("reconciliation", Listed(|subject| subject.site.clone()), |_, _| {
        get("/api/v1/reconciliation?group_by=site")
    }),
    Call::of("reconciliation_entries", Listed(|subject| subject.site.clone()), |_, _| {
        get("/api/v1/reconciliation/entries?limit=500")
    }),
    Call::of("audit_sample", Nothing, |_, _| get("/api/v1/audit/sample?size=3")),
    // Everything here happened years before it was recorded.
    Call::of("audit_flags", Listed(|subject| subject.event.clone()), |_, _| list("/api/v1/audit/flags?kind=backdated")),
    Call::of("lot_trace", SCOPED, |_, subject| get(format!("/api/v1/lots/{}/trace", subject.lot))),
    Call::of("audit_entry_bundle", Nothing, |_, _| get("/api/v1/audit/tile/entries/000.p/1")),
    Call::of("audit_entries", Nothing, |_, _| get("/api/v1/audit/entries?limit=1")),
];
