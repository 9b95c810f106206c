//! Needs over HTTP: state, list, show, change, and the public list.

use super::answered::answered;
use super::matches::NeedMatchState;
use super::offered::NeedOffer;
use super::places::check_goes_there;
use super::public::{PublicFilter, PublicNeed, is_circulated, public_needs};
use super::rules::{MatchDraft, NeedDraft, NeedEdit, NeedState};
use super::store::{Need, NeedFilter, need_history, need_list, need_read};
use super::update::{NeedChange, NeedCreate};
use super::view::{MatchView, NeedDetail, NeedRow, NeedView, rows_of};
use super::within::{check_within, site_countries};
use crate::areas::KnownAreas;
use crate::atlas::CountryCode;
use crate::auth::{Action, Permit, Scope, action};
use crate::consignments::consignments_within;
use crate::core::check::Check;
use crate::core::id::{ConsignmentId, ItemId, NeedId, PledgeId, ProgrammeId, SiteId};
use crate::core::page::{KnownPage, Page};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{consignments, pledge_lines, pledges};
use crate::db::{Conn, read_failure};
use crate::ledger::{Moment, last_known};
use crate::pledges::http::{PledgeView, check_earmarks, check_within as check_offer, offered};
use crate::pledges::{PledgeNew, pledges_within};
use crate::web::{
    Door, IfMatch, Json, MomentQuery, Paging, Path, ProblemBody, Query, Routes, State, Tagged, Written,
    WrittenBody, discreet, encode_key,
};
use crate::writer::Recorded;
use actix_web::web::Json as JsonBody;
use diesel::dsl::exists;
use diesel::prelude::*;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use uuid::Uuid;

fn written(recorded: Recorded<Arc<Need>>) -> Outcome<Written<NeedView>> {
    let answer = NeedView::of(&recorded.answer)?;
    let revision = answer.revision;
    Ok(Written::revised(Recorded { answer, leaf: recorded.leaf }, revision))
}

/// State a need
///
/// With an `id` of your own the request may be repeated: the same body again answers 200 and changes nothing.
#[utoipa::path(post, path = "/api/v1/needs", tag = "needs", request_body = NeedDraft,
    responses((status = 201, description = "Recorded", body = WrittenBody<NeedView>),
        (status = 200, description = "Was recorded before", body = WrittenBody<NeedView>),
        (status = 409, description = "The id stands for another need",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn need_create(
    permit: Permit<action::NeedWrite>,
    state: State,
    body: Json<NeedDraft>,
) -> Outcome<Written<NeedView>> {
    let (draft, place) = body.0.checked()?;
    let create = NeedCreate::new(permit.actor(), &draft, NeedId(Uuid::now_v7()))?;
    let reader = permit.clone();
    let within = move |conn: &mut Conn| {
        let sites = site_countries(conn, std::iter::once(&place))?;
        check_within(permit.scope(), &draft, &place, &sites)?;
        check_area(conn, &draft)
    };
    state.read(within).await?;
    let stated = state.writer.record(create).await;
    let reads = move |conn: &mut Conn, holder: NeedId| {
        let now = last_known(conn, None, "/known_at")?;
        let scope = reader.reach(Action::NeedRead).ok_or_else(Problem::not_found)?;
        need_read(conn, &scope, holder, now).map(drop)
    };
    written(discreet(&state, stated, reads).await?)
}

/// Refuses an area that is none of those in use: no goods could ever fill what is needed there.
fn check_area(conn: &mut Conn, draft: &NeedDraft) -> Outcome<()> {
    match draft.area.as_deref() {
        Some(area) => KnownAreas::load(conn, std::iter::once(area))?.check("/area", area),
        None => Ok(()),
    }
}

/// Which needs are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NeedQuery {
    /// Only of this programme.
    pub programme: Option<ProgrammeId>,
    /// Only of this item.
    pub item: Option<ItemId>,
    /// Only at this site.
    pub site: Option<SiteId>,
    /// Only stated for this very area.
    pub area: Option<String>,
    /// Only in this country, such as GM.
    pub country: Option<String>,
    /// Only those that stand so.
    #[param(inline)]
    pub state: Option<NeedState>,
    /// Only those needed by this day or before.
    pub by: Option<String>,
    /// Only those in the public list, or only the others.
    pub circulated: Option<bool>,
    /// What is answered by what took effect by this time: RFC 3339, or a date for its whole day.
    pub as_of: Option<String>,
    /// As it was known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

impl NeedQuery {
    fn filter(&self) -> Outcome<NeedFilter> {
        let mut check = Check::new();
        let by = self.by.as_deref().map(|day| check.date("/by", day));
        check.finish()?;
        Ok(NeedFilter {
            programme: self.programme,
            item: self.item,
            site: self.site,
            area: self.area.clone(),
            country: self.country.clone(),
            state: self.state,
            by,
            circulated: self.circulated,
            ..NeedFilter::default()
        })
    }
}

/// List needs as they were known
#[utoipa::path(get, path = "/api/v1/needs", tag = "needs", params(NeedQuery),
    responses((status = 200, description = "One page of needs", body = KnownPage<NeedRow>)))]
