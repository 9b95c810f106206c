//! Pledges over HTTP: offering, reading, their status, and their private links.

use super::link::{LinkChange, link_hash};
use super::named::{NamedChange, NamedNew};
use super::offer::{Money, PledgeLineNew, PledgeNew, PledgeOffer};
use super::reading_earmarks::{EarmarkChangeView, earmark_changes_of};
use super::rules::{PledgeKind, PledgeState};
use super::status::{LinkStatus, PledgeStatus, pledge_status, status_by_link};
use super::store::{Pledge, PledgeFilter, PledgeLine, pledge_list, pledge_read};
use super::traced::TracedPledge;
use crate::areas::KnownAreas;
use crate::atlas::AreaCode;
use crate::auth::{Bound, Fields, Permit, Scope, action, now};
use crate::core::code::{TypedCode, read_tracking_code, tracking_code};
use crate::core::id::{ItemId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId, SubjectId};
use crate::core::page::Page;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::facts::facts_of;
use crate::ledger::Moment;
use crate::unwanted::{Against, Sent, Told, told_of};
use crate::web::{
    Door, Json, MomentQuery, Paging, Path, Query, Routes, Shown, State, Written, WrittenBody, discreet,
};
use crate::writer::Recorded;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A pledge as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PledgeView {
    /// The pledge.
    pub id: PledgeId,
    /// What it is for.
    pub programme: ProgrammeId,
    /// Who gives.
    pub donor: Option<OrganizationId>,
    /// How it came about.
    pub kind: String,
    /// What was decided.
    pub state: String,
    /// Its number.
    pub reference: Option<String>,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// In words.
    pub note: Option<String>,
    /// Why it was declined or withdrawn.
    pub reason: Option<String>,
    /// Whether it has a private link.
    pub has_link: bool,
    /// Whether others may read who gave: `always`, `never` or a day; null is as the donor says.
    pub named: Option<String>,
    /// Its lines; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<PledgeLineView>>,
    /// What stands on a "do not send" list about its lines today, in words for the donor: until something is decided, and
    /// where it is not wanted in some places only, as long as it stands. Left out in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unwanted: Vec<UnwantedLine>,
    /// Which of its goods are meant for another country since; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earmark_changes: Option<Vec<EarmarkChangeView>>,
}

/// That a line is not to be sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UnwantedLine {
    /// The line.
    pub line: PledgeLineId,
    /// Why, in words for the donor.
    pub words: String,
    /// Whether it is welcome elsewhere: it may go to places where nobody said so, and what is accepted is for those.
    pub elsewhere: bool,
}

/// A line as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PledgeLineView {
    /// The line.
    pub id: PledgeLineId,
    /// What is given.
    pub item: ItemId,
    /// Base units offered.
    pub offered: i64,
    /// Base units accepted.
    pub accepted: i64,
    /// The country it is meant for.
    pub earmark_country: Option<String>,
    /// The area inside it that it is meant for.
    pub earmark_area: Option<String>,
    /// When title passes.
    pub title_passes: String,
    /// Declared value of the whole line.
    pub value: Option<Money>,
    /// What an imported file says further of it, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

impl PledgeView {
    fn of(pledge: Pledge, lines: Option<Vec<PledgeLine>>) -> Self {
        Self {
            id: pledge.id,
            programme: pledge.programme_id,
            donor: pledge.donor_id,
            kind: pledge.kind,
            state: pledge.state,
            reference: pledge.reference,
            offered_at: pledge.offered_at,
            note: pledge.note,
            reason: pledge.reason,
            has_link: pledge.link_hash.is_some(),
            named: pledge.named,
            lines: lines.map(|lines| lines.into_iter().map(line_view).collect()),
            unwanted: Vec::new(),
            earmark_changes: None,
        }
    }

