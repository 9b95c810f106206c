//! Organizations over HTTP.

use super::rules::{OrganizationDraft, OrganizationEdit, Part};
use super::store::{
    Eyes, Organization, OrganizationChange, OrganizationCreate, OrganizationFilter, list_organizations,
    read_organization,
};
use crate::atlas::CountryCode;
use crate::auth::{Fields, Permit, action};
use crate::core::check::search_prefix;
use crate::core::id::OrganizationId;
use crate::core::page::Page;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::web::{
    IfMatch, Json, Paging, Path, ProblemBody, Query, Routes, Shown, State, Tagged, Written, WrittenBody,
    encode_key,
};
use crate::writer::Recorded;
use actix_web::web::Json as JsonBody;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// An organization as it is known.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrganizationView {
    /// Which one.
    pub id: OrganizationId,
    /// What it is called.
    pub name: String,
    /// What the caller's own books call it.
    pub reference: Option<String>,
    /// Where it is at home, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Whether it gives.
    pub donor: bool,
    /// Whether it sends.
    pub consignor: bool,
    /// Whether it receives.
    pub consignee: bool,
    /// Whether it carries.
    pub carrier: bool,
    /// Whether it helps in another way.
    pub partner: bool,
    /// Whether others may read that it gave: `always`, `never` or a day; null is always.
    pub named: Option<String>,
    /// Counts the edits, from 1; the ETag.
    pub revision: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl OrganizationView {
    fn of(organization: &Organization) -> Self {
        Self {
            id: organization.id,
            name: organization.name.clone(),
            reference: organization.reference.clone(),
            country: organization.country.clone(),
            donor: organization.is_donor,
            consignor: organization.is_consignor,
            consignee: organization.is_consignee,
            carrier: organization.is_carrier,
            partner: organization.is_partner,
            named: organization.named.clone(),
            revision: organization.revision,
            created_at: organization.created_at,
            updated_at: organization.updated_at,
        }
    }
}

/// An organization as a donor reads it: without our books, and not as who gave where it is not to be named.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TracedOrganization {
    /// Which one.
    pub id: OrganizationId,
    /// What it is called.
    pub name: String,
    /// Where it is at home, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Whether it gives, as far as it is to be named.
    pub donor: bool,
    /// Whether it receives.
    pub consignee: bool,
    /// Whether it carries.
    pub carrier: bool,
    /// Whether it helps in another way.
    pub partner: bool,
}

fn shown(organization: &Organization, eyes: Option<&Eyes>) -> Shown<OrganizationView, TracedOrganization> {
    let Some(eyes) = eyes else { return Shown::All(OrganizationView::of(organization)) };
    Shown::Traced(TracedOrganization {
        id: organization.id,
        name: organization.name.clone(),
        country: organization.country.clone(),
        donor: organization.is_donor && eyes.sees_donor(organization),
        consignee: organization.is_consignee,
        carrier: organization.is_carrier,
        partner: organization.is_partner,
    })
}

fn today() -> String {
    chrono::Utc::now().date_naive().to_string()
}

/// Which organizations are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OrganizationQuery {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
    /// Only at home in this country, ISO 3166-1 alpha-2.
    pub country: Option<CountryCode>,
    /// `true`: only who gives.
    pub donor: Option<bool>,
    /// `true`: only who sends.
    pub consignor: Option<bool>,
    /// `true`: only who receives.
    pub consignee: Option<bool>,
    /// `true`: only who carries.
    pub carrier: Option<bool>,
    /// `true`: only who helps in another way.
    pub partner: Option<bool>,
    /// Only whose name or reference begins so; whether A to Z are capitals does not matter.
    pub q: Option<String>,
}

impl OrganizationQuery {
    fn filter(&self) -> Outcome<OrganizationFilter> {
        let asked = [
            ("/donor", Part::Donor, self.donor),
            ("/consignor", Part::Consignor, self.consignor),
            ("/consignee", Part::Consignee, self.consignee),
            ("/carrier", Part::Carrier, self.carrier),
            ("/partner", Part::Partner, self.partner),
        ];
        let mut parts = Vec::new();
        for (pointer, part, wanted) in asked {
            match wanted {
                Some(true) => parts.push(part),
                Some(false) => {
                    let words = "false cannot be asked for; write true, or leave it out to see all";
                    return Err(Problem::field(pointer, words));
                }
                None => {}
            }
        }
        let prefix = search_prefix(self.q.as_deref())?;
        Ok(OrganizationFilter { country: self.country, parts, prefix })
    }
}

