//! What else happens to goods in a warehouse: put away, handed to a consignee, found damaged, held and let go, given back to
//! their donor. One kind of goods at a time.

use super::common::led_on;
use super::ending::{Offered, line, named, told};
use super::evidence::parties;
use super::happening_words::HappenedWord;
use super::missing_words::MissingWord;
use super::standing::{Fact, StandingPage, is_recorded};
use super::words::ManagerWord;
use crate::auth::{Permit, action, now};
use crate::consignments::consignment_coded;
use crate::core::id::{ConsignmentId, SiteId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::events::http::post_one;
use crate::pages::fields::{Field, Fields, members};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::made_up::shows_made_up;
use crate::pages::visitor::{Visitor, see};
use crate::pages::words::Word;
use crate::stock::StockLine;
use crate::stock::http::stock_show;
use crate::totals::Things;
use crate::web::{MomentQuery, Path, Query, State};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use uuid::Uuid;

/// What can happen to goods in a warehouse that has no page of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// Handed to a consignee.
    Delivered,
    /// Put on a shelf; no figure changes.
    Stored,
    /// Found damaged.
    Damaged,
    /// Put on hold.
    Held,
    /// Let go from hold.
    Released,
    /// Given back to the donor.
    Returned,
}

impl StoreKind {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 6] =
        [Self::Delivered, Self::Damaged, Self::Held, Self::Released, Self::Returned, Self::Stored];

    /// The word of the event, which is the end of the page's address too.
    pub fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Stored => "stored",
            Self::Damaged => "damaged",
            Self::Held => "held",
            Self::Released => "released_from_hold",
            Self::Returned => "returned",
        }
    }

    /// What its page is called.
    pub fn title(self) -> HappenedWord {
        match self {
            Self::Delivered => HappenedWord::Delivered,
            Self::Stored => HappenedWord::Stored,
            Self::Damaged => HappenedWord::Damaged,
            Self::Held => HappenedWord::Held,
            Self::Released => HappenedWord::Released,
            Self::Returned => HappenedWord::Returned,
        }
    }

    fn read(word: &str) -> Outcome<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(Problem::not_found)
    }

    /// Whether somebody has to say why.
    fn wants_reason(self) -> bool {
        matches!(self, Self::Damaged | Self::Held | Self::Released | Self::Returned)
    }

    /// The goods of a line that it can happen to: their condition as an event says it, and how many they are.
    fn goods_of(self, line: &StockLine) -> Vec<(&'static str, i64)> {
        let good = line.free + line.allocated + line.expired;
        match self {
            Self::Delivered => vec![("good", line.free)],
            Self::Stored => Vec::new(),
            Self::Damaged => vec![("good", good + line.held)],
            Self::Held => vec![("good", good)],
            Self::Released => vec![("on_hold", line.held)],
            Self::Returned => {
                vec![("good", line.free + line.expired), ("on_hold", line.held), ("damaged", line.damaged)]
            }
        }
    }
}

/// The names of fields that stand in the event as they are.
const MEMBERS: [&str; 3] = ["consignee", "note", "reason"];

fn offered(frame: &Frame, kind: StoreKind, lines: &[StockLine]) -> Vec<Offered> {
    let parts = lines.iter().flat_map(|line| {
        kind.goods_of(line).into_iter().map(move |(condition, quantity)| (line, condition, quantity))
    });
    let one = |(line, condition, quantity): (&StockLine, &str, i64)| {
        let lot = line.lot.as_deref();
        let state = match condition {
            "damaged" => format!(" · {}", frame.say(MissingWord::Damaged)),
            "on_hold" => format!(" · {}", frame.say(HappenedWord::OnHold)),
            _ => String::new(),
        };
        let number = frame.number(quantity);
        Offered {
            value: format!("{condition} {}", named(line.item, lot)),
            words: format!("{} {}{state}: {number}", line.item_name, lot.unwrap_or_default()),
            quantity,
        }
    };
    parts.filter(|(_, _, quantity)| *quantity > 0).map(one).collect()
}

/// The fields of a kind. How many is left to whoever counted them: nothing is taken for granted.
fn fields(
    frame: &Frame,
    kind: StoreKind,
    offered: &[Offered],
    consignees: Vec<(String, String)>,
) -> Vec<Field> {
    let mut list = Vec::new();
    if kind != StoreKind::Stored {
        let goods = offered.iter().map(|one| (one.value.clone(), one.words.clone()));
        list.push(Field::choice("goods", frame.say(MissingWord::Goods), "", goods));
        list.push(Field::text("quantity", frame.say(Word::Quantity), "").kind("number").required());
    }
    if kind == StoreKind::Delivered {
        let own = (String::new(), frame.say(HappenedWord::OfConsignment).to_owned());
        let consignees = std::iter::once(own).chain(consignees);
        list.push(Field::choice("consignee", frame.say(HappenedWord::Consignee), "", consignees));
    }
    if matches!(kind, StoreKind::Delivered | StoreKind::Stored) {
        let code = Field::text("consignment", frame.say(HappenedWord::Consignment), "");
        list.push(code.hint(frame.say(HappenedWord::ConsignmentHint)));
    }
    if kind == StoreKind::Stored {
        list.push(Field::text("note", frame.say(HappenedWord::Place), ""));
    }
    if kind.wants_reason() {
        let why = Field::area("reason", frame.say(ManagerWord::Why), "");
        list.push(why.required().hint(frame.say(MissingWord::WhyHint)));
    }
    list.push(Field::text("on", frame.say(HappenedWord::AnotherDay), "").kind("date"));
    list
}

