//! One consignment with its papers.

use super::shown::named;
use super::words::BoardWord;
use crate::auth::{Permit, action};
use crate::consignments::{Expected, ExpectedLine, HistoryRow, Wholes, expected_read, standing_events};
use crate::core::id::{ConsignmentId, EventId};
use crate::core::problem::Outcome;
use crate::pages::confirm::words::ConfirmWord;
use crate::pages::donor::kinds::KindWord;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::made_up::shows_made_up;
use crate::pages::manager::{HappenedWord, MissingWord};
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, shown};
use crate::pages::words::Word;
use crate::totals::Things;
use crate::web::{Path, Routes, State};
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

/// An event, as a line of the history.
pub(super) struct Happened {
    pub(super) time: String,
    pub(super) day: String,
    pub(super) kind: &'static str,
    pub(super) site: String,
    pub(super) sequence: String,
    /// The day it was recorded, where that is another than the one it happened on.
    pub(super) recorded: Option<String>,
    pub(super) is_inferred: bool,
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
pub(super) fn goods_of(frame: &Frame, expected: &Expected) -> Vec<Goods> {
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
        if let Some(lines) = expected.delivered.get(&leg.to_id) {
            goods.push(Goods { place: frame.with(BoardWord::DeliveredAt, &to), lines: shown(lines) });
        }
    }
    goods
}

/// A line of the history.
pub(super) fn happened(frame: &Frame, expected: &Expected, row: &HistoryRow) -> Happened {
    let recorded = row.recorded_at.day();
    Happened {
        time: row.occurred_at.to_string(),
        day: frame.day(row.occurred_at.day()),
        kind: frame.say(KindWord::of(&row.kind)),
        site: row.site.map_or_else(String::new, |id| named(&expected.sites, id)),
        sequence: frame.number(row.sequence),
        recorded: (recorded != row.occurred_at.day()).then(|| frame.day(recorded)),
        is_inferred: row.inferred,
    }
}

/// Where the papers of a consignment are printed, and what else there is to do about it.
fn papers_of(visitor: &Visitor, frame: &Frame, id: ConsignmentId) -> Vec<(String, &'static str)> {
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
    let link = (format!("/consignments/{id}/confirmation-link"), frame.say(ConfirmWord::MakeTitle));
    let further = [
        (format!("/missing/report/{id}"), frame.say(MissingWord::ReportTitle)),
        (format!("/consignments/{id}/divert"), frame.say(HappenedWord::DivertTitle)),
    ];
    let may_post = visitor.may::<action::EventPost>().is_some();
    let further = further.into_iter().filter(|_| may_post);
    all.map(one).into_iter().chain([link]).chain(further).collect()
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
    let programmes = vec![expected.consignment.programme_id];
    let made_up = shows_made_up(&state, Things { programmes, ..Things::default() }).await?;
    let page = page_of(&visitor, &expected, &history, &asked);
    shown(&ConsignmentPage { frame: page.frame.synthetic(made_up), ..page })
}

fn page_of(visitor: &Visitor, expected: &Expected, history: &[HistoryRow], asked: &Form) -> ConsignmentPage {
    let frame = visitor.frame(BoardWord::Title).live();
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
        papers: papers_of(visitor, &frame, row.id),
        notice: notice_of(&frame, history, asked),
        is_photo_lost: asked.given("photo").is_some(),
        frame: frame.titled(title),
    }
}

pub(super) fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/board/consignments/{id}", consignment);
}
