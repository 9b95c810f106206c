//! What is agreed and asked for around consignments and loads, over HTTP.

use super::read::{LimitView, LoadFillView, TermsView, fill_read, requirements, terms_read};
use super::rules::{DOCUMENTS_MAXIMUM, Freight, GreenLight, PACKAGES_MAXIMUM, PaperState};
use super::state::{LimitState, RequirementsState, TermsState};
use super::store::{CUSTOMS, ConsignmentTerm, CustomsRequirement, FREIGHT, GREEN_LIGHT, PACKAGE};
use crate::atlas::CountryCode;
use crate::auth::{Permit, action, now};
use crate::consignments::loads::load_reached;
use crate::consignments::read::consignment_read;
use crate::core::check::{Check, NAME_CHARS_MAX, REFERENCE_CHARS_MAX, WORDS_CHARS_MAX};
use crate::core::id::{ConsignmentId, HandlingUnitId, LegId, LoadId, OrganizationId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::quantity::MAXIMUM;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::ledger::{Moment, last_known, read_known_at};
use crate::pledges::Money;
use crate::web::{Json, MomentQuery, Path, Query, Routes, State, Written, WrittenBody};
use crate::writer::Recorded;
use actix_web::web::Json as JsonBody;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whether the consignee agrees that goods leave.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GreenLightNew {
    /// Whether it does.
    pub state: GreenLight,
    /// Since which day.
    #[schema(format = Date)]
    pub on: String,
    /// In words.
    #[serde(default)]
    pub note: Option<String>,
}

/// How a paper for customs stands.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomsNew {
    /// The country, ISO 3166-1 alpha-2.
    #[schema(value_type = String)]
    pub country: CountryCode,
    /// Which paper, in the words of that country's list.
    #[schema(max_length = 200, example = "import permit")]
    pub document: String,
    /// How it stands.
    pub state: PaperState,
    /// Since which day.
    #[schema(format = Date)]
    pub on: String,
    /// Its number, or that of the exemption.
    #[serde(default)]
    pub reference: Option<String>,
    /// In words; of an exemption, on what it rests.
    #[serde(default)]
    pub note: Option<String>,
}

/// What freight costs.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreightNew {
    /// On this leg; on the whole way, if left out.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// Whether it is paid for or given.
    pub how: Freight,
    /// How much; of what is given, what it would cost.
    pub cost: Money,
    /// Who pays for it, or gives it.
    #[serde(default)]
    pub payer: Option<OrganizationId>,
    /// In words.
    #[serde(default)]
    pub note: Option<String>,
}

/// A package.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageNew {
    /// What is written on it.
    #[serde(default)]
    pub mark: Option<String>,
    /// Grams.
    #[serde(default)]
    pub gross_weight_g: Option<i64>,
    /// Cubic centimetres.
    #[serde(default)]
    pub volume_cm3: Option<i64>,
    /// The handling unit it is.
    #[serde(default)]
    pub unit: Option<HandlingUnitId>,
}

/// All packages of a consignment, in the order of their numbers.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackagesNew {
    /// From 1 to the last.
    #[schema(min_items = 1, max_items = 500)]
    pub packages: Vec<PackageNew>,
}

/// What a load can carry.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitNew {
    /// Grams.
    #[serde(default)]
    pub gross_weight_g: Option<i64>,
    /// Cubic centimetres.
    #[serde(default)]
    pub volume_cm3: Option<i64>,
    /// Whether a departure beyond it is refused, and not only warned of.
    #[serde(default)]
    pub hard: bool,
}

/// How far the clocks of people can be ahead of UTC: it is tomorrow there by then.
const AHEAD: i64 = 14 * 60 * 60 * 1_000_000;

/// Reads the day since which something stands as it does: it does already, so no later than today, wherever that is.
fn check_since(check: &mut Check, day: &str) -> String {
    let (day, today) = (check.date("/on", day), Timestamp(now().0 + AHEAD).day());
    if chrono::NaiveDate::parse_from_str(&day, "%Y-%m-%d").is_ok() && day > today {
        check.fault(Fault::TooLate, "/on", format!("{day} is not yet; say it when it is so"));
    }
    day
}

impl GreenLightNew {
    fn term(self, id: ConsignmentId) -> Outcome<ConsignmentTerm> {
        let mut check = Check::new();
        let on_day = Some(check_since(&mut check, &self.on));
        let note = check.optional_text("/note", self.note.as_deref(), WORDS_CHARS_MAX);
        check.finish()?;
        let bare = ConsignmentTerm::bare(id, GREEN_LIGHT, String::new(), self.state.word());
        Ok(ConsignmentTerm { on_day, note, ..bare })
    }
}

