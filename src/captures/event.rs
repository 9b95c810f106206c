//! Reading one event: what the standard's schema does not allow in the parts that are read is a fault, which names its
//! place. Whatever else an event holds is kept and not looked at.

use super::rules::{Declared, Event, Good, LISTED_MAXIMUM, Own, Step, URI_CHARS_MAX, own_prefix};
use super::uris::{OWN, Place, class, place, sscc};
use crate::core::check::{Check, quoted};
use crate::core::hexadecimal::hexadecimal;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{Precision, Timestamp};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Words of the Core Business Vocabulary that a step may be.
const STEPS: &[&str] = &[
    "accepting",
    "arriving",
    "assembling",
    "collecting",
    "commissioning",
    "consigning",
    "creating_class_instance",
    "cycle_counting",
    "decommissioning",
    "departing",
    "destroying",
    "disassembling",
    "dispensing",
    "encoding",
    "entering_exiting",
    "holding",
    "inspecting",
    "installing",
    "killing",
    "loading",
    "other",
    "packing",
    "picking",
    "receiving",
    "removing",
    "repackaging",
    "repairing",
    "replacing",
    "reserving",
    "retail_selling",
    "shipping",
    "staging_outbound",
    "stock_taking",
    "stocking",
    "storing",
    "transporting",
    "unloading",
    "unpacking",
    "void_shipping",
    "sensor_reporting",
    "sampling",
];
/// Types of event that the standard knows.
const TYPES: [&str; 5] =
    ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"];

/// Reads an event; `pointer` is where it stands, and `prefix` what our own members begin with in its document.
///
/// # Errors
/// `invalid`, naming everything that is wrong in what is read.
pub fn read_event(value: &Value, pointer: &str, prefix: Option<&str>) -> Outcome<Event> {
    let Value::Object(members) = value else {
        return Err(Problem::field(pointer, "is no event; an event is an object"));
    };
    let own = members.get("@context").and_then(own_prefix);
    let mut reader = Reader { check: Check::new(), pointer, members, prefix: own.as_deref().or(prefix) };
    let event = reader.event();
    let problem = reader.check.finish().err();
    match (event, problem) {
        (Some(event), None) => Ok(event),
        (_, Some(problem)) => Err(problem),
        (None, None) => Err(Problem::field(pointer, "cannot be read")),
    }
}

struct Reader<'a> {
    check: Check,
    pointer: &'a str,
    members: &'a Map<String, Value>,
    prefix: Option<&'a str>,
}

impl<'a> Reader<'a> {
    fn wrong(&mut self, member: &str, detail: impl Into<String>) {
        self.check.wrong(format!("{}/{member}", self.pointer), detail);
    }

    fn event(&mut self) -> Option<Event> {
        let kind = self.text("type").unwrap_or_default().to_owned();
        if kind.is_empty() {
            self.wrong("type", format!("is missing; write one of {}", TYPES.join(", ")));
        }
        let at = self.time();
        self.check_offset();
        let action = self.action(&kind);
        let step = self.step();
        let disposition = self.text("disposition");
        let own = self.own();
        let declared = self.declared();
        let papers = self.listed("bizTransactionList", "bizTransaction");
        let (units, things) = self.units();
        let mut goods = self.goods("quantityList");
        goods.extend(self.goods("childQuantityList"));
        self.check_goods_named(&kind);
        let places = self.places();
        let uri = self.uri();
        let is_ended = disposition == Some("returned") || action == Some("DELETE");
        let taken = Step::of(own.kind.as_deref(), &step, is_ended);
        Some(Event { uri, kind, at: at?, step, taken, declared, papers, units, things, goods, places, own })
    }

