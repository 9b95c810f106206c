//! Reach over HTTP, and the headcounts of others.

use super::answer::answer;
use super::headcount::{Headcount, HeadcountDraft, HeadcountStatus};
use super::listed::{ReachedLineView, list};
use super::question::{Group, Question, WORLD, read_day};
use super::view::ReachView;
use crate::auth::{Bound, Permit, Scope, action};
use crate::baselines::http::{asked, listed, stated};
use crate::baselines::rules::Statements;
use crate::baselines::{Area, Asked, Stated, is_id, is_word};
use crate::core::check::Check;
use crate::core::id::{BaselineId, ItemId, OrganizationId, ProgrammeId};
use crate::core::page::{KnownPage, Page};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::ledger::{read_as_of, read_known_at};
use crate::web::{Json, Paging, ProblemBody, Query, Routes, State, Written, WrittenBody, encode_key};
use actix_web::web::Json as JsonBody;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What reach is asked for, with members of its own at the end: serde cannot flatten one query into another and still
/// refuse what it does not know.
macro_rules! reach_asked {
    ($(#[$meta:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, Deserialize, clap::Args, utoipa::IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            /// Only this area: 001 for the world, a region (002), a country (GM), ISO 3166-2 (GM-B) or P-code (HN10)
            /// [default: 001]
            #[arg(long, value_name = "CODE")]
            pub area: Option<String>,
            /// Only this item; headcounts of others have none
            #[arg(long, value_name = "ID")]
            pub item: Option<ItemId>,
            /// Only this sector
            #[arg(long, value_name = "SECTOR")]
            pub sector: Option<String>,
            /// Only what this donor's goods helped reach
            #[arg(long, value_name = "ID")]
            pub donor: Option<OrganizationId>,
            /// Only this programme
            #[arg(long, value_name = "ID")]
            pub programme: Option<ProgrammeId>,
            /// From this day on, such as 2020-01-01
            #[arg(long, value_name = "DAY")]
            pub from: Option<String>,
            /// Up to and with this day
            #[arg(long, value_name = "DAY")]
            pub to: Option<String>,
            /// Only what took effect by this time: RFC 3339, or a date for its whole day
            #[arg(long, value_name = "TIME")]
            pub as_of: Option<String>,
            /// Only what was recorded by then: a ledger sequence, or a time; the same sequence gives the same figures for ever
            #[arg(long, value_name = "SEQUENCE or TIME")]
            pub known_at: Option<String>,
            $($own)*
        }

        impl $name {
            /// The question, as far as `scope` lets it be asked.
            fn asked(&self, scope: Scope) -> Outcome<Question> {
                let mut check = Check::new();
                let area: Option<Area> = match &self.area {
                    None => Some(Area::Region(WORLD)),
                    Some(text) => check.parsed("/area", text.trim().parse()),
                };
                check.finish()?;
                let (from, to) = (read_day("from", self.from.as_deref())?, read_day("to", self.to.as_deref())?);
                if let (Some(from), Some(to)) = (from, to) && to < from {
                    return Err(Problem::field("/to", format!("{to} is before {from}; a window ends on its first day or later")).coded(Fault::TooEarly));
                }
                Ok(Question {
                    area: area.unwrap_or(Area::Region(WORLD)),
                    item: self.item,
                    sector: self.sector.clone(),
                    donor: donor_of(&scope, self.donor)?,
                    pledge: None,
                    programme: self.programme,
                    from,
                    to,
                    as_of: read_as_of(self.as_of.as_deref())?,
                    known_at: read_known_at("known_at", self.known_at.as_deref())?,
                    group_by: None,
                    population_source: None,
                    scope,
                })
            }
        }
    };
}

reach_asked! {
    /// What is asked of reach.
    ReachQuery {
        /// One of area, country, sector, item, programme; rows do not add up
        #[arg(long, value_name = "DIMENSION")]
        pub group_by: Option<String>,
        /// The only source of populations that caps; without it, of each country the one that reaches deepest
        #[arg(long, value_name = "SOURCE")]
        pub population_source: Option<String>,
    }
}

