//! The board: what waits to be decided, what is presumed lost or late, what is due here, what is on the way, and what is to
//! be handed out.

use super::words::BoardWord;
use crate::auth::{Permit, Principal, action, now};
use crate::consignments::{ToHandOut, to_hand_out};
use crate::core::id::{ConsignmentId, SiteId};
use crate::core::page::PAGE_LIMIT_MAXIMUM;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::events::http::{WaitingQuery, event_waiting};
use crate::events::{WaitingState, WaitingView};
use crate::forecast::http::{ArrivalQuery, arrival_index};
use crate::forecast::rules::Lateness;
use crate::forecast::{Forecasting, UnderWayView};
use crate::pages::donor::kinds::KindWord;
use crate::pages::frame::Frame;
use crate::pages::made_up::shows_made_up;
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, shown};
use crate::pages::words::Word;
use crate::sites::{Site, sites_named};
use crate::totals::Things;
use crate::web::{Query, Routes, State};
use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::Data;
use askama::Template;
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "board/board.html")]
struct BoardPage {
    frame: Frame,
    /// As of when it is all told.
    as_of: String,
    sections: Vec<Section>,
    is_more: bool,
    /// Whether somebody may decide about events of other systems.
    may_settle: bool,
}

/// A list of the board.
struct Section {
    id: &'static str,
    title: &'static str,
    count: String,
    rows: Vec<Row>,
    /// What is said where it is empty.
    empty: String,
}

/// A line of a list.
struct Row {
    name: String,
    /// The consignment's page, where the line is about one.
    link: Option<String>,
    /// Where something is posted about it.
    post: Option<String>,
    way: String,
    when: String,
}

/// Sites that are the caller's own: those the organization runs, else those in the caller's countries, else all.
pub(super) fn is_own(principal: &Principal, site: Option<&Site>) -> bool {
    let Some(site) = site else { return false };
    match principal.organization {
        Some(own) => site.operator_id == Some(own),
        None => principal.countries.is_empty() || principal.countries.contains(&site.country),
    }
}

/// What a site is called; its identifier where it has no row.
pub(super) fn named(sites: &HashMap<SiteId, Site>, id: SiteId) -> String {
    sites.get(&id).map_or_else(|| id.to_string(), |site| site.name.clone())
}

async fn board(
    permit: Permit<action::EventSubmit>,
    visitor: Visitor,
    state: State,
    forecasting: Data<Forecasting>,
) -> Outcome<HttpResponse> {
    let principal = permit.principal().clone();
    let waiting = event_waiting(visitor.permit()?, state.clone(), Query(all_waiting())).await?.0;
    let under_way =
        arrival_index(visitor.permit()?, state.clone(), forecasting, Query(everything())).await?.0;
    let handing = state.read(move |conn| to_hand_out(conn, &permit, HANDED_ROWS + 1)).await?;
    let places = under_way.items.iter().flat_map(|one| [one.from, one.to]);
    let places: Vec<SiteId> = places.chain(handing.iter().map(|one| one.site)).collect();
    let sites = state.read(move |conn| sites_named(conn, &places)).await?;
    let made_up = shows_made_up(&state, things_of(&waiting.items, &under_way.items, &handing)).await?;
    let frame = visitor.frame(BoardWord::Title).with_script("scan.js").synthetic(made_up).live();
    let mut sections = vec![to_decide(&frame, &waiting.items)];
    sections.extend(under_way_sections(&frame, &under_way.items, (&sites, principal.as_ref()), now()));
    let (handed, is_more_handed) = handed_section(&frame, &handing, (&sites, principal.as_ref()));
    sections.push(handed);
    let is_more = is_more_handed || waiting.next.is_some() || under_way.next.is_some();
    let may_settle = visitor.may::<action::CaptureDismiss>().is_some();
    shown(&BoardPage { as_of: as_of(&frame, under_way.sequence), frame, sections, is_more, may_settle })
}

/// As of when the lists are: the day and the minute, and the entry of the log.
fn as_of(frame: &Frame, sequence: i64) -> String {
    let at = now();
    let minute = at.to_string().get(11..16).unwrap_or_default().to_owned();
    let day = format!("{}, {minute} UTC", frame.day(at.day()));
    format!("{} · {}", frame.with(Word::AsOf, day), frame.with(Word::Receipt, frame.number(sequence)))
}

/// Consignments with goods to hand out that are looked at: the oldest wait longest.
const HANDED_ROWS: i64 = 100;

/// What waits to be handed to people by whoever asks, and whether there is more: of an organization what lies at its own
/// sites, or came for it.
fn handed_section(
    frame: &Frame,
    handing: &[ToHandOut],
    (sites, principal): (&HashMap<SiteId, Site>, &Principal),
) -> (Section, bool) {
    let is_mine = |one: &&ToHandOut| {
        is_own(principal, sites.get(&one.site))
            || principal.organization == Some(one.consignment.consignee_id)
    };
    let mut consignments: Vec<ConsignmentId> = handing.iter().map(|one| one.consignment.id).collect();
    consignments.dedup();
    let row = |one: &ToHandOut| Row {
        name: one.consignment.tracking_code.clone(),
        link: Some(format!("/board/consignments/{}", one.consignment.id)),
        post: Some(format!("/board/post?code={}&kind=distributed", one.consignment.tracking_code)),
        way: format!("{}: {}", named(sites, one.site), one.item),
        when: frame.with_two(BoardWord::LiesThere, frame.number(one.quantity), &one.base_unit),
    };
    let is_more = i64::try_from(consignments.len()).unwrap_or(i64::MAX) > HANDED_ROWS;
    let rows = handing.iter().filter(is_mine).map(row).collect();
    let empty = frame.say(BoardWord::NothingToHandOut).to_owned();
    (section(frame, "hand-out", BoardWord::ToHandOutList, rows, empty), is_more)
}