impl CustomsNew {
    fn term(self, id: ConsignmentId) -> Outcome<ConsignmentTerm> {
        let mut check = Check::new();
        let document = check.text("/document", &self.document, NAME_CHARS_MAX);
        let on_day = Some(check_since(&mut check, &self.on));
        let reference = check.optional_text("/reference", self.reference.as_deref(), REFERENCE_CHARS_MAX);
        let note = check.optional_text("/note", self.note.as_deref(), WORDS_CHARS_MAX);
        if self.state == PaperState::Exempt && note.is_none() && reference.is_none() {
            check.fault(
                Fault::Required,
                "/note",
                "is missing; say on what the exemption rests, or its number as reference",
            );
        }
        check.finish()?;
        let country = self.country.to_string();
        let bare = ConsignmentTerm::bare(id, CUSTOMS, format!("{country} {document}"), self.state.word());
        Ok(ConsignmentTerm {
            country: Some(country),
            document: Some(document),
            on_day,
            reference,
            note,
            ..bare
        })
    }
}

impl FreightNew {
    fn term(self, id: ConsignmentId) -> Outcome<ConsignmentTerm> {
        self.cost.check("/cost")?;
        let mut check = Check::new();
        let note = check.optional_text("/note", self.note.as_deref(), WORDS_CHARS_MAX);
        check.finish()?;
        let about = self.leg.map_or_else(String::new, |leg| leg.to_string());
        let (minor, currency) = (Some(self.cost.minor), Some(self.cost.currency));
        let bare = ConsignmentTerm::bare(id, FREIGHT, about, self.how.word());
        Ok(ConsignmentTerm { leg_id: self.leg, payer_id: self.payer, minor, currency, note, ..bare })
    }
}

impl PackagesNew {
    fn terms(self, id: ConsignmentId) -> Outcome<Vec<ConsignmentTerm>> {
        let mut check = Check::new();
        let total = self.packages.len();
        if !(1..=PACKAGES_MAXIMUM).contains(&total) {
            let words = format!("are {total}; list 1 to {PACKAGES_MAXIMUM}, such as pallets of cartons");
            return Err(Problem::field("/packages", words));
        }
        let mut terms = Vec::with_capacity(total);
        for (index, one) in self.packages.into_iter().enumerate() {
            let at = |member: &str| format!("/packages/{index}/{member}");
            let mark = check.optional_text(&at("mark"), one.mark.as_deref(), REFERENCE_CHARS_MAX);
            check_measures(&mut check, &format!("/packages/{index}"), one.gross_weight_g, one.volume_cm3);
            let bare = ConsignmentTerm::bare(id, PACKAGE, (index + 1).to_string(), "listed");
            terms.push(ConsignmentTerm {
                total: i64::try_from(total).ok(),
                mark,
                gross_weight_g: one.gross_weight_g,
                volume_cm3: one.volume_cm3,
                unit_id: one.unit,
                ..bare
            });
        }
        check.finish()?;
        Ok(terms)
    }
}

fn check_measures(check: &mut Check, pointer: &str, weight: Option<i64>, volume: Option<i64>) {
    for (member, value, unit) in
        [("gross_weight_g", weight, "grams"), ("volume_cm3", volume, "cubic centimetres")]
    {
        if let Some(value) = value {
            check.whole(&format!("{pointer}/{member}"), value, 1..=MAXIMUM, unit);
        }
    }
}

/// Records terms of a consignment within reach, and answers all that is stated of it.
async fn stated(
    permit: Permit<action::TermsWrite>,
    state: State,
    id: ConsignmentId,
    terms: Vec<ConsignmentTerm>,
) -> Outcome<Written<TermsStated>> {
    let reader = permit.clone();
    state.read(move |conn| consignment_read(conn, &reader, id).map(drop)).await?;
    let recorded = state.writer.record(TermsState { actor: permit.actor(), consignment: id, terms }).await?;
    Ok(answered(recorded, |sequence| TermsStated { consignment: id, sequence }))
}

fn answered<T, A: Serialize>(recorded: Recorded<T>, view: impl FnOnce(T) -> A) -> Written<A> {
    let is_new = recorded.leaf.is_some();
    let recorded = recorded.map(view);
    if is_new { Written::created(recorded) } else { Written::changed(recorded) }
}

/// That something was stated of a consignment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TermsStated {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// The ledger sequence from which it counts.
    pub sequence: i64,
}

/// Say whether the consignee agrees that goods leave
#[utoipa::path(post, path = "/api/v1/consignments/{id}/green-light", tag = "consignments",
    params(("id" = ConsignmentId, Path)), request_body = GreenLightNew,
    responses((status = 201, body = WrittenBody<TermsStated>), (status = 200, body = WrittenBody<TermsStated>)))]