reach_asked! {
    /// Which lines are wanted.
    ReachLinesQuery {
        /// The `next` of the page before
        #[arg(long, value_name = "KEY")]
        pub after: Option<String>,
        /// Rows wanted, 1 to 500; 50 if not said
        #[arg(long, value_name = "COUNT")]
        pub limit: Option<i64>,
    }
}

/// A donor asks about its own goods, whatever it says; another's are missing to it.
fn donor_of(scope: &Scope, asked: Option<OrganizationId>) -> Outcome<Option<OrganizationId>> {
    let is_donor = scope.bounds().iter().any(|bound| match bound {
        Bound::OwnPledges(_) => true,
        Bound::Organization(_) | Bound::Countries(_) => false,
    });
    match asked {
        _ if !is_donor => Ok(asked),
        Some(asked) if asked != scope.donor() => Err(Problem::not_found()),
        Some(_) | None => Ok(Some(scope.donor())),
    }
}

impl ReachQuery {
    /// The question, as far as `scope` lets it be asked.
    ///
    /// # Errors
    /// `invalid` at the parameter that cannot be.
    pub fn question(&self, scope: Scope) -> Outcome<Question> {
        let group_by = self.group_by.as_deref().map(Group::read).transpose()?;
        let population_source = self.population_source.clone();
        Ok(Question { group_by, population_source, ..self.asked(scope)? })
    }
}

/// How many people were reached
///
/// Counted from verified hand-overs and headcounts alone, nobody twice: as a range with its figure, by what, against which
/// populations, and what was capped. Rows do not add up, and nor do donors: a donor's figure says whom its goods helped
/// reach.
#[utoipa::path(get, path = "/api/v1/reach", tag = "figures", params(ReachQuery),
    responses((status = 200, description = "The figure, its rows and its sources", body = ReachView)))]
pub async fn reach(
    permit: Permit<action::ReachRead>,
    state: State,
    query: Query<ReachQuery>,
) -> Outcome<JsonBody<ReachView>> {
    let question = query.0.question(permit.scope().clone())?;
    Ok(JsonBody(state.read(move |conn| answer(conn, &question)).await?))
}

/// List the lines behind a figure
///
/// In the order of stating: verified ones, which count, and those that are only reported. Headcounts of others have a list
/// of their own.
#[utoipa::path(get, path = "/api/v1/reach/lines", tag = "figures", params(ReachLinesQuery),
    responses((status = 200, description = "One page of lines", body = KnownPage<ReachedLineView>)))]
pub async fn reach_lines(
    permit: Permit<action::ReachRead>,
    state: State,
    query: Query<ReachLinesQuery>,
) -> Outcome<JsonBody<KnownPage<ReachedLineView>>> {
    let paging = Paging::<(i64, i64)>::new(query.0.after.as_deref(), query.0.limit)?;
    let (question, fields) = (query.0.asked(permit.scope().clone())?, permit.fields());
    let Paging { after, limit } = paging;
    let (rows, sequence) = state.read(move |conn| list(conn, &question, after, limit + 1)).await?;
    let page = Page::from_rows(rows, limit, |(row, _)| encode_key(&row.place()));
    Ok(JsonBody(page.map(|row| ReachedLineView::of(row, fields)).known_at(sequence)))
}

asked! {
    /// Which headcounts are wanted.
    HeadcountQuery {
        /// Only of this programme.
        pub programme: Option<ProgrammeId>,
        /// Only this area.
        pub area: Option<String>,
        /// Only this country and what lies in it, such as HN.
        pub country: Option<String>,
        /// Only in this sector.
        pub sector: Option<String>,
        /// Only by this source.
        pub source: Option<String>,
        /// Only planned, reported or verified ones.
        #[param(inline)]
        pub status: Option<HeadcountStatus>,
    }
}