async fn page(visitor: &Visitor, state: &State, site: SiteId, kind: StoreKind) -> Outcome<StandingPage> {
    let now_there = Query(MomentQuery { as_of: None, known_at: None });
    let stock = stock_show(visitor.permit()?, state.clone(), Path(site), now_there).await?.0;
    let things = Things { sites: vec![site], ..Things::default() };
    let frame = visitor.frame(kind.title()).synthetic(shows_made_up(state, things).await?);
    let offered = offered(&frame, kind, &stock.items);
    let consignees = match kind {
        StoreKind::Delivered => parties(visitor, state).await?,
        StoreKind::Stored
        | StoreKind::Damaged
        | StoreKind::Held
        | StoreKind::Released
        | StoreKind::Returned => Vec::new(),
    };
    let list = fields(&frame, kind, &offered, consignees);
    let action = format!("/warehouse/{site}/happened/{}", kind.word());
    let form = Fields::new(action, frame.say(MissingWord::Record), list);
    let form = form.hidden("id", Uuid::now_v7().to_string()).hidden("occurred_at", now().to_string());
    let is_possible = kind == StoreKind::Stored || !offered.is_empty();
    Ok(StandingPage {
        title: frame.say(kind.title()).to_owned(),
        back: ("/warehouse", frame.say(Word::NavWarehouse)),
        is_recorded: false,
        facts: vec![Fact::of(frame.say(Word::Site), stock.name)],
        links: vec![(format!("/warehouse/{site}"), frame.say(Word::Back).to_owned())],
        form: is_possible.then_some(form),
        nothing: frame.say(HappenedWord::Nothing),
        frame,
    })
}

pub(super) async fn happened(
    permit: Permit<action::EventPost>,
    visitor: Visitor,
    state: State,
    path: Path<(SiteId, String)>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    drop(permit);
    let (site, word) = path.0;
    let page = page(&visitor, &state, site, StoreKind::read(&word)?).await?;
    StandingPage { is_recorded: is_recorded(&request), ..page }.shown()
}

/// The consignment of a code that was typed.
pub(super) async fn consignment_of(visitor: &Visitor, state: &State, code: &str) -> Outcome<ConsignmentId> {
    let permit = visitor.permit::<action::EventSubmit>()?;
    let typed = code.to_owned();
    let found = state.read(move |conn| consignment_coded(conn, &permit, &typed)).await;
    match found {
        Ok(consignment) => Ok(consignment.id),
        Err(problem) if problem.code == Code::NotFound => {
            let words =
                format!("{code:?} is no code or number of a consignment of yours; read the label again");
            Err(Problem::field("/consignment", words))
        }
        Err(problem) => Err(problem),
    }
}

/// What a form says, as the body of an event.
async fn body(
    visitor: &Visitor,
    state: &State,
    (site, kind): (SiteId, StoreKind),
    form: &Form,
) -> Outcome<Value> {
    let mut body = members(form, &MEMBERS);
    for (name, value) in
        [("id", form.get("id")), ("kind", kind.word()), ("occurred_at", form.get("occurred_at"))]
    {
        body.insert(name.to_owned(), json!(value));
    }
    body.insert("site".to_owned(), json!(site));
    if let Some(day) = form.given("on") {
        body.insert("occurred_at".to_owned(), json!(day));
        body.insert("precision".to_owned(), json!("day"));
    }
    if kind.wants_reason() && form.given("reason").is_none() {
        return Err(Problem::field("/reason", "is empty; say why in a few words"));
    }
    let (condition, goods) = form.get("goods").split_once(' ').unwrap_or_default();
    if kind != StoreKind::Stored {
        body.insert("lines".to_owned(), json!([line(form, goods)]));
    }
    if kind == StoreKind::Returned {
        body.insert("condition".to_owned(), json!(condition));
    }
    if let Some(code) = form.given("consignment") {
        body.insert("consignment".to_owned(), json!(consignment_of(visitor, state, code).await?));
    }
    Ok(Value::Object(body))
}

/// A refusal in the words of the form, which asks for a day and not for a moment.
fn said(problem: Problem) -> Problem {
    let mut problem = told(problem);
    for error in &mut problem.errors {
        if error.pointer == "/occurred_at" {
            "/on".clone_into(&mut error.pointer);
        }
    }
    problem
}

pub(super) async fn happened_send(
    permit: Permit<action::EventPost>,
    visitor: Visitor,
    state: State,
    path: Path<(SiteId, String)>,
    form: Form,
) -> Outcome<HttpResponse> {
    drop(permit);
    let (site, kind) = (path.0.0, StoreKind::read(&path.0.1)?);
    let recorded = match body(&visitor, &state, (site, kind), &form).await {
        Ok(body) => post_one(&visitor.permit()?, &state, body).await,
        Err(problem) => Err(problem),
    };
    match recorded {
        Ok(recorded) => {
            let on = format!("/warehouse/{site}/happened/{}?recorded=1", kind.word());
            see(&led_on(&recorded.answer, on))
        }
        Err(problem) => page(&visitor, &state, site, kind).await?.again(&form, said(problem)),
    }
}
