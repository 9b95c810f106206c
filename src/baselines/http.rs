//! Statements over HTTP.

use super::read::{Asked, is_id, is_number, is_word, list};
use super::rules::{CaseloadDraft, PopulationDraft, RoundDraft, Statements, TargetDraft};
use super::statement::{State as Stating, Stated, Statement};
use super::store::{Caseload, Population, Round, Target};
use crate::auth::{Permit, action};
use crate::core::id::{BaselineBatchId, BaselineId, ProgrammeId};
use crate::core::page::{KnownPage, Page};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::ledger::read_as_of;
use crate::web::{Json, ProblemBody, Query, Routes, State, Written, WrittenBody, encode_key};
use actix_web::web::Json as JsonBody;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is asked of a list of statements, with filters of its own at the end: serde cannot flatten one query into
/// another and still refuse what it does not know.
macro_rules! asked {
    ($(#[$meta:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, serde::Deserialize, utoipa::IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            /// As it was known then: a ledger sequence, or a time; now, if not said.
            pub known_at: Option<String>,
            /// Whether what was replaced or withdrawn by then is shown, too.
            pub history: Option<bool>,
            /// The `next` of the page before.
            pub after: Option<String>,
            /// Rows wanted, 1 to 500; 50 if not said.
            pub limit: Option<i64>,
            $($own)*
        }

        impl $name {
            /// What is asked, under these conditions.
            fn asked(
                &self,
                conditions: impl IntoIterator<Item = Option<$crate::baselines::Condition>>,
            ) -> $crate::core::problem::Outcome<$crate::baselines::Asked> {
                let paging = $crate::web::Paging::<(i64, i64)>::new(self.after.as_deref(), self.limit)?;
                Ok($crate::baselines::Asked {
                    known_at: $crate::ledger::read_known_at("known_at", self.known_at.as_deref())?,
                    history: self.history.unwrap_or(false),
                    conditions: conditions.into_iter().flatten().collect(),
                    scope: None,
                    begun_by: None,
                    after: paging.after,
                    limit: paging.limit,
                })
            }
        }
    };
}
pub(crate) use asked;

asked! {
    /// Which populations are wanted.
    PopulationQuery {
        /// Only this area.
        pub area: Option<String>,
        /// Only this country and what lies in it, such as GM.
        pub country: Option<String>,
        /// Only this group.
        pub group: Option<String>,
        /// Only of this year.
        pub year: Option<i64>,
        /// Only by this source.
        pub source: Option<String>,
    }
}

asked! {
    /// Which targets are wanted.
    TargetQuery {
        /// Only of this programme.
        pub programme: Option<ProgrammeId>,
        /// Only this area.
        pub area: Option<String>,
        /// Only this country and what lies in it, such as GM.
        pub country: Option<String>,
        /// Only this group.
        pub group: Option<String>,
        /// Only in this sector.
        pub sector: Option<String>,
        /// Only of this caseload.
        pub caseload: Option<String>,
    }
}

asked! {
    /// Which caseloads are wanted.
    CaseloadQuery {
        /// Only of this programme.
        pub programme: Option<ProgrammeId>,
    }
}

asked! {
    /// Which rounds are wanted.
    RoundQuery {
        /// Only of this programme.
        pub programme: Option<ProgrammeId>,
        /// Only of this caseload.
        pub caseload: Option<String>,
        /// Only those that had begun by this time: RFC 3339, or a date.
        pub as_of: Option<String>,
    }
}

/// How many people there are, as it was stated.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PopulationView {
    /// Which statement.
    pub id: BaselineId,
    /// UN region, country, or area inside a country.
    pub area: String,
    /// The country it is or lies in; null for a region.
    pub country: Option<String>,
    /// Which people.
    pub group: String,
    /// The year they are counted for.
    pub year: i64,
    /// Who counted.
    pub source: String,
    /// Which edition of it.
    pub source_version: String,
    /// How many; null where it was withdrawn.
    pub people: Option<i64>,
    /// Whether it only ends what was stated.
    pub withdrawn: bool,
    /// The ledger sequence from which it counts.
    pub sequence: i64,
    /// When that was.
    pub recorded_at: Timestamp,
}

impl From<Population> for PopulationView {
    fn from(row: Population) -> Self {
        let Population { id, area, country, people_group: group, year, source, source_version, .. } = row;
        let Population { people, withdrawn, sequence, recorded_at, .. } = row;
        Self {
            id,
            area,
            country,
            group,
            year,
            source,
            source_version,
            people,
            withdrawn,
            sequence,
            recorded_at,
        }
    }
}

/// How many people a programme means to reach, as it was stated.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetView {
    /// Which statement.
    pub id: BaselineId,
    /// Whose target.
    pub programme: ProgrammeId,
    /// UN region, country, or area inside a country.
    pub area: String,
    /// The country it is or lies in; null for a region.
    pub country: Option<String>,
    /// Which people.
    pub group: String,
    /// In which sector.
    pub sector: String,
    /// Of which caseload; null for all of them together.
    pub caseload: Option<String>,
    /// How many; null where it was withdrawn.
    pub people: Option<i64>,
    /// Whether it only ends what was stated.
    pub withdrawn: bool,
    /// The ledger sequence from which it counts.
    pub sequence: i64,
    /// When that was.
    pub recorded_at: Timestamp,
}

