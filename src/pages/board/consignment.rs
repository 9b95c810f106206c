//! One consignment with its papers, and all of the officer's.

use super::shown::named;
use super::words::BoardWord;
use crate::auth::{Permit, action};
use crate::consignments::http::{ConsignmentQuery, ConsignmentView, consignment_index};
use crate::consignments::{Expected, ExpectedLine, HistoryRow, Wholes, expected_read, standing_events};
use crate::core::id::{ConsignmentId, EventId};
use crate::core::page::Page;
use crate::core::problem::Outcome;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, shown};
use crate::pages::words::Word;
use crate::web::{Path, Query, Routes, Shown, State};
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

#[derive(Template)]
#[template(path = "board/consignment.html")]
struct ConsignmentPage {
    frame: Frame,
    code: String,
    reference: Option<String>,
    consignee: String,
    from: String,
    to: String,
    goods: Vec<Goods>,
    history: Vec<Happened>,
    papers: Vec<(String, &'static str)>,
    notice: Option<String>,
    is_photo_lost: bool,
}

/// Goods in one place, as the page tells it.
pub(super) struct Goods {
    pub(super) place: String,
    pub(super) lines: Vec<GoodsShown>,
}

/// A line of goods.
pub(super) struct GoodsShown {
    pub(super) name: String,
    pub(super) lot: String,
    pub(super) expires: String,
    pub(super) quantity: String,
}

struct Happened {
    time: String,
    day: String,
    kind: String,
    site: String,
    sequence: String,
    is_inferred: bool,
}

fn goods_shown(frame: &Frame, line: &ExpectedLine) -> GoodsShown {
    GoodsShown {
        name: format!("{} · {}", line.item.code, line.item.name),
        lot: line.lot.as_ref().map_or_else(String::new, |lot| lot.number.clone()),
        expires: line
            .lot
            .as_ref()
            .and_then(|lot| lot.expires_on.as_deref())
            .map_or_else(String::new, |day| frame.day(day)),
        quantity: format!("{} {}", frame.number(line.quantity), line.item.base_unit),
    }
}

/// What lies where, leg after leg.
fn goods_of(frame: &Frame, expected: &Expected) -> Vec<Goods> {
    let mut goods = Vec::new();
    let shown = |lines: &Vec<ExpectedLine>| lines.iter().map(|line| goods_shown(frame, line)).collect();
    for leg in &expected.legs {
        let (from, to) = (named(&expected.sites, leg.from_id), named(&expected.sites, leg.to_id));
        if let Some(lines) = expected.reserved.get(&leg.from_id) {
            goods.push(Goods { place: frame.with(BoardWord::ReservedAt, &from), lines: shown(lines) });
        }
        if let Some(lines) = expected.on_legs.get(&leg.id) {
            let way = frame.with_two(BoardWord::FromTo, &from, &to);
            goods.push(Goods { place: frame.with(BoardWord::OnLeg, way), lines: shown(lines) });
        }
    }
    goods
}

fn happened(frame: &Frame, expected: &Expected, row: &HistoryRow) -> Happened {
    Happened {
        time: row.occurred_at.to_string(),
        day: frame.day(row.occurred_at.day()),
        kind: row.kind.replace('_', " "),
        site: row.site.map_or_else(String::new, |id| named(&expected.sites, id)),
        sequence: frame.number(row.sequence),
        is_inferred: row.inferred,
    }
}

/// Where the papers of a consignment are printed.
fn papers_of(frame: &Frame, id: ConsignmentId) -> Vec<(String, &'static str)> {
    let all = [
        ("waybill", BoardWord::Waybill),
        ("packing_list", BoardWord::PackingList),
        ("labels", BoardWord::Labels),
        ("gift_certificate", BoardWord::GiftCertificate),
        ("pro_forma_invoice", BoardWord::ProForma),
    ];
    let code = frame.code();
    let one = |(kind, word): (&str, BoardWord)| {
        (format!("/api/v1/consignments/{id}/papers/{kind}?language={code}&format=html"), frame.say(word))
    };
    all.map(one).to_vec()
}

/// What is said of an update that was sent just now.
fn notice_of(frame: &Frame, history: &[HistoryRow], asked: &Form) -> Option<String> {
    let id: EventId = asked.given("recorded")?.parse().ok()?;
    let found = history.iter().find(|row| row.id == id);
    Some(match found {
        Some(row) => frame.with(BoardWord::RecordedAs, frame.number(row.sequence)),
        None => frame.say(BoardWord::Acknowledged).to_owned(),
    })
}

async fn consignment(
    permit: Permit<action::EventSubmit>,
    visitor: Visitor,
    state: State,
    wholes: Data<Wholes>,
    path: Path<ConsignmentId>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Form::read(request.query_string().as_bytes());
    let id = path.0;
    let history = wholes.read(&state, permit.clone(), id).await?.history;
    let expected = state.read(move |conn| expected_read(conn, &permit, id)).await?;
    shown(&page_of(&visitor, &expected, &history, &asked))
}

fn page_of(visitor: &Visitor, expected: &Expected, history: &[HistoryRow], asked: &Form) -> ConsignmentPage {
    let frame = visitor.frame(BoardWord::Title);
    let row = &expected.consignment;
    let title = frame.with(BoardWord::Consignment, &row.tracking_code);
    let mut told: Vec<Happened> =
        standing_events(history).map(|one| happened(&frame, expected, one)).collect();
    told.reverse();
    ConsignmentPage {
        code: row.tracking_code.clone(),
        reference: row.reference.clone(),
        consignee: expected.consignee.clone(),
        from: named(&expected.sites, row.origin_id),
        to: named(&expected.sites, row.destination_id),
        goods: goods_of(&frame, expected),
        history: told,
        papers: papers_of(&frame, row.id),
        notice: notice_of(&frame, history, asked),
        is_photo_lost: asked.given("photo").is_some(),
        frame: frame.titled(title),
    }
}

#[derive(Template)]
#[template(path = "board/consignments.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<ConsignmentView>,
    next: Option<String>,
}

/// Consignments of a page of their list.
const ROWS: i64 = 100;

async fn consignments(
    _permit: Permit<action::EventSubmit>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Form::read(request.query_string().as_bytes());
    let after = asked.given("after").map(str::to_owned);
    let query = ConsignmentQuery {
        programme: None,
        consignee: None,
        origin: None,
        destination: None,
        reference: None,
        after,
        limit: Some(ROWS),
    };
    let Page { items, next } = consignment_index(visitor.permit()?, state, Query(query)).await?.0;
    let rows = items.into_iter().filter_map(|row| match row {
        Shown::All(row) => Some(row),
        Shown::Traced(_) => None,
    });
    shown(&ListPage { frame: visitor.frame(BoardWord::AllConsignments), rows: rows.collect(), next })
}

pub(super) fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/board/consignments", consignments);
    routes.page_for(refuse, Method::GET, "/board/consignments/{id}", consignment);
}