    /// A text, where there is one.
    fn text(&mut self, member: &str) -> Option<&'a str> {
        match self.members.get(member) {
            None => None,
            Some(Value::String(text)) if text.chars().count() <= URI_CHARS_MAX => Some(text),
            Some(Value::String(_)) => {
                self.wrong(member, format!("is longer than {URI_CHARS_MAX} characters"));
                None
            }
            Some(other) => {
                self.wrong(member, format!("{} is no text", quoted(&other.to_string())));
                None
            }
        }
    }

    fn time(&mut self) -> Option<Timestamp> {
        match self.text("eventTime") {
            Some(text) => {
                // A day alone is a time to us, and none to the standard.
                let at = Timestamp::parse(text).filter(|_| text.contains(['T', 't']));
                if at.is_none() {
                    self.wrong("eventTime", format!("{} is no time; write RFC 3339", quoted(text)));
                }
                at
            }
            None => {
                self.wrong("eventTime", "is missing; say when it happened, in RFC 3339");
                None
            }
        }
    }

    fn check_offset(&mut self) {
        let right = "write the offset from UTC such as +03:00";
        match self.text("eventTimeZoneOffset") {
            Some(text) if is_offset(text) => {}
            Some(text) => self.wrong("eventTimeZoneOffset", format!("{} is none; {right}", quoted(text))),
            None => self.wrong("eventTimeZoneOffset", format!("is missing; {right}")),
        }
    }

    fn action(&mut self, kind: &str) -> Option<&'a str> {
        let action = self.text("action");
        match action {
            Some("OBSERVE" | "ADD" | "DELETE") => {}
            Some(other) => {
                self.wrong("action", format!("{} is none; write OBSERVE, ADD or DELETE", quoted(other)));
            }
            None if kind == "TransformationEvent" || !TYPES.contains(&kind) => {}
            None => self.wrong("action", "is missing; write OBSERVE, ADD or DELETE"),
        }
        action
    }

    fn step(&mut self) -> String {
        let Some(step) = self.text("bizStep") else { return String::new() };
        let is_bent = step.starts_with("urn:epcglobal:cbv") || step.contains("://ns.gs1.org/cbv/");
        if !STEPS.contains(&step) && (is_bent || !is_uri(step)) {
            let detail = format!("{} is no step of the vocabulary and no URI of your own", quoted(step));
            self.wrong("bizStep", detail);
        }
        step.to_owned()
    }

    /// The list of a member, where there is one.
    fn list(&mut self, member: &str) -> &'a [Value] {
        match self.members.get(member) {
            None => &[],
            Some(Value::Array(values)) if values.len() <= LISTED_MAXIMUM => values,
            Some(Value::Array(values)) => {
                let detail = format!("lists {}; an event lists at most {LISTED_MAXIMUM}", values.len());
                self.wrong(member, detail);
                &[]
            }
            Some(_) => {
                self.wrong(member, "is no list");
                &[]
            }
        }
    }

    /// A URI that stands somewhere in the event.
    fn uri_at(&mut self, at: &str, value: Option<&'a Value>) -> Option<&'a str> {
        match value {
            Some(Value::String(uri)) if is_uri(uri) => Some(uri),
            Some(Value::String(text)) => {
                self.wrong(at, format!("{} is no URI", quoted(text)));
                None
            }
            Some(_) | None => {
                self.wrong(at, "is missing; write a URI");
                None
            }
        }
    }

    /// The URIs that a member of each thing in a list is.
    fn listed(&mut self, list: &str, member: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (index, value) in self.list(list).iter().enumerate() {
            let uri = self.uri_at(&format!("{list}/{index}/{member}"), value.get(member));
            found.extend(uri.map(str::to_owned));
        }
        found
    }

    /// Units and other things that are listed one by one.
    fn units(&mut self) -> (Vec<String>, Vec<String>) {
        let mut uris: Vec<&str> = Vec::new();
        for list in ["epcList", "childEPCs"] {
            for (index, value) in self.list(list).iter().enumerate() {
                uris.extend(self.uri_at(&format!("{list}/{index}"), Some(value)));
            }
        }
        if let Some(parent) = self.members.get("parentID") {
            // What goods are put on is listed only where it is a unit of ours.
            uris.extend(self.uri_at("parentID", Some(parent)).filter(|uri| sscc(uri).is_some()));
        }
        let (units, things): (Vec<&str>, Vec<&str>) = uris.into_iter().partition(|uri| sscc(uri).is_some());
        let mut units: Vec<String> = units.into_iter().filter_map(sscc).collect();
        units.sort_unstable();
        units.dedup();
        (units, things.into_iter().map(str::to_owned).collect())
    }

    fn goods(&mut self, list: &str) -> Vec<Good> {
        let mut goods = Vec::new();
        for (index, value) in self.list(list).iter().enumerate() {
            let at = format!("{list}/{index}");
            let uri = self.uri_at(&format!("{at}/epcClass"), value.get("epcClass"));
            let quantity = match value.get("quantity") {
                None => None,
                Some(Value::Number(number)) => whole(&number.to_string()),
                Some(_) => {
                    self.wrong(&format!("{at}/quantity"), "is no number");
                    None
                }
            };
            let unit = match value.get("uom") {
                None => None,
                Some(Value::String(unit)) if is_unit(unit) => Some(unit.clone()),
                Some(_) => {
                    self.wrong(&format!("{at}/uom"), "is no code of Recommendation 20 such as KGM");
                    None
                }
            };
            goods.extend(uri.map(|uri| Good { uri: uri.to_owned(), class: class(uri), quantity, unit }));
        }
        goods
    }

    /// An event says what it is about, if only by an empty list.
    fn check_goods_named(&mut self, kind: &str) {
        let has = |member: &str| self.members.contains_key(member);
        let is_empty =
            |member: &str| self.members.get(member).and_then(Value::as_array).is_some_and(Vec::is_empty);
        if kind == "ObjectEvent" {
            let is_named = has("epcList") || (has("quantityList") && !is_empty("quantityList"));
            let is_sensed = has("sensorElementList") && has("readPoint");
            if !is_named && !is_sensed {
                self.wrong("epcList", "is missing; list what was seen in epcList or quantityList");
            }
        }
        if kind == "AggregationEvent" && self.members.get("action").and_then(Value::as_str) != Some("DELETE")
        {
            let is_named = (has("childEPCs") && !is_empty("childEPCs"))
                || (has("childQuantityList") && !is_empty("childQuantityList"));
            if !is_named {
                self.wrong(
                    "childEPCs",
                    "is missing; list what was put together in childEPCs or childQuantityList",
                );
            }
        }
    }

    fn places(&mut self) -> Vec<Place> {
        let mut uris: Vec<String> = Vec::new();
        for member in ["readPoint", "bizLocation"] {
            if let Some(value) = self.members.get(member) {
                uris.extend(self.uri_at(&format!("{member}/id"), value.get("id")).map(str::to_owned));
            }
        }
        uris.iter().map(|uri| place(uri)).filter(|place| *place != Place::Foreign).collect()
    }

    fn declared(&mut self) -> Option<Declared> {
        let value = self.members.get("errorDeclaration")?;
        let time = value.get("declarationTime").and_then(Value::as_str);
        if time.is_none_or(|text| Timestamp::parse(text).is_none()) {
            self.wrong("errorDeclaration/declarationTime", "is missing or no time; write RFC 3339");
        }
        let mut corrective = Vec::new();
        match value.get("correctiveEventIDs") {
            None => {}
            Some(Value::Array(uris)) if uris.len() <= LISTED_MAXIMUM => {
                for (index, uri) in uris.iter().enumerate() {
                    let at = format!("errorDeclaration/correctiveEventIDs/{index}");
                    corrective.extend(self.uri_at(&at, Some(uri)).map(str::to_owned));
                }
            }
            Some(_) => self.wrong("errorDeclaration/correctiveEventIDs", "is no list of identifiers"),
        }
        let reason = value.get("reason").and_then(Value::as_str).map(str::to_owned);
        Some(Declared { reason, corrective })
    }

    /// The identifier; one without is known by what it says.
    fn uri(&mut self) -> String {
        match self.members.get("eventID") {
            Some(value) => self.uri_at("eventID", Some(value)).unwrap_or_default().to_owned(),
            None => {
                let text = serde_json::to_string(self.members).unwrap_or_default();
                format!("{OWN}sha256:{}", hexadecimal(&Sha256::digest(text.as_bytes())))
            }
        }
    }

    /// What one of us says of its own event. It is read as far as it can be: it only helps.
    fn own(&self) -> Own {
        let Some(prefix) = self.prefix else { return Own::default() };
        let member = |name: &str| self.members.get(&format!("{prefix}:{name}"));
        let text = |name: &str| member(name).and_then(Value::as_str);
        Own {
            kind: text("kind").map(str::to_owned),
            precision: text("precision")
                .and_then(Precision::from_word)
                .filter(|one| *one != Precision::Inferred),
            inferred: member("inferred").and_then(Value::as_bool).unwrap_or(false),
            leg: text("leg").and_then(|id| id.parse().ok()),
            lots: member("lots").and_then(Value::as_array).cloned().unwrap_or_default(),
            receipt: member("receipt").and_then(Value::as_object).cloned(),
        }
    }
}

/// A whole number in any spelling that JSON has for it short of an exponent.
fn whole(text: &str) -> Option<i64> {
    let digits = match text.split_once('.') {
        Some((digits, rest)) if rest.bytes().all(|byte| byte == b'0') => digits,
        Some(_) => return None,
        None => text,
    };
    digits.parse().ok().filter(|quantity| *quantity >= 0)
}

/// Whether a text is a URI as far as that matters here: a scheme, a colon and something without blanks.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_short = text.chars().count() <= URI_CHARS_MAX;
    is_scheme
        && is_short
        && !rest.is_empty()
        && !text.contains(|one: char| one.is_whitespace() || one.is_control())
}

fn is_unit(text: &str) -> bool {
    matches!(text.len(), 2..=3) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Whether a text is an offset from UTC as the standard writes it.
fn is_offset(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(['+', '-']) else { return false };
    let Some((hours, minutes)) = rest.split_once(':') else { return false };
    let is_two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let two = |part: &str| part.parse::<u8>().ok().filter(|_| is_two(part));
    match (two(hours), two(minutes)) {
        (Some(14), Some(0)) => true,
        (Some(hours), Some(minutes)) => hours < 14 && minutes < 60,
        (_, _) => false,
    }
}
