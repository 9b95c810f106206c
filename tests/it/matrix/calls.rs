//! How each operation is called: the one table to which a new operation adds a line, by room in `calls/`.
//!
//! A line says what is sent about a subject, what whoever may do it is answered, and what becomes of what is out of
//! reach. Who may, and how far, is not said here: that is the policy's.

mod doors;
mod figures;
mod flow;
mod needs;
mod papers;
mod shelf;
mod things;

use std::sync::LazyLock;

use relief_ledger::auth::Action;
use serde_json::{Value, json};
use uuid::Uuid;

use super::seats::Seat;
use super::stage::Subject;

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

/// A place that is none is a field that is not valid, to whoever reaches every place there is.
const READINGS: About = About::Scoped { outside: 404, unknown: 422 };

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

/// The path of a webhook of the seat's own, or of none.
fn webhook_of(seat: &Seat, subject: &Subject, which: usize) -> String {
    let id = if subject.name == "own" { &seat.webhooks[which] } else { &subject.user };
    format!("/api/v1/webhooks/{id}")
}

fn import_of(seat: &Seat, subject: &Subject) -> String {
    let id = if subject.name == "own" { &seat.import } else { &subject.user };
    format!("/api/v1/imports/{id}")
}

/// A long page, so that a list shows all there is.
fn list(path: &str) -> Sent {
    get(format!("{path}{}limit=500", if path.contains('?') { '&' } else { '?' }))
}

/// The table.
pub static CALLS: LazyLock<Vec<Call>> = LazyLock::new(|| {
    [doors::CALLS, things::CALLS, needs::CALLS, flow::CALLS, papers::CALLS, figures::CALLS, shelf::CALLS]
        .concat()
});