pub async fn green_light_state(
    permit: Permit<action::TermsWrite>,
    state: State,
    path: Path<ConsignmentId>,
    body: Json<GreenLightNew>,
) -> Outcome<Written<TermsStated>> {
    let term = body.0.term(path.0)?;
    stated(permit, state, path.0, vec![term]).await
}

/// Say how a paper for customs stands
#[utoipa::path(post, path = "/api/v1/consignments/{id}/customs", tag = "consignments",
    params(("id" = ConsignmentId, Path)), request_body = CustomsNew,
    responses((status = 201, body = WrittenBody<TermsStated>), (status = 200, body = WrittenBody<TermsStated>)))]
pub async fn customs_state(
    permit: Permit<action::TermsWrite>,
    state: State,
    path: Path<ConsignmentId>,
    body: Json<CustomsNew>,
) -> Outcome<Written<TermsStated>> {
    let term = body.0.term(path.0)?;
    stated(permit, state, path.0, vec![term]).await
}

/// Say what freight costs, and who bears it
#[utoipa::path(post, path = "/api/v1/consignments/{id}/freight", tag = "consignments",
    params(("id" = ConsignmentId, Path)), request_body = FreightNew,
    responses((status = 201, body = WrittenBody<TermsStated>), (status = 200, body = WrittenBody<TermsStated>)))]
pub async fn freight_state(
    permit: Permit<action::TermsWrite>,
    state: State,
    path: Path<ConsignmentId>,
    body: Json<FreightNew>,
) -> Outcome<Written<TermsStated>> {
    let term = body.0.term(path.0)?;
    stated(permit, state, path.0, vec![term]).await
}

/// List the packages of a consignment, all of them
///
/// The list takes the place of the one before.
#[utoipa::path(post, path = "/api/v1/consignments/{id}/packages", tag = "consignments",
    params(("id" = ConsignmentId, Path)), request_body = PackagesNew,
    responses((status = 201, body = WrittenBody<TermsStated>), (status = 200, body = WrittenBody<TermsStated>)))]
pub async fn packages_state(
    permit: Permit<action::TermsWrite>,
    state: State,
    path: Path<ConsignmentId>,
    body: Json<PackagesNew>,
) -> Outcome<Written<TermsStated>> {
    let terms = body.0.terms(path.0)?;
    stated(permit, state, path.0, terms).await
}

/// Read all that is agreed and asked for around a consignment
#[utoipa::path(get, path = "/api/v1/consignments/{id}/terms", tag = "consignments",
    params(("id" = ConsignmentId, Path), MomentQuery), responses((status = 200, body = TermsView)))]
pub async fn terms_show(
    permit: Permit<action::TermsRead>,
    state: State,
    path: Path<ConsignmentId>,
    query: Query<MomentQuery>,
) -> Outcome<JsonBody<TermsView>> {
    let moment = Moment::read(query.0.as_of.as_deref(), query.0.known_at.as_deref())?;
    Ok(JsonBody(state.read(move |conn| terms_read(conn, &permit, path.0, (moment, now()))).await?))
}

/// Say what a load can carry
#[utoipa::path(post, path = "/api/v1/loads/{id}/limit", tag = "consignments", params(("id" = LoadId, Path)),
    request_body = LimitNew,
    responses((status = 201, body = WrittenBody<LimitView>), (status = 200, body = WrittenBody<LimitView>)))]
pub async fn load_limit_state(
    permit: Permit<action::LoadWrite>,
    state: State,
    path: Path<LoadId>,
    body: Json<LimitNew>,
) -> Outcome<Written<LimitView>> {
    let (load, LimitNew { gross_weight_g, volume_cm3, hard: is_hard }) = (path.0, body.0);
    let mut check = Check::new();
    check_measures(&mut check, "", gross_weight_g, volume_cm3);
    check.finish()?;
    let reader = permit.clone();
    state.read(move |conn| load_reached(conn, &reader, load)).await?;
    let update = LimitState { actor: permit.actor(), load, gross_weight_g, volume_cm3, is_hard };
    let recorded = state.writer.record(update).await?;
    Ok(answered(recorded, |limit| LimitView::from(limit.as_ref())))
}

/// Read what a load can carry, and what it was given to carry
#[utoipa::path(get, path = "/api/v1/loads/{id}/fill", tag = "consignments",
    params(("id" = LoadId, Path), MomentQuery), responses((status = 200, body = LoadFillView)))]