    /// The same with what stands on "do not send" lists about it: all of that as long as nothing is decided, and what is
    /// against some places only as long as it is neither declined nor withdrawn.
    fn told(mut self, conn: &mut Conn) -> Outcome<Self> {
        let is_open = self.state == PledgeState::Offered.word();
        if [PledgeState::Declined, PledgeState::Withdrawn].iter().any(|state| self.state == state.word()) {
            return Ok(self);
        }
        let lines = self.lines.as_deref().unwrap_or_default();
        let sent = |line: &PledgeLineView| Sent {
            item: line.item,
            country: line.earmark_country.clone(),
            area: line.earmark_area.clone(),
        };
        let told = told_of(conn, &lines.iter().map(sent).collect::<Vec<_>>(), &now().day())?;
        let view = |line: PledgeLineId, told: Told| UnwantedLine {
            line,
            words: told.words,
            elsewhere: told.against == Against::There,
        };
        let of_lines = lines
            .iter()
            .zip(told)
            .flat_map(|(line, told)| told.into_iter().map(move |told| view(line.id, told)));
        self.unwanted = of_lines.filter(|told| is_open || told.elsewhere).collect();
        Ok(self)
    }
}

fn line_view(line: PledgeLine) -> PledgeLineView {
    let value = line.value();
    PledgeLineView {
        id: line.id,
        item: line.item_id,
        offered: line.offered,
        accepted: line.accepted,
        earmark_country: line.earmark_country,
        earmark_area: line.earmark_area,
        title_passes: line.title_passes,
        value,
        facts: BTreeMap::new(),
    }
}

/// Whether an offer is the caller's to enter: one it could read afterwards, or goods nobody promised.
///
/// # Errors
/// `invalid`, naming what is not within reach.
pub fn check_within(scope: &Scope, new: &PledgeNew) -> Outcome<()> {
    let not_yours = |pointer: String, right: String| {
        Err(Problem::field(pointer, format!("is not within your account's reach; {right}"))
            .coded(Fault::NotAllowed))
    };
    for bound in scope.bounds() {
        match bound {
            Bound::Organization(own) | Bound::OwnPledges(own) => {
                let is_unasked = new.donor.is_none() && new.kind != PledgeKind::Offered;
                if new.donor != Some(*own) && !is_unasked {
                    let right = format!("it is bound to the organization {own}, so that is the donor");
                    return not_yours("/donor".to_owned(), right);
                }
            }
            Bound::Countries(own) => {
                let is_theirs = |line: &PledgeLineNew| {
                    line.country().is_some_and(|country| own.iter().any(|code| code == country.as_str()))
                };
                let other = new.lines.iter().position(|line| !is_theirs(line));
                if let Some(index) = other.filter(|_| new.kind == PledgeKind::Offered) {
                    let countries = own.join(" or ");
                    let right = format!("it is bound to {countries}, so the goods must be meant for it");
                    return not_yours(format!("/lines/{index}/earmark_country"), right);
                }
            }
        }
    }
    Ok(())
}

/// Refuses lines that are meant for an area which is none of those in use: nobody could ever send them there.
///
/// # Errors
/// `invalid`, naming the line and areas there are; what the database says.
pub fn check_earmarks(conn: &mut Conn, new: &PledgeNew) -> Outcome<()> {
    let meant = || new.lines.iter().map(|line| line.earmark_area.as_ref().map(AreaCode::as_str));
    let known = KnownAreas::load(conn, meant().flatten())?;
    for (index, area) in meant().enumerate() {
        if let Some(area) = area {
            known.check(&format!("/lines/{index}/earmark_area"), area)?;
        }
    }
    Ok(())
}

/// Enters an offer. Goods that came without one are entered as `unsolicited`, stock from before as `opening`;
/// both come into a warehouse by the event `collected`.
#[utoipa::path(post, path = "/api/v1/pledges", tag = "pledges", request_body = PledgeNew,
    responses((status = 201, body = WrittenBody<PledgeView>)))]
pub async fn pledge_offer(
    permit: Permit<action::PledgeOffer>,
    state: State,
    body: Json<PledgeNew>,
) -> Outcome<Written<PledgeView>> {
    let id = body.0.id.unwrap_or_else(|| PledgeId(Uuid::now_v7()));
    check_within(permit.scope(), &body.0)?;
    let new = body.0;
    let meant = new.clone();
    state.read(move |conn| check_earmarks(conn, &meant)).await?;
    let offer = state.writer.record(PledgeOffer::new(id, new, permit.actor())).await;
    offered(&state, permit, offer).await
}