impl From<Target> for TargetView {
    fn from(row: Target) -> Self {
        let Target {
            id, programme_id: programme, area, country, people_group: group, sector, caseload, ..
        } = row;
        let Target { people, withdrawn, sequence, recorded_at, .. } = row;
        Self {
            id,
            programme,
            area,
            country,
            group,
            sector,
            caseload,
            people,
            withdrawn,
            sequence,
            recorded_at,
        }
    }
}

/// People whom a programme serves again and again, as they were described.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseloadView {
    /// Which statement.
    pub id: BaselineId,
    /// Whose caseload.
    pub programme: ProgrammeId,
    /// Short name within the programme.
    pub code: String,
    /// Who they are; null where it was withdrawn.
    pub name: Option<String>,
    /// Whether it is declared that nobody of them is in another caseload; null where it was withdrawn.
    pub disjoint: Option<bool>,
    /// Whether it only ends what was stated.
    pub withdrawn: bool,
    /// The ledger sequence from which it counts.
    pub sequence: i64,
    /// When that was.
    pub recorded_at: Timestamp,
}

impl From<Caseload> for CaseloadView {
    fn from(row: Caseload) -> Self {
        let Caseload { id, programme_id: programme, code, name, is_disjoint: disjoint, .. } = row;
        let Caseload { withdrawn, sequence, recorded_at, .. } = row;
        Self { id, programme, code, name, disjoint, withdrawn, sequence, recorded_at }
    }
}

/// Days in which a caseload is served once, as they were stated.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RoundView {
    /// Which statement.
    pub id: BaselineId,
    /// Whose round.
    pub programme: ProgrammeId,
    /// Of which caseload.
    pub caseload: String,
    /// Short name within the caseload.
    pub code: String,
    /// The first day; null where it was withdrawn.
    #[schema(format = Date)]
    pub from: Option<String>,
    /// The last day; null where it was withdrawn.
    #[schema(format = Date)]
    pub to: Option<String>,
    /// Whether it only ends what was stated.
    pub withdrawn: bool,
    /// The ledger sequence from which it counts.
    pub sequence: i64,
    /// When that was.
    pub recorded_at: Timestamp,
}

impl From<Round> for RoundView {
    fn from(row: Round) -> Self {
        let Round { id, programme_id: programme, caseload, code, from_day: from, to_day: to, .. } = row;
        let Round { withdrawn, sequence, recorded_at, .. } = row;
        Self { id, programme, caseload, code, from, to, withdrawn, sequence, recorded_at }
    }
}

/// Records what was stated.
///
/// # Errors
/// `invalid` naming every field that is wrong; `id_reused` where the identifier stands for other rows.
pub async fn stated<S: Statement>(
    permit: &Permit<action::BaselineWrite>,
    state: &State,
    body: &Statements<S::Draft>,
) -> Outcome<Written<Stated>> {
    let update = Stating::<S>::new(permit.actor(), body, BaselineBatchId(Uuid::now_v7()))?;
    let recorded = state.writer.record(update).await?;
    let is_new = recorded.leaf.is_some();
    Ok(if is_new { Written::created(recorded) } else { Written::changed(recorded) })
}

/// Answers a list of statements.
///
/// # Errors
/// `invalid` where the ledger has no such sequence, or what the database says.
pub async fn listed<S: Statement, V: From<S>>(
    state: &State,
    asked: Asked,
) -> Outcome<JsonBody<KnownPage<V>>> {
    let limit = asked.limit;
    let asked = Asked { limit: limit + 1, ..asked };
    let (rows, sequence) = state.read(move |conn| list::<S>(conn, asked)).await?;
    let page = Page::from_rows(rows, limit, |row| encode_key(&row.place()));
    Ok(JsonBody(page.map(V::from).known_at(sequence)))
}

/// State populations
///
/// A row replaces what was stated of the same area, group, year, source and version; with `withdrawn` it ends it. All
/// rows are recorded, or none.
#[utoipa::path(post, path = "/api/v1/populations", tag = "baselines", request_body = Statements<PopulationDraft>,
    responses((status = 201, description = "Recorded", body = WrittenBody<Stated>),
        (status = 200, description = "Was recorded before", body = WrittenBody<Stated>),
        (status = 409, description = "The id stands for other rows",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn population_state(
    permit: Permit<action::BaselineWrite>,
    state: State,
    body: Json<Statements<PopulationDraft>>,
) -> Outcome<Written<Stated>> {
    stated::<Population>(&permit, &state, &body.0).await
}

/// List populations as they were known
///
/// In the order of stating. Each names its source: two sources are two rows.
#[utoipa::path(get, path = "/api/v1/populations", tag = "baselines", params(PopulationQuery),
    responses((status = 200, description = "One page of populations", body = KnownPage<PopulationView>)))]
