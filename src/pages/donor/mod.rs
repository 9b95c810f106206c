//! What became of a gift: for its donor with an account, and for whoever has a pledge's private link.
//!
//! | file | what it is |
//! |---|---|
//! | `read`, `linked` | what rooms answer for these pages; by a private link alone |
//! | `view`, `lines` | the same as a page shows it; where goods of one item are |
//! | `told` | bad news and changes in words |
//! | `book` | the report of a pledge as a workbook |
//! | `table` | the table of a pledge as a file |
//! | `visit` | what a browser remembers of the visit before |
//! | `words`, `kinds` | the phrases |
//!
//! Never here: anything of another donor, which no room answers to one.

pub(in crate::pages) mod kinds;
mod book;
mod lines;
mod linked;
mod read;
mod table;
mod told;
pub(in crate::pages) mod view;
pub mod visit;

pub use words::DonorWord;
pub(in crate::pages) mod words;

use super::live::link_mark;
use super::refused::refuse;
use super::visitor::{Visitor, shown};
use crate::auth::{Permit, action, now};
use crate::consignments::Wholes;
use crate::core::code::{TypedCode, read_tracking_code};
use crate::core::id::{ConsignmentId, PledgeId};
use crate::core::problem::{Outcome, Problem};
use crate::forecast::Forecasting;
use crate::papers::http::drawn;
use crate::papers::rules::{Form, is_set_as_pdf};
use crate::pledges::http::pledge_link_make;
use crate::web::{Door, Expense, Path, Routes, State, spend};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use read::{After, Reader};
use view::{ConsignmentPage, DonorPage, LinkMadePage, LinkPage, PledgePage};
use visit::{remembered, visit_of};

/// Where the pages of somebody who is signed in lie.
const HOME: &str = "/donor";

async fn donor(
    permit: Permit<action::PledgeRead>,
    visitor: Visitor,
    request: HttpRequest,
    state: State,
    forecasting: Data<Forecasting>,
) -> Outcome<HttpResponse> {
    spend(&state, Expense::Figures, permit.principal().user)?;
    let (who, now) = (permit.principal().user.to_string(), now());
    let visit = visit_of(&request, &who, now);
    let reader = Reader { visitor: &visitor, state: &state };
    let overview = reader.overview(permit, &forecasting, (After::of(&request), visit.before())).await?;
    let sequence = overview.totals.sequence;
    let page = DonorPage::of(&visitor, overview, visit.before());
    remembered(shown(&page)?, &visit, (HOME, sequence, now))
}

async fn pledge(
    permit: Permit<action::PledgeRead>,
    visitor: Visitor,
    request: HttpRequest,
    data: (State, Data<Forecasting>),
    path: Path<PledgeId>,
) -> Outcome<HttpResponse> {
    let (state, forecasting) = data;
    let (who, now) = (permit.principal().user.to_string(), now());
    let visit = visit_of(&request, &who, now);
    let reader = Reader { visitor: &visitor, state: &state };
    let asked = (After::of(&request), visit.before());
    let whole = reader.pledge(permit, &forecasting, path.0, asked).await?;
    let sequence = whole.status.sequence;
    let page = PledgePage::of(&visitor, whole, visit.before());
    remembered(shown(&page)?, &visit, (HOME, sequence, now))
}

async fn pledge_table(
    permit: Permit<action::PledgeRead>,
    visitor: Visitor,
    state: State,
    path: Path<PledgeId>,
) -> Outcome<HttpResponse> {
    let reader = Reader { visitor: &visitor, state: &state };
    let text = table::of(&reader.status(permit, path.0, None).await?);
    let name = format!("attachment; filename=\"pledge-{}.csv\"", path.0);
    let name = HeaderValue::from_str(&name).map_err(|error| Problem::internal(format!("a name: {error}")))?;
    let mut response = HttpResponse::Ok();
    response.content_type("text/csv; charset=utf-8").insert_header((CONTENT_DISPOSITION, name));
    Ok(response.body(text))
}