pub async fn load_fill_show(
    permit: Permit<action::LoadRead>,
    state: State,
    path: Path<LoadId>,
    query: Query<MomentQuery>,
) -> Outcome<JsonBody<LoadFillView>> {
    let moment = Moment::read(query.0.as_of.as_deref(), query.0.known_at.as_deref())?;
    Ok(JsonBody(state.read(move |conn| fill_read(conn, &permit, path.0, moment)).await?))
}

/// A paper that a country asks for.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequirementNew {
    /// Which paper.
    #[schema(max_length = 200, example = "import permit")]
    pub document: String,
    /// In words, such as where it is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// All papers that a country asks for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequirementsNew {
    /// None, if it no longer asks for any.
    #[schema(max_items = 50)]
    pub documents: Vec<RequirementNew>,
}

/// The papers that a country asks for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RequirementsView {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// In the order of their names.
    pub documents: Vec<RequirementNew>,
    /// The ledger sequence this is as of.
    pub sequence: i64,
}

impl RequirementsNew {
    fn checked(self) -> Outcome<Vec<(String, Option<String>)>> {
        let mut check = Check::new();
        if self.documents.len() > DOCUMENTS_MAXIMUM {
            let words = format!("are {}; list at most {DOCUMENTS_MAXIMUM}", self.documents.len());
            return Err(Problem::field("/documents", words).coded(Fault::TooMany).at_most(DOCUMENTS_MAXIMUM));
        }
        let mut found: Vec<(String, Option<String>)> = Vec::with_capacity(self.documents.len());
        for (index, one) in self.documents.iter().enumerate() {
            let document = check.text(&format!("/documents/{index}/document"), &one.document, NAME_CHARS_MAX);
            let note = check.optional_text(
                &format!("/documents/{index}/note"),
                one.note.as_deref(),
                WORDS_CHARS_MAX,
            );
            if found.iter().any(|(other, _)| *other == document) {
                check.fault(
                    Fault::Twice,
                    format!("/documents/{index}/document"),
                    "stands twice; list each paper once",
                );
            }
            found.push((document, note));
        }
        check.finish()?;
        Ok(found)
    }
}

/// Say which papers a country asks for, all of them
#[utoipa::path(post, path = "/api/v1/countries/{code}/customs", tag = "countries",
    params(("code" = String, Path)), request_body = RequirementsNew,
    responses((status = 201, body = WrittenBody<TermsOfCountry>), (status = 200, body = WrittenBody<TermsOfCountry>)))]
pub async fn customs_require(
    permit: Permit<action::BaselineWrite>,
    state: State,
    path: Path<CountryCode>,
    body: Json<RequirementsNew>,
) -> Outcome<Written<TermsOfCountry>> {
    let (country, documents) = (path.0.to_string(), body.0.checked()?);
    let update = RequirementsState { actor: permit.actor(), country: country.clone(), documents };
    let recorded = state.writer.record(update).await?;
    Ok(answered(recorded, |sequence| TermsOfCountry { country, sequence }))
}

/// That a country's list was stated.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TermsOfCountry {
    /// The country.
    pub country: String,
    /// The ledger sequence from which it counts.
    pub sequence: i64,
}

/// As it was known when.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RequirementsQuery {
    /// As it was known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
}

/// Read which papers a country asks for
#[utoipa::path(get, path = "/api/v1/countries/{code}/customs", tag = "countries",
    params(("code" = String, Path), RequirementsQuery), responses((status = 200, body = RequirementsView)))]
pub async fn customs_show(
    _permit: Permit<action::ReferenceRead>,
    state: State,
    path: Path<CountryCode>,
    query: Query<RequirementsQuery>,
) -> Outcome<JsonBody<RequirementsView>> {
    let known_at = read_known_at("known_at", query.0.known_at.as_deref())?;
    let country = path.0.to_string();
    let read = move |conn: &mut Conn| {
        let sequence = last_known(conn, known_at, "/known_at")?;
        let rows = requirements(conn, &country, sequence)?;
        let view = |row: CustomsRequirement| RequirementNew { document: row.document, note: row.note };
        Ok(RequirementsView { country, documents: rows.into_iter().map(view).collect(), sequence })
    };
    Ok(JsonBody(state.read(read).await?))
}

/// The routes of what is agreed and asked for.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_green_light_state, green_light_state);
    routes.add(__path_customs_state, customs_state);
    routes.add(__path_freight_state, freight_state);
    routes.add(__path_packages_state, packages_state);
    routes.add(__path_terms_show, terms_show);
    routes.add(__path_load_limit_state, load_limit_state);
    routes.add(__path_load_fill_show, load_fill_show);
    routes.add(__path_customs_require, customs_require);
    routes.add(__path_customs_show, customs_show);
}