/// The answer to an offer that was recorded, or was not: told what stands on "do not send" lists about it.
///
/// # Errors
/// What refused it.
pub async fn offered(
    state: &State,
    permit: Permit<action::PledgeOffer>,
    offer: Outcome<Recorded<(Pledge, Vec<PledgeLine>)>>,
) -> Outcome<Written<PledgeView>> {
    let reads = move |conn: &mut Conn, holder: PledgeId| pledge_read(conn, &permit, holder).map(drop);
    let recorded = discreet(state, offer, reads).await?;
    let replayed = recorded.leaf.is_none();
    let Recorded { answer: (pledge, lines), leaf } = recorded;
    let view = PledgeView::of(pledge, Some(lines));
    let recorded = Recorded { answer: state.read(move |conn| view.told(conn)).await?, leaf };
    Ok(if replayed { Written::changed(recorded) } else { Written::created(recorded) })
}

/// What a list of pledges is narrowed to.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PledgeQuery {
    /// Of this programme.
    pub programme: Option<ProgrammeId>,
    /// Of this donor.
    pub donor: Option<OrganizationId>,
    /// In this state.
    #[param(inline)]
    pub state: Option<PledgeState>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// Lists pledges, oldest first.
#[utoipa::path(get, path = "/api/v1/pledges", tag = "pledges", params(PledgeQuery),
    responses((status = 200, body = Page<Shown<PledgeView, TracedPledge>>)))]
pub async fn pledge_index(
    permit: Permit<action::PledgeRead>,
    state: State,
    query: Query<PledgeQuery>,
) -> Outcome<actix_web::web::Json<Page<Shown<PledgeView, TracedPledge>>>> {
    let (query, fields) = (query.0, permit.fields());
    let paging: Paging<PledgeId> = Paging::new(query.after.as_deref(), query.limit)?;
    let filter = PledgeFilter { programme: query.programme, donor: query.donor, state: query.state };
    let read = move |conn: &mut Conn, after, limit| pledge_list(conn, &permit, &filter, after, limit);
    let page = state.page(paging, read, |pledge| pledge.id).await?;
    Ok(actix_web::web::Json(page.map(|pledge| match fields {
        Fields::All => Shown::All(PledgeView::of(pledge, None)),
        Fields::Traced => Shown::Traced(TracedPledge::of(pledge, None)),
    })))
}

/// Shows a pledge with its lines.
#[utoipa::path(get, path = "/api/v1/pledges/{id}", tag = "pledges", params(("id" = String, Path)),
    responses((status = 200, body = Shown<PledgeView, TracedPledge>)))]
pub async fn pledge_show(
    permit: Permit<action::PledgeRead>,
    state: State,
    path: Path<PledgeId>,
) -> Outcome<actix_web::web::Json<Shown<PledgeView, TracedPledge>>> {
    let view = state.read(move |conn| {
        let (pledge, lines) = pledge_read(conn, &permit, path.0)?;
        let changes = earmark_changes_of(conn, pledge.id)?;
        if permit.fields() == Fields::Traced {
            return Ok(Shown::Traced(TracedPledge::of(pledge, Some(lines)).with(changes)));
        }
        let subjects: Vec<SubjectId> = lines.iter().map(|line| SubjectId(line.id.0)).collect();
        let mut facts = facts_of(conn, &subjects)?;
        let mut view = PledgeView::of(pledge, Some(lines));
        view.earmark_changes = Some(changes.into_iter().map(EarmarkChangeView::of).collect());
        for line in view.lines.iter_mut().flatten() {
            line.facts = facts.remove(&SubjectId(line.id.0)).unwrap_or_default();
        }
        Ok(Shown::All(view.told(conn)?))
    });
    Ok(actix_web::web::Json(view.await?))
}

/// Says where each unit of a pledge is, or was at another moment; adds up to what is promised plus what was in excess.
#[utoipa::path(get, path = "/api/v1/pledges/{id}/status", tag = "pledges",
    params(("id" = String, Path), MomentQuery), responses((status = 200, body = PledgeStatus)))]
pub async fn pledge_status_show(
    permit: Permit<action::PledgeRead>,
    state: State,
    path: Path<PledgeId>,
    query: Query<MomentQuery>,
) -> Outcome<actix_web::web::Json<PledgeStatus>> {
    let moment = Moment::read(query.0.as_of.as_deref(), query.0.known_at.as_deref())?;
    let status = state.read(move |conn| pledge_status(conn, &permit, path.0, moment)).await?;
    Ok(actix_web::web::Json(status))
}

/// Says who may read whose gift a pledge is: everybody, only who handles the goods, or everybody from a day on.
#[utoipa::path(post, path = "/api/v1/pledges/{id}/named", tag = "pledges", params(("id" = String, Path)),
    request_body = NamedNew, responses((status = 200, body = WrittenBody<PledgeView>)))]
