//! Saying that goods under way are missing, and proposing that goods of a warehouse are disposed of: one kind of goods at a time.

use super::common::led_on;
use super::evidence::{evidence_fields, evidence_of, parties};
use super::missing_words::MissingWord;
use super::standing::{Fact, StandingPage};
use super::words::ManagerWord;
use crate::auth::{Permit, action, now};
use crate::consignments::{Expected, ExpectedLine, expected_read};
use crate::core::id::{ConsignmentId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::events::http::post_one;
use crate::pages::fields::{Field, Fields};
use crate::pages::form::{Form, typed_number};
use crate::pages::frame::Frame;
use crate::pages::made_up::shows_made_up;
use crate::pages::visitor::{Visitor, see};
use crate::pages::words::Word;
use crate::stock::StockLine;
use crate::stock::http::stock_show;
use crate::totals::Things;
use crate::web::{MomentQuery, Path, Query, State};
use actix_web::HttpResponse;
use serde_json::{Value, json};
use uuid::Uuid;

/// Goods that a form offers: what is sent for them, what they are called, and how many there are.
pub(super) struct Offered {
    pub(super) value: String,
    pub(super) words: String,
    pub(super) quantity: i64,
}

/// The fields of both forms: which goods, how many of them, and why.
fn fields(frame: &Frame, offered: &[Offered], further: impl IntoIterator<Item = Field>) -> Vec<Field> {
    let goods = offered.iter().map(|one| (one.value.clone(), one.words.clone()));
    let most = offered.first().map_or(0, |one| one.quantity);
    let quantity = Field::text("quantity", frame.say(Word::Quantity), most.to_string());
    let why = Field::area("reason", frame.say(ManagerWord::Why), "");
    let mut fields = vec![
        Field::choice("goods", frame.say(MissingWord::Goods), "", goods),
        quantity.kind("number").required(),
        why.required().hint(frame.say(MissingWord::WhyHint)),
    ];
    fields.extend(further);
    fields
}

/// The form with what is drawn once, so that it counts once.
fn drawn(action: String, submit: &str, list: Vec<Field>) -> Fields {
    let form = Fields::new(action, submit, list).hidden("id", Uuid::now_v7().to_string());
    form.hidden("occurred_at", now().to_string())
}

/// The line of an event: the goods that were chosen, and how many. What was not offered is refused by the same words as ever.
pub(super) fn line(form: &Form, goods: &str) -> Value {
    let (item, lot) = goods.split_once(' ').unwrap_or((goods, ""));
    let mut line = json!({"item": item, "quantity": typed_number(form.get("quantity"))});
    if !lot.is_empty() {
        line["lot"] = lot.into();
    }
    line
}

/// Goods by their item, and by their lot where that is known.
pub(super) fn named(item: impl std::fmt::Display, lot: Option<&str>) -> String {
    lot.map_or_else(|| item.to_string(), |lot| format!("{item} {lot}"))
}

fn on_the_way(frame: &Frame, expected: &Expected) -> Vec<Offered> {
    let one = |line: &ExpectedLine| {
        let lot = line.lot.as_ref().map(|lot| lot.number.as_str());
        let words =
            format!("{} {}: {}", line.item.name, lot.unwrap_or_default(), frame.number(line.quantity));
        Offered { value: named(line.item.id, lot), words, quantity: line.quantity }
    };
    let legs = expected.legs.iter().filter_map(|leg| Some((leg, expected.on_legs.get(&leg.id)?)));
    let with_leg = legs.flat_map(|(leg, lines)| {
        lines.iter().map(move |line| {
            let offered = one(line);
            Offered { value: format!("{} {}", leg.id, offered.value), ..offered }
        })
    });
    with_leg.collect()
}

async fn report_page(visitor: &Visitor, state: &State, id: ConsignmentId) -> Outcome<StandingPage> {
    let permit = visitor.permit::<action::EventSubmit>()?;
    let expected = state.read(move |conn| expected_read(conn, &permit, id)).await?;
    let things = Things { consignments: vec![id], ..Things::default() };
    let frame = visitor.frame(MissingWord::ReportTitle).synthetic(shows_made_up(state, things).await?);
    let offered = on_the_way(&frame, &expected);
    let list = fields(&frame, &offered, []);
    let form = drawn(format!("/missing/report/{id}"), frame.say(MissingWord::Record), list);
    let code = expected.consignment.tracking_code.clone();
    Ok(StandingPage {
        title: frame.say(MissingWord::ReportTitle).to_owned(),
        back: ("/missing", frame.say(MissingWord::Title)),
        is_recorded: false,
        facts: vec![Fact::of(frame.say(MissingWord::Consignment), code)],
        links: vec![(format!("/board/consignments/{id}"), frame.say(MissingWord::Consignment).to_owned())],
        form: (!offered.is_empty()).then_some(form),
        nothing: frame.say(MissingWord::NothingUnderWay),
        frame,
    })
}

pub(super) async fn report(
    permit: Permit<action::EventPost>,
    visitor: Visitor,
    state: State,
    path: Path<ConsignmentId>,
) -> Outcome<HttpResponse> {
    drop(permit);
    report_page(&visitor, &state, path.0).await?.shown()
}

pub(super) async fn report_send(
    permit: Permit<action::EventPost>,
    visitor: Visitor,
    state: State,
    path: Path<ConsignmentId>,
    form: Form,
) -> Outcome<HttpResponse> {
    drop(permit);
    let (leg, goods) = form.get("goods").split_once(' ').unwrap_or_default();
    let body = json!({"id": form.get("id"), "kind": "reported_missing", "occurred_at": form.get("occurred_at"),
        "consignment": path.0, "leg": leg, "reason": form.get("reason"), "lines": [line(&form, goods)]});
    match post_one(&visitor.permit()?, &state, body).await {
        Ok(recorded) => see(&led_on(&recorded.answer, "/missing?recorded=1".to_owned())),
        Err(problem) => report_page(&visitor, &state, path.0).await?.again(&form, told(problem)),
    }
}

/// What can be of no use in a warehouse: damaged goods, and goods past their day.
fn of_no_use(frame: &Frame, lines: &[StockLine]) -> Vec<Offered> {
    let parts = lines.iter().flat_map(|line| {
        let damaged = ("damaged", MissingWord::Damaged, line.damaged);
        let expired = ("good", MissingWord::Expired, line.expired);
        [damaged, expired].map(|(condition, word, quantity)| (line, condition, word, quantity))
    });
    let parts = parts.filter(|(_, _, _, quantity)| *quantity > 0);
    let one = |(line, condition, word, quantity): (&StockLine, &str, MissingWord, i64)| {
        let lot = line.lot.as_deref();
        let name = format!("{} {}", line.item_name, lot.unwrap_or_default());
        Offered {
            value: format!("{condition} {}", named(line.item, lot)),
            words: format!("{name} · {}: {}", frame.say(word), frame.number(quantity)),
            quantity,
        }
    };
    parts.map(one).collect()
}

async fn dispose_page(visitor: &Visitor, state: &State, site: SiteId) -> Outcome<StandingPage> {
    let now = Query(MomentQuery { as_of: None, known_at: None });
    let stock = stock_show(visitor.permit()?, state.clone(), Path(site), now).await?.0;
    let things = Things { sites: vec![site], ..Things::default() };
    let frame = visitor.frame(MissingWord::DisposeTitle).synthetic(shows_made_up(state, things).await?);
    let offered = of_no_use(&frame, &stock.items);
    let evidence = evidence_fields(&frame, parties(visitor, state).await?);
    let list = fields(&frame, &offered, evidence);
    let form = drawn(format!("/warehouse/{site}/dispose"), frame.say(MissingWord::Propose), list);
    Ok(StandingPage {
        title: frame.say(MissingWord::DisposeTitle).to_owned(),
        back: ("/warehouse", frame.say(Word::NavWarehouse)),
        is_recorded: false,
        facts: vec![Fact::of(frame.say(Word::Site), stock.name)],
        links: vec![(format!("/warehouse/{site}"), frame.say(Word::Back).to_owned())],
        form: (!offered.is_empty()).then_some(form),
        nothing: frame.say(MissingWord::NothingOfNoUse),
        frame,
    })
}

pub(super) async fn dispose(
    permit: Permit<action::LossPropose>,
    visitor: Visitor,
    state: State,
    path: Path<SiteId>,
) -> Outcome<HttpResponse> {
    drop(permit);
    dispose_page(&visitor, &state, path.0).await?.shown()
}

pub(super) async fn dispose_send(
    permit: Permit<action::LossPropose>,
    visitor: Visitor,
    state: State,
    path: Path<SiteId>,
    form: Form,
) -> Outcome<HttpResponse> {
    drop(permit);
    let (condition, goods) = form.get("goods").split_once(' ').unwrap_or_default();
    let body = json!({"id": form.get("id"), "kind": "disposed", "occurred_at": form.get("occurred_at"),
        "site": path.0, "condition": condition, "reason": form.get("reason"), "evidence": evidence_of(&form),
        "lines": [line(&form, goods)]});
    match post_one(&visitor.permit()?, &state, body).await {
        Ok(recorded) => see(&led_on(&recorded.answer, format!("/warehouse/{}", path.0))),
        Err(problem) => dispose_page(&visitor, &state, path.0).await?.again(&form, told(problem)),
    }
}

/// A refusal in the words of the form: goods are chosen there in one field, which the interface knows by several members.
pub(super) fn told(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        let is_of_goods =
            ["/item", "/lot", "/leg", "/condition"].iter().any(|end| error.pointer.ends_with(end));
        if is_of_goods {
            "/goods".clone_into(&mut error.pointer);
        }
    }
    problem
}
