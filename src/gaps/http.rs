//! Gaps over HTTP.

use super::accept::{AcceptedView, ProposalsAccept, ProposalsAccepted, check_directions, judge};
use super::proposals::proposals;
use super::rules::{fill, rows};
use super::store::{Asked, ground};
use super::view::{GapView, GapsView, ProposalsView, outside_of};
use crate::areas::KnownAreas;
use crate::auth::{Action, Permit, Scope, action, now};
use crate::baselines::Area;
use crate::core::check::Check;
use crate::core::id::{ItemId, ProgrammeId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::events::{check_reached, told_within};
use crate::forecast::Forecasting;
use crate::ledger::Moment;
use crate::web::{Json, ProblemBody, Query, Routes, State, Written, WrittenBody};
use crate::writer::Recorded;
use actix_web::web::{Data, Json as JsonBody};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// How often an acceptance is judged where goods move in between: each takes a moment, and who still meets a change is better
/// told so than kept waiting.
const JUDGED_MAXIMUM: usize = 3;

/// Which gaps are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GapQuery {
    /// Only of this programme.
    pub programme: Option<ProgrammeId>,
    /// Only of this item.
    pub item: Option<ItemId>,
    /// Only in this country and its areas (GM), or in this area (GM-B).
    pub area: Option<String>,
    /// Only what is needed by this day or before.
    pub by: Option<String>,
    /// Only what took effect by this time: RFC 3339, or a date for its whole day.
    pub as_of: Option<String>,
    /// Only what was recorded by then: a ledger sequence, or a time.
    pub known_at: Option<String>,
}

impl GapQuery {
    /// What is asked, and where.
    fn asked(&self) -> Outcome<(Asked, Option<Area>)> {
        let mut check = Check::new();
        let by = self.by.as_deref().map(|day| check.date("/by", day));
        let area: Option<Area> = self.area.as_deref().and_then(|text| check.parsed("/area", text.parse()));
        if let Some(Area::Region(_)) = area {
            check.wrong(
                "/area",
                "is a region; write a country such as GM, or an area inside one such as GM-B",
            );
        }
        check.finish()?;
        let moment = Moment::read(self.as_of.as_deref(), self.known_at.as_deref())?;
        Ok((Asked { programme: self.programme, item: self.item, by, moment, pairs: Vec::new() }, area))
    }
}

/// Which rows are asked for.
enum Where {
    /// All of them.
    Anywhere,
    /// Those of a country and its areas.
    Country(String),
    /// Those of an area, by the code it has now.
    Area(String),
}

impl Where {
    /// Reads what is asked for. Rows stand by the codes there are, so an area is asked for by the one that followed.
    fn read(conn: &mut Conn, asked: Option<&Area>, moment: Moment) -> Outcome<Self> {
        Ok(match asked {
            None | Some(Area::Region(_)) => Self::Anywhere,
            Some(Area::Country(country)) => Self::Country(country.as_str().to_owned()),
            Some(Area::Within(code)) => {
                let cut = moment.cut(conn)?;
                Self::Area(KnownAreas::at(conn, code, cut)?.lead("/area", code)?)
            }
        })
    }

    fn has(&self, country: &str, area: Option<&str>) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Country(one) => country == one,
            Self::Area(one) => area == Some(one.as_str()),
        }
    }
}

fn answer(
    conn: &mut Conn,
    scope: &Scope,
    (asked, area): (Asked, Option<Area>),
    forecasting: &Forecasting,
) -> Outcome<GapsView> {
    let place = Where::read(conn, area.as_ref(), asked.moment)?;
    let ground = ground(conn, scope, &asked, (forecasting, now()))?;
    let filled = fill(&ground.wanted, &ground.supplies, ground.today);
    let found = rows(&ground.wanted, &ground.supplies, &filled, ground.today);
    let rows = found.into_iter().map(|(key, row)| GapView::of(key, row));
    Ok(GapsView {
        rows: rows.filter(|row| place.has(&row.country, row.area.as_deref())).collect(),
        day: ground.today.to_string(),
        outside: outside_of(scope, asked.by.is_some(), false),
        editions: ground.editions,
        sequence: ground.sequence,
        as_of: asked.moment.as_of,
    })
}

/// Says what is lacking, by area, item and programme
///
/// Open needs less what is there and usable, and what arrives in time; never below 0. What fills nothing is told apart.
#[utoipa::path(get, path = "/api/v1/gaps", tag = "needs", params(GapQuery),
    responses((status = 200, description = "The gaps", body = GapsView)))]
