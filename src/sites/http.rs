//! Sites over HTTP.

use super::area::{SiteArea, site_areas};
use super::rules::{CountrySought, Position, SiteDraft, SiteEdit, SiteKind};
use super::store::{Site, SiteChange, SiteCreate, SiteFilter, list_sites, read_site};
use crate::auth::{Fields, Permit, action};
use crate::core::check::search_prefix;
use crate::core::id::{OrganizationId, SiteId};
use crate::core::page::Page;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::ledger::Moment;
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

/// A site as it is known.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SiteView {
    /// Which one.
    pub id: SiteId,
    /// What the caller's own books call it.
    pub code: Option<String>,
    /// What it is called.
    pub name: String,
    /// What kind of place it is.
    pub kind: SiteKind,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Where it is, if known.
    pub coordinates: Option<Position>,
    /// UN/LOCODE.
    pub locode: Option<String>,
    /// ISO 3166-2 code or OCHA P-code.
    pub area_code: Option<String>,
    /// The organization that runs it.
    pub operator: Option<OrganizationId>,
    /// Whether goods received here as their destination are delivered.
    pub ends_delivery: bool,
    /// Counts the edits, from 1; the ETag.
    pub revision: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl SiteView {
    fn of(site: &Site) -> Outcome<Self> {
        let kind = site.site_kind()?;
        Ok(Self {
            id: site.id,
            code: site.code.clone(),
            name: site.name.clone(),
            kind,
            country: site.country.clone(),
            coordinates: site.position(),
            locode: site.locode.clone(),
            area_code: site.area_code.clone(),
            operator: site.operator_id,
            ends_delivery: kind.ends_delivery(),
            revision: site.revision,
            created_at: site.created_at,
            updated_at: site.updated_at,
        })
    }
}

/// A site as a donor reads it: without our books, and without who runs it, which may be somebody who is not to be named.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TracedSite {
    /// Which one.
    pub id: SiteId,
    /// What it is called.
    pub name: String,
    /// What kind of place it is.
    pub kind: SiteKind,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Where it is, if known.
    pub coordinates: Option<Position>,
    /// UN/LOCODE.
    pub locode: Option<String>,
    /// ISO 3166-2 code or OCHA P-code.
    pub area_code: Option<String>,
    /// Whether goods received here as their destination are delivered.
    pub ends_delivery: bool,
}

impl TracedSite {
    fn of(site: &Site) -> Outcome<Self> {
        let kind = site.site_kind()?;
        Ok(Self {
            id: site.id,
            name: site.name.clone(),
            kind,
            country: site.country.clone(),
            coordinates: site.position(),
            locode: site.locode.clone(),
            area_code: site.area_code.clone(),
            ends_delivery: kind.ends_delivery(),
        })
    }
}

/// A site with the area it is in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Placed<S> {
    /// The site.
    #[serde(flatten)]
    pub site: S,
    /// The area inside its country, and how that is known.
    pub area: SiteArea,
}

/// A site as it is shown to somebody who reads it.
type ShownSite = Shown<Placed<SiteView>, Placed<TracedSite>>;

/// Sites as they are shown, each with its area: two further queries, however many they are.
fn shown(conn: &mut Conn, sites: &[Site], fields: Fields) -> Outcome<Vec<ShownSite>> {
    let ids: Vec<SiteId> = sites.iter().map(|site| site.id).collect();
    let cut = Moment::default().cut(conn)?;
    let mut areas = site_areas(conn, Some(&ids), cut)?;
    let shown = |site: &Site| {
        let area = areas.remove(&site.id).ok_or_else(Problem::not_found)?;
        Ok(match fields {
            Fields::All => Shown::All(Placed { site: SiteView::of(site)?, area }),
            Fields::Traced => Shown::Traced(Placed { site: TracedSite::of(site)?, area }),
        })
    };
    sites.iter().map(shown).collect()
}

/// Which sites are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SiteQuery {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
    /// Only in this country, ISO 3166-1 alpha-2; `ZZ` where a file stated none.
    #[param(value_type = Option<String>)]
    pub country: Option<CountrySought>,
    /// Only of this kind.
    pub kind: Option<SiteKind>,
    /// Only run by this organization.
    pub operator: Option<OrganizationId>,
    /// Only whose name or code begins so; whether A to Z are capitals does not matter.
    pub q: Option<String>,
}