pub async fn pledge_named(
    permit: Permit<action::PledgeNameWrite>,
    state: State,
    path: Path<PledgeId>,
    body: Json<NamedNew>,
) -> Outcome<Written<PledgeView>> {
    let (id, actor) = (path.0, permit.actor());
    state.read(move |conn| pledge_read(conn, &permit, id)).await?;
    let recorded = state.writer.record(NamedChange { pledge: id, new: body.0, actor }).await?;
    Ok(Written::changed(recorded.map(|pledge| PledgeView::of(Pledge::clone(&pledge), None))))
}

/// A private link's code; shown once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkView {
    /// Give it to the donor; it is not kept here in the clear.
    pub code: String,
    /// Where it leads.
    pub path: String,
    /// The page that a browser opens.
    pub page: String,
}

/// Makes a pledge's private link; an older one stops working.
#[utoipa::path(post, path = "/api/v1/pledges/{id}/link", tag = "pledges", params(("id" = String, Path)),
    responses((status = 201, body = WrittenBody<LinkView>)))]
pub async fn pledge_link_make(
    permit: Permit<action::PledgeLinkWrite>,
    state: State,
    path: Path<PledgeId>,
) -> Outcome<Written<LinkView>> {
    let id = path.0;
    let reader = permit.clone();
    state.read(move |conn| pledge_read(conn, &reader, id)).await?;
    let code = tracking_code(rand::random());
    let recorded = state.writer.record(LinkChange::make(id, &code, permit.actor())).await?;
    let (path, page) = (format!("/api/v1/pledge-links/{code}"), format!("/pledge-links/{code}"));
    Ok(Written::created(recorded.map(|()| LinkView { code, path, page })))
}

/// An answer that says nothing but that it is done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DoneView {
    /// Always true.
    pub done: bool,
}

/// Revokes a pledge's private link.
#[utoipa::path(delete, path = "/api/v1/pledges/{id}/link", tag = "pledges", params(("id" = String, Path)),
    responses((status = 200, body = WrittenBody<DoneView>)))]
pub async fn pledge_link_revoke(
    permit: Permit<action::PledgeLinkWrite>,
    state: State,
    path: Path<PledgeId>,
) -> Outcome<Written<DoneView>> {
    let id = path.0;
    let reader = permit.clone();
    state.read(move |conn| pledge_read(conn, &reader, id)).await?;
    let recorded = state.writer.record(LinkChange::revoke(id, permit.actor())).await?;
    Ok(Written::changed(recorded.map(|()| DoneView { done: true })))
}

/// Says, to whoever has a pledge's private link, where each of its units is. A sensitive programme shows
/// countries only.
#[utoipa::path(get, path = "/api/v1/pledge-links/{code}", tag = "pledges", params(("code" = String, Path)),
    responses((status = 200, body = LinkStatus)))]
pub async fn pledge_link_show(state: State, path: Path<String>) -> Outcome<actix_web::web::Json<LinkStatus>> {
    let TypedCode::Sound(code) = read_tracking_code(&path.0) else { return Err(Problem::not_found()) };
    Ok(actix_web::web::Json(link_status(&state, &code, None).await?))
}

/// What a private link tells, or told up to an entry of the ledger.
///
/// # Errors
/// `not_found`, `invalid` where the entry is not there yet, or what the database says.
pub async fn link_status(state: &State, code: &str, known_at: Option<i64>) -> Outcome<LinkStatus> {
    let (hash, today) = (link_hash(code), now().day());
    let known_at = known_at.map(|sequence| sequence.to_string());
    let moment = Moment::read(None, known_at.as_deref())?;
    state.read(move |conn| status_by_link(conn, &hash, &today, moment)).await
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_pledge_offer, pledge_offer);
    routes.add(__path_pledge_index, pledge_index);
    routes.add(__path_pledge_show, pledge_show);
    routes.add(__path_pledge_status_show, pledge_status_show);
    routes.add(__path_pledge_named, pledge_named);
    routes.add(__path_pledge_link_make, pledge_link_make);
    routes.add(__path_pledge_link_revoke, pledge_link_revoke);
    routes.public_throttled(Door::Links, __path_pledge_link_show, pledge_link_show);
}