pub async fn population_list(
    _permit: Permit<action::BaselineRead>,
    state: State,
    query: Query<PopulationQuery>,
) -> Outcome<JsonBody<KnownPage<PopulationView>>> {
    let query = query.0;
    let asked = query.asked([
        is_word("area", query.area.clone()),
        is_word("country", query.country.clone()),
        is_word("people_group", query.group.clone()),
        is_number("year", query.year),
        is_word("source", query.source.clone()),
    ])?;
    listed::<Population, _>(&state, asked).await
}

/// State targets
///
/// A row replaces what was stated of the same programme, area, group, sector and caseload; with `withdrawn` it ends it.
/// All rows are recorded, or none.
#[utoipa::path(post, path = "/api/v1/targets", tag = "baselines", request_body = Statements<TargetDraft>,
    responses((status = 201, description = "Recorded", body = WrittenBody<Stated>),
        (status = 200, description = "Was recorded before", body = WrittenBody<Stated>),
        (status = 409, description = "The id stands for other rows",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn target_state(
    permit: Permit<action::BaselineWrite>,
    state: State,
    body: Json<Statements<TargetDraft>>,
) -> Outcome<Written<Stated>> {
    stated::<Target>(&permit, &state, &body.0).await
}

/// List targets as they were known
#[utoipa::path(get, path = "/api/v1/targets", tag = "baselines", params(TargetQuery),
    responses((status = 200, description = "One page of targets", body = KnownPage<TargetView>)))]
pub async fn target_list(
    _permit: Permit<action::BaselineRead>,
    state: State,
    query: Query<TargetQuery>,
) -> Outcome<JsonBody<KnownPage<TargetView>>> {
    let query = query.0;
    let asked = query.asked([
        is_id("programme_id", query.programme),
        is_word("area", query.area.clone()),
        is_word("country", query.country.clone()),
        is_word("people_group", query.group.clone()),
        is_word("sector", query.sector.clone()),
        is_word("caseload", query.caseload.clone()),
    ])?;
    listed::<Target, _>(&state, asked).await
}

/// State caseloads
///
/// A row replaces what was stated of the same programme and code; with `withdrawn` it ends it. All rows are recorded,
/// or none.
#[utoipa::path(post, path = "/api/v1/caseloads", tag = "baselines", request_body = Statements<CaseloadDraft>,
    responses((status = 201, description = "Recorded", body = WrittenBody<Stated>),
        (status = 200, description = "Was recorded before", body = WrittenBody<Stated>),
        (status = 409, description = "The id stands for other rows",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn caseload_state(
    permit: Permit<action::BaselineWrite>,
    state: State,
    body: Json<Statements<CaseloadDraft>>,
) -> Outcome<Written<Stated>> {
    stated::<Caseload>(&permit, &state, &body.0).await
}

/// List caseloads as they were known
#[utoipa::path(get, path = "/api/v1/caseloads", tag = "baselines", params(CaseloadQuery),
    responses((status = 200, description = "One page of caseloads", body = KnownPage<CaseloadView>)))]
pub async fn caseload_list(
    _permit: Permit<action::BaselineRead>,
    state: State,
    query: Query<CaseloadQuery>,
) -> Outcome<JsonBody<KnownPage<CaseloadView>>> {
    let asked = query.0.asked([is_id("programme_id", query.0.programme)])?;
    listed::<Caseload, _>(&state, asked).await
}

/// State rounds
///
/// A row replaces what was stated of the same programme, caseload and code; with `withdrawn` it ends it. The caseload
/// is stated before, and its rounds share no day. All rows are recorded, or none.
#[utoipa::path(post, path = "/api/v1/rounds", tag = "baselines", request_body = Statements<RoundDraft>,
    responses((status = 201, description = "Recorded", body = WrittenBody<Stated>),
        (status = 200, description = "Was recorded before", body = WrittenBody<Stated>),
        (status = 409, description = "The id stands for other rows",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn round_state(
    permit: Permit<action::BaselineWrite>,
    state: State,
    body: Json<Statements<RoundDraft>>,
) -> Outcome<Written<Stated>> {
    stated::<Round>(&permit, &state, &body.0).await
}

/// List rounds as they were known
#[utoipa::path(get, path = "/api/v1/rounds", tag = "baselines", params(RoundQuery),
    responses((status = 200, description = "One page of rounds", body = KnownPage<RoundView>)))]
pub async fn round_list(
    _permit: Permit<action::BaselineRead>,
    state: State,
    query: Query<RoundQuery>,
) -> Outcome<JsonBody<KnownPage<RoundView>>> {
    let query = query.0;
    let begun_by = read_as_of(query.as_of.as_deref())?.map(Timestamp::day);
    let asked =
        query.asked([is_id("programme_id", query.programme), is_word("caseload", query.caseload.clone())])?;
    listed::<Round, _>(&state, Asked { begun_by, ..asked }).await
}

/// Declares the routes of statements.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_population_state, population_state);
    routes.add(__path_population_list, population_list);
    routes.add(__path_target_state, target_state);
    routes.add(__path_target_list, target_list);
    routes.add(__path_caseload_state, caseload_state);
    routes.add(__path_caseload_list, caseload_list);
    routes.add(__path_round_state, round_state);
    routes.add(__path_round_list, round_list);
}