fn written(recorded: Recorded<Arc<Organization>>) -> Written<OrganizationView> {
    let answer = OrganizationView::of(&recorded.answer);
    let revision = answer.revision;
    Written::revised(Recorded { answer, leaf: recorded.leaf }, revision)
}

/// Record an organization
///
/// With an `id` of your own the request may be repeated: the same body again answers 200 and changes nothing.
#[utoipa::path(post, path = "/api/v1/organizations", tag = "organizations", request_body = OrganizationDraft,
    responses(
        (status = 201, description = "Recorded", body = WrittenBody<OrganizationView>),
        (status = 200, description = "Was recorded before", body = WrittenBody<OrganizationView>),
        (status = 409, description = "The id or the reference stands for another organization",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn organization_create(
    permit: Permit<action::OrganizationWrite>,
    state: State,
    body: Json<OrganizationDraft>,
) -> Outcome<Written<OrganizationView>> {
    let update = OrganizationCreate::new(permit.actor(), &body.0, OrganizationId(Uuid::now_v7()))?;
    Ok(written(state.writer.record(update).await?))
}

/// Read an organization
#[utoipa::path(get, path = "/api/v1/organizations/{id}", tag = "organizations",
    params(("id" = OrganizationId, Path, description = "Which organization")),
    responses((status = 200, description = "The organization",
        body = Shown<OrganizationView, TracedOrganization>)))]
pub async fn organization_read(
    permit: Permit<action::ReferenceRead>,
    state: State,
    id: Path<OrganizationId>,
) -> Outcome<Tagged<Shown<OrganizationView, TracedOrganization>>> {
    let eyes = Eyes::of(&permit, today());
    let (organization, eyes) =
        state.read(move |conn| Ok((read_organization(conn, eyes.as_ref(), id.0)?, eyes))).await?;
    Ok(Tagged { body: shown(&organization, eyes.as_ref()), revision: organization.revision })
}

/// List organizations
#[utoipa::path(get, path = "/api/v1/organizations", tag = "organizations", params(OrganizationQuery),
    responses((status = 200, description = "One page of organizations",
        body = Page<Shown<OrganizationView, TracedOrganization>>)))]
pub async fn organization_list(
    permit: Permit<action::ReferenceRead>,
    state: State,
    query: Query<OrganizationQuery>,
) -> Outcome<JsonBody<Page<Shown<OrganizationView, TracedOrganization>>>> {
    let paging = Paging::<OrganizationId>::new(query.0.after.as_deref(), query.0.limit)?;
    if permit.fields() == Fields::Traced && query.0.consignor.is_some() {
        return Err(Problem::field("/consignor", "is not shown to you, so it cannot be looked for")
            .coded(Fault::NotAllowed));
    }
    let filter = query.0.filter()?;
    let limit = paging.limit;
    let eyes = Eyes::of(&permit, today());
    let (rows, eyes) = state
        .read(move |conn| {
            Ok((list_organizations(conn, eyes.as_ref(), &filter, paging.after, limit + 1)?, eyes))
        })
        .await?;
    let page = Page::from_rows(rows, limit, |organization| encode_key(&organization.id));
    Ok(JsonBody(page.map(|organization| shown(&organization, eyes.as_ref()))))
}

/// Change an organization
///
/// Send `If-Match` with the ETag of the version you read. A field left out stays as it is, null empties it.
#[utoipa::path(patch, path = "/api/v1/organizations/{id}", tag = "organizations", request_body = OrganizationEdit,
    params(
        ("id" = OrganizationId, Path, description = "Which organization"),
        ("If-Match" = String, Header, description = "The ETag you read"),
    ),
    responses(
        (status = 200, description = "Changed", body = WrittenBody<OrganizationView>),
        (status = 409, description = "The reference stands for another organization",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Changed since you read it",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn organization_change(
    permit: Permit<action::OrganizationWrite>,
    state: State,
    id: Path<OrganizationId>,
    revision: IfMatch,
    body: Json<OrganizationEdit>,
) -> Outcome<Written<OrganizationView>> {
    let update = OrganizationChange { actor: permit.actor(), id: id.0, revision, edit: body.0 };
    Ok(written(state.writer.record(update).await?))
}

/// Declares the routes of organizations.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_organization_create, organization_create);
    routes.add(__path_organization_read, organization_read);
    routes.add(__path_organization_list, organization_list);
    routes.add(__path_organization_change, organization_change);
}
