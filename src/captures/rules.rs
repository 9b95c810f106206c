//! A document of EPCIS 2.0 and its events, as far as the ledger reads them, and which step is which kind of event.
//!
//! What the standard's schema allows is taken, whatever else an event holds; what it does not allow in the parts that are
//! read is a fault, which names its place. Whether an event fits anything here is not asked in this file.

use super::uris::{Class, OWN_MEMBERS, Paper, Place, paper};
use crate::core::check::{Check, quoted};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{CapturedEventId, EventId, derived};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{Precision, Timestamp};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Events of one document: as many as a batch of events may have.
pub const EVENTS_MAXIMUM: usize = 1_000;
/// Characters of a URI that is looked up: the longest of GS1's has some two hundred.
pub const URI_CHARS_MAX: usize = 500;
/// Goods, papers and units that one event lists: as many as lines of an update of ours.
pub const LISTED_MAXIMUM: usize = 500;
/// What identifiers of captured events are derived from.
const NAMESPACE: Uuid = Uuid::from_u128(0x6570_6369_7300_8000_8000_7265_6c69_6566);

/// What words of the Core Business Vocabulary begin with where they are written as URIs.
const VOCABULARY: &str = "https://ref.gs1.org/cbv/BizStep-";
/// Kinds of ours that restate another event: what is right by them is told in that one's step.
const RESTATING: [&str; 2] = ["corrected", "reversed"];

/// The kinds of event that other systems post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Goods left.
    Departed,
    /// They arrived, and were not counted.
    Arrived,
    /// They were counted.
    Received,
    /// They were put away.
    Stored,
    /// They were handed to the consignee.
    Delivered,
    /// Customs holds them.
    CustomsHeld,
    /// Customs released them.
    CustomsReleased,
}

impl Step {
    const ALL: [Self; 7] = [
        Self::Departed,
        Self::Arrived,
        Self::Received,
        Self::Stored,
        Self::Delivered,
        Self::CustomsHeld,
        Self::CustomsReleased,
    ];

    /// The word of the kind of event.
    pub fn word(self) -> &'static str {
        match self {
            Self::Departed => "departed",
            Self::Arrived => "arrived",
            Self::Received => "received",
            Self::Stored => "stored",
            Self::Delivered => "delivered",
            Self::CustomsHeld => "customs_held",
            Self::CustomsReleased => "customs_released",
        }
    }

    /// Whether the event is told at the beginning of a leg.
    pub fn is_at_start(self) -> bool {
        match self {
            Self::Departed => true,
            Self::Arrived
            | Self::Received
            | Self::Stored
            | Self::Delivered
            | Self::CustomsHeld
            | Self::CustomsReleased => false,
        }
    }

    /// Whether its figures can be corrected; else it is reversed and told anew.
    pub fn is_corrected(self) -> bool {
        match self {
            Self::Departed | Self::Received | Self::Delivered => true,
            Self::Arrived | Self::Stored | Self::CustomsHeld | Self::CustomsReleased => false,
        }
    }

    /// The kind of event that a step is, where the ledger takes one from others. What one of us says is believed first, since
    /// two of our kinds can be one step.
    pub(super) fn of(kind: Option<&str>, step: &str, is_ended: bool) -> Option<Self> {
        if let Some(kind) = kind.filter(|kind| !RESTATING.contains(kind)) {
            return Self::ALL.into_iter().find(|one| one.word() == kind);
        }
        // Goods that come back to who gave them are received too, and what is taken apart is seen in a step too.
        if is_ended {
            return None;
        }
        match step.strip_prefix(VOCABULARY).unwrap_or(step) {
            "shipping" | "departing" => Some(Self::Departed),
            "arriving" => Some(Self::Arrived),
            "receiving" => Some(Self::Received),
            "storing" => Some(Self::Stored),
            "accepting" => Some(Self::Delivered),
            _ => None,
        }
    }
}

/// Goods of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Good {
    /// As it was sent.
    pub uri: String,
    /// What it stands for.
    pub class: Class,
    /// How many, where that is a whole number.
    pub quantity: Option<i64>,
    /// What is counted; pieces if nothing is said.
    pub unit: Option<String>,
}

/// That an event declares an earlier one with its own identifier to be an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The reason, a word or a URI.
    pub reason: Option<String>,
    /// The events that state it right.
    pub corrective: Vec<String>,
}

/// What one of us says of its own events besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// The kind of event.
    pub kind: Option<String>,
    /// How exactly the time is known.
    pub precision: Option<Precision>,
    /// Whether it was worked out from another event there.
    pub inferred: bool,
    /// The leg.
    pub leg: Option<Uuid>,
    /// Numbers of lots by their classes.
    pub lots: Vec<Value>,
    /// A receipt as it was counted there.
    pub receipt: Option<Map<String, Value>>,
}