fn written(recorded: Recorded<Arc<Site>>) -> Outcome<Written<SiteView>> {
    let answer = SiteView::of(&recorded.answer)?;
    let revision = answer.revision;
    Ok(Written::revised(Recorded { answer, leaf: recorded.leaf }, revision))
}

/// Record a site
///
/// With an `id` of your own the request may be repeated: the same body again answers 200 and changes nothing.
#[utoipa::path(post, path = "/api/v1/sites", tag = "sites", request_body = SiteDraft, responses(
    (status = 201, description = "Recorded", body = WrittenBody<SiteView>),
    (status = 200, description = "Was recorded before", body = WrittenBody<SiteView>),
    (status = 409, description = "The id or the code stands for another site",
        body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn site_create(
    permit: Permit<action::SiteWrite>,
    state: State,
    body: Json<SiteDraft>,
) -> Outcome<Written<SiteView>> {
    let update = SiteCreate::new(permit.actor(), &body.0, SiteId(Uuid::now_v7()))?;
    written(state.writer.record(update).await?)
}

/// Read a site
#[utoipa::path(get, path = "/api/v1/sites/{id}", tag = "sites",
    params(("id" = SiteId, Path, description = "Which site")),
    responses((status = 200, description = "The site", body = Shown<Placed<SiteView>, Placed<TracedSite>>)))]
pub async fn site_read(
    permit: Permit<action::ReferenceRead>,
    state: State,
    id: Path<SiteId>,
) -> Outcome<Tagged<ShownSite>> {
    let fields = permit.fields();
    let read = move |conn: &mut Conn| {
        let site = read_site(conn, id.0)?;
        Ok((shown(conn, std::slice::from_ref(&site), fields)?.pop(), site.revision))
    };
    let (body, revision) = state.read(read).await?;
    Ok(Tagged { body: body.ok_or_else(Problem::not_found)?, revision })
}

/// One page of sites as they are shown.
fn page(
    conn: &mut Conn,
    filter: &SiteFilter,
    paging: &Paging<SiteId>,
    fields: Fields,
) -> Outcome<Page<ShownSite>> {
    let rows = list_sites(conn, filter, paging.after, paging.limit + 1)?;
    let page = Page::from_rows(rows, paging.limit, |site| encode_key(&site.id));
    Ok(Page { items: shown(conn, &page.items, fields)?, next: page.next })
}

/// List sites
#[utoipa::path(get, path = "/api/v1/sites", tag = "sites", params(SiteQuery),
    responses((status = 200, description = "One page of sites",
        body = Page<Shown<Placed<SiteView>, Placed<TracedSite>>>)))]
pub async fn site_list(
    permit: Permit<action::ReferenceRead>,
    state: State,
    query: Query<SiteQuery>,
) -> Outcome<JsonBody<Page<ShownSite>>> {
    let (query, fields) = (query.0, permit.fields());
    let paging = Paging::<SiteId>::new(query.after.as_deref(), query.limit)?;
    if fields == Fields::Traced && query.operator.is_some() {
        return Err(Problem::field("/operator", "is not shown to you, so it cannot be looked for")
            .coded(Fault::NotAllowed));
    }
    let filter = SiteFilter {
        country: query.country,
        kind: query.kind,
        operator: query.operator,
        prefix: search_prefix(query.q.as_deref())?,
        by_code: fields == Fields::All,
    };
    Ok(JsonBody(state.read(move |conn| page(conn, &filter, &paging, fields)).await?))
}

/// Change a site
///
/// Send `If-Match` with the ETag of the version you read. A field left out stays as it is, null empties it.
#[utoipa::path(patch, path = "/api/v1/sites/{id}", tag = "sites", request_body = SiteEdit,
    params(
        ("id" = SiteId, Path, description = "Which site"),
        ("If-Match" = String, Header, description = "The ETag you read"),
    ),
    responses(
        (status = 200, description = "Changed", body = WrittenBody<SiteView>),
        (status = 409, description = "The code stands for another site",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Changed since you read it",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn site_change(
    permit: Permit<action::SiteWrite>,
    state: State,
    id: Path<SiteId>,
    revision: IfMatch,
    body: Json<SiteEdit>,
) -> Outcome<Written<SiteView>> {
    let update = SiteChange { actor: permit.actor(), id: id.0, revision, edit: body.0 };
    written(state.writer.record(update).await?)
}

/// Declares the routes of sites.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_site_create, site_create);
    routes.add(__path_site_read, site_read);
    routes.add(__path_site_list, site_list);
    routes.add(__path_site_change, site_change);
}