/// What the board shows something of.
fn things_of(waiting: &[WaitingView], under_way: &[UnderWayView], handing: &[ToHandOut]) -> Things {
    let handed = handing.iter().map(|one| one.consignment.programme_id);
    Things {
        programmes: under_way.iter().map(|one| one.programme).chain(handed).collect(),
        consignments: waiting.iter().filter_map(|one| one.consignment).collect(),
        sites: waiting.iter().filter_map(|one| one.site).collect(),
        ..Things::default()
    }
}

/// All that waits, as far as one page goes.
fn all_waiting() -> WaitingQuery {
    let limit = Some(PAGE_LIMIT_MAXIMUM);
    WaitingQuery { consignment: None, site: None, state: None, after: None, limit }
}

/// All that is under way, as far as one page goes.
pub(super) fn everything() -> ArrivalQuery {
    ArrivalQuery {
        programme: None,
        from: None,
        to: None,
        mode: None,
        state: None,
        as_of: None,
        known_at: None,
        after: None,
        limit: Some(PAGE_LIMIT_MAXIMUM),
    }
}

fn section(frame: &Frame, id: &'static str, title: BoardWord, rows: Vec<Row>, empty: String) -> Section {
    let count = frame.number(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    Section { id, title: frame.say(title), count, rows, empty }
}

fn to_decide(frame: &Frame, waiting: &[WaitingView]) -> Section {
    let row = |one: &WaitingView| {
        let when = match (one.state, one.refused_at) {
            (WaitingState::Refused, Some(at)) => frame.with(BoardWord::RefusedOn, frame.day(at.day())),
            (WaitingState::Refused | WaitingState::Waiting | WaitingState::Dismissed, _) => {
                frame.with(BoardWord::WaitsSince, frame.day(one.received_at.day()))
            }
        };
        Row {
            name: frame.say(KindWord::of(&one.kind)).to_owned(),
            // Not to its consignment, which may be what nobody knows yet.
            link: Some(format!("/waiting/{}", one.id)),
            post: None,
            way: one.reason.clone(),
            when,
        }
    };
    let rows = waiting.iter().map(row).collect();
    section(frame, "to-decide", BoardWord::ToDecide, rows, frame.say(BoardWord::NothingToDecide).to_owned())
}

/// In which list goods under way stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    PresumedLost,
    Late,
    DueHere,
    OnTheWay,
}

fn standing(one: &UnderWayView, is_bound_here: bool, at: Timestamp) -> Standing {
    let state = one.arrival.as_ref().and_then(|arrival| arrival.state);
    let is_due = one.arrived.is_some() || one.arrival.as_ref().is_none_or(|arrival| arrival.earliest <= at);
    match state {
        Some(Lateness::PresumedLost) => Standing::PresumedLost,
        Some(Lateness::Late) => Standing::Late,
        Some(Lateness::Due) | None if is_bound_here && is_due => Standing::DueHere,
        Some(Lateness::Due) | None => Standing::OnTheWay,
    }
}

fn under_way_sections(
    frame: &Frame,
    under_way: &[UnderWayView],
    (sites, principal): (&HashMap<SiteId, Site>, &Principal),
    at: Timestamp,
) -> Vec<Section> {
    let is_mine = |one: &UnderWayView| is_own(principal, sites.get(&one.to));
    let rows = |wanted: Standing| -> Vec<Row> {
        let these = under_way.iter().filter(|one| standing(one, is_mine(one), at) == wanted);
        these.map(|one| under_way_row(frame, one, sites)).collect()
    };
    let coming = under_way.iter().filter(|one| is_mine(one) && standing(one, true, at) == Standing::OnTheWay);
    let next =
        coming.filter_map(|one| Some((one.arrival.as_ref()?.median, one))).min_by_key(|(median, _)| *median);
    let due = match next {
        Some((median, one)) => {
            frame.with_two(BoardWord::NextDue, frame.day(median.day()), &one.tracking_code)
        }
        None => frame.say(BoardWord::NothingDue).to_owned(),
    };
    let say = |word: BoardWord| frame.say(word).to_owned();
    vec![
        section(
            frame,
            "lost",
            BoardWord::PresumedLost,
            rows(Standing::PresumedLost),
            say(BoardWord::NothingLost),
        ),
        section(frame, "late", BoardWord::Late, rows(Standing::Late), say(BoardWord::NothingLate)),
        section(frame, "due", BoardWord::DueHere, rows(Standing::DueHere), due),
        section(frame, "way", BoardWord::OnTheWay, rows(Standing::OnTheWay), say(BoardWord::NothingOnTheWay)),
    ]
}

fn under_way_row(frame: &Frame, one: &UnderWayView, sites: &HashMap<SiteId, Site>) -> Row {
    let when = match (&one.arrived, &one.arrival) {
        (Some(arrived), _) => frame.with(BoardWord::ArrivedOn, frame.day(arrived.at.day())),
        (None, Some(arrival)) => frame.with(BoardWord::ExpectedOn, frame.day(arrival.median.day())),
        (None, None) => frame.say(BoardWord::NoDate).to_owned(),
    };
    Row {
        name: one.tracking_code.clone(),
        link: Some(format!("/board/consignments/{}", one.consignment)),
        post: Some(format!("/board/post?code={}&leg={}", one.tracking_code, one.leg)),
        way: frame.with_two(BoardWord::FromTo, named(sites, one.from), named(sites, one.to)),
        when,
    }
}

pub(super) fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/board", board);
}