pub async fn need_index(
    permit: Permit<action::NeedRead>,
    state: State,
    query: Query<NeedQuery>,
) -> Outcome<JsonBody<KnownPage<NeedRow>>> {
    let query = query.0;
    let paging = Paging::<NeedId>::new(query.after.as_deref(), query.limit)?;
    let filter = query.filter()?;
    let moment = Moment::read(query.as_of.as_deref(), query.known_at.as_deref())?;
    let (limit, after) = (paging.limit, paging.after);
    let read = move |conn: &mut Conn| {
        let (sequence, past) = (last_known(conn, moment.known_at, "/known_at")?, moment.past(conn)?);
        let needs = need_list(conn, permit.scope(), &filter, sequence, (after, limit + 1))?;
        let (answers, _) = answered(conn, &needs, sequence, past)?;
        Ok((rows_of(&needs, &answers)?, sequence))
    };
    let (rows, sequence) = state.read(read).await?;
    Ok(JsonBody(Page::from_rows(rows, limit, |row| encode_key(&row.need.id)).known_at(sequence)))
}

/// Show a need with what answers it and all that was stated of it
#[utoipa::path(get, path = "/api/v1/needs/{id}", tag = "needs", params(("id" = NeedId, Path), MomentQuery),
    responses((status = 200, description = "The need, with its revision as ETag", body = NeedDetail)))]
pub async fn need_show(
    permit: Permit<action::NeedRead>,
    state: State,
    id: Path<NeedId>,
    query: Query<MomentQuery>,
) -> Outcome<Tagged<NeedDetail>> {
    let moment = Moment::read(query.0.as_of.as_deref(), query.0.known_at.as_deref())?;
    let body = state.read(move |conn| detail(conn, permit.scope(), id.0, moment)).await?;
    let revision = body.row.need.revision;
    Ok(Tagged { body, revision })
}

fn detail(conn: &mut Conn, scope: &Scope, id: NeedId, moment: Moment) -> Outcome<NeedDetail> {
    let (known_at, past) = (last_known(conn, moment.known_at, "/known_at")?, moment.past(conn)?);
    let need = need_read(conn, scope, id, known_at)?;
    let history = need_history(conn, id, known_at)?;
    let needs = [need];
    let (mut answers, mut matches) = answered(conn, &needs, known_at, past)?;
    let [need] = &needs;
    matches.retain(|row| row.need_id == id);
    Ok(NeedDetail {
        row: NeedRow { need: NeedView::of(need)?, answered: answers.remove(&id).unwrap_or_default() },
        matches: matches.iter().map(MatchView::of).collect::<Outcome<_>>()?,
        history: history.iter().map(NeedView::of).collect::<Outcome<_>>()?,
        known_at,
    })
}

/// Says how much of a line of a pledge, or of a consignment, is meant for a need. What was said before is replaced; 0 ends
/// it. Nothing is moved or reserved by it.
#[utoipa::path(post, path = "/api/v1/needs/{id}/matches", tag = "needs", request_body = MatchDraft,
    params(("id" = NeedId, Path)),
    responses((status = 201, description = "Recorded", body = WrittenBody<MatchView>),
        (status = 200, description = "Was said before", body = WrittenBody<MatchView>)))]
pub async fn need_match(
    permit: Permit<action::NeedWrite>,
    state: State,
    id: Path<NeedId>,
    body: Json<MatchDraft>,
) -> Outcome<Written<MatchView>> {
    let (draft, id) = (body.0, id.0);
    let update = NeedMatchState::new(permit.actor(), id, &draft)?;
    state.read(move |conn| goods_reached(conn, &permit, id, &draft)).await?;
    let Recorded { answer, leaf } = state.writer.record(update).await?;
    let is_new = leaf.is_some();
    let recorded = Recorded { answer: MatchView::of(&answer)?, leaf };
    Ok(if is_new { Written::created(recorded) } else { Written::changed(recorded) })
}

/// Whether the caller reaches a need, and reads the goods that are meant for it.
fn goods_reached(
    conn: &mut Conn,
    permit: &Permit<action::NeedWrite>,
    need: NeedId,
    draft: &MatchDraft,
) -> Outcome<()> {
    let now = last_known(conn, None, "/known_at")?;
    let need = need_read(conn, permit.scope(), need, now)?;
    let reach = |action: Action| permit.reach(action).ok_or_else(Problem::not_found);
    if let Some(line) = draft.pledge_line {
        let scope = reach(Action::PledgeRead)?;
        let of_line = pledge_lines::table
            .filter(pledge_lines::pledge_id.eq(pledges::id))
            .filter(pledge_lines::id.eq(line));
        let query = pledges_within(pledges::table.into_boxed(), &scope).filter(exists(of_line));
        let _: PledgeId = query.select(pledges::id).first(conn).map_err(read_failure)?;
    }
    if let Some(consignment) = draft.consignment {
        let scope = reach(Action::ConsignmentRead)?;
        let query = consignments_within(consignments::table.into_boxed(), &scope);
        let query = query.filter(consignments::id.eq(consignment)).select(consignments::id);
        let _: ConsignmentId = query.first(conn).map_err(read_failure)?;
        // What ends is not asked whether it could begin.
        if !draft.quantity.is_zero() {
            check_goes_there(conn, &need, consignment)?;
        }
    }
    Ok(())
}