async fn pledge_book(
    permit: Permit<action::PledgeRead>,
    visitor: Visitor,
    state: State,
    path: Path<PledgeId>,
) -> Outcome<HttpResponse> {
    spend(&state, Expense::Figures, permit.principal().user)?;
    let reader = Reader { visitor: &visitor, state: &state };
    let told = reader.reported(permit, path.0).await?;
    book::answer(&visitor.frame(DonorWord::Title), &told).await
}

async fn link_book(visitor: Visitor, state: State, path: Path<String>) -> Outcome<HttpResponse> {
    let TypedCode::Sound(code) = read_tracking_code(&path.0) else { return Err(Problem::not_found()) };
    let reader = Reader { visitor: &visitor, state: &state };
    let told = reader.reported_by_link(&code).await?;
    book::answer(&visitor.frame(DonorWord::Title), &told).await
}

/// The report of a private link, as a file of pages; where the language is not set as one, as a page that a browser prints.
async fn link_paper(visitor: Visitor, state: State, path: Path<String>) -> Outcome<HttpResponse> {
    let TypedCode::Sound(code) = read_tracking_code(&path.0) else { return Err(Problem::not_found()) };
    let reader = Reader { visitor: &visitor, state: &state };
    let paper = reader.paper_by_link(&code).await?;
    let form = if is_set_as_pdf(visitor.language()) { Form::Pdf } else { Form::Html };
    drawn(&state, "donor_report", paper, form).await
}

async fn make_link(
    permit: Permit<action::PledgeLinkWrite>,
    visitor: Visitor,
    state: State,
    path: Path<PledgeId>,
) -> Outcome<HttpResponse> {
    let made = pledge_link_make(permit, state, Path(path.0)).await?.into_recorded().answer;
    shown(&LinkMadePage::of(&visitor, made.page, format!("/donor/pledges/{}", path.0)))
}

async fn consignment(
    permit: Permit<action::ConsignmentRead>,
    visitor: Visitor,
    state: State,
    wholes: Data<Wholes>,
    path: Path<ConsignmentId>,
) -> Outcome<HttpResponse> {
    let reader = Reader { visitor: &visitor, state: &state };
    let traced = reader.consignment(permit, wholes, path.0).await?;
    shown(&ConsignmentPage::of(&visitor, traced))
}

async fn link(
    visitor: Visitor,
    request: HttpRequest,
    data: (State, Data<Forecasting>),
    path: Path<String>,
) -> Outcome<HttpResponse> {
    let TypedCode::Sound(code) = read_tracking_code(&path.0) else { return Err(Problem::not_found()) };
    let ((state, forecasting), now) = (data, now());
    let visit = visit_of(&request, "link", now);
    let reader = Reader { visitor: &visitor, state: &state };
    let told = reader.link(&code, &forecasting, visit.before()).await?;
    let (sequence, mark) = (told.link.status.sequence, link_mark(&told.link)?);
    let page = LinkPage::of(&visitor, (&code, told), visit.before()).following(&code, mark);
    remembered(shown(&page)?, &visit, (&format!("/pledge-links/{code}"), sequence, now))
}

/// The routes of these pages.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, HOME, donor);
    routes.page_for(refuse, Method::GET, "/donor/pledges/{id}", pledge);
    routes.page_for(refuse, Method::GET, "/donor/pledges/{id}/units.csv", pledge_table);
    routes.page_for(refuse, Method::GET, "/donor/pledges/{id}/report.xlsx", pledge_book);
    routes.page_for(refuse, Method::POST, "/donor/pledges/{id}/link", make_link);
    routes.page_for(refuse, Method::GET, "/donor/consignments/{id}", consignment);
    routes.page_throttled((refuse, Door::Links), Method::GET, "/pledge-links/{code}", link);
    routes.page_throttled((refuse, Door::Links), Method::GET, "/pledge-links/{code}/report", link_paper);
    routes.page_throttled((refuse, Door::Links), Method::GET, "/pledge-links/{code}/report.xlsx", link_book);
}
