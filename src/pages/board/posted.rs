//! What a form of posting says, as the body of an event; nothing is decided here, the event is refused where it is wrong.

use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::quantity::{PackSize, Quantity};
use crate::pages::form::{Form, amount, typed_number};
use serde_json::{Map, Value, json};

/// Lines of a form that are read: a paper about a consignment has no more.
const LINES_MAXIMUM: usize = 1_000;

/// What can be posted on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PostKind {
    /// Goods were received at the end of a leg.
    Received,
    /// A leg departed.
    Departed,
    /// A leg arrived and is not counted yet.
    Arrived,
    /// Goods that were delivered at the end of a leg were handed to people.
    Distributed,
    /// Customs holds what is on a leg.
    CustomsHeld,
    /// Customs lets go of it.
    CustomsReleased,
    /// Some of what is on a leg was found damaged.
    Damaged,
    /// Some of what is on a leg is held.
    Held,
    /// Some of what was delivered went back to its donor.
    Returned,
    /// What a leg brought was put away.
    Stored,
}

impl PostKind {
    /// All of them.
    const ALL: [Self; 10] = [
        Self::Received,
        Self::Departed,
        Self::Arrived,
        Self::Distributed,
        Self::CustomsHeld,
        Self::CustomsReleased,
        Self::Damaged,
        Self::Held,
        Self::Returned,
        Self::Stored,
    ];

    /// Whether it is what customs did.
    pub(super) fn is_customs(self) -> bool {
        matches!(self, Self::CustomsHeld | Self::CustomsReleased)
    }

    /// Whether it happens to a part, of which a blank is nothing.
    pub(super) fn is_part(self) -> bool {
        matches!(self, Self::Distributed | Self::Damaged | Self::Held | Self::Returned)
    }

    /// Whether it happens to what lies at a place, whichever way it came.
    fn is_at_site(self) -> bool {
        matches!(self, Self::Distributed | Self::Returned | Self::Stored)
    }

    /// Whether it is offered before somebody asks for it: it is a step of the way, and not what went wrong on it.
    pub(super) fn is_usual(self) -> bool {
        !matches!(self, Self::Damaged | Self::Held | Self::Returned | Self::Stored)
    }

    /// Whether the form asks why.
    pub(super) fn asks_why(self) -> bool {
        matches!(self, Self::Damaged | Self::Held | Self::Returned)
    }

    /// The word of the event.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Departed => "departed",
            Self::Arrived => "arrived",
            Self::Distributed => "distributed",
            Self::CustomsHeld => "customs_held",
            Self::CustomsReleased => "customs_released",
            Self::Damaged => "damaged",
            Self::Held => "held",
            Self::Returned => "returned",
            Self::Stored => "stored",
        }
    }

    /// Reads the word back.
    ///
    /// # Errors
    /// `invalid` where it is none of them.
    pub(super) fn read(word: &str) -> Outcome<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
            let right = Self::ALL.map(Self::word).join(", ");
            Problem::field("/kind", format!("is {word:?}; posted here are {right}")).coded(Fault::NotAChoice)
        })
    }
}

/// What is counted of one line, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) good: i64,
    pub(super) damaged: i64,
    pub(super) on_hold: i64,
    pub(super) missing: i64,
    pub(super) surplus: i64,
}

impl Counts {
    fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// What follows from what was sent and what was counted: a shortage is missing where no more is to come, and what
    /// exceeds what was sent is surplus.
    pub(super) fn of(sent: i64, [good, damaged, on_hold]: [i64; 3], is_final: bool) -> Self {
        let counted = good.saturating_add(damaged).saturating_add(on_hold);
        let surplus = counted.saturating_sub(sent).clamp(0, good.max(0));
        let missing = if is_final { sent.saturating_sub(counted).max(0) } else { 0 };
        Self { good: good - surplus, damaged, on_hold, missing, surplus }
    }
}

/// The body of an event, with the lines of the form that its lines come from.
pub(super) struct Posted {
    pub(super) value: Value,
    lines: Vec<usize>,
    /// The same for what it says of people.
    reached: Vec<usize>,
}

/// How many lines a form has.
pub(super) fn line_count(form: &Form) -> usize {
    form.get("lines").parse().unwrap_or(0).min(LINES_MAXIMUM)
}

/// Whether the form states counts and not that all is good.
pub(super) fn is_counted(form: &Form) -> bool {
    form.get("how") == "count"
}

/// Whether a line is counted in packs.
fn is_packed(form: &Form, at: usize) -> bool {
    ["packs", "rest"].iter().any(|name| form.given(&format!("{name}-{at}")).is_some())
}