/// Offer something for a need
///
/// A pledge like any other, with its lines of the needed item meant for the need: both are recorded, or neither. A need of the
/// public list may be answered by whoever enters offers.
#[utoipa::path(post, path = "/api/v1/needs/{id}/offers", tag = "needs", request_body = PledgeNew,
    params(("id" = NeedId, Path)),
    responses((status = 201, description = "Recorded", body = WrittenBody<PledgeView>),
        (status = 200, description = "Was recorded before", body = WrittenBody<PledgeView>)))]
pub async fn need_offer(
    permit: Permit<action::PledgeOffer>,
    state: State,
    id: Path<NeedId>,
    body: Json<PledgeNew>,
) -> Outcome<Written<PledgeView>> {
    let (need, reader) = (id.0, permit.clone());
    check_offer(permit.scope(), &body.0)?;
    let new = body.0;
    let meant = new.clone();
    let reached = move |conn: &mut Conn| {
        answerable(conn, &reader, need)?;
        check_earmarks(conn, &meant)
    };
    state.read(reached).await?;
    let offer = state.writer.record(NeedOffer::new(need, new, permit.actor())).await;
    offered(&state, permit, offer).await
}

/// Whether the caller may answer a need: one that is circulated, or within reach.
fn answerable(conn: &mut Conn, permit: &Permit<action::PledgeOffer>, need: NeedId) -> Outcome<()> {
    if is_circulated(conn, need)? {
        return Ok(());
    }
    let now = last_known(conn, None, "/known_at")?;
    let scope = permit.reach(Action::NeedRead).ok_or_else(Problem::not_found)?;
    need_read(conn, &scope, need, now).map(drop)
}

/// Change a need, close it, withdraw it or open it again
///
/// Send `If-Match` with the ETag of the version you read. A field left out stays as it is, null empties it.
#[utoipa::path(patch, path = "/api/v1/needs/{id}", tag = "needs", request_body = NeedEdit,
    params(("id" = NeedId, Path), ("If-Match" = String, Header, description = "The ETag of what you read")),
    responses((status = 200, description = "Changed", body = WrittenBody<NeedView>),
        (status = 412, description = "Changed since you read it",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn need_change(
    permit: Permit<action::NeedWrite>,
    state: State,
    id: Path<NeedId>,
    read: IfMatch,
    body: Json<NeedEdit>,
) -> Outcome<Written<NeedView>> {
    let (scope, id) = (permit.scope().clone(), id.0);
    let reached = move |conn: &mut Conn| {
        let now = last_known(conn, None, "/known_at")?;
        need_read(conn, &scope, id, now)
    };
    state.read(reached).await?;
    written(state.writer.record(NeedChange { actor: permit.actor(), id, read, edit: body.0 }).await?)
}

/// Which circulated needs are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PublicNeedQuery {
    /// Only of this item.
    pub item: Option<ItemId>,
    /// Only in this country, such as GM.
    pub country: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// What is needed and circulated, for everybody
///
/// Open needs that are marked so, those needed first at first. A sensitive programme shows no place below the country.
#[utoipa::path(get, path = "/api/v1/public/needs", tag = "needs", params(PublicNeedQuery),
    responses((status = 200, description = "One page of needs", body = Page<PublicNeed>)))]
pub async fn public_need_index(
    state: State,
    query: Query<PublicNeedQuery>,
) -> Outcome<JsonBody<Page<PublicNeed>>> {
    let query = query.0;
    let mut check = Check::new();
    let country = query.country.as_deref().map(|text| check.parsed("/country", text.parse::<CountryCode>()));
    check.finish()?;
    let country = country.flatten().map(|country| country.as_str().to_owned());
    let filter = PublicFilter { item: query.item, country };
    let paging = Paging::new(query.after.as_deref(), query.limit)?;
    Ok(JsonBody(state.read(move |conn| public_needs(conn, &filter, &paging)).await?))
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_need_create, need_create);
    routes.add(__path_need_index, need_index);
    routes.add(__path_need_show, need_show);
    routes.add(__path_need_change, need_change);
    routes.add(__path_need_match, need_match);
    routes.add(__path_need_offer, need_offer);
    routes.public_throttled(Door::Lists, __path_public_need_index, public_need_index);
}
