//! All consignments of an officer: from where to where, how they stand, and when they are due.

use super::shown::{everything, named};
use super::words::BoardWord;
use crate::auth::{Permit, action};
use crate::consignments::{Whole, state_of, wholes_listed};
use crate::core::id::{ConsignmentId, SiteId};
use crate::core::page::Page;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::forecast::Forecasting;
use crate::forecast::http::arrival_index;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::made_up::shows_made_up;
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, shown};
use crate::pages::words::Word;
use crate::sites::{Site, sites_named};
use crate::totals::Things;
use crate::tracking::words::sentence;
use crate::web::{Paging, Query, Routes, State};
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "board/consignments.html")]
struct ListPage {
    frame: Frame,
    grid: Grid,
}

/// Consignments of a page of their list: each is read with what happened to it, which says how it stands.
const ROWS: i64 = 50;

/// When what is under way is forecast to be where it goes next, by consignment: the first of its legs.
type Due = HashMap<ConsignmentId, Timestamp>;

/// What is known of those under way: of more than the board lists, the plan is told.
async fn due(visitor: &Visitor, state: &State, forecasting: Data<Forecasting>) -> Outcome<Due> {
    let under_way =
        arrival_index(visitor.permit()?, state.clone(), forecasting, Query(everything())).await?.0;
    let mut due = Due::new();
    for one in under_way.items {
        if let Some(arrival) = one.arrival {
            let at = due.entry(one.consignment).or_insert(arrival.median);
            *at = (*at).min(arrival.median);
        }
    }
    Ok(due)
}

/// The day a consignment is due: forecast, or else as planned of the end of its way while that is open.
fn due_of(frame: &Frame, whole: &Whole, due: &Due) -> String {
    let last = whole.legs.iter().rev().find(|leg| !leg.superseded);
    let planned = last.filter(|leg| !leg.received_final).and_then(|leg| leg.planned_arrival);
    let at = due.get(&whole.consignment.id).copied().or(planned);
    at.map_or_else(|| frame.say(BoardWord::NoDate).to_owned(), |at| frame.day(at.day()))
}

fn row(frame: &Frame, whole: &Whole, sites: &HashMap<SiteId, Site>, due: &Due) -> Vec<Cell> {
    let (consignment, standing) = (&whole.consignment, whole.standing);
    let path = format!("/board/consignments/{}", consignment.id);
    let (from, to) = (named(sites, consignment.origin_id), named(sites, consignment.destination_id));
    let state = state_of(consignment, standing, &whole.history);
    let code = Cell::code(consignment.tracking_code.clone()).to(path);
    vec![
        code.with(consignment.reference.clone().unwrap_or_default()),
        Cell::text(frame.with_two(BoardWord::FromTo, from, to)),
        Cell::text(sentence(state, frame.language)),
        Cell::text(due_of(frame, whole, due)),
        Cell::number(frame, standing.allocated),
        Cell::number(frame, standing.in_transit),
        Cell::number(frame, standing.stored),
        Cell::number(frame, standing.delivered),
        Cell::number(frame, standing.missing),
    ]
}

fn grid(frame: &Frame) -> Grid {
    let mut grid = Grid::new(frame.say(BoardWord::AllConsignments), frame.say(BoardWord::NoConsignments))
        .column(frame.say(BoardWord::CodeColumn))
        .column(frame.say(BoardWord::Way))
        .column(frame.say(Word::State))
        .column(frame.say(BoardWord::DueDay));
    for word in [
        BoardWord::NumberReserved,
        BoardWord::NumberOnTheWay,
        BoardWord::NumberInStore,
        BoardWord::NumberDelivered,
        BoardWord::NumberMissing,
    ] {
        grid = grid.numbers(frame.say(word));
    }
    frame.say(BoardWord::NumbersNote).clone_into(&mut grid.note);
    grid
}

async fn consignments(
    permit: Permit<action::EventSubmit>,
    visitor: Visitor,
    state: State,
    forecasting: Data<Forecasting>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Form::read(request.query_string().as_bytes());
    let paging: Paging<ConsignmentId> = Paging::new(asked.given("after"), Some(ROWS))?;
    let read = move |conn: &mut Conn, after, limit| wholes_listed(conn, &permit, after, limit);
    let Page { items, next } = state.page(paging, read, |whole| whole.consignment.id).await?;
    let due = due(&visitor, &state, forecasting).await?;
    let ends = items.iter().flat_map(|whole| [whole.consignment.origin_id, whole.consignment.destination_id]);
    let ends: Vec<SiteId> = ends.collect();
    let sites = state.read(move |conn| sites_named(conn, &ends)).await?;
    let programmes = items.iter().map(|whole| whole.consignment.programme_id).collect();
    let made_up = shows_made_up(&state, Things { programmes, ..Things::default() }).await?;
    let frame = visitor.frame(BoardWord::AllConsignments).synthetic(made_up).live();
    let mut grid = grid(&frame);
    grid.rows.extend(items.iter().map(|whole| row(&frame, whole, &sites, &due)));
    grid.next = next.map_or_else(String::new, |next| format!("/board/consignments?after={next}"));
    shown(&ListPage { frame, grid })
}

pub(super) fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/board/consignments", consignments);
}