/// Base units in whole packs and loose ones; nothing where they are no numbers or come to no whole unit.
fn from_packs(form: &Form, at: usize) -> Option<i64> {
    let typed = |name: &str| form.given(&format!("{name}-{at}")).map(amount);
    let (packs, rest) = (typed("packs"), typed("rest"));
    let (numerator, denominator) = form.get(&format!("size-{at}")).split_once('/')?;
    let size = PackSize { numerator: numerator.parse().ok()?, denominator: denominator.parse().ok()? };
    let packs = Quantity::new(packs.unwrap_or(Some(0))?)?;
    size.to_base(packs)?.get().checked_add(rest.unwrap_or(Some(0))?)
}

/// What a line counts; nothing where a field of it is no number.
pub(super) fn counts(form: &Form, at: usize) -> Option<Counts> {
    let number = |name: &str| match form.given(&format!("{name}-{at}")) {
        None => Some(None),
        Some(text) => amount(text).map(Some),
    };
    let sent = number("sent")?.unwrap_or(0);
    if !is_counted(form) {
        return Some(Counts { good: sent, ..Counts::default() });
    }
    let damaged = number("damaged")?.unwrap_or(0);
    let on_hold = number("on_hold")?.unwrap_or(0);
    let rest = sent.saturating_sub(damaged).saturating_sub(on_hold).max(0);
    let good = match number("good")? {
        Some(good) => good,
        None if is_packed(form, at) => from_packs(form, at)?,
        None => rest,
    };
    Some(Counts::of(sent, [good, damaged, on_hold], form.given("partial").is_none()))
}

/// What names the goods of a line.
fn goods(form: &Form, at: usize) -> Map<String, Value> {
    let mut line = Map::new();
    for (member, field) in [("item", "item"), ("lot", "lot"), ("expires_on", "expires")] {
        if let Some(text) = form.given(&format!("{field}-{at}")) {
            line.insert(member.to_owned(), json!(text));
        }
    }
    line
}

/// The member whose field is no number, and what was typed there. Packs that come to no whole unit are none either.
fn unreadable(form: &Form, at: usize) -> (&'static str, &str) {
    let fields = [
        ("good", "good"),
        ("good", "packs"),
        ("good", "rest"),
        ("damaged", "damaged"),
        ("on_hold", "on_hold"),
    ];
    let is_wrong = |(member, field): (&'static str, &str)| {
        let text = form.given(&format!("{field}-{at}")).filter(|text| amount(text).is_none())?;
        Some((member, text))
    };
    fields.into_iter().find_map(is_wrong).unwrap_or_else(|| ("good", form.get(&format!("packs-{at}"))))
}

/// A line of a receipt; what is no number goes on as it was typed, so that it is refused by the same words.
fn received_line(form: &Form, at: usize) -> Option<Map<String, Value>> {
    let mut line = goods(form, at);
    match counts(form, at) {
        Some(counts) if counts.is_nothing() => return None,
        Some(Counts { good, damaged, on_hold, missing, surplus }) => {
            line.insert("good".to_owned(), json!(good));
            let others =
                [("damaged", damaged), ("on_hold", on_hold), ("missing", missing), ("surplus", surplus)];
            for (member, quantity) in others.into_iter().filter(|(_, quantity)| *quantity != 0) {
                line.insert(member.to_owned(), json!(quantity));
            }
        }
        None => {
            let (member, text) = unreadable(form, at);
            line.insert(member.to_owned(), json!(text));
        }
    }
    if let Some(reason) = form.given(&format!("reason-{at}")).filter(|_| is_counted(form)) {
        line.insert("reason".to_owned(), json!(reason));
    }
    Some(line)
}

/// A line of a departure.
fn departed_line(form: &Form, at: usize) -> Option<Map<String, Value>> {
    let mut line = goods(form, at);
    let quantity = match counts(form, at) {
        Some(counts) if counts.good + counts.surplus == 0 => return None,
        Some(counts) => json!(counts.good + counts.surplus),
        None => json!(unreadable(form, at).1),
    };
    line.insert("quantity".to_owned(), quantity);
    Some(line)
}

/// How much of a line was handed to people: nothing where its fields are blank, since what is left stays there.
fn handed_line(form: &Form, at: usize) -> Option<Map<String, Value>> {
    let quantity = match form.given(&format!("good-{at}")) {
        Some(text) => amount(text),
        None if is_packed(form, at) => from_packs(form, at),
        None => Some(0),
    };
    let mut line = goods(form, at);
    let quantity = match quantity {
        Some(0) => return None,
        Some(quantity) => json!(quantity),
        None => json!(unreadable(form, at).1),
    };
    line.insert("quantity".to_owned(), quantity);
    Some(line)
}