/// An event, as far as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its identifier; made of what it says where its sender gave none.
    pub uri: String,
    /// Its type.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// Its step, as it was sent; empty where it has none.
    pub step: String,
    /// The kind of event that is.
    pub taken: Option<Step>,
    /// What it declares an error, where it does.
    pub declared: Option<Declared>,
    /// The papers it belongs to, as they were sent.
    pub papers: Vec<String>,
    /// Units it lists, by their SSCC.
    pub units: Vec<String>,
    /// Things it lists that are no units.
    pub things: Vec<String>,
    /// Goods it lists.
    pub goods: Vec<Good>,
    /// Where it happened.
    pub places: Vec<Place>,
    /// What one of us says besides.
    pub own: Own,
}

impl Event {
    /// What its papers stand for.
    pub fn papers(&self) -> impl Iterator<Item = Paper> + '_ {
        self.papers.iter().map(|uri| paper(uri))
    }

    /// The first paper that is not ours: what its sender knows the consignment by.
    pub fn reference(&self) -> Option<&str> {
        self.papers.iter().find(|uri| paper(uri) == Paper::Foreign).map(String::as_str)
    }

    /// The event it is in the ledger. An identifier that could be one of ours is one, so that an event that comes back is known.
    pub fn event_id(&self) -> EventId {
        match uuid_of(&self.uri) {
            Some(id) if id.get_version_num() == 7 && self.declared.is_none() => EventId(id),
            Some(_) | None => derived(NAMESPACE, &self.key(), 0),
        }
    }

    /// The same identifier tells an event, and that it was an error.
    fn key(&self) -> String {
        format!("{}{}", self.uri, if self.declared.is_some() { "#error" } else { "" })
    }

    /// The row of an event that is sent in a scope.
    pub fn row_id(&self, scope: &str) -> CapturedEventId {
        derived(NAMESPACE, &format!("{scope}\n{}", self.key()), 1)
    }

    /// The row of an event whose identifier was sent before with something else.
    pub fn other_row_id(&self, scope: &str, hash: &[u8]) -> CapturedEventId {
        derived(NAMESPACE, &format!("{scope}\n{}\n{}", self.key(), hexadecimal(hash)), 2)
    }
}

/// The UUID that a URI is.
pub fn uuid_of(uri: &str) -> Option<Uuid> {
    uri.strip_prefix("urn:uuid:")?.parse().ok()
}

/// A document.
#[derive(Clone, Debug)]
pub struct Document {
    /// What the names of our own members begin with in it.
    pub prefix: Option<String>,
    /// Its events, each with what it says.
    pub events: Vec<Value>,
}

/// Reads the document around the events.
///
/// # Errors
/// `invalid`, naming everything that is wrong.
pub fn read_document(value: Value) -> Outcome<Document> {
    let Value::Object(mut members) = value else {
        return Err(Problem::field("", "is no object; send an EPCISDocument"));
    };
    let mut check = Check::new();
    match members.get("type") {
        Some(Value::String(kind)) if kind == "EPCISDocument" => {}
        Some(Value::String(kind)) => {
            check.wrong("/type", format!("{} is not taken; send an EPCISDocument", quoted(kind)));
        }
        Some(_) | None => check.wrong("/type", "is missing; write \"EPCISDocument\""),
    }
    let is_version = |text: &str| text == "2" || text.starts_with("2.");
    match members.get("schemaVersion") {
        Some(Value::String(version)) if is_version(version) => {}
        Some(Value::String(version)) => {
            check.wrong("/schemaVersion", format!("{} is not taken; send EPCIS 2.0", quoted(version)));
        }
        Some(_) | None => check.wrong("/schemaVersion", "is missing; write \"2.0\""),
    }
    let created = members.get("creationDate").and_then(Value::as_str);
    if created.is_none_or(|text| Timestamp::parse(text).is_none()) {
        check.wrong("/creationDate", "is missing or no time; write RFC 3339 such as 2020-08-06T09:30:00Z");
    }
    if !members.get("@context").is_some_and(is_context) {
        check.wrong("/@context", "is missing; write the standard's context, alone or in a list");
    }
    let prefix = members.get("@context").and_then(own_prefix);
    let list = members.get_mut("epcisBody").and_then(|body| body.get_mut("eventList")).map(Value::take);
    let events = match list {
        Some(Value::Array(events)) if events.len() <= EVENTS_MAXIMUM => events,
        Some(Value::Array(events)) => {
            let detail = format!("holds {} events; send at most {EVENTS_MAXIMUM}", events.len());
            check.wrong("/epcisBody/eventList", detail);
            Vec::new()
        }
        Some(_) | None => {
            check.wrong("/epcisBody/eventList", "is missing; list the events in it");
            Vec::new()
        }
    };
    check.finish()?;
    Ok(Document { prefix, events })
}

fn is_context(value: &Value) -> bool {
    match value {
        Value::String(_) | Value::Object(_) => true,
        Value::Array(parts) => parts.iter().all(|part| part.is_string() || part.is_object()),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What the names of our own members begin with, as a context says.
pub(super) fn own_prefix(context: &Value) -> Option<String> {
    let in_object = |part: &Value| {
        let found = part.as_object()?.iter().find(|(_, meaning)| meaning.as_str() == Some(OWN_MEMBERS))?;
        Some(found.0.clone())
    };
    match context {
        Value::Array(parts) => parts.iter().find_map(in_object),
        Value::Object(_) => in_object(context),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