pub async fn gap_show(
    permit: Permit<action::GapRead>,
    state: State,
    forecasting: Data<Forecasting>,
    query: Query<GapQuery>,
) -> Outcome<JsonBody<GapsView>> {
    let asked = query.0.asked()?;
    Ok(JsonBody(state.read(move |conn| answer(conn, permit.scope(), asked, &forecasting)).await?))
}

/// Proposes who gets free goods
///
/// Free goods of warehouses and pledges are poured over what is lacking, the largest unmet share first, within earmarks.
/// Nothing is kept or moved.
#[utoipa::path(get, path = "/api/v1/gaps/proposals", tag = "needs", params(GapQuery),
    responses((status = 200, description = "The proposals", body = ProposalsView)))]
pub async fn gap_proposals(
    permit: Permit<action::GapRead>,
    state: State,
    forecasting: Data<Forecasting>,
    query: Query<GapQuery>,
) -> Outcome<JsonBody<ProposalsView>> {
    let (asked, area) = query.0.asked()?;
    let read = move |conn: &mut Conn| {
        let place = Where::read(conn, area.as_ref(), asked.moment)?;
        let mut view = proposals(conn, permit.scope(), &asked, (&forecasting, now()))?;
        view.rows.retain(|row| place.has(&row.country, row.area.as_deref()));
        Ok(view)
    };
    Ok(JsonBody(state.read(read).await?))
}

/// Accepts proposals
///
/// Goods are reserved by the ordinary rule for consignments that are there, and meant for the needs; all of it or nothing.
/// The same again changes nothing.
#[utoipa::path(post, path = "/api/v1/gaps/proposals", tag = "needs", request_body = ProposalsAccepted,
    responses((status = 201, description = "Reserved", body = WrittenBody<AcceptedView>),
        (status = 200, description = "Was reserved before", body = WrittenBody<AcceptedView>),
        (status = 409, description = "What is there, or what is lacking, has changed",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn gap_accept(
    permit: Permit<action::GapFill>,
    state: State,
    forecasting: Data<Forecasting>,
    body: Json<ProposalsAccepted>,
) -> Outcome<Written<AcceptedView>> {
    let accepted = Arc::new(body.0);
    accepted.check()?;
    for _ in 0..JUDGED_MAXIMUM {
        let Recorded { answer, leaf } = recorded(&state, &permit, &forecasting, &accepted).await?;
        if let Some(answer) = answer {
            let recorded = Recorded { answer, leaf };
            let is_new = recorded.leaf.is_some();
            return Ok(if is_new { Written::created(recorded) } else { Written::changed(recorded) });
        }
    }
    let words = "Goods or needs of these items change faster than it can be told what is lacking. Nothing was changed: ask for \
                 the proposals again.";
    Err(Problem::new(Code::WrongState, words).at("/allocations"))
}

/// Judges an acceptance by what is lacking now, and has it recorded; no answer where something of it changed in between.
async fn recorded(
    state: &State,
    permit: &Permit<action::GapFill>,
    forecasting: &Data<Forecasting>,
    accepted: &Arc<ProposalsAccepted>,
) -> Outcome<Recorded<Option<AcceptedView>>> {
    let (asked, reader, forecasting) = (Arc::clone(accepted), permit.clone(), forecasting.clone());
    let judged = state.read(move |conn| judge(conn, &reader, &asked, (&forecasting, now()))).await?;
    // What was accepted before is not judged again.
    let stated = if judged.up_to.is_some() { judged.stated.clone() } else { Vec::new() };
    let (update, kinds) = ProposalsAccept::new(permit, accepted, judged)?;
    let scope = permit.reach(Action::Allocate).ok_or_else(Problem::not_found)?;
    let asked = Arc::clone(accepted);
    let reached = move |conn: &mut Conn| {
        let reached = check_reached(conn, &scope, &kinds.iter().collect::<Vec<_>>())?;
        reached.into_iter().collect::<Outcome<()>>()?;
        // Only whoever reaches a consignment is told where it goes.
        check_directions(conn, &asked, &stated)
    };
    state.read(reached).await?;
    match state.writer.record(update).await {
        Ok(recorded) => Ok(recorded),
        Err(problem) => Err(told_within(state, permit.scope(), problem).await?),
    }
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_gap_show, gap_show);
    routes.add(__path_gap_proposals, gap_proposals);
    routes.add(__path_gap_accept, gap_accept);
}