/// How many people somebody counted, as it was stated.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeadcountView {
    /// Which statement.
    pub id: BaselineId,
    /// Of which programme.
    pub programme: ProgrammeId,
    /// Who counted.
    pub source: String,
    /// What its books call the record.
    pub reference: String,
    /// The country, or the area inside it; null where it was withdrawn, as all that follows.
    pub area: Option<String>,
    /// The country it is or lies in.
    pub country: Option<String>,
    /// Whether it is not known where in the country.
    pub unplaced: Option<bool>,
    /// The sector of relief.
    pub sector: Option<String>,
    /// Who did it.
    pub organization: Option<String>,
    /// Which people.
    pub group: Option<String>,
    /// How many.
    pub people: Option<i64>,
    /// planned, reported or verified.
    pub status: Option<String>,
    /// The first day.
    #[schema(format = Date)]
    pub from: Option<String>,
    /// The last day.
    #[schema(format = Date)]
    pub to: Option<String>,
    /// Of which caseload.
    pub caseload: Option<String>,
    /// In which round.
    pub round: Option<String>,
    /// Whether it only ends what was stated.
    pub withdrawn: bool,
    /// The ledger sequence from which it counts.
    pub sequence: i64,
    /// When that was.
    pub recorded_at: Timestamp,
}

impl From<Headcount> for HeadcountView {
    fn from(row: Headcount) -> Self {
        Self {
            id: row.id,
            programme: row.programme_id,
            source: row.source,
            reference: row.reference,
            area: row.area,
            country: row.country,
            unplaced: row.is_unplaced,
            sector: row.sector,
            organization: row.organization,
            group: row.people_group,
            people: row.people,
            status: row.status,
            from: row.from_day,
            to: row.to_day,
            caseload: row.caseload,
            round: row.round,
            withdrawn: row.withdrawn,
            sequence: row.sequence,
            recorded_at: row.recorded_at,
        }
    }
}

/// State headcounts of others
///
/// A row replaces what was stated of the same programme, source and reference; with `withdrawn` it ends it. Planned ones
/// never count, reported ones reach nobody. All rows are recorded, or none.
#[utoipa::path(post, path = "/api/v1/headcounts", tag = "figures", request_body = Statements<HeadcountDraft>,
    responses((status = 201, description = "Recorded", body = WrittenBody<Stated>),
        (status = 200, description = "Was recorded before", body = WrittenBody<Stated>),
        (status = 409, description = "The id stands for other rows",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn headcount_state(
    permit: Permit<action::BaselineWrite>,
    state: State,
    body: Json<Statements<HeadcountDraft>>,
) -> Outcome<Written<Stated>> {
    stated::<Headcount>(&permit, &state, &body.0).await
}

/// List headcounts of others as they were known
///
/// In the order of stating. Whoever is bound to countries reads those in them, and whoever is bound to an organization those
/// that name it, as in figures of reach.
#[utoipa::path(get, path = "/api/v1/headcounts", tag = "figures", params(HeadcountQuery),
    responses((status = 200, description = "One page of headcounts", body = KnownPage<HeadcountView>)))]
pub async fn headcount_list(
    permit: Permit<action::HeadcountRead>,
    state: State,
    query: Query<HeadcountQuery>,
) -> Outcome<JsonBody<KnownPage<HeadcountView>>> {
    let query = query.0;
    let asked = query.asked([
        is_id("programme_id", query.programme),
        is_word("area", query.area.clone()),
        is_word("country", query.country.clone()),
        is_word("sector", query.sector.clone()),
        is_word("source", query.source.clone()),
        is_word("status", query.status.map(|status| status.word().to_owned())),
    ])?;
    listed::<Headcount, _>(&state, Asked { scope: Some(permit.scope().clone()), ..asked }).await
}

/// The routes of reach.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_reach, reach);
    routes.add(__path_reach_lines, reach_lines);
    routes.add(__path_headcount_state, headcount_state);
    routes.add(__path_headcount_list, headcount_list);
}