/// How many people the lines were for, where somebody counted: for each the line of the form, and what is said of it.
fn reached_of(form: &Form, lines: &[usize]) -> Vec<(usize, Value)> {
    let said = |(line, at): (usize, &usize)| {
        let people = typed_number(form.given(&format!("people-{at}"))?);
        Some((*at, json!({ "line": line, "people": people })))
    };
    lines.iter().enumerate().filter_map(said).collect()
}

/// Words that were typed, where any were.
fn words_of(form: &Form, name: &str, body: &mut Map<String, Value>) {
    if let Some(words) = form.given(name) {
        body.insert(name.to_owned(), json!(words));
    }
}

/// When it happened: the time that was typed, or when the form was opened.
pub(super) fn occurred_at(form: &Form) -> String {
    match form.given("at") {
        // What a browser sends of such a field has no seconds and no zone; the label says that it is UTC.
        Some(typed) if typed.len() == "2026-06-03T12:30".len() => format!("{typed}:00Z"),
        Some(typed) => typed.to_owned(),
        None => form.get("occurred_at").to_owned(),
    }
}

impl Posted {
    /// Reads a form.
    ///
    /// # Errors
    /// `invalid` where the kind is none that is posted here.
    pub(super) fn of(form: &Form) -> Outcome<Self> {
        let kind = PostKind::read(form.get("kind"))?;
        let mut body = Map::new();
        for (member, text) in [
            ("id", form.get("id").to_owned()),
            ("kind", kind.word().to_owned()),
            ("occurred_at", occurred_at(form)),
        ] {
            body.insert(member.to_owned(), json!(text));
        }
        body.insert("consignment".to_owned(), json!(form.get("consignment")));
        let place = if kind.is_at_site() { "site" } else { "leg" };
        body.insert(place.to_owned(), json!(form.get(place)));
        let mut from = Vec::new();
        let mut lines = |line: fn(&Form, usize) -> Option<Map<String, Value>>| -> Vec<Value> {
            let all = (0..line_count(form)).filter_map(|at| Some((at, line(form, at)?)));
            all.map(|(at, line)| {
                from.push(at);
                Value::Object(line)
            })
            .collect()
        };
        match kind {
            PostKind::Received => {
                let is_partial = is_counted(form) && form.given("partial").is_some();
                body.insert("final".to_owned(), json!(!is_partial));
                body.insert("lines".to_owned(), Value::Array(lines(received_line)));
            }
            PostKind::Departed if is_counted(form) => {
                body.insert("lines".to_owned(), Value::Array(lines(departed_line)));
            }
            PostKind::Distributed => {
                body.insert("lines".to_owned(), Value::Array(lines(handed_line)));
                words_of(form, "note", &mut body);
            }
            PostKind::Damaged | PostKind::Held | PostKind::Returned => {
                body.insert("lines".to_owned(), Value::Array(lines(handed_line)));
                words_of(form, "reason", &mut body);
            }
            PostKind::CustomsHeld | PostKind::CustomsReleased => words_of(form, "reason", &mut body),
            PostKind::Stored => words_of(form, "note", &mut body),
            PostKind::Departed | PostKind::Arrived => {}
        }
        let said = if kind == PostKind::Distributed { reached_of(form, &from) } else { Vec::new() };
        let (reached, said): (Vec<usize>, Vec<Value>) = said.into_iter().unzip();
        if !said.is_empty() {
            body.insert("reached".to_owned(), Value::Array(said));
        }
        Ok(Self { value: Value::Object(body), lines: from, reached })
    }

    /// The field of the form that a pointer into the event means.
    pub(super) fn field_of(&self, pointer: &str) -> String {
        let mut parts = pointer.split('/').skip(1);
        let (first, second, third) = (parts.next(), parts.next(), parts.next());
        match (first, second.and_then(|at| at.parse::<usize>().ok()), third) {
            (Some("lines"), Some(at), member) => {
                let at = self.lines.get(at).copied().unwrap_or(at);
                let field = match member {
                    Some("damaged") => "damaged",
                    Some("on_hold") => "on_hold",
                    Some("reason") => "reason",
                    Some("lot" | "expires_on") => "lot",
                    Some(_) | None => "good",
                };
                format!("{field}-{at}")
            }
            (Some("reached"), Some(at), _) => {
                self.reached.get(at).map_or_else(String::new, |at| format!("people-{at}"))
            }
            (Some("note"), ..) => "note".to_owned(),
            (Some("reason"), ..) => "reason".to_owned(),
            (Some("occurred_at"), ..) => "at".to_owned(),
            (Some(_) | None, ..) => String::new(),
        }
    }
}
